"""Naive: a function's formula evaluated in the dtype, step by step, beside what the framework answered."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.culprit import Culprit, culprit_of
from ulpfuzz.fuzzer.casework.diagnosis.observed import Observed, TooLongError, named
from ulpfuzz.fuzzer.casework.diagnosis.textbook import Variant, variants
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError, ending
from ulpfuzz.oracles.function import Function

#: bits: the same number. ulps: within a few. kind: both NaN, or the same infinity. size: errors of the same size. "": none of these.
Agreement = Literal["bits", "ulps", "kind", "size", ""]
#: Ulps of the answer by which two naive evaluations may differ: a rounding or two, and the 2 ulps of a library's function.
SAME = 4.0
#: Seconds after which a special function of mpmath is not called again: far beyond what a step takes (measured: 99 % below 0.05 s).
PATIENCE = 3.0
#: What an evaluation raises where numpy, scipy or mpmath have no such function, or not here.
UNKNOWN = (NotImplementedError, AttributeError, TooLongError, TimeIsUpError, ArithmeticError, ValueError, TypeError, IndexError)


@dataclass(frozen=True)
class Evaluation:
    """One naive evaluation of an output. text: how; used: the methods of the arithmetic that the definition called; steps: how many."""

    text: str
    value: float
    culprit: Culprit | None
    used: frozenset[str]
    steps: int


def evaluated(
    function: Function,
    single: Mapping[str, NDArray[np.float64]],
    output: int,
    fmt: Format,
    variant: Variant | None = None,
    *,
    explained: bool = True,
) -> Evaluation | None:
    """The output of a function at one row as the naive arithmetic gives it; None where that cannot be. explained: with its culprit."""
    variant = variant or Variant("the definition")
    m = Observed(fmt, bits_of(single, fmt), variant.book, variant.constants, flushes=variant.flushes, explains=explained)
    try:
        with np.errstate(all="ignore"), ending(time.monotonic() + PATIENCE):
            inputs = {name: named(name, values, m) for name, values in single.items()}
            result = m.num((variant.function or function).outputs(m, inputs)[output])
            culprit = culprit_of(result, fmt, m.mp) if explained else None
            if culprit is not None and variant.cause is not None:
                culprit = replace(culprit, cause=variant.cause)
    except UNKNOWN:
        return None
    return Evaluation(variant.text, result.value, culprit, frozenset(m.used), m.steps)


def bits_of(single: Mapping[str, NDArray[np.float64]], fmt: Format) -> int:
    """Enough for a sum of any two of the inputs, or of one and 1, to keep both, up to 2,048: beyond, one is no more than a perturbation."""
    sizes = np.abs(np.concatenate([[1.0], *(np.ravel(v) for v in single.values())]))
    kept = sizes[(sizes > 0) & np.isfinite(sizes)]
    return min(2048, 128 + 2 * fmt.precision + 2 * int(np.ptp(np.frexp(kept)[1])))


def agreement(value: float, answer: float, truth: float, fmt: Format) -> Agreement:
    """How a naive result agrees with a wrong answer. truth: nan where there is none."""
    if math.isnan(value) or math.isnan(answer):
        return "kind" if math.isnan(value) and math.isnan(answer) else ""
    if value == answer:
        return "bits" if math.isfinite(value) and value != 0 else "kind"
    if math.isinf(value) or math.isinf(answer):
        return ""
    apart, error = abs(value - answer), abs(answer - truth)
    if apart <= SAME * float(fmt.ulp(np.asarray(answer))) and apart <= error / 2:
        return "ulps"
    return "size" if error / 8 <= abs(value - truth) <= 8 * error and error > 0 else ""


@dataclass(frozen=True)
class Match:
    """An evaluation that gives the framework's wrong answer. agreement: at the case. on: rows around the case where the framework's answer
    was wrong, or right, and agreeing: at how many of these the naive evaluation says the same."""

    evaluation: Evaluation
    agreement: Agreement
    on: int
    agreeing: int
    #: Of these the wrong ones, neither zero nor infinite, with the same answer to the bit or within a few ulps.
    alike: int

    @property
    def confirms(self) -> bool:
        """The same answer at the case, not merely an error of its size, and the same at 3 of 4 points around it. That a zero is a cancelled
        number, a number like it around the case must say."""
        culprit = self.evaluation.culprit
        if self.agreement == "kind" and culprit is not None and culprit.cause == "cancellation" and not self.alike:
            return False
        return self.agreement in ("bits", "ulps", "kind") and self.agreeing >= 0.75 * self.on


def matches(bench: Bench, answer: float, around: Around | None = None) -> tuple[Evaluation | None, list[Match]]:
    """The definition's own naive evaluation, and every evaluation, by the definition or by a variant, that has a culprit and agrees with the
    answer; the best first."""
    fmt, truth = bench.format, bench.truth.near
    plain = evaluated(bench.function, bench.single, bench.output, fmt)
    tried: list[tuple[Variant, Evaluation | None]] = [(Variant("the definition"), plain)]
    if plain is not None:
        for variant in variants(bench.function, plain.used, fmt.real):
            # Of a function of a table nothing is left but another formula for it.
            if plain.steps > 1 or variant.function is not None or any(name.isidentifier() for name in variant.book):
                tried.append((variant, evaluated(bench.function, bench.single, bench.output, fmt, variant)))
    found: list[tuple[Match, int]] = []
    for place, (variant, evaluation) in enumerate(tried):
        if evaluation is None or evaluation.culprit is None:
            continue
        agreed = agreement(evaluation.value, answer, truth, fmt)
        # A variant that changes nothing explains nothing that the definition does not.
        if (
            place
            and plain is not None
            and (evaluation.value == plain.value or (math.isnan(evaluation.value) and math.isnan(plain.value)))
        ):
            known = plain.culprit is not None and plain.culprit.cause != "unknown"
            same = plain.culprit is not None and plain.culprit.cause == evaluation.culprit.cause
            agreed = "" if known or same or variant.cause is not None else agreed
        if agreed:
            on, agreeing, alike = (0, 0, 0) if around is None else around.compared(bench, variant)
            found.append((Match(evaluation, agreed, on, agreeing, alike), place))
    rank = {"bits": 0, "ulps": 1, "kind": 1, "size": 2}
    found.sort(key=lambda pair: (not pair[0].confirms, rank[pair[0].agreement], -pair[0].agreeing, pair[1]))
    return plain, [match for match, _ in found]


@dataclass(frozen=True)
class Around:
    """Rows around a case with the framework's answers and the truths: (inputs, answer, truth, whether the answer is wrong)."""

    rows: tuple[tuple[dict[str, NDArray[np.float64]], float, float, bool], ...]

    def compared(self, bench: Bench, variant: Variant) -> tuple[int, int, int]:
        """Of how many rows something is known, and at how many of them the variant agrees: the same kind, and where the answer is wrong an
        error of its size at least; and at how many wrong ones it gives the number."""
        known = agreeing = alike = 0
        for single, answer, truth, wrong in self.rows:
            evaluation = evaluated(bench.function, single, bench.output, bench.format, variant, explained=False)
            if evaluation is None:
                continue
            known += 1
            if wrong:
                agreed = agreement(evaluation.value, answer, truth, bench.format)
                agreeing += bool(agreed)
                alike += agreed in ("bits", "ulps")
            else:
                agreeing += math.isfinite(evaluation.value) == math.isfinite(answer)
        return known, agreeing, alike
