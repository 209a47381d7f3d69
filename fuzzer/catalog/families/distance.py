"""Distances between vectors, and tables of them between two sets of vectors."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, subgradient, tensor, vector

XY = [vector("x"), vector("y")]
WIDE = ("float32", "float64")
NO_FORWARD = ("jvp",)
ONCE = ("jvp", "grad2")
DISTANCE = ("distances",)
ZERO = (subgradient("x=0,y=0"),)
EUCLIDEAN = {"p": (2.0,)}
#: l and m vectors of n numbers; torch takes a product of matrices from 26 vectors on.
N = (3, 1, 2, 5, 16, 64, 257, 1000)
TABLE: dict[str, Any] = {
    "axes": {"l": (2, 1, 3, 16, 32), "m": (3, 1, 2, 16, 32), "n": N}, "result": ("l", "m"), "parallel": ("l", "m"), "accuracy": "accumulating",
    "topics": DISTANCE,
}  # fmt: skip

OPS: list[Op] = [
    op("euclidean_distance", XY,
       torch=["torch.linalg.vector_norm(x - y, dim=-1)", "torch.nn.functional.pairwise_distance(x, y, eps=0.0)", "torch.vmap(torch.dist)(x, y)",
              call("torch.cdist(x[:, None], y[:, None])[:, 0, 0]", dtypes=WIDE, without=ONCE), "torch.sqrt(torch.sum((x - y) ** 2, dim=-1))"],
       tensorflow=["tf.norm(x - y, axis=-1)", "tf.math.reduce_euclidean_norm(x - y, axis=-1)", "tf.keras.ops.norm(x - y, axis=-1)",
                   "tf.sqrt(tf.reduce_sum(tf.math.squared_difference(x, y), axis=-1))"],
       jax=["jnp.linalg.norm(x - y, axis=-1)", "jnp.linalg.vector_norm(x - y, axis=-1)", "jnp.sqrt(jnp.sum((x - y) ** 2, axis=-1))"],
       numpy=peer("np.linalg.norm(x - y, axis=-1)"), conventions=ZERO, accuracy="accumulating", verified=FORMULA, topics=DISTANCE),
    op("squared_euclidean_distance", XY, torch="torch.vmap(lambda x, y: torch.nn.functional.mse_loss(x, y, reduction='sum'))(x, y)",
       tensorflow="tf.reduce_sum(tf.math.squared_difference(x, y), axis=-1)", jax="jnp.sum((x - y) ** 2, axis=-1)",
       numpy=peer("np.sum((x - y) ** 2, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=DISTANCE),
    op("minkowski_distance", XY,
       torch=["torch.linalg.vector_norm(x - y, ord=p, dim=-1)", "torch.nn.functional.pairwise_distance(x, y, p=p, eps=0.0)",
              "torch.vmap(lambda x, y: torch.dist(x, y, p))(x, y)",
              call("torch.cdist(x[:, None], y[:, None], p=p)[:, 0, 0]", dtypes=WIDE, without=ONCE)],
       tensorflow="tf.norm(x - y, ord=p, axis=-1)", jax="jnp.linalg.norm(x - y, ord=p, axis=-1)",
       numpy=peer("np.linalg.norm(x - y, ord=p, axis=-1)"), params={"p": (1.0, 3.0, 0.5)}, conventions=ZERO, accuracy="accumulating",
       verified=FORMULA, topics=DISTANCE),
    op("chebyshev_distance", XY,
       torch=["torch.linalg.vector_norm(x - y, ord=float('inf'), dim=-1)", "torch.nn.functional.pairwise_distance(x, y, p=float('inf'), eps=0.0)",
              call("torch.cdist(x[:, None], y[:, None], p=float('inf'))[:, 0, 0]", dtypes=WIDE)],
       tensorflow="tf.norm(x - y, ord=float('inf'), axis=-1)", jax="jnp.linalg.norm(x - y, ord=jnp.inf, axis=-1)",
       numpy=peer("np.linalg.norm(x - y, ord=np.inf, axis=-1)"), orders=("value",), verified=RATIONALS, topics=DISTANCE),
    op("pairwise_distance", XY, torch=["torch.nn.functional.pairwise_distance(x, y, p=p, eps=eps)", "torch.nn.PairwiseDistance(p, eps)(x, y)"],
       params={"p": (2.0, 1.0), "eps": (1e-6,)}, accuracy="accumulating", verified=FORMULA, topics=DISTANCE,
       source="https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html"),
    op("cdist", [tensor("x", ("l", "n")), tensor("y", ("m", "n"))],
       torch=[call("torch.cdist(x, y, p=p)", dtypes=WIDE, without=ONCE), "torch.linalg.vector_norm(x[:, :, None] - y[:, None], ord=p, dim=-1)",
              call("torch.cdist(x, y, compute_mode='donot_use_mm_for_euclid_dist')", dtypes=WIDE, when=EUCLIDEAN, without=ONCE),
              call("torch.cdist(x, y, compute_mode='use_mm_for_euclid_dist')", when=EUCLIDEAN, without=NO_FORWARD),
              call("torch.cdist(x.repeat(1, 1 + 128 // x.shape[1], 1), y.repeat(1, 1 + 128 // y.shape[1], 1), p=p)"
                   "[:, -x.shape[1] :, -y.shape[1] :]", dtypes=WIDE, grad=False)],
       tensorflow=["tf.norm(x[:, :, None] - y[:, None], ord=p, axis=-1)", call("tf.keras.ops.cdist(x, y)", when=EUCLIDEAN)],
       jax="jnp.linalg.norm(x[:, :, None] - y[:, None], ord=p, axis=-1)",
       numpy=peer("np.stack([scipy.spatial.distance.cdist(a, b, 'minkowski', p=p) for a, b in zip(x, y)])", ("float64",)),
       params={"p": (2.0, 1.0, 3.0)}, conventions=ZERO, verified=FORMULA, **TABLE),
    op("squared_distances", [tensor("x", ("l", "n")), tensor("y", ("m", "n"))],
       torch=[call("torch.cdist(x, y) ** 2", dtypes=WIDE, without=ONCE), "torch.sum((x[:, :, None] - y[:, None]) ** 2, dim=-1)"],
       tensorflow="tf.reduce_sum(tf.math.squared_difference(x[:, :, None], y[:, None]), axis=-1)",
       jax="jnp.sum((x[:, :, None] - y[:, None]) ** 2, axis=-1)",
       verified=RATIONALS, **TABLE),
    op("pdist", [tensor("x", ("l", "n"))], torch=call("torch.stack([torch.nn.functional.pdist(r, p) for r in x])", dtypes=WIDE, without=ONCE),
       numpy=peer("np.stack([scipy.spatial.distance.pdist(r, 'minkowski', p=p) for r in x])", ("float64",)),
       params={"p": (2.0, 1.0, 3.0)}, conventions=(subgradient("x=x"),), axes={"l": (3, 2, 4, 8), "n": N}, accuracy="accumulating",
       verified=FORMULA, topics=DISTANCE),
]  # fmt: skip
