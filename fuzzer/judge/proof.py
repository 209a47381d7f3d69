"""Proof: what is shown of one answer that the judge calls wrong, by a truth that mpmath confirms and by the ball test.

The ball test: does an input within k ulps of the case's own have this answer, within T ulps? Mixed forward-backward stability
(Higham, Accuracy and Stability, 1.5): the implementation is unstable at a point iff its answer lies outside F(ball) widened by T ulps,
where F encloses the true range rigorously. So an `unstable` certified here is no false alarm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.contract import documented, source_of
from ulpfuzz.fuzzer.judge.limits import AccuracyLimit
from ulpfuzz.fuzzer.judge.ranges import is_outside
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.confirmation import Confirmation, confirm
from ulpfuzz.oracles.constancy import constant_range
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.neighbourhood import Range, further, natural_range, neighbourhood


@dataclass(frozen=True)
class Suspect:
    """One answer that the judge calls wrong."""

    #: What the answer claims to be.
    function: Function
    #: What it is judged by.
    rule: Rule
    #: The row's exact inputs, without their leading axis.
    single: dict[str, NDArray[np.float64]]
    #: The number of the output.
    output: int
    #: What the framework answered.
    answer: float
    #: What the judge said of it.
    class_: Class = Class.unstable
    #: How it looks.
    symptom: Symptom = Symptom.precision
    #: E of the error model, as the judge had it.
    excess: float = math.inf
    #: What a normwise error is measured against beside the answer itself (normwise.moduli); 0 where nothing is.
    modulus: float = 0.0
    #: What was evaluated of this row already, other outputs included.
    kept: Kept = field(default_factory=Kept)
    #: What else an error may be, in absolute terms: of a functional the roundings of outputs and steps. None: T ulps of the truth, and what is
    #: normwise.
    room: float | None = None


@dataclass(frozen=True)
class Proof:
    """What is proved: a finding where the class is one."""

    class_: Class
    confirmation: Confirmation


def certify(suspect: Suspect, known: Confirmation | None = None) -> Proof:
    """The one place where an answer becomes a finding, or does not; campaign, probe and reproduction call it.

    known: the confirmed truth, where the caller has it, or what the framework documents in its place. Undecided where Arb and mpmath do not
    agree on a truth; else what the ball test says, of a NaN that is demanded too (it may be the value of the end of a domain).
    """
    confirmation = known or confirm(suspect.function, suspect.single, suspect.output, kept=suspect.kept)
    # Where two independent arithmetics differ one of ours is wrong, and a finding would be its error.
    if not confirmation.agrees:
        return Proof(Class.undecided, confirmation)
    if math.isnan(confirmation.near) and suspect.symptom != Symptom.missed_nan:
        return Proof(suspect.class_, confirmation)
    return Proof(ball_test(suspect, confirmation.near), confirmation)


def convention_of(op: Op, row: Batch, output: int, order: str, framework: str) -> Confirmation | None:
    """What the framework's own page says is right at a batch of one row where the function has no derivative; None where it says
    nothing."""
    held = documented(op, row, output + 1, order, framework)
    if held is None:
        return None
    low, high = float(held.low[0, output]), float(held.high[0, output])
    right = repr(low) if low == high else f"[{low!r}, {high!r}]"
    return Confirmation(right, f"convention: {source_of(op, row, order, framework)}", True)


def ball_test(suspect: Suspect, truth: float) -> Class:
    """The class of an answer that was judged as beyond T; an overflow counts as W, a NaN is what the judge says.

    truth: nan where there is none; then an answer is explained that belongs to the end of a domain within k ulps (erfinv(1 + ulp) = inf).
    unstable: surely outside. Inside: inaccurate where T is a published limit (near zeros: only if the judge said so), else ill_conditioned.
    Unbounded enclosure: ill_conditioned where the excess is within c, else undecided.
    """
    fmt, limit, judged, answer = suspect.rule.format, suspect.rule.limit, suspect.class_, suspect.answer
    if math.isnan(answer) or judged < Class.inaccurate:
        return judged
    if is_outside(suspect.rule, dict(suspect.function.params), suspect.single, suspect.output, answer, truth):
        return Class.unstable
    if math.isnan(truth):
        at_end = _is_of_an_end(suspect.function, suspect.single, suspect.output, answer, fmt, limit)
        return Class.ill_conditioned if at_end else judged
    if not any(
        np.isfinite(v).any() for v in suspect.single.values()
    ):  # no rounding moves an infinity: there is no nearby problem
        return judged if abs(answer - truth) > (limit.ulps + 1) * float(fmt.ulp(np.asarray(truth))) else Class.undecided
    # An infinity stands for every number from W on (IEEE 754-2019, 7.4): the nearest of them is compared with the range.
    if math.isinf(answer):
        answer = math.copysign(fmt.max if fmt.real == "float64" else float(fmt.overflow_threshold), answer)
    bounded, slack = False, _slack(suspect, truth)
    # Most answers lie so far outside that the plain enclosure shows it, at a third of the cost of one by slopes.
    if natural_range(suspect.function, suspect.single, suspect.output, _widths(suspect), 128, suspect.kept).excludes(
        answer, slack
    ):
        return judged
    for bits in (128, 512, 1024 + 2 * fmt.precision):
        enclosures = _enclosures(suspect, bits)
        # Rigorous at every precision: the first enclosure without the answer is the proof, and a wider one would take nothing back.
        if any(enclosure.excludes(answer, slack) for enclosure in enclosures):
            return judged
        bounded = any(enclosure.bounded for enclosure in enclosures)
        # Bounded at more than 128 bits, a range is as wide as the neighbourhood makes it: more bits would not narrow it.
        if bounded and bits > 128:
            break
    # What the condition number does not explain, and an enclosure does, may be the enclosure's own width.
    if suspect.excess > limit.excess:
        ranges = further(suspect.function, suspect.single, suspect.output, _widths(suspect), suspect.kept, bounded=bounded)
        if any(enclosure.excludes(answer, slack) for enclosure in ranges):
            return judged
    # A published limit, of a complex function beside the modulus, speaks of the function at the given bits: a nearby problem is no excuse.
    if limit.strict and (judged == Class.inaccurate or not limit.absolute_near_zeros):
        return Class.inaccurate
    # At a pole, where no condition number is known, there is no modulus either.
    whole = max(suspect.modulus, abs(truth))
    if math.isfinite(suspect.excess) and abs(answer - truth) > limit.modulus_ulps * float(fmt.ulp(np.asarray(whole))):
        return Class.inaccurate
    if not bounded and suspect.excess > limit.excess:
        return Class.undecided
    return Class.ill_conditioned


def _enclosures(suspect: Suspect, bits: int) -> list[Range]:
    """Enclosures of the function's range over the neighbourhood; of a functional one more, which knows what does not depend on the inputs."""
    widths = _widths(suspect)
    enclosures = [neighbourhood(suspect.function, suspect.single, suspect.output, widths, bits, suspect.kept)]
    if suspect.function.functional:
        enclosures.append(constant_range(suspect.function, suspect.single, suspect.output, widths, bits))
    return enclosures


def _widths(suspect: Suspect) -> dict[str, NDArray[np.float64]]:
    """k ulps of each input; of one whose errors are measured normwise, of its largest number. Infinities stay where they are."""
    limit = suspect.rule.limit
    own = {name: np.where(np.isfinite(v), v, 0.0) for name, v in suspect.single.items()}
    sizes = {name: np.full(np.shape(v), np.abs(v).max()) if limit.error_norm == "all" else v for name, v in own.items()}
    return {name: limit.neighbourhood * suspect.rule.format.ulp(size) for name, size in sizes.items()}


def _slack(suspect: Suspect, truth: float) -> float:
    """T ulps of the truth, and what a normwise error may be."""
    fmt, limit = suspect.rule.format, suspect.rule.limit
    if suspect.room is not None:
        return suspect.room
    slack = limit.ulps * float(fmt.ulp(np.asarray(truth)))
    if limit.error_norm == "all" or (limit.error_norm == "parts" and suspect.class_ == Class.unstable):
        slack = max(slack, max(limit.ulps, limit.excess) * fmt.unit_roundoff * suspect.modulus)
    return slack


def _is_of_an_end(
    function: Function, single: dict[str, NDArray[np.float64]], output: int, answer: float, fmt: Format, limit: AccuracyLimit
) -> bool:
    """Whether numbers lie beyond the ends of their domains by no more than k ulps of these, and the answer is right at the ends."""
    moved = {}
    for name, values in single.items():
        low, high = function.domain(name)
        ends = np.clip(values, low, high)
        if (np.abs(values - ends) > limit.neighbourhood * fmt.ulp(ends)).any():
            return False
        moved[name] = ends
    # Nothing has moved: the point is inside, where no end's value is right.
    if all(np.array_equal(moved[name], values, equal_nan=True) for name, values in single.items()):
        return False
    there = confirm(function, moved, output)
    if math.isinf(answer):
        return there.agrees and there.value == repr(answer)
    return there.agrees and abs(answer - there.near) <= limit.ulps * float(fmt.ulp(np.asarray(there.near)))
