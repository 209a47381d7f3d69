"""Nondeterminism: the same call of the same bits with other answers in other processes. A call that reads uninitialised memory answers so.

Two fresh processes prove it. Starting them takes seconds, so only findings that give cause are examined: a call that does not repeat its
answer, a number where only NaN or infinity is right that changes with the length of the call, or that no formula has a reason to give.
"""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import answer_of
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.hosts.host import Hosted
from ulpfuzz.fuzzer.frameworks.targets.launch import hosted
from ulpfuzz.fuzzer.frameworks.targets.target import Target, can_be_isolated
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.fuzzer.proof.verdict_to_finding import identity

#: How many findings of one subject in one shard are examined.
TRIES = 4
#: Above every finding that is no crash: no user can work around an answer that changes.
SEVERITY = 75.0
#: A number with at most this many bits is one that a formula gives: an integer, a simple fraction, a limit.
SIMPLE_BITS = 12
#: Where a call is repeated.
SHORT, LONG = Placement(), Placement(64)
#: Symptoms of a number where a NaN or an infinity is right.
_NUMBERS = (Symptom.missed_nan.name, Symptom.missed_inf.name)


@dataclass(frozen=True)
class Processes:
    """The answers of two fresh processes to the same bits in the same call. placement: of the bits in it."""

    first: float
    second: float
    placement: Placement = SHORT

    @property
    def differ(self) -> bool:
        """Whether the answers differ to the bit; all NaNs are alike."""
        both = math.isnan(self.first) and math.isnan(self.second)
        return not both and self.first.hex() != self.second.hex()

    @property
    def sentence(self) -> str:
        """Both answers, in one sentence for a finding's note."""
        return f"the same call of the same bits answers {self.first:.9g} in one process, {self.second:.9g} in another"


def with_nondeterminism(evaluator: Evaluator, subject: Subject, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a subject; those whose answer differs from process to process are one finding, of symptom nondeterministic."""
    kept: list[Finding] = []
    proved: Finding | None = None
    tried = 0
    for finding in findings:
        if tried < TRIES and _gives_cause(evaluator, subject, finding):
            tried += 1
            answers = _from_kept_processes(evaluator.calls.target(subject), evaluator.calls.described(subject), finding)
            if answers is not None and answers.differ:
                proved = proved or as_nondeterministic(finding, answers, identity(evaluator, subject, Symptom.nondeterministic))
                continue
        kept.append(finding)
    return kept if proved is None else [*kept, proved]


def as_nondeterministic(finding: Finding, answers: Processes, name: str) -> Finding:
    """The finding under that id, with the answers of both processes."""
    case = {**finding.case, "placement": vars(answers.placement).copy(), "processes": [answers.first.hex(), answers.second.hex()]}
    note = "; ".join(filter(None, (answers.sentence, finding.note)))
    return replace(
        finding, id=name, symptom=Symptom.nondeterministic.name, class_="unstable", ulps=math.inf, case=case, output=answers.first,
        output_hex=answers.first.hex(), severity=max(SEVERITY, finding.severity), label="", reason="", note=note,
    )  # fmt: skip


def in_two_processes(target: Target, call: Call, finding: Finding) -> Processes:
    """The finding's element in two processes that are started for it and ended. Raises FrameworkError."""
    with _pair(target) as pair:
        return _answers(pair, call, finding)


# What gives cause


def _gives_cause(evaluator: Evaluator, subject: Subject, finding: Finding) -> bool:
    if finding.symptom in (Symptom.exception.name, Symptom.hang.name, Symptom.crash.name) or evaluator.calls.is_disabled(subject):
        return False
    case = case_of(finding)
    batch, placement = case.batch(), case.placement
    if any(not _same(_answer(evaluator, subject, batch, placement, finding), finding.output) for _ in range(2)):
        return True
    if finding.symptom not in _NUMBERS:
        return False
    other = another_placement(placement)
    return _strange(finding.output) or not _same(_answer(evaluator, subject, batch, other, finding), finding.output)


def _answer(evaluator: Evaluator, subject: Subject, batch: Batch, placement: Placement, finding: Finding) -> float | None:
    """The answer at the finding's element; None where the call raises, its shape is one too many, or it would have to be compiled for this."""
    compiles = evaluator.calls.lengths(subject) is not None
    if compiles and placement.length not in evaluator.calls.rows_seen(subject, evaluator.ordered(batch)):
        return None
    if not evaluator.shapes.admits(subject, batch, "proof", placement.length):
        return None
    answers = evaluator.calls.answered(subject, partial(evaluator.calls.call, subject, batch, placement))[1]
    return None if answers is None else answer_of(finding, answers[placement.position])


def _same(answer: float | None, before: float) -> bool:
    """Unknown is no other."""
    return answer is None or not Processes(answer, before).differ


def _strange(number: float) -> bool:
    """Finite, and beside 0 subnormal in binary32 or of many bits."""
    if not math.isfinite(number) or number == 0:
        return False
    mantissa, exponent = math.frexp(abs(number))
    return exponent < -125 or not (mantissa * 2.0**SIMPLE_BITS).is_integer()


# Processes


#: Targets whose processes are kept, those asked last: the cells of an op go through the targets in turn, and a start takes half a second.
KEPT = 3
_kept: OrderedDict[Target, tuple[Hosted, Hosted]] = OrderedDict()


def _from_kept_processes(target: Target, call: Call, finding: Finding) -> Processes | None:
    """The answers of two processes that have done nothing else; None where there are none, or they raise. The processes are kept for the
    next finding of the target, and both make the same calls."""
    if not can_be_isolated([target]):
        return None
    if target not in _kept:
        while len(_kept) >= KEPT:
            _end(_kept.popitem(last=False)[1])
        _kept[target] = (hosted(target), hosted(target))
    _kept.move_to_end(target)
    try:
        return _answers(_kept[target], call, finding)
    except FrameworkError:
        return None


def end_processes() -> None:
    """Ends the processes that are kept."""
    for pair in _kept.values():
        _end(pair)
    _kept.clear()


def _end(pair: tuple[Hosted, Hosted]) -> None:
    for process in pair:
        process.end()


@contextlib.contextmanager
def _pair(target: Target) -> Iterator[tuple[Hosted, Hosted]]:
    pair = (hosted(target), hosted(target))
    try:
        yield pair
    finally:
        _end(pair)


def _answers(pair: tuple[Hosted, Hosted], call: Call, finding: Finding) -> Processes:
    """The second process makes a call of another length first: what is left of that in memory must change nothing. Where the finding's own
    call has one answer, the other length is looked at too."""
    host.start_together(pair)
    case = case_of(finding)
    batch, call_index, other = case.batch(), int(finding.case.get("nth", 1)), another_placement(case.placement)
    before = pair[1].evaluate_placed(call, batch, other)
    for placement, calls in ((case.placement, call_index), (other, 1)):
        answers = [[process.evaluate_placed(call, batch, placement) for _ in range(calls)][-1] for process in pair]
        first, second = (answer_of(finding, answer[placement.position]) for answer in answers)
        processes = Processes(first, second, placement)
        if processes.differ:
            return processes
    return replace(processes, second=answer_of(finding, before[0]))


def another_placement(placement: Placement) -> Placement:
    """One of another length: a call there is no repetition of a call here."""
    return LONG if placement.length == 1 else SHORT
