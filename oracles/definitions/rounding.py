"""Rounding to whole numbers, and the pieces of a floating-point number: sign, mantissa, exponent, neighbours."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Truth
from ulpfuzz.oracles.definitions import define

#: Precision p and the exponents of the least and the greatest normal number, IEEE 754-2019, table 3.5, and bfloat16.
FORMATS = {"float16": (11, -14, 15), "bfloat16": (8, -126, 127), "float32": (24, -126, 127), "float64": (53, -1022, 1023)}


@define("floor")
def floor(m: Arithmetic[N], x: N) -> N:
    """The greatest integer not above x; IEEE 754-2019, 5.9, roundToIntegralTowardNegative."""
    return m.floor(x)


@define("ceil")
def ceil(m: Arithmetic[N], x: N) -> N:
    """The least integer not below x; IEEE 754-2019, 5.9, roundToIntegralTowardPositive."""
    return -m.floor(-x)


@define("trunc")
def trunc(m: Arithmetic[N], x: N) -> N:
    """The integer part, towards zero; IEEE 754-2019, 5.9, roundToIntegralTowardZero."""
    return m.where(m.lt(x, m.num(0)), lambda: -m.floor(-x), lambda: m.floor(x))


@define("round")
def half_even(m: Arithmetic[N], x: N) -> N:
    """The nearest integer, halves to the even one; IEEE 754-2019, 5.9, roundToIntegralTiesToEven."""
    below = m.floor(x)
    part = x - below
    half = m.num(Fraction(1, 2))
    even = 2 * m.floor(below / 2)  # below itself where it is even, one less where it is odd

    def at_half_or_above() -> N:
        return m.where(m.lt(half, part), lambda: below + 1, lambda: m.where(m.lt(even, below), lambda: below + 1, lambda: below))

    return m.where(m.lt(part, half), lambda: below, at_half_or_above)


@define("round_half_away")
def round_half_away(m: Arithmetic[N], x: N) -> N:
    """The nearest integer, halves away from zero; IEEE 754-2019, 5.9, roundToIntegralTiesToAway."""
    size = m.floor(m.abs(x) + Fraction(1, 2))
    return m.where(m.lt(x, m.num(0)), lambda: -size, lambda: size)


@define("signbit")
def signbit(m: Arithmetic[N], x: N) -> N:
    """1 for negative numbers, else 0; IEEE 754-2019, 5.7.2, isSignMinus."""
    return m.where(m.lt(x, m.num(0)), lambda: m.num(1), lambda: m.num(0))


@define("round_decimals")
def round_decimals(m: Arithmetic[N], x: N, decimals: int = 1) -> N:
    """The nearest multiple of 10^-decimals, halves to the even multiple; numpy.round."""
    scale = Fraction(10) ** decimals
    return half_even(m, x * scale) / scale


@define("frac")
def frac(m: Arithmetic[N], x: N) -> N:
    """x - trunc(x); torch.frac."""
    return x - trunc(m, x)


@define("modf")
def modf(m: Arithmetic[N], x: N) -> list[N]:
    """The fractional and the integer part, both with the sign of x; C23 7.12.6.18."""
    whole = trunc(m, x)
    return [x - whole, whole]


@define("sign")
def sign(m: Arithmetic[N], x: N) -> N:
    """-1, 0 or 1; numpy.sign. A NaN is neither below nor above zero, and stays."""
    zero = m.num(0)
    return m.where(m.lt(x, zero), lambda: m.num(-1), lambda: m.where(m.lt(zero, x), lambda: m.num(1), lambda: x))


@define("heaviside")
def heaviside(m: Arithmetic[N], x: N, y: N) -> N:
    """0 for x < 0, y for x = 0, 1 for x > 0; numpy.heaviside."""
    zero = m.num(0)
    return m.where(m.lt(x, zero), lambda: zero, lambda: m.where(m.lt(zero, x), lambda: m.num(1), lambda: y))


@define("copysign_of_half")
def copysign_of_half(m: Arithmetic[N], x: N, y: N) -> N:
    """|x| with the sign of y + 1/2, which is never zero for whole y; IEEE 754-2019, 5.5.1, copySign."""
    size = m.abs(x)
    return m.where(m.lt(y + Fraction(1, 2), m.num(0)), lambda: -size, lambda: size)


def power_of_two(m: Arithmetic[N], x: N) -> tuple[N, N]:
    """(e, 2^e) with 2^e <= |x| < 2^(e+1), for the numbers of binary64; (0, 1) for x = 0. By halving the range: exact throughout."""
    size = m.where(m.eq0(x), lambda: m.num(1), lambda: m.abs(x))
    exponent, power = m.num(0), m.num(1)
    for k in (512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1):
        step = Fraction(2) ** k
        small = m.lt(size, m.num(Fraction(2) ** (1 - k)) if k > 1 else m.num(1))
        size, exponent, power = _scaled(m, small, size, exponent, power, (step, -k, 1 / step))
    for k in (512, 256, 128, 64, 32, 16, 8, 4, 2, 1):
        step = Fraction(2) ** k
        small = m.lt(size, m.num(step))
        size, exponent, power = _scaled(m, small, size, exponent, power, None, (1 / step, k, step))
    return exponent, power


Step = tuple[Fraction, int, Fraction]


def _scaled(
    m: Arithmetic[N], cond: Truth, size: N, exponent: N, power: N, yes: Step | None, no: Step | None = None
) -> tuple[N, N, N]:
    def moved(step: Step | None) -> list[Callable[[], N]]:
        if step is None:
            return [lambda: size, lambda: exponent, lambda: power]
        return [lambda: size * step[0], lambda: exponent + step[1], lambda: power * step[2]]

    a, b = moved(yes), moved(no)
    return m.where(cond, a[0], b[0]), m.where(cond, a[1], b[1]), m.where(cond, a[2], b[2])


@define("frexp")
def frexp(m: Arithmetic[N], x: N) -> list[N]:
    """[f, e] with x = f 2^e and 1/2 <= |f| < 1; zeros for zero; C23 7.12.6.7."""
    exponent, power = power_of_two(m, x)
    zero = m.eq0(x)
    return [x / power / 2, m.where(zero, lambda: m.num(0), lambda: exponent + 1)]


@define("ldexp")
def ldexp(m: Arithmetic[N], x: N, y: N, step: int = 1) -> N:
    """x 2^(step y) for whole y, |step y| < 2560; C23 7.12.6.9. Compared with halves, whole numbers are never equal."""
    half = Fraction(1, 2)
    left, result = m.abs(y) * step, x
    for k in (512, 512, 512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1):
        power = Fraction(2) ** k
        done = m.lt(left, m.num(k - half))
        before, rest = result, left

        def moved(before: N = before, power: Fraction = power) -> N:
            return m.where(m.lt(y, m.num(-half)), lambda: before / power, lambda: before * power)

        result = m.where(done, lambda before=before: before, moved)  # type: ignore[misc]
        left = m.where(done, lambda rest=rest: rest, lambda rest=rest, k=k: rest - k)  # type: ignore[misc]
    return result


def unit_in_last_place(m: Arithmetic[N], x: N, fmt: str) -> N:
    """The distance of the numbers of a format in the binade of |x|, below the least normal number that of the subnormal ones."""
    precision, least, _ = FORMATS[fmt]
    normal = m.num(Fraction(2) ** least)
    return m.where(
        m.lt(m.abs(x), normal),
        lambda: normal * Fraction(2) ** (1 - precision),
        lambda: power_of_two(m, x)[1] * Fraction(2) ** (1 - precision),
    )


def _above(m: Arithmetic[N], x: N, fmt: str) -> N:
    """The least number of the format above x; beyond the greatest the power of two that follows (an overflow)."""
    least = m.num(Fraction(2) ** FORMATS[fmt][1])

    def up() -> N:
        unit = unit_in_last_place(m, x, fmt)
        return (m.floor(x / unit) + 1) * unit

    def towards_zero() -> N:
        """|x| goes down: the largest multiple below |x| of the unit there, which halves at a power of two."""
        size = -x
        unit = unit_in_last_place(m, size, fmt)
        _, power = power_of_two(m, size)
        edge = m.lt(power, size)  # else size is a power of two itself
        finer = m.where(edge, lambda: unit, lambda: m.where(m.lt(least, size), lambda: unit / 2, lambda: unit))
        return -((-m.floor(-size / finer) - 1) * finer)

    return m.where(m.lt(x, m.num(0)), towards_zero, up)


@define("nextafter")
def nextafter(m: Arithmetic[N], x: N, y: N, fmt: str = "float32") -> N:
    """The next number of the format after x in the direction of y, and y where they are equal (x - x makes a NaN one); C23 7.12.11.3."""
    return m.where(
        m.lt(x, y), lambda: _above(m, x, fmt), lambda: m.where(m.lt(y, x), lambda: -_above(m, -x, fmt), lambda: y + (x - x))
    )


@define("spacing")
def spacing(m: Arithmetic[N], x: N, fmt: str = "float32") -> N:
    """The distance to the next number away from zero, with the sign of x (x - x makes a NaN one); numpy.spacing."""
    unit = unit_in_last_place(m, x, fmt)
    return m.where(m.lt(x, m.num(0)), lambda: -unit, lambda: unit + (x - x))


@define("distance_to_nearest")
def distance_to_nearest(m: Arithmetic[N], x: N, fmt: str = "float32") -> N:
    """The distance to the nearest other number of the format: what the page of numpy.spacing says, without a sign."""
    return m.min([_above(m, x, fmt) - x, _above(m, -x, fmt) + x])
