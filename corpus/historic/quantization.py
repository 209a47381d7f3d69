"""Quantised numbers and casts: whole numbers in a format that holds them; what a processor makes of a cast that does not fit is written
out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import EXACT, Array, Old, count, replay
from ulpfuzz.fuzzer.catalog.op import scalar, vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.rounding import half_even, trunc

Number = Any
HALF = Fraction(1, 2)
INT32 = 2**31 - 1


def _within(m: Any, value: Number, low: int, high: int) -> Number:
    return m.min([m.max([value, m.num(low)]), m.num(high)])


@define("historic_dequantized")
def _dequantized(m: Any, q: Number) -> Number:
    """-2^31/16 + (q + 2^31)/16: q/16."""
    return q / 16


@define("historic_quantized_int8")
def _quantized_int8(m: Any, x: Number) -> Number:
    """8 x, rounded to even and brought into [-128, 127]."""
    return _within(m, half_even(m, 8 * x), -128, 127)


@define("historic_quantized_int32")
def _quantized_int32(m: Any, x: Number) -> Number:
    """64 x, rounded to even and brought into 32 bits."""
    return _within(m, half_even(m, 64 * x), -INT32 - 1, INT32)


@define("historic_quantized_bias")
def _quantized_bias(m: Any, b: Number) -> Number:
    """b 2^20, rounded to even; the scale is chosen so that it fits."""
    return half_even(m, b * 2**20)


@define("historic_quantized_mean")
def _quantized_mean(m: Any, total: Number, zero: Number) -> Number:
    """total/8, rounded to even, plus a zero point, within 8 bits."""
    return _within(m, half_even(m, total / 8) + zero, -128, 127)


@define("historic_activation_bound")
def _activation_bound(m: Any, e: Number, zero: Number) -> Number:
    """zero + 6 2^e, or -1 where 32 bits do not hold it."""
    value = 6 * m.exp2(e)
    return m.where(m.lt(m.num(INT32 + HALF), value + zero), lambda: m.num(-1), lambda: value + zero)


@define("historic_upper_half")
def _upper_half(m: Any, v: Number) -> Number:
    """v / 2^16 rounded half up, at most 2^15 - 1."""
    return m.min([m.floor((2 * v + 2**16 + 1) / 2**17), m.num(2**15 - 1)])


@define("historic_rounding_shift")
def _rounding_shift(m: Any, v: Number, s: Number) -> Number:
    """floor(v / 2^s + 1/2)."""
    return m.floor((2 * v + 1) / m.exp2(s + 1) + HALF)


@define("historic_saturated_int64")
def _saturated(m: Any, x: Number) -> Number:
    """x 2^40 towards zero, within 64 bits as binary64 holds their ends."""
    return m.min([m.max([trunc(m, x * 2**40), m.num(-(2**63))]), m.num(2**63)])


@define("historic_ramp")
def _ramp(m: Any, i: Number) -> Number:
    """-128 + i: the i-th number of 8 bits."""
    return i - 128


@define("historic_less_zero_point")
def _less_zero_point(m: Any, q: Number, z: Number) -> Number:
    """(q - z)/16."""
    return (q - z) / 16


@define("historic_power_in_binary32")
def _power_in_binary32(m: Any, e: Number) -> Number:
    """2^e, or -1 where binary32 does not hold it."""
    return m.where(m.lt(m.num(127 + HALF), e), lambda: m.num(-1), lambda: m.exp2(e))


@define("historic_whole_in_binary64")
def _whole_in_binary64(m: Any, n: Number) -> Number:
    """n 2^20, which binary64 holds."""
    return n * 2**20


def cast_as_x86(x: Array, bits: int) -> Array:
    """Towards zero; what does not fit is the least number (Intel SDM, CVTTSD2SI: the integer indefinite)."""
    low, high = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1)
    whole = np.trunc(x)
    return np.where((whole >= low) & (whole < high), whole, low)


def offset_first(q: Array) -> Array:
    narrow = q.astype(np.float32)
    return (np.float32(-(2.0**27)) + (narrow - np.float32(-(2.0**31))) * np.float32(1 / 16)).astype(q.dtype)


def offset_last(q: Array) -> Array:
    return ((-(2.0**27) + 2.0**31 / 16) + q / 16).astype(q.dtype)


def clamped_by_digits(x: Array) -> Array:
    return np.clip(np.rint(8 * x), -64, 63)


def clamped_by_bits(x: Array) -> Array:
    return np.clip(np.rint(8 * x), -128, 127)


def clamped_to_rounded_end(x: Array) -> Array:
    return cast_as_x86(np.clip(np.rint(64 * x), -(2.0**31), 2.0**31), 32)


def clamped_to_end(x: Array) -> Array:
    return np.clip(np.rint(64 * x), -(2.0**31), 2.0**31 - 1)


def bias_clipped(b: Array) -> Array:
    return np.clip(np.rint(b * 2.0**20), -(2.0**31), 2.0**31 - 1)


def bias_by_larger_scale(b: Array) -> Array:
    """By a power of two more of the scale where it would not fit; here it is reported at the first scale."""
    return np.rint(b * 2.0**20)


def cast_then_offset(total: Array, zero: Array) -> Array:
    return (np.rint(total / 8).astype(np.int64).astype(np.int8) + zero.astype(np.int8)).astype(np.int8).astype(total.dtype)


def clamped_then_cast(total: Array, zero: Array) -> Array:
    return np.clip(np.rint(total / 8) + zero, -128, 127)


def bytes_in_16_bits(x: Array) -> Array:
    return (x.astype(np.uint16).sum(axis=-1, dtype=np.uint16) // np.uint16(x.shape[-1])).astype(x.dtype)


def pairs_saturated(a: Array, b: Array) -> Array:
    """Neighbouring products added in 16 bits that saturate (Intel SDM, PMADDUBSW)."""
    products = a.astype(np.int64) * b.astype(np.int64)
    if products.shape[-1] % 2:
        products = np.concatenate([products, np.zeros_like(products[..., :1])], axis=-1)
    pairs = np.clip(products[..., 0::2] + products[..., 1::2], -32768, 32767)
    return pairs.sum(axis=-1).astype(a.dtype)


def products_in_64_bits(a: Array, b: Array) -> Array:
    return (a.astype(np.int64) * b.astype(np.int64)).sum(axis=-1).astype(a.dtype)


def bound_wrapped(e: Array, zero: Array) -> Array:
    return zero + cast_as_x86(np.rint(6 * np.exp2(e)), 32)


def bound_or_report(e: Array, zero: Array) -> Array:
    value = np.rint(6 * np.exp2(e)) + zero
    return np.where(value > INT32, -1, value)


def half_up_in_32_bits(v: Array) -> Array:
    return ((v.astype(np.int32) + np.int32(2**15)) >> np.int32(16)).astype(v.dtype)


def half_up_below_end(v: Array) -> Array:
    return np.minimum((v.astype(np.int64) + 2**15) >> 16, 2**15 - 1).astype(v.dtype)


def shift_of_maskedcount(v: Array, s: Array) -> Array:
    count = s.astype(np.int64) & 31
    return ((v.astype(np.int64) + np.where(count > 0, 1 << np.maximum(count - 1, 0), 0)) >> count).astype(v.dtype)


def shift_or_zero(v: Array, s: Array) -> Array:
    count = s.astype(np.int64)
    return ((v.astype(np.int64) + np.where(count > 0, 1 << np.maximum(count - 1, 0), 0)) >> count).astype(v.dtype)


def clipped_in_floating_point(x: Array) -> Array:
    return cast_as_x86(np.clip(x, -(2.0**24), 2.0**24) * 2.0**40, 64)


def compared_first(x: Array) -> Array:
    return np.where(
        x >= 2.0**23, 2.0**63, np.where(x <= -(2.0**23), -(2.0**63), np.trunc(np.clip(x, -(2.0**23), 2.0**23) * 2.0**40))
    )


def ramp_of_cast_offsets(i: Array) -> Array:
    return (cast_as_x86(i, 8).astype(np.int8) + np.int8(-128)).astype(i.dtype)


def ramp_of_clamped_offsets(i: Array) -> Array:
    return np.minimum(i, 127) - 128


def ramp_in_binary64(i: Array) -> Array:
    return i - 128


def zero_point_by_its_bits(q: Array, z: Array) -> Array:
    """The zero point is kept as a number of binary32 and read as a whole one."""
    return (q - z.astype(np.float32).view(np.int32).astype(q.dtype)) / 16


def zero_point_as_a_number(q: Array, z: Array) -> Array:
    return (q - z) / 16


def power_cast(e: Array) -> Array:
    return np.exp2(e).astype(np.float32).astype(e.dtype)


def power_cast_or_report(e: Array) -> Array:
    return np.where(e > 127, -1.0, np.exp2(e))


def whole_if_exact_integers_go_on(n: Array) -> Array:
    """Refused (reported as -1) beyond 2^53, where not every whole number is one of binary64."""
    whole = n * 2.0**20
    return np.where(np.abs(whole) > 2.0**53, -1.0, whole)


def whole_rounded(n: Array) -> Array:
    return n * 2.0**20


REPLAYS = [
    replay("quantized_ramp", [count("i", 0, 255)], "quantization.ramp_in_binary64(i)",
           Old((224,), "quantization.ramp_of_cast_offsets(i)", "quantization.ramp_of_clamped_offsets(i)"), definition="historic_ramp", **EXACT),
    replay("dequantize_by_zero_point", [count("q", 0, 255), count("z", 0, 255)], "quantization.zero_point_as_a_number(q, z)",
           Old((241,), "quantization.zero_point_by_its_bits(q, z)"), definition="historic_less_zero_point", **EXACT),
    replay("cast_to_float32", [count("e", 0, 255)], "quantization.power_cast_or_report(e)", Old((189,), "quantization.power_cast(e)"),
           definition="historic_power_in_binary32", **EXACT),
    replay("int_to_float64", [count("n", -(2**40), 2**40)], "quantization.whole_rounded(n)",
           Old((59,), "quantization.whole_if_exact_integers_go_on(n)"), definition="historic_whole_in_binary64", **EXACT),
    replay("dequantize_linear", [count("q", -(2**31), INT32)], "quantization.offset_last(q)", Old((9,), "quantization.offset_first(q)"),
           definition="historic_dequantized", **EXACT),
    replay("quantize_per_tensor_int8", [scalar("x", finite=True)], "quantization.clamped_by_bits(x)", Old((72,), "quantization.clamped_by_digits(x)"),
           definition="historic_quantized_int8", **EXACT),
    replay("quantize_per_tensor_int32", [scalar("x", finite=True)], "quantization.clamped_to_end(x)", Old((225,),
           "quantization.clamped_to_rounded_end(x)"),
           definition="historic_quantized_int32", **EXACT),
    replay("quantize_bias", [scalar("b", -(2.0**20), 2.0**20, finite=True)], "quantization.bias_by_larger_scale(b)",
           Old((171,), "quantization.bias_clipped(b)"), definition="historic_quantized_bias", **EXACT),
    replay("quantized_mean", [count("total", -4096, 4096), count("zero", -128, 127)], "quantization.clamped_then_cast(total, zero)",
           Old((172,), "quantization.cast_then_offset(total, zero)"), definition="historic_quantized_mean", **EXACT),
    replay("avg_pool_quantized", [vector("x", 0, 255, integers=True)], "integers.mean_in_64_bits(x)", Old((192,),
           "quantization.bytes_in_16_bits(x)"),
           definition="historic_truncated_mean", lengths=(4, 64, 289, 1000), **EXACT),
    replay("quantized_matmul_int16_acc", [vector("a", 0, 255, integers=True), vector("b", -128, 127, integers=True)],
           "quantization.products_in_64_bits(a, b)", Old((67,), "quantization.pairs_saturated(a, b)"), definition="dot", **EXACT),
    replay("activation_range_quantized", [count("e", 0, 40), count("zero", 0, 255)], "quantization.bound_or_report(e, zero)",
           Old((149,), "quantization.bound_wrapped(e, zero)"), definition="historic_activation_bound", **EXACT),
    replay("multiply_by_quantized_multiplier", [count("v", 0, INT32)], "quantization.half_up_below_end(v)",
           Old((160,), "quantization.half_up_in_32_bits(v)"), definition="historic_upper_half", **EXACT),
    replay("quantize_multiplier", [count("v", 0, INT32), count("s", 0, 40)], "quantization.shift_or_zero(v, s)",
           Old((179,), "quantization.shift_of_maskedcount(v, s)"), definition="historic_rounding_shift", **EXACT),
    replay("saturating_cast_int64", [scalar("x", finite=True)], "quantization.compared_first(x)", Old((31,),
           "quantization.clipped_in_floating_point(x)"),
           definition="historic_saturated_int64", **EXACT),
]  # fmt: skip
