"""Integer arithmetic at 8 and 16 bits: numbers are whole, in a format that holds them and their results exactly; the methods cast."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import EXACT, Array, Old, count, replay
from ulpfuzz.fuzzer.catalog.op import scalar, vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.integers import away_from_zero, floor_quotient

Number = Any
HALF = Fraction(1, 2)
#: The largest number of 16 bits, and of 8.
WIDE, NARROW = 32767, 127


@define("historic_ceil_div")
def _ceil_div(m: Any, n: Number, b: Number) -> Number:
    """ceil(n / b) for positive n and b."""
    return floor_quotient(m, n + b - 1, b)


@define("historic_product")
def _product(m: Any, x: Number, y: Number, z: Number) -> Number:
    return x * y * z


@define("historic_sum_of_squared_errors")
def _squared_errors(m: Any, x: list[Number], e: Number) -> Number:
    """sum (x_i - e)^2."""
    return m.sum([(v - e) * (v - e) for v in x])


@define("historic_truncated_mean")
def _truncated_mean(m: Any, x: list[Number]) -> Number:
    """The mean of numbers that are not negative, towards zero."""
    return m.floor((2 * m.sum(x) + 1) / (2 * len(x)))


@define("historic_floor_div")
def _floor_div(m: Any, x: Number, y: Number) -> Number:
    """floor(x / y), y moved by one away from zero where it is not negative."""
    return floor_quotient(m, x, away_from_zero(m, y))


@define("historic_floor_mod")
def _floor_mod(m: Any, x: Number, y: Number) -> Number:
    """x - floor(x / y) y, with the same y."""
    divisor = away_from_zero(m, y)
    return x - divisor * floor_quotient(m, x, divisor)


@define("historic_bits")
def _bits(m: Any, w: Number) -> Number:
    """2^w - 1."""
    return m.exp2(w) - 1


@define("historic_bin_of")
def _bin_of(m: Any, v: Number, bins: Number) -> Number:
    """floor(v bins / 32768) for 0 <= v < 32768."""
    return m.floor((v * bins + Fraction(1, 2)) / 32768)


def whole(x: Array, bits: int) -> Array:
    """The numbers as integers of 8 or 16 bits, which wrap."""
    return x.astype(np.int64).astype({8: np.int8, 16: np.int16}[bits])


def away(y: Array) -> Array:
    """A divisor that is not zero."""
    return y + (y >= 0)


def _back(x: Array, like: Array) -> Array:
    return x.astype(like.dtype)


def rounded_up_sum(n: Array, b: Array) -> Array:
    i, j = whole(n, 16), whole(b, 16)
    return _back((i + j - np.int16(1)) // j, n)


def one_more_than_below(n: Array, b: Array) -> Array:
    i, j = whole(n, 16), whole(b, 16)
    return _back((i - np.int16(1)) // j + np.int16(1), n)


def product_of_16_bits(x: Array, y: Array, z: Array) -> Array:
    return _back(whole(x, 16) * whole(y, 16) * whole(z, 16), x)


def product_of_64_bits(x: Array, y: Array, z: Array) -> Array:
    return _back(x.astype(np.int64) * y.astype(np.int64) * z.astype(np.int64), x)


def squares_in_16_bits(x: Array) -> Array:
    i = whole(x, 16)
    return _back((i * i).sum(axis=-1, dtype=np.int16), x)


def squares_in_64_bits(x: Array) -> Array:
    i = x.astype(np.int64)
    return _back((i * i).sum(axis=-1), x)


def errors_in_16_bits(x: Array, e: Array) -> Array:
    d = whole(x, 16) - whole(e, 16)[..., np.newaxis]
    return _back((d * d).sum(axis=-1, dtype=np.int64), x)


def errors_in_64_bits(x: Array, e: Array) -> Array:
    d = x.astype(np.int64) - e.astype(np.int64)[..., np.newaxis]
    return _back((d * d).sum(axis=-1), x)


def sum_in_8_bits(x: Array) -> Array:
    return _back(whole(x, 8).sum(axis=-1, dtype=np.int8), x)


def sum_in_64_bits(x: Array) -> Array:
    return _back(x.astype(np.int64).sum(axis=-1), x)


def mean_in_8_bits(x: Array) -> Array:
    total = x.astype(np.uint8).sum(axis=-1, dtype=np.uint8)
    return _back(total // np.uint8(max(1, x.shape[-1] % 256)), x)


def mean_in_64_bits(x: Array) -> Array:
    return _back(x.astype(np.int64).sum(axis=-1) // x.shape[-1], x)


def floor_by_magnitudes(x: Array, y: Array) -> Array:
    i, j = whole(x, 16), whole(y, 16)
    size, divisor = np.abs(i), np.abs(j)
    return _back(np.where((i < 0) == (j < 0), size // divisor, -((size + divisor - np.int16(1)) // divisor)), x)


def floor_by_remainder(x: Array, y: Array) -> Array:
    i, j = x.astype(np.int64), y.astype(np.int64)
    q = np.sign(i) * np.sign(j) * (np.abs(i) // np.abs(j))
    return _back(q - ((q * j != i) & ((i < 0) != (j < 0))), x)


def remainder_by_product(x: Array, y: Array) -> Array:
    i, j = whole(x, 16), whole(y, 16)
    r = np.fmod(i, j)
    return _back(np.where(r * j < 0, r + j, r), x)


def remainder_by_signs(x: Array, y: Array) -> Array:
    i, j = whole(x, 16), whole(y, 16)
    r = np.fmod(i, j)
    return _back(np.where((r < 0) != (j < 0), r + j, r), x)


def remainder_by_signs_unless_zero(x: Array, y: Array) -> Array:
    i, j = x.astype(np.int64), y.astype(np.int64)
    r = np.fmod(i, j)
    return _back(np.where((r != 0) & ((r < 0) != (j < 0)), r + j, r), x)


def mask_in_16_bits(w: Array) -> Array:
    shift = whole(w, 16) & np.int16(15)  # as a processor of 16 bits counts
    return _back((np.int16(1) << shift) - np.int16(1), w)


def mask_in_64_bits(w: Array) -> Array:
    return _back((np.int64(1) << w.astype(np.int64)) - 1, w)


def bin_in_16_bits(v: Array, bins: Array) -> Array:
    scaled = whole(v, 16) * whole(bins, 16)
    return _back(scaled.astype(np.int64) // 32768, v)


def bin_in_64_bits(v: Array, bins: Array) -> Array:
    return _back(v.astype(np.int64) * bins.astype(np.int64) // 32768, v)


@define("historic_checked_product")
def _checked_product(m: Any, x: Number, y: Number, z: Number) -> Number:
    """x y z, or -1 where 16 bits do not hold it."""
    product = x * y * z
    return m.where(m.lt(m.num(WIDE + HALF), product), lambda: m.num(-1), lambda: product)


@define("historic_checked_sum")
def _checked_sum(m: Any, x: list[Number]) -> Number:
    """The sum, or -1 where 16 bits do not hold it."""
    total = m.sum(x)
    return m.where(m.lt(m.num(WIDE + HALF), total), lambda: m.num(-1), lambda: total)


@define("historic_next_digit")
def _next_digit(m: Any, v: Number, d: Number) -> Number:
    """10 v + d, or -1 where 16 bits without a sign do not hold it."""
    value = 10 * v + d
    return m.where(m.lt(m.num(65535 + HALF), value), lambda: m.num(-1), lambda: value)


@define("historic_shard_count")
def _shardcount(m: Any, workers: Number, total: Number, cost: Number) -> Number:
    """min(workers, total cost)."""
    return m.min([workers, total * cost])


@define("historic_insertion_point")
def _insertion_point(m: Any, x: Number) -> Number:
    """How many of 0, 1, ..., 119 are less than x, for 0 <= x <= 120."""
    return -m.floor(-x)


@define("historic_slice_length")
def _slice_length(m: Any, begin: Number, end: Number, stride: Number) -> Number:
    """Elements of begin:end:stride, begin <= end."""
    return floor_quotient(m, end - begin + stride - 1, stride)


@define("historic_clamped_sum")
def _clamped_sum(m: Any, x: Number, delta: Number) -> Number:
    """x + delta within [0, 255]."""
    return m.min([m.max([x + delta, m.num(0)]), m.num(255)])


@define("historic_buffer_size")
def _buffer_size(m: Any, h: Number, w: Number, c: Number) -> Number:
    """54 + (h - 1) w c + (w - 1) c."""
    return 54 + (h - 1) * w * c + (w - 1) * c


@define("historic_row_stride")
def _row_stride(m: Any, c: Number, w: Number) -> Number:
    """c w brought up to a multiple of 4."""
    return 4 * m.floor((2 * (c * w + 3) + 1) / 8)


def checked_by_division(x: Array, y: Array, z: Array) -> Array:
    i, j, k = (v.astype(np.int64) for v in (x, y, z))
    product = i * j * k
    return _back(np.where(product > WIDE, -1, product), x)


def bytes_of_checkedcount(x: Array, y: Array, z: Array) -> Array:
    """The count is checked, the bytes are not."""
    i, j, k = (v.astype(np.int64) for v in (x, y, z))
    size = (i * j).astype(np.int16) * k.astype(np.int16)
    return _back(np.where(i * j > WIDE, -1, size), x)


def unchecked_sum(x: Array) -> Array:
    return _back(whole(x, 16).sum(axis=-1, dtype=np.int16), x)


def sum_within(x: Array) -> Array:
    total = x.astype(np.int64).sum(axis=-1)
    return _back(np.where(total > WIDE, -1, total), x)


def digit_if_larger(v: Array, d: Array) -> Array:
    old = v.astype(np.uint16)
    new = old * np.uint16(10) + d.astype(np.uint16)
    return _back(np.where(new < old, -1.0, new), v)


def digit_if_it_fits(v: Array, d: Array) -> Array:
    i, j = v.astype(np.int64), d.astype(np.int64)
    return _back(np.where(i > (65535 - j) // 10, -1, 10 * i + j), v)


def narrowed_before_min(workers: Array, total: Array, cost: Array) -> Array:
    return _back(np.minimum(whole(workers, 16), (total.astype(np.int64) * cost.astype(np.int64)).astype(np.int16)), workers)


def min_before_narrowing(workers: Array, total: Array, cost: Array) -> Array:
    return _back(np.minimum(workers.astype(np.int64), total.astype(np.int64) * cost.astype(np.int64)), workers)


def _searched(x: Array, kind: type, middle: Any) -> Array:
    """Binary search among 0, 1, ..., 119 with indices of one kind; an index outside is where it ends."""
    low: Array = np.zeros(x.shape, kind)
    high: Array = np.full(x.shape, 120, kind)
    for _ in range(8):
        mid = middle(low, high)
        open_ = (low < high) & (mid >= 0)
        less = open_ & (mid < x)
        low, high = np.where(less, mid + kind(1), low), np.where(open_ & ~less, mid, high)
    return low.astype(x.dtype)


def searched_by_sum_of_ends(x: Array) -> Array:
    return _searched(x, np.int8, lambda low, high: (low + high) // np.int8(2))


def searched_by_half_distance(x: Array) -> Array:
    return _searched(x, np.int8, lambda low, high: low + (high - low) // np.int8(2))


def slice_in_16_bits(begin: Array, end: Array, stride: Array) -> Array:
    i, j, k = (v.astype(np.int64).astype(np.int16).astype(np.int64) for v in (begin, end, stride))
    return _back(np.maximum(0, -((i - j) // k)), begin)


def slice_in_64_bits(begin: Array, end: Array, stride: Array) -> Array:
    i, j, k = (v.astype(np.int64) for v in (begin, end, stride))
    return _back(-((i - j) // k), begin)


def brightness_unclipped(x: Array, delta: Array) -> Array:
    return _back((x.astype(np.int64) + delta.astype(np.int64)).astype(np.uint8), x)


def brightness_clipped(x: Array, delta: Array) -> Array:
    return _back(np.clip(x.astype(np.int64) + delta.astype(np.int64), 0, 255), x)


def buffer_in_16_bits(h: Array, w: Array, c: Array) -> Array:
    i, j, k = whole(h, 16), whole(w, 16), whole(c, 16)
    one = np.int16(1)
    return _back(np.int16(54) + (i - one) * j * k + (j - one) * k, h)


def buffer_in_64_bits(h: Array, w: Array, c: Array) -> Array:
    i, j, k = (v.astype(np.int64) for v in (h, w, c))
    return _back(54 + (i - 1) * j * k + (j - 1) * k, h)


def stride_by_bits(c: Array, w: Array) -> Array:
    bits = np.int16(8) * whole(c, 16) * whole(w, 16) + np.int16(31)
    words = np.sign(bits) * (np.abs(bits.astype(np.int64)) // 32).astype(np.int16)  # towards zero, as C divides
    return _back(words * np.int16(4), c)


def stride_by_bytes(c: Array, w: Array) -> Array:
    return _back((c.astype(np.int64) * w.astype(np.int64) + 3) // 4 * 4, c)


def later_of_equals(x: Array) -> Array:
    """The index of the least number by a tree whose nodes keep the right one of equals."""
    return _back(x.shape[-1] - 1 - np.argmin(x[..., ::-1], axis=-1), x)


def later_of_largest(x: Array) -> Array:
    return _back(x.shape[-1] - 1 - np.argmax(x[..., ::-1], axis=-1), x)


def first_of_least(x: Array) -> Array:
    return _back(np.argmin(x, axis=-1), x)


def first_of_largest(x: Array) -> Array:
    return _back(np.argmax(x, axis=-1), x)


#: Rows that multiply sizes: one defect in as many places.
PRODUCTS = (27, 100, 154, 159, 176, 186, 196, 200, 211, 217)

REPLAYS = [
    replay("checked_product", [count(name, 0, 1024) for name in "xyz"], "integers.checked_by_division(x, y, z)",
           Old((143, 152, 204, 218), "integers.product_of_16_bits(x, y, z)"), Old((167,), "integers.bytes_of_checkedcount(x, y, z)"),
           definition="historic_checked_product", **EXACT),
    replay("int_sum_checked", [vector("x", 0, 16384, integers=True)], "integers.sum_within(x)", Old((150, 207), "integers.unchecked_sum(x)"),
           definition="historic_checked_sum", **EXACT),
    replay("parse_uint64", [count("v", 0, 65535), count("d", 0, 9)], "integers.digit_if_it_fits(v, d)", Old((223,),
           "integers.digit_if_larger(v, d)"),
           definition="historic_next_digit", **EXACT),
    replay("shard_count", [count("workers", 1, 1024), count("total", 1, 65536), count("cost", 1, 65536)],
           "integers.min_before_narrowing(workers, total, cost)", Old((227,), "integers.narrowed_before_min(workers, total, cost)"),
           definition="historic_shard_count", **EXACT),
    replay("bucketize", [scalar("x", 0, 120, finite=True)], "integers.searched_by_half_distance(x)", Old((28,),
           "integers.searched_by_sum_of_ends(x)"),
           definition="historic_insertion_point", **EXACT),
    replay("strided_slice", [count("begin", 0, 1000), count("end", 1000, 65535), count("stride", 1, 64)],
           "integers.slice_in_64_bits(begin, end, stride)", Old((170,), "integers.slice_in_16_bits(begin, end, stride)"),
           definition="historic_slice_length", **EXACT),
    replay("adjust_brightness", [count("x", 0, 255), count("delta", -255, 255)], "integers.brightness_clipped(x, delta)",
           Old((220,), "integers.brightness_unclipped(x, delta)"), definition="historic_clamped_sum", **EXACT),
    replay("image_buffer_size", [count("h", 1, 4096), count("w", 1, 4096), count("c", 1, 4)], "integers.buffer_in_64_bits(h, w, c)",
           Old((210, 226), "integers.buffer_in_16_bits(h, w, c)"), definition="historic_buffer_size", **EXACT),
    replay("bmp_row_stride", [count("c", 1, 4), count("w", 1, 8000)], "integers.stride_by_bytes(c, w)", Old((198,),
           "integers.stride_by_bits(c, w)"),
           definition="historic_row_stride", **EXACT),
    replay("argmin", "argmin", "integers.first_of_least(x)", Old((126,), "integers.later_of_equals(x)")),
    replay("argmax", "argmax", "integers.first_of_largest(x)", Old((127,), "integers.later_of_largest(x)")),
    replay("ceil_div_int", [count("n", 1, WIDE), count("b", 1, WIDE)], "integers.one_more_than_below(n, b)", Old((17,),
           "integers.rounded_up_sum(n, b)"),
           definition="historic_ceil_div", **EXACT),
    replay("int_product", [count(name, 0, 2048) for name in "xyz"], "integers.product_of_64_bits(x, y, z)",
           Old(PRODUCTS, "integers.product_of_16_bits(x, y, z)"), definition="historic_product", **EXACT),
    replay("sum_of_squares_uint8", [vector("x", 0, 255, integers=True)], "integers.squares_in_64_bits(x)",
           Old((52,), "integers.squares_in_16_bits(x)"), definition="sum_of_squares", **EXACT),
    replay("sum_sq_int", [vector("x", 0, WIDE, integers=True), count("e", 0, WIDE)], "integers.errors_in_64_bits(x, e)",
           Old((219,), "integers.errors_in_16_bits(x, e)"), definition="historic_sum_of_squared_errors", **EXACT),
    replay("sum_int", [vector("x", -128, NARROW, integers=True)], "integers.sum_in_64_bits(x)", Old((168, 222), "integers.sum_in_8_bits(x)"),
           definition="sum", **EXACT),
    replay("mean_int", [vector("x", 0, 255, integers=True)], "integers.mean_in_64_bits(x)", Old((169,), "integers.mean_in_8_bits(x)"),
           definition="historic_truncated_mean", **EXACT),
    replay("floor_div_int", [count("x", -WIDE, WIDE), count("y", -WIDE, WIDE - 1)], "integers.floor_by_remainder(x, integers.away(y))",
           Old((146,), "integers.floor_by_magnitudes(x, integers.away(y))"), definition="historic_floor_div", **EXACT),
    replay("remainder_int", [count("x", -WIDE, WIDE), count("y", -WIDE, WIDE - 1)], "integers.remainder_by_signs_unless_zero(x, integers.away(y))",
           Old((32,), "integers.remainder_by_product(x, integers.away(y))", "integers.remainder_by_signs(x, integers.away(y))"),
           definition="historic_floor_mod", **EXACT),
    replay("bit_mask", [count("w", 0, 16)], "integers.mask_in_64_bits(w)", Old((177,), "integers.mask_in_16_bits(w)"),
           definition="historic_bits", **EXACT),
    replay("bincount", [count("v", 0, WIDE), count("bins", 1, WIDE)], "integers.bin_in_64_bits(v, bins)", Old((66,),
           "integers.bin_in_16_bits(v, bins)"),
           definition="historic_bin_of", **EXACT),
]  # fmt: skip
