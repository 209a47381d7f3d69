"""Arithmetic of two's complement integers of 8, 16 and 32 bits: exact, then brought into the range by whole multiples of 2^bits.

Whole numbers are compared with halves, so that no two are ever equal.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, OfTwo, Truth
from ulpfuzz.oracles.definitions import Definition, define

HALF = Fraction(1, 2)
WIDTHS = (8, 16, 32)


class Unary(Protocol):
    """A function of one integer of `bits` bits."""

    def __call__(self, m: Arithmetic[N], x: N, bits: int, /) -> N: ...


class Binary(Protocol):
    def __call__(self, m: Arithmetic[N], x: N, y: N, bits: int, /) -> N: ...


def wrapped(m: Arithmetic[N], value: N, bits: int) -> N:
    """The number of the range that is congruent modulo 2^bits."""
    size: int = 2**bits
    return value - size * m.floor((value + size // 2) / size)


def unsigned(m: Arithmetic[N], x: N, bits: int) -> N:
    """The two's complement pattern as a number in [0, 2^bits)."""
    return x - 2**bits * m.floor(x / 2**bits)  # type: ignore[no-any-return]


def digits(m: Arithmetic[N], x: N, bits: int) -> list[N]:
    """The bits of the pattern, the least first."""
    pattern = unsigned(m, x, bits)
    rows = [m.floor(pattern / 2**k) for k in range(bits + 1)]
    return [low - 2 * high for low, high in pairwise(rows)]


def number(m: Arithmetic[N], bits: list[N]) -> N:
    """The two's complement number of a pattern."""
    return m.sum([b * (2**k if k < len(bits) - 1 else -(2**k)) for k, b in enumerate(bits)])


def negative(m: Arithmetic[N], x: N) -> Truth:
    return m.lt(x, m.num(-HALF))


def away_from_zero(m: Arithmetic[N], y: N) -> N:
    """y, and y + 1 for y >= 0: a divisor that is not zero."""
    return m.where(negative(m, y), lambda: y, lambda: y + 1)


def floor_quotient(m: Arithmetic[N], x: N, y: N) -> N:
    """floor(x/y), as floor((2 |x| + 1) / (2 |y|)) of the magnitudes: halves between the integers stay away from them."""
    size, divisor = m.abs(x), m.abs(y)
    below = m.floor((2 * size + 1) / (2 * divisor))
    above = m.floor((2 * size + 2 * divisor - 1) / (2 * divisor))
    return m.where(
        negative(m, x),
        lambda: m.where(negative(m, y), lambda: below, lambda: -above),
        lambda: m.where(negative(m, y), lambda: -above, lambda: below),
    )


def truncated_quotient(m: Arithmetic[N], x: N, y: N) -> N:
    below = m.floor((2 * m.abs(x) + 1) / (2 * m.abs(y)))
    same = m.lt(m.num(0), (2 * x + 1) * (2 * y + 1))  # of equal signs, zero being positive
    return m.where(same, lambda: below, lambda: -below)


def greatest_common_divisor(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    """Euclid's algorithm: this many steps suffice (Lame: 4.785 bits log10 2 + 1.67, Knuth, TAOCP 2, 4.5.3)."""
    a, b = m.abs(x), m.abs(y)
    for _ in range(3 * bits // 2):

        def rest(a: N = a, b: N = b) -> N:
            return m.fmod(a, b)

        done = m.lt(b, m.num(HALF))
        a, b = m.where(done, lambda a=a: a, lambda b=b: b), m.where(done, lambda: m.num(0), rest)  # type: ignore[misc]
    return a


def _power(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    """x^y modulo 2^bits for 0 <= y < 8."""
    result, power = m.num(1), m.num(1)
    for k in range(1, 8):
        power = wrapped(m, power * x, bits)
        result = m.where(m.lt(y, m.num(k - HALF)), lambda r=result: r, lambda p=power: p)  # type: ignore[misc]
    return result


def _shifted_left(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    result = x
    for k in range(1, bits):
        result = m.where(m.lt(y, m.num(k - HALF)), lambda r=result: r, lambda k=k: x * 2**k)  # type: ignore[misc]
    return wrapped(m, result, bits)


def _shifted_right(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    result = x
    for k in range(1, bits):
        result = m.where(m.lt(y, m.num(k - HALF)), lambda r=result: r, lambda k=k: m.floor(x / 2**k))  # type: ignore[misc]
    return result


def _logically_shifted(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    return wrapped(m, _shifted_right(m, unsigned(m, x, bits), y, bits), bits)


def _lcm(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    common = greatest_common_divisor(m, x, y, bits)
    return m.where(m.lt(common, m.num(HALF)), lambda: m.num(0), lambda: m.abs(x) * (m.abs(y) / common))


def _remainder(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
    divisor = away_from_zero(m, y)
    rest = m.fmod(x, divisor)

    def against(side: N) -> N:
        """Moved by one divisor where `side` is on the wrong side of zero."""
        return m.where(negative(m, side), lambda: rest + divisor, lambda: rest)

    return m.where(negative(m, divisor), lambda: against(-rest), lambda: against(rest))


def _bitwise(join: OfTwo) -> Binary:
    def function(m: Arithmetic[N], x: N, y: N, bits: int) -> N:
        return number(m, [join(m, a, b) for a, b in zip(digits(m, x, bits), digits(m, y, bits), strict=True)])

    return function


#: Name, what it is, and its source; y is a divisor that is not zero for quotients and remainders.
BINARY: dict[str, tuple[Binary, str]] = {
    "add": (lambda m, x, y, bits: wrapped(m, x + y, bits), "x + y modulo 2^bits; numpy.add of integers"),
    "sub": (lambda m, x, y, bits: wrapped(m, x - y, bits), "x - y modulo 2^bits; numpy.subtract of integers"),
    "mul": (lambda m, x, y, bits: wrapped(m, x * y, bits), "x y modulo 2^bits; numpy.multiply of integers"),
    "mulhi": (lambda m, x, y, bits: m.floor(x * y / 2**bits), "the upper half of the product; jax.lax.mulhi"),
    "floor_divide": (lambda m, x, y, bits: floor_quotient(m, x, away_from_zero(m, y)), "floor(x/y); numpy.floor_divide"),
    "trunc_divide": (lambda m, x, y, bits: truncated_quotient(m, x, away_from_zero(m, y)), "x/y towards zero; C23 6.5.6"),
    "remainder": (_remainder, "x - floor(x/y) y; numpy.remainder"),
    "fmod": (lambda m, x, y, bits: m.fmod(x, away_from_zero(m, y)), "x - trunc(x/y) y; numpy.fmod"),
    "pow": (_power, "x^y modulo 2^bits; numpy.power of integers"),
    "left_shift": (_shifted_left, "x 2^y modulo 2^bits; numpy.left_shift"),
    "right_shift": (_shifted_right, "floor(x / 2^y); numpy.right_shift"),
    "logical_shift": (
        _logically_shifted,
        "the pattern of two's complement moved down, zeros coming in; jax.lax.shift_right_logical",
    ),
    "bitwise_and": (_bitwise(lambda m, a, b: m.min([a, b])), "by bits of two's complement; numpy.bitwise_and"),
    "bitwise_or": (_bitwise(lambda m, a, b: m.max([a, b])), "by bits of two's complement; numpy.bitwise_or"),
    "bitwise_xor": (_bitwise(lambda m, a, b: m.max([a, b]) - m.min([a, b])), "by bits of two's complement; numpy.bitwise_xor"),
    "gcd": (greatest_common_divisor, "the greatest common divisor; numpy.gcd"),
    "lcm": (_lcm, "the least common multiple; numpy.lcm"),
}
UNARY: dict[str, tuple[Unary, str]] = {
    "neg": (lambda m, x, bits: wrapped(m, -x, bits), "-x modulo 2^bits; numpy.negative of integers"),
    "abs": (lambda m, x, bits: wrapped(m, m.abs(x), bits), "|x| modulo 2^bits, so that the least number stays; numpy.absolute"),
    "square": (lambda m, x, bits: wrapped(m, x * x, bits), "x^2 modulo 2^bits; numpy.square of integers"),
    "sign": (lambda m, x, bits: m.min([m.max([x, m.num(-1)]), m.num(1)]), "-1, 0 or 1; numpy.sign"),
    "bitwise_not": (lambda m, x, bits: -x - 1, "by bits of two's complement; numpy.invert"),
    "population_count": (lambda m, x, bits: m.sum(digits(m, x, bits)), "the ones of two's complement; jax.lax.population_count"),
    "bitwise_count": (lambda m, x, bits: m.sum(digits(m, m.abs(x), bits)), "the ones of |x|; numpy.bitwise_count"),
    "leading_zeros": (
        lambda m, x, bits: m.sum(
            [m.where(m.lt(unsigned(m, x, bits), m.num(2**k - HALF)), lambda: m.num(1), lambda: m.num(0)) for k in range(bits)]
        ),
        "the zeros before the first one of two's complement; jax.lax.clz",
    ),
}


def _of_one(function: Unary, bits: int) -> Definition:
    def of_one(m: Arithmetic[N], x: N) -> N:
        return function(m, x, bits)

    return of_one


def _of_two(function: Binary, bits: int) -> Definition:
    def of_two(m: Arithmetic[N], x: N, y: N) -> N:
        return function(m, x, y, bits)

    return of_two


def _define(name: str, made: Definition, text: str, bits: int) -> None:
    made.__name__ = made.__qualname__ = f"{name}_int{bits}"
    made.__doc__ = f"Of {bits} bits: {text}."
    define(made.__name__)(made)


for _bits in WIDTHS:
    for _name, (_binary, _text) in BINARY.items():
        _define(_name, _of_two(_binary, _bits), _text, _bits)
    for _name, (_unary, _text) in UNARY.items():
        _define(_name, _of_one(_unary, _bits), _text, _bits)


def _truncated_mean(m: Arithmetic[N], x: list[N]) -> N:
    total = m.sum(x)
    size = m.floor((2 * m.abs(total) + 1) / (2 * len(x)))
    return m.where(negative(m, total), lambda: -size, lambda: size)


@define("mean_int8")
def mean_int8(m: Arithmetic[N], x: list[N]) -> N:
    """The mean towards zero, which no sum on the way can leave the range of; tf.math.reduce_mean keeps the integers' type."""
    return _truncated_mean(m, x)


@define("mean_int32")
def mean_int32(m: Arithmetic[N], x: list[N]) -> N:
    """The mean towards zero, which no sum on the way can leave the range of; tf.math.reduce_mean keeps the integers' type."""
    return _truncated_mean(m, x)
