"""Recipe: the few small numbers that expand, vectorised, to a Batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Params
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.formats import Floats, Format, UnknownName, format_named
from ulpfuzz.fuzzer.inputs import matrices, regions, relations, structures, vectors
from ulpfuzz.fuzzer.inputs.shapes import direction_counts

#: Critical points by input name, see ulpfuzz.fuzzer.inputs.landmarks.
Landmarks = Mapping[str, Sequence[float]]
Generator = np.random.Generator

COTANGENTS: dict[str, Callable[[Generator, Format, tuple[int, int]], Floats]] = {
    "ones": lambda rng, fmt, shape: np.ones(shape, fmt.dtype),
    "bell": lambda rng, fmt, shape: relations.bell(rng, shape).astype(fmt.dtype),
    "powers_of_two": lambda rng, fmt, shape: relations.scaled(fmt, rng.integers(0, 2, shape) * 2 - 1, rng.integers(-8, 9, shape)),
    "one_hot": lambda rng, fmt, shape: relations.one_place(rng, shape).astype(fmt.dtype),
    "some_zeros": lambda rng, fmt, shape: (relations.bell(rng, shape) * rng.integers(0, 2, shape)).astype(fmt.dtype),
    "zeros": lambda rng, fmt, shape: np.zeros(shape, fmt.dtype),
}
#: Tangents: the same, and "along": the differentiable inputs themselves (Euler's direction: a homogeneous function's derivative is a
#: multiple of its value, its second derivative cancels). Ones come late, for Hypothesis draws the first name most: functions that no shift
#: changes have zero derivatives along them.
ALONG = "along"
TANGENTS = ("bell", "powers_of_two", ALONG, "one_hot", "some_zeros", "ones", "zeros")


@dataclass(frozen=True)
class Draw:
    """How one input is drawn: rows cut into equal strata, one per region; or, without regions, a window of ordinals.

    regions: names in regions.REGIONS. centre, spread: the window, `centre` +- 2^spread ordinals. arrangement: how the elements
    of a vector or matrix stand to each other, a name in vectors.ARRANGEMENTS or matrices.ARRANGEMENTS; unused for scalars.
    """

    regions: tuple[str, ...] = ("everyday",)
    arrangement: str = "elements"
    centre: int = 0
    spread: int = 0


@dataclass(frozen=True)
class Recipe:
    """A batch in a few small numbers; the same recipe, landmarks and dtype expand to the same bits."""

    #: Of the numbers that it draws.
    seed: int
    #: How many rows it expands to.
    rows: int
    #: Per input of the op.
    draws: tuple[Draw, ...]
    #: Between the inputs numbered `pair`, which have one shape (scalars: relations.PAIRS, vectors: vectors.BETWEEN; matrices: only
    #: "independent").
    relation: str = "independent"
    #: The numbers of the inputs that the relation holds between.
    pair: tuple[int, int] = (0, 1)
    #: Of vectors, order of square matrices; the sizes of the axes of an op that has several.
    length: Sizes = 1
    #: Percent of the rows in which one number is a special value (NaN, infinity, signed zero, just outside the domain).
    specials: int = 0
    #: A name in COTANGENTS.
    cotangent: str = "ones"
    #: A name in TANGENTS.
    tangent: str = "ones"

    def expand(
        self,
        op: Op,
        params: Params | None = None,
        dtype: str = "float32",
        order: str = "value",
        landmarks: Landmarks | None = None,
    ) -> Batch:
        """The batch: scalars (rows,), vectors (rows, length), matrices (rows, length, length), in the op's input order.

        For derivatives of ops that are not elementwise COTANGENT (grad, grad2) has shape (rows, outputs of the value), TANGENT (jvp,
        grad2) (rows, numbers of the differentiable inputs). Every number is finite
        and inside its input's domain, except for the share of specials and the arrangement "masked". Raises UnknownName for a
        region, relation or arrangement that does not exist, ValueError where the recipe does not fit the op.
        """
        if len(self.draws) != len(op.inputs):
            raise ValueError(f"recipe has {len(self.draws)} draws, but op {op.name!r} has {len(op.inputs)} inputs")
        fmt, marks = format_named(dtype), landmarks or {}
        rng = np.random.Generator(np.random.PCG64(self.seed))
        arrays = [self._draw(rng, fmt, i, op.inputs[i], marks.get(op.inputs[i].name, ())) for i in range(len(op.inputs))]
        self._relate(rng, fmt, op, arrays)
        inputs = {spec.name: settle(fmt, spec, values) for spec, values in zip(op.inputs, arrays, strict=True)}
        if self.specials:
            self._plant(rng, fmt, op, inputs)
        counts = direction_counts(op, op.default_params() if params is None else params, order, self.length)
        if COTANGENT in counts:
            inputs[COTANGENT] = _named("cotangent", COTANGENTS, self.cotangent)(rng, fmt, (self.rows, counts[COTANGENT]))
        if TANGENT in counts:
            inputs[TANGENT] = self._tangent(rng, fmt, op, inputs, counts[TANGENT])
        return Batch(dtype, inputs)

    def _tangent(self, rng: Generator, fmt: Format, op: Op, inputs: dict[str, NDArray[Any]], count: int) -> Floats:
        if _named("tangent", dict.fromkeys(TANGENTS, self.tangent), self.tangent) == ALONG:
            return np.concatenate([inputs[name].reshape(self.rows, -1) for name in op.differentiable_inputs], axis=1)
        drawn: Floats = COTANGENTS[self.tangent](rng, fmt, (self.rows, count))
        return drawn

    def _draw(self, rng: Generator, fmt: Format, number: int, spec: Input, marks: Sequence[float]) -> Floats:
        draw, domain = self.draws[number], (spec.low, spec.high)
        tail = spec.sizes(self.length)
        if draw.regions:
            values = self._strata(rng, fmt, number, tail, domain, marks)
        else:
            values = regions.window(rng, fmt, (self.rows, *tail), draw.centre, draw.spread, domain)
        if spec.scalar:
            return values
        if spec.square:
            square: Floats = _named("matrix arrangement", matrices.ARRANGEMENTS, draw.arrangement)(rng, fmt, values)
            return square
        arrangement = _named("arrangement", vectors.ARRANGEMENTS, draw.arrangement)
        line: Floats = arrangement(rng, fmt, values.reshape(self.rows, -1)).reshape(values.shape)
        return line

    def _strata(
        self, rng: Generator, fmt: Format, number: int, tail: tuple[int, ...], domain: regions.Domain, marks: Sequence[float]
    ) -> Floats:
        """Rows cut into one stratum per region; the strata of input i are cut across those of the inputs before it."""
        names = self.draws[number].regions
        cells = len(names) ** (number + 1)
        cuts = [self.rows * c // cells for c in range(cells + 1)]
        sizes = [sum(cuts[c + 1] - cuts[c] for c in range(k, cells, len(names))) for k in range(len(names))]
        blocks = [
            _named("region", regions.REGIONS, name).sample(rng, fmt, (size, *tail), domain, marks)
            for name, size in zip(names, sizes, strict=True)
        ]
        if len(names) == 1 or number == 0:
            return np.concatenate(blocks)
        used = [0] * len(names)
        parts = []
        for c in range(cells):
            k, size = c % len(names), cuts[c + 1] - cuts[c]
            parts.append(blocks[k][used[k] : used[k] + size])
            used[k] += size
        return np.concatenate(parts)

    def _relate(self, rng: Generator, fmt: Format, op: Op, arrays: list[Floats]) -> None:
        if self.relation == "independent":
            return
        first, second = self.pair
        if (
            max(self.pair) >= len(arrays)
            or first == second
            or arrays[first].shape != arrays[second].shape
            or arrays[first].ndim > 2
        ):
            raise ValueError(
                f"relation {self.relation!r} needs two scalar or two vector inputs; op {op.name!r} has none at {self.pair}"
            )
        table = relations.PAIRS if arrays[first].ndim == 1 else vectors.BETWEEN
        arrays[first], arrays[second] = _named("relation", table, self.relation)(rng, fmt, arrays[first], arrays[second])

    def _plant(self, rng: Generator, fmt: Format, op: Op, inputs: dict[str, NDArray[Any]]) -> None:
        """Special values in `specials` percent of the rows, evenly spaced: one number of one input, whose structure stays."""
        candidates = [spec for spec in op.inputs if spec.draws_special_values]
        rows = np.arange(0, self.rows, max(1, 100 // self.specials))
        owner = rng.integers(0, max(len(candidates), 1), len(rows))
        for number, spec in enumerate(candidates):
            own_rows = rows[owner == number]
            table = regions.special_values(fmt, (spec.low, spec.high))
            values = np.ascontiguousarray(inputs[spec.name])
            flat = values.reshape(self.rows, -1)
            flat[own_rows, rng.integers(0, flat.shape[1], len(own_rows))] = table[rng.integers(0, len(table), len(own_rows))]
            inputs[spec.name] = structures.satisfy(fmt, spec, values)


def settle(fmt: Format, spec: Input, values: Floats, keep: NDArray[np.bool_] | None = None) -> Floats:
    """Values brought into the input's domain, whole where it takes integers, with its structure; infinities and the places to `keep`
    stay."""
    wide = np.isfinite(values.astype(np.float64)) if keep is None else ~keep
    fitted = regions.fit(fmt, values, (spec.low, spec.high))
    if spec.integers and fitted.size:
        whole = np.clip(np.rint(fitted.astype(np.float64)), math.ceil(spec.low) if math.isfinite(spec.low) else -fmt.max,
                        math.floor(spec.high) if math.isfinite(spec.high) else fmt.max)  # fmt: skip
        fitted = whole.astype(fmt.dtype)
    return structures.satisfy(fmt, spec, fitted if wide.all() else np.where(wide, fitted, values))


def _named(kind: str, table: Mapping[str, Any], name: str) -> Any:
    try:
        return table[name]
    except KeyError:
        raise UnknownName(kind, name, table) from None
