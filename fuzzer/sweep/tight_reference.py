"""TightReference: the truth of consecutive inputs, tight enough that its rounding is known: by a Taylor model, by ball64, or by a climb."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.exhaustive import Space
from ulpfuzz.oracles import oracle, vectorised
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.question import Caps, Question
from ulpfuzz.oracles.reference import FINITE, NAN, TIERS, Reference
from ulpfuzz.oracles.taylor import Taylor, taylor
from ulpfuzz.oracles.tiers.audit import audit

#: Inputs of one framework call: large enough that Python's share is small, small enough that the oracle's columns stay in the cache.
CALL = 1 << 15
#: What the truth of one call may cost beyond the vectorised tiers: every row of 16 bits; of 32 bits a share that lets a sweep end.
SWEEP_CAPS = Caps(arb_rows=CALL, arb_effort=60.0, limit_rows=4096, limit_effort=20.0, arb_bits=1024, audit_share=2.0**-16)
#: The truth is known to this part of an ulp.
SHARP = 2.0**-10
#: Inputs of a Taylor model, first the most: a model costs about as much as ten thousand inputs by it.
PIECES = (1 << 17, CALL)
#: After the first number of calls without a model, as many calls are made without trying one, at most the second.
TRIES, LEFT_OUT = 4, 256


class TightReference:
    """The truth of the rows of a call, with its rounding.

    right: the correctly rounded results, valid where `certain`. plain: elements whose truth is a number and no interval; None: all.
    elements: gives the Reference of the elements (rows, outs), one after the other.
    """

    def __init__(
        self, right: NDArray[Any], certain: NDArray[np.bool_], elements: Callable[[Any, Any], Reference], plain: NDArray[np.bool_] | None = None
    ) -> None:  # fmt: skip
        self.right, self.certain, self.plain, self.elements = right, certain, plain, elements

    @classmethod
    def of(cls, reference: Reference, fmt: Format) -> TightReference:
        """The TightReference of a Reference of all rows."""
        right, certain = rounded(reference, fmt)
        return cls.known(reference, right, certain & ~reference.interval)

    @classmethod
    def known(cls, reference: Reference, right: NDArray[Any], certain: NDArray[np.bool_]) -> TightReference:
        """The TightReference of a Reference whose rounding is known."""
        numbers = reference.accepts == FINITE

        known = cls(right, certain, lambda rows, outs: reference.take((rows, outs)), None if numbers.all() else numbers)
        known.reference = reference
        return known

    @cached_property
    def reference(self) -> Reference:
        """The Reference of all elements."""
        return self.elements(*np.indices(self.right.shape))


def truth_of(evaluator: Evaluator, batch: Batch) -> TightReference:
    """The truth of every row."""
    inputs = batch.exact()
    if all(np.isfinite(values).all() for values in inputs.values()):
        return _at_once(evaluator, inputs) or TightReference.of(_climbed(evaluator, inputs), evaluator.format)
    nans = np.logical_or.reduce([np.isnan(values) for values in inputs.values()])
    if len(inputs) > 1 or not nans.any():
        return TightReference.of(_climbed(evaluator, inputs), evaluator.format)
    rows, back = np.unique(
        np.where(nans, int(np.argmax(nans)), np.arange(batch.rows)), return_inverse=True
    )  # all NaNs have one truth
    return TightReference.of(
        _climbed(evaluator, {name: values[rows] for name, values in inputs.items()}).take(back), evaluator.format
    )


def _climbed(evaluator: Evaluator, inputs: dict[str, NDArray[np.float64]]) -> Reference:
    """The truth by the oracle, tier by tier."""
    fmt = evaluator.format

    climb = oracle.ask(Question(evaluator.function, inputs, fmt.precision, evaluator.caps, evaluator.clock.tally))
    while climb.goes_on:
        truth = climb.sharpened
        known = rounded(truth, fmt)[1] | truth.interval | (truth.accepts != FINITE)
        with np.errstate(invalid="ignore"):
            known &= (truth.radius <= SHARP * fmt.ulp(truth.value)) | truth.interval | (truth.accepts & FINITE == 0)
        climb.sharpen(~known.all(axis=1))
    return climb.reference


def _at_once(evaluator: Evaluator, inputs: dict[str, NDArray[np.float64]]) -> TightReference | None:
    """The truth by ball64 alone, and by the oracle for the rows that it leaves; a sweep is mostly this. None where ball64 lacks the function."""
    fmt, function = evaluator.format, evaluator.function
    began = time.perf_counter()
    m = Ball64()
    (rows,) = next(iter(inputs.values())).shape
    with np.errstate(all="ignore"):
        outputs = [m.num(n) for n in function.outputs(m, vectorised.lift(m, inputs, fmt.precision))]
        if len(outputs) != 1 or m.kinks is not None or m.touched_removable is not None or function.order != "value":
            return None
        (ball,) = outputs
        mid, rad = np.broadcast_to(ball.mid, rows), np.broadcast_to(ball.radius(), rows)
        size = np.abs(mid)
        right, certain = _both_ends(mid, rad, fmt)
        certain &= rad <= np.maximum(size * (SHARP * 2.0**-fmt.precision), SHARP * fmt.min_subnormal)
    reference = _column(mid, rad, m.name)
    open_ = ~certain
    if ball.bad is not None:
        bad = np.broadcast_to(ball.bad, rows)
        reference.accepts[bad], reference.radius[bad] = NAN, 0.0
        open_ &= ~bad
        certain &= ~bad
    evaluator.clock.tally.seconds[m.name] += time.perf_counter() - began
    left = np.flatnonzero(open_)
    evaluator.clock.tally.elements[m.name] += rows - len(left)
    audit(function, inputs, reference, evaluator.caps)
    return None if len(left) == rows else _sharpened(evaluator, inputs, reference, right, certain, left)


def _sharpened(
    evaluator: Evaluator, inputs: dict[str, NDArray[np.float64]], reference: Reference, right: NDArray[Any], certain: NDArray[np.bool_],
    left: NDArray[np.int64],
) -> TightReference:  # fmt: skip
    """The truth with the rows `left` by the oracle."""
    if len(left):
        sharper = TightReference.of(
            _climbed(evaluator, {name: values[left] for name, values in inputs.items()}), evaluator.format
        )
        reference.put(left, sharper.reference)
        right[left], certain[left] = sharper.right[:, 0], sharper.certain[:, 0]
    return TightReference.known(reference, right.reshape(-1, 1), certain.reshape(-1, 1))


def _column(mid: NDArray[np.float64], rad: Any, tier: str) -> Reference:
    """Numbers known to these radii, the output of as many rows."""
    return _numbers(mid.reshape(-1, 1), np.broadcast_to(rad, mid.shape).reshape(-1, 1), tier)


def _numbers(mid: NDArray[np.float64], rad: Any, tier: str) -> Reference:
    """Numbers known to these radii."""
    shape = mid.shape
    return Reference(
        np.array(mid), np.zeros(shape), np.array(np.broadcast_to(rad, shape)), np.full(shape, FINITE, np.uint8), np.zeros(shape, np.bool_),
        np.full(shape, TIERS.index(tier), np.uint8),
    )  # fmt: skip


def rounded(truth: Reference, fmt: Format) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """(the correctly rounded results, where they are certain) of the elements whose truth is a number."""
    with np.errstate(all="ignore"):
        right, certain = _both_ends(truth.value, truth.radius + np.abs(truth.value_lo), fmt)
    return right, certain & (truth.accepts & FINITE != 0)


def _both_ends(value: NDArray[np.float64], radius: NDArray[np.float64], fmt: Format) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What the lower end of value +- radius is rounded to, and where the upper end is rounded alike."""
    spread = np.abs(value)
    spread *= 2.0**-52
    spread += radius * (1 + 2.0**-40)
    spread += 2.0**-1074
    spread[radius == 0] = 0.0
    return _alike(value, spread, fmt)


def _alike(value: NDArray[np.float64], spread: Any, fmt: Format) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What value - spread is rounded to, and where value + spread is rounded alike."""
    low, high = fmt.round(value - spread), fmt.round(value + spread)
    return low, np.asarray(low == high)


class Models:
    """The Taylor models of a chunk, each made when a call needs it."""

    def __init__(self, evaluator: Evaluator, space: Space) -> None:
        self.evaluator, self.space = evaluator, space
        self.wanted = evaluator.function.order == "value" and space.is_line and space.size > 1 << 16
        self._known: dict[tuple[int, int], Taylor | None] = {}
        self._failures = self._skip = 0

    def truth(self, first: int, batch: Batch) -> TightReference | None:
        """The truth of a whole call whose inputs start with that number; None where no model covers it."""
        if not self.wanted or batch.rows != CALL:
            return None
        if self._skip:
            self._skip -= 1
            return None
        model = self._model(first)
        if model is None:
            self._failures += 1
            self._skip = min(self._failures, LEFT_OUT) if self._failures >= TRIES else 0
            return None
        self._failures = 0
        return self._by(model, batch)

    def _model(self, first: int) -> Taylor | None:
        for piece in PIECES:
            start = first // piece * piece
            if (start, piece) not in self._known:
                self._known[start, piece] = self._made(start, piece)
            model = self._known[start, piece]
            if model is not None:
                return model
        return None

    def _made(self, start: int, count: int) -> Taylor | None:
        if start + count > self.space.size:
            return None
        (ends,) = self.space.inputs(np.array([start, start + count - 1])).exact().values()
        if not np.isfinite(ends).all():
            return None
        fmt = self.evaluator.format
        model = taylor(self.evaluator.function, float(ends.min()), float(ends.max()), SHARP * 2.0 ** -(fmt.precision + 8))
        if model is None or model.least < fmt.min_normal:
            return None
        self._audit(model, float(ends[0]))
        return model

    def _audit(self, model: Taylor, x: float) -> None:
        """Compares a model with Arb at one input: another arithmetic, of another shape. Raises AuditFailure."""
        inputs = np.array([x])
        (name,) = self.evaluator.function.inputs
        audit(self.evaluator.function, {name: inputs}, _column(model.values(inputs), model.radius, "taylor"), self.evaluator.caps)

    def _by(self, model: Taylor, batch: Batch) -> TightReference:
        began = time.perf_counter()
        fmt, tally = self.evaluator.format, self.evaluator.clock.tally
        inputs = batch.exact()
        (x,) = inputs.values()
        mid = model.values(x)
        right, certain = _alike(mid, model.radius * (1 + 2.0**-40) + model.most * 2.0**-52, fmt)
        tally.seconds["taylor"] += time.perf_counter() - began
        left = np.flatnonzero(~certain)
        tally.elements["taylor"] += len(mid) - len(left)
        if len(left):
            return _sharpened(self.evaluator, inputs, _column(mid, model.radius, "taylor"), right, certain, left)

        def elements(rows: Any, _: Any) -> Reference:
            return _numbers(mid[rows], model.radius, "taylor")

        return TightReference(right.reshape(-1, 1), certain.reshape(-1, 1), elements)
