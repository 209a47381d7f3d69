"""Reductions and scans of a vector."""

from __future__ import annotations

from fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, subgradient, vector

INF = float("inf")
REDUCTION = ("reductions",)
X = [vector("x")]
WIDE = ("float32", "float64")
POPULATION = {"correction": (0,)}

OPS: list[Op] = [
    op("sum", X, torch="torch.sum(x, dim=-1)", tensorflow="tf.math.reduce_sum(x, axis=-1)", jax="jnp.sum(x, axis=-1)",
       numpy=peer("np.sum(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("mean", X, torch="torch.mean(x, dim=-1)", tensorflow="tf.math.reduce_mean(x, axis=-1)", jax="jnp.mean(x, axis=-1)",
       numpy=peer("np.mean(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("prod", X, torch="torch.prod(x, dim=-1)", tensorflow="tf.math.reduce_prod(x, axis=-1)", jax="jnp.prod(x, axis=-1)",
       numpy=peer("np.prod(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("var", X, torch="torch.var(x, dim=-1, correction=correction)",
       tensorflow=[call("tf.math.reduce_variance(x, axis=-1)", when=POPULATION),
                   call("tf.nn.moments(x, axes=[-1])[1]", when=POPULATION)],
       jax="jnp.var(x, axis=-1, ddof=correction)", numpy=peer("np.var(x, axis=-1, ddof=correction)"),
       params={"correction": (0, 1)}, min_length=2, accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("std", X, torch="torch.std(x, dim=-1, correction=correction)",
       tensorflow=call("tf.math.reduce_std(x, axis=-1)", when=POPULATION),
       jax="jnp.std(x, axis=-1, ddof=correction)", numpy=peer("np.std(x, axis=-1, ddof=correction)"),
       params={"correction": (0, 1)}, conventions=(subgradient("x=x"),), min_length=2, accuracy="accumulating", verified=FORMULA, topics=REDUCTION),
    op("logsumexp", X, torch="torch.logsumexp(x, dim=-1)", tensorflow="tf.math.reduce_logsumexp(x, axis=-1)",
       jax="jax.nn.logsumexp(x, axis=-1)", numpy=peer("scipy.special.logsumexp(x, axis=-1)"),
       accuracy="accumulating", normwise=True, verified=FORMULA, topics=REDUCTION),
    op("norm", X, torch="torch.linalg.vector_norm(x, ord=ord, dim=-1)",
       tensorflow=["tf.norm(x, ord=ord, axis=-1)", call("tf.math.reduce_euclidean_norm(x, axis=-1)", when={"ord": (2,)})],
       jax="jnp.linalg.norm(x, ord=ord, axis=-1)", numpy=peer("np.linalg.norm(x, ord=ord, axis=-1)"),
       params={"ord": (2, 1, INF, 3)}, conventions=(subgradient("x=0"),), accuracy="accumulating", verified=FORMULA,
       topics=("reductions", "linear algebra")),
    op("cumsum", X, torch="torch.cumsum(x, dim=-1)", tensorflow="tf.math.cumsum(x, axis=-1)",
       jax=["jnp.cumsum(x, axis=-1)", "jax.lax.cumsum(x, axis=x.ndim - 1)"], numpy=peer("np.cumsum(x, axis=-1)"),
       accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("logcumsumexp", X, torch="torch.logcumsumexp(x, dim=-1)", tensorflow="tf.math.cumulative_logsumexp(x, axis=-1)",
       jax="jax.lax.cumlogsumexp(x, axis=x.ndim - 1)", accuracy="accumulating", verified=FORMULA, topics=REDUCTION),
]  # fmt: skip
