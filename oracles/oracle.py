"""The oracle: the truth of a Function for a batch of rows, by escalation ball64 (ball80) -> log64 -> arb -> limits.

Only what the caller still needs climbs: after each tier `undecided` is asked which rows are. The caps (Arb precision, effort, rows per
call) turn into elements with accepts == 0, which the judge reports as undecided. They count, they read no clock: the same call has the
same answer on every machine; where the caller's own budget is in time, `Caps.until` ends what costs a row at a time.
"""

from __future__ import annotations

import functools
import math
import operator
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oracles import extended, limits_at_infinity, rigorous, vectorised
from oracles.arithmetic import ball80
from oracles.arithmetic.ball64 import Ball64
from oracles.arithmetic.ball80 import Ball80
from oracles.arithmetic.log64 import Log64
from oracles.arithmetic.mp import TimeIsUpError, ending
from oracles.effort import evaluation_cost
from oracles.function import Function
from oracles.limits import nan_reach
from oracles.reference import FINITE, NAN, NINF, PINF, TIERS, Reference, radius_of_limit

Inputs = dict[str, NDArray[np.float64]]
#: (reference of some rows, their indices) -> mask of those that need a sharper truth.
Undecided = Callable[[Reference, NDArray[np.int64]], NDArray[np.bool_]]

_ARB, _LIMIT, _MPMATH = TIERS.index("arb"), TIERS.index("limit"), TIERS.index("mpmath")


class AuditFailure(AssertionError):
    """A vectorised tier's enclosure does not contain Arb's: the oracle is wrong, the run must stop."""


@dataclass
class Tally:
    """Seconds and elements by tier; what `make bench` and the run summary print."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    elements: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Caps:
    """Limits of effort. arb_rows, limit_rows: rows per call beyond the vectorised tiers; arb_effort, limit_effort: nominal
    seconds of Arb and of limits per call
    (oracles.effort); arb_bits: the highest precision. backstop: seconds of the clock, so far off that only a broken machine meets it.
    until: the time (time.time) after which no further row is begun beyond the vectorised tiers."""

    arb_rows: int = 4096
    arb_effort: float = 0.5
    limit_rows: int = 128
    limit_effort: float = 2.0
    arb_bits: int = 4096
    audit_share: float = 2.0**-12
    backstop: float = 120.0
    until: float = math.inf


def reference(
    function: Function,
    inputs: Inputs,
    *,
    precision: int = 24,
    undecided: Undecided | None = None,
    caps: Caps | None = None,
    tally: Tally | None = None,
) -> Reference:
    """The truth for every row and output.

    inputs: exact binary64 arrays, (rows,) scalars, (rows, n) vectors. precision: bits of the format whose ulps matter.
    undecided: which rows need more (default: those not known to 2^-8 ulp). Guarantee: see Reference. Raises AuditFailure.
    """
    caps, tally = caps or Caps(), tally or Tally()
    ask: Undecided = undecided or (lambda ref, rows: np.asarray(~_sharp(ref, precision).all(axis=1)))
    finite = _finite_rows(inputs)
    open_rows = _beyond_domain(function, inputs)
    truth = _first_tier(function, inputs, finite, precision, tally)
    everything = np.arange(len(finite))
    todo = _need(ask, truth, everything) & finite
    if todo.any():
        _log_tier(function, inputs, truth, todo, precision, tally)
        rows = np.flatnonzero(todo)
        todo[rows] = _need(ask, truth.take(rows), rows)
        open_rows |= _nowhere_smooth(function, inputs, todo)
        todo &= ~open_rows
    _one_by_one(function, inputs, truth, todo, ~finite & ~open_rows, ask, precision, caps, tally)
    _accept_anything(truth, open_rows)
    if function.order != "value":  # a derivative where the function itself is undefined: no truth to hold an answer against
        _accept_anything(truth, truth.accepts == NAN)
    audit(function, inputs, truth, caps)
    for code, count in enumerate(np.bincount(truth.tier.ravel()).tolist()):
        if count:
            tally.elements[TIERS[code]] += count
    return truth


def _one_by_one(
    function: Function, inputs: Inputs, truth: Reference, todo: NDArray[np.bool_], special: NDArray[np.bool_], ask: Undecided,
    precision: int, caps: Caps, tally: Tally,
) -> None:  # fmt: skip
    """What is left of the rows: those that need Arb (todo), and those with numbers that are not finite (special). Rows of the same scalars are
    one to the caps, and so is a lattice of poles."""
    patterns = _patterns(function, inputs)
    rows = np.flatnonzero((todo & ~_settled_now(function, patterns, truth, todo)) | special)
    scalars = all(values.ndim == 1 for values in inputs.values())
    first, back = alike(_rows(inputs, rows)) if scalars and len(rows) else (np.arange(len(rows)), np.arange(len(rows)))
    each = rows[np.sort(first)]
    singular = _arb_tier(function, inputs, patterns, truth, each[todo[each]], ask, precision, caps, tally)
    beyond = _extended_tier(function, inputs, truth, each[special[each]], precision, caps, tally)
    _limit_tier(function, inputs, patterns, truth, [*singular, *beyond], caps, tally)
    if len(first) < len(rows):
        truth.put(rows, truth.take(rows[first[back]]))
        need = _need(ask, truth.take(rows), rows) & todo[rows]
        again = rows[need & ~need[first[back]]]  # another answer to the same number may need a sharper truth
        _arb_tier(function, inputs, patterns, truth, again, ask, precision, caps, tally)
    _settled_now(function, patterns, truth, todo)


def alike(inputs: Inputs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(the first of all rows that are alike to the bit, for each row its place among these)."""
    numbers = np.concatenate([v.reshape(len(v), -1) for v in inputs.values()], axis=1).view(np.int64)
    axis = None if numbers.shape[1] == 1 else 0
    _, first, back = np.unique(numbers, axis=axis, return_index=True, return_inverse=True)
    return first, back.reshape(-1)


def _settled_now(function: Function, patterns: NDArray[np.int64], truth: Reference, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of these rows, of which nothing is known, are points of a lattice of poles that has been read: their truth is that of the others."""
    found = np.zeros(len(rows), np.bool_)
    for pattern, right in _SETTLED.get(function, {}).items():
        mine = rows & (patterns == pattern) & (truth.accepts == 0).any(axis=1)
        _set_accepted(truth, np.flatnonzero(mine), right)
        found |= mine
    return found


def _finite_rows(inputs: Inputs) -> NDArray[np.bool_]:
    masks = [np.isfinite(v).reshape(len(v), -1).all(axis=1) for v in inputs.values()]
    finite: NDArray[np.bool_] = np.logical_and.reduce(masks)
    return finite


def _beyond_domain(function: Function, inputs: Inputs) -> NDArray[np.bool_]:
    """Rows where a derivative is asked for outside the function's domain, at a NaN, or of several variables at infinity: no truth exists,
    every answer is right."""
    rows = len(next(iter(inputs.values())))
    outside = np.zeros(rows, np.bool_)
    if function.order != "value":
        for name, (low, high) in zip(function.inputs, function.domains, strict=False):
            values = inputs[name].reshape(rows, -1)
            outside |= ((values < low) | (values > high)).any(axis=1)
        several = len(inputs) > 1 or next(iter(inputs.values())).ndim > 1
        for values in inputs.values():
            lost = ~np.isfinite(values) if several else np.isnan(values)
            outside |= lost.reshape(rows, -1).any(axis=1)
    return outside


#: Vectors up to this length are read at their own length, for a function may take no other.
LONGEST = 8


def _nowhere_smooth(function: Function, inputs: Inputs, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of these rows those where all elements of the one vector are equal and the function has no derivative for that reason."""
    found = np.zeros(len(rows), np.bool_)
    (x, *more) = (inputs[name] for name in function.inputs)
    if function.order == "value" or more or x.ndim != 2 or x.shape[1] < 2:
        return found
    alike = rows & (x == x[:, :1]).all(axis=1) & np.isfinite(x[:, 0])
    for some, constant in ((alike & (x[:, 0] == 0), 0.0), (alike & (x[:, 0] != 0), 1.0)):
        short = x.shape[1] if x.shape[1] <= LONGEST else 3  # a complex number is a vector of two
        if some.any() and limits_at_infinity.nowhere_smooth(function, constant, short):
            found |= some
    return found


def _accept_anything(truth: Reference, rows: NDArray[np.bool_]) -> None:
    """Marks rows, or single elements, where every answer is right."""
    truth.value[rows], truth.low[rows], truth.radius[rows] = 0.0, 0.0, np.inf
    truth.accepts[rows], truth.interval[rows], truth.tier[rows] = FINITE | NAN | PINF | NINF, True, _LIMIT


def _sharp(truth: Reference, precision: int) -> NDArray[np.bool_]:
    size = np.where(np.isfinite(truth.value), np.abs(truth.value), 1.0)
    sharp: NDArray[np.bool_] = (truth.accepts != 0) & (
        (truth.radius <= size * 2.0 ** (-precision - 9)) | (truth.radius <= 2.0**-1074) | truth.interval
    )
    return sharp


def _need(ask: Undecided, truth: Reference, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    unknown: NDArray[np.bool_] = (truth.accepts == 0).any(axis=1)
    return np.asarray(ask(truth, rows), dtype=np.bool_) | unknown


def _first_tier(function: Function, inputs: Inputs, finite: NDArray[np.bool_], precision: int, tally: Tally) -> Reference:
    if not vectorised.subnormals_survive():
        raise AuditFailure("subnormals are flushed to zero in this thread: the oracle cannot work here")
    wide = precision > 24
    if not wide:
        arithmetic: Ball64 | None = Ball64()
    else:
        arithmetic = Ball80() if ball80.AVAILABLE else None
    start = time.perf_counter()
    if arithmetic is None:
        truth = _nothing(function, inputs)
    else:
        truth = _vectorised(arithmetic, function, inputs, precision)
        tally.seconds[arithmetic.name] += time.perf_counter() - start
    if not finite.all():
        truth.put(~finite, Reference.unknown(int((~finite).sum()), truth.shape[1]))
    return truth


#: Rows that a vectorised arithmetic is tried on before it is given the others.
SAMPLE = 32


def _vectorised(m: Ball64 | Log64, function: Function, inputs: Inputs, precision: int) -> Reference:
    """What m knows of every row; unknown where it knows none of a sample (ball80 and the special functions, say): nan and infinities
    cost the x87 unit a hundred times an ordinary number."""
    rows = len(next(iter(inputs.values())))
    if rows > 4 * SAMPLE:
        sample = vectorised.evaluate(type(m)(), function, _rows(inputs, np.arange(0, rows, rows // SAMPLE)), precision)
        if not sample.accepts.any():
            return Reference.unknown(rows, sample.shape[1])
    return vectorised.evaluate(m, function, inputs, precision)


def _nothing(function: Function, inputs: Inputs) -> Reference:
    """No knowledge of any row, in the shape of the outputs."""
    (one, *_) = inputs.values()
    outputs = vectorised.evaluate(Ball64(), function, _rows(inputs, np.arange(1)), 53).shape[1]
    return Reference.unknown(len(one), outputs)


def _log_tier(
    function: Function, inputs: Inputs, truth: Reference, todo: NDArray[np.bool_], precision: int, tally: Tally
) -> None:
    rows = np.flatnonzero(todo)
    start = time.perf_counter()
    sharper = _vectorised(Log64(), function, _rows(inputs, rows), precision)
    tally.seconds["log64"] += time.perf_counter() - start
    before = truth.take(rows)
    better = (sharper.accepts != 0) & ~((before.accepts != 0) & (before.radius <= sharper.radius))
    for name in before.__dataclass_fields__:
        getattr(before, name)[better] = getattr(sharper, name)[better]
    truth.put(rows, before)


def _rows(inputs: Inputs, rows: NDArray[np.int64]) -> Inputs:
    return {name: values[rows] for name, values in inputs.items()}


def _arb_tier(
    function: Function, inputs: Inputs, patterns: NDArray[np.int64], truth: Reference, rows: NDArray[np.int64], ask: Undecided,
    precision: int, caps: Caps, tally: Tally,
) -> list[int]:  # fmt: skip
    """Ziv's strategy: precision 64 + p, doubled until decided. Returns the rows that stay singular at high precision.

    Rows climb together, WAVE at a time, because asking costs more than enclosing; the next wave starts where this one was decided.
    """
    start = time.perf_counter()
    singular: list[int] = []
    met: Counter[int] = Counter()
    repeated: set[bytes] = set()
    bits = 64 + precision
    shapes = {name: values.shape[1:] for name, values in inputs.items()}
    effort = 0.0
    rows = rows[: caps.arb_rows]
    longest = min(caps.backstop, (caps.until - time.time()) / 2)  # the limits have the other half

    def spent() -> bool:
        return effort > caps.arb_effort or time.perf_counter() - start > longest

    for first in range(0, len(rows), WAVE):
        wave = rows[first : first + WAVE]
        lattice = np.isin(patterns[wave], [pattern for pattern, times in met.items() if times >= ALIKE])
        singular += wave[lattice].tolist()
        climbing = [(int(row), bits) for row in wave[~lattice]]
        decided: list[int] = []
        stuck = _Stuck(truth)
        while climbing and not spent():
            asked: list[tuple[int, int]] = []
            for row, at in climbing:
                if spent():
                    break
                single = {name: values[row] for name, values in inputs.items()}
                pattern = int(patterns[row])
                if (
                    met[pattern] >= ALIKE or _key(single) in repeated
                ):  # a lattice of poles, say: its points need no proof one by one
                    singular.append(row)
                    continue
                known, reached = _arb_row(function, single, truth, row, at, caps)
                effort += sum(evaluation_cost(function, shapes, used) for used in _climbed(at, reached))
                if known is None:
                    singular.append(row)
                    repeated.add(_key(single))
                    met[pattern] += pattern != 0
                    continue
                if pattern:
                    met[pattern] = -(10**9)
                if not known:
                    asked.append((row, reached))
            index = np.array([row for row, _ in asked], dtype=np.int64)
            need = _need(ask, truth.take(index), index)
            decided += [at for (_, at), more in zip(asked, need, strict=True) if not more]
            climbing = [
                (row, 2 * at)
                for (row, at), more in zip(asked, need, strict=True)
                if more and 2 * at <= caps.arb_bits and not stuck.is_(row)
            ]
        bits = sorted(decided)[len(decided) // 2] if decided else bits
    tally.seconds["arb"] += time.perf_counter() - start
    return singular


def _extended_tier(
    function: Function, inputs: Inputs, truth: Reference, rows: NDArray[np.int64], precision: int, caps: Caps, tally: Tally
) -> list[int]:
    """Sharpens in place the rows whose infinities the definition's own arithmetic takes, and returns the others."""
    if function.order != "value" or not len(rows):
        return list(rows)
    start, others, effort = time.perf_counter(), [], 0.0
    cost = evaluation_cost(function, {name: values.shape[1:] for name, values in inputs.items()}, 64 + precision)
    for row in rows.tolist():
        single = {name: values[row] for name, values in inputs.items()}
        asked = effort < caps.arb_effort and time.time() < caps.until and extended.has_infinities(function, single)
        effort += cost if asked else 0.0
        balls = extended.enclose(function, single, 64 + precision) if asked else []
        known = [ball for ball in balls if ball is not None]
        if not known or len(known) < len(balls):
            others.append(row)
            continue
        for k, ball in enumerate(known):
            _set(truth, row, k, *rigorous.split(ball), FINITE, _ARB)
    tally.seconds["arb"] += time.perf_counter() - start
    return others


#: Twice the precision gives a number that is known to 2^-16 as many more bits; where it gives less than these, no precision gives more.
GAINED = 8


class _Stuck:
    """Which rows of a wave are known to some bits and to no more at twice the precision: what limits them is not the arithmetic's rounding
    but an enclosure of another kind (a tail, a derivative by Cauchy's estimate)."""

    def __init__(self, truth: Reference) -> None:
        self.truth = truth
        self.before: dict[int, NDArray[np.float64]] = {}

    def is_(self, row: int) -> bool:
        """Whether the row's last evaluation gained nothing for any output that is not known yet."""
        radius, size = self.truth.radius[row], np.abs(self.truth.value[row])
        last, self.before[row] = self.before.get(row), radius.copy()
        if last is None:
            return False
        with np.errstate(invalid="ignore"):
            sure = (radius == 0) | ((radius <= size * 2.0**-16) & (radius > last * 2.0**-GAINED))
        return bool(sure.all() and radius.any())


def _climbed(first: int, last: int) -> list[int]:
    """The precisions of a climb from the first to the last."""
    return [first << k for k in range(max(1, (last // first).bit_length()))]


#: Rows of one wave of the Arb tier.
WAVE = 256


def _key(single: Inputs) -> bytes:
    return b"".join(np.asarray(values).tobytes() for values in single.values())


#: So many singular points of one class pattern, none of them a number, stand for the others: what is right at one is at all.
ALIKE = 12


def _patterns(function: Function, inputs: Inputs) -> NDArray[np.int64]:
    """The class pattern of a scalar input at a lattice of poles: 1 a negative integer, 2 a positive one; 0 where none is claimed."""
    (first, *rest) = inputs.values()
    if rest or first.ndim != 1 or not _lattices(function):
        return np.zeros(len(first), np.int64)
    with np.errstate(all="ignore"):
        integer = (first == np.floor(first)) & np.isfinite(first) & (first != 0)
    codes = np.where(integer, np.where(first < 0, 1, 2), 0)
    return np.where(np.isin(codes, _lattices(function)), codes, 0)


@functools.lru_cache(maxsize=1024)
def _lattices(function: Function) -> list[int]:
    """The class patterns that are poles of a function of one number, as it shows at three of their points.

    Otherwise integers where only Arb's range ends (log_ndtr(-1e308)) would stand for all others.
    """

    def singular(x: float) -> bool:
        result = rigorous.enclose(function, {function.inputs[0]: np.asarray(x)}, 128)
        return not result.undefined and (result.removable or not result.balls or not all(b.is_finite() for b in result.balls))

    return [code for code, points in ((1, (-1.0, -2.0, -7.0)), (2, (1.0, 2.0, 7.0))) if all(singular(x) for x in points)]


def _arb_row(function: Function, single: Inputs, truth: Reference, row: int, bits: int, caps: Caps) -> tuple[bool | None, int]:
    """Sharpens one row in place, from `bits` upwards to the first precision with a finite enclosure, and names that precision.

    True: nothing more can be known of it; False: ask; None: singular, no finite value at any precision.
    """
    last_infinite = False
    held = bool(((truth.tier[row] == _ARB) & (truth.accepts[row] == FINITE)).all())  # at fewer bits
    while bits <= caps.arb_bits:
        result = rigorous.enclose(function, single, bits)
        if result.removable:
            return None, bits
        if result.undefined:
            truth.accepts[row], truth.radius[row], truth.tier[row] = NAN, 0.0, _ARB
            return True, bits
        infinite = not result.balls or not all(b.is_finite() for b in result.balls)
        for k, ball in enumerate(result.balls):
            value, low, radius = rigorous.split(ball)
            if np.isfinite(radius):
                _set(truth, row, k, value, low, radius, FINITE, _ARB)
                truth.interval[row, k] = result.kink
        if not infinite:
            return result.kink, bits
        if held:  # a function that is asked for at few bits only
            return True, bits
        far = bits
        if last_infinite and bits > 256:
            far = next((more for more in FAR if more > bits), caps.arb_bits + 1)
            if far > caps.arb_bits:
                return None, bits
        last_infinite = infinite
        bits = max(2 * bits, far)
    return True, caps.arb_bits


#: What is not finite at two precisions is tried at these: exp(4e307), say, is a number to Arb where its argument is known to an absolute error of
#: less than 1, which takes as many bits as binary64 has exponents, and twice as many where it is a product.
FAR = (1408, 2816)


def _limit_tier(
    function: Function, inputs: Inputs, patterns: NDArray[np.int64], truth: Reference, rows: list[int], caps: Caps, tally: Tally
) -> None:
    start = time.perf_counter()
    known: dict[int, list[tuple[limits_at_infinity.Accepted, ...]]] = {}
    settled = _SETTLED.setdefault(function, {})
    answered: dict[bytes, tuple[limits_at_infinity.Accepted, ...]] = {}
    shapes = {n: v.shape[1:] for n, v in inputs.items()}
    costs = {
        False: PATHS * evaluation_cost(function, shapes, limits_at_infinity.BITS, MPMATH),
        True: nan_reach.MOST * evaluation_cost(function, shapes, nan_reach.BITS),
    }
    effort = dict.fromkeys(costs, 0.0)  # rows with a NaN have their own: they cost little
    for row in rows:
        pattern = int(patterns[row])
        if pattern in settled:
            continue
        single = {name: values[row] for name, values in inputs.items()}
        key = _key(single)
        if key in answered:
            right = answered[key]
        elif (
            len(answered) < caps.limit_rows
            and effort[_has_nan(single)] < caps.limit_effort
            and (_has_nan(single) or time.time() < caps.until)
        ):
            effort[_has_nan(single)] += costs[_has_nan(single)]
            try:
                with ending(caps.until):
                    right = answered[key] = tuple(limits_at_infinity.accepted(function, single))
            except TimeIsUpError:
                continue
            if pattern:
                same = known.setdefault(pattern, [])
                same.append(right)
                if len(same) == ALIKE and not any(one.kinds & FINITE for answer in same for one in answer):
                    settled[pattern] = tuple(
                        limits_at_infinity.Accepted(functools.reduce(operator.or_, (answer[k].kinds for answer in same)))
                        for k in range(len(right))
                    )
        else:
            continue
        _set_accepted(truth, row, right)
    tally.seconds["limit"] += time.perf_counter() - start


#: Per function the class patterns whose points were read and agreed; a pattern has one answer, whichever batch met it first.
_SETTLED: dict[Function, dict[int, tuple[limits_at_infinity.Accepted, ...]]] = {}


def settled_kinds(function: Function, x: float) -> int:
    """What is right at every integer of the sign of the integer x, where these are poles whose points were read and agreed, and the function
    has one output; 0 where that is not known (yet)."""
    (pattern,) = _patterns(function, {function.inputs[0]: np.asarray([x])}).tolist()
    known = _SETTLED.get(function, {}).get(pattern, ())
    return known[0].kinds if len(known) == 1 else 0


#: A limit costs about as much as so many evaluations by Arb (measured: 5 to 60).
PATHS = 25
#: A special function of the table costs mpmath so many times what it costs Arb (measured at 128 bits: 6 to 110).
MPMATH = 40.0


def _has_nan(single: Inputs) -> bool:
    """Rows with a NaN ask Arb a few times (nan_reach), and no limit."""
    return any(bool(np.isnan(values).any()) for values in single.values())


def _set_accepted(truth: Reference, row: int | NDArray[np.int64], right: tuple[limits_at_infinity.Accepted, ...]) -> None:
    for k, one in enumerate(right):
        if one.kinds & FINITE and np.isinf(one.low) and np.isinf(one.high):
            _set(truth, row, k, 0.0, 0.0, np.inf, one.kinds, _LIMIT)
            truth.interval[row, k] = True
            continue
        numeric = bool(one.kinds & FINITE)
        half = (one.high - one.low) / 2 if numeric else 0.0
        radius = half or (radius_of_limit(one.low) if numeric else 0.0)
        kinds = one.kinds if one.proved or one.by_mpmath else 0
        middle = one.low / 2 + one.high / 2 if half else one.low  # half of a subnormal is rounded
        value = middle if numeric else np.nan
        _set(truth, row, k, value, 0.0, radius, kinds, _LIMIT if one.proved else _MPMATH)
        truth.interval[row, k] = half > 0


def _set(
    truth: Reference, row: int | NDArray[np.int64], k: int, value: float, low: float, radius: float, accepts: int, tier: int
) -> None:
    truth.value[row, k], truth.low[row, k], truth.radius[row, k] = value, low, radius
    truth.accepts[row, k], truth.tier[row, k] = accepts, tier


def audit(function: Function, inputs: Inputs, truth: Reference, caps: Caps) -> None:
    """Checks about 1 in 4096 of the rows that a vectorised tier certified against Arb; the rows are a function of the inputs."""
    if not caps.audit_share:
        return
    rows = truth.shape[0]
    step = max(1, round(1 / caps.audit_share))
    with np.errstate(all="ignore"):
        total = float(np.nansum(truth.value[:1]))
    first = int(abs(total)) % step if math.isfinite(total) else 0
    for row in range(first % max(1, rows), rows, step):
        if not (truth.tier[row] < _ARB).all() or not _finite_rows(_rows(inputs, np.array([row]))).all():
            continue
        single = {name: values[row] for name, values in inputs.items()}
        result = rigorous.enclose(function, single, 128)
        for k, ball in enumerate(result.balls):
            if truth.accepts[row, k] == FINITE and ball.is_finite() and not truth.interval[row, k]:
                value, low, radius = rigorous.split(ball)
                if np.isfinite(value) and np.isfinite(truth.value[row, k]):
                    _check(function, single, truth, row, k, (value, low, radius))


def _check(function: Function, single: Inputs, truth: Reference, row: int, k: int, exact: tuple[float, float, float]) -> None:
    value, low, radius = exact
    gap = abs((value - truth.value[row, k]) + (low - truth.low[row, k]))
    allowed = truth.radius[row, k] + radius + 2.0**-100 * abs(value)
    if gap > allowed * (1 + 2.0**-20) + 2.0**-1074:
        raise AuditFailure(
            f"{TIERS[truth.tier[row, k]]} claims {function.definition} {function.order} output {k} = {truth.value[row, k]!r} "
            f"+- {truth.radius[row, k]!r}, but Arb proves {value!r} (inputs {single!r})"
        )
