"""RowByRow: what the oracle finds out of single rows, where a verdict depends on it."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.judge.contract import kinds_by_contract
from ulpfuzz.fuzzer.judge.evidence import Effort, Mask, Rows, Sizes
from ulpfuzz.fuzzer.judge.overflow import Overflow
from ulpfuzz.fuzzer.judge.proof import Suspect, ball_test
from ulpfuzz.fuzzer.judge.ranges import as_numbers, claims, extremes, inside_domain
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.steps.normwise import moduli
from ulpfuzz.fuzzer.judge.ulps import Array
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles import oracle, roundings
from ulpfuzz.oracles.conditioning import WIDE
from ulpfuzz.oracles.effort import evaluation_cost
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.question import alike
from ulpfuzz.oracles.reference import Reference
from ulpfuzz.oracles.roots import largest_at, simplest

#: Ball tests of one call's answers, of elements whose condition number is unknown (at equal eigenvalues, at the edge of a domain, of a vector of
#: equal numbers): at least, at most, and so many nominal seconds of evaluations (ulpfuzz.oracles.effort), of which a test takes EVALUATIONS.
FEWEST_BALLS, MOST_BALLS, BALL_SECONDS, EVALUATIONS = 4, 64, 0.03, 8
#: A function is taken to be zero where it is at most this part of what it is at a number beside. A short number that is no root is as far from one as
#: its last digit.
ROOT = 2.0**-64


class RowByRow:
    """Implements evidence.Further, for one batch; each row is evaluated once, whichever target's answer needs it.

    inputs: exact. reference: of the batch, sharpened in place as the asker goes on. effort: what a question may cost, and where its seconds
    go.
    """

    def __init__(
        self, function: Function, rule: Rule, inputs: dict[str, NDArray[np.float64]], reference: Reference, effort: Effort
    ) -> None:
        self.function, self.rule, self.inputs, self.reference, self.effort = function, rule, inputs, reference, effort
        self._flushed = Reference.unknown(*reference.shape)
        self._read = np.zeros(reference.shape[0], np.bool_)
        self._roundings: dict[tuple[str, int], tuple[Sizes, Sizes]] = {}
        self._overflow = Overflow(function, inputs, rule.format, self._lower)
        self._at_candidates: dict[float, float] = {}

    def flushed(self, rows: Rows) -> Reference:
        """The truth of these rows with subnormal inputs read as zeros."""
        fresh = rows[~self._read[rows]]
        if len(fresh):
            zeroed = {name: self.rule.format.flushed(values[fresh]) for name, values in self.inputs.items()}
            with self.effort.timed():
                # Rows that differ in their subnormal numbers alone are one row now.
                first, back = alike(zeroed)
                different = {name: values[first] for name, values in zeroed.items()}
                truth = self._reference(self.function, different).take(back)
            # A zero may be a point that the record names (log 0, 0^0), as the subnormal number in its place was not.
            truth.accepts[...] |= kinds_by_contract(self.rule.op, zeroed, self.rule.order)[:, np.newaxis]
            self._flushed.put(fresh, truth)
            self._read[fresh] = True
        return self._flushed.take(rows)

    def excused(self, rows: Rows, outputs: Rows, nan: Mask, beyond: Mask) -> tuple[Mask, Mask]:
        """See overflow.Overflow.excused."""
        with self.effort.timed():
            return self._overflow.excused(rows, outputs, nan, beyond)

    def beside_exact_roots(self, rows: Rows, distances: Array, top: Array) -> Mask:
        """Whether a root of the function, which is one of one number, is a short binary number about so far from the number of each row. top: the
        magnitudes of the function there."""
        beside = np.zeros(len(rows), np.bool_)
        (values,) = self.inputs.values()
        with self.effort.timed():
            for place, (x, distance) in enumerate(zip(values[rows].tolist(), distances.tolist(), strict=True)):
                root = simplest(x - 2 * distance, x + 2 * distance)
                if root not in self._at_candidates:
                    self._at_candidates[root] = largest_at(self.function, root)
                # Beside what the function is at x, not beside 1: of J_0 at 1e154 every number is tiny, and no two neighbours have a root between.
                beside[place] = self._at_candidates[root] <= ROOT * top[place]
        return beside

    def roundings(self, functional: str, group: int, rows: Rows) -> tuple[Sizes, Sizes]:
        """Of a functional over a group of these rows' outputs what roundings of inputs and of steps are relative to (oracles.roundings.sizes)."""
        count = len(self._read)
        of_inputs, of_steps = self._roundings.setdefault(
            (functional, group), (np.full(count, np.nan, WIDE), np.full(count, np.nan, WIDE))
        )
        fresh = rows[np.isnan(of_inputs[rows])]
        if len(fresh):
            inputs = {name: values[fresh] for name, values in self.inputs.items()}
            function = replace(self.function, functional=functional)
            with self.effort.timed():
                of_inputs[fresh], of_steps[fresh] = roundings.sizes(function, inputs, group, self.rule.format.precision)
        return of_inputs[rows], of_steps[rows]

    def ball_test(self, rows: Rows, outputs: Rows, answers: Array) -> NDArray[np.uint8]:
        """The classes that the ball test proves of the first few of these elements, whose errors are surely beyond T."""
        with self.effort.timed():
            return self._proved(rows, outputs, answers)

    def out_of_range(self, rows: Rows, outputs: Rows, answers: Array) -> Mask:
        """Implements Further."""
        found, params, op = np.zeros(len(rows), np.bool_), dict(self.function.params), self.rule.op
        numbers = as_numbers(answers, self.rule.format)
        # Most claims are of all outputs, whose ends are evaluated once a row.
        said = {output: tuple(claims(op, self.rule.order, output, self.inputs)) for output in np.unique(outputs).tolist()}
        for group in {claim for claim in said.values() if claim}:
            members = [output for output, claim in said.items() if claim == group]
            chosen = np.flatnonzero(np.isin(outputs, members))
            different, back = np.unique(rows[chosen], return_inverse=True)
            inside = inside_domain(op, {name: values[different] for name, values in self.inputs.items()})
            if not inside.any():
                continue
            least, most = np.full(len(different), -np.inf), np.full(len(different), np.inf)
            inputs = {name: values[different[inside]] for name, values in self.inputs.items()}
            least[inside], most[inside] = extremes(self.rule, params, inputs, members[0])
            at = rows[chosen], outputs[chosen]
            value, radius = self.reference.value[at], self.reference.radius[at]
            low, high = least[back], most[back]
            # Where the truth lies outside, a claim is wrong, and accuses nobody.
            with np.errstate(over="ignore", invalid="ignore"):
                below = (numbers[chosen] < low) & (value + radius >= low)
                found[chosen] = below | ((numbers[chosen] > high) & (value - radius <= high))
        return found

    def _proved(self, rows: Rows, outputs: Rows, answers: Array) -> NDArray[np.uint8]:
        truth, limit, fmt = self.reference, self.rule.limit, self.rule.format
        classes = np.full(len(rows), Class.undecided, np.uint8)
        sizes = moduli(truth.value[rows], limit.error_norm, fmt) if limit.error_norm else np.zeros((len(rows), truth.shape[1]))
        until, kept = self.effort.caps().until, defaultdict[int, Kept](Kept)
        for place, (row, output) in enumerate(zip(rows.tolist()[: self._balls], outputs.tolist(), strict=False)):
            if time.monotonic() >= until:
                break
            single = {name: values[row] for name, values in self.inputs.items()}
            near = float(truth.value[row, output] + truth.value_lo[row, output])
            suspect = Suspect(
                self.function, self.rule, single, output, float(answers[place]), modulus=float(sizes[place, output]),
                kept=kept[row],
            )  # fmt: skip
            classes[place] = ball_test(suspect, near)
        return classes

    @cached_property
    def _balls(self) -> int:
        """How many ball tests a call's answers are worth."""
        cost = evaluation_cost(self.function, {name: values.shape[1:] for name, values in self.inputs.items()}, 128)
        return max(FEWEST_BALLS, min(MOST_BALLS, int(BALL_SECONDS / (EVALUATIONS * cost))))

    def _lower(self, order: str, rows: Rows) -> Reference:
        """The truth at a lower order of these rows."""
        function = replace(self.function, order=order)
        # A tangent belongs to the differentiation that is left out here.
        taken = [*function.inputs, *([COTANGENT] if order == "grad" and COTANGENT in self.inputs else [])]
        inputs = {name: self.inputs[name][rows] for name in taken}
        return self._reference(function, inputs)

    def _reference(self, function: Function, inputs: dict[str, NDArray[np.float64]]) -> Reference:
        return oracle.reference(function, inputs, precision=self.rule.format.precision, caps=self.effort.caps())
