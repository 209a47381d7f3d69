"""Casework on the defects of a small run: what is due, what a part that breaks costs, and what is not done twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from planted_calls import plant_call

from tests.casework.planted import planted
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.casework import case_task
from ulpfuzz.fuzzer.casework.case_task import work_on
from ulpfuzz.fuzzer.casework.casework import Beside, CaseworkSettings, due, run_casework
from ulpfuzz.fuzzer.casework.queue import key_of
from ulpfuzz.fuzzer.cli.case_screen import case_whole
from ulpfuzz.fuzzer.cli.screen import console
from ulpfuzz.fuzzer.defects.case_file import shown
from ulpfuzz.fuzzer.defects.memory import as_shown, case_files, defects_of, save_case_file, save_scripts
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName

HERE = CaseworkSettings(workers=0)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Run]]:
    """A store with a run over two planted ops."""
    url = f"sqlite:///{tmp_path_factory.mktemp('casework') / 'run.db'}"
    with planted(), Store(url) as store:
        settings = Settings(
            Budget(verdicts=100_000), "planted_log1p,planted_hypot", "numpy", ("float32",), ("value",), seed=1, workers=0
        )
        yield store, run_campaign(settings, store)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer samples and points than a user's."""
    everyday, ways = case_task.ordinary_share, case_task.advise
    monkeypatch.setattr(case_task, "ordinary_share", lambda finding: everyday(finding, 2000))
    monkeypatch.setattr(case_task, "advise", lambda finding: ways(finding, 500))


@pytest.mark.usefixtures("small")
def test_defects_are_worked_on_once(ran: tuple[Store, Run]) -> None:
    store, run = ran
    seen: list[str] = []
    worked = run_casework(store, run, HERE, lambda so_far: seen.append(so_far.current))
    files = case_files(store)
    assert worked.done == worked.due == len(seen) == len(files) > 0
    assert (worked.faults, worked.gone) == ([], [])
    causes = {file.diagnosis.cause for file in files.values() if file.diagnosis}
    assert {"overflow", "lost_addend"} <= causes
    assert all(file.extent and file.advice for file in files.values())
    assert due(store, run, HERE) == []
    gravest = [d.id for d in sorted(defects_of(store, run.id), key=lambda d: -d.score)]
    assert seen[0] == gravest[0]
    again = due(store, run, replace(HERE, defects=(gravest[0],)))
    assert [task.defect for task in again] == gravest[:1]
    screen = console()
    with screen.capture() as printed:
        screen.print(case_whole(files[gravest[0]], "float32"))
    assert "what helps" in printed.get()
    assert "wrong where" in printed.get()


@pytest.mark.usefixtures("small")
def test_casework_beside_a_search_is_kept_and_not_done_again(ran: tuple[Store, Run]) -> None:
    store, run = ran
    beside = Beside(store, replace(HERE, defects=(defects_of(store, run.id)[0].id,)), (seen := []).append)
    ((task,),) = beside.groups(replace(run, state="running"), None)
    before = case_files(store).pop(task.defect, None)
    beside.keep(task.run())
    after = case_files(store)[task.defect]
    assert after.fails
    assert after != before
    assert [(told.due, told.done, told.left) for told in seen] == [(1, 1, 0)]
    assert task.defect not in [task.defect for task in due(store, run, HERE)]


def face(ran: tuple[Store, Run]) -> Finding:
    store, run = ran
    return next(f for f in store.findings(run.id) if f.op == "planted_hypot" and f.symptom == "inf")


def test_what_was_worked_on_is_shown_at_its_simplest_case(ran: tuple[Store, Run]) -> None:
    stored = face(ran)
    file = work_on(stored, "defect", "key")
    seen = shown(stored, file)
    assert file.certified is not None
    assert (seen.case, seen.worst, seen.output_hex, seen.reference) == (
        file.simplest, file.certified.worst, file.simplest_output, file.simplest_reference,
    )  # fmt: skip
    assert (seen.id, seen.extent, seen.profile, seen.last_seen) == (stored.id, stored.extent, stored.profile, stored.last_seen)
    own = next(a for a in seen.answers if (a.target, a.implementation) == (seen.target, seen.implementation))
    assert own.output_hex == seen.output_hex
    assert {(a.target, a.implementation) for a in seen.answers} == {(a.target, a.implementation) for a in stored.answers}
    assert seen.script == ""  # nobody has run that of this case
    assert shown(stored, None) is stored
    assert shown(replace(stored, case={**stored.case, "dtype": "float64"}), file).case["dtype"] == "float64"  # another case since
    assert shown(stored, replace(file, face="another")) is stored
    assert shown(stored, replace(file, certified=None)) is stored  # of a version that did not keep it


def test_the_script_of_a_shown_case_is_kept_with_it(ran: tuple[Store, Run]) -> None:
    store, run = ran
    stored = face(ran)
    file = replace(work_on(stored, stored.id, "key"), defect=stored.id)
    save_case_file(store, file)
    (seen,) = as_shown(store, [stored])
    assert seen.case == file.simplest
    save_scripts(store, run.id, [replace(seen, script="confirmed", script_says="inf")])
    assert case_files(store)[stored.id].script == "confirmed"
    again = shown(store.finding(stored.id), case_files(store)[stored.id])
    assert (again.case, again.script, again.script_says) == (file.simplest, "confirmed", "inf")


def test_a_part_that_breaks_costs_itself(ran: tuple[Store, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ArithmeticError("planted\nand a second line")

    for part in ("diagnose", "advise", "ordinary_share"):
        monkeypatch.setattr(case_task, part, broken)
    file = work_on(face(ran), "defect", "key")
    assert file.extent
    assert file.key == "key"
    assert file.faults == tuple(f"{part}: ArithmeticError: planted" for part in ("diagnosis", "everyday inputs", "advice"))


def test_what_time_cuts_off_is_due_again(ran: tuple[Store, Run]) -> None:
    file = work_on(face(ran), "defect", "key", until=0.0)
    assert (file.key, file.diagnosis, file.extent, file.advice) == ("", None, (), ())
    assert file.fails


def test_what_fails_no_more_is_said(ran: tuple[Store, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    mended = replace(face(ran), implementation=plant_call(monkeypatch, "planted_hypot", "numpy", "np.hypot(x, y)"))
    assert not work_on(mended, "defect", "key").fails


def test_a_case_file_rests_on_bits_version_and_definition(ran: tuple[Store, Run]) -> None:
    _, run = ran
    one = face(ran)
    key = key_of(one, run)
    assert key == key_of(one, run)
    versions = {**run.environment["versions"], "numpy": "another"}
    assert key != key_of(one, replace(run, environment={**run.environment, "versions": versions}))
    assert key != key_of(replace(one, worst=one.worst + 1), run)


def test_a_defect_that_is_none_names_the_nearest(ran: tuple[Store, Run]) -> None:
    store, run = ran
    with pytest.raises(UnknownName, match="unknown defect 'numpy-planted_hypott"):
        due(store, run, replace(HERE, defects=("numpy-planted_hypott-value",)))
