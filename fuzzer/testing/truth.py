"""Truth for tests of one's own: cases for @given, certified digits, and the errors of an array in ulps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Params
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import ORDERS, Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.frameworks.own_functions import OwnFunction
from ulpfuzz.fuzzer.inputs import strategies
from ulpfuzz.fuzzer.point.point import params_of, point_of
from ulpfuzz.fuzzer.point.tensors import as_array
from ulpfuzz.fuzzer.testing.assertion import INPUTS, Inputs
from ulpfuzz.fuzzer.testing.ordinary import only_ordinary
from ulpfuzz.fuzzer.testing.own_op import known
from ulpfuzz.oracles.confirmation import Confirmation, confirm
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.limits.native import native

Arrays = dict[str, NDArray[Any]]
#: An op by its name, its record, or its definition.
AnOp = str | Op | OwnFunction


def cases(
    op: AnOp,
    dtype: str = "float32",
    *,
    order: str = "value",
    params: Params | None = None,
    inputs: Inputs = "ordinary",
) -> st.SearchStrategy[Arrays]:
    """A Hypothesis strategy of single points: the op's inputs by name, arrays of the dtype without a leading axis (a scalar has shape ()).

    The numbers come from the regions that a campaign draws from: edges of the format and of the domain, near-ties, everyday numbers. inputs:
    "ordinary" keeps to zero and magnitudes within 2^-12..2^12; "all" has the whole format, infinities and NaNs. Vectors have at most 8 elements.
    Orders that take a cotangent or a tangent have these beside the inputs. Shrinks to short vectors and simple numbers. Raises UnknownName.
    """
    if inputs not in INPUTS:
        raise UnknownName("kind of inputs", str(inputs), INPUTS)
    with known(op) as record:
        _check(record, dtype, order)
        full = params_of(record, params)
        drawn = strategies.cases(record, dtype, order=order, params=full, specials=inputs == "all")
    if inputs == "all":
        return drawn.map(lambda case: _single(case.batch()))
    ordinary = only_ordinary(record)
    return drawn.map(lambda case: ordinary(case.batch())).filter(lambda batch: batch.rows == 1).map(_single)


def reference(
    op: AnOp,
    inputs: Any,
    *,
    dtype: str | None = None,
    order: str = "value",
    params: Params | None = None,
    digits: int = 40,
) -> tuple[str, ...]:
    """The truth of every output, row by row in C order, as decimals of `digits` significant digits; "nan", "inf", "-inf", or "[low, high]" where
    every number between is right.

    inputs: by name, as a tuple in the op's order, or the one input; numbers, decimal strings, lists or arrays, of one row or with a leading axis of
    rows. They are rounded once to the dtype (default: that of the arrays, else float64) and exact from there on. Arb encloses each truth to more
    than its digits, mpmath confirms it at two precisions. Raises UserError where no truth is certified, or in one line that says what the op takes.
    """
    with known(op) as record:
        batch, function = _asked(record, inputs, dtype, order, params)
        outputs = range(_outputs(function, batch))
        truths = [truth for row in range(batch.rows) for truth in _row(function, batch, row, outputs, digits)]
    return tuple(truth.value for truth in truths)


def ulps(
    answer: Any, op: AnOp, inputs: Any, *, dtype: str | None = None, order: str = "value", params: Params | None = None
) -> NDArray[np.float64]:
    """The exact error of every number of an answer, |answer - truth| in ulps of the truth in its dtype, as an array of its shape. An infinity
    or a NaN where the truth is a number within the format's range, or the other way around, is off by inf; where every number of an interval is
    right, 0 within it.

    answer: an array of NumPy, torch, JAX or TensorFlow with as many numbers as the op has outputs at these inputs; the others: as `reference` takes
    them, dtype by default the answer's. Raises UserError.
    """
    given = as_array(answer, "the answer")
    fmt = format_named(dtype or given.dtype.name)
    flat = given.reshape(-1).astype(np.float64)
    with known(op) as record:
        batch, function = _asked(record, inputs, fmt.name, order, params)
        outputs = range(_outputs(function, batch))
        if len(flat) != batch.rows * len(outputs):
            raise UserError(f"{record.name} has {batch.rows} by {len(outputs)} numbers here, the answer has {len(flat)}")
        truths = [truth for row in range(batch.rows) for truth in _row(function, batch, row, outputs, 40)]
    errors = [_error(float(number), truth, fmt.name) for number, truth in zip(flat, truths, strict=True)]
    return np.asarray(errors, np.float64).reshape(given.shape)


def _single(batch: Batch) -> Arrays:
    return {name: values[0] for name, values in batch.inputs.items()}


def _check(op: Op, dtype: str, order: str) -> None:
    format_named(dtype)
    if dtype not in op.dtypes:
        raise UnknownName(f"dtype of {op.name}", dtype, op.dtypes)
    if order not in op.orders:
        raise UnknownName("order", order, op.orders if order in ORDERS else ORDERS)


def _asked(op: Op, inputs: Any, dtype: str | None, order: str, params: Params | None) -> tuple[Batch, Function]:
    by_name = _by_name(op, inputs)
    arrays = {name: as_array(value, name) if hasattr(value, "shape") else value for name, value in by_name.items()}
    names = {v.dtype.name for v in arrays.values() if isinstance(v, np.ndarray) and v.dtype.name in op.dtypes}
    chosen = dtype or (names.pop() if len(names) == 1 else op.dtypes[-1])
    _check(op, chosen, order)
    full = params_of(op, params)
    batch = point_of(op, full, chosen, order, {name: _numbers(value) for name, value in arrays.items()}).batch
    return batch, function_of(op, full, order)


def _by_name(op: Op, inputs: Any) -> Mapping[str, Any]:
    if isinstance(inputs, Mapping):
        return inputs
    names = [spec.name for spec in op.inputs]
    several = list(inputs) if isinstance(inputs, tuple) and len(names) > 1 else [inputs]
    if len(several) != len(names):
        raise UserError(f"{op.name} takes {', '.join(names)}: give them by name, or as a tuple in this order")
    return dict(zip(names, several, strict=True))


def _numbers(value: Any) -> Any:
    return value.astype(np.float64).tolist() if isinstance(value, np.ndarray) else value


def _outputs(function: Function, batch: Batch) -> int:
    return len(native(function, {name: values[0] for name, values in batch.exact().items()})[0])


def _row(function: Function, batch: Batch, row: int, outputs: Sequence[int], digits: int) -> Iterator[Confirmation]:
    single, kept = {name: values[row] for name, values in batch.exact().items()}, Kept()
    for output in outputs:
        truth = confirm(function, single, output, digits, kept)
        if not truth.agrees:
            raise UserError(f"no truth is certified for output {output} of row {row}")
        yield truth


def _error(answer: float, truth: Confirmation, dtype: str) -> float:
    fmt = format_named(dtype)
    if truth.value.startswith("["):
        low, high = (float(end) for end in truth.value.strip("[]").split(","))
        nearest = min(max(answer, low), high)
        return math.inf if math.isnan(answer) else abs(answer - nearest) / float(fmt.ulp(np.asarray(nearest)))
    if truth.exact is None:
        return 0.0 if math.isnan(answer) == math.isnan(truth.near) and (math.isnan(answer) or answer == truth.near) else math.inf
    if math.isnan(answer):
        return math.inf
    if math.isinf(answer) or abs(truth.exact) >= fmt.overflow_threshold:
        right = fmt.round_exact(truth.exact)
        return 0.0 if answer == right else math.inf
    return fmt.error_exact(answer, truth.exact)
