"""Limits, row by row: what is right where neither columns nor Arb know a number (ulpfuzz.oracles.limits_at_infinity)."""

from __future__ import annotations

import functools
import operator
import time
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import limits_at_infinity
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError, ending
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits import continuous, nan_columns, nan_reach, native
from ulpfuzz.oracles.limits.accepted import ANYTHING
from ulpfuzz.oracles.limits.continuous import Limits
from ulpfuzz.oracles.limits_at_infinity import Accepted
from ulpfuzz.oracles.question import Inputs, Mask, Question, Rows, key_of
from ulpfuzz.oracles.reference import FINITE, LIMIT, Reference
from ulpfuzz.oracles.tiers.lattices import ALIKE, SETTLED, set_accepted
from ulpfuzz.oracles.tiers.no_truth import accept_anything

#: Cost of a limit, in evaluations by Arb (measured: 5 to 60).
PATHS = 25
#: Cost of a special function of the table in mpmath, in that by Arb (measured at 128 bits: 6 to 110).
MPMATH = 40.0
#: Points of a function of one number that are read whatever that costs: it has no more infinities and zeros, and each process reads them once.
FEW_POINTS = 4
#: Rows with infinities or NaNs that columns decide at once.
CHUNK = 1024


def at_once(question: Question, truth: Reference, rows: Rows) -> Rows:
    """Puts in what is right at those of these rows, with infinities or NaNs or at a singular point, that columns decide: proved limits, and which
    outputs depend on a NaN. Returns the others."""
    if question.function.order != "value" or not len(rows):
        return rows
    start = time.perf_counter()
    inputs = question.of(rows)
    nan = np.logical_or.reduce([np.isnan(v).reshape(len(rows), -1).any(axis=1) for v in inputs.values()])
    left = []
    for some, ask in ((~nan, continuous.limits), (nan, nan_columns.reached)):
        for chunk in np.array_split(rows[some], -(-int(some.sum()) // CHUNK) or 1):
            found = ask(question.function, question.of(chunk), question.precision) if len(chunk) else None
            left.append(chunk if found is None else _put(truth, chunk, found))
    question.tally.seconds["limit"] += time.perf_counter() - start
    return np.sort(np.concatenate(left))


def at_poles(question: Question, truth: Reference, rows: Rows) -> Rows:
    """The same for rows of numbers that no column encloses, at zeros and ends of domains where the definition meets a pole on the way: a density
    at the end of its support, a quantile of 1. Returns the others, such points first: they are few, and stand for themselves."""
    if not len(rows):
        return rows
    start = time.perf_counter()
    some = (truth.accepts[rows] == 0).any(axis=1) & _at_end(question.function, question.of(rows))
    function, left = question.function, [rows[:0]]
    single = len(function.inputs) == 1 and question.inputs[function.inputs[0]].ndim == 1
    # Second derivatives hang on what the first are there (limits_at_infinity): they are read.
    if function.order == "grad2" or (function.order != "value" and single):
        return np.concatenate([rows[some], rows[~some]])
    ask = partial(continuous.limits, poles=True) if function.order == "value" else continuous.slopes
    for chunk in np.array_split(rows[some], -(-int(some.sum()) // CHUNK) or 1):
        found = ask(function, question.of(chunk), question.precision) if len(chunk) else None
        left.append(chunk if found is None else _put(truth, chunk, found))
    question.tally.seconds["limit"] += time.perf_counter() - start
    others: Rows = np.concatenate([*left, rows[~some]])
    return others


def excuse(question: Question, truth: Reference, rows: Rows) -> None:
    """Notes what is right all the same at those of these rows, with infinities or NaNs or with a zero or an end of a domain at a singular point, of
    which not everything is known."""
    rows = rows[(truth.accepts[rows] == 0).any(axis=1)]
    rows = rows[_at_end(question.function, question.of(rows))] if len(rows) else rows
    for chunk in np.array_split(rows, -(-len(rows) // CHUNK) or 1):
        kinds = native.excuses(question.function, question.of(chunk)) if len(chunk) else None
        if kinds is not None and kinds.shape[1] == truth.shape[1]:
            truth.excused[chunk] = kinds


def _at_end(function: Function, inputs: Inputs) -> Mask:
    """Rows with a number that is none, a zero, or a number at an end of its domain."""
    found: list[Mask] = []
    for name in function.inputs:
        values, (low, high) = inputs[name], function.domain(name)
        at = ~np.isfinite(values) | (values == 0) | (values == low) | (values == high)
        found.append(at.reshape(len(values), -1).any(axis=1))
    return np.asarray(np.logical_or.reduce(found))


def _put(truth: Reference, rows: Rows, found: Limits) -> Rows:
    """Puts in the elements that are known, and returns the rows that are not known as a whole."""
    row, output = np.nonzero(found.kinds)
    at = rows[row], output
    for name in ("value", "value_lo", "radius"):
        getattr(truth, name)[at] = getattr(found, name)[row, output]
    truth.accepts[at], truth.tier[at] = found.kinds[row, output], LIMIT
    truth.radius[at] = np.where(found.kinds[row, output] & FINITE, truth.radius[at], 0.0)
    anything = np.zeros(truth.shape, np.bool_)
    anything[at] = found.kinds[row, output] == ANYTHING.kinds
    if anything.any():
        accept_anything(truth, anything)
    open_: Rows = rows[(found.kinds == 0).any(axis=1)]
    return open_


#: Seconds that rows with a NaN may take of a question after `Caps.until`.
NAN_SECONDS = 0.25


class Readings:
    """The limits of one question's rows, within its caps; rows that are alike are read once."""

    def __init__(self, question: Question, truth: Reference, patterns: NDArray[np.int64]) -> None:
        self.question, self.truth, self.patterns = question, truth, patterns
        self._settled = SETTLED.setdefault(question.function, {})
        self._answered: dict[bytes, tuple[Accepted, ...]] = {}
        self._of_pattern: dict[int, list[tuple[Accepted, ...]]] = {}
        self._costs = {
            False: PATHS * question.cost(limits_at_infinity.BITS, MPMATH),
            True: nan_reach.MOST * question.cost(nan_reach.BITS),
        }
        self._late = 0.0
        self._effort = dict.fromkeys(self._costs, 0.0)  # rows with a NaN have their own: they cost little
        single = len(question.function.inputs) == 1 and next(iter(question.inputs.values())).ndim == 1
        self._first = FEW_POINTS if single else 1

    def read(self, rows: list[int]) -> None:
        """Puts in what is right at these rows, as far as the caps go."""
        start = time.perf_counter()
        for row in rows:
            if int(self.patterns[row]) not in self._settled:
                right = self._right(row)
                if right is not None:
                    set_accepted(self.truth, row, right)
        self.question.tally.seconds["limit"] += time.perf_counter() - start

    def _right(self, row: int) -> tuple[Accepted, ...] | None:
        """What is right at a row; None where no time or effort is left for it."""
        question, caps, single = self.question, self.question.caps, self.question.row(row)
        key, nan = key_of(single), _has_nan(single)
        if key in self._answered:
            return self._answered[key]
        over = len(self._answered) >= caps.limit_rows or (
            self._effort[nan] >= caps.limit_effort and len(self._answered) >= self._first
        )
        # Rows with a NaN are read for a while after `until`: one takes nan_reach.MOST evaluations at most, of most functions a millisecond.
        late = time.monotonic() >= caps.until
        if over or (late and not (nan and self._late < NAN_SECONDS)):
            return None
        began = time.perf_counter()
        # Charged beforehand: a reading that is cut off has cost as much.
        self._effort[nan] += self._costs[nan]
        try:
            with ending(caps.until):
                right = self._answered[key] = tuple(limits_at_infinity.accepted(question.function, single))
        except TimeIsUpError:
            return None
        finally:
            self._late += time.perf_counter() - began if late else 0.0
        self._learn(int(self.patterns[row]), right)
        return right

    def _learn(self, pattern: int, right: tuple[Accepted, ...]) -> None:
        """Takes in a point of a lattice of poles. ALIKE points that are no numbers settle all points of the lattice."""
        if not pattern:
            return
        same = self._of_pattern.setdefault(pattern, [])
        same.append(right)
        if len(same) == ALIKE and not any(one.kinds & FINITE for answer in same for one in answer):
            self._settled[pattern] = tuple(
                Accepted(functools.reduce(operator.or_, (answer[k].kinds for answer in same))) for k in range(len(right))
            )


def _has_nan(single: Inputs) -> bool:
    """Rows with a NaN are evaluated by Arb a few times (nan_reach); no limit is read."""
    return any(bool(np.isnan(values).any()) for values in single.values())
