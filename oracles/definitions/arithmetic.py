"""Arithmetic beyond the four operations: magnitudes, extrema, clipping, fused formulas, quotients that define their poles."""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Truth, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.elementwise import floor_divide as floor_quotient
from ulpfuzz.oracles.definitions.elementwise import remainder


@define("abs")
def absolute(m: Arithmetic[N], x: N) -> N:
    return m.abs(x)


@define("neg")
def neg(m: Arithmetic[N], x: N) -> N:
    return -x


@define("positive")
def positive(m: Arithmetic[N], x: N) -> N:
    return x


@define("maximum")
def maximum(m: Arithmetic[N], x: N, y: N) -> N:
    return m.max([x, y])


@define("minimum")
def minimum(m: Arithmetic[N], x: N, y: N) -> N:
    return m.min([x, y])


@define("fmax")
def fmax(m: Arithmetic[N], x: N, y: N) -> N:
    """The larger, and the number where one of them is NaN (the record's `accepts`); C23 7.12.12.2."""
    return m.max([x, y])


@define("fmin")
def fmin(m: Arithmetic[N], x: N, y: N) -> N:
    """The smaller, and the number where one of them is NaN (the record's `accepts`); C23 7.12.12.3."""
    return m.min([x, y])


@define("clip")
def clip(m: Arithmetic[N], x: N, low: float = -1.0, high: float = 1.0) -> N:
    """min(max(x, low), high); numpy.clip."""
    return m.min([m.max([x, m.num(low)]), m.num(high)])


@define("clip_between")
def clip_between(m: Arithmetic[N], x: N, b: Vector[N]) -> N:
    """min(max(x, b_0), b_1) for b_0 <= b_1; torch.clamp."""
    return m.min([m.max([x, b[0]]), b[1]])


@define("lerp")
def lerp(m: Arithmetic[N], x: N, y: N, w: N) -> N:
    """x + w (y - x); torch.lerp."""
    return x + w * (y - x)


@define("addcmul")
def addcmul(m: Arithmetic[N], x: N, y: N, z: N, value: float = 1.0) -> N:
    """x + value y z; torch.addcmul."""
    return x + m.num(value) * y * z


@define("addcdiv")
def addcdiv(m: Arithmetic[N], x: N, y: N, z: N, value: float = 1.0) -> N:
    """x + value y/z; torch.addcdiv."""
    return x + m.num(value) * y / z


@define("scaled_add")
def scaled_add(m: Arithmetic[N], x: N, y: N, alpha: float = 2.0) -> N:
    """x + alpha y; torch.add."""
    return x + m.num(alpha) * y


@define("squared_difference")
def squared_difference(m: Arithmetic[N], x: N, y: N) -> N:
    """(x - y)^2; tf.math.squared_difference."""
    return m.square(x - y)


@define("deg2rad")
def deg2rad(m: Arithmetic[N], x: N) -> N:
    """pi x / 180; numpy.deg2rad."""
    return x * m.const("pi") / 180


@define("rad2deg")
def rad2deg(m: Arithmetic[N], x: N) -> N:
    """180 x / pi; numpy.rad2deg."""
    return 180 * x / m.const("pi")


def _vanishes(m: Arithmetic[N], x: N) -> Truth:
    """Whether a number of binary64 or of a narrower format is zero, where a value stands alone beside a pole: nothing there is removable."""
    return m.lt(m.abs(x), m.num(Fraction(1, 2**1080)))


@define("divide_no_nan")
def divide_no_nan(m: Arithmetic[N], x: N, y: N) -> N:
    """x/y, and 0 for y = 0; tf.math.divide_no_nan. It has a derivative of zero there."""
    return m.where(_vanishes(m, y), lambda: m.num(0), lambda: x / y)


@define("multiply_no_nan")
def multiply_no_nan(m: Arithmetic[N], x: N, y: N) -> N:
    """x y, and 0 for y = 0 even if x is infinite or NaN; tf.math.multiply_no_nan."""
    return x * y


@define("reciprocal_no_nan")
def reciprocal_no_nan(m: Arithmetic[N], x: N) -> N:
    """1/x, and 0 for x = 0; tf.math.reciprocal_no_nan."""
    return m.where(_vanishes(m, x), lambda: m.num(0), lambda: 1 / x)


@define("xdivy")
def xdivy(m: Arithmetic[N], x: N, y: N) -> N:
    """x/y, and 0 for x = 0; tf.math.xdivy."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x / y)


@define("trunc_divide")
def trunc_divide(m: Arithmetic[N], x: N, y: N) -> N:
    """trunc(x/y), as (x - fmod(x, y))/y; the pole of x/y at y = 0; torch.div, rounding_mode "trunc"."""
    return m.where(m.eq0(y), lambda: x / y, lambda: (x - m.fmod(x, y)) / y)


@define("divmod")
def divmod_pair(m: Arithmetic[N], x: N, y: N) -> Vector[N]:
    """[floor(x/y), x - floor(x/y) y]; numpy.divmod."""
    return [floor_quotient(m, x, y), remainder(m, x, y)]


@define("integer_pow")
def integer_pow(m: Arithmetic[N], x: N, n: int = 3) -> N:
    """x^n for a whole n, as a product; jax.lax.integer_pow."""
    product = x
    for _ in range(abs(n) - 1):
        product = product * x
    return product if n > 0 else 1 / product


@define("scalar_pow")
def scalar_pow(m: Arithmetic[N], x: N, p: float = 0.5) -> N:
    """x^p for x >= 0 and a constant p; torch.pow."""
    return m.pow(x, Fraction(p))


@define("base_pow")
def base_pow(m: Arithmetic[N], y: N, base: float = 2.0) -> N:
    """base^y; torch.pow."""
    return m.exp(y * m.log(m.num(base)))


@define("nan_to_num")
def nan_to_num(m: Arithmetic[N], x: N) -> N:
    """x where it is finite; what replaces the rest, the record says; numpy.nan_to_num."""
    return x


@define("log1mexp")
def log1mexp(m: Arithmetic[N], x: N) -> N:
    """log(1 - e^-x); jax.nn.log1mexp, Maechler 2012."""
    return m.log(-m.expm1(-x))
