"""Continuous distributions with shape parameters."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.families.distributions_location import (
    F64,
    LOC,
    POSITIVE,
    PROBABILITY,
    RIGHT,
    SCALE,
    D,
    Q,
    S,
    X,
    of_torch,
    within,
)
from ulpfuzz.fuzzer.catalog.op import FORMULA, Input, Op, call, op, peer

A, B, RATE, DF = within("a", POSITIVE), within("b", POSITIVE), within("rate", POSITIVE), within("df", POSITIVE)
K, C = within("k", POSITIVE), within("c", POSITIVE)
DF1, DF2 = within("df1", POSITIVE), within("df2", POSITIVE)
#: The parameters of incomplete gamma and beta functions: their derivatives are the business of those functions' own ops.
#: Up to sizes at which Arb and mpmath still sum their series.
FIXED_A, FIXED_B, FIXED_DF = (within(name, 2.0**-20, 4096, differentiable=False) for name in ("a", "b", "df"))
LEFT = within("x", 0, 2.0**14)
UNIT = within("x", 0, 1)
ONWARDS = within("x", 1)
SCIPY = "scipy.stats, whose functions are Boost's, 1e-10"


def stats(name: str, inputs: list[Input], call_: str, **rest: Any) -> Op:
    """A function of jax.scipy.stats, with the same function of scipy.stats as its peer."""
    restricted: dict[str, Any] = rest.pop("jax", {})
    rest.setdefault("verified", FORMULA)
    return op(
        name, inputs, jax=call(f"{S}.{call_}", **restricted), numpy=peer(f"scipy.stats.{call_}", F64), topics=PROBABILITY, **rest
    )


def _generalized_pareto(function: str, method: str) -> Op:
    """A function of the generalized Pareto distribution at 0, as scipy.stats and torch's `method` name it."""
    return op(
        f"generalized_pareto_{function}", [RIGHT, SCALE, C],
        torch=call(f"{D}.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).{method}(x)", dtypes=("float32",),
                   note="compares the concentration with a zero of the default dtype, and raises at any other"),
        numpy=peer(f"scipy.stats.genpareto.{function}(x, c, scale=scale)", F64), verified=FORMULA, topics=PROBABILITY,
    )  # fmt: skip


OPS: list[Op] = [
    stats("gamma_logpdf", [RIGHT, A], "gamma.logpdf(x, a)", torch=f"{D}.Gamma(a, torch.ones_like(a), validate_args=False).log_prob(x)"),
    stats("gamma_pdf", [RIGHT, A], "gamma.pdf(x, a)"),
    stats("gamma_cdf", [LEFT, FIXED_A], "gamma.cdf(x, a)", verified=SCIPY,
          torch=call(f"{D}.Gamma(a, torch.ones_like(a), validate_args=False).cdf(x)", without=("jvp",))),
    stats("gamma_sf", [LEFT, FIXED_A], "gamma.sf(x, a)", verified=SCIPY),
    stats("gamma_logcdf", [LEFT, FIXED_A], "gamma.logcdf(x, a)", verified=SCIPY),
    stats("gamma_logsf", [LEFT, FIXED_A], "gamma.logsf(x, a)", verified=SCIPY),
    of_torch("gamma_rate_logpdf", [RIGHT, A, RATE], "Gamma(a, rate, validate_args=False).log_prob(x)"),
    op("gamma_rate_cdf", [LEFT, FIXED_A, within("rate", POSITIVE, 4)],
       torch=call(f"{D}.Gamma(a, rate, validate_args=False).cdf(x)", without=("jvp",)), verified=SCIPY, topics=PROBABILITY),
    of_torch("gamma_entropy", [A, RATE], "Gamma(a, rate, validate_args=False).entropy()"),
    of_torch("inverse_gamma_logpdf", [within("x", POSITIVE), A, RATE], "InverseGamma(a, rate, validate_args=False).log_prob(x)"),
    of_torch("inverse_gamma_entropy", [A, RATE], "InverseGamma(a, rate, validate_args=False).entropy()"),
    stats("chi2_logpdf", [RIGHT, DF], "chi2.logpdf(x, df)", torch=f"{D}.Chi2(df, validate_args=False).log_prob(x)"),
    stats("chi2_pdf", [RIGHT, DF], "chi2.pdf(x, df)"),
    stats("chi2_cdf", [LEFT, FIXED_DF], "chi2.cdf(x, df)", verified=SCIPY,
          torch=call(f"{D}.Chi2(df, validate_args=False).cdf(x)", without=("jvp",))),
    stats("chi2_sf", [LEFT, FIXED_DF], "chi2.sf(x, df)", verified=SCIPY),
    stats("chi2_logcdf", [LEFT, FIXED_DF], "chi2.logcdf(x, df)", verified=SCIPY),
    stats("chi2_logsf", [LEFT, FIXED_DF], "chi2.logsf(x, df)", verified=SCIPY),
    stats("beta_logpdf", [UNIT, A, B], "beta.logpdf(x, a, b)", torch=f"{D}.Beta(a, b, validate_args=False).log_prob(x)"),
    stats("beta_pdf", [UNIT, A, B], "beta.pdf(x, a, b)"),
    stats("beta_cdf", [UNIT, FIXED_A, FIXED_B], "beta.cdf(x, a, b)", verified=SCIPY),
    stats("beta_sf", [UNIT, FIXED_A, FIXED_B], "beta.sf(x, a, b)", verified=SCIPY),
    stats("beta_logcdf", [UNIT, FIXED_A, FIXED_B], "beta.logcdf(x, a, b)", verified=SCIPY),
    stats("beta_logsf", [UNIT, FIXED_A, FIXED_B], "beta.logsf(x, a, b)", verified=SCIPY),
    of_torch("beta_entropy", [A, B], "Beta(a, b, validate_args=False).entropy()"),
    of_torch("beta_mean", [A, B], "Beta(a, b, validate_args=False).mean"),
    of_torch("beta_variance", [A, B], "Beta(a, b, validate_args=False).variance"),
    stats("student_t_logpdf", [X, DF, LOC, SCALE], "t.logpdf(x, df, loc, scale)",
          torch=f"{D}.StudentT(df, loc, scale, validate_args=False).log_prob(x)"),
    stats("student_t_pdf", [X, DF, LOC, SCALE], "t.pdf(x, df, loc, scale)"),
    of_torch("student_t_entropy", [DF, SCALE], "StudentT(df, torch.zeros_like(df), scale, validate_args=False).entropy()"),
    of_torch("student_t_variance", [within("df", 2 + 2.0**-6), SCALE],
             "StudentT(df, torch.zeros_like(df), scale, validate_args=False).variance"),
    of_torch("f_logpdf", [within("x", POSITIVE), DF1, DF2], "FisherSnedecor(df1, df2, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.f.logpdf(x, df1, df2)", F64)),
    of_torch("weibull_logpdf", [within("x", POSITIVE), SCALE, K], "Weibull(scale, k, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.weibull_min.logpdf(x, k, scale=scale)", F64)),
    of_torch("weibull_cdf", [within("x", POSITIVE), SCALE, K], "Weibull(scale, k, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.weibull_min.cdf(x, k, scale=scale)", F64)),
    of_torch("weibull_ppf", [Q, SCALE, K], "Weibull(scale, k, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.weibull_min.ppf(q, k, scale=scale)", F64)),
    of_torch("weibull_mean", [SCALE, K], "Weibull(scale, k, validate_args=False).mean"),
    of_torch("weibull_variance", [SCALE, K], "Weibull(scale, k, validate_args=False).variance"),
    of_torch("weibull_entropy", [SCALE, K], "Weibull(scale, k, validate_args=False).entropy()"),
    stats("pareto_logpdf", [ONWARDS, B], "pareto.logpdf(x, b)",
          torch=f"{D}.Pareto(torch.ones_like(b), b, validate_args=False).log_prob(x)"),
    stats("pareto_pdf", [ONWARDS, B], "pareto.pdf(x, b)"),
    stats("pareto_cdf", [ONWARDS, B], "pareto.cdf(x, b)", torch=f"{D}.Pareto(torch.ones_like(b), b, validate_args=False).cdf(x)"),
    stats("pareto_sf", [ONWARDS, B], "pareto.sf(x, b)"),
    stats("pareto_logcdf", [ONWARDS, B], "pareto.logcdf(x, b)"),
    stats("pareto_logsf", [ONWARDS, B], "pareto.logsf(x, b)"),
    stats("pareto_ppf", [Q, B], "pareto.ppf(q, b)", torch=f"{D}.Pareto(torch.ones_like(b), b, validate_args=False).icdf(q)"),
    of_torch("pareto_entropy", [SCALE, B], "Pareto(scale, b, validate_args=False).entropy()"),
    _generalized_pareto("logpdf", "log_prob"),
    _generalized_pareto("logsf", "log_survival_function"),
    _generalized_pareto("cdf", "cdf"),
    _generalized_pareto("logcdf", "log_cdf"),
    of_torch("generalized_pareto_ppf", [Q, SCALE, C],
             "GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.genpareto.ppf(q, c, scale=scale)", F64)),
]  # fmt: skip
