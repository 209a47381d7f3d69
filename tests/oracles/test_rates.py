"""Limits of several numbers: none is claimed that other paths than the oracle's own contradict; and what is claimed accuses a wrong
answer."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sampling import is_quick, sampled
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.shapes import length_in
from ulpfuzz.oracles import limits_at_infinity
from ulpfuzz.oracles.arithmetic.taped import TapedMp
from ulpfuzz.oracles.function import DIRECTIONS, Function
from ulpfuzz.oracles.limits.native import native
from ulpfuzz.oracles.limits.rates import tends
from ulpfuzz.oracles.oracle import reference
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, TIERS

Row = dict[str, NDArray[np.float64]]
Place = tuple[str, tuple[int, ...]]

#: Distances n steps along: powers of 2^-n, and what is slower than all of them. None is one of the oracle's own.
SPEEDS: dict[str, Callable[[int], Fraction]] = {
    "t": lambda n: Fraction(7, 5) / 2**n, "t^3": lambda n: Fraction(6, 5) / 2 ** (3 * n), "t^(1/2)": lambda n: Fraction(5, 7) / 2 ** (n // 2),
    "1/log": lambda n: Fraction(3, 4) / n, "4/log": lambda n: Fraction(4, n), "1/log^2": lambda n: Fraction(1, n * n),
    "log^(-1/2)": lambda n: Fraction(4, math.isqrt(4 * n)),
}  # fmt: skip
#: Which of them two numbers are given; of more, each number has one of the two.
PAIRS = (
    ("t", "t"), ("t", "t^3"), ("t", "t^(1/2)"), ("t", "1/log"), ("t", "4/log"), ("t", "1/log^2"), ("t", "log^(-1/2)"),
)  # fmt: skip
STEPS = (64, 128, 256)
BITS = 1100
#: Paths tried at one point at most.
MOST = 24


def test_what_tends_and_what_does_not() -> None:
    def reads(*values: float) -> list[tuple[float, float]]:
        return [(v, math.log2(abs(v)) if v else -math.inf) for v in values]

    assert tends(1.0, reads(1.5, 1.35, 1.25))  # as 1/sqrt(e)
    assert tends(0.0, reads(0.5, 0.35, 0.25))
    assert tends(math.inf, reads(-2.0, -1.0, 0.0))  # as a logarithm beside -3
    assert tends(math.inf, reads(1.0, 1.1, 1.2))
    assert tends(1.0, reads(math.nan, 0.5, 0.5))  # the path has left the domain
    assert not tends(1.0, reads(0.5, 0.5, 0.5))
    assert not tends(1.0, reads(0.25, 0.1, 0.01))
    assert not tends(0.0, reads(0.5, 0.5, 0.5))
    assert not tends(math.inf, reads(4.0, 2.0, 1.0))
    assert not tends(math.inf, reads(1.0, 1.3, 1.45))  # 1.8 - 0.8/sqrt(e)
    assert not tends(-math.inf, reads(1.0, 2.0, 4.0))


def moving(function: Function, op: Op, row: Row, *, zeros: bool = True) -> list[Place]:
    """The numbers at a zero, an infinity, or an end of a probability or a support."""
    found = []
    for one in op.inputs:
        for index in np.ndindex(row[one.name].shape):
            x = float(row[one.name][index])
            end = abs(x) == 1 and x in (one.low, one.high) and one.name not in function.labels
            special = math.isinf(x) or (x == 0 and zeros and one.name not in function.labels) or end
            if special and one.name not in function.counts:
                found.append((one.name, index))
    return found


def paths(count: int, seed: int) -> list[tuple[str, ...]]:
    """A speed for each moving number."""
    every = [choice for pair in PAIRS for choice in itertools.product(pair, repeat=min(count, 6))]
    told = [choice for choice in every if len(set(choice)) > 1 or choice[0] == "t"]  # all slow alike, nothing is near yet
    unlike = list(dict.fromkeys(choice * -(-count // len(choice)) for choice in told))
    if len(unlike) <= MOST:
        return [choice[:count] for choice in unlike]
    chosen = np.random.default_rng(seed).choice(len(unlike), MOST, replace=False)
    return [unlike[k][:count] for k in chosen]


def along(
    function: Function, op: Op, row: Row, moved: list[Place], path: tuple[str, ...]
) -> list[list[tuple[float, float]]] | None:
    """Per output its values along a path; None where mpmath has none."""
    speeds = dict(zip(moved, path, strict=True))
    ends: dict[str, Input] = {one.name: one for one in op.inputs}
    steps: list[list[tuple[float, float]]] = []
    for n in STEPS:
        m = TapedMp(BITS)

        def number(name: str, values: NDArray[np.float64], index: tuple[int, ...], n: int = n, m: TapedMp = m) -> Any:
            if len(index) < values.ndim:
                return [number(name, values, (*index, i)) for i in range(values.shape[len(index)])]
            x = float(values[index])
            if (name, index) not in speeds:
                return m.lift(x)
            by = SPEEDS[speeds[name, index]](n)
            sign = int(math.copysign(1, x))
            if math.isinf(x):
                return m.num(sign / by)
            sign = 1 if x == ends[name].low else -1 if x == ends[name].high else sign
            return m.num(Fraction(x) + sign * by)

        try:
            outputs = [m.num(v) for v in function.outputs(m, {name: number(name, v, ()) for name, v in row.items()})]
        except (ArithmeticError, ValueError, TypeError, NotImplementedError):
            return None
        if m.gave_up:
            return None
        steps.append([(m.double(v)[0], m.log2_magnitude(v)) for v in outputs])
    return [list(values) for values in zip(*steps, strict=True)]


def contradictions(function: Function, op: Op, row: Row) -> list[str]:
    """The claims at a point that a path contradicts."""
    truth = reference(function, {name: v[np.newaxis] for name, v in row.items()}, precision=53)
    tiers = [TIERS[tier] for tier in truth.tier[0]]
    limits = [
        k for k, tier in enumerate(tiers) if tier == "limit" and truth.accepts[0, k] not in (0, NAN, FINITE | NAN | PINF | NINF)
    ]
    enclosed = [k for k, tier in enumerate(tiers) if tier == "arb" and any(np.isinf(v).any() for v in row.values())]
    if (not limits and not enclosed) or native(function, row)[1]:
        return []  # IEEE 754 has its own operations
    found = []
    for claims, zeros in ((limits, True), (enclosed, False)):  # a zero that the definition takes as a case stays one
        moved = moving(function, op, row, zeros=zeros)
        if not claims or len(moved) < 2:
            continue
        for path in paths(len(moved), zlib.crc32(repr(row).encode())):
            read = along(function, op, row, moved, path)
            for k in claims if read is not None else []:
                if not accepts(truth, k, read[k] if read else []):
                    found.append(
                        f"{op.name} {function.order} output {k} of { ({n: v.tolist() for n, v in row.items()}) }: {tiers[k]} claims "
                        f"{truth.value[0, k]} (kinds {truth.accepts[0, k]}), {path} leads by {[v for v, _ in (read or [])[k]]}"
                    )
        if found:
            break
    return found[:2]


def accepts(truth: Any, k: int, values: list[tuple[float, float]]) -> bool:
    """Whether one of the claims is what the values may tend to."""
    kinds, value = int(truth.accepts[0, k]), float(truth.value[0, k])
    if kinds & FINITE and (truth.interval[0, k] or tends(value, values)):
        return True
    return bool(kinds & PINF and tends(math.inf, values)) or bool(kinds & NINF and tends(-math.inf, values))


def rows(op: Op, params: dict[str, Any], order: str, most: int) -> Iterator[Row]:
    """Points of which several numbers are special."""
    seed = zlib.crc32(f"{op.name} {order}".encode())
    rng = np.random.default_rng(seed)
    if op.elementwise:
        choices = [[(x, True) for x in corners(one)] + [(x, False) for x in ordinary(one)] for one in op.inputs]
        every = [[x for x, _ in c] for c in itertools.product(*choices) if sum(special for _, special in c) > 1]
        for k in sorted(rng.choice(len(every), min(most, len(every)), replace=False)) if every else []:
            yield {one.name: np.asarray(x) for one, x in zip(op.inputs, every[k], strict=True)}
        return
    batch = special_batch(op, params, "float64", order, limit=256, specials=True)
    exact = batch.exact()
    for k in rng.permutation(batch.rows)[:most]:
        row = {name: np.array(v[k]) for name, v in exact.items()}
        for one in op.inputs:
            if one.draws_special_values and not one.structure:
                pool = np.asarray([x for x in corners(one) if order == "value" or math.isfinite(x)] or [1.0])
                hit = rng.random(row[one.name].shape) < 0.4
                row[one.name] = np.where(hit, rng.choice(pool, row[one.name].shape), row[one.name])
        near = all(
            (np.isinf(v) | (abs(v) < 2.0**16)).all() and ((v == 0) | (abs(v) > 2.0**-16)).all() for v in row.values()
        )  # NaN is not
        if near and length_in(op, {n: v[np.newaxis] for n, v in row.items() if n not in DIRECTIONS}):
            yield row


def corners(one: Input) -> list[float]:
    """Zeros, infinities and ends of the domain."""
    ends = [x for x in (one.low, one.high) if x in (0, 1, -1) or math.isinf(x)]
    found = [x for x in (0.0, -0.0, *ends) if one.low <= x <= one.high]
    return [float(x) for x in dict.fromkeys(map(str, map(float, found))) if not (one.integers and math.isinf(float(x)))]


def ordinary(one: Input) -> list[float]:
    inside = [x for x in (0.5, 1.0, 2.5, 3.0) if one.low < x < one.high and (not one.integers or x.is_integer())]
    return inside[:2] or [
        max(min(one.low / 2 + one.high / 2, one.high), one.low) if math.isfinite(one.low + one.high) else one.high
    ]


def found_at(op: Op, order: str, most: int) -> list[str]:
    found = []
    for params in op.param_sets():
        function = function_of(op, params, order)
        for row in rows(op, params, order, most):
            if order == "value" or all(np.isfinite(v).all() for v in row.values()):
                found += contradictions(function, op, row)
    return found


@pytest.mark.parametrize(("op", "order"), sampled(32, "value", "grad", "grad2", quick=is_quick))
def test_no_limit_is_claimed_that_other_paths_contradict(op: Op, order: str) -> None:
    if order in op.orders:
        assert not found_at(op, order, 6)


def test_the_scan_sees_a_claim_that_powers_of_two_agree_on(monkeypatch: pytest.MonkeyPatch) -> None:
    op = op_named("swiglu")
    row = {"x": np.asarray(-math.inf), "y": np.asarray(-math.inf)}
    function = function_of(op, {}, "value")
    limits_at_infinity._accepted.cache_clear()
    monkeypatch.setattr(limits_at_infinity, "strays", lambda function, inputs, side, found: [None] * len(found))
    try:
        assert contradictions(function, op, row)
    finally:
        limits_at_infinity._accepted.cache_clear()
    monkeypatch.undo()
    assert not contradictions(function, op, row)
