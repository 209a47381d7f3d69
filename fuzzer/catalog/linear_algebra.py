"""Linear algebra of square matrices."""

from __future__ import annotations

from fuzzer.catalog.op import RATIONALS, Op, call, matrix, op, peer

WIDE = ("float32", "float64")
A = [matrix("a")]

OPS: list[Op] = [
    op("det", A, torch=[call("torch.linalg.det(a)", dtypes=WIDE), call("torch.det(a)", dtypes=WIDE)],
       tensorflow=call("tf.linalg.det(a)", dtypes=WIDE), jax=call("jnp.linalg.det(a)", dtypes=WIDE),
       numpy=peer("np.linalg.det(a)", WIDE), accuracy="backward", whole="all", lengths=(1, 2, 3, 4, 5, 8), verified=RATIONALS,
       topics=("linear algebra",)),
]  # fmt: skip
