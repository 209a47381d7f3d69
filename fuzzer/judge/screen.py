"""The screen: verdicts by error, kind and excess, vectorised. What it calls a finding is certified by `stability` before it is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.formats import Format
from fuzzer.judge.contract import HeldToConvention
from fuzzer.judge.flush import FlushPolicy
from fuzzer.judge.limits import Standard
from fuzzer.judge.overflow import beyond as overflows
from fuzzer.judge.ulps import Yardstick, compare, doubles, error, gap, kind_errors, of_rows, yardstick
from fuzzer.judge.verdict import Class, Symptom, Verdicts
from oracles.conditioning import WIDE
from oracles.reference import FINITE, NAN, NINF, PINF, TIERS, Reference

#: (rows, outputs) -> sum_j |x_j d_j f_output| at each of these elements (nan: unknown).
Conditions = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
#: The same, or less: lower bounds that cost little, the cheapest first.
Least = Sequence[Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]]
#: rows -> the truth with subnormal inputs read as zero, of just those rows.
Flushed = Callable[[NDArray[np.int64]], Reference]
#: (rows, outputs, whether the answer is NaN, whether the truth is beyond the format) -> (which are right all the same, of which nobody knows;
#: overflow.Overflow.excused).
Excused = Callable[
    [NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]], tuple[NDArray[np.bool_], NDArray[np.bool_]]
]
#: (rows, outputs, answers) -> the Class that the ball test proves; of those that it is not run for `undecided`.
Proved = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]], NDArray[np.uint8]]


#: The least radius of a Reference that is not exact: four times the least binary64.
FINEST = 2.0**-1072
_ARB, _MPMATH = TIERS.index("arb"), TIERS.index("mpmath")


@dataclass(frozen=True)
class Screened:
    """Verdicts, with the elements whose answer a flush-to-zero policy explains. rows: all others are surely within T, and nothing else is said of
    them."""

    verdicts: Verdicts
    flushed: NDArray[np.bool_]
    rows: NDArray[np.int64]


def needs_more(
    answers: list[NDArray[Any]],
    truth: Reference,
    fmt: Format,
    standard: Standard,
    least: Least = (),
) -> NDArray[np.bool_]:
    """Rows whose truth is not sharp enough to say of every answer whether it is within T, and else how wrong it is; or, with `least`,
    that conditioning explains whatever it is (`_settled`)."""
    need = np.zeros(truth.shape[0], np.bool_)
    yard = yardstick(truth, fmt, standard.ulps)
    number = truth.accepts == FINITE
    for given in (doubles(a) for a in answers):
        far = gap(given, yard)
        rows = np.flatnonzero(of_rows(number & ~yard.surely_within(far)))
        if not len(rows):
            continue
        unsure, ulp = yard.radius[rows], yard.ulp[rows]
        far, given = far[rows], given[rows]
        with np.errstate(all="ignore"):
            within, beyond = compare(far, unsure, ulp, standard.ulps)
            beyond &= unsure <= 0.02 * far
        hopeless = (unsure <= FINEST) & (
            truth.tier[rows] >= _ARB
        )  # a subnormal result of binary64: a Reference cannot say it better
        open_ = number[rows] & ~within & ~beyond & ~hopeless & ~np.isnan(given)
        open_ |= number[rows] & np.isnan(given) & _astride(truth.take(rows), fmt)
        open_ &= ~_settled(open_, far + unsure, ulp, fmt, standard, [of_those(bound, rows) for bound in least])
        need[rows[of_rows(open_)]] = True
    return need


def _astride(truth: Reference, fmt: Format) -> NDArray[np.bool_]:
    """Elements whose exact result may be beyond the format, as far as the truth is known, and may be within."""
    with np.errstate(invalid="ignore", over="ignore"):
        maybe = np.abs(truth.value) + truth.radius >= fmt.max
    return np.asarray(maybe & ~overflows(truth, fmt) & ~truth.interval & (truth.radius > 0))


def of_those(ask: Any, rows: NDArray[np.int64]) -> Any:
    """What is asked of rows by their places among these."""
    return lambda at, *rest: ask(rows[at], *rest)


def screen(
    answers: NDArray[Any],
    truth: Reference,
    fmt: Format,
    standard: Standard,
    conditions: Conditions,
    policy: FlushPolicy | None = None,
    subnormal_rows: NDArray[np.bool_] | None = None,
    flushed_truth: Flushed | None = None,
    contract: NDArray[np.bool_] | None = None,
    zero_signs: NDArray[np.bool_] | None = None,
    yard: Yardstick | None = None,
    conventions: HeldToConvention | None = None,
    least: Least = (),
    directions: NDArray[np.float64] | None = None,
    likely: Conditions | None = None,
    excused: Excused | None = None,
    proved: Proved | None = None,
) -> Screened:
    """Verdicts of shape (rows, outputs), DESIGN section 6: kinds first, then T, then the excess.

    contract: elements that the op's record accepts whatever the limit says. conventions: what the framework documents where there is no
    derivative. yard: the truth's yardstick, where known.
    policy: the target's measured flush-to-zero;
    subnormal_rows: rows with a subnormal input, for which `flushed_truth` is asked where an answer is not explained otherwise.
    least: see needs_more; what the cheapest bound explains is given no exact excess, but the most that it may be. likely: what
    amplifications are seldom more than, at as little cost. directions: per row the largest magnitudes of its cotangent and tangent,
    multiplied (default: ones).
    zero_signs: zeros of the wrong sign (contract.wrong_zero_signs), inaccurate by 0 ulps where nothing else is wrong with them. excused: asked
    of NaNs and infinities that are right where something overflows. proved: asked where nobody knows the conditioning.
    """
    policy = policy or FlushPolicy()
    answers = doubles(answers)
    yard = yard or yardstick(truth, fmt, standard.ulps)
    directions = np.ones(len(answers)) if directions is None else directions
    far = gap(answers, yard)
    doubtful = ~yard.surely_within(far)
    if standard.whole == "parts":
        doubtful |= ~np.isfinite(answers)
    for mask in (contract, zero_signs, None if conventions is None else conventions.held):
        if mask is not None:
            doubtful |= mask
    rows = np.flatnonzero(of_rows(doubtful))
    with np.errstate(all="ignore"):
        ulps = far / yard.ulp
    verdicts = Verdicts(ulps, np.full(ulps.shape, np.nan), np.zeros(ulps.shape, np.uint8), np.zeros(ulps.shape, np.uint8))
    explained = np.zeros(ulps.shape, np.bool_)
    if len(rows):
        found = _screened(
            answers[rows], truth.take(rows), fmt, standard, of_those(conditions, rows), policy,
            None if subnormal_rows is None else subnormal_rows[rows],
            None if flushed_truth is None else of_those(flushed_truth, rows),
            None if contract is None else contract[rows], None if zero_signs is None else zero_signs[rows],
            None if conventions is None else conventions.take(rows),
            [of_those(bound, rows) for bound in least], directions[rows],
            None if likely is None else of_those(likely, rows), None if excused is None else of_those(excused, rows),
            None if proved is None else of_those(proved, rows),
        )  # fmt: skip
        explained[rows] = found.flushed
        for name in (field.name for field in fields(Verdicts)):
            getattr(verdicts, name)[rows] = getattr(found.verdicts, name)
    return Screened(verdicts, explained, rows)


def _screened(
    answers: NDArray[np.float64], truth: Reference, fmt: Format, standard: Standard, conditions: Conditions, policy: FlushPolicy,
    subnormal_rows: NDArray[np.bool_] | None, flushed_truth: Flushed | None, contract: NDArray[np.bool_] | None,
    zero_signs: NDArray[np.bool_] | None, conventions: HeldToConvention | None, least: Least,
    directions: NDArray[np.float64], likely: Conditions | None, excused: Excused | None, proved: Proved | None,
) -> Screened:  # fmt: skip
    """`screen`, element by element."""
    right, wrong = kind_errors(answers, truth.accepts)
    open_ = _overflowing_wholes(answers, truth, fmt, standard)
    if excused is not None:
        spared, unknown = _excused(answers, truth, fmt, standard, right, excused)
        right, wrong, open_ = right | spared, wrong & ~spared, open_ | unknown
    if contract is not None:
        right, wrong = right | contract, wrong & ~contract
    half = np.zeros(answers.shape, np.bool_)
    if standard.whole == "parts":
        spare = _beside_infinity(answers, truth, fmt)
        half = spare & ~right & np.isinf(answers) & (truth.accepts == FINITE) & (np.abs(truth.value) < fmt.max)
        right, wrong = right | spare, wrong & ~spare
    if conventions is not None:
        kept, broken = conventions.split(answers)
        right, wrong = (right & ~broken) | kept, (wrong & ~kept) | broken
    far, unsure, ulp = error(answers, truth, fmt)
    with np.errstate(all="ignore"):
        ulps = far / ulp
        within, sure = compare(far, unsure, ulp, standard.ulps)
        maybe = ~sure & ~within & ~np.isnan(far)
    ulps[right] = 0.0
    ulps[wrong] = np.inf
    unknown = (truth.accepts == 0) | (open_ & ~right)
    wrong &= ~unknown
    if contract is not None:
        unknown = unknown & ~contract
    if conventions is not None:
        unknown = unknown & ~conventions.held
    classes = np.where(unknown | (maybe & ~right & ~wrong), Class.undecided, Class.ok).astype(np.uint8)
    classes[np.isnan(ulps) & ~right & ~wrong] = Class.undecided
    maybe &= ~right & ~wrong & ~unknown
    classes[_settled(maybe, far + unsure, ulp, fmt, standard, least)] = Class.ill_conditioned
    suspects = (sure & ~right & ~unknown) | wrong
    alone = suspects & (truth.tier == _MPMATH)  # what mpmath alone says accuses nobody
    classes[alone] = Class.undecided
    suspects &= ~alone
    explained, unsettled = _explained_by_flush(answers, truth, fmt, standard, policy, suspects, subnormal_rows, flushed_truth)
    classes[unsettled] = Class.undecided
    suspects &= ~(explained | unsettled)
    excess = np.full(ulps.shape, np.nan)
    symptoms = np.zeros(ulps.shape, np.uint8)
    if suspects.any():
        rows, outs = np.nonzero(suspects)
        _judge_suspects(
            rows,
            outs,
            answers,
            truth,
            fmt,
            standard,
            conditions,
            far,
            ulp,
            wrong,
            policy,
            ulps,
            excess,
            classes,
            symptoms,
            directions,
            least,
            likely,
            proved,
        )
    # As a number it is the infinity that is right; the part, which has a finite value, is not.
    classes[half], symptoms[half], excess[half], ulps[half] = Class.inaccurate, Symptom.inf, np.inf, np.inf
    if zero_signs is not None:
        only = zero_signs & (classes == Class.ok)
        classes[only], symptoms[only], excess[only] = Class.inaccurate, Symptom.signed_zero, 0.0
    ulps[classes == Class.undecided] = np.nan
    return Screened(Verdicts(ulps, excess, classes, symptoms), explained, np.arange(len(answers)))


def _overflowing_wholes(answers: NDArray[np.float64], truth: Reference, fmt: Format, standard: Standard) -> NDArray[np.bool_]:
    """NaNs and infinities of vectors whose errors are measured normwise, of which one element overflows: the norm is beyond the format, and no
    bound speaks of the others, which a substitution or a product makes of it."""
    odd = ~np.isfinite(answers)
    if standard.whole != "all" or not odd.any():
        return np.zeros(answers.shape, np.bool_)
    return np.asarray(odd & overflows(truth, fmt).any(axis=1, keepdims=True))


def _excused(
    answers: NDArray[np.float64], truth: Reference, fmt: Format, standard: Standard, right: NDArray[np.bool_], excused: Excused
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """NaNs, and infinities that are derivatives, which no number was held against: those that are right because something overflows, and those of
    which nobody knows."""
    none, unknown = np.zeros(answers.shape, np.bool_), np.zeros(answers.shape, np.bool_)
    nan = np.isnan(answers)
    odd = nan if standard.order == "value" else ~np.isfinite(answers)
    if not odd.any():
        return none, unknown
    over = overflows(truth, fmt)
    odd = odd & ~right & (truth.accepts != 0) & (over if standard.order == "value" else True)
    rows, outs = np.nonzero(odd)
    if len(rows):
        none[rows, outs], unknown[rows, outs] = excused(rows, outs, nan[rows, outs], over[rows, outs])
    return none, unknown


def _settled(
    maybe: NDArray[np.bool_],
    most: NDArray[np.float64],
    ulp: NDArray[np.float64],
    fmt: Format,
    standard: Standard,
    least: Least,
) -> NDArray[np.bool_]:
    """Which of the elements whose truth is not sharp enough for T have an error that conditioning surely explains; most: the largest that
    the truth leaves room for.

    An exact zero among terms that cancel (the derivatives of log_softmax along equal directions) is known to no enclosure; that an answer
    is as near to it as rounding the inputs would bring it, is.
    """
    settled = np.zeros(maybe.shape, np.bool_)
    if standard.strict and not standard.roots:
        return settled
    for bound in least:
        at = np.nonzero(maybe & ~settled & np.isfinite(most))
        if len(at[0]):
            room = 2 * standard.neighbourhood * fmt.unit_roundoff * bound(*at)
            with np.errstate(invalid="ignore"):
                settled[at] = most[at] <= standard.ulps * ulp[at] + room
    return settled


def _judge_suspects(
    rows: NDArray[np.int64], outs: NDArray[np.int64], answers: NDArray[Any], truth: Reference, fmt: Format, standard: Standard,
    conditions: Conditions, gap: NDArray[np.float64], ulp: NDArray[np.float64], wrong: NDArray[np.bool_], policy: FlushPolicy,
    ulps: NDArray[np.float64], excess: NDArray[np.float64], classes: NDArray[np.uint8], symptoms: NDArray[np.uint8],
    directions: NDArray[np.float64], least: Least, likely: Conditions | None, proved: Proved | None,
) -> None:  # fmt: skip
    at = (rows, outs)
    given = answers[at]
    value, accepts = truth.value[at], truth.accepts[at]
    kind = wrong[at]
    overflow = np.isinf(given) & ~kind
    ulps[at] = np.where(overflow, np.inf, ulps[at])
    e = np.full(len(rows), np.inf)
    ordinary = np.flatnonzero(~kind)  # an overflow counts as W: near W conditioning explains it as it would explain a number
    verdict = np.full(len(rows), int(Class.unstable), np.uint8)
    if len(ordinary):
        where = (rows[ordinary], outs[ordinary])
        half = ulp[where].astype(WIDE) / 2  # half of the least number is none of binary64's
        top = np.abs(value[ordinary])
        amplification = _amplifications(where, gap[where], ulp[where], top, fmt, standard, conditions, least, likely)
        with np.errstate(all="ignore"):
            beyond = np.isinf(top) | (top > 2 * fmt.max)
            amplification = np.where(
                beyond & np.isfinite(top), amplification * (fmt.max / top), amplification
            )  # gap counts from W
            amplification[np.isinf(top) & (amplification > fmt.max)] = np.nan  # of a truth that no binary64 number tells
            e[ordinary] = gap[where] / (half + fmt.unit_roundoff * amplification)
            explained = gap[where] <= standard.ulps * ulp[where] + 2 * standard.neighbourhood * fmt.unit_roundoff * amplification
        # Nothing is left of the number, and no input nearby has that answer: in 8 bits the excess stays below c whatever happens.
        gone = np.sign(given[ordinary]) != np.sign(value[ordinary])
        gone |= beyond & (np.abs(given[ordinary]) < fmt.max / 4)
        gone &= ~explained & (top > 4 * fmt.min_normal)
        unknown = np.isnan(amplification)
        lost = unknown & (np.isinf(given[ordinary]) | beyond)  # a number against an overflow
        e[ordinary[lost]] = np.inf
        mild = ~(e[ordinary] > standard.excess) & ~(gone & (not standard.roots)) & ~unknown
        judged = np.where(mild, _mild(standard, explained), Class.unstable)
        verdict[ordinary] = np.where(unknown & ~lost, Class.undecided, judged)
        open_ = np.flatnonzero(unknown & ~lost)
        if proved is not None and len(open_):
            found = proved(where[0][open_], where[1][open_], given[ordinary][open_])
            verdict[ordinary[open_]] = found
            e[ordinary[open_[found >= Class.inaccurate]]] = np.inf
        if standard.whole:
            _as_a_whole(verdict, ordinary, gap[where], moduli(truth.value, standard.whole, fmt)[where], fmt, standard)
        if standard.order != "value":
            zero = top <= truth.radius[where]
            scales = _scales(truth, where[0], standard, directions)
            _normwise(verdict, ordinary, gap[where], scales, zero, fmt, standard)
            hollow = (
                zero
                & (fmt.unit_roundoff * amplification <= half)
                & (np.abs(given[ordinary]) <= fmt.unit_roundoff**0.5 * directions[where[0]])
            )
            verdict[ordinary[hollow & (verdict[ordinary] >= Class.inaccurate)]] = Class.undecided
    excess[at] = e
    classes[at] = verdict
    symptoms[at] = np.where(
        verdict >= Class.inaccurate, _symptoms(given, value, accepts, kind, fmt, policy, truth.radius[at]), Symptom.none
    )


#: Suspects of one call, the worst, whose amplification is computed whatever they are.
MOST = 256


def _amplifications(
    where: tuple[NDArray[np.int64], NDArray[np.int64]], gap: NDArray[np.float64], ulp: NDArray[np.float64], top: NDArray[np.float64], fmt: Format,
    standard: Standard, conditions: Conditions, least: Least, likely: Conditions | None,
) -> NDArray[np.float64]:  # fmt: skip
    """sum_j |x_j d_j f| of these elements.

    Where a lower bound explains the error already it is that bound. Of very many suspects, those that not even what is `likely` the most would
    explain have that: what becomes a finding is certified with the amplification itself.
    """
    if not least or standard.strict:
        return conditions(*where)
    found = least[0](*where)
    u = fmt.unit_roundoff

    def room(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        return standard.ulps * ulp + 2 * standard.neighbourhood * u * sizes

    def within(sizes: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(gap <= standard.excess * (ulp.astype(WIDE) / 2 + u * sizes))

    with np.errstate(all="ignore"):
        rest = np.flatnonzero(~((gap <= room(found)) & within(found) & (top < fmt.max)))
        if likely is not None and len(rest) > MOST:
            most = likely(*where)
            hopeless = ~(gap <= room(most)) & ~within(most)
            worst = np.argpartition(-(gap / (ulp.astype(WIDE) / 2 + u * found))[rest], MOST)
            later = rest[worst[MOST:]]
            bulk = later[hopeless[later]]
            found[bulk] = most[bulk]
            rest = np.concatenate([rest[worst[:MOST]], later[~hopeless[later]]])
            rest.sort()
    if len(rest):
        found[rest] = conditions(where[0][rest], where[1][rest])
    return found


def _mild(standard: Standard, explained: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The class of an error beyond T whose excess is within c."""
    if standard.strict and not standard.roots:
        return np.full(explained.shape, Class.inaccurate, np.uint8)
    otherwise = Class.inaccurate if standard.strict else Class.ok
    return np.where(explained, Class.ill_conditioned, otherwise).astype(np.uint8)


def _scales(
    truth: Reference, rows: NDArray[np.int64], standard: Standard, directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a derivative's error is measured against normwise: the supremum of rebuilt ones, along the row's cotangent and tangent, and the
    largest component of the row's gradient."""
    finite = np.where(np.isfinite(truth.value), np.abs(truth.value), 0.0)
    largest = finite.max(axis=1)[rows] if truth.shape[1] > 1 else np.zeros(len(rows))
    return np.maximum(largest, float(standard.saturates or 0.0) * directions[rows])


def _beside_infinity(answers: NDArray[np.float64], truth: Reference, fmt: Format) -> NDArray[np.bool_]:
    """NaNs and infinities of numbers with an infinite part, where the modulus overflows: such a number is an infinity (C23 G.3)."""
    huge = (np.abs(truth.value) >= fmt.max) | (truth.accepts & (PINF | NINF) != 0)
    pairs = np.isinf(answers).reshape(len(answers), -1, 2).any(axis=2) & huge.reshape(len(answers), -1, 2).any(axis=2)
    spare: NDArray[np.bool_] = ~np.isfinite(answers) & np.repeat(pairs, 2, axis=1)
    return spare


def moduli(values: NDArray[np.float64], whole: str, fmt: Format) -> NDArray[np.float64]:
    """What the error of each element (rows, outputs) is measured against beside itself: the modulus of the complex number that it is a part
    of ("parts"), the row's largest element ("all"); numbers beyond the format count as its largest."""
    sizes = np.minimum(np.where(np.isnan(values), 0.0, np.abs(values)), fmt.max)
    if whole == "parts":
        pairs = sizes.reshape(len(sizes), -1, 2)
        return np.repeat(np.minimum(np.hypot(pairs[..., 0], pairs[..., 1]), fmt.max), 2, axis=1)
    return np.broadcast_to(sizes.max(axis=1, keepdims=True), sizes.shape)


def _as_a_whole(
    verdict: NDArray[np.uint8], ordinary: NDArray[np.int64], gap: NDArray[np.float64], modulus: NDArray[np.float64], fmt: Format,
    standard: Standard,
) -> None:  # fmt: skip
    """An error that is small beside the whole is no instability: of a part of a complex number it is inaccurate, of a matrix it is right."""
    small = gap <= max(standard.ulps, standard.excess) * fmt.unit_roundoff * modulus
    milder = Class.inaccurate if standard.whole == "parts" else Class.ok
    verdict[ordinary[small & (verdict[ordinary] > milder)]] = milder


def _normwise(
    verdict: NDArray[np.uint8], ordinary: NDArray[np.int64], gap: NDArray[np.float64], scale: NDArray[np.float64], zero: NDArray[np.bool_],
    fmt: Format, standard: Standard,
) -> None:  # fmt: skip
    """An error of a derivative that is small beside its scale is inaccurate, not unstable, however small the component; of one that is
    zero, where no error is small beside itself, it is the rounding of what cancelled."""
    small = gap <= standard.excess * fmt.unit_roundoff * scale
    verdict[ordinary[small & (verdict[ordinary] == Class.unstable)]] = Class.inaccurate
    verdict[ordinary[small & zero & (verdict[ordinary] == Class.inaccurate)]] = Class.ill_conditioned


def _symptoms(
    given: NDArray[np.float64], value: NDArray[np.float64], accepts: NDArray[np.uint8], kind: NDArray[np.bool_], fmt: Format,
    policy: FlushPolicy, unsure: NDArray[np.float64],
) -> NDArray[np.uint8]:  # fmt: skip
    normal = np.abs(value) >= fmt.min_normal
    symptom = np.full(given.shape, int(Symptom.precision), np.uint8)
    lost = (given == 0) & (value != 0)
    symptom[lost] = Symptom.zero
    flushes = policy.inputs or policy.outputs
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.abs(given - value) <= 16 * fmt.min_normal  # what flushing an intermediate result or two can change
    symptom[near & (normal | (np.abs(given) >= fmt.min_normal)) & flushes] = Symptom.internal_flush
    symptom[(np.sign(given) * np.sign(value) < 0) & (np.abs(value) > unsure)] = Symptom.wrong_sign
    missed_inf = (np.abs(value) > fmt.max) & np.isfinite(given) & ~kind
    symptom[missed_inf] = Symptom.missed_inf
    symptom[np.isinf(given)] = Symptom.inf
    symptom[kind & (accepts & FINITE == 0)] = Symptom.missed_inf
    symptom[kind & (accepts & ~np.uint8(NAN) == 0)] = Symptom.missed_nan
    symptom[np.isnan(given)] = Symptom.nan
    return symptom


def _explained_by_flush(
    answers: NDArray[Any], truth: Reference, fmt: Format, standard: Standard, policy: FlushPolicy, suspects: NDArray[np.bool_],
    subnormal_rows: NDArray[np.bool_] | None, flushed_truth: Flushed | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """Suspects whose answer is f(inputs) or f(flushed inputs) with a subnormal result read as zero; and those where nobody knows f(flushed
    inputs), as xlog1py(-inf, 0): they are not accused."""
    none = np.zeros(suspects.shape, np.bool_)
    if not (policy.inputs or policy.outputs) or not suspects.any():
        return none, none
    explained = suspects & _flushed_result(answers, truth, fmt, policy) if policy.outputs else none
    if not policy.inputs or subnormal_rows is None or flushed_truth is None:
        return explained, none
    rows = np.flatnonzero((suspects & ~explained).any(axis=1) & subnormal_rows)
    if not len(rows):
        return explained, none
    other = flushed_truth(rows)
    given = answers[rows]
    right, _ = kind_errors(given, other.accepts)
    gap, unsure, ulp = error(given, other, fmt)
    with np.errstate(all="ignore"):
        right |= (other.accepts & FINITE != 0) & (gap - unsure <= standard.ulps * ulp) & ~np.isnan(given)
    if policy.outputs:
        right |= _flushed_result(given, other, fmt, policy)
    explained, unsettled = explained.copy(), none.copy()
    explained[rows] |= right & suspects[rows]
    unsettled[rows] = suspects[rows] & ~explained[rows] & (other.accepts == 0)
    return explained, unsettled


def _flushed_result(answers: NDArray[Any], truth: Reference, fmt: Format, policy: FlushPolicy) -> NDArray[np.bool_]:
    """A subnormal truth answered by zero; or by another subnormal, where the target reads subnormals as zero as well."""
    as_zero = np.abs(answers) < fmt.min_normal if policy.inputs else answers == 0
    zero: NDArray[np.bool_] = as_zero & (np.abs(truth.value) < fmt.min_normal) & (truth.accepts & FINITE != 0)
    return zero
