"""Evidence: what is known of a batch, whichever target's answers are judged by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import Array, ErrorScale, doubles, error_scale, gap
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps, finite_rows
from ulpfuzz.oracles.reference import Reference

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Sizes = NDArray[Any]  # binary64's, and of binary64 those of extended precision


@dataclass(frozen=True)
class Effort:
    """What questions to the oracle may cost, and where their seconds are counted."""

    #: What a question may cost now.
    caps: Callable[[], Caps]
    #: A context to which its seconds belong.
    timed: Callable[[], AbstractContextManager[None]]


class Amplifications(Protocol):
    """sum_j |x_j d_j f| of elements, the effect of rounding the inputs; nan where it is unknown."""

    def amplification(self, rows: Rows, outputs: Rows) -> Sizes:
        """Good to about a quarter; not a bound."""

    def lower_bound(self, rows: Rows, outputs: Rows) -> Sizes:
        """A lower bound at little cost."""

    def tight_lower_bound(self, rows: Rows, outputs: Rows) -> Sizes:
        """A lower bound, for each element by itself."""

    def probable_upper_bound(self, rows: Rows, outputs: Rows) -> Sizes:
        """An upper bound that seldom fails, at the cost of `lower_bound`; inf where it is unknown."""

    def of_rows(self, rows: Rows) -> Amplifications:
        """A view of these rows, in this order; rows may repeat."""

    def added_to(self, sizes: Array) -> None:
        """Sets the sizes (per element) that the amplification is added to wherever it is used."""


class Further(Protocol):
    """What the oracle computes for single rows, only where a verdict depends on it."""

    @property
    def function(self) -> Function:
        """What the answers claim to be."""

    def flushed(self, rows: Rows) -> Reference:
        """The truth of these rows with subnormal inputs read as zeros."""

    def excused(self, rows: Rows, outputs: Rows, nan: Mask, beyond: Mask) -> tuple[Mask, Mask]:
        """See overflow.Overflow.excused."""

    def beside_exact_roots(self, rows: Rows, distances: Array, top: Array) -> Mask:
        """Whether a root of the function, which is one of one number, is a short binary number about so far from the number of each row; top: |y|."""

    def roundings(self, functional: str, group: int, rows: Rows) -> tuple[Sizes, Sizes]:
        """Of a functional over a group of these rows' outputs what roundings of inputs and of steps are relative to (oracles.roundings.sizes)."""

    def ball_test(self, rows: Rows, outputs: Rows, answers: Array) -> NDArray[np.uint8]:
        """The Class that the ball test proves for each of these elements; `undecided` for those that it is not run for."""

    def out_of_range(self, rows: Rows, outputs: Rows, answers: Array) -> Mask:
        """Which of these answers, none of them NaN, lie outside the range that the record gives by more than T ulps, where the truth does not."""


class Evidence:
    """The reference of a batch, how errors are measured against it, and what else bears on a verdict.

    batch: in the op's order. reference: of all its rows. amplifications, further: see there. inputs: the batch's, exact, where the caller has
    them.
    """

    def __init__(
        self, batch: Batch, reference: Reference, rule: Rule, amplifications: Amplifications, further: Further,
        inputs: dict[str, NDArray[np.float64]] | None = None,
    ) -> None:  # fmt: skip
        self.batch, self.reference, self.rule, self.amplifications, self.further = batch, reference, rule, amplifications, further
        self.inputs = batch.exact() if inputs is None else inputs
        self._errors: list[tuple[NDArray[Any], Array]] = []

    @cached_property
    def scale(self) -> ErrorScale:
        """The error scale of the reference as it is now."""
        return error_scale(self.reference, self.rule.format, self.rule.limit.ulps)

    def error(self, answers: NDArray[Any]) -> Array:
        """|answer - y| per element (ulps.gap), computed once for an array of answers."""
        # By identity: to compare the numbers would cost about as much as to subtract the truth from them.
        for known, far in self._errors:
            if known is answers:
                return far
        far = gap(doubles(answers), self.scale)
        self._errors.append((answers, far))
        return far

    def sharpened(self) -> None:
        """Forgets what was measured by the reference before it was sharpened."""
        # A cached_property keeps its value in the instance, under its own name.
        self.__dict__.pop("scale", None)
        self._errors.clear()

    @property
    def lower_bounds(self) -> Sequence[Callable[[Rows, Rows], Sizes]]:
        """The functions that bound the amplifications from below, the cheapest first."""
        return self.amplifications.lower_bound, self.amplifications.tight_lower_bound

    def beside_exact_roots(self, rows: Rows, top: Array, amplification: Sizes, asked: Mask) -> Mask:
        """Which of the elements asked for are small because a root that is a number of the format lies near: how far the input is from it is
        exact, so that a limit can be kept there, and no conditioning excuses. One element for each of the rows; top: |y|.
        """
        beside = np.zeros(len(rows), np.bool_)
        (values, *others) = self.inputs.values()
        with np.errstate(all="ignore"):
            places = np.flatnonzero(asked & (amplification > 4 * top) & (amplification < np.inf))
        # Of several numbers every point has a root beside it that the others make a number of the format.
        if len(places) and not others and values.ndim == 1:
            # By Newton's step, |x| over the condition number.
            shares = (top[places] / amplification[places]).astype(np.float64)
            beside[places] = self.further.beside_exact_roots(rows[places], np.abs(values[rows[places]]) * shares, top[places])
        return beside

    @cached_property
    def subnormal_rows(self) -> Mask:
        """Rows with a subnormal input."""
        least = self.rule.format.min_normal
        return self._rows_with(lambda values: (np.abs(values) < least) & (values != 0))

    @cached_property
    def infinite_rows(self) -> Mask:
        """Rows with an infinite input."""
        return self._rows_with(np.isinf)

    @cached_property
    def finite_rows(self) -> Mask:
        """Rows of finite numbers only."""
        return finite_rows(self.inputs)

    def _rows_with(self, property_: Callable[[Array], Mask]) -> Mask:
        """Rows with an input number that has the property."""
        masks = [property_(v).reshape(self.batch.rows, -1).any(axis=1) for v in self.inputs.values()]
        return np.asarray(np.logical_or.reduce(masks))

    @cached_property
    def directions(self) -> Array:
        """Per row the largest magnitudes of its cotangent and tangent, multiplied; 1 where it has none."""
        product = np.ones(self.batch.rows)
        for name in DIRECTIONS:
            if name in self.inputs:
                with np.errstate(over="ignore"):
                    product = product * np.abs(self.inputs[name]).reshape(len(product), -1).max(axis=1)
        return product
