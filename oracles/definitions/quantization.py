"""Casts to narrower formats and to integers, and affine quantisation: exact, by comparisons, powers of two and floor."""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.comparisons import less_equal
from ulpfuzz.oracles.definitions.rounding import half_even, power_of_two, trunc


def to_format(m: Arithmetic[N], x: N, precision: int, least: int, top: Fraction, *, infinities: bool = True) -> N:
    """The nearest number of a binary format, ties to even (IEEE 754-2019, 4.3.1). Beyond `top`, its greatest, stands a number beyond every
    format of the frameworks, which overflows to the infinity that is right (7.4); undefined where the format has no infinities.

    precision: bits of the significand; least: the exponent of the least normal number.
    """
    smallest = Fraction(2) ** (least - precision + 1)
    normal = m.lt(m.abs(x), m.num(Fraction(2) ** least))
    unit = m.where(normal, lambda: m.num(smallest), lambda: power_of_two(m, x)[1] * Fraction(2) ** (1 - precision))
    rounded = half_even(m, x / unit) * unit
    if not infinities:
        return m.where(m.lt(m.num(top), m.abs(rounded)), lambda: (x - x) / m.num(0), lambda: rounded)
    beyond = m.exp(m.num(20000))
    return m.where(
        m.lt(rounded, m.num(-top)), lambda: -beyond, lambda: m.where(m.lt(m.num(top), rounded), lambda: beyond, lambda: rounded)
    )


@define("cast_float16")
def cast_float16(m: Arithmetic[N], x: N) -> N:
    """Through IEEE 754's binary16."""
    return to_format(m, x, 11, -14, Fraction(65504))


@define("cast_bfloat16")
def cast_bfloat16(m: Arithmetic[N], x: N) -> N:
    """Through bfloat16: 8 bits of significand, the exponents of binary32."""
    return to_format(m, x, 8, -126, (2 - Fraction(2) ** -7) * Fraction(2) ** 127)


@define("cast_float32")
def cast_float32(m: Arithmetic[N], x: N) -> N:
    """Through IEEE 754's binary32."""
    return to_format(m, x, 24, -126, (2 - Fraction(2) ** -23) * Fraction(2) ** 127)


@define("cast_float8_e4m3fn")
def cast_float8_e4m3fn(m: Arithmetic[N], x: N) -> N:
    """Through E4M3 of OCP's 8-bit floating point specification (2023), table 1: 448 is its greatest number."""
    return to_format(m, x, 4, -6, Fraction(448), infinities=False)


@define("cast_float8_e5m2")
def cast_float8_e5m2(m: Arithmetic[N], x: N) -> N:
    """Through E5M2 of OCP's 8-bit floating point specification (2023), table 1: 57344 is its greatest number."""
    return to_format(m, x, 3, -14, Fraction(57344))


@define("cast_float8_e4m3fnuz")
def cast_float8_e4m3fnuz(m: Arithmetic[N], x: N) -> N:
    """Through E4M3 with a bias of 8, Noune et al., 2022: 240 is its greatest number."""
    return to_format(m, x, 4, -7, Fraction(240), infinities=False)


@define("cast_float8_e5m2fnuz")
def cast_float8_e5m2fnuz(m: Arithmetic[N], x: N) -> N:
    """Through E5M2 with a bias of 16, Noune et al., 2022: 57344 is its greatest number."""
    return to_format(m, x, 3, -15, Fraction(57344), infinities=False)


@define("reduce_precision")
def reduce_precision(m: Arithmetic[N], x: N, exponent_bits: int = 5, mantissa_bits: int = 10) -> N:
    """Through the format with these numbers of bits of exponent and of mantissa after the point; XLA's operation semantics, ReducePrecision."""
    bias = 2 ** (exponent_bits - 1) - 1
    return to_format(m, x, mantissa_bits + 1, 1 - bias, (2 - Fraction(2) ** -mantissa_bits) * Fraction(2) ** bias)


@define("cast_int8")
def cast_int8(m: Arithmetic[N], x: N) -> N:
    """Towards zero; C23 6.3.1.4."""
    return trunc(m, x)


@define("cast_uint8")
def cast_uint8(m: Arithmetic[N], x: N) -> N:
    """Towards zero; C23 6.3.1.4."""
    return trunc(m, x)


@define("cast_int16")
def cast_int16(m: Arithmetic[N], x: N) -> N:
    """Towards zero; C23 6.3.1.4."""
    return trunc(m, x)


@define("cast_int32")
def cast_int32(m: Arithmetic[N], x: N) -> N:
    """Towards zero; C23 6.3.1.4."""
    return trunc(m, x)


@define("saturate_cast_int8")
def saturate_cast_int8(m: Arithmetic[N], x: N) -> N:
    """Towards zero, into [-128, 127]; tf.saturate_cast."""
    return trunc(m, m.max([m.min([x, m.num(127)]), m.num(-128)]))


@define("saturate_cast_uint8")
def saturate_cast_uint8(m: Arithmetic[N], x: N) -> N:
    """Towards zero, into [0, 255]; tf.saturate_cast."""
    return trunc(m, m.max([m.min([x, m.num(255)]), m.num(0)]))


@define("saturate_cast_int32")
def saturate_cast_int32(m: Arithmetic[N], x: N) -> N:
    """Towards zero, into [-2^31, 2^31 - 1]; tf.saturate_cast."""
    return trunc(m, m.max([m.min([x, m.num(2**31 - 1)]), m.num(-(2**31))]))


@define("saturate_cast_float16")
def saturate_cast_float16(m: Arithmetic[N], x: N) -> N:
    """Through binary16, into [-65504, 65504]; tf.saturate_cast."""
    return cast_float16(m, m.max([m.min([x, m.num(65504)]), m.num(-65504)]))


def affine(m: Arithmetic[N], x: N, scale: float, zero_point: int, lowest: int, highest: int) -> N:
    """(q - zero_point) scale with q = round(x / scale) + zero_point, halves to even, clamped; torch.fake_quantize_per_tensor_affine."""
    step = m.num(scale)
    q = m.max([m.min([half_even(m, x / step) + zero_point, m.num(highest)]), m.num(lowest)])
    return (q - zero_point) * step


@define("fake_quantize")
def fake_quantize(m: Arithmetic[N], x: N, scale: float = 0.75, zero_point: int = 0) -> N:
    """Affine quantisation to 8 bits with a sign, and back; torch.fake_quantize_per_tensor_affine."""
    return affine(m, x, scale, zero_point, -128, 127)


@define("fake_quantize_gradient")
def fake_quantize_gradient(m: Arithmetic[N], x: N, g: N, scale: float = 0.75, zero_point: int = 0) -> N:
    """g where round(x / scale) + zero_point needs no clamping, else 0: the straight-through estimator, Bengio et al., 2013. At a NaN the
    mask -128 <= q and q <= 127 is false."""
    q = half_even(m, x / m.num(scale)) + zero_point
    edge = Fraction(1, 2)
    zero = m.num(0)
    return m.where(
        m.lt(m.num(-128 - edge), q), lambda: m.where(m.lt(q, m.num(127 + edge)), lambda: g, lambda: zero), lambda: zero
    )


@define("fake_quantize_per_channel")
def fake_quantize_per_channel(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Three channels with scales 1/8, 3/4 and 3 and zero points 0, 3 and -5; torch.fake_quantize_per_channel_affine."""
    return [affine(m, v, s, z, -128, 127) for v, s, z in zip(x, (0.125, 0.75, 3.0), (0, 3, -5), strict=True)]


def nudged(low: float, high: float, bits: int) -> tuple[Fraction, Fraction, Fraction]:
    """(step, low', high') of 2^bits equidistant numbers where 0 is one of them; tf.quantization.fake_quant_with_min_max_args."""
    width = Fraction(high) - Fraction(low)
    step = width / (2**bits - 1)
    least = step * round(Fraction(low) / step)
    return step, least, least + width


def between(m: Arithmetic[N], x: N, low: float, high: float, bits: int = 8) -> N:
    """x clamped to [low', high'] and rounded to the nearest of the 2^bits numbers, halves upwards."""
    step, least, most = nudged(low, high, bits)
    inside = m.min([m.max([x, m.num(least)]), m.num(most)])
    return m.floor((inside - least) / step + Fraction(1, 2)) * step + least


@define("fake_quantize_between_gradient")
def fake_quantize_between_gradient(m: Arithmetic[N], x: N, g: N, low: float = -8.0, high: float = 7.9375) -> N:
    """g for low' <= x <= high', else 0, so at a NaN; tf.quantization.fake_quant_with_min_max_args_gradient."""
    _, least, most = nudged(low, high, 8)
    inside = less_equal(m, m.num(least), x) * less_equal(m, x, m.num(most))
    return m.where(m.lt(m.num(Fraction(1, 2)), inside), lambda: g, lambda: m.num(0))


@define("fake_quantize_between")
def fake_quantize_between(m: Arithmetic[N], x: N, low: float = -8.0, high: float = 7.9375) -> N:
    """256 numbers between low and high; tf.quantization.fake_quant_with_min_max_args."""
    return between(m, x, low, high)


@define("fake_quantize_between_per_channel")
def fake_quantize_between_per_channel(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Three channels, between -8 and 7.9375, -1 and 2, -4 and 3.96875; tf.quantization.fake_quant_with_min_max_vars_per_channel. Of
    none is low / step half-way between two whole numbers: the page does not say which way such a tie goes."""
    return [between(m, v, a, b) for v, a, b in zip(x, (-8.0, -1.0, -4.0), (7.9375, 2.0, 3.96875), strict=True)]


@define("quantize_and_dequantize")
def quantize_and_dequantize(m: Arithmetic[N], x: N) -> N:
    """round(8 x)/8, halves to even, of x clamped to [-16, 127/8]; tf.quantization.quantize_and_dequantize_v2, 8 bits with a sign, where
    the range makes the scale 8."""
    inside = m.min([m.max([x, m.num(-16)]), m.num(Fraction(127, 8))])
    return half_even(m, inside * 8) / 8
