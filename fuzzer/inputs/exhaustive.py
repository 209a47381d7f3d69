"""Exhaustive inputs: every bit pattern of an op of one number, every pair of 8-bit numbers of an op of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Floats, Format, format_named

#: Formats whose bit patterns can be run through in a day or less.
SWEPT = ("float16", "bfloat16", "float32")
#: The 8 bits of a pair's numbers: a sign, five exponent and two significand bits, float16's upper half. Every format holds them exactly.
PAIRED = "float8_e5m2"


class NotSwept(UserError):
    """The op has more inputs than can be run through; one line."""


@dataclass(frozen=True)
class Space:
    """Every input of an op in a format, numbered from 0: bit patterns of one number in the order of unsigned integers, so that positive
    numbers ascend, then NaNs, then the negative ones from -0 down; or pairs of 8-bit patterns, the first one's times 256 plus the second's.
    """

    op: Op
    dtype: str

    @property
    def size(self) -> int:
        return 1 << (self._format.width if self.paired == "" else 16)

    @property
    def paired(self) -> str:
        """The format of each number where they come in pairs, else empty."""
        return PAIRED if len(self.op.inputs) == 2 else ""

    @property
    def title(self) -> str:
        """What it holds, in words."""
        return f"all pairs of {PAIRED}" if self.paired else f"all of {self.dtype}"

    @property
    def _format(self) -> Format:
        return format_named(self.dtype)

    @property
    def is_line(self) -> bool:
        """Whether its numbers are all bit patterns of one number, so that consecutive ones are neighbours."""
        return not self.paired and self.takes_all

    @property
    def takes_all(self) -> bool:
        """Whether no number of it is left out (`chunk`)."""
        return not self.op.raises_outside_domain and all(spec.draws_special_values for spec in self.op.inputs)

    def inputs(self, numbers: NDArray[np.int64]) -> Batch:
        """The inputs of these numbers."""
        fmt = self._format
        if not self.paired:
            (spec,) = self.op.inputs
            return Batch(self.dtype, {spec.name: fmt.from_bits(numbers.astype(fmt.bits_dtype))})
        first, second = self.op.inputs
        table = _eight_bits(self.dtype)
        return Batch(self.dtype, {first.name: table[numbers >> 8], second.name: table[numbers & 255]})

    def chunk(self, first: int, count: int) -> tuple[NDArray[np.int64], Batch]:
        """The numbers from `first` on, `count` of them, that the op's record includes (integers where it takes only these; no special
        values where it says so; nothing outside the domain of ops that raise there), and their inputs."""
        numbers = np.arange(first, min(first + count, self.size), dtype=np.int64)
        batch = self.inputs(numbers)
        if self.takes_all:
            return numbers, batch
        included = np.ones(len(numbers), np.bool_)
        for spec in self.op.inputs:
            if not spec.draws_special_values or self.op.raises_outside_domain:
                included &= _included(batch.inputs[spec.name], spec, self.op.raises_outside_domain)
        return (numbers, batch) if included.all() else (numbers[included], batch.take(included))


def space_of(op: Op, dtype: str) -> Space:
    """The Space of an op. Raises NotSwept where there are too many inputs."""
    if dtype not in SWEPT:
        raise NotSwept(f"{dtype} has too many numbers to run through all; one of {', '.join(SWEPT)} can be swept")
    if not op.elementwise or len(op.inputs) > 2:
        taken = ", ".join(f"{i.name} ({i.kind})" for i in op.inputs)
        raise NotSwept(f"{op.name} takes {taken}; ops of one number can be swept, and ops of two over all pairs of 8-bit numbers")
    return Space(op, dtype)


def is_swept(op: Op) -> bool:
    """Whether the op has a Space."""
    return op.elementwise and len(op.inputs) <= 2


def _included(values: Floats, spec: Input, inside_only: bool) -> NDArray[np.bool_]:
    numbers = values.astype(np.float64)
    included = np.isfinite(numbers)
    if spec.integers:
        included &= np.where(included, numbers, 0.5) == np.floor(np.where(included, numbers, 0.5))
    if inside_only or spec.integers:
        included &= (numbers >= spec.low) & (numbers <= spec.high)
    return included


@lru_cache(maxsize=8)
def _eight_bits(dtype: str) -> Any:
    patterns = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e5m2)
    return patterns.astype(np.float64).astype(format_named(dtype).dtype)


def ends(space: Space, first: int, last: int) -> tuple[dict[str, float], dict[str, float]]:
    """The inputs with the numbers `first` and `last`; of one number in ascending order."""
    batch = space.inputs(np.asarray([first, last], dtype=np.int64)).exact()
    a, b = ({name: float(values[k]) for name, values in batch.items()} for k in (0, 1))
    if not space.paired:
        (x,), (y,) = a.values(), b.values()
        return (b, a) if y < x or (math.copysign(1.0, y) < 0 and x == y == 0) else (a, b)
    return a, b
