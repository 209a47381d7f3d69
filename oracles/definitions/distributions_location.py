"""Distributions with a location and a scale, and those made of them: densities, distribution functions, their inverses, moments.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volumes 1 and 2 (chapters named below); the API pages of
scipy.stats and torch.distributions for the parameters.
"""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, OfOne
from ulpfuzz.oracles.definitions import Definition, define
from ulpfuzz.oracles.definitions.special import log_ndtr, ndtr

HALF = Fraction(1, 2)


def location_scale(name: str, what: str, standard: OfOne, source: str) -> Definition:
    """Defines name_what(x, loc, scale) from the function of z = (x - loc) / scale: a density is divided by the scale, its logarithm lowered
    by log scale, a probability taken as it is, a quantile of x scaled and moved."""

    def function(m: Arithmetic[N], x: N, loc: N, scale: N) -> N:
        if what in ("ppf", "isf"):
            return loc + scale * standard(m, x)
        value = standard(m, (x - loc) / scale)
        return value / scale if what == "pdf" else value - m.log(scale) if what == "logpdf" else value

    function.__name__ = function.__qualname__ = f"{name}_{what}"
    function.__doc__ = f"The {what} of the {name} distribution; {source}."
    return define(f"{name}_{what}")(function)


def log_root_two_pi(m: Arithmetic[N]) -> N:
    return m.log(2 * m.const("pi")) / 2


def normal_quantile(m: Arithmetic[N], q: N) -> N:
    """The inverse of ndtr: sqrt 2 erfinv(2 q - 1); DLMF 7.17.1."""
    return m.sqrt(m.num(2)) * m.erfinv(2 * q - 1)


def log1mexp(m: Arithmetic[N], x: N) -> N:
    """log(1 - e^x), x < 0."""
    return m.log(-m.expm1(x))


_STANDARD: dict[str, tuple[str, dict[str, OfOne]]] = {
    "normal": ("Johnson, Kotz, Balakrishnan, 13.1", {
        "logpdf": lambda m, z: -m.square(z) / 2 - log_root_two_pi(m),
        "pdf": lambda m, z: m.exp(-m.square(z) / 2) / m.sqrt(2 * m.const("pi")),
        "cdf": ndtr,
        "sf": lambda m, z: ndtr(m, -z),
        "logcdf": log_ndtr,
        "logsf": lambda m, z: log_ndtr(m, -z),
        "ppf": normal_quantile,
        "isf": lambda m, q: -normal_quantile(m, q),
    }),
    "laplace": ("Johnson, Kotz, Balakrishnan, 24.1", {
        "logpdf": lambda m, z: -m.abs(z) - m.const("ln2"),
        "pdf": lambda m, z: m.exp(-m.abs(z)) / 2,
        "cdf": lambda m, z: m.where(m.lt(z, m.num(0)), lambda: m.exp(z) / 2, lambda: 1 - m.exp(-z) / 2),
        "ppf": lambda m, q: m.where(m.lt(q, m.num(HALF)), lambda: m.log(2 * q), lambda: -m.log(2 * (1 - q))),
    }),
    "cauchy": ("Johnson, Kotz, Balakrishnan, 16.1; 1/2 + atan(z)/pi is the angle of (-z, 1) over pi", {
        "logpdf": lambda m, z: -m.log(m.const("pi")) - m.log1p(m.square(z)),
        "pdf": lambda m, z: 1 / (m.const("pi") * (1 + m.square(z))),
        "cdf": lambda m, z: m.atan2(m.num(1), -z) / m.const("pi"),
        "sf": lambda m, z: m.atan2(m.num(1), z) / m.const("pi"),
        "logcdf": lambda m, z: m.log(m.atan2(m.num(1), -z) / m.const("pi")),
        "logsf": lambda m, z: m.log(m.atan2(m.num(1), z) / m.const("pi")),
        "ppf": lambda m, q: -m.cospi(q) / m.sinpi(q),
        "isf": lambda m, q: m.cospi(q) / m.sinpi(q),
    }),
    "logistic": ("Johnson, Kotz, Balakrishnan, 23.1", {
        "logpdf": lambda m, z: -m.softplus(z) - m.softplus(-z),
        "pdf": lambda m, z: m.sigmoid(z) * m.sigmoid(-z),
        "cdf": lambda m, z: m.sigmoid(z),
        "sf": lambda m, z: m.sigmoid(-z),
        "ppf": lambda m, q: m.log(q / (1 - q)),
        "isf": lambda m, q: m.log((1 - q) / q),
    }),
    "gumbel_r": ("Johnson, Kotz, Balakrishnan, 22.1", {
        "logpdf": lambda m, z: -z - m.exp(-z),
        "pdf": lambda m, z: m.exp(-z - m.exp(-z)),
        "logcdf": lambda m, z: -m.exp(-z),
        "cdf": lambda m, z: m.exp(-m.exp(-z)),
        "ppf": lambda m, q: -m.log(-m.log(q)),
        "sf": lambda m, z: -m.expm1(-m.exp(-z)),
        "logsf": lambda m, z: log1mexp(m, -m.exp(-z)),
    }),
    "gumbel_l": ("scipy.stats.gumbel_l: the Gumbel distribution mirrored", {
        "logpdf": lambda m, z: z - m.exp(z),
        "pdf": lambda m, z: m.exp(z - m.exp(z)),
        "logcdf": lambda m, z: log1mexp(m, -m.exp(z)),
        "cdf": lambda m, z: -m.expm1(-m.exp(z)),
        "ppf": lambda m, q: m.log(-m.log1p(-q)),
        "sf": lambda m, z: m.exp(-m.exp(z)),
        "logsf": lambda m, z: -m.exp(z),
    }),
    "uniform": ("scipy.stats.uniform: on [loc, loc + scale]", {
        "cdf": lambda m, z: m.min([m.max([z, m.num(0)]), m.num(1)]),
        "ppf": lambda m, q: q,
    }),
}  # fmt: skip
for _name, (_source, _functions) in _STANDARD.items():
    for _what, _function in _functions.items():
        location_scale(_name, _what, _function, _source)


def scaled(name: str, what: str, standard: OfOne, source: str) -> Definition:
    """The same without a location: name_what(x, scale)."""

    def function(m: Arithmetic[N], x: N, scale: N) -> N:
        if what == "ppf":
            return scale * standard(m, x)
        value = standard(m, x / scale)
        return value / scale if what == "pdf" else value - m.log(scale) if what == "logpdf" else value

    function.__name__ = function.__qualname__ = f"{name}_{what}"
    function.__doc__ = f"The {what} of the {name} distribution; {source}."
    return define(f"{name}_{what}")(function)


_POSITIVE: dict[str, tuple[str, dict[str, OfOne]]] = {
    "expon": ("scipy.stats.expon; Johnson, Kotz, Balakrishnan, 19.1", {
        "logpdf": lambda m, z: -z,
        "pdf": lambda m, z: m.exp(-z),
        "cdf": lambda m, z: -m.expm1(-z),
        "sf": lambda m, z: m.exp(-z),
        "logcdf": lambda m, z: log1mexp(m, -z),
        "logsf": lambda m, z: -z,
        "ppf": lambda m, q: -m.log1p(-q),
    }),
    "half_normal": ("torch.distributions.HalfNormal: |X| of a normal X; Johnson, Kotz, Balakrishnan, 13.10.1", {
        "logpdf": lambda m, z: m.const("ln2") - m.square(z) / 2 - log_root_two_pi(m),
        "cdf": lambda m, z: m.erf(z / m.sqrt(m.num(2))),
        "ppf": lambda m, q: m.sqrt(m.num(2)) * m.erfinv(q),
    }),
    "half_cauchy": ("torch.distributions.HalfCauchy: |X| of a Cauchy X", {
        "logpdf": lambda m, z: m.const("ln2") - m.log(m.const("pi")) - m.log1p(m.square(z)),
        "cdf": lambda m, z: 2 * m.atan(z) / m.const("pi"),
        "ppf": lambda m, q: m.sinpi(q / 2) / m.cospi(q / 2),
    }),
}  # fmt: skip
for _name, (_source, _functions) in _POSITIVE.items():
    for _what, _function in _functions.items():
        scaled(_name, _what, _function, _source)


@define("exponential_logpdf")
def exponential_logpdf(m: Arithmetic[N], x: N, rate: N) -> N:
    """log rate - rate x; torch.distributions.Exponential."""
    return m.log(rate) - rate * x


@define("exponential_cdf")
def exponential_cdf(m: Arithmetic[N], x: N, rate: N) -> N:
    """1 - e^(-rate x); torch.distributions.Exponential."""
    return -m.expm1(-rate * x)


@define("exponential_ppf")
def exponential_ppf(m: Arithmetic[N], q: N, rate: N) -> N:
    """-log(1 - q) / rate; torch.distributions.Exponential."""
    return -m.log1p(-q) / rate


@define("lognormal_logpdf")
def lognormal_logpdf(m: Arithmetic[N], x: N, loc: N, scale: N) -> N:
    """The density of e^X, X normal; Johnson, Kotz, Balakrishnan, 14.1."""
    return -m.square((m.log(x) - loc) / scale) / 2 - m.log(x) - m.log(scale) - log_root_two_pi(m)


@define("lognormal_cdf")
def lognormal_cdf(m: Arithmetic[N], x: N, loc: N, scale: N) -> N:
    """The probability of e^X <= x, X normal; Johnson, Kotz, Balakrishnan, 14.1."""
    return ndtr(m, (m.log(x) - loc) / scale)


@define("lognormal_ppf")
def lognormal_ppf(m: Arithmetic[N], q: N, loc: N, scale: N) -> N:
    """exp of the normal quantile; Johnson, Kotz, Balakrishnan, 14.3."""
    return m.exp(loc + scale * normal_quantile(m, q))


@define("lognormal_mean")
def lognormal_mean(m: Arithmetic[N], loc: N, scale: N) -> N:
    """exp(loc + scale^2 / 2); Johnson, Kotz, Balakrishnan, 14.3."""
    return m.exp(loc + m.square(scale) / 2)


@define("lognormal_variance")
def lognormal_variance(m: Arithmetic[N], loc: N, scale: N) -> N:
    """exp(2 loc + scale^2) (exp(scale^2) - 1); Johnson, Kotz, Balakrishnan, 14.3."""
    return m.exp(2 * loc + m.square(scale)) * m.expm1(m.square(scale))


@define("lognormal_entropy")
def lognormal_entropy(m: Arithmetic[N], loc: N, scale: N) -> N:
    """1/2 + log(2 pi)/2 + log scale + loc; Cover and Thomas, table 17.1."""
    return HALF + log_root_two_pi(m) + m.log(scale) + loc


@define("normal_entropy")
def normal_entropy(m: Arithmetic[N], scale: N) -> N:
    """log(2 pi e scale^2) / 2; Cover and Thomas, table 17.1."""
    return HALF + log_root_two_pi(m) + m.log(scale)


@define("laplace_entropy")
def laplace_entropy(m: Arithmetic[N], scale: N) -> N:
    """1 + log(2 scale); Cover and Thomas, table 17.1."""
    return 1 + m.log(2 * scale)


@define("cauchy_entropy")
def cauchy_entropy(m: Arithmetic[N], scale: N) -> N:
    """log(4 pi scale); Cover and Thomas, table 17.1."""
    return m.log(4 * m.const("pi") * scale)


@define("gumbel_entropy")
def gumbel_entropy(m: Arithmetic[N], scale: N) -> N:
    """1 + gamma + log scale; torch.distributions.Gumbel."""
    return 1 + m.const("euler") + m.log(scale)


@define("gumbel_mean")
def gumbel_mean(m: Arithmetic[N], loc: N, scale: N) -> N:
    """loc + gamma scale; Johnson, Kotz, Balakrishnan, 22.3."""
    return loc + m.const("euler") * scale


@define("half_normal_variance")
def half_normal_variance(m: Arithmetic[N], scale: N) -> N:
    """scale^2 (1 - 2/pi); Johnson, Kotz, Balakrishnan, 13.10.1."""
    return m.square(scale) * (1 - 2 / m.const("pi"))
