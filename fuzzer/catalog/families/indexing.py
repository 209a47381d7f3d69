"""Comparing, ordering and counting. Indices and counts come back in the input's format."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import RATIONALS, Op, call, op, peer, scalar, vector

INDEXING = ("ordering and counting",)
PYTHON = "Python's own sorting and counting"
X = [vector("x")]
XY = [scalar("x"), scalar("y")]
VALUE = ("value",)
SHORT = (1, 2, 3, 5, 8)
WIDE = ("float32", "float64")
KERAS, TNP = "tf.keras.ops", "tf.experimental.numpy"
#: Where a NaN goes in an order, each framework decides.
UNORDERED = {"x~nan": "any"}
NO_ORDER = "IEEE 754-2019, 5.11: a NaN is unordered"
FALSE = {"x=nan": 0.0, "y=nan": 0.0}

OPS: list[Op] = [
    op("isclose", XY, torch="torch.isclose(x, y, rtol=rtol, atol=atol).to(x.dtype)",
       tensorflow=[f"tf.cast({KERAS}.isclose(x, y, rtol=rtol, atol=atol), x.dtype)", f"tf.cast({TNP}.isclose(x, y, rtol=rtol, atol=atol), x.dtype)"],
       jax="jnp.isclose(x, y, rtol=rtol, atol=atol).astype(x.dtype)", numpy=peer("np.isclose(x, y, rtol=rtol, atol=atol).astype(x.dtype)"),
       params={"rtol": (0.125,), "atol": (0.25,)}, orders=VALUE,
       accepts={**FALSE, "x=inf,y=inf": 1.0, "x=-inf,y=-inf": 1.0, "x=inf": 0.0, "x=-inf": 0.0, "y=inf": 0.0, "y=-inf": 0.0},
       source="numpy.isclose: infinities are close to themselves only", verified=RATIONALS, topics=INDEXING),
    op("sort", X, torch=["torch.sort(x, dim=-1)[0]", "torch.msort(x.T).T"],
       tensorflow=["tf.sort(x, axis=-1)", f"{KERAS}.sort(x, axis=-1)", f"{TNP}.sort(x, axis=-1)"],
       jax=["jnp.sort(x, axis=-1)", "jax.lax.sort(x, dimension=1)"], numpy=peer("np.sort(x, axis=-1)"), accepts=UNORDERED, source=NO_ORDER,
       accuracy="exact", lengths=SHORT, verified=PYTHON, topics=INDEXING),
    op("sort_descending", X, torch="torch.sort(x, dim=-1, descending=True)[0]", tensorflow="tf.sort(x, axis=-1, direction='DESCENDING')",
       jax="jnp.sort(x, axis=-1, descending=True)", accepts=UNORDERED, source=NO_ORDER, accuracy="exact", lengths=SHORT,
       verified=PYTHON, topics=INDEXING),
    op("top_k", X, torch="torch.topk(x, k, dim=-1)[0]", tensorflow=["tf.math.top_k(x, k)[0]", f"{KERAS}.top_k(x, k)[0]"],
       jax="jax.lax.top_k(x, k)[0]",
       params={"k": (2,)}, min_length=2, accepts=UNORDERED, source=NO_ORDER, accuracy="exact", lengths=(2, 3, 5, 8), verified=PYTHON,
       topics=INDEXING),
    op("kth_smallest", X, torch="torch.kthvalue(x, k, dim=-1)[0]", jax="jnp.partition(x, k - 1, axis=-1)[:, k - 1]", params={"k": (2,)}, min_length=2,
       accepts=UNORDERED, source=NO_ORDER, accuracy="exact", lengths=(2, 3, 5, 8), verified=PYTHON, topics=INDEXING),
    op("argsort", X, torch="torch.argsort(x, dim=-1, stable=True).to(x.dtype)",
       tensorflow=["tf.cast(tf.argsort(x, axis=-1, stable=True), x.dtype)", f"tf.cast({KERAS}.argsort(x, axis=-1), x.dtype)"],
       jax="jnp.argsort(x, axis=-1).astype(x.dtype)", numpy=peer("np.argsort(x, axis=-1, kind='stable').astype(x.dtype)"),
       orders=VALUE, accepts=UNORDERED, source=NO_ORDER, accuracy="exact", lengths=SHORT, verified=PYTHON, topics=INDEXING),
    op("argsort_descending", X, torch="torch.argsort(x, dim=-1, stable=True, descending=True).to(x.dtype)",
       tensorflow="tf.cast(tf.argsort(x, axis=-1, direction='DESCENDING', stable=True), x.dtype)",
       jax="jnp.argsort(x, axis=-1, descending=True).astype(x.dtype)", orders=VALUE, accepts=UNORDERED, source=NO_ORDER, accuracy="exact",
       lengths=SHORT, verified=PYTHON, topics=INDEXING),
    op("top_k_indices", X, tensorflow=["tf.cast(tf.math.top_k(x, k)[1], x.dtype)", f"tf.cast({KERAS}.top_k(x, k)[1], x.dtype)"],
       jax="jax.lax.top_k(x, k)[1].astype(x.dtype)", params={"k": (2,)}, orders=VALUE, min_length=2, accepts=UNORDERED,
       source="tf.math.top_k: if two elements are equal, the lower-index element appears first", accuracy="exact", lengths=(2, 3, 5, 8),
       verified=PYTHON, topics=INDEXING),
    op("argmax", X, torch="torch.argmax(x, dim=-1).to(x.dtype)",
       tensorflow=["tf.cast(tf.math.argmax(x, axis=-1), x.dtype)", f"tf.cast({KERAS}.argmax(x, axis=-1), x.dtype)",
           f"tf.cast({TNP}.argmax(x, axis=-1), x.dtype)"],
       jax=["jnp.argmax(x, axis=-1).astype(x.dtype)", "jax.lax.argmax(x, 1, jnp.int32).astype(x.dtype)"],
       numpy=peer("np.argmax(x, axis=-1).astype(x.dtype)"), orders=VALUE, accepts=UNORDERED, source=NO_ORDER, accuracy="exact",
       lengths=(1, 2, 3, 8, 17, 64), verified=PYTHON, topics=INDEXING),
    op("argmin", X, torch="torch.argmin(x, dim=-1).to(x.dtype)",
       tensorflow=["tf.cast(tf.math.argmin(x, axis=-1), x.dtype)", f"tf.cast({KERAS}.argmin(x, axis=-1), x.dtype)",
           f"tf.cast({TNP}.argmin(x, axis=-1), x.dtype)"],
       jax=["jnp.argmin(x, axis=-1).astype(x.dtype)", "jax.lax.argmin(x, 1, jnp.int32).astype(x.dtype)"],
       numpy=peer("np.argmin(x, axis=-1).astype(x.dtype)"), orders=VALUE, accepts=UNORDERED, source=NO_ORDER, accuracy="exact",
       lengths=(1, 2, 3, 8, 17, 64), verified=PYTHON, topics=INDEXING),
    op("searchsorted", [vector("b", structure="ascending"), scalar("x")],
       torch=["torch.searchsorted(b, x[:, None], side=side)[:, 0].to(x.dtype)",
              "torch.stack([torch.bucketize(v, r, right=side == 'right') for v, r in zip(x, b)]).to(x.dtype)"],
       tensorflow=["tf.cast(tf.searchsorted(b, x[:, None], side=side)[:, 0], x.dtype)",
                   f"tf.cast(tf.stack([{KERAS}.searchsorted(r, v[None], side=side)[0] for v, r in zip(x, b)]), x.dtype)",
                   call(f"tf.cast(tf.stack([{KERAS}.digitize(v, r) for v, r in zip(x, b)]), x.dtype)", when={"side": ("right",)})],
       jax=["jax.vmap(lambda r, v: jnp.searchsorted(r, v, side=side))(b, x).astype(x.dtype)",
            "jax.vmap(lambda r, v: jnp.digitize(v, r, right=side == 'left'))(b, x).astype(x.dtype)"],
       numpy=peer("np.stack([np.searchsorted(r, v, side=side) for v, r in zip(x, b)]).astype(x.dtype)"), params={"side": ("left", "right")},
       orders=VALUE, accepts={"x=nan": "any", "b~nan": "any"}, source=NO_ORDER, accuracy="exact", lengths=(1, 2, 3, 5, 8, 17), verified=PYTHON,
       topics=INDEXING),
    op("histogram", X, torch=["torch.stack([torch.histc(r, bins, low, high) for r in x])",
                              "torch.stack([torch.histogram(r, bins, range=(low, high))[0] for r in x])"],
       tensorflow=f"tf.stack([tf.cast({KERAS}.histogram(r, bins, range=(low, high))[0], x.dtype) for r in x])",
       jax="jax.vmap(lambda r: jnp.histogram(r, bins, range=(low, high))[0])(x).astype(x.dtype)",
       numpy=peer("np.stack([np.histogram(r, bins, range=(low, high))[0] for r in x]).astype(x.dtype)"),
       params={"bins": (4, 5), "low": (-1.0,), "high": (1.0, 3.0)}, orders=VALUE, accepts={**UNORDERED, "x~inf": "any", "x~-inf": "any"},
       source="numpy.histogram; what is not finite it does not mention", accuracy="exact", lengths=(1, 2, 3, 8, 17), verified=PYTHON,
       topics=INDEXING),
    op("histogram_fixed_width", X, tensorflow=call("tf.stack([tf.cast(tf.histogram_fixed_width(r, [low, high], nbins=bins), x.dtype) for r in x])",
           dtypes=WIDE),
       params={"low": (-1.0,), "high": (1.0, 3.0), "bins": (4, 5)}, orders=VALUE, accepts=UNORDERED, source=NO_ORDER, accuracy="exact",
       lengths=(1, 2, 3, 8, 17), verified=PYTHON, topics=INDEXING),
    op("bincount", [vector("x", 0, 7, integers=True, differentiable=False)],
       torch="torch.stack([torch.bincount(r.long(), minlength=length) for r in x]).to(x.dtype)",
       tensorflow=["tf.cast(tf.math.bincount(tf.cast(x, tf.int32), minlength=length, maxlength=length, axis=-1), x.dtype)",
                   f"tf.cast({KERAS}.bincount(tf.cast(x, tf.int32), minlength=length), x.dtype)"],
       jax="jax.vmap(lambda r: jnp.bincount(r, length=length))(x.astype(jnp.int32)).astype(x.dtype)",
       params={"length": (8,)}, orders=VALUE, accuracy="exact", lengths=(1, 2, 3, 8, 17, 64), verified=PYTHON, topics=INDEXING),
    op("weighted_bincount", [vector("x", 0, 3, integers=True, differentiable=False), vector("w")],
       torch=call("torch.stack([torch.bincount(r.long(), v, minlength=length) for r, v in zip(x, w)])", dtypes=WIDE, grad=False),
       tensorflow=call("tf.math.bincount(tf.cast(x, tf.int32), weights=w, minlength=length, maxlength=length, axis=-1)", dtypes=WIDE, grad=False),
       jax="jax.vmap(lambda r, v: jnp.bincount(r, v, length=length))(x.astype(jnp.int32), w)",
       params={"length": (4,)}, accuracy="accumulating", lengths=(1, 2, 3, 8, 17, 64), verified=RATIONALS, topics=INDEXING),
    op("one_hot", [scalar("x", 0, 4, integers=True, differentiable=False)], torch="torch.nn.functional.one_hot(x.long(), depth).to(x.dtype)",
       tensorflow=["tf.one_hot(tf.cast(x, tf.int32), depth, dtype=x.dtype)", f"{KERAS}.one_hot(tf.cast(x, tf.int32), depth, dtype=x.dtype)"],
       jax="jax.nn.one_hot(x.astype(jnp.int32), depth, dtype=x.dtype)", params={"depth": (5,)}, orders=VALUE, accuracy="exact", verified=PYTHON,
       topics=INDEXING),
    op("in_top_k", [vector("x"), scalar("y", 0, 1, integers=True, differentiable=False)],
       tensorflow=[call("tf.cast(tf.math.in_top_k(tf.cast(y, tf.int32), x, k), x.dtype)", dtypes=("float32",)),
           call(f"tf.cast({KERAS}.in_top_k(tf.cast(y, tf.int32), x, k), x.dtype)", dtypes=("float32",))],
       params={"k": (2, 1)}, orders=VALUE, min_length=2, accepts={**UNORDERED, "x~inf": "any", "x~-inf": "any"},
       source="tf.math.in_top_k: a prediction that is not finite is not in the top k", accuracy="exact", lengths=(2, 3, 5, 8), verified=PYTHON,
       topics=INDEXING),
]  # fmt: skip
