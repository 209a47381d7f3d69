"""Points where derivatives are hard, for every differentiable op: equal numbers, zeros, ones, ends of domains, integers and halves."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.inputs.recipe import settle
from ulpfuzz.fuzzer.inputs.shapes import direction_counts

Inputs = dict[str, NDArray[np.float64]]

#: Numbers at which formulas bend: integers and halves as far as the usual constants of activations and clips go.
HALVES = tuple(k / 2 for k in range(-12, 13))
POOL = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 1.5, -3.0)
#: Patterns of a vector, from the start, repeated: all equal, one different, pairs, signs.
PATTERNS = (
    (0.0,), (1.0,), (1.0, 1.0, 2.0), (2.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, -1.0), (-1.0,), (0.5, 0.5, -0.5), (3.0, 2.0, 3.0, 2.0),
    (0.0, 0.0, 1.0), (1.5, -2.5, 0.75),
)  # fmt: skip


def length_of(op: Op) -> int:
    """The length of the vectors: 3, or the op's least above it."""
    return min((n for n in op.lengths if n >= max(3, op.min_length)), default=max(3, op.min_length)) if op.varies else 1


def points(op: Op, params: Mapping[str, Any], order: str, limit: int) -> list[Inputs]:
    """At most `limit` points, each once, with the directions of the order; the first are those with all inputs alike."""
    fmt, length = format_named("float64"), length_of(op)
    found: dict[bytes, Inputs] = {}
    for raw in _raw(op, length):
        inputs = {i.name: settle(fmt, i, raw[i.name][np.newaxis].astype(np.float64))[0] for i in op.inputs}
        knots = [inputs[i.name] for i in op.inputs if i.name == "xp"]
        if any((np.diff(v) <= 0).any() for v in knots):
            continue  # numpy.interp: xp must be increasing; at knots that coincide the definition divides by zero
        if all(_ordinary(v) for v in inputs.values()):
            found.setdefault(b"".join(v.tobytes() for v in inputs.values()), inputs)
    chosen = list(found.values())
    if len(chosen) > limit:
        kept = np.linspace(0, len(chosen) - 1, limit).astype(int)
        chosen = [chosen[i] for i in kept]
    weights = {
        name: np.resize([1.0, -0.5, 2.0, 0.75], count) for name, count in direction_counts(op, params, order, length).items()
    }
    return [{**{name: np.asarray(v, np.float64) for name, v in inputs.items()}, **weights} for inputs in chosen]


def _ordinary(values: NDArray[np.float64]) -> bool:
    """Zeros and numbers whose neighbourhood a difference can see: no domain's first number above 0, say."""
    size = np.abs(values[values != 0])
    return bool(np.isfinite(values).all() and ((size > 2.0**-20) & (size < 2.0**20)).all())


def _raw(op: Op, length: int) -> Iterator[Inputs]:
    ends = {i.name: [e for e in (i.low, i.high) if math.isfinite(e)] for i in op.inputs}
    sizes = {i.name: i.sizes(length) for i in op.inputs}
    if op.elementwise and len(op.inputs) == 1:
        (only,) = op.inputs
        yield from ({only.name: np.asarray(v)} for v in (*ends[only.name], *HALVES))
        return
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    if op.elementwise:
        for value in (0.0, 1.0, 0.5, 2.0, -1.0):
            yield {name: np.asarray(value) for name in sizes}
        for _ in range(24):
            yield {name: np.asarray(rng.choice([*ends[name], *POOL])) for name in sizes}
        return
    for pattern in PATTERNS:
        yield {name: _shaped(pattern, size) for name, size in sizes.items()}
    for _ in range(12):
        yield {name: _shaped(PATTERNS[rng.integers(len(PATTERNS))], size) for name, size in sizes.items()}
    for end in sorted({e for several in ends.values() for e in several}):
        yield {name: _shaped((end if end in ends[name] else 1.0, 0.5), size) for name, size in sizes.items()}


def _shaped(pattern: tuple[float, ...], size: tuple[int, ...]) -> NDArray[np.float64]:
    if len(size) == 2 and size[0] == size[1]:  # a matrix: the pattern is its diagonal, or all of it where that is one number
        return np.full(size, pattern[0]) if len(pattern) == 1 and pattern[0] != 1.0 else np.diag(np.resize(pattern, size[0]))
    return np.resize(pattern, size)
