"""Case and Batch: the inputs of evaluations, bit-exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Format, format_named

# The names of ulpfuzz.oracles.function's, said again because what an interpreter of a host imports must not need the oracles (tests/test_case.py).
#: Name of the extra input that carries the cotangent of a vector-Jacobian product.
COTANGENT = "cotangent"
#: Name of the extra input that carries the direction of a Jacobian-vector or Hessian-vector product.
TANGENT = "tangent"
#: Inputs of a derivative that are no inputs of its op.
DIRECTIONS = (COTANGENT, TANGENT)

Params = Mapping[str, Any]
Numbers = TypeVar("Numbers")


@dataclass(frozen=True)
class Placement:
    """Where a row stands inside the framework call: kernels differ between vector body, tail and stride.

    length: rows of the call (the row repeated, so that every position holds the same bits); position: the row judged;
    stride: memory step between consecutive elements, in elements (1 is contiguous).
    """

    length: int = 1
    position: int = 0
    stride: int = 1


@dataclass(frozen=True)
class Batch:
    """Many cases stacked on a leading axis.

    inputs: name -> array of `dtype` and shape (rows,) for a scalar input, (rows, n) for a vector, (rows, r, c) for a
    matrix, in the op's input order. For derivatives of ops that are not elementwise the key COTANGENT (orders grad, grad2) holds the
    cotangent, (rows, outputs of the value), and the key TANGENT (orders jvp, grad2) the direction, (rows, n): the numbers of the
    differentiable inputs in order, flattened and concatenated. Elementwise ops have neither: ones.
    """

    dtype: str
    inputs: dict[str, NDArray[Any]]

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))

    @property
    def width(self) -> int:
        """Numbers of a row's largest input."""
        return max(int(np.prod(values.shape[1:])) for values in self.inputs.values())

    @property
    def format(self) -> Format:
        return format_named(self.dtype)

    def ordered(self, names: Sequence[str]) -> Batch:
        """The batch with its inputs in this order, the directions last; itself where they are. Raises ValueError; see in_order."""
        ordered = in_order(self.inputs, names)
        return self if [*ordered] == [*self.inputs] else Batch(self.dtype, ordered)

    def take(self, index: Any) -> Batch:
        """The batch of the selected rows (an integer array, mask or slice)."""
        return Batch(self.dtype, {name: values[index] for name, values in self.inputs.items()})

    def flushed(self) -> Batch:
        """With subnormal numbers as zeros of their sign."""
        exact = self.exact()
        return Batch(self.dtype, {name: self.format.flushed(exact[name]).astype(v.dtype) for name, v in self.inputs.items()})

    def repeat(self, times: int) -> Batch:
        return Batch(self.dtype, {name: np.repeat(values, times, axis=0) for name, values in self.inputs.items()})

    def exact(self) -> dict[str, NDArray[np.float64]]:
        """The inputs as binary64, which holds every number of every supported format exactly."""
        with np.errstate(invalid="ignore"):  # casting a signalling NaN raises the flag
            return {name: values.astype(np.float64) for name, values in self.inputs.items()}

    def case(self, row: int) -> Case:
        """One row as a Case."""
        fmt = self.format
        hexes: dict[str, Any] = {}
        for name, values in self.inputs.items():
            flat = [float.hex(float(v)) for v in np.atleast_1d(values[row]).ravel()]
            hexes[name] = _nested(flat, values.shape[1:])
        return Case(fmt.name, hexes)


@dataclass(frozen=True)
class Case:
    """One point: input name -> C99 hex-float string, or nested lists of them; with its placement."""

    dtype: str
    inputs: dict[str, Any]
    placement: Placement = field(default_factory=Placement)

    def batch(self) -> Batch:
        """The batch of this one row."""
        return Batch(self.dtype, {name: _array(value, self.dtype)[np.newaxis] for name, value in self.inputs.items()})


def in_order(inputs: Mapping[str, Numbers], names: Sequence[str]) -> dict[str, Numbers]:
    """The inputs in the order of an op's input names, COTANGENT and TANGENT after them: a call takes its arguments by position.

    Raises ValueError where a name is missing, or is neither one of them nor a direction.
    """
    if set(names) - set(inputs) or set(inputs) - {*names, *DIRECTIONS}:
        raise ValueError(f"inputs {', '.join(inputs) or 'none'} where {', '.join(names)} are meant")
    return {name: inputs[name] for name in (*names, *DIRECTIONS) if name in inputs}


def concatenate(batches: list[Batch]) -> Batch:
    """The rows of several batches of one dtype and the same trailing shapes."""
    if len(batches) == 1:
        return batches[0]
    names = batches[0].inputs
    return Batch(batches[0].dtype, {name: np.concatenate([b.inputs[name] for b in batches]) for name in names})


def _nested(flat: list[str], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    return [_nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def _array(value: Any, dtype: str) -> NDArray[Any]:
    fmt = format_named(dtype)

    def convert(item: Any) -> Any:
        return [convert(v) for v in item] if isinstance(item, list) else float.fromhex(item)

    return np.asarray(convert(value), dtype=np.float64).astype(fmt.dtype)
