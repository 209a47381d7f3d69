"""Distributions of vectors."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.families.distributions_location import POSITIVE, PROBABILITY, WIDE
from ulpfuzz.fuzzer.catalog.op import FORMULA, Op, call, matrix, op, tensor, vector

ROWS: dict[str, Any] = {"accuracy": "accumulating", "min_length": 2, "verified": FORMULA, "topics": PROBABILITY}
MATRICES: dict[str, Any] = {"accuracy": "backward", "lengths": (1, 2, 3, 5), "verified": FORMULA, "topics": PROBABILITY}
SHARES = vector("x", POSITIVE, 1, structure="simplex", finite=True)
A, X, MEAN = vector("a", POSITIVE, finite=True), vector("x"), vector("mean")
#: The covariance is differentiated as a symmetric matrix by one framework, by its lower triangle by another: neither is documented.
COV = matrix("cov", structure="spd", finite=True, differentiable=False)
COV2 = matrix("cov2", structure="spd", finite=True, differentiable=False)

OPS: list[Op] = [
    op("dirichlet_logpdf", [SHARES, A], torch="torch.distributions.Dirichlet(a, validate_args=False).log_prob(x)",
       jax=call("jax.vmap(jax.scipy.stats.dirichlet.logpdf)(x, a)", dtypes=WIDE), **ROWS),
    op("dirichlet_entropy", [A], torch="torch.distributions.Dirichlet(a, validate_args=False).entropy()", **ROWS),
    op("dirichlet_variance", [A], torch="torch.distributions.Dirichlet(a, validate_args=False).variance", lengths=(2, 3, 5, 8), **ROWS),
    op("multivariate_normal_logpdf", [X, MEAN, COV],
       torch=call("torch.distributions.MultivariateNormal(mean, covariance_matrix=cov, validate_args=False).log_prob(x)", dtypes=WIDE),
       jax=call("jax.vmap(jax.scipy.stats.multivariate_normal.logpdf)(x, mean, cov)", dtypes=WIDE), **MATRICES),
    op("multivariate_normal_pdf", [X, MEAN, COV],
       jax=call("jax.vmap(jax.scipy.stats.multivariate_normal.pdf)(x, mean, cov)", dtypes=WIDE), **MATRICES),
    op("multivariate_normal_entropy", [COV],
       torch=call("torch.distributions.MultivariateNormal(cov[..., 0], covariance_matrix=cov, validate_args=False).entropy()", dtypes=WIDE),
       orders=("value",), **MATRICES),
    op("low_rank_normal_logpdf", [X, MEAN, tensor("factor", ("n", 2), -4, 4, finite=True), vector("diagonal", 2.0**-20, finite=True)],
       torch=call("torch.distributions.LowRankMultivariateNormal(mean, factor, diagonal, validate_args=False).log_prob(x)", dtypes=WIDE), **MATRICES),
    op("multivariate_normal_precision_logpdf", [X, MEAN, matrix("precision", structure="spd", finite=True, differentiable=False)],
       torch=call("torch.distributions.MultivariateNormal(mean, precision_matrix=precision, validate_args=False).log_prob(x)", dtypes=WIDE),
       **MATRICES),
    op("kl_multivariate_normal", [MEAN, COV, vector("mean2"), COV2],
       torch=call("torch.distributions.kl_divergence(torch.distributions.MultivariateNormal(mean, cov, validate_args=False), "
                  "torch.distributions.MultivariateNormal(mean2, cov2, validate_args=False))",
                  dtypes=WIDE), **MATRICES),
    op("exp_relaxed_categorical_logpdf", [X, vector("logits")],
       torch="torch.distributions.relaxed_categorical.ExpRelaxedCategorical(torch.tensor(temperature, dtype=x.dtype, device=x.device), "
             "logits=logits, validate_args=False).log_prob(x)", params={"temperature": (0.5, 2.0)}, **{**ROWS, "lengths": (2, 3, 5, 8)}),
]  # fmt: skip
