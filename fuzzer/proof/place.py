"""Place: where in a framework call a point fails. Kernels differ between scalar path, vector body, tail and stride.

Discovery makes one call, where the point was seen to fail (`place_seen`); casework looks for the simplest place (`place`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.search.ledger import Candidate, Inconsistency
from ulpfuzz.fuzzer.search.search import ROWS, TAIL_ROWS

#: Lengths tried, shortest first; for jax only these (each is a compilation), for the others all of 1..70 about the first failure.
LENGTHS = (1, 2, 3, 8, 16, 17, 64, 69)
CLOSED_LENGTHS = (1, 64)
#: Copies of a row in a call that takes the vector path, and the least shape of frameworks that compile for every shape.
COPIES = 64
#: Where else what is wrong neither alone nor among COPIES is tried, once: in a tail, in a long call, in a short one, strided.
OTHERWISE = (Placement(TAIL_ROWS), Placement(ROWS), Placement(3), Placement(1000), Placement(16, 0, 2))


@dataclass(frozen=True)
class Placed:
    """The placement with which a row fails, and those with which the same bits are judged right."""

    placement: Placement
    class_: Class
    symptom: int
    ulps: float
    right_at: tuple[int, ...] = ()
    #: The call, where it is known.
    outcome: Outcome | None = None

    @classmethod
    def known(cls, placement: Placement, symptom: int) -> Placed:
        """Of an element that is known to be wrong there."""
        return cls(placement, Class.unstable, symptom, math.nan)

    @property
    def note(self) -> str:
        """What a finding's note says of its place."""
        parts = []
        if self.right_at:
            shown = ", ".join(str(n) for n in self.right_at[:6])
            parts.append(f"inconsistent: right at length {shown}, wrong from length {self.placement.length}")
        if self.placement.stride > 1:
            parts.append(f"only strided (stride {self.placement.stride})")
        return "; ".join(parts)


def place_seen(evaluator: Evaluator, subject: Subject, candidate: Candidate, *, among_many: bool = True) -> Placed | None:
    """Where a candidate shows its class and symptom: in the call of its own in which it was seen, or alone, or among copies of itself.
    among_many: in the other calls of a search too. Where every shape is compiled, in shapes that the subject has seen, if any."""
    for placement in _places(evaluator, subject, candidate, among_many=among_many):
        placed = as_before(evaluator, subject, candidate, placement)
        if placed is not None:
            return placed
    return None


def _places(evaluator: Evaluator, subject: Subject, candidate: Candidate, *, among_many: bool) -> list[Placement]:
    seen_in = [] if candidate.within is None else [replace(candidate.within, position=0)]
    if evaluator.calls.lengths(subject) is None:
        tried = [Placement(), Placement(COPIES), *(OTHERWISE if among_many else ())]
    else:
        seen = [n for n in evaluator.calls.rows_seen(subject, candidate.row) if n <= ROWS]
        tried = [Placement(n) for n in seen or ((COPIES, ROWS) if among_many else (COPIES,))]
    return list(dict.fromkeys([*seen_in, *tried]))


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
        int(verdicts.symptoms[position, output]), float(verdicts.ulps[position, output]), outcome=outcome,
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
    #: Whether shorter calls than the wrong one were all tried.
    least: bool = False

    @property
    def note(self) -> str:
        """The note of a finding."""
        wrong, repeated = self.wrong.placement, self.call_index != self.right_call_index
        least = self.least and self.right.length < wrong.length and wrong.stride == 1
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
    """The pair of placements at which this element was seen to fail, and to be right; None where it is not so again.

    In both the row stands alone or repeated, so that its neighbours play no part.
    """
    if seen.repeated:
        return _twice(evaluator, subject, row, output, seen)
    candidate, within = replace(seen.candidate, row=row, output=output), seen.candidate.within or Placement()
    short = [Placement(TAIL_ROWS)] if evaluator.calls.lengths(subject) is None and within.length > TAIL_ROWS else []
    places = (as_before(evaluator, subject, candidate, at) for at in (*short, within))
    wrong = next((placed for placed in places if placed is not None), None)
    if wrong is None:
        return None
    return _with_right(evaluator, subject, row, output, wrong, [replace(seen.right_at, position=0), Placement()])


def simplest_pair(evaluator: Evaluator, subject: Subject, row: Batch, output: int, symptom: int) -> InconsistentPair | None:
    """The simplest pair of placements at which this element fails with the symptom, and is right; None where there is none."""
    wrong = place(evaluator, subject, row, output)
    if wrong is None or wrong.symptom != symptom:
        return None
    lengths = LENGTHS if evaluator.calls.lengths(subject) is None else CLOSED_LENGTHS
    pair = _with_right(evaluator, subject, row, output, wrong, [Placement(n) for n in lengths])
    return None if pair is None else replace(pair, least=True)


def _with_right(
    evaluator: Evaluator, subject: Subject, row: Batch, output: int, wrong: Placed, tried: Sequence[Placement]
) -> InconsistentPair | None:
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
                wrong = Placed(
                    here, Class(int(verdicts.classes[at])), int(verdicts.symptoms[at]), float(verdicts.ulps[at]), outcome=bad
                )
                return InconsistentPair(wrong, call_index, here, right_call_index, float(good.answers[at]))
    return None
