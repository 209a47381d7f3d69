"""Single: one call that is wrong by itself, proved on rows of the step by its op of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, Batch
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.trace.compositions import LONGEST, Mask, worst_rows
from ulpfuzz.fuzzer.trace.graph import Bits
from ulpfuzz.fuzzer.trace.result import shortened
from ulpfuzz.fuzzer.trace.verdicts import Judged, Verdict


@dataclass(frozen=True)
class Single:
    """expression: the op of the catalogue, as `softmax(x)`. text: what is wrong, in a few words."""

    expression: str
    text: str
    verdict: Verdict


@dataclass(frozen=True)
class Meaning:
    """What a call computes: an op at its params and order, as the catalogue's implementation of the framework."""

    op: Op
    implementation: Implementation
    params: Mapping[str, Any]
    order: str = "value"

    @property
    def by_rows(self) -> bool:
        """Whether a row is a vector, not one number."""
        return not self.op.elementwise


def judged_single(meaning: Meaning, arrays: Mapping[str, Bits], axis: int | None, own: Bits, lost: Mask) -> Single | None:
    """The proof of one of the lost elements of a call's result; None where none is proved, or the arrays are no rows of the op.

    arrays: by input, and the cotangent of a derivative; axis: along which rows lie, None of elements. own: the result, in the format of the arrays.
    """
    rows = as_rows(arrays, axis, own.shape)
    if rows is None or any(v.dtype != own.dtype or (v.shape[1:] and v.shape[1] > LONGEST) for v in rows.values()):
        return None
    if COTANGENT in rows and axis is None:
        rows[COTANGENT] = rows[COTANGENT][:, np.newaxis]  # one number of one output
    count = len(next(iter(rows.values())))
    if axis is not None and own.shape == next(iter(arrays.values())).shape:
        own, lost = (np.moveaxis(v, axis, -1) for v in (own, lost))
    if not count or own.size % count:
        return None
    answers, mask = own.reshape(count, -1), lost.reshape(count, -1) & _inside(meaning.op, rows)[:, np.newaxis]
    if not mask.any():
        return None
    chosen = worst_rows(mask)
    batch = Batch(format_named(own.dtype.name).name, {n: np.ascontiguousarray(v[chosen]) for n, v in rows.items()})
    judged = Judged(meaning.op, meaning.params, meaning.order, batch, meaning.implementation)
    # What rounding the inputs explains is not told: an inaccurate kernel is a finding of the fuzzer's, no lost digits of a step.
    verdict = judged.verdict(np.ascontiguousarray(answers[chosen]), mask[chosen], Class.unstable)
    if not verdict.proved:
        return None
    words = [*(n for n in rows if n != COTANGENT), *(f"{n}={v!r}" for n, v in meaning.params.items())]
    called = f"{meaning.op.name}({', '.join(words)})"
    expression = called if meaning.order == "value" else f"the gradient of {called}"
    return Single(expression, f"{verdict.answer:.6g}, exactly {shortened(verdict.truth, 12)}", verdict)


def _inside(op: Op, rows: Mapping[str, Bits]) -> NDArray[np.bool_]:
    """The rows that lie in the op's domain: outside of it another op may be the same call."""
    inside = np.ones(len(next(iter(rows.values()))), np.bool_)
    for spec in op.inputs:
        numbers = rows[spec.name].astype(np.float64).reshape(len(inside), -1)
        usual = np.isfinite(numbers) | (not spec.finite)
        inside &= ((numbers >= spec.low) & (numbers <= spec.high) & usual).all(axis=1)
    return inside


def as_rows(arrays: Mapping[str, Bits], axis: int | None, shape: tuple[int, ...]) -> dict[str, Bits] | None:
    """The tensors of a call as rows of the op: elements, or vectors along the axis. shape: of the elementwise result."""
    if axis is None:
        try:
            return {name: np.broadcast_to(a, shape).reshape(-1) for name, a in arrays.items()}
        except ValueError:  # an input is larger than the result: no element of it is a row
            return None
    first = next(iter(arrays.values()))
    if any(a.shape != first.shape for a in arrays.values()) or not -first.ndim <= axis < first.ndim:
        return None
    return {name: np.moveaxis(a, axis, -1).reshape(-1, a.shape[axis]) for name, a in arrays.items()}
