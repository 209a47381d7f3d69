"""Reductions of a vector."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Documented, Op, call, domain, op, peer, subgradient, vector

INF = float("inf")
REDUCTION = ("reductions",)
X = [vector("x")]
XW = [vector("x"), vector("w", 0)]
#: tf.nn.weighted_moments takes positive weights; numpy.average refuses weights that are all zero, and TensorFlow's variant refers to its
#: page.
POSITIVE = domain("w>0", pages.tensorflow("tf.nn.weighted_moments"), "positive weights")
NONE = Documented("weights that sum to zero are refused", pages.numpy("numpy.average"), where="w=0")
STATISTICS = (
    "its page: the counts and sums are those of tf.nn.sufficient_statistics; neither function is of use without the other"
)
POPULATION = {"correction": (0,)}

OPS: list[Op] = [
    op("sum", X, torch=["torch.sum(x, dim=-1)", "torch.einsum('bi->b', x)"],
       tensorflow=["tf.math.reduce_sum(x, axis=-1)", "tf.keras.ops.sum(x, axis=-1)", "tf.experimental.numpy.sum(x, axis=-1)",
                   "tf.math.add_n(tf.unstack(x, axis=-1))", "tf.einsum('bi->b', x)"],
       jax=["jnp.sum(x, axis=-1)", "jnp.einsum('bi->b', x)", "jax.lax.reduce(x, jnp.zeros((), x.dtype), jax.lax.add, (1,))",
            "jax.lax.associative_scan(jnp.add, x, axis=1)[:, -1]"],
       numpy=peer("np.sum(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("mean", X, torch=["torch.mean(x, dim=-1)", "torch.var_mean(x, dim=-1, correction=0)[1]"],
       tensorflow=["tf.math.reduce_mean(x, axis=-1)", "tf.keras.ops.mean(x, axis=-1)", "tf.experimental.numpy.mean(x, axis=-1)",
                   "tf.nn.moments(x, axes=[-1])[0]", "tf.keras.ops.moments(x, axes=[-1])[0]", "tf.keras.ops.average(x, axis=-1)",
                   call("tf.experimental.numpy.average(x, axis=-1)", dtypes=("float16", "float32", "float64")),
                   call("tf.nn.normalize_moments(*tf.nn.sufficient_statistics(x, axes=[-1]))[0]", plain=STATISTICS)],
       jax=["jnp.mean(x, axis=-1)", "jnp.average(x, axis=-1)"],
       numpy=peer("np.mean(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("prod", X, torch="torch.prod(x, dim=-1)",
       tensorflow=["tf.math.reduce_prod(x, axis=-1)", "tf.keras.ops.prod(x, axis=-1)", "tf.experimental.numpy.prod(x, axis=-1)"],
       jax=["jnp.prod(x, axis=-1)", "jax.lax.reduce(x, jnp.ones((), x.dtype), jax.lax.mul, (1,))"],
       numpy=peer("np.prod(x, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("var", X,
       torch=["torch.var(x, dim=-1, correction=correction)", "torch.var_mean(x, dim=-1, correction=correction)[0]",
              "torch.vmap(lambda row: torch.cov(row, correction=correction))(x)"],
       tensorflow=[call("tf.math.reduce_variance(x, axis=-1)", when=POPULATION),
                   call("tf.nn.moments(x, axes=[-1])[1]", when=POPULATION),
                   call("tf.keras.ops.var(x, axis=-1)", when=POPULATION),
                   call("tf.keras.ops.moments(x, axes=[-1])[1]", when=POPULATION),
                   call("tf.experimental.numpy.var(x, axis=-1, ddof=correction)", dtypes=("float16", "bfloat16", "float64")),
                   call("tf.nn.normalize_moments(*tf.nn.sufficient_statistics(x, axes=[-1]))[1]", when=POPULATION, plain=STATISTICS)],
       jax=["jnp.var(x, axis=-1, ddof=correction)", "jax.vmap(lambda row: jnp.cov(row, ddof=correction))(x)"],
       numpy=peer("np.var(x, axis=-1, ddof=correction)"),
       params={"correction": (0, 1)}, min_length=2, accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("std", X, torch=["torch.std(x, dim=-1, correction=correction)", "torch.std_mean(x, dim=-1, correction=correction)[0]"],
       tensorflow=[call("tf.math.reduce_std(x, axis=-1)", when=POPULATION), call("tf.keras.ops.std(x, axis=-1)", when=POPULATION),
                   call("tf.experimental.numpy.std(x, axis=-1)", when=POPULATION)],
       jax="jnp.std(x, axis=-1, ddof=correction)", numpy=peer("np.std(x, axis=-1, ddof=correction)"),
       params={"correction": (0, 1)}, conventions=(subgradient("x=x"),), min_length=2, accuracy="accumulating", verified=FORMULA, topics=REDUCTION),
    op("logsumexp", X, torch="torch.logsumexp(x, dim=-1)",
       tensorflow=["tf.math.reduce_logsumexp(x, axis=-1)", "tf.keras.ops.logsumexp(x, axis=-1)"],
       jax=["jax.nn.logsumexp(x, axis=-1)", "jax.scipy.special.logsumexp(x, axis=-1)", "jnp.logaddexp.reduce(x, axis=-1)"],
       numpy=[peer("scipy.special.logsumexp(x, axis=-1)"), peer("np.logaddexp.reduce(x, axis=-1)")],
       accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=REDUCTION),
    op("logmeanexp", X, torch="torch.logsumexp(x, dim=-1) - torch.log(torch.ones_like(x).sum(dim=-1))",
       tensorflow="tf.math.reduce_logsumexp(x, axis=-1) - tf.math.log(tf.cast(x.shape[-1], x.dtype))",
       jax="jax.nn.logmeanexp(x, axis=-1)", accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=REDUCTION),
    op("norm", X,
       torch=["torch.linalg.vector_norm(x, ord=ord, dim=-1)", "torch.norm(x, p=ord, dim=-1)", "torch.linalg.norm(x, ord=ord, dim=-1)"],
       tensorflow=["tf.norm(x, ord=ord, axis=-1)", call("tf.math.reduce_euclidean_norm(x, axis=-1)", when={"ord": (2,)}),
                   "tf.keras.ops.norm(x, ord=ord, axis=-1)"],
       jax=["jnp.linalg.norm(x, ord=ord, axis=-1)", "jnp.linalg.vector_norm(x, ord=ord, axis=-1)"],
       numpy=peer("np.linalg.norm(x, ord=ord, axis=-1)"),
       params={"ord": (2, 1, INF, 3, 0.5, 0.1)}, conventions=(subgradient("x=0"),), accuracy="accumulating", verified=FORMULA,
       topics=("reductions", "linear algebra")),
    op("sum_of_squares", X,
       torch=["torch.sum(torch.square(x), dim=-1) / divisor", call("torch.linalg.vecdot(x, x)", when={"divisor": (1,)})],
       tensorflow=[call("tf.stack([tf.nn.l2_loss(row) for row in tf.unstack(x)])", when={"divisor": (2,)}),
                   "tf.math.reduce_sum(tf.math.square(x), axis=-1) / divisor"],
       jax=["jnp.sum(jnp.square(x), axis=-1) / divisor", call("jnp.vecdot(x, x)", when={"divisor": (1,)})],
       params={"divisor": (1, 2)}, accuracy="accumulating", verified=RATIONALS, topics=("reductions", "loss functions")),
    op("amax", X, torch=["torch.amax(x, dim=-1)", "torch.max(x, dim=-1).values", "torch.aminmax(x, dim=-1).max"],
       tensorflow=["tf.math.reduce_max(x, axis=-1)", "tf.keras.ops.max(x, axis=-1)", "tf.keras.ops.amax(x, axis=-1)",
                   "tf.experimental.numpy.max(x, axis=-1)"],
       jax=["jnp.max(x, axis=-1)", "jax.lax.reduce(x, -jnp.array(jnp.inf, x.dtype), jax.lax.max, (1,))"],
       numpy=peer("np.max(x, axis=-1)"), accuracy="exact", verified=RATIONALS, topics=REDUCTION),
    op("amin", X, torch=["torch.amin(x, dim=-1)", "torch.min(x, dim=-1).values", "torch.aminmax(x, dim=-1).min"],
       tensorflow=["tf.math.reduce_min(x, axis=-1)", "tf.keras.ops.min(x, axis=-1)", "tf.keras.ops.amin(x, axis=-1)",
                   "tf.experimental.numpy.min(x, axis=-1)"],
       jax=["jnp.min(x, axis=-1)", "jax.lax.reduce(x, jnp.array(jnp.inf, x.dtype), jax.lax.min, (1,))"],
       numpy=peer("np.min(x, axis=-1)"), accuracy="exact", verified=RATIONALS, topics=REDUCTION),
    op("ptp", X, torch="torch.amax(x, dim=-1) - torch.amin(x, dim=-1)",
       tensorflow=["tf.keras.ops.ptp(x, axis=-1)", "tf.experimental.numpy.ptp(x, axis=-1)"], jax="jnp.ptp(x, axis=-1)",
       numpy=peer("np.ptp(x, axis=-1)"), accuracy="exact", verified=RATIONALS, topics=REDUCTION),
    op("count_nonzero", [vector("x", finite=True)], torch="torch.count_nonzero(x, dim=-1).to(x.dtype)",
       tensorflow=["tf.math.count_nonzero(x, axis=-1, dtype=x.dtype)", "tf.cast(tf.keras.ops.count_nonzero(x, axis=-1), x.dtype)",
                   "tf.cast(tf.experimental.numpy.count_nonzero(x, axis=-1), x.dtype)"],
       jax="jnp.count_nonzero(x, axis=-1).astype(x.dtype)", numpy=peer("np.count_nonzero(x, axis=-1).astype(x.dtype)"),
       orders=("value",), accepts={"x~nan": "any"}, accuracy="exact", verified=RATIONALS, topics=REDUCTION),
    op("average", XW, torch="torch.sum(x * w, dim=-1) / torch.sum(w, dim=-1)",
       tensorflow=["tf.keras.ops.average(x, axis=-1, weights=w)",
                   call("tf.experimental.numpy.average(x, axis=-1, weights=w)", dtypes=("float16", "float32", "float64"), documented=(NONE,)),
                   call("tf.nn.weighted_moments(x, axes=[-1], frequency_weights=w)[0]", documented=(POSITIVE,))],
       jax="jnp.average(x, axis=-1, weights=w)", accuracy="accumulating", verified=RATIONALS, topics=REDUCTION),
    op("weighted_variance", XW, torch="torch.stack([torch.cov(row, correction=0, aweights=weights) for row, weights in zip(x, w)])",
       tensorflow=call("tf.nn.weighted_moments(x, axes=[-1], frequency_weights=w)[1]", documented=(POSITIVE,)),
       jax="jax.vmap(lambda row, weights: jnp.cov(row, ddof=0, aweights=weights))(x, w)",
       accuracy="accumulating", min_length=2, verified=RATIONALS, topics=REDUCTION),
]  # fmt: skip
