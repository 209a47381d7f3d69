"""Special functions of one number: Arb's own."""

from __future__ import annotations

from flint import arb

from tests.oracles.truth import Truth, by_flint

TRUTH: dict[str, Truth] = {"ndtri": by_flint(lambda x: arb(2).sqrt() * (2 * x - 1).erfinv())}
