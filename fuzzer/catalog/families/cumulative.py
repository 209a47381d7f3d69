"""Scans of a vector, differences and rules of quadrature, sums by segments."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, vector

SCAN = ("reductions",)
SEGMENT = ("reductions", "indexing")
QUADRATURE = ("differences", "quadrature")
X = [vector("x")]
#: The grid ascends, as the rule assumes: elsewhere intervals cancel one another. Its gradient is nobody's concern.
YX = [vector("y"), vector("x", structure="ascending", differentiable=False)]
INDEX = vector("index", 0, 2, integers=True, differentiable=False)
XI = [vector("x"), INDEX]
CXI = [vector("c", size=3), vector("x"), INDEX]
WIDE = ("float32", "float64")
FORWARD = {"reverse": (False,)}
PLAIN = {"reverse": (False,), "exclusive": (False,)}
INCLUSIVE = {"exclusive": (False,)}
BOTH = {"reverse": (False, True), "exclusive": (False, True)}
FEW = (1, 2, 3, 8, 17)
EACH = "tf.map_fn(lambda t: {}, (x, index), fn_output_signature=x.dtype)"
INTO = "tf.map_fn(lambda t: {}(t[0], tf.cast(t[2], tf.int32)[:, None], t[1]), (c, x, index), fn_output_signature=x.dtype)"

OPS: list[Op] = [
    op("cumsum", X, torch=call("torch.cumsum(x, dim=-1)", when=PLAIN),
       tensorflow=["tf.math.cumsum(x, axis=-1, reverse=reverse, exclusive=exclusive)", call("tf.keras.ops.cumsum(x, axis=-1)", when=PLAIN),
                   call("tf.experimental.numpy.cumsum(x, axis=-1)", when=PLAIN),
                   call("tf.transpose(tf.scan(lambda a, b: a + b, tf.transpose(x)))", when=PLAIN)],
       jax=[call("jnp.cumsum(x, axis=-1)", when=PLAIN), call("jax.lax.cumsum(x, axis=x.ndim - 1, reverse=reverse)", when=INCLUSIVE),
            call("jnp.cumulative_sum(x, axis=-1)", when=PLAIN),
            call("jax.lax.associative_scan(jnp.add, x, reverse=reverse, axis=x.ndim - 1)", when=INCLUSIVE)],
       numpy=call("np.cumsum(x, axis=-1)", dtypes=("float16", "float32", "float64"), grad=False, when=PLAIN),
       params=BOTH, accuracy="accumulating", verified=RATIONALS, topics=SCAN),
    op("cumprod", X, torch=call("torch.cumprod(x, dim=-1)", when=PLAIN),
       tensorflow=["tf.math.cumprod(x, axis=-1, reverse=reverse, exclusive=exclusive)", call("tf.keras.ops.cumprod(x, axis=-1)", when=PLAIN),
                   call("tf.experimental.numpy.cumprod(x, axis=-1)", when=PLAIN)],
       jax=[call("jnp.cumprod(x, axis=-1)", when=PLAIN), call("jax.lax.cumprod(x, axis=x.ndim - 1, reverse=reverse)", when=INCLUSIVE),
            call("jnp.cumulative_prod(x, axis=-1)", when=PLAIN)],
       numpy=call("np.cumprod(x, axis=-1)", dtypes=("float16", "float32", "float64"), grad=False, when=PLAIN),
       params=BOTH, lengths=FEW, accuracy="accumulating", verified=RATIONALS, topics=SCAN),
    op("cummax", X, torch="torch.cummax(x, dim=-1).values", jax="jax.lax.cummax(x, axis=x.ndim - 1)",
       tensorflow="tf.transpose(tf.scan(tf.math.maximum, tf.transpose(x)))",
       numpy=peer("np.maximum.accumulate(x, axis=-1)"), lengths=FEW, accuracy="exact", verified=RATIONALS, topics=SCAN),
    op("cummin", X, torch="torch.cummin(x, dim=-1).values", jax="jax.lax.cummin(x, axis=x.ndim - 1)",
       tensorflow="tf.transpose(tf.scan(tf.math.minimum, tf.transpose(x)))",
       numpy=peer("np.minimum.accumulate(x, axis=-1)"), lengths=FEW, accuracy="exact", verified=RATIONALS, topics=SCAN),
    op("logcumsumexp", X, torch=call("torch.logcumsumexp(x, dim=-1)", when=FORWARD),
       tensorflow="tf.math.cumulative_logsumexp(x, axis=-1, reverse=reverse)",
       jax=["jax.lax.cumlogsumexp(x, axis=x.ndim - 1, reverse=reverse)",
            "jax.lax.associative_scan(jnp.logaddexp, x, reverse=reverse, axis=x.ndim - 1)"],
       params={"reverse": (False, True)}, accuracy="accumulating", verified=FORMULA, topics=SCAN),
    op("diff", X, torch="torch.diff(x, n=times, dim=-1)",
       tensorflow=["tf.keras.ops.diff(x, n=times, axis=-1)", "tf.experimental.numpy.diff(x, n=times, axis=-1)"],
       jax=["jnp.diff(x, n=times, axis=-1)", call("jax.vmap(jnp.ediff1d)(x)", when={"times": (1,)})], numpy=peer("np.diff(x, n=times, axis=-1)"),
       params={"times": (1, 2)}, min_length=3, least_defined=2, accuracy="accumulating", verified=RATIONALS, topics=QUADRATURE),
    op("trapezoid", YX, torch="torch.trapezoid(y, x, dim=-1)", tensorflow="tf.keras.ops.trapezoid(y, x, axis=-1)",
       jax=["jnp.trapezoid(y, x, axis=-1)", "jax.scipy.integrate.trapezoid(y, x, axis=-1)"], numpy=peer("np.trapezoid(y, x, axis=-1)"),
       min_length=2, accuracy="accumulating", verified=RATIONALS, topics=QUADRATURE),
    op("cumulative_trapezoid", YX, torch="torch.cumulative_trapezoid(y, x, dim=-1)",
       numpy=peer("scipy.integrate.cumulative_trapezoid(y, x, axis=-1)", WIDE), lengths=(2, 3, 8, 17),
       min_length=2, accuracy="accumulating", verified=RATIONALS, topics=QUADRATURE),
    op("trapezoid_uniform", [vector("y")], torch="torch.trapezoid(y, dx=dx, dim=-1)", tensorflow="tf.keras.ops.trapezoid(y, dx=dx, axis=-1)",
       jax=["jnp.trapezoid(y, dx=dx, axis=-1)", "jax.scipy.integrate.trapezoid(y, dx=dx, axis=-1)"], numpy=peer("np.trapezoid(y, dx=dx, axis=-1)"),
       params={"dx": (1.0, 0.125)}, min_length=2, accuracy="accumulating", verified=RATIONALS, topics=QUADRATURE),
    op("gradient", X, torch="torch.gradient(x, spacing=spacing, dim=-1)[0]", jax="jnp.gradient(x, spacing, axis=-1)",
       numpy=peer("np.gradient(x, spacing, axis=-1)"), params={"spacing": (1.0, 0.125)}, min_length=2, verified=RATIONALS, topics=QUADRATURE),
    op("scatter_add", CXI, torch=["torch.scatter_add(c, 1, index.long(), x)", "torch.scatter_reduce(c, 1, index.long(), x, 'sum')",
                                  "torch.stack([torch.index_add(r, 0, i, v) for r, i, v in zip(c, index.long(), x)])",
                                  "torch.vmap(lambda r, i, v: torch.index_put(r, (i,), v, accumulate=True))(c, index.long(), x)"],
       tensorflow=INTO.format("tf.tensor_scatter_nd_add"), jax="jax.vmap(lambda r, i, v: r.at[i].add(v))(c, index.astype(int), x)",
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("scatter_prod", CXI, torch="torch.scatter_reduce(c, 1, index.long(), x, 'prod')",
       jax=call("jax.vmap(lambda r, i, v: r.at[i].mul(v))(c, index.astype(int), x)", grad=False),
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("scatter_max", CXI, torch="torch.scatter_reduce(c, 1, index.long(), x, 'amax')", tensorflow=INTO.format("tf.tensor_scatter_nd_max"),
       jax="jax.vmap(lambda r, i, v: r.at[i].max(v))(c, index.astype(int), x)", accuracy="exact", verified=RATIONALS, topics=SEGMENT),
    op("scatter_min", CXI, torch="torch.scatter_reduce(c, 1, index.long(), x, 'amin')", tensorflow=INTO.format("tf.tensor_scatter_nd_min"),
       jax="jax.vmap(lambda r, i, v: r.at[i].min(v))(c, index.astype(int), x)", accuracy="exact", verified=RATIONALS, topics=SEGMENT),
    op("segment_sum", XI, torch="torch.zeros_like(x[:, :1]).repeat(1, 3).scatter_add(1, index.long(), x)",
       tensorflow=[EACH.format("tf.math.unsorted_segment_sum(t[0], tf.cast(t[1], tf.int32), 3)"),
                   EACH.format("tf.keras.ops.segment_sum(t[0], tf.cast(t[1], tf.int32), 3)")],
       jax="jax.vmap(lambda v, i: jax.ops.segment_sum(v, i, 3))(x, index.astype(int))",
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("segment_sum_ordered", [vector("x"), vector("index", 0, 2, integers=True, differentiable=False, structure="ascending")],
       definition="segment_sum",
       torch=call("torch.stack([torch.segment_reduce(v, 'sum', lengths=torch.bincount(i, minlength=3)) for v, i in zip(x, index.long())])",
                  without=("jvp", "grad2")),
       tensorflow=[EACH.format("tf.math.segment_sum(tf.concat([t[0], tf.zeros(1, x.dtype)], 0), tf.concat([tf.cast(t[1], tf.int32), [2]], 0))")],
       jax="jax.vmap(lambda v, i: jax.ops.segment_sum(v, i, 3, indices_are_sorted=True))(x, index.astype(int))",
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("segment_prod", XI, torch="torch.ones_like(x[:, :1]).repeat(1, 3).scatter_reduce(1, index.long(), x, 'prod')",
       tensorflow=[EACH.format("tf.math.unsorted_segment_prod(t[0], tf.cast(t[1], tf.int32), 3)"),
                   EACH.format("tf.keras.ops.segment_prod(t[0], tf.cast(t[1], tf.int32), 3)")],
       jax=call("jax.vmap(lambda v, i: jax.ops.segment_prod(v, i, 3))(x, index.astype(int))", grad=False),
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("segment_mean", XI, torch="torch.zeros_like(x[:, :1]).repeat(1, 3).scatter_reduce(1, index.long(), x, 'mean', include_self=False)",
       tensorflow=EACH.format("tf.math.unsorted_segment_mean(t[0], tf.cast(t[1], tf.int32), 3)"),
       accuracy="accumulating", verified=RATIONALS, topics=SEGMENT),
    op("segment_sqrt_n", XI, tensorflow=EACH.format("tf.math.unsorted_segment_sqrt_n(t[0], tf.cast(t[1], tf.int32), 3)"),
       accuracy="accumulating", verified=FORMULA, topics=SEGMENT),
]  # fmt: skip
