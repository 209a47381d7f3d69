"""The oracle: the truth of a Function for a batch of rows, by escalation ball64 (ball80) -> log64 (ball80) -> arb -> limits.

It answers a Question with a Climb: a Reference that is sharpened, tier by tier, at the rows that the asker still cannot judge by it.

    climb = ask(Question(function, inputs, precision, caps))
    while climb.goes_on:
        climb.sharpen(rows of climb.rows that need a sharper truth)

The caps (Arb precision, effort, rows per question) turn into elements with accepts == 0, which the judge reports as undecided. They count,
they read no clock: the same question has the same answer on every machine; where the asker's own budget is in time, `Caps.until` ends what
costs a row at a time.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps, Inputs, Mask, Question, Rows, Tally, alike, finite_rows
from ulpfuzz.oracles.reference import NAN, TIERS, Reference
from ulpfuzz.oracles.tiers import arb, columns
from ulpfuzz.oracles.tiers.arb import Steps, Ziv
from ulpfuzz.oracles.tiers.audit import AuditFailure, audit
from ulpfuzz.oracles.tiers.lattices import patterns_of, settle
from ulpfuzz.oracles.tiers.limits import Readings, at_once, at_poles, excuse
from ulpfuzz.oracles.tiers.no_truth import accept_anything, beyond_domain, nowhere_smooth

__all__ = ["AuditFailure", "Caps", "Climb", "Question", "Tally", "ask", "reference"]


#: Numbers of a row up to which rows are compared with one another: long vectors drawn at random are hardly ever the same.
SHORT = 16


class Climb:
    """The answer to a Question, as far as it has been sharpened."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._finite = finite_rows(question.inputs)
        #: The truth of all rows. Guarantee: see Reference.
        self.reference: Reference = columns.first(question, self._finite)
        #: The rows whose truth was sharpened last: the climb goes on with those of them that need more.
        self.rows: Rows = np.arange(question.rows)
        #: Whether anything can be sharpened further.
        self.goes_on = True
        #: Whether any truth has been sharpened since the first tier.
        self.changed = False
        self._steps: Generator[Rows, Mask, None] = self._climb()
        next(self._steps)

    @property
    def sharpened(self) -> Reference:
        """The truth of `rows`."""
        return self.reference if len(self.rows) == self.question.rows else self.reference.take(self.rows)

    def sharpen(self, needed: Mask) -> None:
        """The next step of the climb, for those of `rows` that need a sharper truth; where nothing is known they do. Raises
        AuditFailure."""
        try:
            self.rows = self._steps.send(needed)
        except StopIteration:
            self.rows, self.goes_on = self.rows[:0], False

    # The steps; each yields the rows that it sharpened, and receives the mask of those that need more.

    def _climb(self) -> Steps:
        question, truth, finite = self.question, self.reference, self._finite
        # Known from the inputs alone, but put in last, over the tiers' results for these rows.
        anything = beyond_domain(question.function, question.inputs)
        todo = (yield from self._judged(np.arange(question.rows))) & finite
        self.changed = bool(todo.any() or anything.any() or not finite.all())
        if todo.any():
            rows = np.flatnonzero(todo)
            columns.second(question, truth, rows)
            todo[rows] = yield from self._judged(rows)
            rows = np.flatnonzero(todo)
            if columns.third(question, truth, rows):
                todo[rows] = yield from self._judged(rows)
            anything |= nowhere_smooth(question.function, question.inputs, todo)
            todo &= ~anything
        yield from self._row_by_row(todo, ~finite & ~anything)
        accept_anything(truth, anything)
        if question.function.order != "value":  # a derivative where the function is undefined: no truth to hold an answer against
            undefined = truth.accepts == NAN
            self.changed |= bool(undefined.any())
            accept_anything(truth, undefined)
        # The audit comes last: what it checks is what the asker reads. Rows that Arb answered are left out of it.
        audit(question.function, question.inputs, truth, question.caps)
        for code, count in enumerate(np.bincount(truth.tier.ravel()).tolist()):
            if count:
                question.tally.elements[TIERS[code]] += count

    def _row_by_row(self, todo: Mask, special: Mask) -> Steps:
        """What is left of the rows: those that need Arb (todo), and those with numbers that are not finite (special). Rows of the same
        numbers are one to the caps, and so is a lattice of poles."""
        question, truth = self.question, self.reference
        patterns = patterns_of(question.function, question.inputs)
        rows = np.flatnonzero((todo & ~settle(question.function, patterns, truth, todo)) | special)
        short = sum(math.prod(values.shape[1:]) for values in question.inputs.values()) <= SHORT
        first, back = alike(question.of(rows)) if short and len(rows) else (np.arange(len(rows)), np.arange(len(rows)))
        each = rows[np.sort(first)]
        ziv = Ziv(question, truth, patterns)
        yield from self._all_judged(ziv.climb(at_poles(question, truth, each[todo[each]])))
        singular = at_once(question, truth, np.asarray(ziv.singular, np.int64))
        beyond = arb.extend(question, truth, at_once(question, truth, each[special[each]]))
        Readings(question, truth, patterns).read([*singular.tolist(), *beyond])
        excuse(question, truth, each)
        if len(first) < len(rows):
            truth.put(rows, truth.take(rows[first[back]]))
            need = (yield from self._judged(rows)) & todo[rows]
            again = rows[need & ~need[first[back]]]  # another answer to the same number may need a sharper truth
            yield from self._all_judged(Ziv(question, truth, patterns).climb(again))
        # The limits at a few points of a lattice of poles have just been read; its points that were skipped share them.
        settle(question.function, patterns, truth, todo)

    def _judged(self, rows: Rows) -> Generator[Rows, Mask, Mask]:
        """Which of these rows need more: those that the caller names, and those without any truth."""
        if not len(rows):
            return np.zeros(0, np.bool_)
        needed = yield rows
        unknown: Mask = (self.reference.accepts[rows] == 0).any(axis=1)
        return np.asarray(needed, np.bool_) | unknown

    def _all_judged(self, steps: Steps) -> Steps:
        """A tier's steps, each of which receives the mask of the rows that need more."""
        rows = next(steps, None)
        while rows is not None:
            needed = yield from self._judged(rows)
            try:
                rows = steps.send(needed)
            except StopIteration:
                rows = None


def ask(question: Question) -> Climb:
    """The oracle's answer to a question, by its cheapest tier. Raises AuditFailure where subnormals are flushed to zero in this thread."""
    return Climb(question)


def reference(
    function: Function, inputs: Inputs, *, precision: int = 24, caps: Caps | None = None, tally: Tally | None = None
) -> Reference:
    """The truth for every row and output, known to 2^-8 ulp where the caps allow.

    inputs: exact binary64 arrays, (rows,) scalars, (rows, n) vectors. precision: bits of the format whose ulps matter. Guarantee: see
    Reference. Raises AuditFailure.
    """
    climb = ask(Question(function, inputs, precision, caps or Caps(), tally or Tally()))
    while climb.goes_on:
        climb.sharpen(np.asarray(~_sharp(climb.sharpened, precision).all(axis=1)))
    return climb.reference


def _sharp(truth: Reference, precision: int) -> NDArray[np.bool_]:
    size = np.where(np.isfinite(truth.value), np.abs(truth.value), 1.0)
    # ulp(y) > 2^-p |y|, so the radius is below 2^-9 ulp, half of what is promised; 2^-1074 is the finest that binary64 can say.
    sharp: NDArray[np.bool_] = (truth.accepts != 0) & (
        (truth.radius <= size * 2.0 ** (-precision - 9)) | (truth.radius <= 2.0**-1074) | truth.interval
    )
    return sharp
