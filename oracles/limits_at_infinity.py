"""Limits: the truth at inputs where the definition itself says nothing (infinities, NaNs, signed zeros at poles, poles, isolated points).

The definition is evaluated with mpmath along several non-special paths towards the point, at several rates, and the sequence
of values is read: convergent, growing without bound, undefined or wandering. Accepted set (C23 Annex F settles a limit that exists):
the limit; where paths disagree NaN, the IEEE 754 evaluation of the formula, and for derivatives the hull of the path limits
(Clarke). This is a numerical reading, not a proof; it is only ever asked at special points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.arithmetic.mp import Mp
from oracles.arithmetic.native import Native
from oracles.function import COTANGENT, DIRECTIONS, TANGENT, Function
from oracles.reference import FINITE, NAN, NINF, PINF

#: Enough to hold 2^1023 + 2^-256.
BITS = 1300
#: Enough where no finite number is so large or so small.
FEWER_BITS = 600
#: Distances: infinity is approached as 2^e, zero as 2^-e; doubling exponents make even log log grow visibly.
EXPONENTS = (14, 28, 56, 112, 224)
#: Per path: how fast the special inputs, counted in order, go relative to each other.
RATES = ((1.0, 1.0, 1.0), (1.0, 2.0, 1.5), (2.0, 1.0, 1.25))


@dataclass(frozen=True)
class Accepted:
    """What is right for one element: kinds (bits of Reference.accepts) and, with FINITE, the interval [low, high]."""

    kinds: int
    low: float = math.nan
    high: float = math.nan


ANYTHING = Accepted(FINITE | NAN | PINF | NINF, -math.inf, math.inf)
NOTHING = Accepted(0)


def accepted(function: Function, inputs: dict[str, NDArray[np.float64]]) -> list[Accepted]:
    """What is right for every output of one row. Cached by the exact inputs."""
    key = tuple((name, np.shape(values), np.asarray(values, np.float64).tobytes()) for name, values in inputs.items())
    return list(_accepted(function, key))


@lru_cache(maxsize=1024)
def nowhere_smooth(function: Function, constant: float, length: int = 3) -> bool:
    """Whether a derivative by one vector has no truth wherever all its elements are equal, to zero or to another number: read at three such
    vectors of each kind, of a length that the function takes. Norms at the zero vector, standard deviations of equal numbers: a reading
    costs too much to be done for each."""
    (name,) = function.inputs
    weights = np.resize([1.0, -2.0, 0.5], length)
    found: list[Accepted] = []
    for value in (1.0, -2.5, 96.0) if constant else (0.0,):
        x = np.full(length, value)
        outputs = len(_native(replace(function, order="value"), {name: x}))
        directions = {COTANGENT: np.resize(weights, outputs), TANGENT: weights}
        taken = {"grad": (COTANGENT,), "jvp": (TANGENT,), "grad2": DIRECTIONS}[function.order]
        found += accepted(function, {name: x, **{n: directions[n] for n in taken}})
    return all(one == ANYTHING for one in found)


@lru_cache(maxsize=65536)
def _accepted(function: Function, key: tuple[Any, ...]) -> tuple[Accepted, ...]:
    inputs = {name: np.frombuffer(raw, np.float64).reshape(shape) for name, shape, raw in key}
    native = _native(function, inputs)
    if any(np.isnan(v).any() for v in inputs.values()):
        vectors = any(np.ndim(v) for v in inputs.values())
        return tuple(_with_nan_input(function, value, vectors=vectors) for value in native)
    at_infinity = any(np.isinf(v).any() for v in inputs.values())
    several = any(np.ndim(v) for v in inputs.values()) or len(function.inputs) > 1
    if at_infinity and several and function.order != "value":
        return tuple(ANYTHING for _ in native)  # nothing is differentiable at infinity
    if not at_infinity:
        exact = _by_mpmath(function, inputs)
        if exact is not None and any(a.kinds & (PINF | NINF) for a in exact) and not _isolated(function, inputs):
            return tuple(NOTHING for _ in exact)  # mpmath's own range ends here, not the function's
        if exact is not None:
            return exact
    paths = [p for p in (_path(function, inputs, side, rates) for side, rates in _approaches(inputs, 1)) if p is not None]
    two_sided = function.order != "value" or not any((v == 0).any() for v in inputs.values())
    if two_sided or not paths or all(a.kinds == NAN for path in paths for a in path):  # a zero has a side of its own
        more = [_path(function, inputs, side, rates) for side, rates in _approaches(inputs, -1)]
        paths += [p for p in more if p is not None]
    if not paths:
        return tuple(NOTHING for _ in native)
    several = any(np.ndim(v) for v in inputs.values()) or len(function.inputs) > 1
    negative_zero = any(((v == 0) & np.signbit(v)).any() for v in inputs.values())
    native = _spread_nan(function, inputs, native)
    pole = function.order != "value" and not at_infinity and (_at_pole(function, inputs) or _slope_infinite(function, inputs))
    return tuple(
        _join(
            function,
            [path[k] for path in paths],
            native[k],
            at_infinity=at_infinity,
            several=several,
            pole=pole,
            negative_zero=negative_zero,
        )
        for k in range(len(native))
    )


def _by_mpmath(function: Function, inputs: dict[str, NDArray[np.float64]]) -> tuple[Accepted, ...] | None:
    """The values at the point itself where mpmath gives the same ones at two precisions and meets no kink or isolated point; else None.

    Finite: a row beyond Arb's exponent range. Infinite (of values only): a pole whose sides mpmath knows to agree; near huge poles of
    lgamma no representable approach would show the growth.
    """
    found = []
    # exp(-x^2) has as many digits as the exponent of x^2 takes away; in steps, because mpmath makes a context per precision
    extra = -(-2 * _reach(inputs) // 256) * 256
    for bits in (256 + extra, 640 + extra):
        m = Mp(bits)
        lifted = {name: _nest(np.asarray(values), m.lift) for name, values in inputs.items()}
        try:
            found.append([m.double(m.num(v))[0] for v in function.outputs(m, lifted)])
        except (ArithmeticError, ValueError, TypeError):
            return None
        if m.kink or m.removable:
            return None
    known = all(math.isfinite(v) or (math.isinf(v) and function.order == "value") for v in found[1])
    if not known or any(abs(x - y) > 2.0**-50 * abs(y) for x, y in zip(*found, strict=True) if math.isfinite(y)):
        return None
    return tuple(_point(v) for v in found[1])


def _at_pole(function: Function, inputs: dict[str, NDArray[np.float64]]) -> bool:
    """Whether the function itself has no finite value at this finite point."""
    m = Mp(128)
    lifted = {name: _nest(np.asarray(values), m.lift) for name, values in inputs.items()}
    try:
        values = replace(function, order="value").outputs(m, lifted)
    except (ArithmeticError, ValueError, TypeError):
        return True
    return not all(math.isfinite(m.log2_magnitude(m.num(v))) or m.num(v) == 0 for v in values)


def _slope_infinite(function: Function, inputs: dict[str, NDArray[np.float64]]) -> bool:
    """Whether a second derivative is asked for where the first is no number (sqrt at 0): then there is none, and NaN says so."""
    if function.order != "grad2":
        return False
    slopes = accepted(replace(function, order="grad"), {name: v for name, v in inputs.items() if name != TANGENT})
    return not all(slope.kinds & FINITE for slope in slopes)


def _isolated(function: Function, inputs: dict[str, NDArray[np.float64]]) -> bool:
    """Whether mpmath's values on one side of the point are finite: a pole, not a region that is beyond its range."""
    return _finite_beside(function, inputs, 1) or _finite_beside(function, inputs, -1)


def _finite_beside(function: Function, inputs: dict[str, NDArray[np.float64]], side: int) -> bool:
    m = Mp(BITS)

    def beside(x: float) -> Any:  # a twelfth: between two poles that lie one apart
        return m.lift(x) + m.num(Fraction(side, 12)) * m.lift(2.0**-20 if abs(x) < 1 else 1.0)

    lifted = {name: _nest(np.asarray(values), beside) for name, values in inputs.items()}
    try:
        values = [m.num(v) for v in function.outputs(m, lifted)]
    except (ArithmeticError, ValueError, TypeError):
        return False
    return all(math.isfinite(m.log2_magnitude(v)) or m.eq0(v) for v in values)


def _with_nan_input(function: Function, native: float, *, vectors: bool) -> Accepted:
    """NaN in, NaN out; also what the formula gives where it swallows the NaN (pow(nan, 0)). Not judged: derivatives, and elements of
    vector ops that the NaN does not reach (the formula in binary64 may itself overflow there)."""
    if function.order != "value" or (vectors and not math.isnan(native)):
        return ANYTHING
    return _merge([Accepted(NAN), _point(native)])


def _native(function: Function, inputs: dict[str, NDArray[np.float64]]) -> list[float]:
    m = _NativeTape()
    lifted = {name: _nest(values, m.lift) for name, values in inputs.items()}
    with np.errstate(all="ignore"):
        return [float(m.num(v)) for v in function.outputs(m, lifted)]


def _spread_nan(function: Function, inputs: dict[str, NDArray[np.float64]], native: list[float]) -> list[float]:
    """NaN for every output that an infinite input reaches, where the formula gives NaN for one of them.

    softmax([inf, 1]): the formula is nan only in the first place, but every implementation subtracts the largest element first,
    inf - inf, and cannot know the limit of the others better.
    """
    if len(native) == 1 or not any(math.isnan(v) for v in native):
        return native
    marked = {name: np.where(np.isinf(v), math.nan, v) for name, v in inputs.items()}
    reached = _native(function, marked)
    return [math.nan if math.isnan(r) else v for r, v in zip(reached, native, strict=True)]


class _NativeTape(Native):
    """Native with what the tape asks of a base; ties and isolated points go unnoticed."""

    def annihilate(self, adjoint: Any, partial: Any) -> Any:
        return adjoint * partial

    def mask(self, cond: bool, adjoint: Any) -> Any:
        return adjoint if cond else self.num(0)

    def sign(self, x: Any) -> Any:
        return np.sign(x)

    def tie(self, x: Any, y: Any) -> bool:
        return False

    def note_kink(self, _: Any) -> None: ...

    def note_removable(self, _: Any) -> None: ...

    def square(self, x: Any) -> Any:
        return x * x


class TapedMp(Mp):
    """Mp with what the tape asks of a base."""

    def annihilate(self, adjoint: Any, partial: Any) -> Any:
        return self.num(0) if self.eq0(adjoint) else adjoint * partial

    def mask(self, cond: bool | None, adjoint: Any) -> Any:
        return self.num(math.nan) if cond is None else adjoint if cond else self.num(0)

    def sign(self, x: Any) -> Any:
        return self.num(-1 if self.lt(x, 0) else 0 if self.eq0(x) else 1)

    def tie(self, x: Any, y: Any) -> bool:
        return False

    def note_kink(self, _: Any) -> None: ...

    def note_removable(self, _: Any) -> None: ...


def _nest(values: NDArray[np.float64], lift: Any) -> Any:
    return lift(float(values)) if values.ndim == 0 else [_nest(v, lift) for v in values]


def _own(inputs: dict[str, NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """The inputs of the definition itself: a derivative is linear in its directions, which stay where they are."""
    return [v for name, v in inputs.items() if name not in DIRECTIONS]


def _approaches(inputs: dict[str, NDArray[np.float64]], side: int) -> list[tuple[int, tuple[float, ...]]]:
    """One side (+1: that of the zero's sign, or upwards in magnitude; -1: the other) at every rate."""
    own = _own(inputs)
    special = sum(int((~np.isfinite(v) | (v == 0)).sum()) for v in own)
    if not special and sum(np.size(v) for v in own) > 1:
        return [(side, r) for r in RATES[1:]]  # a singular point, as std of equal numbers: moved alike they stay equal
    rates = RATES if special > 1 else RATES[:1]
    return [(side, r) for r in rates]


def _path(
    function: Function, inputs: dict[str, NDArray[np.float64]], side: int, rates: tuple[float, ...]
) -> list[Accepted] | None:
    """What each output tends to along one path; None where the path cannot be evaluated."""
    m = TapedMp(_bits(inputs))
    if _leaves_domain(function, inputs, side):
        return None
    rows: list[list[Any]] = []
    singular = not any((~np.isfinite(v) | (v == 0)).any() for v in _own(inputs))
    for exponent in _exponents(inputs):
        counter = iter(range(10**9))

        def approach(x: float, exponent: int = exponent, counter: Any = counter) -> Any:
            if math.isfinite(x) and x != 0 and not singular:
                return m.lift(x)
            step = int(exponent * rates[next(counter) % len(rates)])
            if singular:
                return _beside(m, x, side, step)
            return _power(m, step, x) if math.isinf(x) else _power(m, -step, math.copysign(1.0, x) * side)

        lifted = {
            name: _nest(values, m.lift if name in DIRECTIONS and np.isfinite(values).all() else approach)
            for name, values in inputs.items()
        }
        try:
            rows.append([m.num(v) for v in function.outputs(m, lifted)])
        except (ArithmeticError, ValueError, TypeError, NotImplementedError):
            return None
    return [_tendency([_as_float_pair(m, row[k]) for row in rows]) for k in range(len(rows[0]))]


def _exponents(inputs: dict[str, NDArray[np.float64]]) -> Sequence[int]:
    """EXPONENTS, or larger ones that leave the ordinary numbers of the row far behind: 2^256 is no infinity beside 1e308."""
    reach = _reach(inputs)
    if reach < EXPONENTS[0]:
        return EXPONENTS
    return [2 * reach * e // EXPONENTS[0] for e in EXPONENTS[:4]]


def _reach(inputs: dict[str, NDArray[np.float64]]) -> int:
    """The largest binary exponent, up or down, of the row's ordinary numbers."""
    ordinary = [v[np.isfinite(v) & (v != 0)] for name, v in inputs.items() if name not in DIRECTIONS]
    return max((int(np.abs(np.frexp(v)[1]).max()) for v in ordinary if v.size), default=0)


def _beside(m: Mp, x: float, side: int, exponent: int) -> Any:
    """x, moved away from or towards zero by 2^-exponent min(1, |x|): poles may lie one apart."""
    step = _power(m, -exponent, math.copysign(1.0, x) * side)
    return m.lift(x) + (step * m.lift(abs(x)) if abs(x) < 1 else step)


def _bits(inputs: dict[str, NDArray[np.float64]]) -> int:
    sizes = [np.abs(v[np.isfinite(v) & (v != 0)]) for v in map(np.atleast_1d, inputs.values())]
    ordinary = all(((v < 2.0**140) & (v > 2.0**-160)).all() for v in sizes)
    return FEWER_BITS if ordinary else BITS


def _leaves_domain(function: Function, inputs: dict[str, NDArray[np.float64]], side: int) -> bool:
    """Whether this side of a point at the edge of an input's domain lies outside it."""
    for name, (low, high) in zip(function.inputs, function.domains, strict=False):
        values = np.asarray(inputs[name])
        upward = np.where(values == 0, np.copysign(1.0, values) * side, np.sign(values) * side) > 0
        if ((values == low) & ~upward & np.isfinite(values)).any() or ((values == high) & upward & np.isfinite(values)).any():
            return True
    return False


def _power(m: Mp, exponent: int, sign: float) -> Any:
    """sign * (4/3) 2^exponent: neither an integer nor a dyadic fraction, so that sin(pi x) is not hit at its zeros."""
    return m.num(Fraction(4, 3) * Fraction(2) ** exponent * (1 if sign > 0 else -1))


def _as_float_pair(m: Mp, value: Any) -> tuple[float, float]:
    """(value as binary64, log2 of its magnitude), so that growth beyond binary64 is still seen."""
    return m.double(value)[0], m.log2_magnitude(value)


def _tendency(values: Sequence[tuple[float, float]]) -> Accepted:
    """Reads a sequence at doubling exponents: its limit, an infinity, or NaN where it wanders or is undefined."""
    floats = [v for v, _ in values]
    if any(math.isnan(v) for v in floats[-3:]):
        return Accepted(NAN)
    last, before, earlier = floats[-1], floats[-2], floats[-3]
    sizes = [s for _, s in values]
    if last == before:
        if math.isinf(last) and sizes[-1] > sizes[-2]:
            return Accepted(PINF if last > 0 else NINF)
        return _point(last)
    if math.isfinite(last) and abs(last - before) <= 2.0**-40 * abs(last):
        return _point(last)
    signs = {math.copysign(1.0, v) for v in (last, before, earlier)}
    growth = [sizes[-1] - sizes[-2], sizes[-2] - sizes[-3]]
    steps = [*growth, sizes[-3] - sizes[-4]]  # three in a row, and one sign: cos(x) shrinks twice by chance
    if len(signs) == 1 and min(steps) > 0.25:
        return Accepted(PINF if last > 0 else NINF)
    if max(steps) < -0.25 and (len(signs) == 1 or sizes[-1] < -32):
        return _point(math.copysign(0.0, last))
    if (
        len(signs) == 1 and growth[1] and 1.5 < growth[0] / growth[1] < 2.5
    ):  # a small power: as the exponents double, so does the growth
        return _point(math.copysign(0.0, last)) if growth[0] < 0 else Accepted(PINF if last > 0 else NINF)
    return Accepted(NAN)


def _point(value: float) -> Accepted:
    if math.isnan(value):
        return Accepted(NAN)
    if math.isinf(value):
        return Accepted(PINF if value > 0 else NINF)
    return Accepted(FINITE, value, value)


def _merge(parts: Sequence[Accepted]) -> Accepted:
    kinds = 0
    finite = [p for p in parts if p.kinds & FINITE]
    for part in parts:
        kinds |= part.kinds
    if not finite:
        return Accepted(kinds)
    return Accepted(kinds, min(p.low for p in finite), max(p.high for p in finite))


def _join(
    function: Function,
    limits: list[Accepted],
    native: float,
    *,
    at_infinity: bool,
    several: bool,
    pole: bool,
    negative_zero: bool,
) -> Accepted:
    defined = [limit for limit in limits if limit.kinds != NAN] or limits  # a side outside the domain says nothing
    first, rest = defined[0], defined[1:]
    agree = all(_same(first, other) for other in rest)
    grad = function.order != "value"
    extra = []
    # At a finite point where all ways lead to one value, 0 * log 0 in the formula is no reason for a NaN.
    if math.isnan(native) and ((several and (at_infinity or grad or not agree)) or (grad and at_infinity)):
        extra.append(Accepted(NAN))
    if grad and (at_infinity or pole):
        extra.append(Accepted(NAN))  # not differentiable at infinity or at a pole: NaN is an honest answer
    smooth = at_infinity or not math.isnan(native)  # 0/0 at a finite point: paths may agree by chance (std of equal numbers)
    if grad and several and not (agree and smooth and first.kinds & FINITE):
        return ANYTHING  # not differentiable there, and no one-sided derivative to hold an answer against
    if grad and math.isinf(native):
        extra.append(_point(native))  # a signed zero at a pole
    if at_infinity and not grad and not math.isnan(native):
        extra.append(_point(native))  # what IEEE 754 arithmetic makes of the formula (C23 Annex F for pow, atan2, hypot)
    if grad and pole and negative_zero and first.kinds & (PINF | NINF):
        extra += [Accepted(PINF), Accepted(NINF)]  # a pole at the edge of the domain: 1/-0 is as honest as the limit
    if agree:
        return _merge([first, *extra])
    if grad:
        finite = [limit for limit in defined if limit.kinds & FINITE]
        if len(finite) < len(defined):
            extra.append(Accepted(NAN))
        return _merge([*defined, *extra])
    return _merge([*defined, Accepted(NAN), _point(native)])


def _same(a: Accepted, b: Accepted) -> bool:
    if a.kinds != b.kinds:
        return False
    return not a.kinds & FINITE or abs(a.low - b.low) <= 2.0**-30 * max(abs(a.low), abs(b.low))
