"""Index arithmetic at 16 bits: what loops, launches and buffers of over 2^31 elements did at 32. Rows that the study's data tell in part only: what
a commit widened is known, the tensors that need it do not fit into a test."""

from __future__ import annotations

from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.integers import whole
from ulpfuzz.corpus.historic.replay import EXACT, Array, Old, count, replay
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.integers import floor_quotient

Number = Any
#: Channels of a tile, numbers of a vector register, threads of a warp.
TILE, LANES, WARP = 32, 4, 32


@define("historic_flat_index")
def _flat_index(m: Any, i: Number, j: Number, k: Number, h: Number, w: Number) -> Number:
    """(i h + j) w + k."""
    return (i * h + j) * w + k


@define("historic_tail_index")
def _tail_index(m: Any, n: Number, lane: Number) -> Number:
    """The place of a lane after the last whole vector register of n numbers."""
    return LANES * floor_quotient(m, n, m.num(LANES)) + lane


@define("historic_row_of_thread")
def _row_of_thread(m: Any, block: Number, warps: Number, thread: Number) -> Number:
    """floor((block warps 32 + thread) / 32)."""
    return block * warps + floor_quotient(m, thread, m.num(WARP))


@define("historic_is_beyond")
def _is_beyond(m: Any, i: Number, n: Number) -> Number:
    """1 where i > n - 2, else 0."""
    return m.min([m.max([i + 2 - n, m.num(0)]), m.num(1)])


@define("historic_channel_mean")
def _channel_mean(m: Any, mean: Number, channel: Number, more: Number) -> Number:
    """The mean, whichever channel it is of."""
    return mean + 0 * channel + 0 * more


def _whole(*given: Array) -> list[Array]:
    return [x.astype(np.int64) for x in given]


def flat_in_16_bits(i: Array, j: Array, k: Array, h: Array, w: Array) -> Array:
    a, b, c, d, e = (whole(x, 16) for x in (i, j, k, h, w))
    return ((a * d + b) * e + c).astype(i.dtype)


def flat_in_64_bits(i: Array, j: Array, k: Array, h: Array, w: Array) -> Array:
    a, b, c, d, e = _whole(i, j, k, h, w)
    return ((a * d + b) * e + c).astype(i.dtype)


def next_in_16_bits(i: Array, grid: Array) -> Array:
    return (whole(i, 16) + whole(grid, 16)).astype(i.dtype)


def next_in_64_bits(i: Array, grid: Array) -> Array:
    a, b = _whole(i, grid)
    return (a + b).astype(i.dtype)


def tail_in_16_bits(n: Array, lane: Array) -> Array:
    a = whole(n, 16)
    return (a - a % np.int16(LANES) + whole(lane, 16)).astype(n.dtype)


def tail_in_64_bits(n: Array, lane: Array) -> Array:
    a, b = _whole(n, lane)
    return (a - a % LANES + b).astype(n.dtype)


def row_of_thread_number(block: Array, warps: Array, thread: Array) -> Array:
    number = whole(block, 16) * whole(warps, 16) * np.int16(WARP) + whole(thread, 16)
    return np.trunc(number.astype(np.float64) / WARP).astype(block.dtype)  # towards zero, as C divides


def row_by_warps(block: Array, warps: Array, thread: Array) -> Array:
    a, b, c = _whole(block, warps, thread)
    return (a * b + c // WARP).astype(block.dtype)


def beyond_by_difference(i: Array, n: Array) -> Array:
    return (i.astype(np.uint16) > n.astype(np.uint16) - np.uint16(2)).astype(i.dtype)


def beyond_by_sum(i: Array, n: Array) -> Array:
    a, b = _whole(i, n)
    return (a + 2 > b).astype(i.dtype)


def work_at_largest_cost(units: Array, cost: Array) -> Array:
    """Each unit is said to cost as much as can be said."""
    return (whole(units, 16) * np.int16(32767)).astype(units.dtype)


def work_at_its_cost(units: Array, cost: Array) -> Array:
    a, b = _whole(units, cost)
    return (a * b).astype(units.dtype)


def tiles_rounded_down(mean: Array, channel: Array, more: Array) -> Array:
    """What the launch covers, a power of two of tiles, is computed; the other channels stay zero."""
    c, channels = _whole(channel, channel + more + 1)
    tiles = 2 ** np.floor(np.log2(np.maximum(1, channels // TILE))).astype(np.int64)
    return np.where(c < tiles * TILE, mean, mean.dtype.type(0))


def tiles_rounded_up(mean: Array, channel: Array, more: Array) -> Array:
    c, channels = _whole(channel, channel + more + 1)
    return np.where(c < -(-channels // TILE) * TILE, mean, mean.dtype.type(0))


#: Rows that compute the place of an element in a tensor: one defect in as many places.
PLACES = (30, 60, 155, 158, 181)

REPLAYS = [
    replay("flat_index", [count("i", 0, 255), count("j", 0, 63), count("k", 0, 63), count("h", 64, 256), count("w", 64, 256)],
           "offsets.flat_in_64_bits(i, j, k, h, w)", Old(PLACES, "offsets.flat_in_16_bits(i, j, k, h, w)"),
           definition="historic_flat_index", **EXACT),
    replay("grid_stride_index", [count("i", 0, 32767), count("grid", 1, 4096)], "offsets.next_in_64_bits(i, grid)",
           Old((68,), "offsets.next_in_16_bits(i, grid)"), definition="add", **EXACT),
    replay("sum_index", [count("n", 0, 65535), count("lane", 0, LANES - 1)], "offsets.tail_in_64_bits(n, lane)",
           Old((81,), "offsets.tail_in_16_bits(n, lane)"), definition="historic_tail_index", **EXACT),
    replay("grid_row_index", [count("block", 0, 512), count("warps", 1, 32), count("thread", 0, 1023)],
           "offsets.row_by_warps(block, warps, thread)", Old((194,), "offsets.row_of_thread_number(block, warps, thread)"),
           definition="historic_row_of_thread", **EXACT),
    replay("unsigned_bound_check", [count("i", 0, 1024), count("n", 0, 1024)], "offsets.beyond_by_sum(i, n)",
           Old((195,), "offsets.beyond_by_difference(i, n)"), definition="historic_is_beyond", **EXACT),
    replay("work_of_shards", [count("units", 1, 128), count("cost", 1, 128)], "offsets.work_at_its_cost(units, cost)",
           Old((212,), "offsets.work_at_largest_cost(units, cost)"), definition="mul", **EXACT),
    replay("channel_tiles", [count("mean", -1024, 1024), count("channel", 0, 511), count("more", 0, 63)],
           "offsets.tiles_rounded_up(mean, channel, more)", Old((1,), "offsets.tiles_rounded_down(mean, channel, more)"),
           definition="historic_channel_mean", **EXACT),
]  # fmt: skip
