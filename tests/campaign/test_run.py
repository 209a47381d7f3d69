"""A campaign: determinism, resuming, interruption, failures and dead workers, baselines; in this process and on Dask workers."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import faulty
import pytest

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import (
    AMPLE,
    COSTS,
    FIRST,
    GROWTH,
    MOST,
    SECOND,
    UNEQUAL,
    CellMemory,
    Visit,
    first_visits,
    longest_visit,
    round_of,
    side_by_side,
)
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings
from ulpfuzz.fuzzer.campaign.shard import Shard
from ulpfuzz.fuzzer.case import Case
from ulpfuzz.fuzzer.catalog.registry import select
from ulpfuzz.fuzzer.cell import Cell, cells_of
from ulpfuzz.fuzzer.engine import engine
from ulpfuzz.fuzzer.engine.engine import SchedulerError
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.targets.target import Target

pytestmark = pytest.mark.usefixtures("planted")

#: Verdicts of the first visits of all cells of OPS, and of some of the second round.
BOTH_ROUNDS = "700k"
OPS = "faulty_exp,faulty_calm,faulty_softplus,faulty_xlog1py"


def settings_of(budget: str = BOTH_ROUNDS, **rest: Any) -> Settings:
    chosen = {"ops": OPS, "targets": "faulty", "dtypes": ("float32",), "seed": 5, "workers": 0, **rest}
    return Settings(Budget.parse(budget), **chosen)


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    opened: list[Store] = []

    def fresh() -> Store:
        opened.append(Store(f"sqlite:///{tmp_path / str(len(opened))}.db"))
        return opened[-1]

    yield fresh
    for store in opened:
        store.close()


def content(store: Store, run: Run) -> str:
    """All that a run found and learned, but the times."""
    findings = [dataclasses.replace(f, first_seen="", last_seen="") for f in store.findings(run.id)]
    shards = {shard: {**json.loads(text), "by_phase": {}, "at": 0.0} for shard, text in store.shard_payloads(run.id).items()}
    kept = [[dataclasses.asdict(x) for x in found] for found in (findings, store.cells(run.id))]
    return json.dumps([kept, shards], sort_keys=True, default=str)


class Stop:
    """A watcher that presses Ctrl-C after so many shards."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, shown: Progress) -> None:
        if shown.shards_done == self.after:
            raise KeyboardInterrupt


def test_the_same_seed_and_budget_give_the_same_run(stores: Any) -> None:
    first, second = stores(), stores()
    one, two = run_campaign(settings_of(), first), run_campaign(settings_of(), second)
    assert content(first, one) == content(second, two)
    assert (one.state, one.verdicts, one.cells, one.by_tier) == ("finished", two.verdicts, two.cells, two.by_tier)
    assert one.cells == one.cells_planned == 5  # four values, and the gradient of softplus
    assert first.findings(one.id)
    assert {f.op for f in first.findings(one.id)} == {"faulty_exp", "faulty_softplus", "faulty_xlog1py"}


def test_an_interrupted_run_keeps_what_it_found_and_resumes_to_the_same_end(stores: Any) -> None:
    whole, broken = stores(), stores()
    unbroken = run_campaign(settings_of(), whole)
    interrupted = run_campaign(settings_of(), broken, Stop(3))
    assert interrupted.state == "interrupted"
    assert len(broken.shard_payloads(interrupted.id)) == 3
    assert broken.findings(interrupted.id)
    assert interrupted.environment["cells_not_reached"]
    again = run_campaign(settings_of(resume=interrupted.id), broken, Stop(5))
    assert (again.state, again.id) == ("interrupted", interrupted.id)
    resumed = run_campaign(settings_of(resume=interrupted.id), broken)
    assert (resumed.state, resumed.id, resumed.started) == ("finished", interrupted.id, interrupted.started)
    assert content(broken, resumed) == content(whole, unbroken)
    assert (resumed.verdicts, resumed.by_tier) == (unbroken.verdicts, unbroken.by_tier)
    assert resumed.seconds > interrupted.seconds
    assert resumed.environment["cells_not_reached"] == []


def test_a_resumed_run_has_what_is_left_of_its_time(stores: Any) -> None:
    store = stores()
    seconds = settings_of("8s", ops="faulty_sleeps")
    interrupted = run_campaign(seconds, store, Stop(2))
    killed = dataclasses.replace(interrupted, state="running", seconds=0.0)
    store.finish_run(killed)
    used = max(json.loads(payload)["at"] for payload in store.shard_payloads(killed.id).values())
    assert 0 < used <= interrupted.seconds
    began = time.monotonic()
    resumed = run_campaign(dataclasses.replace(seconds, resume=killed.id), store)
    assert resumed.seconds >= used + time.monotonic() - began - 1.0
    before = len(store.shard_payloads(killed.id))
    again = run_campaign(dataclasses.replace(seconds, resume=killed.id), store)  # nothing is left
    assert (again.state, again.verdicts) == ("finished", resumed.verdicts)
    assert len(store.shard_payloads(killed.id)) == before


def test_a_run_that_judged_nothing_has_failed(stores: Any) -> None:
    store = stores()
    run = run_campaign(settings_of("0.001s"), store)
    assert (run.state, store.run(run.id).state, run.verdicts) == ("failed", "failed", 0)


def test_a_run_that_breaks_is_interrupted(stores: Any) -> None:
    class Broken(Stop):
        def __call__(self, shown: Progress) -> None:
            raise OSError("lost")

    store = stores()
    with pytest.raises(OSError, match="lost"):
        run_campaign(settings_of(), store, Broken(0))
    (run,) = store.runs()
    assert run.state == "interrupted"
    assert run.verdicts > 0


def test_resuming_with_another_seed_is_refused(stores: Any) -> None:
    store = stores()
    run = run_campaign(settings_of("40k"), store)
    with pytest.raises(ValueError, match=f"run {run.id} has seed 5, not 6; resume it with --seed 5"):
        run_campaign(settings_of(resume=run.id, seed=6), store)


def test_cells_that_the_budget_does_not_reach_are_named(stores: Any) -> None:
    run = run_campaign(settings_of("40k"), stores())
    assert run.cells == 1
    assert len(run.environment["cells_not_reached"]) == run.cells_planned - 1
    assert "faulty_exp float32 value" not in run.environment["cells_not_reached"]


def test_a_budget_of_time_ends_the_run(stores: Any) -> None:
    began = time.monotonic()
    run = run_campaign(settings_of("4s"), stores())  # in less a busy machine judges nothing, which is a failure
    assert run.state == "finished"
    assert time.monotonic() - began < 20


def test_a_failing_cell_is_recorded_and_the_others_go_on(stores: Any) -> None:
    shown: list[Progress] = []
    run = run_campaign(settings_of("200k", ops="faulty_record,faulty_calm"), stores(), shown.append)
    assert run.state == "finished"
    assert run.cells == 1
    assert {line.partition(":")[0] for line in run.environment["failures"]} == {"faulty_record float32 value"}
    assert all("no definition 'no_such_definition'" in line and "\n" not in line for line in run.environment["failures"])
    assert any("faulty_record" in cell for cell in run.environment["cells_not_reached"])
    assert shown[-1].failures


def test_a_broken_oracle_is_loud_but_does_not_end_the_run(stores: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ulpfuzz.oracles import oracle

    def fails(*_: Any) -> None:
        raise oracle.AuditFailure("ball64 claims 1, but Arb proves 2")

    monkeypatch.setattr(oracle, "audit", fails)
    run = run_campaign(settings_of("40k"), stores())
    assert run.environment["failures"] == ["faulty_exp float32 value: AUDIT: AuditFailure: ball64 claims 1, but Arb proves 2"]


def test_bad_settings_are_refused_before_anything_is_run(stores: Any) -> None:
    store = stores()
    for wrong in ({"ops": "faulty_expp"}, {"dtypes": ("float33",)}, {"orders": ("gradd",)}, {"targets": "faultyy"}):
        with pytest.raises(UnknownName, match="did you mean"):
            run_campaign(settings_of(**wrong), store)
    with pytest.raises(ValueError, match="no target computes any of these ops"):
        run_campaign(settings_of(ops="exp"), store)
    assert store.runs() == []


# Baselines


def test_the_baselines_findings_are_run_again_first(stores: Any) -> None:
    store = stores()
    before = run_campaign(settings_of(), store)
    tiny = run_campaign(settings_of("1k", seed=77, baseline=before.id), store)
    assert tiny.cells == 1
    assert {f.id for f in store.findings(before.id)} <= {f.id for f in store.findings(tiny.id)}
    told = compare(store, tiny.id, before.id)
    assert {status for status, count in told.counts().items() if count} <= {"known", "new"}
    assert len(told.known) == len(store.findings(before.id))


def test_nights_that_are_equal_find_the_same(stores: Any) -> None:
    """One seed, one budget, an unchanged machine: whatever the nights before have left, the search is that of the first."""
    store = stores()
    first = run_campaign(settings_of(BOTH_ROUNDS), store)
    assert len(store.findings(first.id)) >= 8
    for _ in range(2):
        before = store.runs()[0].id
        night = run_campaign(settings_of(BOTH_ROUNDS, baseline=before), store)
        told = compare(store, night.id, before)
        assert {status for status, count in told.counts().items() if count} == {"known"}
        assert {f.id for f in store.findings(night.id)} == {f.id for f in store.findings(first.id)}
        assert (night.verdicts, night.by_tier) == (first.verdicts, first.by_tier)


def test_nights_of_other_seeds_call_nothing_fixed_that_still_fails(stores: Any) -> None:
    store = stores()
    before = run_campaign(settings_of(), store)
    night = run_campaign(settings_of("20k", seed=6, baseline=before.id), store)
    told = compare(store, night.id, before.id)
    assert (told.fixed, told.not_run, told.worse, told.better) == ([], [], [], [])


def test_only_what_passes_when_it_is_run_again_is_fixed(stores: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores()
    chosen = {"ops": "faulty_exp", "orders": ("value",)}
    before = run_campaign(settings_of("1k", **chosen), store)
    gone = {f.id for f in store.findings(before.id) if f.implementation == "faulty.exp_sign(x)"}
    monkeypatch.setattr(faulty, "exp_sign", faulty.exp_right)
    told = compare(store, run_campaign(settings_of("1k", seed=6, baseline=before.id, **chosen), store).id, before.id)
    assert gone
    assert {f.id for f in told.fixed} == gone
    assert {f.id for f in told.known} == {f.id for f in store.findings(before.id)} - gone
    assert not told.not_run


def test_an_interrupted_night_goes_on_where_it_was(stores: Any) -> None:
    store = stores()
    before = run_campaign(settings_of(), store)
    broken = run_campaign(settings_of("20k", baseline=before.id), store, Stop(0))
    assert broken.state == "interrupted"
    resumed = run_campaign(settings_of("20k", resume=broken.id), store)
    assert (resumed.state, resumed.id) == ("finished", broken.id)
    told = compare(store, resumed.id, before.id)
    assert not told.not_run
    assert len(told.known) >= len(store.findings(before.id))


def test_a_budget_in_verdicts_is_kept_to_within_a_shard(stores: Any) -> None:
    for budget in (10_000, 500_000, 1_200_000):
        run = run_campaign(settings_of(f"{budget // 1000}k"), stores())
        assert budget <= run.verdicts < budget + 8 * FIRST + 200_000
    cells, verdicts = first_visit(settings_of())
    assert (cells, verdicts) == (5, (8 + 1 + 2 + 2 + 2) * FIRST)


# The plan


def plan(number: int, **changed: CellMemory) -> list[Any]:
    cells = [Cell(name, (), "float32", "value") for name in ("a", "b", "c")]
    memory = {cell.key: changed.get(cell.op, CellMemory()) for cell in cells}
    return round_of(number, cells, memory, ("faulty:cpu:eager",), 1)


def test_the_first_round_visits_every_cell_once_in_order() -> None:
    assert [(s.cell.op, s.round, s.verdicts) for s in plan(0)] == [(name, 0, FIRST) for name in "abc"]


def test_later_rounds_visit_productive_cells_first_and_longer() -> None:
    shards = plan(2, a=CellMemory(productive=False))
    assert [(s.cell.op, s.verdicts) for s in shards] == [
        ("b", SECOND * GROWTH),
        ("c", SECOND * GROWTH),
        ("a", SECOND),
    ]
    assert all(s.verdicts == MOST for s in plan(9))


def test_shards_carry_what_is_known() -> None:
    case = Case("float32", {"x": "0x1p+0"})
    shards = plan(0, b=CellMemory(corpus=(case,), known={"z": 2.0, "y": 1.0}))
    assert [s.cell.op for s in shards] == ["b", "a", "c"]
    assert (shards[0].corpus, shards[0].known) == ((case,), (("y", 1.0), ("z", 2.0)))
    assert len({s.id for s in (*plan(0), *plan(1))}) == 6


def test_float32_values_of_default_params_come_first() -> None:
    cells = cells_of(select("exp,norm"), ("float16", "float32"), ("value", "grad"), [Target("faulty"), Target("numpy")])
    assert [(c.op, c.dtype, c.order) for c in cells[:4]] == [("exp", "float32", "value"), ("norm", "float32", "value"),
                                                             ("exp", "float16", "value"), ("norm", "float16", "value")]  # fmt: skip
    assert all(dict(c.params) == {"ord": 2} for c in cells[:4] if c.op == "norm")


# Dask


def test_dask_workers_find_the_same(stores: Any, capfd: pytest.CaptureFixture[str]) -> None:
    here, there = stores(), stores()
    one, two = run_campaign(settings_of(), here), run_campaign(settings_of(workers=2), there)
    assert content(here, one) == content(there, two)
    assert capfd.readouterr().err == ""


def test_ctrl_c_with_workers_keeps_what_was_found(stores: Any, capfd: pytest.CaptureFixture[str]) -> None:
    store = stores()
    run = run_campaign(settings_of("100M", workers=2), store, Stop(3))
    assert run.state == "interrupted"
    assert len(store.shard_payloads(run.id)) == 3
    assert capfd.readouterr().err == ""


def test_ctrl_c_in_a_terminal_reaches_every_process_and_is_quiet(tmp_path: Path) -> None:
    root = Path(faulty.__file__).parents[2]
    program = tmp_path / "campaign.py"
    program.write_text(f"""
import sys
sys.path[:0] = [{str(root / "tests/campaign")!r}, {str(tmp_path)!r}]
from pathlib import Path
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.store import Store
import faulty

if __name__ == "__main__":
    with faulty.installed_in(Path({str(tmp_path)!r})):
        chosen = Settings(Budget.parse("100G"), ops="faulty_calm", targets="faulty", workers=2)
        store = Store("sqlite:///{tmp_path}/night.db")
        run = run_campaign(chosen, store, lambda shown: print(shown.shards_done, flush=True))
        print(run.state, len(store.shard_payloads(run.id)) > 0)
""")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, str(program)], start_new_session=True, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:  # fmt: skip
        assert ran.stdout is not None
        ran.stdout.readline()  # the first shard is done: the workers are there
        os.killpg(ran.pid, signal.SIGINT)
        out, err = ran.communicate(timeout=60)
    assert (out.splitlines()[-1], err, ran.returncode) == ("interrupted True", "", 0)


def test_a_scheduler_that_does_not_answer(
    stores: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWERS", 1)
    began = time.monotonic()
    with pytest.raises(SchedulerError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9") as caught:
        run_campaign(settings_of(scheduler="tcp://127.0.0.1:9"), stores())
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 6
    assert "Traceback" not in capfd.readouterr().err


def test_a_short_time_visits_usual_dtypes_then_values_first_and_first_by_those_that_compile_nothing() -> None:
    names = ("torch:cpu:eager", "torch:cpu:compile", "jax:cpu:eager", "jax:cpu:jit")
    cells = [
        Cell("exp", (), dtype, order)
        for dtype in ("float16", "float32")
        for order in ("grad2", "grad", "value")
        for _ in range(25)
    ]
    assert first_visits(cells, names, None) == [Visit(names)]
    assert first_visits(cells, names, 150 * AMPLE) == [Visit(names)]
    torch, jax, jit, compiled = names[:1], names[2:3], names[3:], names[1:2]
    visits = first_visits(cells, names, 150.0)
    assert "".join(v.part for v in visits) == "abcdefghijklmnopqrstuvwx"
    single, half = ("float32",), ("float16",)
    assert [(v.dtypes, v.order, v.targets) for v in visits] == [
        (single, "value", torch), (single, "value", jax), (single, "grad", torch), (half, "value", torch), (half, "grad", torch),
        (single, "grad2", torch), (half, "grad2", torch), (single, "grad", jax), (half, "value", jax), (single, "value", jit),
        (single, "value", compiled), (half, "grad", jax), (single, "grad", jit), (single, "grad2", jax), (half, "value", jit),
        (single, "grad", compiled), (half, "value", compiled), (half, "grad", jit), (half, "grad2", jax), (single, "grad2", jit),
        (half, "grad", compiled), (single, "grad2", compiled), (half, "grad2", jit), (half, "grad2", compiled),
    ]  # fmt: skip
    assert all(v.weight == COSTS[[torch, jax, jit, compiled].index(v.targets)] for v in visits)
    assert {v.times for v in visits if v.order != "value"} == {1.0} < {v.times for v in visits}
    assert first_visits(cells[:1], names[:1], 1.5) == [Visit(names[:1], "a", "grad2", ("float16",), turn=8)]


def test_no_shard_of_a_later_round_keeps_a_worker_to_the_end_of_the_run(stores: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert longest_visit(1000.0, 2, 100) == UNEQUAL * 20
    assert longest_visit(1.0, 2, 5000) == AMPLE
    seen: list[tuple[int, float | None]] = []
    run = Shard.run

    def watched(shard: Shard) -> Any:
        seen.append((shard.round, shard.seconds))
        return run(shard)

    monkeypatch.setattr(Shard, "run", watched)
    run_campaign(settings_of("5s", ops="faulty_calm"), stores())
    later = {seconds for round_, seconds in seen if round_ > 0}
    assert later
    assert all(seconds is not None and seconds >= AMPLE for seconds in later)


def test_the_parts_of_a_round_visit_each_cell_and_no_target_twice() -> None:
    names = ("torch:cpu:eager", "jax:cpu:eager", "torch:cpu:compile", "jax:cpu:jit")
    half, both = Cell("exp", (), "float16", "value"), Cell("exp", (), "float32", "value")
    alone, slope = Cell("rel_entr", (), "float32", "value"), Cell("exp", (), "float32", "grad")  # jax has rel_entr alone
    cells = [half, both, alone, slope]
    memory = {cell.key: CellMemory() for cell in cells}
    visits = first_visits(cells, names, 2.0)
    shards = [s for v in visits for s in round_of(0, cells, memory, v.targets, 7, visit=v)]
    assert [(s.part, s.cell, s.targets) for s in shards] == [
        ("a", both, names[:1]), ("b", both, names[1:2]), ("b", alone, names[1:2]), ("c", slope, names[:1]), ("d", half, names[:1]),
        ("f", slope, names[1:2]), ("g", half, names[1:2]), ("h", both, names[3:]), ("h", alone, names[3:]), ("i", both, names[2:3]),
        ("k", slope, names[3:]), ("l", half, names[3:]), ("m", slope, names[2:3]), ("n", half, names[2:3]),
    ]  # fmt: skip
    assert len({s.id for s in shards}) == 14


def test_parts_side_by_side_are_through_by_the_same_share() -> None:
    assert side_by_side([]) == []
    assert side_by_side([["a", "b", "c", "d"], ["X", "Y"]]) == ["a", "X", "b", "c", "Y", "d"]
    cells = [Cell("exp", (), "float32", order) for order in ("value", "grad") for _ in range(25)]
    visits = first_visits(cells, ("torch:cpu:eager", "jax:cpu:eager"), 50.0)
    assert [(v.order, v.targets[0][:3], v.turn) for v in visits] == [
        ("value", "tor", 0), ("value", "jax", 2), ("grad", "tor", 2), ("grad", "jax", 18),
    ]  # fmt: skip
