"""The confluent and the Gauss hypergeometric function, 1F1 and 2F1; DLMF chapters 13 and 15."""

from __future__ import annotations

from typing import TypeVar

from flint import acb, arb
from mpmath import MPContext, mpf

from ulpfuzz.oracles.arithmetic.special import Special

#: Balls of Arb, real or complex.
R = TypeVar("R", arb, acb)


def mp_hyp1f1(mp: MPContext, a: mpf, b: mpf, x: mpf) -> mpf:
    if max(abs(a), abs(b), abs(x)) > 10000:
        raise ValueError("the series takes too long")
    return mp.hyp1f1(a, b, x)


def mp_hyp2f1(mp: MPContext, a: mpf, b: mpf, c: mpf, x: mpf) -> mpf:
    if max(abs(a), abs(b), abs(c)) > 10000 or abs(x) > 1:
        raise ValueError("the series takes too long")
    return mp.hyp2f1(a, b, c, x)


def _small(*numbers: arb | acb) -> bool:
    """Whether Arb's hypergeometric series are quick."""
    return all(abs(v).upper() < 20000 for v in numbers)


def _hyp1f1(a: R, b: R, x: R) -> R:
    return x.hypgeom_1f1(a, b) if _small(a, b, x) else type(x)("nan")


def _hyp2f1(a: R, b: R, c: R, x: R) -> R:
    return x.hypgeom_2f1(a, b, c) if _small(a, b, c) and abs(x).upper() <= 1 else type(x)("nan")


FUNCTIONS = [
    Special(
        "hyp1f1", arb=_hyp1f1, mp=mp_hyp1f1, acb=_hyp1f1,
        slopes=(None, None, lambda m, y, a, b, x: a / b * m.hyp1f1(a + 1, b + 1, x)),
        domain=((0.5, 20.0), (0.5, 20.0), (-20.0, 20.0)), weight=25.0, source="DLMF 13.2.2, 13.3.15",
    ),
    Special(
        "hyp2f1", arb=_hyp2f1, mp=mp_hyp2f1, acb=_hyp2f1,
        slopes=(None, None, None, lambda m, y, a, b, c, x: a * b / c * m.hyp2f1(a + 1, b + 1, c + 1, x)),
        domain=((0.5, 8.0), (0.5, 8.0), (0.5, 8.0), (-0.9, 0.9)), weight=35.0, source="DLMF 15.2.1, 15.5.1",
    ),
]  # fmt: skip
