"""Tensors: whole arrays as rows of an op's inputs, and of its answers: the leading axes are rows, the trailing ones the op's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Floats, Format, UnknownName, format_named
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, output_count
from ulpfuzz.fuzzer.point.array_files import numeric, of_tensor
from ulpfuzz.fuzzer.point.point import length_of, names_checked, rectangular, written_as

Shape = tuple[int, ...]
#: Numbers of one input, or of the answers: the verdicts on a row take 14 bytes for each call.
MOST = 1 << 25


@dataclass(frozen=True)
class Tensors:
    """Inputs of many rows. Rows are numbered in C order of the leading axes."""

    cell: Cell
    #: The leading axes; () of a single row.
    shape: Shape
    #: The sizes of the op's axes.
    sizes: Sizes
    #: Name -> array of the format, shape (*shape, *the axes of the input).
    inputs: dict[str, Floats]
    #: Inputs of another dtype whose numbers were rounded, in words.
    rounded: tuple[str, ...] = ()
    #: The inputs that derivatives are taken by; a gradient may be given by some of them.
    variables: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return math.prod(self.shape)

    def batch(self, rows: slice | NDArray[np.int64]) -> Batch:
        """The batch of these rows."""
        numbers = np.arange(*rows.indices(self.rows)) if isinstance(rows, slice) else rows
        at = np.unravel_index(numbers, self.shape) if self.shape else (np.zeros(len(numbers), np.int64),)
        held = {name: values if self.shape else values[np.newaxis] for name, values in self.inputs.items()}
        return Batch(self.cell.dtype, {name: values[at] for name, values in held.items()})

    def index(self, row: int) -> Shape:
        """Where a row stands in the leading axes."""
        return tuple(int(i) for i in np.unravel_index(row, self.shape)) if self.shape else ()

    @property
    def outputs(self) -> int:
        """The numbers that a row's answer has."""
        return sum(math.prod(shape) for shape in self.answer_shapes().values())

    def answer_shapes(self) -> dict[str, Shape]:
        """The shapes of a row's answers by the inputs that derivatives are taken by, in order; "" where the answer is one array."""
        op, order = self.cell.record, self.cell.order
        if names := self.variables or answered_by(op, order):
            return {i.name: i.sizes(self.sizes) for i in op.inputs if i.name in names}
        if order == "grad2":
            return {"": (len(op.differentiable_inputs),) * 2}
        return {"": (output_count(op, dict(self.cell.params), self.sizes),)}


def answered_by(op: Op, order: str) -> tuple[str, ...]:
    """The inputs that answers of an order are given by, an array for each; () where they are one array: values, Jacobian-vector products, and the
    second derivatives of an elementwise op, those by every pair of inputs."""
    if order == "grad" or (order == "jvp" and op.elementwise) or (order == "grad2" and not op.elementwise):
        return op.differentiable_inputs
    return ()


def tensors_of(cell: Cell, inputs: Mapping[str, Any], *, stored: bool = False) -> Tensors:
    """Arrays, or nested lists of written numbers, as rows.

    The leading axes of all inputs broadcast together, as numpy's do. Directions have one number for each number of the value (cotangent), or of the
    differentiable inputs (tangent), per row or for all rows; default ones. A number that is none of the dtype is rounded once, and `rounded` says of
    which inputs. stored: the answers were computed already; then such a number is an error, and the gradient of an elementwise op may have a
    cotangent, one number a row, which targets that are called do not take. Raises UserError in one line that says which shapes the op takes.
    """
    op, fmt = cell.record, format_named(cell.dtype)
    weighed = stored and op.elementwise and cell.order == "grad" and COTANGENT in inputs
    counts = partial(_direction_counts, cell, weighed=weighed)
    names_checked(op, tuple(counts(op.min_length)), inputs)
    said: list[str] = []
    arrays = {name: _numbers(name, inputs[name], fmt, exact=stored, said=said) for name in inputs}
    leading = {i.name: _leading(op, i, arrays[i.name]) for i in op.inputs}
    shape = _together(op, leading)
    if not math.prod(shape):
        raise UserError(f"the inputs of {op.name} hold no row: their leading axes are {' by '.join(map(str, shape))}")
    first = {i.name: arrays[i.name].reshape(-1, *arrays[i.name].shape[len(leading[i.name]) :])[:1] for i in op.inputs}
    sizes = length_of(op, first)
    whole = {i.name: np.broadcast_to(arrays[i.name], shape + arrays[i.name].shape[len(leading[i.name]) :]) for i in op.inputs}
    for name, count in counts(sizes).items():
        whole[name] = _direction(op, name, arrays.get(name), shape, count, fmt)
    return Tensors(cell, shape, sizes, whole, tuple(said))


def _direction_counts(cell: Cell, sizes: Sizes, *, weighed: bool) -> dict[str, int]:
    """The numbers per row of each direction. weighed: the gradient of an elementwise op has a cotangent."""
    return {COTANGENT: 1} if weighed else direction_counts(cell.record, dict(cell.params), cell.order, sizes)


def dtype_of(inputs: Mapping[str, Any], dtypes: Sequence[str]) -> str | None:
    """The dtype of arrays of floating-point numbers, one of `dtypes`; None where there is none (integers, numbers as written). Raises UserError where
    they have several, or one in which nothing is judged."""
    found: dict[str, str] = {}
    formats = {format_named(dtype).real: dtype for dtype in dtypes}  # complex numbers may be pairs of real ones
    for name, values in inputs.items():
        dtype = getattr(values, "dtype", "")
        kind = str(getattr(dtype, "name", dtype)).removeprefix("torch.")
        if kind and not kind.startswith(("int", "uint", "bool")):
            real = {"complex64": "float32", "complex128": "float64"}.get(kind, kind)
            found.setdefault(formats.get(real, kind), name)
    if len(found) > 1:
        said = ", ".join(f"{name} is {kind}" for kind, name in found.items())
        raise UserError(f"arrays of several dtypes: {said}; --dtypes says in which of them all are meant")
    only = next(iter(found), None)
    if only is not None and only not in dtypes:
        near = "bfloat16" if only.startswith("float8") and "bfloat16" in dtypes else dtypes[0]
        raise UserError(f"{found[only]} is {only}, in which no call is judged; --dtypes {near} says in which it is meant")
    return only


# Numbers


def _numbers(name: str, values: Any, fmt: Format, *, exact: bool, said: list[str]) -> Floats:
    """An array of the format, complex numbers as pairs. said: gets a line where numbers were rounded."""
    if isinstance(values, (list, tuple, str, int, float)) and not isinstance(values, bool):
        return rectangular(name, values, fmt).astype(fmt.dtype)
    array = as_array(values, name)
    if array.size > MOST:
        raise UserError(f"{name} holds {array.size:,} numbers; {MOST:,} at most are judged at once: take a part of it")
    if array.dtype == fmt.dtype:
        return array
    with np.errstate(all="ignore"):
        wide = array.astype(np.float64)
        ours = fmt.round(wide)
        same = (ours.astype(np.float64) == wide) | np.isnan(wide)
    if array.dtype.kind in "iu":
        same &= np.abs(wide) <= 2.0**53
    if not same.all():
        lost = f"{int((~same).sum()):,} of {same.size:,} numbers of {name}, {array.dtype.name}, are none of {fmt.name}"
        if exact:
            raise UserError(
                f"{lost}; rounding them would judge another problem: give --dtypes {_nearest(array)}, or arrays of {fmt.name}"
            )
        said.append(f"{lost}, and were rounded")
    return ours


def _nearest(array: Floats) -> str:
    return array.dtype.name if array.dtype.kind == "f" or array.dtype == ml_dtypes.bfloat16 else "float64"


def as_array(values: Any, name: str) -> Floats:
    """An array of numpy, torch, JAX or TensorFlow as numpy has it, to the bit; complex numbers as pairs on a last axis. Raises UserError where it
    holds no numbers."""
    if type(values).__module__.partition(".")[0] == "torch":
        array = of_tensor(values, name)
    else:
        try:
            array = numeric(np.asarray(values), name)
        except (TypeError, ValueError) as error:
            raise UserError(f"{name} is no array of numbers: {' '.join(str(error).split())[:200]}") from None
    if array.dtype.kind == "c":
        array = np.ascontiguousarray(array)[..., np.newaxis].view(array.real.dtype)
    return array


# Shapes


def _leading(op: Op, spec: Input, array: Floats) -> Shape:
    """The axes of an input before the op's own."""
    depth = len(spec.stored)
    own = array.shape[array.ndim - depth :] if array.ndim >= depth else None
    if own is None or spec.axes_of(own) is None:
        ends = "is one number a row" if spec.scalar else f"ends with the axes {' by '.join(map(str, spec.stored))}"
        raise UserError(
            f"input {spec.name} of {op.name} {ends} ({written_as(spec)}), rows before them; given: {shape_text(array.shape)}"
        )
    return array.shape[: array.ndim - depth]


def shape_text(shape: Sequence[int]) -> str:
    return f"shape {' by '.join(map(str, shape))}" if shape else "a single number"


def _together(op: Op, leading: Mapping[str, Shape]) -> Shape:
    try:
        return np.broadcast_shapes(*leading.values())
    except ValueError:
        said = ", ".join(f"{name} {' by '.join(map(str, shape)) or 'none'}" for name, shape in leading.items())
        raise UserError(f"the rows of {op.name}'s inputs do not fit together; their leading axes: {said}") from None


def _direction(op: Op, name: str, array: Floats | None, shape: Shape, count: int, fmt: Format) -> Floats:
    """Shape (*shape, count)."""
    if array is None:
        return np.broadcast_to(np.ones(count).astype(fmt.dtype), (*shape, count))
    depth = len(shape)
    if array.shape[:depth] == shape and math.prod(array.shape[depth:]) == count:
        return array.reshape(*shape, count)
    if array.size == count:
        return np.broadcast_to(array.reshape(count), (*shape, count))
    raise UserError(
        f"the {name} of {op.name} has {count} numbers for each row, {_lead_text(shape)}; given: {shape_text(array.shape)}"
    )


def _lead_text(shape: Shape) -> str:
    return f"the rows are {' by '.join(map(str, shape))}" if shape else "and there is one row"


# Answers


def answers_of(tensors: Tensors, answers: Any) -> tuple[Tensors, Floats]:
    """Answers as an array (rows, outputs) of the format, and the tensors whose `variables` are the inputs that they were given for.

    answers: one array, or arrays by the inputs that derivatives are taken by. Of a gradient some of these will do: that of weights which all rows
    share has no row of its own. Raises UserError where a shape does not fit, or a number is none of the format.
    """
    by_input = answered_by(tensors.cell.record, tensors.cell.order)
    if isinstance(answers, Mapping) and by_input:
        tensors = _by(tensors, by_input, answers)
        parts = {name: _answer(tensors, f"the {tensors.cell.order} by {name}", shape, answers[name]) for name, shape in
                 tensors.answer_shapes().items()}  # fmt: skip
        return tensors, np.concatenate(list(parts.values()), axis=1)
    if isinstance(answers, Mapping):
        if len(answers) != 1:
            raise UserError(
                f"the answers to {tensors.cell.record.name} are one array; given: {', '.join(map(str, answers)) or 'none'}"
            )
        answers = next(iter(answers.values()))
    return tensors, _answer(tensors, "the answers", (tensors.outputs,), answers)


def _by(tensors: Tensors, names: Sequence[str], answers: Mapping[str, Any]) -> Tensors:
    """The tensors with the variables that answers are given by."""
    for name in answers:
        if name not in names:
            raise UnknownName(f"input that {tensors.cell.record.name} is differentiated by", str(name), names)
    missing = [name for name in names if name not in answers]
    if not answers or (missing and tensors.cell.order == "grad2"):
        raise UserError(
            f"the {tensors.cell.order} of {tensors.cell.record.name} is by {', '.join(names)}; missing: {', '.join(missing)}"
        )
    return replace(tensors, variables=tuple(name for name in names if name in answers))


def _answer(tensors: Tensors, what: str, own: Shape, answers: Any) -> Floats:
    """Shape (rows, numbers of a row)."""
    op, lead, count = tensors.cell.record, tensors.shape, math.prod(own)
    array = _numbers(what, answers, format_named(tensors.cell.dtype), exact=True, said=[])
    if array.shape[: len(lead)] == lead and math.prod(array.shape[len(lead) :]) == count:
        return np.ascontiguousarray(array.reshape(tensors.rows, count))
    axes = f", {' by '.join(map(str, lead))}," if len(lead) > 1 else ""
    rows = f"{tensors.rows:,} rows{axes}" if lead else "one row"
    each = f"{count} numbers each" if count > 1 else "one number each"
    names = [name for name in tensors.answer_shapes() if name]
    by_name = f", or arrays by name: {', '.join(names)}" if len(names) > 1 else ""
    raise UserError(f"{what} of {op.name} have {rows} of {each}{by_name}; given: {shape_text(array.shape)}")
