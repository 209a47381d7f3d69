"""Errors in ulps: |answer - y| / ulp(y) for the exact y (Goldberg's ulp on reals; Muller, RR-5504)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF, Reference

Array = NDArray[np.float64]


def doubles(answers: NDArray[Any]) -> Array:
    """Answers of any format as binary64, which holds them exactly."""
    with np.errstate(invalid="ignore"):  # casting a signalling NaN raises the flag
        return np.asarray(answers).astype(np.float64, copy=False)


@dataclass(frozen=True)
class ErrorScale:
    """What every answer to one truth is measured against: arrays of the truth's shape, computed once for all targets."""

    #: The overflow threshold W; the largest number for binary64.
    top: float
    #: The truth inside [-top, top], a double-double; value_lo None: zero everywhere.
    value: Array
    #: The low word of the truth: value + value_lo is the truth to twice the precision of binary64.
    value_lo: Array | None
    #: The uncertainty of the truth, in absolute terms.
    radius: Array
    #: Of the format, at the truth.
    ulp: Array
    #: Elements where every number within `width` of the truth is right; None: nowhere.
    interval: NDArray[np.bool_] | None
    #: Of the truth's enclosure, in ulps.
    width: Array
    #: The largest error that is surely within the limit; negative where the truth is no number or an interval. None without a
    #: limit.
    room: Array | None = None

    def surely_within(self, far: Array) -> NDArray[np.bool_]:
        """The errors that are surely within the limit, the argument of `error_scale`."""
        assert self.room is not None
        return np.asarray(far <= self.room)  # False for a NaN


def error_scale(truth: Reference, fmt: Format, limit: float | None = None) -> ErrorScale:
    """The ErrorScale of a truth in a format, and of a limit in its ulps."""
    # W of binary64 is no binary64 number; the largest one is half an ulp below it.
    top = fmt.max if fmt.real == "float64" else float(fmt.overflow_threshold)
    # With truth and answer cut off at W an overflow to the right infinity has no error, as IEEE 754-2019, 7.4 has it.
    value = np.minimum(np.maximum(truth.value, -top), top)
    with np.errstate(invalid="ignore"):  # a truth with a radius of 1e50 is not surely beyond
        beyond = np.abs(truth.value) - truth.radius >= top
    value_lo, radius = truth.value_lo, truth.radius
    if beyond.any():
        value_lo, radius = np.where(beyond, 0.0, value_lo), np.where(beyond, 0.0, radius)
    inside = truth.interval & ~beyond if truth.interval.any() else None
    unsure, ulp = radius if inside is None else np.where(inside, 0.0, radius), fmt.ulp(value)
    room = None
    if limit is not None:
        with np.errstate(all="ignore"):
            room = (limit * TIE * ulp - radius) * (1 - 2.0**-50)
        plain = truth.accepts == FINITE
        room[~plain if inside is None else ~plain | inside] = -1.0
    return ErrorScale(top, value, value_lo if value_lo.any() else None, unsure, ulp, inside, radius, room)


def error(answers: NDArray[Any], truth: Reference, fmt: Format, scale: ErrorScale | None = None) -> tuple[Array, Array, Array]:
    """(error, uncertainty, ulp) per element, in absolute terms, for elements where the truth is a number.

    scale: the truth's error_scale, where the caller has it already. An infinite answer counts as W, the overflow threshold,
    and so does a truth beyond W: an overflow is right exactly when the
    truth is within the limit of W (IEEE 754-2019, 7.4). Elements of another kind are meaningless: see `kind_errors`.
    """
    scale = scale or error_scale(truth, fmt)
    return gap(answers, scale), scale.radius, scale.ulp


def gap(answers: NDArray[Any], scale: ErrorScale) -> Array:
    """The error of `error`."""
    values = doubles(answers)
    if not values.size:
        return np.zeros(values.shape)
    with np.errstate(all="ignore"):
        if not (values.min() >= -scale.top and values.max() <= scale.top):  # infinities, NaNs: most calls have none
            values = np.minimum(np.maximum(values, -scale.top), scale.top)
        far = values - scale.value
        if scale.value_lo is not None:
            far -= scale.value_lo
        np.abs(far, out=far)
        return far if scale.interval is None else np.where(scale.interval, np.maximum(far - scale.width, 0.0), far)


def of_rows(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have an element in the mask; of one output numpy's own reduction costs twenty times as much."""
    return np.asarray(mask[:, 0] if mask.shape[1] == 1 else mask.any(axis=1))


#: A limit is exceeded by more than this part of it: a truth that lies within 2^-40 of a tie (sqrt(1 + 2^-52) is 2^-54 ulp below
#: one) rounds either way, and no reference of two binary64 numbers can decide which.
TIE = 1 + 2.0**-40


def compare(gap: Array, unsure: Array, ulp: Array, limit: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(surely within, surely beyond) `limit` ulps, TIE allowed for; nan is neither."""
    allowed = limit * TIE * ulp
    return gap + unsure <= allowed, gap - unsure > allowed


def kind_errors(answers: NDArray[Any], accepts: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(right, wrong) by kind alone: NaN against number, a number where only an infinity or NaN is right; before any ulp.

    Elements in neither set are numbers (or overflows) to be compared with a number. accepts == 0 is in neither.
    """
    values = doubles(answers)
    if np.isfinite(values).all():
        wrong = (accepts != 0) & (accepts & FINITE == 0)
        return np.zeros(values.shape, np.bool_), wrong
    is_nan, up, down = np.isnan(values), values == np.inf, values == -np.inf
    right = (is_nan & (accepts & NAN != 0)) | (up & (accepts & PINF != 0)) | (down & (accepts & NINF != 0))
    comparable = ~is_nan & (accepts & FINITE != 0)
    wrong = ~right & ~comparable & (accepts != 0)
    return right, wrong
