"""Distributions with a location and a scale, and those made of them."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, Input, Op, call, op, peer, scalar

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
D, S = "torch.distributions", "jax.scipy.stats"
TORCH_NAMES = {"logpdf": "log_prob", "logpmf": "log_prob", "cdf": "cdf", "ppf": "icdf"}
WIDE = ("float32", "float64")
#: jax.scipy.stats.norm.ppf and isf return jax's default float, float64 where it is enabled; ndtr takes no 16-bit format; xlogy(-1, scale),
#: with a Python integer, has no derivative.
RESTRICTED: dict[str, dict[str, Any]] = {
    **{f"norm {what}": {"dtypes": F64} for what in ("ppf", "isf")},
    **{f"norm {what}": {"dtypes": WIDE} for what in ("cdf", "sf", "logcdf", "logsf")},
    **{f"gumbel_{side} {what}": {"grad": False} for side in "lr" for what in ("logpdf", "pdf", "ppf")},
}


def family(name: str, torch: str, stats: str, functions: tuple[str, ...], **rest: Any) -> list[Op]:
    """The functions of a distribution with (loc, scale): torch has log_prob, cdf and icdf, jax.scipy.stats those of `functions`."""
    records = []
    for what in functions:
        quantile = what in ("ppf", "isf")
        first = Q if quantile else X
        method = TORCH_NAMES.get(what) if torch else None
        jax = f"{S}.{stats}.{what}({first.name}, loc, scale)"
        records.append(
            op(f"{name}_{what}", [first, LOC, SCALE],
               torch=f"{D}.{torch}(loc, scale, validate_args=False).{method}({first.name})" if method else None,
               jax=call(jax, **RESTRICTED.get(f"{stats} {what}", {})),
               numpy=peer(f"scipy.stats.{stats}.{what}({first.name}, loc, scale)", F64), verified=FORMULA, topics=PROBABILITY, **rest)
        )  # fmt: skip
    return records


def of_torch(name: str, inputs: list[Input], expression: str, **rest: Any) -> Op:
    """A function that torch.distributions alone has."""
    return op(name, inputs, torch=rest.pop("torch", f"{D}.{expression}"), verified=FORMULA, topics=PROBABILITY, **rest)


ALL = ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")
OPS: list[Op] = [
    *family("normal", "Normal", "norm", ALL),
    *family("laplace", "Laplace", "laplace", ("logpdf", "pdf", "cdf")),
    of_torch("laplace_ppf", [Q, LOC, SCALE], "Laplace(loc, scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.laplace.ppf(q, loc, scale)", F64)),
    *family("cauchy", "Cauchy", "cauchy", ALL),
    *family("logistic", "", "logistic", ("logpdf", "pdf", "cdf", "sf", "ppf", "isf")),
    *family("gumbel_r", "Gumbel", "gumbel_r", ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf")),
    *family("gumbel_l", "", "gumbel_l", ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf")),
    *family("uniform", "", "uniform", ("cdf", "ppf")),
    *(op(f"expon_{what}", [Q if what == "ppf" else RIGHT, SCALE], jax=f"{S}.expon.{what}({'q' if what == 'ppf' else 'x'}, scale=scale)",
         numpy=peer(f"scipy.stats.expon.{what}({'q' if what == 'ppf' else 'x'}, scale=scale)", F64), verified=FORMULA, topics=PROBABILITY)
      for what in ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf")),
    of_torch("half_normal_logpdf", [RIGHT, SCALE], "HalfNormal(scale, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.halfnorm.logpdf(x, scale=scale)", F64)),
    of_torch("half_normal_cdf", [RIGHT, SCALE], "HalfNormal(scale, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.halfnorm.cdf(x, scale=scale)", F64)),
    of_torch("half_normal_ppf", [Q, SCALE], "HalfNormal(scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.halfnorm.ppf(q, scale=scale)", F64)),
    of_torch("half_normal_variance", [SCALE], "HalfNormal(scale, validate_args=False).variance"),
    of_torch("half_cauchy_logpdf", [RIGHT, SCALE], "HalfCauchy(scale, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.halfcauchy.logpdf(x, scale=scale)", F64)),
    of_torch("half_cauchy_cdf", [RIGHT, SCALE], "HalfCauchy(scale, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.halfcauchy.cdf(x, scale=scale)", F64)),
    of_torch("half_cauchy_ppf", [Q, SCALE], "HalfCauchy(scale, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.halfcauchy.ppf(q, scale=scale)", F64)),
    of_torch("exponential_logpdf", [RIGHT, within("rate", POSITIVE)], "Exponential(rate, validate_args=False).log_prob(x)"),
    of_torch("exponential_cdf", [RIGHT, within("rate", POSITIVE)], "Exponential(rate, validate_args=False).cdf(x)"),
    of_torch("exponential_ppf", [Q, within("rate", POSITIVE)], "Exponential(rate, validate_args=False).icdf(q)"),
    of_torch("lognormal_logpdf", [within("x", POSITIVE), LOC, SCALE], "LogNormal(loc, scale, validate_args=False).log_prob(x)"),
    of_torch("lognormal_cdf", [within("x", POSITIVE), LOC, SCALE], "LogNormal(loc, scale, validate_args=False).cdf(x)"),
    of_torch("lognormal_ppf", [Q, LOC, SCALE], "LogNormal(loc, scale, validate_args=False).icdf(q)"),
    of_torch("lognormal_mean", [LOC, SCALE], "LogNormal(loc, scale, validate_args=False).mean"),
    of_torch("lognormal_variance", [LOC, SCALE], "",
             torch=call(f"{D}.LogNormal(loc, scale, validate_args=False).variance", dtypes=("bfloat16", *WIDE))),
    of_torch("lognormal_entropy", [LOC, SCALE], "LogNormal(loc, scale, validate_args=False).entropy()"),
    of_torch("normal_entropy", [SCALE], "Normal(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("laplace_entropy", [SCALE], "Laplace(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("cauchy_entropy", [SCALE], "Cauchy(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("gumbel_entropy", [SCALE], "Gumbel(torch.zeros_like(scale), scale, validate_args=False).entropy()"),
    of_torch("gumbel_mean", [LOC, SCALE], "Gumbel(loc, scale, validate_args=False).mean"),
]  # fmt: skip
