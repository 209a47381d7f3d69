"""Audit: the enclosures of a vectorised tier, compared with Arb's at a share of the rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps, Inputs
from ulpfuzz.oracles.reference import ARB, FINITE, TIERS, Reference


class AuditFailure(AssertionError):
    """A vectorised tier's enclosure does not meet Arb's: the oracle is wrong. The cell fails, the other cells of a run go on."""


def audit(function: Function, inputs: Inputs, truth: Reference, caps: Caps) -> None:
    """Checks a share of the rows that a vectorised tier certified (Caps.audit_share) against Arb; which ones is a function of the inputs.
    Raises AuditFailure."""
    if not caps.audit_share:
        return
    rows = truth.shape[0]
    step = max(1, round(1 / caps.audit_share))
    # The values choose the first row, no clock and no generator: a run that is repeated audits the same rows.
    with np.errstate(all="ignore"):
        total = float(np.nansum(truth.value[:1]))
    first = int(abs(total)) % step if math.isfinite(total) else 0
    for row in range(first % max(1, rows), rows, step):
        if not (truth.tier[row] < ARB).all() or not _is_finite(inputs, row):
            continue
        single = {name: values[row] for name, values in inputs.items()}
        # 128 bits are more than value + value_lo, two doubles, can hold.
        result = rigorous.enclose(function, single, 128)
        for k, ball in enumerate(result.balls):
            # At a kink any two intervals that hold the one-sided derivatives are right, so they prove nothing against one another.
            if truth.accepts[row, k] == FINITE and ball.is_finite() and not truth.interval[row, k]:
                value, value_lo, radius = rigorous.split(ball)
                if np.isfinite(value) and np.isfinite(truth.value[row, k]):
                    _check(function, single, truth, row, k, (value, value_lo, radius))


def _is_finite(inputs: Inputs, row: int) -> bool:
    return all(bool(np.isfinite(values[row]).all()) for values in inputs.values())


def _check(
    function: Function,
    single: dict[str, NDArray[np.float64]],
    truth: Reference,
    row: int,
    k: int,
    exact: tuple[float, float, float],
) -> None:
    value, value_lo, radius = exact
    gap = abs((value - truth.value[row, k]) + (value_lo - truth.value_lo[row, k]))
    # Room for the roundings of these lines: a false alarm here would fail the cell.
    allowed = truth.radius[row, k] + radius + 2.0**-100 * abs(value)
    if gap > allowed * (1 + 2.0**-20) + 2.0**-1074:
        raise AuditFailure(
            f"{TIERS[truth.tier[row, k]]} claims {function.definition} {function.order} output {k} = {truth.value[row, k]!r} "
            f"+- {truth.radius[row, k]!r}, but Arb proves {value!r} (inputs {single!r})"
        )
