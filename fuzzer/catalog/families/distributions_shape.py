"""Continuous distributions with shape parameters."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.distributions_location import (
    F64,
    LOC,
    POSITIVE,
    PROBABILITY,
    RIGHT,
    SCALE,
    Q,
    X,
    of_torch,
    stats,
    within,
)
from ulpfuzz.fuzzer.catalog.op import FORMULA, Op, call, op, peer

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


def _generalized_pareto(function: str, torch: str, scipy: str) -> Op:
    """A function of the generalized Pareto distribution at 0."""
    return op(
        f"generalized_pareto_{function}", [RIGHT, SCALE, C],
        torch=call(torch, dtypes=("float32",), note="compares the concentration with a zero of the default dtype, and raises at any other"),
        numpy=peer(scipy, F64), verified=FORMULA, topics=PROBABILITY,
    )  # fmt: skip


OPS: list[Op] = [
    stats("gamma_logpdf", [RIGHT, A], "jax.scipy.stats.gamma.logpdf(x, a)",
          torch="torch.distributions.Gamma(a, torch.ones_like(a), validate_args=False).log_prob(x)"),
    stats("gamma_pdf", [RIGHT, A], "jax.scipy.stats.gamma.pdf(x, a)"),
    stats("gamma_cdf", [LEFT, FIXED_A], "jax.scipy.stats.gamma.cdf(x, a)", verified=SCIPY,
          torch=call("torch.distributions.Gamma(a, torch.ones_like(a), validate_args=False).cdf(x)", without=("jvp",))),
    stats("gamma_sf", [LEFT, FIXED_A], "jax.scipy.stats.gamma.sf(x, a)", verified=SCIPY),
    stats("gamma_logcdf", [LEFT, FIXED_A], "jax.scipy.stats.gamma.logcdf(x, a)", verified=SCIPY),
    stats("gamma_logsf", [LEFT, FIXED_A], "jax.scipy.stats.gamma.logsf(x, a)", verified=SCIPY),
    of_torch("gamma_rate_logpdf", [RIGHT, A, RATE], "torch.distributions.Gamma(a, rate, validate_args=False).log_prob(x)"),
    op("gamma_rate_cdf", [LEFT, FIXED_A, within("rate", POSITIVE, 4)],
       torch=call("torch.distributions.Gamma(a, rate, validate_args=False).cdf(x)", without=("jvp",)), verified=SCIPY, topics=PROBABILITY),
    of_torch("gamma_entropy", [A, RATE], "torch.distributions.Gamma(a, rate, validate_args=False).entropy()"),
    of_torch("inverse_gamma_logpdf", [within("x", POSITIVE), A, RATE], "torch.distributions.InverseGamma(a, rate, validate_args=False).log_prob(x)"),
    of_torch("inverse_gamma_entropy", [A, RATE], "torch.distributions.InverseGamma(a, rate, validate_args=False).entropy()"),
    stats("chi2_logpdf", [RIGHT, DF], "jax.scipy.stats.chi2.logpdf(x, df)", torch="torch.distributions.Chi2(df, validate_args=False).log_prob(x)"),
    stats("chi2_pdf", [RIGHT, DF], "jax.scipy.stats.chi2.pdf(x, df)"),
    stats("chi2_cdf", [LEFT, FIXED_DF], "jax.scipy.stats.chi2.cdf(x, df)", verified=SCIPY,
          torch=call("torch.distributions.Chi2(df, validate_args=False).cdf(x)", without=("jvp",))),
    stats("chi2_sf", [LEFT, FIXED_DF], "jax.scipy.stats.chi2.sf(x, df)", verified=SCIPY),
    stats("chi2_logcdf", [LEFT, FIXED_DF], "jax.scipy.stats.chi2.logcdf(x, df)", verified=SCIPY),
    stats("chi2_logsf", [LEFT, FIXED_DF], "jax.scipy.stats.chi2.logsf(x, df)", verified=SCIPY),
    stats("beta_logpdf", [UNIT, A, B], "jax.scipy.stats.beta.logpdf(x, a, b)",
          torch="torch.distributions.Beta(a, b, validate_args=False).log_prob(x)"),
    stats("beta_pdf", [UNIT, A, B], "jax.scipy.stats.beta.pdf(x, a, b)"),
    stats("beta_cdf", [UNIT, FIXED_A, FIXED_B], "jax.scipy.stats.beta.cdf(x, a, b)", verified=SCIPY),
    stats("beta_sf", [UNIT, FIXED_A, FIXED_B], "jax.scipy.stats.beta.sf(x, a, b)", verified=SCIPY),
    stats("beta_logcdf", [UNIT, FIXED_A, FIXED_B], "jax.scipy.stats.beta.logcdf(x, a, b)", verified=SCIPY),
    stats("beta_logsf", [UNIT, FIXED_A, FIXED_B], "jax.scipy.stats.beta.logsf(x, a, b)", verified=SCIPY),
    of_torch("beta_entropy", [A, B], "torch.distributions.Beta(a, b, validate_args=False).entropy()"),
    of_torch("beta_mean", [A, B], "torch.distributions.Beta(a, b, validate_args=False).mean"),
    of_torch("beta_variance", [A, B], "torch.distributions.Beta(a, b, validate_args=False).variance"),
    stats("student_t_logpdf", [X, DF, LOC, SCALE], "jax.scipy.stats.t.logpdf(x, df, loc, scale)",
          torch="torch.distributions.StudentT(df, loc, scale, validate_args=False).log_prob(x)"),
    stats("student_t_pdf", [X, DF, LOC, SCALE], "jax.scipy.stats.t.pdf(x, df, loc, scale)"),
    of_torch("student_t_entropy", [DF, SCALE], "torch.distributions.StudentT(df, torch.zeros_like(df), scale, validate_args=False).entropy()"),
    of_torch("student_t_variance", [within("df", 2 + 2.0**-6), SCALE],
             "torch.distributions.StudentT(df, torch.zeros_like(df), scale, validate_args=False).variance"),
    of_torch("f_logpdf", [within("x", POSITIVE), DF1, DF2], "torch.distributions.FisherSnedecor(df1, df2, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.f.logpdf(x, df1, df2)", F64)),
    of_torch("weibull_logpdf", [within("x", POSITIVE), SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).log_prob(x)",
             numpy=peer("scipy.stats.weibull_min.logpdf(x, k, scale=scale)", F64)),
    of_torch("weibull_cdf", [within("x", POSITIVE), SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).cdf(x)",
             numpy=peer("scipy.stats.weibull_min.cdf(x, k, scale=scale)", F64)),
    of_torch("weibull_ppf", [Q, SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.weibull_min.ppf(q, k, scale=scale)", F64)),
    of_torch("weibull_mean", [SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).mean"),
    of_torch("weibull_variance", [SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).variance"),
    of_torch("weibull_entropy", [SCALE, K], "torch.distributions.Weibull(scale, k, validate_args=False).entropy()"),
    stats("pareto_logpdf", [ONWARDS, B], "jax.scipy.stats.pareto.logpdf(x, b)",
          torch="torch.distributions.Pareto(torch.ones_like(b), b, validate_args=False).log_prob(x)"),
    stats("pareto_pdf", [ONWARDS, B], "jax.scipy.stats.pareto.pdf(x, b)"),
    stats("pareto_cdf", [ONWARDS, B], "jax.scipy.stats.pareto.cdf(x, b)",
          torch="torch.distributions.Pareto(torch.ones_like(b), b, validate_args=False).cdf(x)"),
    stats("pareto_sf", [ONWARDS, B], "jax.scipy.stats.pareto.sf(x, b)"),
    stats("pareto_logcdf", [ONWARDS, B], "jax.scipy.stats.pareto.logcdf(x, b)"),
    stats("pareto_logsf", [ONWARDS, B], "jax.scipy.stats.pareto.logsf(x, b)"),
    stats("pareto_ppf", [Q, B], "jax.scipy.stats.pareto.ppf(q, b)",
          torch="torch.distributions.Pareto(torch.ones_like(b), b, validate_args=False).icdf(q)"),
    of_torch("pareto_entropy", [SCALE, B], "torch.distributions.Pareto(scale, b, validate_args=False).entropy()"),
    _generalized_pareto("logpdf", "torch.distributions.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).log_prob(x)",
                        "scipy.stats.genpareto.logpdf(x, c, scale=scale)"),
    _generalized_pareto("logsf",
                        "torch.distributions.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).log_survival_function(x)",
                        "scipy.stats.genpareto.logsf(x, c, scale=scale)"),
    _generalized_pareto("cdf", "torch.distributions.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).cdf(x)",
                        "scipy.stats.genpareto.cdf(x, c, scale=scale)"),
    _generalized_pareto("logcdf", "torch.distributions.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).log_cdf(x)",
                        "scipy.stats.genpareto.logcdf(x, c, scale=scale)"),
    of_torch("generalized_pareto_ppf", [Q, SCALE, C],
             "torch.distributions.GeneralizedPareto(torch.zeros_like(scale), scale, c, validate_args=False).icdf(q)",
             numpy=peer("scipy.stats.genpareto.ppf(q, c, scale=scale)", F64)),
]  # fmt: skip
