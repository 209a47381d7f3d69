"""Distributions on an interval or on the circle, truncated and generalised normal ones."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.families.distributions_discrete import clamped
from ulpfuzz.fuzzer.catalog.families.distributions_location import POSITIVE, PROBABILITY, WIDE, Q, X, of_torch, stats, within
from ulpfuzz.fuzzer.catalog.families.distributions_shape import SCIPY, UNIT, A, B
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Documented, Op, domain, op, scalar, vector

#: Not subnormal: JAX takes these for zeros, which it refuses.
KAPPA = within("kappa", 2.0**-14)
ANGLE = within("x", 0, 6.283185307179586)
CONCENTRATION = within("c", 2.0**-14, 1 - 2.0**-8)
BETA, FIXED_BETA = within("beta", POSITIVE), within("beta", 2.0**-6, 64, differentiable=False)
TEMPERATURE, LOGITS = within("temperature", POSITIVE), scalar("logits")
#: The formats' own numbers next to 0 and 1 stay in, and the ends that validation allows.
P = within("p", 0, 1)
#: a <= x <= b by their domains: around the mode, and in the upper tail.
AROUND = [within("x", 0, 1), within("a", high=0), within("b", 1)]
TAIL = [within("x", 8, 16), within("a", 1, 8), within("b", 16.5)]


def probability(name: str) -> tuple[Documented, ...]:
    """Of the continuous Bernoulli distribution: in (0, 1), and clamped."""
    return domain("p>0,p<1", pages.DISTRIBUTIONS, "probs in (0, 1)", frameworks=("torch",)), *clamped(name, "p")


#: low <= x <= high, in this order: no finite numbers but these three stand in such a relation to each other.
ORDERED = vector("t", size=3, structure="ascending", finite=True)
UNIFORM = "torch.distributions.Uniform(t[:, 0], t[:, 2], validate_args=False)"

OPS: list[Op] = [
    op("uniform_between_logpdf", [ORDERED], torch=f"{UNIFORM}.log_prob(t[:, 1])", orders=("value",), verified=FORMULA,
       topics=PROBABILITY),
    op("uniform_between_cdf", [ORDERED], torch=f"{UNIFORM}.cdf(t[:, 1])", verified=RATIONALS, topics=PROBABILITY),
    op("uniform_between_ppf", [Q, vector("ends", size=2, structure="ascending", finite=True)],
       torch="torch.distributions.Uniform(ends[:, 0], ends[:, 1], validate_args=False).icdf(q)", verified=RATIONALS, topics=PROBABILITY),
    op("uniform_between_entropy", [vector("ends", size=2, structure="ascending", finite=True)],
       torch="torch.distributions.Uniform(ends[:, 0], ends[:, 1], validate_args=False).entropy()", verified=FORMULA, topics=PROBABILITY),
    of_torch("kumaraswamy_logpdf", [UNIT, A, B], "torch.distributions.Kumaraswamy(a, b, validate_args=False).log_prob(x)"),
    of_torch("kumaraswamy_cdf", [UNIT, A, B], "torch.distributions.Kumaraswamy(a, b, validate_args=False).cdf(x)"),
    of_torch("kumaraswamy_ppf", [Q, A, B], "torch.distributions.Kumaraswamy(a, b, validate_args=False).icdf(q)"),
    of_torch("kumaraswamy_mean", [A, B], "torch.distributions.Kumaraswamy(a, b, validate_args=False).mean"),
    of_torch("kumaraswamy_entropy", [A, B], "torch.distributions.Kumaraswamy(a, b, validate_args=False).entropy()"),
    stats("gennorm_logpdf", [X, BETA], "jax.scipy.stats.gennorm.logpdf(x, beta)"),
    stats("gennorm_pdf", [X, BETA], "jax.scipy.stats.gennorm.pdf(x, beta)"),
    stats("gennorm_cdf", [within("x", -16, 16), FIXED_BETA], "jax.scipy.stats.gennorm.cdf(x, beta)", verified=SCIPY),
    stats("von_mises_logpdf", [X, KAPPA], "jax.scipy.stats.vonmises.logpdf(x, kappa)",
          torch="torch.distributions.VonMises(torch.zeros_like(kappa), kappa, validate_args=False).log_prob(x)", verified="mpmath's quadrature"),
    stats("von_mises_pdf", [X, KAPPA], "jax.scipy.stats.vonmises.pdf(x, kappa)", verified="mpmath's quadrature"),
    op("von_mises_variance", [KAPPA], torch="torch.distributions.VonMises(torch.zeros_like(kappa), kappa, validate_args=False).variance",
       verified="mpmath's quadrature", topics=PROBABILITY),
    stats("wrapcauchy_logpdf", [ANGLE, CONCENTRATION], "jax.scipy.stats.wrapcauchy.logpdf(x, c)"),
    stats("wrapcauchy_pdf", [ANGLE, CONCENTRATION], "jax.scipy.stats.wrapcauchy.pdf(x, c)"),
    stats("truncnorm_logpdf", AROUND, "jax.scipy.stats.truncnorm.logpdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_pdf", AROUND, "jax.scipy.stats.truncnorm.pdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_cdf", AROUND, "jax.scipy.stats.truncnorm.cdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_sf", AROUND, "jax.scipy.stats.truncnorm.sf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_logcdf", AROUND, "jax.scipy.stats.truncnorm.logcdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_logsf", AROUND, "jax.scipy.stats.truncnorm.logsf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_logpdf", TAIL, "jax.scipy.stats.truncnorm.logpdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_pdf", TAIL, "jax.scipy.stats.truncnorm.pdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_cdf", TAIL, "jax.scipy.stats.truncnorm.cdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_sf", TAIL, "jax.scipy.stats.truncnorm.sf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_logcdf", TAIL, "jax.scipy.stats.truncnorm.logcdf(x, a, b)", jax={"dtypes": WIDE}),
    stats("truncnorm_tail_logsf", TAIL, "jax.scipy.stats.truncnorm.logsf(x, a, b)", jax={"dtypes": WIDE}),
    of_torch("logit_relaxed_bernoulli_logpdf", [X, TEMPERATURE, LOGITS],
             "torch.distributions.relaxed_bernoulli.LogitRelaxedBernoulli(temperature, logits=logits, validate_args=False).log_prob(x)"),
    of_torch("continuous_bernoulli_logpdf", [UNIT, P], "torch.distributions.ContinuousBernoulli(probs=p, validate_args=False).log_prob(x)",
       documented=probability("continuous_bernoulli_logpdf")),
    of_torch("continuous_bernoulli_logits_logpdf", [UNIT, LOGITS],
             "torch.distributions.ContinuousBernoulli(logits=logits, validate_args=False).log_prob(x)",
             documented=(Documented("real-valued logits", pages.DISTRIBUTIONS, where="logits=inf|logits=-inf|logits=nan", frameworks=("torch",)),)),
    of_torch("continuous_bernoulli_cdf", [UNIT, P], "torch.distributions.ContinuousBernoulli(probs=p, validate_args=False).cdf(x)",
       documented=probability("continuous_bernoulli_cdf")),
    of_torch("continuous_bernoulli_ppf", [Q, P], "torch.distributions.ContinuousBernoulli(probs=p, validate_args=False).icdf(q)",
       documented=probability("continuous_bernoulli_ppf")),
    of_torch("continuous_bernoulli_mean", [P], "torch.distributions.ContinuousBernoulli(probs=p, validate_args=False).mean",
       documented=probability("continuous_bernoulli_mean")),
    of_torch("continuous_bernoulli_variance", [P], "torch.distributions.ContinuousBernoulli(probs=p, validate_args=False).variance",
       documented=probability("continuous_bernoulli_variance")),
]  # fmt: skip
