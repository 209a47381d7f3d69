"""Discrete distributions: counts are integers that are not differentiated."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.families.distributions_location import F64, POSITIVE, PROBABILITY, WIDE, of_torch, stats, within
from ulpfuzz.fuzzer.catalog.families.distributions_shape import A, B
from ulpfuzz.fuzzer.catalog.op import DTYPES, FORMULA, Documented, Input, Op, call, domain, op, peer, scalar, vector


def count(name: str, low: float = 0, high: float = float("inf"), **rest: Any) -> Input:
    return scalar(name, low, high, integers=True, differentiable=False, **rest)


#: Whole numbers of every format; beyond 2^53 counts are none.
K, Y, MU = count("k", 0, 2.0**53), count("y", 0, 1), within("mu", POSITIVE)
#: n = k + rest is exact in every format that is fuzzed.
FEW = 2.0**22
SOME, REST = count("k", 0, FEW), count("rest", 0, FEW)
N, P, LOGITS = within("n", POSITIVE), within("p", 0, 1), scalar("logits")
#: Probabilities that have logarithms.
INNER = within("p", POSITIVE, 1)
COUNTS = vector("k", 0, 1024, integers=True, differentiable=False)
CLASS = count("y", 0, 1)
PROBS, VECTOR = vector("probs", POSITIVE, 1, structure="simplex", finite=True), vector("logits")
ROWS: dict[str, Any] = {"accuracy": "accumulating", "min_length": 2, "verified": FORMULA, "topics": PROBABILITY}
SHORT: dict[str, Any] = {**ROWS, "lengths": (2, 3, 5, 8)}

#: eps of the dtypes, torch.finfo.
EPSILONS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def clamped(name: str, *probabilities: str, dtypes: tuple[str, ...] = DTYPES) -> tuple[Documented, ...]:
    """torch.distributions takes the logarithms of probabilities clamped to the open interval (0, 1): the op of that name by that, where one
    of these inputs lies outside [eps, 1 - eps]. (Probabilities of classes are normalised before.)"""
    return tuple(
        Documented("probabilities are clamped to [eps, 1 - eps], eps of the dtype", pages.torch("torch.distributions.utils.clamp_probs"),
                   where="|".join(f"{p}~<{eps!r}|{p}~>{1 - eps!r}" for p in probabilities), definition=f"{name}_clamped",
                   constants={"eps": eps}, dtypes=(dtype,), frameworks=("torch",))
        for dtype in dtypes for eps in (EPSILONS[dtype],)
    )  # fmt: skip


#: scipy.stats.nbinom: "for k >= 0, 0 < p <= 1"; it answers NaN at p = 0.
NBINOM = (domain("p>0", pages.scipy("scipy.stats.nbinom"), "0 < p <= 1", frameworks=("numpy",)),)

OPS: list[Op] = [
    stats("poisson_logpmf", [K, MU], "jax.scipy.stats.poisson.logpmf(k, mu)",
          torch="torch.distributions.Poisson(mu, validate_args=False).log_prob(k)"),
    stats("poisson_pmf", [K, MU], "jax.scipy.stats.poisson.pmf(k, mu)"),
    stats("poisson_cdf", [count("k", 0, 4096), within("mu", POSITIVE, 2.0**14)], "jax.scipy.stats.poisson.cdf(k, mu)",
          verified="the sum of the probabilities"),
    op("binomial_logpmf", [SOME, REST, P],
       torch=call("torch.distributions.Binomial(total_count=k + rest, probs=p, validate_args=False).log_prob(k)", dtypes=WIDE),
       jax=call("jax.scipy.stats.binom.logpmf(k, k + rest, p)", dtypes=WIDE), numpy=peer("scipy.stats.binom.logpmf(k, k + rest, p)", F64),
       verified=FORMULA, topics=PROBABILITY,
       documented=clamped("binomial_logpmf", "p", dtypes=WIDE)),
    op("binomial_pmf", [SOME, REST, P], jax=call("jax.scipy.stats.binom.pmf(k, k + rest, p)", dtypes=WIDE),
       numpy=peer("scipy.stats.binom.pmf(k, k + rest, p)", F64), verified=FORMULA, topics=PROBABILITY),
    op("binomial_logits_logpmf", [SOME, REST, LOGITS],
       torch=call("torch.distributions.Binomial(total_count=k + rest, logits=logits, validate_args=False).log_prob(k)", dtypes=WIDE),
       verified=FORMULA, topics=PROBABILITY),
    stats("nbinom_logpmf", [K, N, P], "jax.scipy.stats.nbinom.logpmf(k, n, p)", documented=NBINOM),
    stats("nbinom_pmf", [K, N, P], "jax.scipy.stats.nbinom.pmf(k, n, p)", documented=NBINOM),
    of_torch("negative_binomial_logpmf", [K, N, P], "torch.distributions.NegativeBinomial(n, probs=p, validate_args=False).log_prob(k)",
       documented=(
           *clamped("negative_binomial_logpmf", "p"),
           domain("p<1", pages.DISTRIBUTIONS, "probabilities in the half open interval [0, 1)", frameworks=("torch",)))),
    of_torch("negative_binomial_logits_logpmf", [K, N, LOGITS],
             "torch.distributions.NegativeBinomial(n, logits=logits, validate_args=False).log_prob(k)"),
    stats("bernoulli_logpmf", [Y, P], "jax.scipy.stats.bernoulli.logpmf(y, p)",
          torch="torch.distributions.Bernoulli(probs=p, validate_args=False).log_prob(y)", documented=clamped("bernoulli_logpmf", "p")),
    stats("bernoulli_pmf", [Y, P], "jax.scipy.stats.bernoulli.pmf(y, p)"),
    stats("bernoulli_cdf", [Y, P], "jax.scipy.stats.bernoulli.cdf(y, p)"),
    of_torch("bernoulli_logits_logpmf", [Y, LOGITS], "torch.distributions.Bernoulli(logits=logits, validate_args=False).log_prob(y)"),
    of_torch("bernoulli_entropy", [P], "torch.distributions.Bernoulli(probs=p, validate_args=False).entropy()",
             numpy=peer("scipy.stats.bernoulli.entropy(p)", F64),
       documented=clamped("bernoulli_entropy", "p")),
    of_torch("bernoulli_logits_entropy", [LOGITS], "torch.distributions.Bernoulli(logits=logits, validate_args=False).entropy()"),
    of_torch("geometric_logpmf", [K, INNER], "torch.distributions.Geometric(probs=p, validate_args=False).log_prob(k)"),
    of_torch("geometric_logits_logpmf", [K, LOGITS], "torch.distributions.Geometric(logits=logits, validate_args=False).log_prob(k)"),
    of_torch("geometric_entropy", [INNER], "torch.distributions.Geometric(probs=p, validate_args=False).entropy()",
       documented=clamped("geometric_entropy", "p")),
    of_torch("geometric_variance", [INNER], "torch.distributions.Geometric(probs=p, validate_args=False).variance"),
    stats("geom_logpmf", [count("k", 1), INNER], "jax.scipy.stats.geom.logpmf(k, p)"),
    stats("geom_pmf", [count("k", 1), INNER], "jax.scipy.stats.geom.pmf(k, p)"),
    op("betabinom_logpmf", [SOME, REST, A, B], jax=call("jax.scipy.stats.betabinom.logpmf(k, k + rest, a, b)", dtypes=WIDE),
       numpy=peer("scipy.stats.betabinom.logpmf(k, k + rest, a, b)", F64), verified=FORMULA, topics=PROBABILITY),
    op("betabinom_pmf", [SOME, REST, A, B], jax=call("jax.scipy.stats.betabinom.pmf(k, k + rest, a, b)", dtypes=WIDE),
       numpy=peer("scipy.stats.betabinom.pmf(k, k + rest, a, b)", F64), verified=FORMULA, topics=PROBABILITY),
    op("categorical_logpmf", [PROBS, CLASS], torch="torch.distributions.Categorical(probs=probs, validate_args=False).log_prob(y)", **ROWS,
       documented=clamped("categorical_logpmf", "probs")),
    op("categorical_logits_logpmf", [VECTOR, CLASS], torch="torch.distributions.Categorical(logits=logits, validate_args=False).log_prob(y)",
       normwise_bound=True, **ROWS),
    op("categorical_entropy", [PROBS], torch="torch.distributions.Categorical(probs=probs, validate_args=False).entropy()", **ROWS, least_defined=1,
       documented=clamped("categorical_entropy", "probs")),
    op("categorical_logits_entropy", [VECTOR],
       torch="torch.distributions.Categorical(logits=logits, validate_args=False).entropy()", **SHORT, least_defined=1),
    op("multinomial_logpmf", [COUNTS, PROBS],
       torch=call("torch.distributions.Multinomial(probs=probs, validate_args=False).log_prob(k)", dtypes=WIDE),
       jax=call("jax.vmap(lambda c, p: jax.scipy.stats.multinomial.logpmf(c, c.sum(), p))(k.astype(int), probs)", dtypes=WIDE, grad=False,
                note="takes integer counts; p is not normalised, so that its gradient is another function"), **ROWS, least_defined=1,
       documented=clamped("multinomial_logpmf", "probs", dtypes=WIDE)),
    op("multinomial_logits_logpmf", [COUNTS, VECTOR],
       torch=call("torch.distributions.Multinomial(logits=logits, validate_args=False).log_prob(k)", dtypes=WIDE), **SHORT, least_defined=1),
]  # fmt: skip
