"""Kullback-Leibler divergences: torch.distributions.kl_divergence by pairs."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.families.distributions_discrete import INNER, clamped, count
from ulpfuzz.fuzzer.catalog.families.distributions_location import POSITIVE, PROBABILITY, within
from ulpfuzz.fuzzer.catalog.op import Documented, Input, Op, call, domain, op, scalar, vector

QUADRATURE = "quadrature of p log(p/q)"
SUM = "the sum of p log(p/q)"


def parameter(name: str) -> Input:
    """loc and loc2 are real, logits x and y too, the others positive."""
    if name.startswith("p"):
        return within(name, POSITIVE, 1 if name == "p" else 1 - 2.0**-8)
    return scalar(name) if name[:3] in ("loc", "x", "y") else within(name, POSITIVE)


def kl(name: str, p: str, q: str, parameters: str, verified: str = QUADRATURE, **rest: Any) -> Op:
    """kl_divergence(p, q), distributions of torch.distributions as a user constructs them."""
    inputs = [parameter(n) for n in parameters.split()]
    expression = f"torch.distributions.kl_divergence({p}, {q})"
    return op(f"kl_{name}", rest.pop("inputs", inputs), torch=call(expression, **rest.pop("torch", {})), verified=verified,
              topics=PROBABILITY, **rest)  # fmt: skip


#: low < high by their domains.
ENDS = [within("low", high=0), within("high", 1)]
POSITIVE_ENDS = [within("low", 0, 1), within("high", 2)]
LOC2, SCALE2 = scalar("loc2"), within("scale2", POSITIVE)
LOCATIONS = "loc scale loc2 scale2"
ROWS = {"accuracy": "accumulating", "min_length": 2}
NORMAL2 = "torch.distributions.Normal(loc2, scale2, validate_args=False)"
GUMBEL2 = "torch.distributions.Gumbel(loc2, scale2, validate_args=False)"
EXPONENTIAL = "torch.distributions.Exponential(rate, validate_args=False)"
EXPONENTIAL2 = "torch.distributions.Exponential(rate2, validate_args=False)"
GAMMA = "torch.distributions.Gamma(a, rate, validate_args=False)"
GAMMA2 = "torch.distributions.Gamma(a2, rate2, validate_args=False)"
BETA = "torch.distributions.Beta(a, b, validate_args=False)"
UNIFORM = "torch.distributions.Uniform(low, high, validate_args=False)"


def probabilities(name: str, *names: str) -> tuple[Documented, ...]:
    """Clamped, so that nothing is promised of the divergence at the ends of the open interval (0, 1)."""
    inside = ",".join(f"{n}>0,{n}<1" for n in names)
    page = pages.torch("torch.distributions.utils.clamp_probs")
    return *clamped(name, *names), domain(inside, page, "probabilities are of the open interval (0, 1)", frameworks=("torch",))


OPS: list[Op] = [
    kl("normal", "torch.distributions.Normal(loc, scale, validate_args=False)", NORMAL2, LOCATIONS),
    kl("half_normal", "torch.distributions.HalfNormal(scale, validate_args=False)", "torch.distributions.HalfNormal(scale2, validate_args=False)",
       "scale scale2"),
    kl("laplace", "torch.distributions.Laplace(loc, scale, validate_args=False)", "torch.distributions.Laplace(loc2, scale2, validate_args=False)",
       LOCATIONS),
    kl("gumbel", "torch.distributions.Gumbel(loc, scale, validate_args=False)", GUMBEL2, LOCATIONS),
    kl("cauchy", "torch.distributions.Cauchy(loc, scale, validate_args=False)", "torch.distributions.Cauchy(loc2, scale2, validate_args=False)",
       LOCATIONS),
    kl("normal_laplace", "torch.distributions.Normal(loc, scale, validate_args=False)",
       "torch.distributions.Laplace(loc2, scale2, validate_args=False)", LOCATIONS),
    kl("laplace_normal", "torch.distributions.Laplace(loc, scale, validate_args=False)", NORMAL2, LOCATIONS),
    kl("normal_gumbel", "torch.distributions.Normal(loc, scale, validate_args=False)", GUMBEL2, LOCATIONS),
    kl("gumbel_normal", "torch.distributions.Gumbel(loc, scale, validate_args=False)", NORMAL2, LOCATIONS),
    kl("exponential", EXPONENTIAL, EXPONENTIAL2, "rate rate2"),
    kl("exponential_gamma", EXPONENTIAL, GAMMA2, "rate a2 rate2"),
    kl("exponential_normal", EXPONENTIAL, NORMAL2, "rate loc2 scale2"),
    kl("exponential_gumbel", EXPONENTIAL, GUMBEL2, "rate loc2 scale2"),
    kl("gamma", GAMMA, GAMMA2, "a rate a2 rate2"),
    kl("gamma_exponential", GAMMA, EXPONENTIAL2, "a rate rate2"),
    kl("gamma_normal", GAMMA, NORMAL2, "a rate loc2 scale2"),
    kl("beta", BETA, "torch.distributions.Beta(a2, b2, validate_args=False)", "a b a2 b2"),
    kl("beta_exponential", BETA, EXPONENTIAL2, "a b rate2"),
    kl("beta_gamma", BETA, GAMMA2, "a b a2 rate2"),
    kl("beta_normal", BETA, NORMAL2, "a b loc2 scale2"),
    kl("pareto", "torch.distributions.Pareto(torch.ones_like(b), b, validate_args=False)",
       "torch.distributions.Pareto(torch.ones_like(b2), b2, validate_args=False)", "b b2"),
    kl("uniform_normal", UNIFORM, NORMAL2, "", inputs=[*ENDS, LOC2, SCALE2]),
    kl("uniform_gumbel", UNIFORM, GUMBEL2, "", inputs=[*ENDS, LOC2, SCALE2]),
    kl("uniform_exponential", UNIFORM, EXPONENTIAL2, "", inputs=[*POSITIVE_ENDS, within("rate2", POSITIVE)]),
    kl("poisson", "torch.distributions.Poisson(rate, validate_args=False)", "torch.distributions.Poisson(rate2, validate_args=False)", "rate rate2",
       SUM),
    kl("bernoulli", "torch.distributions.Bernoulli(probs=p, validate_args=False)", "torch.distributions.Bernoulli(probs=p2, validate_args=False)",
       "p p2", SUM, documented=probabilities("kl_bernoulli", "p", "p2")),
    kl("bernoulli_logits", "torch.distributions.Bernoulli(logits=x, validate_args=False)",
       "torch.distributions.Bernoulli(logits=y, validate_args=False)", "x y", SUM),
    kl("bernoulli_poisson", "torch.distributions.Bernoulli(probs=p, validate_args=False)",
       "torch.distributions.Poisson(rate2, validate_args=False)", "p rate2", SUM, documented=probabilities("kl_bernoulli_poisson", "p")),
    kl("binomial", "torch.distributions.Binomial(n, probs=p, validate_args=False)",
       "torch.distributions.Binomial(n, probs=p2, validate_args=False)", "", SUM, inputs=[count("n", 1), INNER, parameter("p2")],
       documented=probabilities("kl_binomial", "p", "p2")),
    kl("geometric", "torch.distributions.Geometric(probs=p, validate_args=False)", "torch.distributions.Geometric(probs=p2, validate_args=False)",
       "p p2", SUM, documented=probabilities("kl_geometric", "p", "p2")),
    kl("categorical", "torch.distributions.Categorical(probs=p, validate_args=False)",
       "torch.distributions.Categorical(probs=q, validate_args=False)", "", SUM,
       inputs=[vector("p", POSITIVE, 1, structure="simplex", finite=True), vector("q", POSITIVE, 1, structure="simplex", finite=True)], **ROWS,
       least_defined=1, documented=clamped("kl_categorical", "p", "q")),
    kl("categorical_logits", "torch.distributions.Categorical(logits=x, validate_args=False)",
       "torch.distributions.Categorical(logits=y, validate_args=False)", "", SUM, inputs=[vector("x"), vector("y")], lengths=(2, 3, 5, 8), **ROWS,
       least_defined=1),
    kl("dirichlet", "torch.distributions.Dirichlet(a, validate_args=False)", "torch.distributions.Dirichlet(b, validate_args=False)", "",
       "sums of divergences of beta distributions", inputs=[vector("a", POSITIVE, finite=True), vector("b", POSITIVE, finite=True)], **ROWS),
]  # fmt: skip
