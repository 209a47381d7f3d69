"""Bessel functions: their integrals, by quadrature."""

from __future__ import annotations

from mpmath import mp

from tests.oracles.truth import Checked, Truth

#: DLMF 10.32.1.
TRUTH: dict[str, Truth | Checked] = {
    "i0": Checked(
        lambda x: mp.quad(lambda t: mp.exp(x * mp.cos(t)), [0, mp.pi / 2, mp.pi]) / mp.pi, bits=300, agree=1e-20, points=20
    )
}
