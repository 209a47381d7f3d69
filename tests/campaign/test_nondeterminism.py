"""What answers otherwise in another process is found, proved by two fresh ones, and told so again; a steady wrong answer is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import faulty
import psutil
import pytest
from test_shard import found_in

from ulpfuzz.fuzzer.campaign.rerun import Rerun
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.point.reproduce import reproduce
from ulpfuzz.fuzzer.proof.nondeterminism import Processes, end_processes


@pytest.fixture(scope="module")
def of_unsteady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Finding]]:
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("plugins")
    patch.syspath_prepend(str(folder))
    with faulty.installed_in(folder):
        found = found_in("faulty_unsteady", verdicts=5_000)
        end_processes()
        yield found
    patch.undo()


def test_another_answer_in_every_process_is_a_finding_of_its_own(of_unsteady: dict[Any, Finding]) -> None:
    finding = of_unsteady["exp_process", "nondeterministic"]
    first, second = (float.fromhex(text) for text in finding.case["processes"])
    assert first != second
    assert finding.output == first
    assert (finding.class_, finding.case["inputs"]) == ("unstable", {"x": "nan"})
    assert finding.severity > 70
    assert "in one process" in finding.note
    assert ("exp_process", "missed_nan") not in of_unsteady


def test_another_answer_in_every_call_is_one_too(of_unsteady: dict[Any, Finding]) -> None:
    assert ("exp_random", "nondeterministic") in of_unsteady


def test_what_is_steady_is_not(of_unsteady: dict[Any, Finding]) -> None:
    assert ("exp_steady", "missed_nan") in of_unsteady
    assert {kernel for kernel, symptom in of_unsteady if symptom == "nondeterministic"} == {"exp_process", "exp_random"}
    assert not [kernel for kernel, _ in of_unsteady if kernel == "exp_right"]


def test_it_is_shown_again_by_two_fresh_processes(of_unsteady: dict[Any, Finding]) -> None:
    finding = of_unsteady["exp_process", "nondeterministic"]
    before = len(psutil.Process().children(recursive=True))
    again = reproduce(finding, case_timeout=30.0)
    assert again.still_fails
    assert again.now.case["processes"] != finding.case["processes"]
    assert "the same call of the same bits answers" in again.message
    steady = dataclasses.replace(finding, implementation="faulty.exp_steady(x)")
    assert not reproduce(steady, case_timeout=30.0).still_fails
    assert len(psutil.Process().children(recursive=True)) == before, "the processes were ended"


def test_a_night_runs_it_again_too(of_unsteady: dict[Any, Finding]) -> None:
    finding = of_unsteady["exp_process", "nondeterministic"]
    result = Rerun(Cell(finding.op, (), finding.dtype, finding.order), (finding,), (finding.target,)).run()
    assert result.became[finding.id]["id"] == finding.id
    assert [f.symptom for f in result.findings] == ["nondeterministic"]


def test_answers_are_compared_to_the_bit() -> None:
    assert Processes(0.0, -0.0).differ
    assert not Processes(float("nan"), -float("nan")).differ
    assert not Processes(1.5, 1.5).differ
