"""Errors in ulps: |answer - y| / ulp(y) for the exact y (Goldberg's ulp on reals; Muller, RR-5504)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.formats import Format
from oracles.reference import FINITE, NAN, NINF, PINF, Reference

Array = NDArray[np.float64]


def doubles(answers: NDArray[Any]) -> Array:
    """Answers of any format as binary64, which holds them exactly."""
    with np.errstate(invalid="ignore"):  # casting a signalling NaN raises the flag
        return np.asarray(answers).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Yardstick:
    """What every answer to one truth is measured against: arrays of the truth's shape, computed once for all targets.

    value, low: the truth inside the overflow thresholds +-top; radius: its uncertainty; ulp: of the format at the truth; interval:
    elements where every number within `width` of the truth is right (None: nowhere).
    """

    top: float
    value: Array
    low: Array
    radius: Array
    ulp: Array
    interval: NDArray[np.bool_] | None
    width: Array


def yardstick(truth: Reference, fmt: Format) -> Yardstick:
    """The Yardstick of a truth in a format."""
    top = fmt.max if fmt.real == "float64" else float(fmt.overflow_threshold)
    value = np.minimum(np.maximum(truth.value, -top), top)
    with np.errstate(invalid="ignore"):  # surely: of a truth that is known to 1e50 only nothing is sure
        beyond = np.abs(truth.value) - truth.radius >= top
    low, radius = truth.low, truth.radius
    if beyond.any():
        low, radius = np.where(beyond, 0.0, low), np.where(beyond, 0.0, radius)
    inside = truth.interval & ~beyond if truth.interval.any() else None
    return Yardstick(top, value, low, radius if inside is None else np.where(inside, 0.0, radius), fmt.ulp(value), inside, radius)


def error(answers: NDArray[Any], truth: Reference, fmt: Format, yard: Yardstick | None = None) -> tuple[Array, Array, Array]:
    """(error, uncertainty, ulp) per element, in absolute terms, for elements where the truth is a number.

    yard: the truth's yardstick, where the caller has it already. An infinite answer counts as W, the overflow threshold,
    and so does a truth beyond W: an overflow is right exactly when the
    truth is within the limit of W (IEEE 754-2019, 7.4). Elements of another kind are meaningless: see `kind_errors`.
    """
    yard = yard or yardstick(truth, fmt)
    with np.errstate(all="ignore"):
        given = np.minimum(np.maximum(doubles(answers), -yard.top), yard.top)
        gap = np.abs((given - yard.value) - yard.low)
        if yard.interval is not None:
            gap = np.where(yard.interval, np.maximum(gap - yard.width, 0.0), gap)
        return gap, yard.radius, yard.ulp


#: A limit is exceeded by more than this part of it: a truth that lies within 2^-40 of a tie (sqrt(1 + 2^-52) is 2^-54 ulp below
#: one) rounds either way, and no reference of two binary64 numbers could tell.
TIE = 1 + 2.0**-40


def compare(gap: Array, unsure: Array, ulp: Array, limit: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(surely within, surely beyond) `limit` ulps, TIE allowed for; nan is neither."""
    allowed = limit * TIE * ulp
    return gap + unsure <= allowed, gap - unsure > allowed


def kind_errors(answers: NDArray[Any], accepts: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(right, wrong) by kind alone: NaN against number, a number where only an infinity or NaN is right; before any ulp.

    Elements in neither set are numbers (or overflows) to be compared with a number. accepts == 0 is in neither.
    """
    given = doubles(answers)
    if np.isfinite(given).all():
        wrong = (accepts != 0) & (accepts & FINITE == 0)
        return np.zeros(given.shape, np.bool_), wrong
    is_nan, up, down = np.isnan(given), given == np.inf, given == -np.inf
    right = (is_nan & (accepts & NAN != 0)) | (up & (accepts & PINF != 0)) | (down & (accepts & NINF != 0))
    comparable = ~is_nan & (accepts & FINITE != 0)
    wrong = ~right & ~comparable & (accepts != 0)
    return right, wrong
