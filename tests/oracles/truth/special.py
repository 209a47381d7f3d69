"""Special functions by mpmath and by identities."""

from __future__ import annotations

from typing import Any

from mpmath import mp

from tests.oracles.truth import by_flint
from tests.oracles.truth.elementwise import arb

TRUTH: dict[str, Any] = {
    **{n: by_flint(getattr(arb, n)) for n in ("erf", "erfc", "erfinv", "digamma")},
    "lgamma": by_flint(lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log()),
    "logit": lambda x: 2 * mp.atanh(2 * x - 1) if 0 < x < 1 else mp.nan,
    "logit_clamped": lambda x, eps: mp.nan if mp.isnan(x) else 2 * mp.atanh(2 * min(max(x, eps), 1 - mp.mpf(eps)) - 1),
    "sinc": mp.sincpi,
    "entr": lambda x: -mp.log(mp.power(x, x)) if x > 0 else mp.nan,
    "ndtr": mp.ncdf,
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
}
