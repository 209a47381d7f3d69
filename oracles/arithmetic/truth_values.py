"""Three-valued truth: yes, no or undecided (True, False, None for one number; a pair of masks for rows), and its negation.

What a tape compares is a Comparison, which holds exact ties beside the outcome: a value is decided there, its derivative is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.oracles.arithmetic.protocol import Truth


@dataclass(frozen=True)
class Comparison:
    """A comparison made on a tape: its outcome in the innermost arithmetic, and where the two sides are exactly equal."""

    decided: Truth
    tie: Truth


def raw(cond: Truth) -> Truth:
    """The outcome in the innermost arithmetic."""
    return cond.decided if isinstance(cond, Comparison) else cond


def negated(cond: Truth) -> Truth:
    """The negation of a three-valued truth: a pair of masks, or True/False/None."""
    if isinstance(cond, tuple):
        return cond[1], cond[0]
    return None if cond is None else not cond


def possible(cond: Truth) -> Truth:
    """The truth decided for "yes" wherever it is not surely "no"."""
    return (~cond[1], cond[1]) if isinstance(cond, tuple) else cond is not False


def sure(cond: Truth) -> Truth:
    return cond[0] if isinstance(cond, tuple) else cond is True


def opened(cond: Truth, tie: Truth) -> Truth:
    """The truth made undecided on ties, so that its mask takes the hull of both sides."""
    if isinstance(cond, tuple):
        return (cond[0] & ~tie, cond[1] & ~tie) if tie.any() else cond
    return None if tie else cond
