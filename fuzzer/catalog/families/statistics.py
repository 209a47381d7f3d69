"""Statistics of samples: order statistics, moments, correlation."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, vector

TOPIC = ("statistics",)
X = [vector("x")]
XY = [vector("x"), vector("y")]
WIDE = ("float32", "float64")
#: The definition orders its numbers by n^2/2 exchanges. At none of these lengths is q (n - 1) half-way between two places.
FEW = (1, 2, 3, 4, 8)

OPS: list[Op] = [
    op("median", X, torch=call("torch.quantile(x, 0.5, dim=-1)", dtypes=WIDE), tensorflow="tf.keras.ops.median(x, axis=-1)",
       jax=["jnp.median(x, axis=-1)", "jnp.quantile(x, 0.5, axis=-1)"],
       numpy=peer("np.median(x, axis=-1)"), lengths=FEW, accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("lower_median", X,
       torch=["torch.median(x, dim=-1).values", call("torch.quantile(x, 0.5, dim=-1, interpolation='lower')", dtypes=WIDE)],
       jax="jnp.quantile(x, 0.5, axis=-1, method='lower')", tensorflow="tf.keras.ops.quantile(x, 0.5, axis=-1, method='lower')",
       lengths=FEW, accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("quantile", X, torch=call("torch.quantile(x, q, dim=-1, interpolation=method)", dtypes=WIDE),
       tensorflow=["tf.keras.ops.quantile(x, q, axis=-1, method=method)", "tf.keras.ops.percentile(x, 100 * q, axis=-1, method=method)"],
       jax=["jnp.quantile(x, q, axis=-1, method=method)", "jnp.percentile(x, 100 * q, axis=-1, method=method)"],
       numpy=peer("np.quantile(x, q, axis=-1, method=method)", WIDE),
       params={"q": (0.625, 0.25, 1.0), "method": ("linear", "lower", "higher", "midpoint", "nearest")},
       lengths=FEW, verified=RATIONALS, topics=TOPIC),
    op("covariance", XY, torch="torch.vmap(lambda pair: torch.cov(pair, correction=correction))(torch.stack([x, y], dim=1))[:, 0, 1]",
       jax="jax.vmap(lambda a, b: jnp.cov(a, b, ddof=correction))(x, y)[:, 0, 1]",
       params={"correction": (1, 0)}, min_length=2, accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("correlation", XY, torch="torch.vmap(torch.corrcoef)(torch.stack([x, y], dim=1))[:, 0, 1]",
       tensorflow=["tf.map_fn(tf.keras.ops.corrcoef, tf.stack([x, y], axis=1))[:, 0, 1]",
                   "tf.keras.metrics.pearson_correlation(x, y, axis=-1)"],
       jax="jax.vmap(jnp.corrcoef)(x, y)[:, 0, 1]",
       min_length=2, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("standard_error", X, torch="torch.std(x, dim=-1, correction=correction) / x.shape[-1] ** 0.5",
       jax="jax.scipy.stats.sem(x, axis=-1, ddof=correction)", numpy=peer("scipy.stats.sem(x, axis=-1, ddof=correction)", WIDE),
       params={"correction": (1, 0)}, min_length=2, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("rank_data", X, jax="jax.scipy.stats.rankdata(x, method=method, axis=-1).astype(x.dtype)",
       numpy=peer("scipy.stats.rankdata(x, method=method, axis=-1).astype(x.dtype)"), params={"method": ("average", "min", "max")},
       orders=("value",), lengths=(1, 2, 3, 5, 8), accuracy="exact", verified=RATIONALS, topics=TOPIC),
]  # fmt: skip
