"""Complex functions: mpmath's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth


def by_mpmath(function: Callable[..., Any]) -> Truth:
    """A function of complex numbers, as pairs."""

    def truth(*pairs: list[Any], **params: Any) -> list[Any]:
        value = mp.mpmathify(function(*(mp.mpc(*pair) for pair in pairs), **params))
        return [mp.re(value), mp.im(value)]

    return truth


TRUTH: dict[str, Truth] = {"exp_complex": by_mpmath(mp.exp)}
