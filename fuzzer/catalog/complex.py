"""Elementary functions of complex numbers; C23 Annex G."""

from __future__ import annotations

from fuzzer.catalog.op import FORMULA, Op, op, peer, scalar

Z = [scalar("z", complex=True)]
COMPLEX = ("complex64", "complex128")

OPS: list[Op] = [
    op("exp_complex", Z, torch="torch.exp(z)", tensorflow="tf.math.exp(z)", jax="jnp.exp(z)", numpy=peer("np.exp(z)", COMPLEX),
       whole="parts", verified=FORMULA, topics=("complex",)),
]  # fmt: skip
