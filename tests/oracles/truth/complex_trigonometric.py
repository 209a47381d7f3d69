"""Trigonometric and hyperbolic functions of complex numbers by mpmath."""

from __future__ import annotations

from typing import Any

from mpmath import mp

from tests.oracles.truth.complex import by_mpmath, off_cuts

TRUTH: dict[str, Any] = {
    **{f"{n}_complex": by_mpmath(getattr(mp, n)) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"{n}_complex": off_cuts(getattr(mp, n)) for n in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
}
