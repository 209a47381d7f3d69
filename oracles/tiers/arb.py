"""Arb, row by row: Ziv's strategy, precision 64 + p, doubled until decided (Ziv, 1991)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import extended, rigorous
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.question import Mask, Question, Rows, key_of
from ulpfuzz.oracles.reference import ARB, FINITE, NAN, Reference
from ulpfuzz.oracles.tiers.lattices import ALIKE

#: Rows of one wave, and of the first, which finds out how many bits such rows take.
WAVE, FIRST_WAVE = 256, 24
#: The yields of a climb: rows whose truth has been sharpened; it receives the mask of those that need more.
Steps = Generator[Rows, Mask, None]


class Ziv:
    """The climb of rows through Arb's precisions.

    Rows climb together, WAVE at a time, because judging costs more than enclosing; the next wave starts where this one was decided. A few go
    first, so that the effort is not spent on bits that decide nothing.
    """

    def __init__(self, question: Question, truth: Reference, patterns: NDArray[np.int64]) -> None:
        self.question, self.truth, self.patterns = question, truth, patterns
        #: Rows that stay singular at high precision: their truth is a limit, if anything.
        self.singular: list[int] = []
        self._met: Counter[int] = Counter()  # singular points by their pattern; far below 0 where one is a number
        self._repeated: set[bytes] = set()  # singular rows, by their bits
        self._bits = 64 + question.precision
        self._effort = 0.0
        self._started = time.perf_counter()
        # The limits have the other half of the time.
        self._longest = min(question.caps.backstop, (question.caps.until - time.monotonic()) / 2)

    def climb(self, rows: Rows) -> Steps:
        """Sharpens these rows in place, and yields them to be judged."""
        # The rows beyond the cap stay as the columns left them.
        rows = rows[: self.question.caps.arb_rows]
        for wave in np.split(rows, range(FIRST_WAVE, len(rows), WAVE)):
            lattice = np.isin(self.patterns[wave], [pattern for pattern, times in self._met.items() if times >= ALIKE])
            self.singular += wave[lattice].tolist()
            yield from self._wave(wave[~lattice].tolist())
        self.question.tally.seconds["arb"] += time.perf_counter() - self._started

    def _wave(self, rows: list[int]) -> Steps:
        climbing = [(row, self._bits) for row in rows]
        decided: list[int] = []
        stalled = _Stalled(self.truth)
        while climbing and not self._spent:
            reached = self._raised(climbing)
            need = yield np.array([row for row, _ in reached], dtype=np.int64)
            decided += [bits for (_, bits), more in zip(reached, need, strict=True) if not more]
            climbing = [
                (row, 2 * bits)
                for (row, bits), more in zip(reached, need, strict=True)
                if more and 2 * bits <= self.question.caps.arb_bits and not stalled.at(row)
            ]
        self._bits = sorted(decided)[len(decided) // 2] if decided else self._bits

    def _raised(self, climbing: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Each row sharpened at its precision; those that may still need more, with the precisions that they reached."""
        reached: list[tuple[int, int]] = []
        for row, bits in climbing:
            if self._spent:
                break
            pattern, key = int(self.patterns[row]), key_of(self.question.row(row))
            if (
                self._met[pattern] >= ALIKE or key in self._repeated
            ):  # a lattice of poles, say: its points need no proof one by one
                self.singular.append(row)
                continue
            known, at = _sharpened(self.question, self.truth, row, bits)
            self._effort += sum(self.question.cost(used) for used in _climbed(bits, at))
            if known is None:
                self.singular.append(row)
                self._repeated.add(key)
                self._met[pattern] += pattern != 0
                continue
            if pattern:
                self._met[pattern] = -(10**9)
            if not known:
                reached.append((row, at))
        return reached

    @property
    def _spent(self) -> bool:
        return self._effort > self.question.caps.arb_effort or time.perf_counter() - self._started > self._longest


#: The least gain, in bits, of an evaluation at twice the precision. An enclosure that rounding limits gains at least 16 bits where it has a
#: relative radius of 2^-16; one that gains less than this is limited by something that no precision removes.
LEAST_GAIN = 8


class _Stalled:
    """Rows whose enclosure stopped shrinking as the precision doubled.

    Their radius is not rounding of the arithmetic: it bounds a remainder (a tail, a derivative by Cauchy's estimate).
    """

    def __init__(self, truth: Reference) -> None:
        self.truth = truth
        self.radii: dict[int, NDArray[np.float64]] = {}

    def at(self, row: int) -> bool:
        """Whether the row's last evaluation gained less than LEAST_GAIN bits at every output that is not exact. False at the first
        evaluation."""
        radius, size = self.truth.radius[row], np.abs(self.truth.value[row])
        last, self.radii[row] = self.radii.get(row), radius.copy()
        if last is None:
            return False
        with np.errstate(invalid="ignore"):
            stalled = (radius == 0) | ((radius <= size * 2.0**-16) & (radius > last * 2.0**-LEAST_GAIN))
        return bool(stalled.all() and radius.any())


def _climbed(first: int, last: int) -> list[int]:
    """The precisions of a climb from the first to the last."""
    return [first << k for k in range(max(1, (last // first).bit_length()))]


def _sharpened(question: Question, truth: Reference, row: int, bits: int) -> tuple[bool | None, int]:
    """Sharpens one row in place, from `bits` upwards to the first precision with a finite enclosure, and names that precision.

    True: no precision is sharper; False: the caller decides; None: singular, no finite value at any precision.
    """
    caps, single, last_infinite = question.caps, question.row(row), False
    held = bool(((truth.tier[row] == ARB) & (truth.accepts[row] == FINITE)).all())  # at fewer bits
    while bits <= caps.arb_bits:
        try:
            result = rigorous.enclose_split(question.function, single, bits)
        except TimeIsUpError:
            return True, bits
        if result.removable:
            return None, bits
        if result.undefined:
            truth.accepts[row], truth.radius[row], truth.tier[row] = NAN, 0.0, ARB
            return True, bits
        infinite = not result.finite
        for k, (value, value_lo, radius) in enumerate(result.balls):
            if np.isfinite(radius):
                truth.set(row, k, value, value_lo, radius, FINITE, ARB)
                truth.interval[row, k] = result.kink
        if not infinite:
            return result.kink, bits
        if held:  # a function that is evaluated at few bits only
            return True, bits
        far = bits
        if last_infinite and bits > 256:
            far = next((more for more in FAR if more > bits), caps.arb_bits + 1)
            if far > caps.arb_bits:
                return None, bits
        last_infinite = infinite
        bits = max(2 * bits, far)
    return True, caps.arb_bits


#: Precisions for enclosures that are not finite at two others. exp(4e307) is finite only where its argument is known to an absolute error
#: below 1, which takes as many bits as binary64 has exponents, and twice as many where the argument is a product.
FAR = (1408, 2816)


def extend(question: Question, truth: Reference, rows: Rows) -> list[int]:
    """Sharpens in place the rows whose infinities the definition's own arithmetic takes, and returns the others."""
    if question.function.order != "value" or not len(rows):
        return list(rows)
    start, others, effort = time.perf_counter(), [], 0.0
    bits = 64 + question.precision
    cost = question.cost(bits)
    for row in rows.tolist():
        single = question.row(row)
        affordable = (
            effort < question.caps.arb_effort
            and time.monotonic() < question.caps.until
            and extended.has_infinities(question.function, single)
        )
        effort += cost if affordable else 0.0
        balls = extended.enclose(question.function, single, bits) if affordable else []
        known = [ball for ball in balls if ball is not None]
        if not known or len(known) < len(balls):
            others.append(row)
            continue
        for k, ball in enumerate(known):
            truth.set(row, k, *rigorous.split(ball), FINITE, ARB)
    question.tally.seconds["arb"] += time.perf_counter() - start
    return others
