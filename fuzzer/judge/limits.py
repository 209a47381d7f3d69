"""Accuracy limits: how large the errors of an implementation may be, each with its source. No number here is a tolerance of ours.

T is in ulps of the output format against the exact result. Sources: IEEE 754-2019 section 5.4 (exact); SLEEF's u10/u35 bounds and
glibc's manual (elementary, special; glibc caps known maximum errors at 9 ulps); computing in binary32 and rounding once gives
0.5 + 2^-13 ulp of a 16-bit format; composites are three to five roundings of at most 1 ulp (Higham, Accuracy and Stability, ch. 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ulpfuzz.fuzzer.catalog.op import Accuracy, Implementation, Op
from ulpfuzz.fuzzer.formats import Format

_WIDE = "float64"
HALF = ("float16", "bfloat16")

#: accuracy -> (float64, float32, 16-bit formats), in ulps. CPU columns.
ULPS: dict[Accuracy, tuple[float, float, float]] = {
    "exact": (0.5, 0.5, 0.5),
    "elementary": (1.5, 3.5, 0.51),
    "special": (9.5, 9.5, 1.0),
    "composite": (4.0, 4.0, 1.5),
    "accumulating": (4.0, 4.0, 1.5),
    "backward": (4.0, 4.0, 1.5),
}
SOURCES: dict[Accuracy, str] = {
    "exact": "IEEE 754's: correctly rounded (IEEE 754-2019, 5.4)",
    "elementary": "SLEEF's: u10, u35",
    "special": "glibc's: known maximum errors of its manual, capped at 9 ulps",
    "composite": "a count of roundings: three to five roundings of at most 1 ulp each",
    "accumulating": "a count of roundings: gamma_n of the textbook algorithm (Higham 2002, ch. 3)",
    "backward": "LAPACK's: normwise backward error of 30 n u, LAPACK's own test threshold (LAPACK Users' Guide, 6.6; Higham 2002, ch. 9)",
}


#: Excess beyond which an error is not explained by rounding, per order (measured gap: defects >= 68, others <= 10.6).
EXCESS = {"value": 16.0, "grad": 32.0, "jvp": 32.0, "grad2": 64.0}
#: Steps of a derivative's formula beside those of the value's: each order of differentiation doubles them (Griewank and Walther 2008, 4).
ROUNDINGS = {"value": 1, "grad": 2, "jvp": 2, "grad2": 4}
#: LAPACK's tests pass a residual of this many n u ||A|| (LAPACK Working Note 41, section 6).
THRESHOLD = 30.0
#: Neighbourhood of the ball test, in ulps of the inputs.
NEIGHBOURHOOD = {"value": 4.0, "grad": 8.0, "jvp": 8.0, "grad2": 16.0}


@dataclass(frozen=True)
class AccuracyLimit:
    """The limits that the answers of one cell must keep."""

    #: T, in ulps of the output format.
    ulps: float
    #: c, the largest excess that is no finding.
    excess: float
    #: k, the size of the ball test's neighbourhood in ulps of the inputs.
    neighbourhood: float
    #: T is a published limit: an error above it is `inaccurate` even where the problem is ill-conditioned.
    strict: bool
    #: See Op.absolute_near_zeros.
    absolute_near_zeros: bool
    #: sup|f'| for first derivatives, sup|f''| for second ones, of an op whose derivatives are rebuilt from its output; None otherwise.
    sup_derivative: float | None
    #: Whose limit it is.
    source: str
    #: The order of derivative that it is for.
    order: str = "value"
    #: Op.error_norm at this order.
    error_norm: str = ""
    #: T of whole numbers beyond 2^p, where these are right up to roundoff only (Op.roundoff); 0: T holds there too.
    roundoff: float = 0.0
    #: Of complex numbers: errors of more ulps of the modulus are `inaccurate` even where the problem is ill-conditioned (Op.modulus_published).
    modulus_ulps: float = math.inf


def accuracy_limit(op: Op, order: str, fmt: Format, length: int = 1) -> AccuracyLimit:
    """The standard of an op at an order, in a format, for vectors of `length` (the longest chain of roundings)."""
    summing = op.accuracy in ("accumulating", "backward")
    accuracy: Accuracy = op.accuracy if order == "value" or summing else "composite"
    column = 0 if fmt.real == _WIDE else 2 if fmt.name in HALF else 1
    ulps = ULPS[accuracy][column] * ROUNDINGS[order]
    # 4 ulps of bfloat16 are up to 3 % of a number: as a neighbourhood they would explain errors that rounding cannot make.
    near = NEIGHBOURHOOD[order] if fmt.name not in HALF else NEIGHBOURHOOD[order] / 8
    # A correctly rounded result is off by half an ulp at most, and that is an excess of 1 where the inputs count for nothing.
    excess = 1.0 if accuracy == "exact" else EXCESS[order]
    if summing:
        accumulation = min(fmt.unit_roundoff, 2.0**-24) / fmt.unit_roundoff  # 16-bit inputs accumulate in binary32
        ulps = max(ulps, length * accumulation)
        near = max(near, math.ceil(length * accumulation / 2))
    if accuracy == "backward":  # 16-bit kernels of linear algebra round what they store
        excess = max(excess, THRESHOLD * length * ROUNDINGS[order])
        near = max(near, math.ceil(excess / 2))
    sup_derivative = {"grad": op.sup_first_derivative, "jvp": op.sup_first_derivative, "grad2": op.sup_second_derivative}.get(
        order
    )
    return AccuracyLimit(
        ulps, excess, near, strict=bool(op.exact_slopes) or (order == "value" and accuracy in ("exact", "elementary", "special")),
        absolute_near_zeros=op.absolute_near_zeros, sup_derivative=sup_derivative, source=SOURCES[accuracy], order=order,
        error_norm=_error_norm(op, order), roundoff=ULPS["composite"][column] if op.roundoff and order == "value" else 0.0,
        modulus_ulps=ULPS["special"][column] if op.modulus_published and order == "value" else math.inf,
    )  # fmt: skip


def _error_norm(op: Op, order: str) -> str:
    """Op.error_norm at an order: a gradient by complex numbers is made of complex numbers whatever the value is, one by real numbers
    never."""
    if op.error_norm == "all" or order not in ("grad", "grad2"):
        return op.error_norm
    moving = [i for i in op.inputs if i.differentiable]
    return "parts" if moving and all(i.complex for i in moving) else ""


def limit_of_whom(standard: AccuracyLimit, implementation: Implementation) -> str:
    """Whose limit an inaccurate answer is beyond, in one line: a promise of the framework where its own page gives one (the record), else
    whose it is instead."""
    if implementation.promise:
        return f"beyond what {implementation.framework} promises: {implementation.promise}"
    return f"no promise of {implementation.framework}; the limit is {standard.source}"
