"""States: what runs, re-runs and people make of a defect over many nights; new is what no run has ever seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.defects.memory import defects_of, expire, keep, known_defects, save_known
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.store import Store

ONE = a_finding()
OTHER = a_finding(call="torch.special.exp2(x)", op="exp2", x="nan", symptom="missed_nan", reference="nan")
WHOLE, NEVER = {"failed": 3, "passed": 0}, {"failed": 0, "passed": 3}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def a_night(
    store: Store, day: int, found: list[Finding], passed: tuple[Finding, ...] = (), reruns: Any = None, baseline: str | None = None, **changes: Any
) -> dict[str, str]:  # fmt: skip
    """A run of that day with what it found, and the findings whose cases passed; the statuses of its defects by op."""
    told = {"baseline": baseline or "", "findings": {f.id: {"id": "", "bits_lost": 0.0} for f in passed}}
    run = Run(
        f"202611{day:02}-0001", day, f"2026-11-{day:02}T02:00:00+00:00", "5m", verdicts=changes.pop("verdicts", 1000),
        environment={"replayed": told, "versions": {"torch": changes.pop("version", "2.13")}},
    )  # fmt: skip
    store.start_run(run)
    store.save_shard(run.id, "r00", "{}", [], found)
    store.finish_run(replace(run, state="finished"))
    keep(store, defects_of(store, run.id, baseline), run, reruns)
    return statuses(store, run.id)


def statuses(store: Store, run: str) -> dict[str, str]:
    return {d.ops[0]: d.status for d in defects_of(store, run)}


def the_defect(store: Store, name: str) -> Defect:
    return next(d for d in defects_of(store, "latest") if d.id == name)


def test_new_is_what_no_run_has_ever_seen(store: Store) -> None:
    assert a_night(store, 1, [ONE]) == {"exp": "new"}
    assert a_night(store, 2, [OTHER]) == {"exp2": "new"}
    # The baseline, the night before, has not exp: it is no news all the same, with any baseline.
    assert a_night(store, 3, [ONE, OTHER]) == {"exp": "known", "exp2": "known"}
    against = {d.ops[0]: d.status for d in defects_of(store, "20261103-0001", "20261102-0001")}
    assert against == {"exp": "known", "exp2": "known"}
    assert statuses(store, "20261101-0001") == {"exp": "new"}  # what a run has announced it says for ever


def test_a_run_that_judged_nothing_is_no_history(store: Store) -> None:
    """Such a run was cut short: nobody was told of what it holds."""
    store.start_run(Run("20261101-0001", 1, "2026-11-01T02:00:00+00:00", "5m"))
    store.save_shard("20261101-0001", "r00", "{}", [], [ONE])
    assert a_night(store, 2, [ONE]) == {"exp": "new"}
    assert a_night(store, 3, [ONE]) == {"exp": "known"}


def test_what_was_removed_from_the_store_is_remembered(store: Store) -> None:
    a_night(store, 1, [OTHER])
    (kept,) = known_defects(store).values()
    save_known(store, [replace(kept, members=(*kept.members, ONE.id))])
    assert a_night(store, 2, [ONE]) == {"exp": "known"}


def test_fixed_only_where_its_case_was_run_again(store: Store) -> None:
    a_night(store, 1, [ONE, OTHER])
    first = "20261101-0001"
    a_night(store, 2, [], passed=(ONE,), baseline=first)
    assert {d.ops[0]: d.status for d in defects_of(store, "latest", first)} == {"exp": "fixed", "exp2": "not-run"}
    assert {d.id: d.state for d in known_defects(store).values()} == {ONE.id: "fixed", OTHER.id: "open"}
    # A night whose baseline has it no more, and that finds it right again, has no news.
    a_night(store, 3, [], passed=(ONE,), baseline="20261102-0001")
    assert defects_of(store, "latest") == []
    # One that was never in the baseline is proved fixed all the same.
    a_night(store, 4, [], passed=(OTHER,), baseline="20261103-0001")
    assert statuses(store, "latest") == {"exp2": "fixed"}
    # And comes back.
    assert a_night(store, 5, [ONE]) == {"exp": "reopened"}
    assert known_defects(store)[ONE.id].state == "reopened"
    assert a_night(store, 6, [ONE]) == {"exp": "known"}


def test_where_it_fails_and_where_it_passed_is_kept_by_target_and_version(store: Store) -> None:
    a_night(store, 1, [ONE], version="2.12")
    a_night(store, 2, [], passed=(ONE,), version="2.13")
    (kept,) = known_defects(store).values()
    assert kept.observed == {
        "torch:cpu:eager 2.12": {"failed": "2026-11-01T02:00:00+00:00"},
        "torch:cpu:eager 2.13": {"passed": "2026-11-02T02:00:00+00:00"},
    }


@pytest.mark.parametrize(
    ("rerun", "state", "status"),
    [
        (WHOLE, "open", "new"),
        ({}, "open", "new"),
        ({"failed": 1, "passed": 2}, "flaky", "flaky"),
        (NEVER, "unreproducible", "unreproducible"),
    ],
)
def test_what_does_not_fail_each_time_is_listed_apart(rerun: dict[str, int], state: str, status: str, store: Store) -> None:
    assert a_night(store, 1, [ONE], reruns={ONE.id: rerun} if rerun else {}) == {"exp": status}
    assert known_defects(store)[ONE.id].state == state
    assert the_defect(store, ONE.id).rerun == rerun
    assert a_night(store, 2, [ONE]) == {"exp": "known" if status == "new" else status}


def test_what_was_not_reproduced_and_then_is_is_new(store: Store) -> None:
    """It was never announced before."""
    a_night(store, 1, [ONE], reruns={ONE.id: NEVER})
    assert a_night(store, 2, [ONE], reruns={ONE.id: WHOLE}) == {"exp": "new"}
    assert a_night(store, 3, [ONE]) == {"exp": "known"}


def test_what_is_flaky_is_not_fixed_by_passing(store: Store) -> None:
    a_night(store, 1, [ONE], reruns={ONE.id: {"failed": 2, "passed": 1}})
    a_night(store, 2, [], passed=(ONE,), baseline="20261101-0001")
    assert {d.status for d in defects_of(store, "latest", "20261101-0001")} == {"not-run"}
    assert known_defects(store)[ONE.id].state == "flaky"


def test_what_differs_from_process_to_process_needs_to_fail_once_only(store: Store) -> None:
    unsteady = a_finding(symptom="precision", x="nan")
    unsteady = replace(unsteady, symptom="nondeterministic")
    assert a_night(store, 1, [unsteady], reruns={unsteady.id: {"failed": 1, "passed": 2}}) == {"exp": "new"}


def test_what_people_say_ends_on_its_day(store: Store) -> None:
    a_night(store, 1, [ONE])
    (kept,) = known_defects(store).values()
    save_known(store, [replace(kept, state="wontfix", triage={"until": "2026-11-02", "note": "as documented"})])
    a_night(store, 2, [ONE])
    assert expire(store, store.run("latest")) == []
    assert known_defects(store)[ONE.id].state == "wontfix"
    a_night(store, 3, [ONE])
    for _ in range(2):  # asked again, the run says the same
        (back,) = expire(store, store.run("latest"))
        assert (back.id, back.state) == (ONE.id, "open")
        assert back.triage == {"note": "as documented", "expired": "2026-11-02", "was": "wontfix"}
    a_night(store, 4, [ONE])
    assert expire(store, store.run("latest")) == []
