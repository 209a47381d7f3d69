"""What a night runs again: all that is open, in a bounded share of its budget; and new defects in fresh processes."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import faulty
import pytest
from sqlalchemy import update

from tests.campaign.test_run import settings_of
from tests.defects.planted import a_finding
from ulpfuzz.fuzzer.campaign import confirm, earlier
from ulpfuzz.fuzzer.campaign import run as campaign
from ulpfuzz.fuzzer.campaign.confirm import TIMES, TOGETHER, Confirmed, confirmed
from ulpfuzz.fuzzer.campaign.due import Due, due_again, in_order
from ulpfuzz.fuzzer.campaign.rerun import LATE, reruns
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.defects.memory import defects_of, keep
from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.hosts.host import Hosted
from ulpfuzz.fuzzer.proof import verdict_to_finding

FEW = {"ops": "faulty_exp", "orders": ("value",)}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def test_longest_not_seen_first_then_gravest_then_cheapest() -> None:
    def due(name: str, seen: str, severity: float, length: int = 1, *, rests: bool = False) -> Due:
        case = {
            "dtype": "float32",
            "inputs": {"x": ["0x1p0", "0x1p1"]},
            "placement": {"length": length, "position": 0, "stride": 1},
        }
        return Due(a_finding(id=name, severity=severity, case=case), seen, rests)

    wanted = [
        due("not reached last night", "2026-11-01", 1.0),
        due("grave", "2026-11-02", 40.0, 64),
        due("cheap", "2026-11-02", 30.0, 1),
        due("dear", "2026-11-02", 30.0, 64),
        due("unknown severity", "2026-11-02", float("nan")),
        due("was fixed", "2026-11-01", 50.0, rests=True),
    ]
    assert in_order(wanted[::-1]) == wanted
    tasks = reruns(wanted, ("torch:cpu:eager",), (), 1.0, None)
    assert [[f.id for f in task.findings] for task in tasks] == [
        ["not reached last night"], ["grave", "cheap", "dear", "unknown severity"], ["was fixed"]
    ]  # fmt: skip
    assert len({task.id for task in tasks}) == 3


def a_night(store: Store, day: int, found: list[Finding], replayed: dict[str, Any] | None = None) -> Run:
    environment = {"replayed": replayed} if replayed else {}
    run = Run(f"2026110{day}-0001", day, f"2026-11-0{day}T02:00:00+00:00", "5m", verdicts=1000, environment=environment)
    store.start_run(run)
    store.save_shard(run.id, "r00", "{}", [], found)
    store.finish_run(run)
    keep(store, defects_of(store, run.id), run)
    return run


def test_what_was_run_again_is_seen_whatever_came_of_it(store: Store) -> None:
    one, other, passes = a_finding(), a_finding(x="nan", symptom="missed_nan"), a_finding(call="torch.exp2(x)")
    first = a_night(store, 1, [one, other, passes])
    passed = {passes.id: {"id": "", "bits_lost": 0.0, "class": "ok"}}
    third = a_night(store, 3, [], {"baseline": first.id, "findings": passed, "in_vain": [one.id], "due": 3, "reached": 2})
    now = Run("20261104-0001", 4, "2026-11-04T02:00:00+00:00", "5m")
    due = [item for item in due_again(store, first.id, now) if not item.rests]
    assert [(item.finding.id, item.seen, item.in_vain) for item in due if item.finding.id != passes.id] == [
        (other.id, first.started, False), (one.id, third.started, True)
    ]  # fmt: skip
    assert {item.seen for item in due_again(store, first.id, now) if item.finding.id == passes.id} == {third.started}
    # What nothing came of is a task of its own.
    tasks = reruns([replace(item, in_vain=True) for item in due], ("torch:cpu:eager",), (), 1.0, None)
    assert [len(task.findings) for task in tasks] == [1] * len(due)
    assert len({task.id for task in tasks}) == len(due)


def test_all_that_is_open_is_due_and_not_only_what_the_baseline_has(store: Store) -> None:
    one, other = a_finding(), a_finding(x="nan", symptom="missed_nan")

    first, second = a_night(store, 1, [one]), a_night(store, 2, [other])
    third = Run("20261103-0001", 3, "2026-11-03T02:00:00+00:00", "5m")
    assert [(item.finding.id, item.seen) for item in due_again(store, second.id, third)] == [
        (one.id, first.started), (other.id, second.started)
    ]  # fmt: skip
    # What the run itself has found, before it was resumed, changes nothing.
    store.start_run(third)
    store.save_shard(third.id, "r00", "{}", [], [one])
    assert [item.seen for item in due_again(store, second.id, third)] == [first.started, second.started]


def test_of_earlier_runs_only_what_is_due_is_read(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = a_finding(), a_finding(x="nan", symptom="missed_nan")
    first, second, third = a_night(store, 1, [one, other]), a_night(store, 2, [one]), a_night(store, 3, [other])
    assert store.finding_ids([second.id, third.id]) == {one.id, other.id}
    assert store.finding_ids([]) == set()
    now = Run("20261104-0001", 4, "2026-11-04T02:00:00+00:00", "5m")

    damage(store, first)  # later runs have both
    assert [item.finding.id for item in due_again(store, third.id, now)] == [one.id, other.id]
    assert capsys.readouterr().err == ""
    # A record that cannot be read is no reason to end a night, though in its run nothing else is due.
    damage(store, second)
    assert [item.finding.id for item in due_again(store, third.id, now)] == [other.id]
    assert "1 of 1 left out" in capsys.readouterr().err


def damage(store: Store, run: Run) -> None:
    """Makes the records of a run's findings unreadable."""
    with store.database.transaction(write=True) as connection:
        connection.execute(update(tables.findings).where(tables.findings.c.run_id == run.id).values(payload="{}"))


@pytest.mark.usefixtures("planted")
def test_a_known_case_does_not_compete_with_what_the_search_finds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the candidates of a search only a few are certified. Here the case of an earlier night is none of them: the search certifies none at
    all. It still fails, and the night says so."""
    before = run_campaign(settings_of("1k", **FEW), store)
    monkeypatch.setattr(verdict_to_finding, "TRIES", 0)
    told = compare(store, run_campaign(settings_of("1k", seed=6, baseline=before.id, **FEW), store).id, before.id)
    assert {f.id for f in told.known} == {f.id for f in store.findings(before.id)}
    assert (told.fixed, told.not_run, told.new) == ([], [], [])


@pytest.mark.usefixtures("planted")
def test_running_again_takes_its_share_of_the_budget(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_campaign(settings_of("1k", **FEW), store)
    assert len(store.findings(before.id)) > 3
    monkeypatch.setattr(earlier, "REPLAY_SHARE", 0.003)  # of 1k: three findings
    told = run_campaign(settings_of("1k", baseline=before.id, **FEW), store).environment["replayed"]
    assert (told["due"], told["reached"], len(told["findings"])) == (len(store.findings(before.id)), 3, 3)
    gravest = sorted((f.severity for f in store.findings(before.id)), reverse=True)[:3]
    assert sorted((store.finding(name, before.id).severity for name in told["findings"]), reverse=True) == gravest


@pytest.mark.usefixtures("planted")
def test_the_time_of_running_again_counts_from_when_a_worker_has_started(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_campaign(settings_of("1k", **FEW), store)
    seconds = 5.0
    started: list[float] = []

    def slow(groups: Any, stop: Any) -> Any:
        """The engine, whose first worker takes longer to start than the share of the budget lasts."""
        if not started:
            time.sleep(1.2 * earlier.REPLAY_SHARE * seconds)
            started.append(time.monotonic())
        return executed(groups, stop)

    monkeypatch.setattr(campaign, "engine", lambda *_, **__: nullcontext(slow))
    began = time.monotonic()
    night = run_campaign(settings_of(f"{seconds:g}s", baseline=before.id, **FEW), store)
    took = time.monotonic() - began
    assert night.environment["replayed"]["reached"] > 0
    assert night.by_phase["rerun"] < earlier.REPLAY_SHARE * seconds + 1.0  # and of the last one that was begun what is left
    assert took < 1.05 * seconds + 3.0
    assert set(night.environment["replayed"]["findings"]) <= {f.id for f in store.findings(before.id)}


@pytest.mark.usefixtures("planted")
def test_nothing_is_begun_after_its_time(store: Store) -> None:
    run = run_campaign(settings_of("1k", **FEW), store)
    due = [Due(finding, run.started) for finding in store.findings(run.id)]
    (task,) = reruns(due, ("faulty:cpu:eager",), (), 1.0, None, until=float("-inf"))
    result = task.run()
    assert (result.reached, result.became, result.findings) == (0, {}, [])
    (whole,) = reruns(due, ("faulty:cpu:eager",), (), 1.0, None)
    assert whole.run().reached == len(due)
    # Nor what is expected to end after it.
    assert replace(whole, until=time.monotonic() + 60.0, takes=120.0).run().reached == 0
    assert replace(whole, until=time.monotonic() + 60.0, takes=1e-3).run().reached == len(due)


def executed(groups: Any, stop: Any) -> Any:
    """The engine, in this process."""
    for group in groups:
        for task in group:
            if stop():
                return
            yield task.run()


@pytest.mark.usefixtures("planted")
def test_what_is_new_is_run_again_three_times_in_fresh_processes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_campaign(settings_of("1k", **FEW), store)
    face = next(f for f in store.findings(run.id) if f.implementation == "faulty.exp_sign(x)")
    monkeypatch.setattr(faulty, "exp_sign", faulty.exp_right)  # of this process alone: a fresh one has the defect
    assert confirmed(executed, [("d", face)], 600.0) == {"d": {"failed": TIMES, "passed": 0}}
    assert confirmed(executed, [("d", face)], -1.0) == {}  # there was no time
    mended = replace(face, case={**face.case, "inputs": {"x": "0x1p-3"}})  # a case that passes
    assert confirmed(executed, [("d", mended)], 600.0)["d"]["failed"] == 0


def test_what_is_not_whole_says_nothing_unless_it_says_both() -> None:
    def told(failed: int, passed: int) -> dict[str, dict[str, int]]:
        def execute(groups: Any, _: Any) -> Any:
            ((task,),) = groups
            assert task.ends == task.until + LATE  # it is ended though it does not come back
            yield Confirmed(task.id, "", counts={"d": {"failed": failed, "passed": passed}})

        return confirmed(execute, [("d", a_finding())], 60.0)

    assert told(3, 0) == {"d": {"failed": 3, "passed": 0}}
    assert told(1, 1) == {"d": {"failed": 1, "passed": 1}}
    assert told(2, 0) == told(0, 2) == told(0, 0) == {}


@pytest.mark.usefixtures("planted")
def test_faces_of_one_target_share_three_processes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_campaign(settings_of("1k", **FEW), store)
    faces = [(finding.id, finding) for finding in store.findings(run.id)][:TOGETHER]
    ended: list[str] = []
    end = Hosted.end
    monkeypatch.setattr(Hosted, "end", lambda self: (ended.append(self.name), end(self))[1])
    assert len(faces) == TOGETHER
    assert confirmed(executed, faces, 600.0) == {name: {"failed": TIMES, "passed": 0} for name, _ in faces}
    assert ended == ["faulty"] * (1 + TIMES)
    monkeypatch.setattr(confirm, "TOGETHER", 1)
    tasks: list[Any] = []

    def execute(groups: Any, _: Any) -> Any:
        tasks.extend(groups)
        yield from ()

    confirmed(execute, faces, 600.0)
    assert [task.faces for (task,) in tasks] == [(face,) for face in faces]  # the gravest first
