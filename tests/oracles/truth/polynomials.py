"""Orthogonal polynomials: mpmath's own, and the trigonometric forms of Chebyshev's four kinds (with complex angles outside [-1, 1])."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth


def _by_angle(form: Callable[[Any, int], Any], shifted: bool = False) -> Truth:
    def truth(x: Any, n: int) -> Any:
        cosine = 2 * x - 1 if shifted else x
        if abs(cosine) == 1:
            raise ZeroDivisionError("a removable point of the form")
        return mp.re(form(mp.acos(mp.mpc(cosine)), n))

    return truth


KINDS: dict[str, Callable[[Any, int], Any]] = {
    "t": lambda t, n: mp.cos(n * t),
    "u": lambda t, n: mp.sin((n + 1) * t) / mp.sin(t),
    "v": lambda t, n: mp.cos((n + mp.mpf(1) / 2) * t) / mp.cos(t / 2),
    "w": lambda t, n: mp.sin((n + mp.mpf(1) / 2) * t) / mp.sin(t / 2),
}
TRUTH: dict[str, Truth] = {
    **{f"chebyshev_polynomial_{kind}": _by_angle(form) for kind, form in KINDS.items()},
    **{f"shifted_chebyshev_polynomial_{kind}": _by_angle(form, shifted=True) for kind, form in KINDS.items()},
    "hermite_polynomial_h": lambda x, n: mp.hermite(n, x),
    "hermite_polynomial_he": lambda x, n: mp.hermite(n, x / mp.sqrt(2)) / mp.sqrt(2) ** n,
    "laguerre_polynomial_l": lambda x, n: mp.laguerre(n, 0, x),
    "legendre_polynomial_p": lambda x, n: mp.legendre(n, x),
}
