"""Place: where in a framework call a point fails. Kernels differ between scalar path, vector body, tail and stride."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.search.ledger import Candidate, Inconsistency

#: Lengths tried, shortest first; for jax only these (each is a compilation), for the others all of 1..70 about the first failure.
LENGTHS = (1, 2, 3, 8, 16, 17, 64, 69)
CLOSED_LENGTHS = (1, 64)


@dataclass(frozen=True)
class Placed:
    """The placement with which a row fails, and those with which the same bits are judged right."""

    placement: Placement
    class_: Class
    symptom: int
    ulps: float
    right_at: tuple[int, ...] = ()


def place(evaluator: Evaluator, subject: Subject, row: Batch, output: int) -> Placed | None:
    """The simplest placement at which this element is a finding; None where it is at no length tried.

    Lengths come shortest first (in a visit of one shape there is only the search's own); where a length fails and a
    shorter one does not, the least failing length is found exactly, and a strided call is tried before giving up (both only in
    frameworks that do not compile per shape).
    """
    free = evaluator.calls.lengths(subject) is None
    right: list[int] = []
    tried: list[int] = []
    only = evaluator.shapes.only_length(subject, row)
    for length in LENGTHS if free else CLOSED_LENGTHS if only is None else (only,):
        placed = _fails(evaluator, subject, row, output, Placement(length), right)
        if placed is not None:
            others = [n for n in range(1, length) if n not in tried] if free else []
            shorter = (_fails(evaluator, subject, row, output, Placement(n), right) for n in others)
            least = next((other for other in shorter if other is not None), placed)
            return replace(least, right_at=tuple(sorted(n for n in right if n < least.placement.length)))
        tried.append(length)
    return _fails(evaluator, subject, row, output, Placement(16, 0, 2), right) if free else None


def _fails(
    evaluator: Evaluator, subject: Subject, row: Batch, output: int, placement: Placement, right: list[int]
) -> Placed | None:
    """Where the element is a finding in a call of this kind; else None, and `right` gets the length where every position is right."""
    (outcome,) = evaluator.run_placed(row, subject, placement).outcomes
    if outcome.judged is None:
        return None
    classes = outcome.judged.verdicts.classes[:, output]
    wrong = np.flatnonzero(classes >= Class.inaccurate)
    if not len(wrong):
        if (classes <= Class.ill_conditioned).all():
            right.append(placement.length)
        return None
    position = int(wrong[np.argmax(classes[wrong])])
    verdicts = outcome.judged.verdicts
    return Placed(
        Placement(placement.length, position, placement.stride), Class(int(classes[position])),
        int(verdicts.symptoms[position, output]), float(verdicts.ulps[position, output]),
    )  # fmt: skip


def as_before(evaluator: Evaluator, subject: Subject, candidate: Candidate, placement: Placement) -> Placed | None:
    """Where a candidate shows its class and symptom in a call of this placement's length; None where it does not."""
    placed = _fails(evaluator, subject, candidate.row, candidate.output, placement, [])
    return placed if placed is not None and placed.symptom == candidate.symptom and placed.class_ >= candidate.class_ else None


@dataclass(frozen=True)
class InconsistentPair:
    """The same bits at two placements, one with a wrong answer and one with a right one."""

    #: Where the answer is wrong.
    wrong: Placed
    #: Which of several identical calls gave it (1 = first).
    call_index: int
    #: Where the answer is right.
    right: Placement
    #: Which of several identical calls gave that (1 = first).
    right_call_index: int
    #: The right answer.
    answer: float

    @property
    def note(self) -> str:
        """The note of a finding."""
        wrong, repeated = self.wrong.placement, self.call_index != self.right_call_index
        least = self.right.length < wrong.length and wrong.stride == 1
        same = self.right.length == wrong.length > 1
        right = where(self.right, self.right_call_index if repeated else 0, position=same)
        failing = where(wrong, self.call_index if repeated else 0, position=wrong.length > 1, least=least)
        return f"the same bits are right {right} (answer {self.answer:.9g}), wrong {failing}"


def where(placement: Placement, call_index: int, *, position: bool, least: bool = False) -> str:
    """A placement in words. call_index: which of two identical calls, 0 where that does not matter; position: whether the row's position
    matters; least: whether longer calls fail too."""
    text = f"{'from' if least else 'at'} length {placement.length}"
    text += f", position {placement.position}" if position or placement.position else ""
    text += f", stride {placement.stride}" if placement.stride > 1 else ""
    return text + (f", in the {'first' if call_index == 1 else 'second'} of two equal calls" if call_index else "")


def inconsistent_pair(
    evaluator: Evaluator, subject: Subject, row: Batch, output: int, seen: Inconsistency
) -> InconsistentPair | None:
    """The simplest pair of placements at which this element fails as it was seen to, and is right; None where there is none.

    In both the row stands alone or repeated, so that its neighbours play no part.
    """
    if seen.repeated:
        return _twice(evaluator, subject, row, output, seen)
    wrong = place(evaluator, subject, row, output)
    if wrong is None or wrong.symptom != seen.candidate.symptom:
        within = seen.candidate.within or Placement()
        wrong = as_before(evaluator, subject, replace(seen.candidate, row=row, output=output), within)
    if wrong is None:
        return None
    lengths = LENGTHS if evaluator.calls.lengths(subject) is None else CLOSED_LENGTHS
    tried = [*(Placement(n) for n in lengths), replace(seen.right_at, position=0)]
    right = next((pair for at in tried if (pair := _right(evaluator, subject, row, output, at)) is not None), None)
    return None if right is None else InconsistentPair(wrong, 1, right[0], 1, right[1])


def _right(
    evaluator: Evaluator, subject: Subject, row: Batch, output: int, placement: Placement
) -> tuple[Placement, float] | None:
    """The first position in a call of this kind where the element is right, and its answer."""
    (outcome,) = evaluator.run_placed(row, subject, placement).outcomes
    if outcome.judged is None or outcome.answers is None:
        return None
    right = np.flatnonzero(_is_right(outcome.judged, output))
    if not len(right):
        return None
    return replace(placement, position=int(right[0])), float(outcome.answers[right[0], output])


def _is_right(judged: Judged, output: int) -> NDArray[np.bool_]:
    """Per position: within the limit, and not by grace of a flush-to-zero policy."""
    right: NDArray[np.bool_] = (judged.verdicts.classes[:, output] == Class.ok) & ~judged.flushed[:, output]
    return right


def _twice(evaluator: Evaluator, subject: Subject, row: Batch, output: int, seen: Inconsistency) -> InconsistentPair | None:
    """A call made twice, of whose answers one is wrong: of the row alone, or of the length where it was seen."""
    for placement in dict.fromkeys((Placement(), replace(seen.candidate.within or Placement(), position=0))):
        first, second = (evaluator.run_placed(row, subject, placement).outcomes[0] for _ in range(2))
        for call_index, bad, right_call_index, good in ((2, second, 1, first), (1, first, 2, second)):
            if bad.judged is None or good.judged is None or good.answers is None:
                return None
            verdicts = bad.judged.verdicts
            differ = np.flatnonzero((verdicts.classes[:, output] >= Class.inaccurate) & _is_right(good.judged, output))
            if len(differ):
                at = (int(differ[0]), output)
                here = replace(placement, position=at[0])
                wrong = Placed(here, Class(int(verdicts.classes[at])), int(verdicts.symptoms[at]), float(verdicts.ulps[at]))
                return InconsistentPair(wrong, call_index, here, right_call_index, float(good.answers[at]))
    return None
