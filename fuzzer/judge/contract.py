"""Contract: what an op's record adds to the mathematical limit: special values (C23 Annex F), gradients that frameworks document."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, DIRECTIONS, Batch
from ulpfuzz.fuzzer.catalog.op import Convention, Documented, Implementation, Op
from ulpfuzz.fuzzer.judge.ulps import doubles
from ulpfuzz.oracles.reference import NAN, NINF, PINF

Mask = NDArray[np.bool_]

_CONDITION = re.compile(r"\s*(~?(?:<=|>=|<|>)|~|=)\s*")


def accepted_by_contract(op: Op, batch: Batch, answers: NDArray[Any], order: str) -> Mask | None:
    """Elements (rows, outputs) whose answer the record's `accepts` allows at their inputs; None where the record has none.

    Values only. A pattern reads "x=-0,y=inf" or "x<-1,y=inf": after = 0 matches both zeros, +0 and -0 one of them; < and > compare; of
    vectors all numbers must match, but "x~nan" says that some number of x is NaN. A value that is a name stands for that input's;
    "any" is for results that the source leaves open. Of complex inputs: every answer where a part is no finite number, every derivative
    on a branch cut, and every value on one that says so (Op.cuts).
    """
    listed = bool(op.accepts) and order == "value"
    if not listed and not any(i.complex for i in op.inputs):
        return None
    inputs = batch.exact()
    # C23's Annex G says what is right at infinite and NaN parts, but no framework's page promises it.
    free = _free_rows(op, inputs, order)
    if free is not None and free.any():
        return np.broadcast_to(free[:, np.newaxis], answers.shape)
    if not listed:
        return None
    allowed = np.zeros(answers.shape, np.bool_)
    values = doubles(answers)
    for pattern, value in op.accepts.items():
        rows = _rows(inputs, pattern)
        if rows.any():
            allowed |= rows[:, np.newaxis] & _equals(values, value, batch, inputs)
    return allowed


def _free_rows(op: Op, inputs: dict[str, NDArray[np.float64]], order: str) -> Mask | None:
    """Rows where complex inputs leave every answer right; None where no input is complex."""
    pairs = [inputs[i.name] for i in op.inputs if i.complex]
    if not pairs:
        return None
    free: Mask = np.logical_or.reduce([~np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in pairs])
    for cut in op.cuts:
        if order != "value" or not cut.turns:
            free |= _rows(_parts(op, inputs), cut.at)
    return free


def on_one_side(op: Op, batch: Batch, answers: NDArray[Any], truth: NDArray[np.float64], order: str) -> NDArray[Any]:
    """The answers, those that differ across a branch cut by their sign with the sign of the truth's side; the same array where there is
    none."""
    if not op.cuts or order != "value":
        return answers
    parts, turned = _parts(op, batch.exact()), answers
    for cut in op.cuts:
        rows = np.flatnonzero(_rows(parts, cut.at))
        if len(rows) and cut.turns:
            at = np.ix_(rows, np.asarray(cut.turns))
            turned = turned.copy() if turned is answers else turned
            # At a point of the cut the values of both sides are limits, and what loses the sign of a zero gives the other one (C23 7.3.3).
            turned[at] = np.copysign(turned[at], truth[at])
    return turned


def _parts(op: Op, inputs: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The inputs, of complex ones the parts, as z.real and z.imag."""
    names = {i.name for i in op.inputs if i.complex}
    split = {f"{n}.{part}": v[..., k] for n, v in inputs.items() if n in names for k, part in enumerate(("real", "imag"))}
    return {**inputs, **split}


def wrong_zero_signs(op: Op, batch: Batch, answers: NDArray[Any], order: str) -> Mask | None:
    """Elements (rows, outputs) that are zeros of the wrong sign: f(+-0) is +-0 by the record, of values of one number; else None.

    Only at zeros themselves: a subnormal input that a target reads as a zero is the flush policy's.
    """
    if not op.keeps_zero_sign or order != "value":
        return None
    (x,) = batch.inputs.values()
    at_zero = x == 0
    if not at_zero.any():
        return None
    values = doubles(answers)
    # A lost sign takes 1/f to the other infinity and atan2(f, -1) to the other end (Kahan, Much Ado about Nothing's Sign Bit, 1987).
    wrong: Mask = (at_zero & (np.signbit(values[:, 0]) != np.signbit(x)))[:, np.newaxis] & (values == 0)
    return wrong


def kinds_by_contract(op: Op, inputs: dict[str, NDArray[np.float64]], order: str) -> NDArray[np.uint8]:
    """Per row the kinds (NAN, PINF, NINF of ulpfuzz.oracles.reference) that the record accepts there."""
    rows = len(next(iter(inputs.values())))
    kinds = np.zeros(rows, np.uint8)
    if op.accepts and order == "value":
        for pattern, value in op.accepts.items():
            met = _rows(inputs, pattern)
            if value == "any":
                kinds[met] |= np.uint8(NAN | PINF | NINF)
                continue
            values = inputs[value][met] if isinstance(value, str) else np.full(met.sum(), value)
            kinds[met] |= np.select([np.isnan(values), values == math.inf, values == -math.inf], [NAN, PINF, NINF], 0).astype(
                np.uint8
            )
    return kinds


@dataclass(frozen=True)
class DocumentedGradient:
    """Per element (rows, outputs) whether the framework documents the derivative there, and the interval [low, high] that is right."""

    held: Mask
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def split(self, answers: NDArray[Any]) -> tuple[Mask, Mask]:
        """(right, wrong) of the elements that it applies to; NaN is wrong."""
        values = doubles(answers)
        with np.errstate(invalid="ignore"):
            inside = (values >= self.low) & (values <= self.high)
        return self.held & inside, self.held & ~inside

    def take(self, rows: NDArray[Any]) -> DocumentedGradient:
        """The conventions at these rows."""
        return DocumentedGradient(self.held[rows], self.low[rows], self.high[rows])


def documented(op: Op, batch: Batch, outputs: int, order: str, framework: str) -> DocumentedGradient | None:
    """The conventions of the op's record that this framework documents, at the rows of a batch; None where it documents nothing.

    Gradients (and their elementwise products with unit tangents) only, where the function is finite and not differentiable.
    """
    conventions = _conventions(op, batch, order, framework)
    if not conventions:
        return None
    shape = (batch.rows, outputs)
    held, low, high = np.zeros(shape, np.bool_), np.zeros(shape), np.zeros(shape)
    weight = batch.exact()[COTANGENT] if COTANGENT in batch.inputs else np.ones((batch.rows, 1))
    for convention, rows in conventions:
        # A negative cotangent turns the interval over: its ends are sorted afterwards.
        ends = np.stack([convention.low * weight[:, 0], convention.high * weight[:, 0]])
        held[rows] = True
        low[rows], high[rows] = ends.min(axis=0)[rows, np.newaxis], ends.max(axis=0)[rows, np.newaxis]
    return DocumentedGradient(held, low, high)


def source_of(op: Op, row: Batch, order: str, framework: str) -> str:
    """The page that documents the derivative at a batch of one row; empty where none does."""
    return next((convention.source for convention, _ in _conventions(op, row, order, framework)), "")


def facts_at(
    op: Op, implementation: Implementation, params: Mapping[str, Any], row: Batch, order: str, device: str = "cpu"
) -> list[Documented]:  # fmt: skip
    """What the page of the implementation's framework says of a batch of one row on a device, the call's own facts first."""
    own = {name: values for name, values in row.exact().items() if name not in DIRECTIONS}
    numbers = {name: v for name, v in params.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    known = {**numbers, **_parts(op, own)}
    facts = [*implementation.documented, *op.documented]
    said = [f for f in facts if f.speaks_of(implementation.framework, row.dtype, order, device)]
    return [fact for fact in said if rows_where(known, fact.where)[0]]


def _conventions(op: Op, batch: Batch, order: str, framework: str) -> list[tuple[Convention, Mask]]:
    if not op.conventions or (order != "grad" and not (order == "jvp" and op.elementwise)):
        return []
    inputs = batch.exact()
    # A convention chooses between one-sided derivatives; at an infinity there are none.
    finite = np.logical_and.reduce([np.isfinite(v).reshape(batch.rows, -1).all(axis=1) for v in inputs.values()])
    own = {name: values for name, values in inputs.items() if name not in DIRECTIONS}
    met = [(c, finite & _rows(own, c.at)) for c in op.conventions if framework in c.frameworks]
    if COTANGENT in inputs:  # an infinite multiple of an interval says nothing, nor do several outputs
        met = met if inputs[COTANGENT].shape[1] == 1 else []
    return [(convention, rows) for convention, rows in met if rows.any()]


def rows_where(inputs: Mapping[str, Any], pattern: str) -> Mask:
    """The rows that a pattern speaks of: alternatives separated by "|", each as in Op.accepts; "any": all. inputs: arrays with a leading
    axis of rows; a plain number (a param) is the same in each."""
    rows = len(next(v for v in inputs.values() if np.ndim(v)))
    if pattern == "any":
        return np.ones(rows, np.bool_)
    whole = {name: v if np.ndim(v) else np.full(rows, float(v)) for name, v in inputs.items()}
    met: Mask = np.logical_or.reduce([_rows(whole, alternative) for alternative in pattern.split("|")])
    return met


def _rows(inputs: dict[str, NDArray[np.float64]], pattern: str) -> Mask:
    rows = np.ones(len(next(iter(inputs.values()))), np.bool_)
    for condition in pattern.replace(" ", "").split(","):
        name, relation, text = _CONDITION.split(condition)
        of_any, relation = relation.startswith("~"), relation.removeprefix("~") or "="
        matched = _matches(inputs[name], relation, text, inputs).reshape(len(rows), -1)
        rows &= matched.any(axis=1) if of_any else matched.all(axis=1)
    return rows


def _matches(values: NDArray[np.float64], relation: str, text: str, inputs: dict[str, NDArray[np.float64]]) -> Mask:
    if relation != "=":
        other = inputs[text].reshape(-1, *[1] * (values.ndim - 1)) if text in inputs else float(text)
        compared: Mask = _RELATIONS[relation](values, other)
        return compared
    if text.isidentifier() and text not in ("inf", "nan") and values.ndim > 1:  # "x=x": all elements alike
        alike: Mask = values == values[:, :1]
        return alike
    if text == "nan":
        return np.isnan(values)
    if text in inputs:
        equal: Mask = values == inputs[text].reshape(-1, *[1] * (values.ndim - 1))
        return equal
    matched: Mask = values == float(text)
    if text in ("+0", "-0"):
        matched &= np.signbit(values) == (text == "-0")
    return matched


_RELATIONS: dict[str, Any] = {"<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal}


def _equals(answers: NDArray[np.float64], value: float | str, batch: Batch, inputs: dict[str, NDArray[np.float64]]) -> Mask:
    if isinstance(value, str):
        return np.ones(answers.shape, np.bool_) if value == "any" else answers == inputs[value][:, np.newaxis]
    if math.isnan(value):
        return np.isnan(answers)
    if math.isinf(value) or value == 0:
        same: Mask = answers == value
        return same
    near: Mask = np.abs(answers - value) <= 4 * batch.format.ulp(np.asarray(value))
    return near
