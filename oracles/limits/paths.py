"""Paths: sequences of ordinary points that tend to a special one, and what a function does along them.

What moves: infinities, zeros of the reals, and, where the function has no values beside these alone (a pole at q = 1 beside loc = 0), every
finite number too. What is counted or said (integers, labels at the ends of their domain) and the directions of a derivative stay where they
are. A path has a *family* (which mantissas, odd or even exponents, whether whole numbers), a *side* (of finite points) and *rates* (how
fast several numbers go beside each other). One family proves nothing: (4/3) 2^e has the fraction 1/3 or 2/3 for ever, so that the gamma
function seems to vanish along it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.taped import TapedMp
from ulpfuzz.oracles.function import DIRECTIONS, Function, Nested
from ulpfuzz.oracles.limits.tendency import UNCLEAR, Tendency, Value, tendency

Inputs = dict[str, NDArray[np.float64]]

#: Enough to hold 2^1023 + 2^-256.
BITS = 1300
#: Enough where no finite number is so large or so small.
FEWER_BITS = 600
#: Where everything moves, the least of these that distinguishes a moved number from the point: few, for functions have tables for each
#: precision.
PRECISIONS = (FEWER_BITS, 832, BITS, 2400)
#: More bits for a second look.
MORE = 256
#: Distances: infinity is approached as 2^e, zero as 2^-e; doubling exponents make even log log grow visibly.
EXPONENTS = (14, 28, 56, 112, 224)
#: Per path: how fast the moving numbers, counted in order, go relative to each other.
RATES = ((1.0, 1.0, 1.0), (1.0, 2.0, 1.5), (2.0, 1.0, 1.25))
#: The rate of what goes as the root of the exponent only, 1/sqrt(e) beside 2^-e, and what the root is multiplied by: so slow that a normal
#: density, e^(-x^2/2), outlasts 2^-e.
SLOW, SLOWLY = 0.0, Fraction(1, 2)


@dataclass(frozen=True)
class Family:
    """mantissas: in turn, one a step and number, none a power of two, so that sin(pi x) is not hit at its zeros; later: added to every
    exponent, so that there are odd ones; whole: infinities are approached through integers, odd and even in turn, where functions of period
    one have their poles; slow: of every two numbers the one that goes as the root of the exponent only, 2^-e beside 1/sqrt(e)."""

    mantissas: tuple[Fraction, ...]
    later: int = 0
    whole: bool = False


STEADY = Family((Fraction(4, 3),))
CHANGING = Family((Fraction(7, 5), Fraction(17, 11), Fraction(13, 7), Fraction(16, 13), Fraction(23, 17)), later=1)
WHOLE = Family((Fraction(5, 4), Fraction(15, 8), Fraction(9, 8)), whole=True)


@dataclass(frozen=True)
class Path:
    """side: +1 for that of a zero's sign, and away from zero of other finite points; -1 for the other; 0 for that of the sign, but into the
    domain from its ends. everything: finite numbers move too. held: zeros stay where they are beside an infinity, as zero weights and
    paddings are. ends: numbers at the ends of probabilities and supports move too."""

    family: Family
    side: int
    rates: tuple[float, ...]
    everything: bool
    held: bool = False
    ends: bool = False


def own(inputs: Inputs) -> Inputs:
    """The inputs of the definition itself: a derivative is linear in its directions, which stay where they are."""
    return {name: v for name, v in inputs.items() if name not in DIRECTIONS}


def special_numbers(function: Function, inputs: Inputs) -> int:
    """How many numbers are infinite, or zeros that are not counted."""
    return sum(int(_special(function, name, v).sum()) for name, v in own(inputs).items())


def has_zeros(function: Function, inputs: Inputs) -> bool:
    """Whether a zero is among them: it has a side of its own."""
    return any((_special(function, name, v) & (v == 0)).any() for name, v in own(inputs).items())


def _special(function: Function, name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    zero = (values == 0) & (name not in function.counts) & (name not in function.labels)
    return np.asarray(~np.isfinite(values) | zero)


def moves_to_limit(function: Function, name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The numbers of rows (with a leading axis) that may move along some path while ordinary ones stay: infinities, zeros of the reals, and the
    ends of probabilities and supports."""
    return _special(function, name, values) | (_free(function, name, values) & _at_end(function, name, values))


def moves_inwards(function: Function, name: str, values: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Of rows of finite numbers (with a leading axis) those that move to a singular point from one side, zeros and numbers at the ends of their
    domain, and from which: 1 from above, -1 from below. A zero has the side of its sign."""
    low, high = function.domain(name)
    zero = _special(function, name, values)
    end = _free(function, name, values) & ((values == low) | (values == high)) & ~zero
    side = np.where(zero, np.where(np.signbit(values), -1, 1), np.where(values == low, 1, -1))
    return zero | end, np.where(zero | end, side, 0).astype(np.int8)


def approaches(function: Function, inputs: Inputs, *, side: int, everything: bool) -> list[Path]:
    """The paths to a point from one side, those that differ most first. everything: see Path."""
    special = special_numbers(function, inputs)
    moving = sum(v.size for v in own(inputs).values()) if everything else special
    rates: tuple[tuple[float, ...], ...] = RATES if moving > 1 else RATES[:1]
    if everything and not special and moving > 1:
        rates = RATES[1:]  # a singular point, as std of equal numbers: moved alike they stay equal
    families = [STEADY, CHANGING]
    at_infinity = any(np.isinf(v).any() for v in own(inputs).values())
    if at_infinity:
        families.insert(1, WHOLE)
    count = max(len(rates), len(families))
    paths = [Path(families[k % len(families)], side, rates[k % len(rates)], everything) for k in range(count)]
    if at_infinity and has_zeros(function, inputs):
        paths.insert(1, replace(paths[0], held=True))
    return paths


def leaves_domain(function: Function, inputs: Inputs, side: int) -> bool:
    """Whether a zero at the edge of its input's domain moves out of it on this side, +1 or -1."""
    for name, values in own(inputs).items():
        low, high = function.domain(name)
        upward = np.copysign(1.0, values) * side > 0
        zero = _special(function, name, values) & (values == 0)
        if (zero & (((values == low) & ~upward) | ((values == high) & upward))).any():
            return True
    return False


def along(function: Function, inputs: Inputs, path: Path) -> tuple[list[Tendency], list[Value]] | None:
    """What each output tends to along a path, and its last value; None where it cannot be evaluated."""
    m = TapedMp(precision(inputs, path))
    rows: list[list[mpf]] = []
    lost, outside = False, leaves_domain(function, inputs, path.side)
    for step, exponent in enumerate(exponents(inputs, everything=path.everything)):
        values = at(function, inputs, path, step, exponent, m)
        if values is None:
            return None
        lost |= m.gave_up and not outside  # out there it has no value, whatever a continuation has
        rows.append(values)
    if m.removable and function.order != "value":
        return None  # a number that stays where it is holds the path at a point that the definition singles out: nothing has a slope there
    read = [_read(m, [row[k] for row in rows]) for k in range(len(rows[0]))]
    if path.family.whole:
        read = [replace(t, whole=True) for t in read]
    return [UNCLEAR for _ in read] if lost else read, [reading(m, v) for v in rows[-1]]


def _read(m: TapedMp, numbers: list[mpf]) -> Tendency:
    steps = [m.log2_magnitude(b - a) for a, b in itertools.pairwise(numbers)]
    return tendency([reading(m, v) for v in numbers], steps, m.bits)


def reading(m: TapedMp, number: mpf) -> Value:
    """A number of m as its tendency is read from it."""
    return m.double(number)[0], m.log2_magnitude(number)


def precise(function: Function, inputs: Inputs, path: Path, last: list[Value]) -> list[bool]:
    """Per output whether a higher precision gives the same last value: what cancels along a path leaves noise, which has tendencies too."""
    known = exponents(inputs, everything=path.everything)
    m = TapedMp(precision(inputs, path) + MORE)
    again = at(function, inputs, path, len(known) - 1, known[-1], m)
    return [False for _ in last] if again is None else [_alike(a, reading(m, b)) for a, b in zip(last, again, strict=True)]


def _alike(a: Value, b: Value) -> bool:
    if math.isnan(a[0]) or math.isnan(b[0]):
        return math.isnan(a[0]) and math.isnan(b[0])
    return a[0] == b[0] or abs(a[0] - b[0]) <= 2.0**-40 * abs(b[0]) or (a[1] < -1074 and b[1] < -1074)


def at(function: Function, inputs: Inputs, path: Path, step: int, exponent: int, m: TapedMp) -> list[mpf] | None:
    """The function's outputs at one point of a path, numbers of m; None where mpmath has no answer."""
    m.gave_up = False
    counter = iter(range(10**9))

    def lift(name: str, values: NDArray[np.float64]) -> Nested[mpf]:
        moves = _moves(function, name, values, path)
        low, high = function.domain(name)

        def number(index: tuple[int, ...]) -> mpf:
            x = float(values[index])
            if not moves[index]:
                return m.lift(x)
            j = next(counter)
            rate = path.rates[j % len(path.rates)]
            distance = int((exponent + path.family.later) * rate)
            mantissa = path.family.mantissas[(step + j) % len(path.family.mantissas)]
            if rate == SLOW:
                mantissa = (SLOWLY * math.isqrt(exponent)) ** (1 if math.isinf(x) else -1)
            if math.isinf(x):
                return _far(m, mantissa, distance, x, (step + j) % 2 if path.family.whole else None)
            return _beside(m, x, mantissa, distance, _side(x, path.side, low, high))

        return _nest(values.shape, number)

    try:
        return [m.num(v) for v in function.outputs(m, {name: lift(name, values) for name, values in inputs.items()})]
    except (ArithmeticError, ValueError, TypeError, NotImplementedError):
        return None


def _moves(function: Function, name: str, values: NDArray[np.float64], path: Path) -> NDArray[np.bool_]:
    if name in DIRECTIONS:
        moves = ~np.isfinite(values)
    else:
        moves = _special(function, name, values)
        if path.everything:
            moves = moves | _free(function, name, values)
        elif path.ends:
            moves = moves | (_free(function, name, values) & _at_end(function, name, values))
    return moves & (values != 0) if path.held else moves


def count_moving(function: Function, inputs: Inputs, path: Path) -> int:
    """How many numbers move along a path."""
    return sum(int(_moves(function, name, v, path).sum()) for name, v in inputs.items())


def _at_end(function: Function, name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Numbers at the ends of probabilities and of supports, 1 and -1: other ends bound what is drawn, or are the least number."""
    low, high = function.domain(name)
    return np.asarray((np.abs(values) == 1) & ((values == low) | (values == high)))


def _nest(shape: tuple[int, ...], number: Callable[[tuple[int, ...]], mpf], index: tuple[int, ...] = ()) -> Nested[mpf]:
    return number(index) if not shape else [_nest(shape[1:], number, (*index, i)) for i in range(shape[0])]


def _free(function: Function, name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Finite numbers that may move: not what is counted, nor a label at an end of its domain."""
    if name in function.counts:
        return np.zeros(values.shape, np.bool_)
    low, high = function.domain(name)
    said = (values == low) | (values == high) if name in function.labels else np.zeros(values.shape, np.bool_)
    return np.asarray(np.isfinite(values) & ~said)


def _side(x: float, side: int, low: float, high: float) -> float:
    """The direction in which a finite point moves, +1 upwards: into the domain from its ends; of a zero, unless the side is 0, by its
    sign."""
    upward = math.copysign(1.0, x) * (side or 1)
    if x == 0 and side:
        return upward
    return 1.0 if x == low else -1.0 if x == high else upward


def _far(m: TapedMp, mantissa: Fraction, exponent: int, sign: float, parity: int | None) -> mpf:
    value = mantissa * Fraction(2) ** exponent
    if parity is not None:
        value = Fraction(2 * math.floor(value / 2) + parity)
    return m.num(value if sign > 0 else -value)


def _beside(m: TapedMp, x: float, mantissa: Fraction, exponent: int, direction: float) -> mpf:
    """x, moved by 2^-exponent min(1, |x|), a zero by 2^-exponent: poles may lie one apart."""
    step = m.num(mantissa * Fraction(2) ** -exponent * (1 if direction > 0 else -1))
    return m.lift(x) + (step * m.lift(abs(x)) if 0 < abs(x) < 1 else step)


#: Where everything moves, the precision grows with the exponents: no farther than what leaves numbers of 2^64 behind.
NEAR = 64


def affordable(inputs: Inputs) -> bool:
    """Whether everything may move: not where an infinity would have to leave a number beyond 2^64 behind."""
    return reach(inputs) <= NEAR or not any(np.isinf(v).any() for v in own(inputs).values())


def exponents(inputs: Inputs, *, everything: bool) -> Sequence[int]:
    """EXPONENTS, or larger ones that leave the ordinary numbers of the row far behind: 2^256 is no infinity beside 1e308."""
    far = min(reach(inputs), NEAR) if everything else reach(inputs)
    if far < EXPONENTS[0]:
        return EXPONENTS
    return [2 * far * e // EXPONENTS[0] for e in EXPONENTS[:4]]


def reach(inputs: Inputs) -> int:
    """The largest binary exponent, up or down, of the row's ordinary numbers."""
    ordinary = [v[np.isfinite(v) & (v != 0)] for v in own(inputs).values()]
    return max((int(np.abs(np.frexp(v)[1]).max()) for v in ordinary if v.size), default=0)


def precision(inputs: Inputs, path: Path) -> int:
    """The precision along a path: a number beside a finite one must differ from it."""
    if path.everything or path.ends:
        furthest = int((max(exponents(inputs, everything=True)) + path.family.later) * max(path.rates)) + 256
        return next((bits for bits in PRECISIONS if bits >= furthest), furthest)
    sizes = [np.abs(v[np.isfinite(v) & (v != 0)]) for v in map(np.atleast_1d, inputs.values())]
    ordinary = all(((v < 2.0**140) & (v > 2.0**-160)).all() for v in sizes)
    return FEWER_BITS if ordinary else BITS
