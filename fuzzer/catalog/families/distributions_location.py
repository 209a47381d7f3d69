"""Distributions with a location and a scale, and those made of them."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, Calls, Input, Op, call, op, peer, scalar

PROBABILITY = ("probability distributions",)
F64 = ("float64",)
#: Open at zero: the least number of each format above it.
POSITIVE = 5e-324


def within(name: str, low: float = -float("inf"), high: float = float("inf"), **rest: Any) -> Input:
    """A number that the distribution constrains: what lies outside raises unless validation is off, and then nothing is promised."""
    return scalar(name, low, high, finite=True, **rest)


X, LOC, SCALE = scalar("x"), scalar("loc"), within("scale", POSITIVE)
Q = within("q", 0, 1)
RIGHT = within("x", 0)
WIDE = ("float32", "float64")


def stats(name: str, inputs: list[Input], expression: str, **rest: Any) -> Op:
    """A function of jax.scipy.stats, a call with its whole name, and the same function of scipy.stats as its peer.

    jax: what there is to say of its call; other keywords are those of `op`.
    """
    restricted: dict[str, Any] = rest.pop("jax", {})
    rest.setdefault("verified", FORMULA)
    peers = peer(expression.removeprefix("jax."), F64)
    return op(name, inputs, jax=call(expression, **restricted), numpy=peers, topics=PROBABILITY, **rest)


def of_torch(name: str, inputs: list[Input], torch: Calls, **rest: Any) -> Op:
    """A function that torch.distributions alone has."""
    return op(name, inputs, torch=torch, verified=FORMULA, topics=PROBABILITY, **rest)


#: jax.scipy.stats.norm.ppf and isf return jax's default float, float64 where it is enabled; ndtr takes no 16-bit format; xlogy(-1, scale),
#: with a Python integer, has no derivative.
OPS: list[Op] = [
    stats("normal_logpdf", [X, LOC, SCALE], "jax.scipy.stats.norm.logpdf(x, loc, scale)",
          torch="torch.distributions.Normal(loc, scale, validate_args=False).log_prob(x)"),
    stats("normal_pdf", [X, LOC, SCALE], "jax.scipy.stats.norm.pdf(x, loc, scale)"),
    stats("normal_cdf", [X, LOC, SCALE], "jax.scipy.stats.norm.cdf(x, loc, scale)", jax={"dtypes": WIDE},
          torch="torch.distributions.Normal(loc, scale, validate_args=False).cdf(x)"),
    stats("normal_sf", [X, LOC, SCALE], "jax.scipy.stats.norm.sf(x, loc, scale)", jax={"dtypes": WIDE}),
    stats("normal_logcdf", [X, LOC, SCALE], "jax.scipy.stats.norm.logcdf(x, loc, scale)", jax={"dtypes": WIDE}),
    stats("normal_logsf", [X, LOC, SCALE], "jax.scipy.stats.norm.logsf(x, loc, scale)", jax={"dtypes": WIDE}),
    stats("normal_ppf", [Q, LOC, SCALE], "jax.scipy.stats.norm.ppf(q, loc, scale)", jax={"dtypes": F64},
          torch="torch.distributions.Normal(loc, scale, validate_args=False).icdf(q)"),
    stats("normal_isf", [Q, LOC, SCALE], "jax.scipy.stats.norm.isf(q, loc, scale)", jax={"dtypes": F64}),
    stats("laplace_logpdf", [X, LOC, SCALE], "jax.scipy.stats.laplace.logpdf(x, loc, scale)",
          torch="torch.distributions.Laplace(loc, scale, validate_args=False).log_prob(x)"),
    stats("laplace_pdf", [X, LOC, SCALE], "jax.scipy.stats.laplace.pdf(x, loc, scale)"),
    stats("laplace_cdf", [X, LOC, SCALE], "jax.scipy.stats.laplace.cdf(x, loc, scale)",
          torch="torch.distributions.Laplace(loc, scale, validate_args=False).cdf(x)"),
    of_torch("laplace_ppf", [Q, LOC, SCALE], "torch.distributions.Laplace(loc, scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.laplace.ppf(q, loc, scale)", F64)),
    stats("cauchy_logpdf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.logpdf(x, loc, scale)",
          torch="torch.distributions.Cauchy(loc, scale, validate_args=False).log_prob(x)"),
    stats("cauchy_pdf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.pdf(x, loc, scale)"),
    stats("cauchy_cdf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.cdf(x, loc, scale)",
          torch="torch.distributions.Cauchy(loc, scale, validate_args=False).cdf(x)"),
    stats("cauchy_sf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.sf(x, loc, scale)"),
    stats("cauchy_logcdf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.logcdf(x, loc, scale)"),
    stats("cauchy_logsf", [X, LOC, SCALE], "jax.scipy.stats.cauchy.logsf(x, loc, scale)"),
    stats("cauchy_ppf", [Q, LOC, SCALE], "jax.scipy.stats.cauchy.ppf(q, loc, scale)",
          torch="torch.distributions.Cauchy(loc, scale, validate_args=False).icdf(q)"),
    stats("cauchy_isf", [Q, LOC, SCALE], "jax.scipy.stats.cauchy.isf(q, loc, scale)"),
    stats("logistic_logpdf", [X, LOC, SCALE], "jax.scipy.stats.logistic.logpdf(x, loc, scale)"),
    stats("logistic_pdf", [X, LOC, SCALE], "jax.scipy.stats.logistic.pdf(x, loc, scale)"),
    stats("logistic_cdf", [X, LOC, SCALE], "jax.scipy.stats.logistic.cdf(x, loc, scale)"),
    stats("logistic_sf", [X, LOC, SCALE], "jax.scipy.stats.logistic.sf(x, loc, scale)"),
    stats("logistic_ppf", [Q, LOC, SCALE], "jax.scipy.stats.logistic.ppf(q, loc, scale)"),
    stats("logistic_isf", [Q, LOC, SCALE], "jax.scipy.stats.logistic.isf(q, loc, scale)"),
    stats("gumbel_r_logpdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.logpdf(x, loc, scale)", jax={"grad": False},
          torch="torch.distributions.Gumbel(loc, scale, validate_args=False).log_prob(x)"),
    stats("gumbel_r_pdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.pdf(x, loc, scale)", jax={"grad": False}),
    stats("gumbel_r_cdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.cdf(x, loc, scale)",
          torch="torch.distributions.Gumbel(loc, scale, validate_args=False).cdf(x)"),
    stats("gumbel_r_sf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.sf(x, loc, scale)"),
    stats("gumbel_r_logcdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.logcdf(x, loc, scale)"),
    stats("gumbel_r_logsf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_r.logsf(x, loc, scale)"),
    stats("gumbel_r_ppf", [Q, LOC, SCALE], "jax.scipy.stats.gumbel_r.ppf(q, loc, scale)", jax={"grad": False},
          torch="torch.distributions.Gumbel(loc, scale, validate_args=False).icdf(q)"),
    stats("gumbel_l_logpdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.logpdf(x, loc, scale)", jax={"grad": False}),
    stats("gumbel_l_pdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.pdf(x, loc, scale)", jax={"grad": False}),
    stats("gumbel_l_cdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.cdf(x, loc, scale)"),
    stats("gumbel_l_sf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.sf(x, loc, scale)"),
    stats("gumbel_l_logcdf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.logcdf(x, loc, scale)"),
    stats("gumbel_l_logsf", [X, LOC, SCALE], "jax.scipy.stats.gumbel_l.logsf(x, loc, scale)"),
    stats("gumbel_l_ppf", [Q, LOC, SCALE], "jax.scipy.stats.gumbel_l.ppf(q, loc, scale)", jax={"grad": False}),
    stats("uniform_cdf", [X, LOC, SCALE], "jax.scipy.stats.uniform.cdf(x, loc, scale)"),
    stats("uniform_ppf", [Q, LOC, SCALE], "jax.scipy.stats.uniform.ppf(q, loc, scale)"),
    stats("expon_logpdf", [RIGHT, SCALE], "jax.scipy.stats.expon.logpdf(x, scale=scale)"),
    stats("expon_pdf", [RIGHT, SCALE], "jax.scipy.stats.expon.pdf(x, scale=scale)"),
    stats("expon_cdf", [RIGHT, SCALE], "jax.scipy.stats.expon.cdf(x, scale=scale)"),
    stats("expon_sf", [RIGHT, SCALE], "jax.scipy.stats.expon.sf(x, scale=scale)"),
    stats("expon_logcdf", [RIGHT, SCALE], "jax.scipy.stats.expon.logcdf(x, scale=scale)"),
    stats("expon_logsf", [RIGHT, SCALE], "jax.scipy.stats.expon.logsf(x, scale=scale)"),
    stats("expon_ppf", [Q, SCALE], "jax.scipy.stats.expon.ppf(q, scale=scale)"),
    of_torch("half_normal_logpdf", [RIGHT, SCALE], "torch.distributions.HalfNormal(scale, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.halfnorm.logpdf(x, scale=scale)", F64)),
    of_torch("half_normal_cdf", [RIGHT, SCALE], "torch.distributions.HalfNormal(scale, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.halfnorm.cdf(x, scale=scale)", F64)),
    of_torch("half_normal_ppf", [Q, SCALE], "torch.distributions.HalfNormal(scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.halfnorm.ppf(q, scale=scale)", F64)),
    of_torch("half_normal_variance", [SCALE], "torch.distributions.HalfNormal(scale, validate_args=False).variance"),
    of_torch("half_cauchy_logpdf", [RIGHT, SCALE], "torch.distributions.HalfCauchy(scale, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.halfcauchy.logpdf(x, scale=scale)", F64)),
    of_torch("half_cauchy_cdf", [RIGHT, SCALE], "torch.distributions.HalfCauchy(scale, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.halfcauchy.cdf(x, scale=scale)", F64)),
    of_torch("half_cauchy_ppf", [Q, SCALE], "torch.distributions.HalfCauchy(scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.halfcauchy.ppf(q, scale=scale)", F64)),
    of_torch("exponential_logpdf", [RIGHT, within("rate", POSITIVE)], "torch.distributions.Exponential(rate, validate_args=False).log_prob(x)"),
    of_torch("exponential_cdf", [RIGHT, within("rate", POSITIVE)], "torch.distributions.Exponential(rate, validate_args=False).cdf(x)"),
    of_torch("exponential_ppf", [Q, within("rate", POSITIVE)], "torch.distributions.Exponential(rate, validate_args=False).icdf(q)"),
    of_torch("lognormal_logpdf", [within("x", POSITIVE), LOC, SCALE], "torch.distributions.LogNormal(loc, scale, validate_args=False).log_prob(x)"),
    of_torch("lognormal_cdf", [within("x", POSITIVE), LOC, SCALE], "torch.distributions.LogNormal(loc, scale, validate_args=False).cdf(x)"),
    of_torch("lognormal_ppf", [Q, LOC, SCALE], "torch.distributions.LogNormal(loc, scale, validate_args=False).icdf(q)"),
    of_torch("lognormal_mean", [LOC, SCALE], "torch.distributions.LogNormal(loc, scale, validate_args=False).mean"),
    of_torch("lognormal_variance", [LOC, SCALE],
             call("torch.distributions.LogNormal(loc, scale, validate_args=False).variance", dtypes=("bfloat16", *WIDE))),
    of_torch("lognormal_entropy", [LOC, SCALE], "torch.distributions.LogNormal(loc, scale, validate_args=False).entropy()"),
    of_torch("normal_entropy", [SCALE], "torch.distributions.Normal(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("laplace_entropy", [SCALE], "torch.distributions.Laplace(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("cauchy_entropy", [SCALE], "torch.distributions.Cauchy(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("gumbel_entropy", [SCALE], "torch.distributions.Gumbel(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("gumbel_mean", [LOC, SCALE], "torch.distributions.Gumbel(loc, scale, validate_args=False).mean"),
]  # fmt: skip
