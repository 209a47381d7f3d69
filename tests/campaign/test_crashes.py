"""A call that ends or stops its process becomes a finding; nothing else is lost, and it is not tried again in the run."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import faulty
import psutil
import pytest
from test_run import Stop, content, settings_of, stores
from test_shard import comparable, shard_of

from ulpfuzz.fuzzer.campaign.plan import FIRST, CellMemory, round_of
from ulpfuzz.fuzzer.campaign.run import _Campaign, run_campaign
from ulpfuzz.fuzzer.campaign.schedule import RETRY_CALL_TIMEOUT
from ulpfuzz.fuzzer.campaign.shard import ShardResult, run_shard, subjects_run
from ulpfuzz.fuzzer.case import Case
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.engine.task import Death
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.frameworks.targets.target import framework_for, target_named
from ulpfuzz.fuzzer.point.probe import probe
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.proof import failures
from ulpfuzz.fuzzer.search.search import first_rows

__all__ = ["stores"]

pytestmark = pytest.mark.usefixtures("planted")

TARGET = "faulty:cpu:eager"
VERDICTS = 20_000


@pytest.fixture(autouse=True)
def no_host_is_left(planted: None) -> Any:
    yield
    host = framework_for(target_named(TARGET), isolated=True)
    host.end()  # type: ignore[attr-defined]
    left = [child for child in psutil.Process().children(recursive=True) if "execnet" in " ".join(child.cmdline())]
    assert left == []


def alone(how: str, **rest: Any) -> ShardResult:
    return run_shard(shard_of(f"faulty_{how}", isolated=True, **{"call_timeout": 20.0, "verdicts": VERDICTS, **rest}))


def x_of(finding: Finding) -> float:
    (x,) = Case(finding.dtype, finding.case["inputs"]).batch().exact()["x"]
    return float(x)


def guilty(how: str) -> str:
    return f"faulty.exp_{how}(x)"


# Probe and repro end


@pytest.mark.parametrize(("how", "told"), [("waits", "hang: no answer within 1 s"), ("holds", "hang: no answer within 1 s"),
                                           ("segfaults", "crash: the process ended by SIGSEGV")])  # fmt: skip
def test_a_probe_ends_and_judges_the_others(how: str, told: str) -> None:
    began = time.monotonic()
    probed = probe(f"faulty_{how}", "float32", {"x": 1.0}, targets="faulty", case_timeout=1.0).to_json()
    assert time.monotonic() - began < 120  # the call sleeps for an hour; a busy machine starts processes slowly
    wrong, right = probed["targets"]
    assert (wrong["class"], wrong["symptom"], wrong["output"]) == ("unstable", told.partition(":")[0], None)
    assert wrong["error"].startswith(told)
    assert wrong["avoidable_by"] == [TARGET]
    assert (right["class"], right["implementation"]) == ("ok", "faulty.exp_right(x)")


def test_targets_that_hang_wait_together_and_the_others_are_shown(planted: None) -> None:
    """Of a target that does not come back only the call that hangs is lost, and no other target waits for it."""
    waits = replace(target_named(TARGET), mode="eager")
    probed = probe("faulty_waits", "float32", {"x": 1.0}, targets=f"{waits},numpy", case_timeout=1.0)
    told = {answered.implementation: answered for answered in probed.targets}
    assert told["faulty.exp_waits(x)"].reason == "the call did not return in time"
    assert told["faulty.exp_waits(x)"].error == "hang: no answer within 1 s"
    assert told["faulty.exp_right(x)"].class_.name == "ok"


def test_a_finding_that_hangs_now_is_told_so_within_the_time() -> None:
    case = {"dtype": "float32", "inputs": {"x": "0x1p+0"}, "placement": {"length": 1, "position": 0, "stride": 1}}
    finding = Finding(
        "faulty-faulty_waits", "faulty_waits", {}, "value", "float32", TARGET, guilty("waits"), "precision", "unstable", 1e6, 1e6, 1.0,
        4.0, 30.0, case, 0, "2.718281828459045", 2.7, (2.7).hex(), [], "arb+mpmath", [],
    )  # fmt: skip
    again = reproduce(finding, case_timeout=1.0)
    assert again.still_fails
    assert again.now.symptom == "hang"
    assert again.message.endswith(
        "still unstable, with another symptom: hang (was precision) with faulty 1: no answer within 1 s"
    )
    right = replace(finding, implementation="faulty.exp_right(x)")
    assert not reproduce(right, case_timeout=20.0).still_fails


# One shard, its target in a process of its own


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "SHORTEST", 0.5)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("how", "symptom", "said"), [("aborts", "crash", "SIGABRT"), ("segfaults", "crash", "SIGSEGV"),
                                                      ("waits", "hang", "no answer within"),
                                                      ("holds", "hang", "no answer within")])  # fmt: skip
def test_the_guilty_row_is_found(how: str, symptom: str, said: str) -> None:
    result = alone(how, call_timeout=3.0 if symptom == "hang" else 20.0)
    (finding,) = result.findings
    assert (finding.symptom, finding.class_, finding.implementation) == (symptom, "unstable", guilty(how))
    assert x_of(finding) == 1.0
    assert finding.case["placement"] == {"length": 1, "position": 0, "stride": 1}
    assert said in finding.note
    assert finding.id.startswith(f"faulty-faulty_{how}-value-float32-{symptom}-")
    assert [(a.implementation, a.class_, a.symptom) for a in finding.answers] == [
        (guilty(how), "unstable", symptom),
        ("faulty.exp_right(x)", "ok", "none"),
    ]
    assert finding.avoidable_by == [TARGET]
    assert float(finding.reference) == pytest.approx(math.e)
    assert result.excluded == [(TARGET, guilty(how))]
    peer = next(c for c in result.cells if c.implementation == "faulty.exp_right(x)")
    assert peer.verdicts >= VERDICTS / 2


def test_a_strip_is_found_by_bisection() -> None:
    (finding,) = alone("strip_aborts", verdicts=80_000).findings
    assert 20 < x_of(finding) < 30
    assert finding.case["placement"]["length"] == 1


def test_what_dies_in_long_calls_only_gets_the_least_length() -> None:
    (finding,) = alone("long_aborts").findings
    assert x_of(finding) == 1.0
    assert finding.case["placement"]["length"] == 8
    assert "in calls of 8 rows, not of fewer" in finding.note


@pytest.mark.usefixtures("hasty")
def test_who_is_slow_is_not_accused_of_what_hangs() -> None:
    (finding,) = alone("dawdles", call_timeout=3.0).findings
    assert (finding.symptom, finding.case["patience"]) == ("hang", 3.0)
    assert x_of(finding) > 80
    assert finding.note == "no answer within 3 s"


@pytest.mark.usefixtures("hasty")
def test_what_adds_up_in_a_long_call_is_slow_and_no_hang() -> None:
    result = alone("adds_up", call_timeout=3.0)
    assert result.findings == []
    (line,) = result.incidents
    assert line.endswith("slow, which is no hang")


@pytest.mark.usefixtures("hasty")
def test_a_hang_that_nobody_has_time_to_try_again_accuses_nobody() -> None:
    result = alone("waits", call_timeout=3.0, until=time.monotonic() + 5.0)
    assert result.findings == []
    assert "the run had no time left" in result.incidents[0]


def test_what_dies_of_several_rows_together_says_so() -> None:
    (finding,) = alone("together_aborts").findings
    assert finding.symptom == "crash"
    assert "rows together, of which this is the first" in finding.note


def test_endless_allocation_is_a_crash() -> None:
    (finding,) = alone("eats", memory=500 << 20).findings
    assert (finding.symptom, x_of(finding)) == ("crash", 1.0)
    assert "resident memory" in finding.note


def test_a_memory_error_is_a_crash_too() -> None:
    for where in (True, False):
        (finding,) = run_shard(shard_of("faulty_no_memory", verdicts=VERDICTS, isolated=where)).findings
        assert (finding.symptom, x_of(finding)) == ("crash", 1.0)
        assert finding.note == "out of memory: MemoryError"


def test_a_death_that_does_not_happen_again_accuses_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTY_MARK", str(tmp_path / "mark"))
    result = alone("once_aborts")
    assert result.findings == []
    (line,) = result.incidents
    assert "SIGABRT" in line
    assert "not again" in line
    assert result.excluded == [(TARGET, guilty("once_aborts"))]


def test_other_defects_of_the_guilty_are_found_too() -> None:
    assert {f.symptom for f in alone("spoilt").findings} == {"crash", "wrong_sign"}


def test_two_shards_find_the_same() -> None:
    assert comparable(alone("aborts")) == comparable(alone("aborts"))


def test_alone_or_not_a_calm_shard_finds_the_same() -> None:
    there, here = (run_shard(shard_of("faulty_exp", isolated=where, verdicts=VERDICTS)) for where in (True, False))
    assert comparable(there) == comparable(here)


def test_the_excluded_are_not_run() -> None:
    result = alone("aborts", excluded=((TARGET, guilty("aborts")),))
    assert result.findings == []
    assert [c.implementation for c in result.cells] == ["faulty.exp_right(x)"]
    nobody = alone("aborts", excluded=((TARGET, guilty("aborts")), (TARGET, "faulty.exp_right(x)")))
    assert (nobody.ran, nobody.verdicts, nobody.failure) == (0, 0, "")


# What is not supported


@pytest.fixture
def more_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels of faulty_softplus claim a jvp, one of them in vain."""
    op = op_named("faulty_softplus")
    claiming = tuple(replace(i, without=("grad2",)) for i in op.implementations)
    monkeypatch.setitem(ops(), op.name, replace(op, implementations=claiming))
    monkeypatch.setattr(faulty.softplus_right, "jvp", faulty.softplus_right.vjp, raising=False)
    monkeypatch.setattr(faulty.softplus_naive, "refuses", ("jvp", "grad"), raising=False)


def test_an_order_that_a_call_refuses_is_data(more_orders: None) -> None:
    result = run_shard(shard_of("faulty_softplus", order="jvp", verdicts=VERDICTS))
    assert result.findings == []
    (told,) = result.unsupported
    assert (told.cell, told.target, told.call) == ("faulty_softplus float32 jvp", TARGET, "faulty.softplus_naive(x)")
    assert told.message == "RuntimeError: no jvp of this kernel"
    assert (result.ran, result.excluded) == (1, [(TARGET, "faulty.softplus_naive(x)")])


def test_a_gradient_that_the_record_promises_is_not(more_orders: None) -> None:
    result = run_shard(shard_of("faulty_softplus", order="grad", verdicts=VERDICTS))
    assert [f.symptom for f in result.findings] == ["exception"]
    assert result.unsupported == []


def test_cells_that_nobody_supports_are_told_apart(stores: Any, more_orders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty.softplus_right, "refuses", ("jvp",), raising=False)
    run = run_campaign_of(stores(), "300k", ops="faulty_softplus", orders=("value", "jvp"))
    assert (run.cells, run.cells_planned) == (1, 2)
    assert run.environment["cells_unsupported"] == ["faulty_softplus float32 jvp"]
    assert run.environment["cells_not_reached"] == []
    assert {(u["call"], u["message"]) for u in run.environment["unsupported"]} == {
        ("faulty.softplus_naive(x)", "RuntimeError: no jvp of this kernel"),
        ("faulty.softplus_right(x)", "RuntimeError: no jvp of this kernel"),
    }


def run_campaign_of(store: Any, budget: str, **rest: Any) -> Any:
    return run_campaign(settings_of(budget, **rest), store)


# A campaign on Dask workers

LIMITS = {"workers": 2, "case_timeout": 8.0, "memory_limit": 600 << 20, "orders": ("value",)}


def test_a_campaign_survives_its_deaths(stores: Any, capfd: pytest.CaptureFixture[str]) -> None:
    store, died = stores(), ("aborts", "holds", "eats")
    run = run_campaign_of(store, "8300k", ops="faulty_aborts,faulty_holds,faulty_eats,faulty_calm,faulty_exp", **LIMITS)
    assert (run.state, run.cells, run.cells_planned) == ("finished", 5, 5)
    assert run.environment["failures"] == run.environment["cells_not_reached"] == []
    found = store.findings(run.id)
    dead = {f.implementation: f for f in found if f.op != "faulty_exp"}
    assert {call: (x_of(f), f.case["placement"]["length"]) for call, f in dead.items()} == {guilty(how): (1.0, 1) for how in died}
    assert (dead[guilty("aborts")].symptom, dead[guilty("holds")].symptom) == ("crash", "hang")
    assert dead[guilty("eats")].symptom in ("crash", "hang")  # on a busy machine its time may end before its memory
    assert {f.symptom for f in found if f.op == "faulty_exp"} >= {"inf", "zero", "wrong_sign"}
    judged = {(c.op, c.implementation): c.verdicts for c in store.cells(run.id)}
    lessons = {shard: json.loads(text) for shard, text in store.shard_payloads(run.id).items()}
    for how in died:
        assert judged[f"faulty_{how}", "faulty.exp_right(x)"] > 2 * FIRST  # round 1 too
        assert judged[f"faulty_{how}", guilty(how)] < FIRST
        told = {shard: lesson["excluded"] for shard, lesson in lessons.items() if f"faulty_{how} " in shard}
        first, *later = [excluded for shard, excluded in told.items() if "!" not in shard]
        assert first == [[TARGET, guilty(how)]]  # set aside
        assert later
        assert not any(later)
        assert [excluded for shard, excluded in told.items() if "!" in shard] == [first]  # and proved by itself
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_two_runs_with_deaths_find_the_same(stores: Any) -> None:
    first, second = stores(), stores()
    chosen = {"ops": "faulty_aborts,faulty_strip_aborts,faulty_segfaults,faulty_exp", **LIMITS}
    one, two = run_campaign_of(first, "8M", **chosen), run_campaign_of(second, "8M", **chosen)
    assert content(first, one) == content(second, two)


def test_a_shard_that_dies_outside_of_the_frameworks_is_a_failure(stores: Any, capfd: pytest.CaptureFixture[str]) -> None:
    store = stores()
    run = run_campaign_of(store, "400k", ops="faulty_outside,faulty_calm", **LIMITS)
    assert (run.state, run.cells, run.environment["cells_not_reached"]) == ("finished", 1, ["faulty_outside float32 value"])
    (failure,) = run.environment["failures"]
    assert "outside of the frameworks" in failure
    assert capfd.readouterr().err == ""


# A campaign in this process, its target in another


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with a target that runs in a process of its own in any case."""
    (tmp_path / "ulpfuzz.toml").write_text('[[target]]\nname = "apart"\nframework = "faulty"\n')
    monkeypatch.setenv("ULPFUZZ_CONFIG", str(tmp_path / "ulpfuzz.toml"))
    return {"targets": "apart", "workers": 0, "orders": ("value",), "case_timeout": 10.0}


def test_a_resumed_run_remembers_who_died(stores: Any, hosted: dict[str, Any]) -> None:
    whole, broken = stores(), stores()
    chosen = {"ops": "faulty_aborts,faulty_once_aborts,faulty_calm", **hosted}
    unbroken = run_campaign_of(whole, "400k", **chosen)
    assert {f.symptom for f in whole.findings(unbroken.id)} == {"crash"}
    interrupted = run_campaign(settings_of("400k", **chosen), broken, Stop(2))
    assert interrupted.state == "interrupted"
    resumed = run_campaign(settings_of("400k", resume=interrupted.id, **chosen), broken)
    assert (resumed.state, content(broken, resumed)) == ("finished", content(whole, unbroken))
    assert resumed.environment["failures"] == unbroken.environment["failures"]


def test_what_died_in_one_cell_is_left_out_of_the_first_visits_of_the_others(stores: Any, hosted: dict[str, Any]) -> None:
    settings = settings_of("40s", ops="faulty_aborts", **{**hosted, "case_timeout": None})
    schedule, shard = _Campaign(settings, stores(), None).schedule, shard_of("faulty_aborts")
    assert schedule.without_fatal(shard) is shard
    schedule.fatal["faulty_aborts"].add((TARGET, guilty("aborts")))
    left = schedule.without_fatal(shard)
    assert (left.excluded, left.isolated) == (((TARGET, guilty("aborts")),), False)
    schedule.fatal["faulty_aborts"].update((TARGET, i.call) for i in op_named("faulty_aborts").implementations)
    in_isolation = schedule.without_fatal(shard)
    assert (in_isolation.excluded, in_isolation.isolated, in_isolation.call_timeout) == (shard.excluded, True, RETRY_CALL_TIMEOUT)
    assert in_isolation.waits


def test_what_is_only_slow_is_visited_beside_the_other_cells(stores: Any, hosted: dict[str, Any]) -> None:
    settings = settings_of("40s", ops="faulty_aborts", **{**hosted, "case_timeout": None})
    schedule, shard = _Campaign(settings, stores(), None).schedule, shard_of("faulty_aborts")
    death = Death("hang", "no answer in time", TARGET, guilty("aborts"))
    schedule.died(shard, [death])
    ((proof,),) = schedule.set_aside()
    assert proof.waits
    schedule.judged(proof, ShardResult(proof.id, proof.cell.key))  # it hung again
    other = replace(shard, cell=replace(shard.cell, dtype="float64"))
    schedule.without_fatal(other)
    assert list(schedule.set_aside()) == []
    schedule.judged(proof, ShardResult(proof.id, proof.cell.key, verdicts=64))  # short calls returned
    for _ in range(2):
        assert schedule.without_fatal(other).excluded == ((TARGET, guilty("aborts")),)
    ((visit,),) = schedule.set_aside()
    assert (visit.cell, visit.waits) == (other.cell, True)
    assert [s.implementation.call for s in subjects_run(visit)] == [guilty("aborts")]


def test_a_call_that_waits_is_tried_in_short_calls() -> None:
    """A thousand rows that take seconds may be a hang, sixty-four return."""
    evaluator = Evaluator(Cell("exp", (), "float32", "value"), [Subject("jax:cpu:eager", op_named("exp").implementations[0])])
    evaluator.shapes.one = True
    assert first_rows(evaluator) == (1000,)
    evaluator.shapes.one = False
    assert first_rows(evaluator) == (64,)


def test_a_cell_whose_subjects_are_all_dead_ends_the_run(stores: Any, hosted: dict[str, Any]) -> None:
    store = stores()
    run = run_campaign_of(store, "30m", ops="faulty_dies", **hosted)
    assert run.state == "finished"
    assert [(f.symptom, f.case["placement"]["length"]) for f in store.findings(run.id)] == [("crash", 1)]
    assert "exit status 11" in store.findings(run.id)[0].note


def test_a_baselines_deaths_are_run_again_where_they_end_nothing(stores: Any, hosted: dict[str, Any]) -> None:
    """The second run's target would end this process."""
    store = stores()
    before = run_campaign_of(store, "40k", ops="faulty_aborts", **hosted)
    (crash,) = store.findings(before.id)
    cell = Cell(crash.op, (), crash.dtype, crash.order)
    (shard,) = round_of(0, [cell], {cell.key: CellMemory(has_crashing_cases=True)}, (TARGET,), 77)
    assert shard.isolated
    after = run_campaign_of(store, "1k", ops="faulty_aborts", baseline=before.id, **{**hosted, "seed": 77})
    assert [f.symptom for f in compare(store, after.id, before.id).known] == ["crash"]


# The watch


@pytest.mark.parametrize(("body", "lasts"), [("with calling(): ctypes.PyDLL(None).sleep(30)", False),
                                             ("with calling(): pass\ntime.sleep(1.5)", True),
                                             ("with calling(hosted=True): time.sleep(1.5)", True),
                                             ("for _ in range(20):\n    with calling(): time.sleep(0.1)", True)])  # fmt: skip
def test_only_a_call_that_takes_too_long_ends_the_process(body: str, lasts: bool) -> None:
    indented = "\n".join("    " + line for line in body.splitlines())
    program = f"import ctypes, time\nfrom ulpfuzz.fuzzer.evaluation.watchdog import calling, on_guard\nwith on_guard(1.0):\n{indented}\n"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=25, check=False,
                         cwd=Path(faulty.__file__).parents[2])  # fmt: skip
    assert (ran.returncode == 0) == lasts
    assert ran.stderr == ""
