"""The vectorised tiers: all rows at once by ball64 (ball80 for binary64's ulps), those left by log64."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import vectorised
from ulpfuzz.oracles.arithmetic import ball80
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import Ball80
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.question import Mask, Question, Rows
from ulpfuzz.oracles.reference import Reference
from ulpfuzz.oracles.tiers.audit import AuditFailure

#: Rows for which Arb costs no more than columns.
FEW = 16
#: Rows that a vectorised arithmetic is tried on before it evaluates the others.
SAMPLE = 32


def first(question: Question, finite: Mask) -> Reference:
    """What ball64 or ball80 knows of the finite rows. Raises AuditFailure where the thread flushes subnormals."""
    # A shared library built with -ffast-math sets FTZ and DAZ when it is loaded (gcc's crtfastmath.o), and bounds of underflow are void.
    if not vectorised.subnormals_survive():
        raise AuditFailure("subnormals are flushed to zero in this thread: the oracle cannot work here")
    # binary64 has 29 bits more than these formats; for ulps of its own it takes a longer significand.
    if question.precision <= 24:
        arithmetic: Ball64 | None = Ball64()
    else:
        arithmetic = Ball80() if ball80.AVAILABLE else None
    start = time.perf_counter()
    if arithmetic is None:
        truth = _nothing(question)
    else:
        truth = _evaluated(arithmetic, question, dict(question.inputs))
        question.tally.seconds[arithmetic.name] += time.perf_counter() - start
    if not finite.all():
        truth.put(~finite, Reference.unknown(int((~finite).sum()), truth.shape[1]))
    return truth


def second(question: Question, truth: Reference, rows: Rows) -> None:
    """Replaces the truth of these rows where log64 is sharper."""
    _sharpened_by(Log64(), question, truth, rows)


def third(question: Question, truth: Reference, rows: Rows) -> bool:
    """The same by ball80, of the formats that ball64 had first: eleven bits more, where the terms cancel. Whether it was asked."""
    asked = question.precision <= 24 and ball80.AVAILABLE and len(rows) >= FEW
    if asked:
        _sharpened_by(Ball80(), question, truth, rows)
    return asked


def _sharpened_by(m: Ball80 | Log64, question: Question, truth: Reference, rows: Rows) -> None:
    start = time.perf_counter()
    sharper = _evaluated(m, question, question.of(rows))
    question.tally.seconds[m.name] += time.perf_counter() - start
    before = truth.take(rows)
    better = (sharper.accepts != 0) & ~((before.accepts != 0) & (before.radius <= sharper.radius))
    for name in before.__dataclass_fields__:
        getattr(before, name)[better] = getattr(sharper, name)[better]
    truth.put(rows, before)


def _evaluated(m: Ball64 | Log64, question: Question, inputs: dict[str, NDArray[np.float64]]) -> Reference:
    """The enclosures of these rows by m; unknown where it encloses none of a sample (ball80 and the special functions, say): nan and infinities
    cost the x87 unit a hundred times an ordinary number."""
    function, precision, count = question.function, question.precision, len(next(iter(inputs.values())))
    if count > 4 * SAMPLE:
        sampled = {name: values[np.arange(0, count, count // SAMPLE)] for name, values in inputs.items()}
        # In an arithmetic of its own: kinks that the sample meets are at other rows.
        sample = vectorised.evaluate(type(m)(), function, sampled, precision)
        if not sample.accepts.any():
            return Reference.unknown(count, sample.shape[1])
    return vectorised.evaluate(m, function, inputs, precision)


def _nothing(question: Question) -> Reference:
    """No knowledge of any row, in the shape of the outputs."""
    outputs = vectorised.evaluate(Ball64(), question.function, question.of(np.arange(1)), 53).shape[1]
    return Reference.unknown(question.rows, outputs)
