"""Identity, history and memory: a defect keeps its name from run to run, and what became of it is said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.defects.planted import a_finding, answering
from ulpfuzz.fuzzer.defects.case_file import Advice, CaseFile, Diagnosis, Interval, OrdinaryShare, Statement
from ulpfuzz.fuzzer.defects.defect_json import as_json
from ulpfuzz.fuzzer.defects.history import status_of
from ulpfuzz.fuzzer.defects.identity import Known, named
from ulpfuzz.fuzzer.defects.memory import (
    case_files,
    defect_with,
    defects_of,
    finding_named,
    formed,
    keep,
    known_defects,
    save_case_file,
    save_known,
)
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName

FMAX, DMAX = "0x1.fffffep+127", "0x1.fffffffffffffp+1023"
SINGLE, DOUBLE = a_finding(x=FMAX), a_finding(x=DMAX, dtype="float64")
OTHER = a_finding(x="nan", symptom="missed_nan", reference="nan")
FILE = CaseFile(
    DOUBLE.id, SINGLE.id, "0" * 64, SINGLE.case, "inf", "2.5", ordinary_share=OrdinaryShare(3, 10, 0.07, 0.65, "x: logits"),
    extent=(Interval("x", "0x1p+6", "inf", False, True, 40, 40),), seconds=0.5, script="confirmed",
    diagnosis=Diagnosis("overflow", "exp(x) overflows", True, "exp overflows.", math.nan, (Statement("naive", "inf", supports="overflow"),)),
    advice=(Advice("rewrite", "torch.expm1(x)", "", "", 10_000, math.inf, 1.5, 100_000, math.inf, 1.2, "1.5", {"x": ["-inf", "0x1p+6"]}),),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def a_run(store: Store, number: int, found: list[Finding], **environment: Any) -> str:
    run = Run(
        f"2026110{number}-000{number}", number, f"2026-11-0{number}T02:00:00+00:00", "5m", verdicts=environment.pop("verdicts", 1000),
        environment=environment,
    )  # fmt: skip
    store.start_run(run)
    store.save_shard(run.id, "r00", "{}", [], found)
    store.finish_run(replace(run, state="finished"))
    return run.id


def test_the_defects_of_a_run(store: Store) -> None:
    run = a_run(store, 1, [OTHER, DOUBLE, SINGLE], versions={"torch": "2.13", "jax": "0.10"})
    first, second = sorted(defects_of(store, run), key=lambda d: -len(d.members))
    assert set(first.members) == {SINGLE.id, DOUBLE.id}
    assert first.id == first.face == first.members[0]
    assert (first.kind, first.framework, first.versions, first.status) == ("range", "torch", ("2.13",), "new")
    assert first.because == ("one call behaves alike in both dtypes: float32 inf, float64 inf",)
    assert {first.rank, second.rank} == {1, 2}
    assert second.members == (OTHER.id,)
    assert defects_of(store, "latest") == defects_of(store, run[:8])


def test_a_defect_keeps_its_name(store: Store) -> None:
    keep(store, defects_of(store, a_run(store, 1, [DOUBLE])))
    run = a_run(store, 2, [SINGLE])
    keep(store, defects_of(store, run))
    assert defects_of(store, run)[0].id == SINGLE.id  # nothing has shown yet that the two are one
    run = a_run(store, 3, [SINGLE, DOUBLE])
    (united,) = defects_of(store, run)
    assert (united.id, united.merged, united.status) == (DOUBLE.id, (SINGLE.id,), "known")
    assert (united.first_seen, united.last_seen) == ("2026-11-01T02:00:00+00:00", "2026-11-03T02:00:00+00:00")
    keep(store, [united])
    run = a_run(store, 4, [SINGLE])
    assert defects_of(store, run)[0].id == DOUBLE.id
    assert defects_of(store, run)[0].members == (SINGLE.id,)


def test_an_id_is_never_given_twice() -> None:
    known = {"b": Known("b", ("b", SINGLE.id, DOUBLE.id), first_seen="2026-10-01")}
    one, other = named([[SINGLE], [DOUBLE]], known)
    assert (one.id, other.id) == ("b", DOUBLE.id)
    taken = {SINGLE.id: Known(SINGLE.id, (DOUBLE.id, SINGLE.id), merged=(DOUBLE.id,), first_seen="2026-10-01")}
    one, other = named([[SINGLE], [DOUBLE]], taken)
    assert (one.id, other.id) == (SINGLE.id, f"{DOUBLE.id}-2")


def test_statuses() -> None:
    def of(*statuses: str, state: Any = "open") -> str:
        return status_of([replace(SINGLE, status=status) for status in statuses], state)

    assert of("new") == of("new", "new") == "new"
    assert of("new", "known") == of("worse") == of("better", "fixed") == of("new", "not-run") == "known"
    assert of("known", state="fixed") == of("new", state="fixed") == "reopened"
    assert of("fixed", "not-run") == of("fixed", state="fixed") == "fixed"
    assert of("not-run") == "not-run"


def test_what_a_baseline_has_and_the_run_has_not_is_told(store: Store) -> None:
    before = a_run(store, 1, [SINGLE, OTHER])
    gone = {
        "baseline": before,
        "findings": {OTHER.id: {"id": "", "bits_lost": 0.0}, SINGLE.id: {"id": SINGLE.id, "bits_lost": math.inf}},
    }
    run = a_run(store, 2, [SINGLE, DOUBLE], replayed=gone)
    assert {d.face: d.status for d in defects_of(store, run, before)} == {SINGLE.id: "known", OTHER.id: "fixed"}
    keep(store, [replace(d, state="fixed") for d in defects_of(store, run, before) if d.status == "fixed"])
    again = a_run(store, 3, [OTHER])
    assert {d.face: d.status for d in defects_of(store, again, run)}[OTHER.id] == "reopened"


def test_case_files_are_kept_and_count(store: Store) -> None:
    run = a_run(store, 1, [SINGLE, DOUBLE])
    (defect,) = defects_of(store, run)
    save_case_file(store, replace(FILE, defect="gone"))
    file = replace(FILE, defect=defect.id)
    save_case_file(store, replace(file, seconds=9.0))
    save_case_file(store, file)
    read = case_files(store, [defect.id, "nothing"])[defect.id]
    assert replace(read, diagnosis=None) == replace(file, diagnosis=None)
    assert read.diagnosis is not None
    assert math.isnan(read.diagnosis.bits_lost)
    assert set(case_files(store)) == {"gone", defect.id}
    (worked,) = defects_of(store, run)
    assert (worked.kind, worked.score > 0.5 > defect.score) == ("ordinary", True)
    told = as_json(worked, read)
    assert told["cause"]["class"] == "overflow"
    assert told["advice"] == [
        {"way": "rewrite", "call": "torch.expm1(x)", "verified_on": 10_000, "worst_ulps": 1.5, "worst_ulps_before": "inf"}
    ]
    assert as_json(defect)["cause"] is None


def test_a_damaged_record_is_named_and_left_out(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.save_case_file("d", "f", "k", '{"defect": 1}')
    assert case_files(store) == {}
    assert "1 of 1 left out: the store holds a damaged CaseFile d:" in capsys.readouterr().err
    save_known(store, [Known("whole")])
    for text in ("{", '{"id": "d", "triage": {"note": 1}}', '{"id": "d", "state": "gone"}'):
        store.save_defects({"d": text})
        assert [*known_defects(store)] == ["whole"]
    assert capsys.readouterr().err.count("1 of 2 left out: the store holds a damaged Known d:") == 1


def test_composed_defects_come_last_and_those_of_other_frameworks_are_similar() -> None:
    composed = a_finding("torch.exp(x) * 1", label="composed")
    jax = a_finding("jnp.exp(x)", target="jax:cpu:eager", x="0x1.8p+3")
    far = a_finding(x="0x1p+100")
    defects = formed([composed, jax, far])
    assert [d.face for d in defects] == [jax.id, far.id, composed.id]
    assert [d.rank for d in defects] == [1, 1, 2]
    assert defects[0].similar == (composed.id,)


def test_the_defect_of_a_finding(store: Store) -> None:
    a_run(store, 1, [SINGLE, DOUBLE, replace(OTHER, label="documented")])
    defect = defect_with(store, store.finding(DOUBLE.id))
    assert defect is not None
    assert SINGLE.id in defect.members
    assert defect_with(store, store.finding(OTHER.id)) is None
    store.save_defects({f"{SINGLE.id}-2": f'{{"id": "{SINGLE.id}-2", "members": ["{DOUBLE.id}"]}}'})
    assert finding_named(store, f"{SINGLE.id}-2").id == DOUBLE.id
    with pytest.raises(UnknownName, match="unknown finding"):
        finding_named(store, "nothing-of-that-name")


def test_answers_of_the_same_bits_join_in_a_run(store: Store) -> None:
    alias = answering(a_finding("torch.special.exp(x)", x=FMAX), ("torch:cpu:eager", "torch.exp(x)", "inf"))
    assert len(defects_of(store, a_run(store, 1, [SINGLE, alias]))) == 1
