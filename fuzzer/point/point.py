"""Point: numbers as a user writes them, rounded once to a format and arranged as the batch that an op takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes, size_of
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Format, UnknownName, format_named
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, length_in, output_count, reaches

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_HEX = re.compile(r"([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
#: Exponents, decimal or binary, beyond which a number is an infinity or a zero in every supported format.
_FAR = 20000


@dataclass(frozen=True)
class Point:
    """A batch that is evaluated in one call. listed: the user wrote lists of rows, so results are lists too."""

    batch: Batch
    listed: bool


def point_of(op: Op, params: Mapping[str, Any], dtype: str, order: str, inputs: Mapping[str, Any]) -> Point:
    """The inputs of a user as a batch of that dtype.

    An input is a number, or nested lists of the depth of its shape (none for a scalar); one level more gives several rows, and
    an input without it is repeated for each. Numbers are ints, floats, and strings: decimals of any length, C99 hex floats,
    nan, inf, -inf; each is rounded once, to nearest even. For a derivative of an op that is not elementwise, COTANGENT (grad,
    grad2) and TANGENT (jvp, grad2) may hold the cotangent and the tangent (default ones). Raises UserError in one line that says what
    the op takes.
    """
    fmt = format_named(dtype)
    directions = tuple(direction_counts(op, params, order, op.min_length))
    names_checked(op, directions, inputs)
    arrays = {i.name: _array(op, i, inputs[i.name], fmt) for i in op.inputs}
    listed = {i.name: arrays[i.name].ndim > len(i.stored) for i in op.inputs}
    counts = {name: len(arrays[name]) for name, is_listed in listed.items() if is_listed}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise UserError(f"the lists of {op.name} have different lengths: {said}; a single {_single(op)} is used for all")
    rows = next(iter(counts.values()), 1)
    shaped = {
        name: array if listed[name] else np.broadcast_to(array, (rows, *array.shape)).copy() for name, array in arrays.items()
    }
    length = length_of(op, shaped)
    if not output_count(op, params, length):
        raise UserError(f"{op.name} has no output at inputs of this shape")
    for name, count in direction_counts(op, params, order, length).items():
        shaped[name] = _direction(op, name, count, rows, inputs.get(name), fmt)
    return Point(Batch(dtype, {name: values.astype(fmt.dtype) for name, values in shaped.items()}), any(listed.values()))


def rounded(value: Any, fmt: Format) -> float:
    """A number as users write it, rounded once to the format, to nearest even. Raises UserError for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal, Fraction)):
        raise UserError(f"not a number: {value!r}")
    if isinstance(value, (int, Fraction)):
        return fmt.round_exact(Fraction(value))
    text = repr(value) if isinstance(value, float) else str(value).strip().lower()
    sign = -1.0 if text.startswith("-") else 1.0
    bare = text.lstrip("+-") if text[:1] in ("+", "-") else text
    if bare in _SPECIAL:
        return math.copysign(_SPECIAL[bare], sign)
    if isinstance(value, float):
        exact: Fraction | float = Fraction(value)
    elif hexadecimal := _HEX.fullmatch(text):
        exact = _from_hex(hexadecimal, value)
    elif _DECIMAL.fullmatch(text):
        number = Decimal(text)
        far = number != 0 and abs(number.adjusted()) > _FAR
        exact = (math.inf if number.adjusted() > 0 else 0.0) if far else abs(Fraction(number))
    else:
        raise UserError(f"not a number: {value!r}; write 1e-30, 0x1.8p-3, nan, inf or -inf")
    return math.copysign(fmt.round_exact(exact) if isinstance(exact, Fraction) else exact, sign)


def _from_hex(match: re.Match[str], value: Any) -> Fraction | float:
    _, whole, part, power = match.groups()
    if not whole + part:
        raise UserError(f"not a number: {value!r}")
    exponent = int(power or 0) - 4 * len(part)
    if abs(exponent) > _FAR:
        return math.inf if exponent > 0 and int(whole + part, 16) else 0.0
    return Fraction(int(whole + part, 16)) * Fraction(2) ** exponent


def names_checked(op: Op, directions: tuple[str, ...], inputs: Mapping[str, Any]) -> None:
    """Raises UserError where the names are not those of the op's inputs, and of directions."""
    required = [i.name for i in op.inputs]
    if any(name not in inputs for name in required) or any(name not in (*required, *directions) for name in inputs):
        wanted = ", ".join(f"{i.name} ({written_as(i)})" for i in op.inputs)
        optional = "".join(f", optional {name}" for name in directions)
        raise UserError(f"{op.name} takes the inputs {wanted}{optional}; given: {', '.join(map(str, inputs)) or 'none'}")


def written_as(spec: Input) -> str:
    """How a row of an input is written, in words."""
    one, many = ("a pair [real, imaginary]", "pairs [real, imaginary]") if spec.complex else ("a number", "numbers")
    if not spec.axes:
        return f"{one} or a list of {many}"
    if spec.axes == ("n",):
        return f"a list of {many}"
    if spec.axes == ("n", "n") and not spec.complex:
        return "a list of rows"
    return f"{many} in lists of {' by '.join(map(str, spec.axes))}"


def _single(op: Op) -> str:
    return "number" if op.elementwise else "row"


def _array(op: Op, spec: Input, value: Any, fmt: Format) -> NDArray[np.float64]:
    depth = len(spec.stored)
    array = rectangular(f"input {spec.name}", value, fmt)
    if array.ndim not in (depth, depth + 1) or spec.axes_of(array.shape[array.ndim - depth :]) is None:
        more = "" if op.elementwise else " (several rows: a list of those)"
        raise UserError(f"input {spec.name} of {op.name} is {written_as(spec)}{more}; given: {_shape(array)}")
    return array


def rectangular(where: str, value: Any, fmt: Format) -> NDArray[np.float64]:
    """A number, or nested lists of them, rounded once to the format. where: what it is, for messages. Raises UserError."""

    def numbers(item: Any) -> Any:
        return [numbers(v) for v in item] if isinstance(item, (list, tuple)) else rounded(item, fmt)

    plain = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    try:
        array = np.array(numbers(plain), dtype=np.float64)
    except ValueError as error:
        reason = "rows of different lengths" if "inhomogeneous" in str(error) else str(error)
        raise UserError(f"{where}: {reason}") from None
    if not array.size:
        raise UserError(f"{where} is empty")
    return array


def _shape(array: NDArray[np.float64]) -> str:
    return " by ".join(map(str, array.shape)) + " numbers" if array.ndim else "a number"


def length_of(op: Op, arrays: Mapping[str, NDArray[Any]]) -> Sizes:
    """The sizes of the op's axes in arrays of rows. Raises UserError where they do not agree, or are too short."""
    sizes = length_in(op, arrays)
    if sizes is None:
        raise UserError(_different(op, arrays))
    least = op.least_defined or op.min_length
    if not reaches(sizes, least):
        raise UserError(f"{op.name} needs vectors of at least {least} numbers, not {size_of(sizes, 'n')}")
    return sizes


def _different(op: Op, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Which inputs do not agree on the size of an axis, in one line."""
    axes = {i.name: i.axes_of(arrays[i.name].shape[1:]) or {} for i in op.inputs if i.varies}
    name = next(n for n in op.axis_names if len({found[n] for found in axes.values() if n in found}) > 1)
    said = ", ".join(f"{spec} has {found[name]}" for spec, found in axes.items() if name in found)
    if op.axis_names == ("n",):
        return f"the vectors of {op.name} have different lengths: {said}"
    return f"the inputs of {op.name} have different sizes of the axis {name}: {said}"


def _direction(op: Op, name: str, count: int, rows: int, value: Any, fmt: Format) -> NDArray[np.float64]:
    """Shape (rows, count), from the whole array, or one row for all, or one number per row where a row has but one."""
    if value is None:
        return np.ones((rows, count))
    array = rectangular(name, value, fmt)
    if count == 1 and array.shape == (rows,):
        array = array[:, np.newaxis]
    if array.shape == (count,) or (count == 1 and not array.ndim):
        array = np.broadcast_to(array, (rows, count)).copy()
    if array.shape != (rows, count):
        wanted = f"{count} numbers" if rows == 1 else f"{rows} rows of {count} numbers"
        raise UserError(f"the {name} of {op.name} has {wanted} here; given: {_shape(array)}")
    return array


def cell_named(op_name: str, dtype: str, params: Mapping[str, Any] | None = None, order: str = "value") -> Cell:
    """The cell of an op with these params, the others as they are usual. Raises UnknownName, with the nearest valid choice."""
    op = op_named(op_name)
    format_named(dtype)
    if order not in op.orders:
        raise UnknownName("order", order, op.orders)
    return Cell(op.name, tuple(params_of(op, params).items()), dtype, order)


def params_of(op: Op, requested: Mapping[str, Any] | None) -> dict[str, Any]:
    """The op's default params, with the requested ones in their place. Raises UnknownName, which names the nearest valid choice.

    Any number may stand where the usual values are numbers; a name or switch must be one of the usual ones.
    """
    params = op.default_params()
    for name, value in (requested or {}).items():
        if name not in params:
            if not params:
                raise UserError(f"{op.name} has no params; given: {name}")
            raise UnknownName(f"param of {op.name}", str(name), params)
        params[name] = _param(op, name, value)
    return params


def _param(op: Op, name: str, value: Any) -> Any:
    usual = op.params[name]
    if isinstance(value, list):
        value = tuple(value)
    numeric = any(isinstance(v, (int, float)) and not isinstance(v, bool) for v in usual)
    if numeric and isinstance(value, str) and value not in usual:
        try:
            value = float(value)
        except ValueError:
            raise UserError(f"param {name} of {op.name} is a number, for example {usual[0]!r}; given: {value!r}") from None
    for known in usual:
        if known == value and isinstance(known, bool) == isinstance(value, bool):
            return known
    if numeric and isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise UnknownName(f"value of {name}", str(value), [str(v) for v in usual])
