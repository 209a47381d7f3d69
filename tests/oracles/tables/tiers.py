"""Every tier of the oracle on the rows of a table: what it claims, whether the table's values lie within, and what it leaves open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tests.oracles.tables import Table
from ulpfuzz.oracles import limits_at_infinity, rigorous, vectorised
from ulpfuzz.oracles.arithmetic import ball80
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import Ball80
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.oracle import Caps, reference
from ulpfuzz.oracles.reference import FINITE, NINF, PINF, TIERS, Reference
from ulpfuzz.oracles.taylor import taylor

#: Above this a number surely overflows binary64; the oracle calls it infinite, as everything at or beyond 2^1024.
HUGE = Fraction(2) ** 1024
#: Bits of the format whose ulps matter: ball64 and log64 serve the narrow formats, the others binary64 too.
PRECISION = {"ball64": 24, "log64": 24}
#: What a claim may be wide and count as decided: so many ulps of the format.
SHARP = 2.0**-8
#: A radius that says that a value underflows.
TINY = 2.0**-1070
#: Neighbours of a point, in ulps, whose interval gets a Taylor model.
NEIGHBOURS = 64


@dataclass(frozen=True)
class Measured:
    """violations: rows whose value is surely outside of what the tier claims, in words. undecided: the share of rows of which the tier
    knows nothing. wide: the share that it encloses, but not to SHARP ulps."""

    violations: tuple[str, ...]
    undecided: float
    wide: float


def ball64(table: Table) -> Reference:
    return vectorised.evaluate(Ball64(), table.function, table.inputs, 53)


def log64(table: Table) -> Reference:
    return vectorised.evaluate(Log64(), table.function, table.inputs, 53)


def extended(table: Table) -> Reference:
    return vectorised.evaluate(Ball80(), table.function, table.inputs, 53)


def arb(table: Table) -> Reference:
    """Enclosures at doubled precisions, as the oracle climbs, as far as 1024 bits."""
    truth = Reference.unknown(table.rows, 1)
    for row in range(table.rows):
        bits = 117
        while bits <= 1024:
            result = rigorous.enclose(table.function, table.single(row), bits)
            if result.undefined or not result.balls:
                break
            value, low, radius = rigorous.split(result.balls[0])
            if np.isfinite(radius):
                truth.value[row, 0], truth.value_lo[row, 0], truth.radius[row, 0] = value, low, radius
                truth.accepts[row, 0], truth.interval[row, 0] = FINITE, result.kink
                if radius <= abs(value) * 2.0**-62 or radius <= 2.0**-1074:
                    break
            bits *= 2
    truth.tier[:] = TIERS.index("arb")
    return truth


def limit(table: Table) -> Reference:
    """What the limits say of an ordinary point, a number of binary64: where Arb gives up, they are what is asked. The rounding to it is no
    part of what is measured here; what the oracle makes of such a number is (`whole`)."""
    truth = Reference.unknown(table.rows, 1)
    for row in range(table.rows):
        (right,) = limits_at_infinity.accepted(table.function, table.single(row))
        numeric = bool(right.kinds & FINITE)
        middle = right.low if right.low == right.high else right.low / 2 + right.high / 2  # half of a subnormal is rounded
        truth.value[row, 0] = middle if numeric else np.nan
        truth.radius[row, 0] = (right.high - right.low) / 2 + float(np.spacing(abs(right.low))) if numeric else 0.0
        truth.value_lo[row, 0], truth.accepts[row, 0] = 0.0, right.kinds
    truth.tier[:] = TIERS.index("limit")
    return truth


def taylor_models(table: Table) -> Reference:
    """The polynomial around each point, at the point; unknown for functions of several numbers."""
    truth = Reference.unknown(table.rows, 1)
    truth.tier[:] = TIERS.index("taylor")
    if len(table.inputs) > 1 or table.function.order != "value":
        return truth
    (x,) = table.inputs.values()
    for row, at in enumerate(x.tolist()):
        reach = NEIGHBOURS * float(np.spacing(abs(at)))
        model = taylor(table.function, at - reach, at + reach, 2.0**-50)
        if model is not None:
            truth.value[row, 0], truth.value_lo[row, 0] = model.values(np.asarray([at]))[0], 0.0
            truth.radius[row, 0], truth.accepts[row, 0] = model.radius, FINITE
    return truth


def whole(table: Table) -> Reference:
    """The oracle as the judge asks it, for binary64, with its caps on effort and rows."""
    return reference(table.function, table.inputs, precision=53, caps=Caps(audit_share=0.0))


#: The vectorised tiers, which take whole tables, and those that work a row at a time.
COLUMNS: dict[str, Callable[[Table], Reference]] = {
    "ball64": ball64, "log64": log64, **({"ball80": extended} if ball80.AVAILABLE else {}),
}  # fmt: skip
ROW_BY_ROW: dict[str, Callable[[Table], Reference]] = {"taylor": taylor_models, "arb": arb, "limit": limit, "reference": whole}
TIERS_MEASURED = COLUMNS | ROW_BY_ROW
#: Of tiers that cost milliseconds a row and more, every so manieth row is what all of a table's rows means.
STEP = {"taylor": 6, "limit": 12}
#: The shares of Measured, which the tables' headers record as an upper bound for each tier.
SHARES = ("undecided", "wide")


def contains(truth: Reference, row: int, value: Fraction, off: Fraction) -> bool:
    """Whether what is claimed of the row may hold for a number within `off` of the value."""
    kinds, claimed, radius = int(truth.accepts[row, 0]), float(truth.value[row, 0]), float(truth.radius[row, 0])
    low, high = value - off, value + off
    if not kinds or (kinds & FINITE and np.isinf(radius)):
        return True
    if kinds & FINITE and not np.isfinite(claimed):
        return high >= HUGE if claimed > 0 else low <= -HUGE
    if not kinds & FINITE:
        return bool((kinds & PINF and high >= HUGE) or (kinds & NINF and low <= -HUGE))
    centre, reach = Fraction(claimed) + Fraction(float(truth.value_lo[row, 0])), Fraction(radius)
    return centre - reach <= high and low <= centre + reach


def measured(table: Table, tier: str) -> Measured:
    """What the tier makes of the table's rows."""
    with np.errstate(all="ignore"):
        truth = TIERS_MEASURED[tier](table)
    violations = [
        f"{table.name} { ({k: float(v).hex() for k, v in table.single(row).items()}) } {dict(table.function.params)}: {tier} claims "
        f"{truth.value[row, 0]!r} + {truth.value_lo[row, 0]!r} +- {truth.radius[row, 0]!r} ({truth.accepts[row, 0]}), "
        f"the table says {float(value) if abs(value) < HUGE else 'more than 2^1024'!r}"
        for row, (value, off) in enumerate(zip(table.values, table.off, strict=True))
        if not contains(truth, row, value, off)
    ]
    unknown, wide = open_rows(truth, PRECISION.get(tier, 53))
    return Measured(tuple(violations), float(unknown.mean()), float(wide.mean()))


def open_rows(truth: Reference, precision: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(rows of which nothing is known, rows that are enclosed but not to SHARP ulps)."""
    accepts, value, radius = truth.accepts[:, 0], truth.value[:, 0], truth.radius[:, 0]
    unknown = (accepts == 0) | ((accepts & FINITE != 0) & ~np.isfinite(radius))
    with np.errstate(all="ignore"):
        ulp = np.maximum(np.abs(value) * 2.0 ** (1 - precision), 2.0**-1074)
        wide = ~unknown & np.isfinite(value) & (radius > SHARP * ulp) & (radius > TINY)
    return unknown, wide


def together(parts: Sequence[tuple[Table, Measured]]) -> dict[str, float]:
    """The shares of several tables of one file."""
    rows = sum(table.rows for table, _ in parts)
    return {share: sum(getattr(m, share) * table.rows for table, m in parts) / rows for share in SHARES}
