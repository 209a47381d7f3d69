"""Special functions of one real number."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


@define("erf")
def erf(m: Arithmetic[N], x: N) -> N:
    """DLMF 7.2.1."""
    return m.erf(x)


@define("erfc")
def erfc(m: Arithmetic[N], x: N) -> N:
    """DLMF 7.2.2."""
    return m.erfc(x)


@define("erfinv")
def erfinv(m: Arithmetic[N], x: N) -> N:
    """The inverse of erf; DLMF 7.17.1."""
    return m.erfinv(x)


@define("lgamma")
def lgamma(m: Arithmetic[N], x: N) -> N:
    """log |Gamma(x)|; C23 7.12.8.3, DLMF 5.2.1."""
    return m.lgamma(x)


@define("digamma")
def digamma(m: Arithmetic[N], x: N) -> N:
    """Gamma'(x) / Gamma(x); DLMF 5.2.2."""
    return m.digamma(x)


@define("logit")
def logit(m: Arithmetic[N], x: N) -> N:
    """log(x / (1 - x)), the inverse of the logistic sigmoid; scipy.special.logit."""
    return m.log(x / (1 - x))


@define("logit_clamped")
def logit_clamped(m: Arithmetic[N], x: N, eps: float = 2.0**-10) -> N:
    """log(z / (1 - z)), z the nearest number to x in [eps, 1 - eps]; torch.logit."""
    low = m.num(eps)
    return logit(m, m.min([m.max([x, low]), 1 - low]))


@define("sinc")
def sinc(m: Arithmetic[N], x: N) -> N:
    """sin(pi x) / (pi x), and 1 at 0; numpy.sinc."""
    return m.where(m.eq0(x), lambda: m.num(1), lambda: m.sinpi(x) / (m.const("pi") * x))


@define("entr")
def entr(m: Arithmetic[N], x: N) -> N:
    """-x log x, and 0 at 0; scipy.special.entr."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: -x * m.log(x))


@define("ndtr")
def ndtr(m: Arithmetic[N], x: N) -> N:
    """The standard normal distribution function erfc(-x / sqrt 2) / 2; DLMF 7.20.1."""
    return m.erfc(-x / m.sqrt(m.num(2))) / 2


@define("log_ndtr")
def log_ndtr(m: Arithmetic[N], x: N) -> N:
    """log of ndtr; scipy.special.log_ndtr. One minus the other tail is the same and keeps its digits right of 0."""
    root = m.sqrt(m.num(2))
    return m.where(m.lt(x, m.num(0)), lambda: m.log(m.erfc(-x / root) / 2), lambda: m.log1p(-m.erfc(x / root) / 2))
