"""Everyday inputs drawn: rows as users have them (catalog.everyday), inside the domain and with the structure of each input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.everyday import Everyday, Law, everyday_of
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.formats import Floats, Format, format_named
from ulpfuzz.fuzzer.inputs.regions import bounds
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, length_in
from ulpfuzz.fuzzer.inputs.structures import satisfy

Wide = NDArray[np.float64]
Shape = tuple[int, ...]
#: The longest rows that count as everyday ones.
LONGEST = 4096
#: How much of the identity is added to a matrix of normal numbers times its transpose: its condition number stays below some hundreds.
RIDGE = 0.1


def sample(op: Op, dtype: str, rng: np.random.Generator, rows: int, length: Sizes) -> Batch | None:
    """`rows` everyday rows of that dtype at one length n (everyday_lengths), without the directions of a derivative (with_directions).

    Every number lies in the domain of its input, every row has its structure; the same generator gives the same bits. None where the op has no
    everyday inputs: where it has no input at all.
    """
    if not op.inputs:
        return None
    fmt = format_named(dtype)
    return Batch(dtype, {spec.name: _rows_of(op, spec, fmt, rng, (rows, *spec.sizes(length))) for spec in op.inputs})


def with_directions(op: Op, params: Mapping[str, Any], order: str, rng: np.random.Generator, batch: Batch) -> Batch:
    """The batch with the cotangent and the tangent that the order takes, standard normal numbers."""
    length = length_in(op, batch.inputs) or 1
    counts = direction_counts(op, params, order, length)
    directions = {name: batch.format.round(rng.standard_normal((batch.rows, count))) for name, count in counts.items()}
    return Batch(batch.dtype, {**batch.inputs, **directions})


def described(op: Op) -> str:
    """What is drawn, input by input, with its sources: "x: logit: normal(0, 2) or ... (...)"."""
    return "; ".join(f"{spec.name}: {everyday_of(op, spec)}" for spec in op.inputs)


def is_everyday(op: Op, inputs: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Per row whether all of its numbers are everyday ones of their inputs, and it is no longer than LONGEST; directions do not matter."""
    masks = []
    for spec in op.inputs:
        values = np.asarray(inputs[spec.name]).astype(np.float64)
        flat = values.reshape(len(values), -1)
        masks.append(_is_usual(everyday_of(op, spec), flat).all(axis=1) & (flat.shape[1] <= LONGEST))
    return np.asarray(np.logical_and.reduce(masks))


def _is_usual(kind: Everyday, numbers: Wide) -> NDArray[np.bool_]:
    size = np.abs(numbers)
    inside = (numbers >= kind.low) & (numbers <= kind.high) & (size >= kind.least)
    return np.asarray((inside | (numbers == 0)) & np.isfinite(numbers))


def everyday_range(op: Op, spec: Input) -> tuple[float, float]:
    """The least and the greatest everyday number of an input, inside its domain."""
    kind = everyday_of(op, spec)
    low, high = max(kind.low, spec.low), min(kind.high, spec.high)
    return (low, high) if low <= high else (spec.low, spec.high)


def _rows_of(op: Op, spec: Input, fmt: Format, rng: np.random.Generator, shape: Shape) -> Floats:
    drawn = _drawn(everyday_of(op, spec), spec, rng, shape)
    if spec.integers:
        drawn = np.round(drawn) + 0.0  # no -0, which no whole number is
    inside = _inside(spec, fmt, fmt.round(drawn), rng)
    return satisfy(fmt, spec, fmt.round(_structured(spec, inside.astype(np.float64), rng)) if _is_regular(spec) else inside)


def _is_regular(spec: Input) -> bool:
    return spec.structure in ("spd", "nonsingular", "lower", "upper", "unit_lower")


def _structured(spec: Input, drawn: Wide, rng: np.random.Generator) -> Wide:
    """Matrices as they come up: a covariance of as many samples, triangles with a diagonal of about 1."""
    n = drawn.shape[-1]
    if spec.structure == "spd":
        normal = rng.standard_normal((len(drawn), n, n + 2))
        return np.asarray(np.einsum("bik,bjk->bij", normal, normal) / (n + 2) + RIDGE * np.eye(n))
    scaled = rng.standard_normal(drawn.shape) / math.sqrt(n)
    diagonal = np.eye(*drawn.shape[-2:], dtype=np.bool_) & (spec.structure != "nonsingular")
    return np.where(diagonal, 1.0 + np.abs(scaled), scaled)


def _drawn(kind: Everyday, spec: Input, rng: np.random.Generator, shape: Shape) -> Wide:
    """Each row by one law of the mixture: the numbers of a row have one scale, as those of a tensor have."""
    weights = np.asarray([law.weight for law in kind.laws])
    chosen = rng.choice(len(weights), size=shape[0], p=weights / weights.sum())
    out = np.empty(shape)
    for number, law in enumerate(kind.laws):
        rows = np.flatnonzero(chosen == number)
        out[rows] = _by_law(law, spec, rng, (len(rows), *shape[1:]))
    return out


def _by_law(law: Law, spec: Input, rng: np.random.Generator, shape: Shape) -> Wide:
    a, b = law.a, law.b
    match law.name:
        case "normal":
            return np.asarray(rng.normal(a, b, shape))
        case "uniform":
            return np.asarray(rng.uniform(a, b, shape))
        case "lognormal":
            return np.asarray(np.exp(rng.normal(a, b, shape)))
        case "loguniform":
            return np.asarray(np.exp(rng.uniform(math.log(a), math.log(b), shape)))
        case "signed_lognormal":
            return np.asarray(_signs(rng, shape) * np.exp(rng.normal(a, b, shape)))
        case "signed_loguniform":
            return np.asarray(_signs(rng, shape) * np.exp(rng.uniform(math.log(a), math.log(b), shape)))
        case "sigmoid":
            return np.asarray(1 / (1 + np.exp(-rng.normal(a, b, shape))))
        case "poisson":
            return rng.poisson(np.exp(rng.uniform(math.log(a), math.log(b), shape))).astype(np.float64)
        case "levels":
            return np.asarray(rng.integers(0, int(b) + 1, shape) / b)
        case "domain":
            return np.asarray(rng.uniform(*_ends(spec), shape))


def _signs(rng: np.random.Generator, shape: Shape) -> Wide:
    return np.where(rng.random(shape) < 0.5, -1.0, 1.0)


def _ends(spec: Input) -> tuple[float, float]:
    """The domain, of whole numbers a little wider so that its ends are as likely as the rest; of one without an end 64 numbers at the other."""
    low, high = spec.low, spec.high
    if math.isinf(low) and math.isinf(high):
        low, high = -32.0, 32.0
    elif math.isinf(low) or math.isinf(high):
        low, high = (high - 64.0, high) if math.isinf(low) else (low, low + 64.0)
    return (low - 0.499, high + 0.499) if spec.integers else (low, high)


def _inside(spec: Input, fmt: Format, values: Floats, rng: np.random.Generator) -> Floats:
    """What lies outside the domain is drawn again, uniformly over a domain with two ends; else it is mirrored at the one end."""
    low, high = bounds(fmt, (spec.low, spec.high))
    least, most = (float(v) for v in fmt.from_ordinals(np.asarray([low, high])).astype(np.float64))
    wide = values.astype(np.float64)
    outside = (wide < least) | (wide > most) | np.isnan(wide)
    if not outside.any():
        return values
    if math.isfinite(spec.low) and math.isfinite(spec.high):
        again = rng.uniform(least, most, wide.shape)
    else:
        again = spec.low + np.abs(wide - spec.low) if math.isfinite(spec.low) else spec.high - np.abs(wide - spec.high)
    again = np.round(again) if spec.integers else again
    brought = fmt.round(np.where(outside, np.clip(again, least, most), wide))
    ordinals = np.clip(fmt.ordinals(brought), low, high)
    return np.where(outside, fmt.from_ordinals(ordinals), brought)
