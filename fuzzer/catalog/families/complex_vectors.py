"""Sums and products of complex vectors and matrices; judged as ulpfuzz.fuzzer.catalog.families.complex says."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.complex import function, real_valued
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, matrix, vector

POPULATION = {"correction": (0,)}
V = [vector("z", complex=True)]
VW = [vector("a", complex=True), vector("b", complex=True)]
SHORT = (1, 2, 3, 5, 8)

OPS: list[Op] = [
    function("sum_complex", inputs=V, torch="torch.sum(z, dim=-1)", tensorflow="tf.math.reduce_sum(z, axis=-1)", jax="jnp.sum(z, axis=-1)",
             numpy="np.sum(z, axis=-1)", accuracy="accumulating", verified=RATIONALS),
    function("mean_complex", inputs=V, torch="torch.mean(z, dim=-1)", tensorflow="tf.math.reduce_mean(z, axis=-1)", jax="jnp.mean(z, axis=-1)",
             numpy="np.mean(z, axis=-1)", accuracy="accumulating", verified=RATIONALS),
    function("prod_complex", inputs=V, torch="torch.prod(z, dim=-1)", tensorflow="tf.math.reduce_prod(z, axis=-1)", jax="jnp.prod(z, axis=-1)",
             numpy="np.prod(z, axis=-1)", accuracy="accumulating", verified=RATIONALS, lengths=SHORT),
    function("cumsum_complex", inputs=V, torch="torch.cumsum(z, dim=-1)", tensorflow="tf.math.cumsum(z, axis=-1)", jax="jnp.cumsum(z, axis=-1)",
             numpy="np.cumsum(z, axis=-1)", accuracy="accumulating", verified=RATIONALS, lengths=SHORT),
    function("dot_complex", inputs=VW, torch="torch.einsum('bi,bi->b', a, b)", tensorflow="tf.einsum('bi,bi->b', a, b)",
             jax="jnp.einsum('bi,bi->b', a, b)", numpy="np.einsum('bi,bi->b', a, b)", accuracy="accumulating", verified=RATIONALS),
    function("vdot", inputs=VW, torch=["torch.linalg.vecdot(a, b)", "torch.vmap(torch.vdot)(a, b)"],
             jax=["jnp.vecdot(a, b)", "jax.vmap(jnp.vdot)(a, b)"], numpy="np.vecdot(a, b)", accuracy="accumulating", verified=RATIONALS),
    real_valued("norm_complex", inputs=V, torch="torch.linalg.vector_norm(z, dim=-1)", tensorflow="tf.math.real(tf.norm(z, axis=-1))",
                jax="jnp.linalg.norm(z, axis=-1)", numpy="np.linalg.norm(z, axis=-1)", accuracy="accumulating", verified=FORMULA),
    real_valued("var_complex", inputs=V, torch="torch.var(z, dim=-1, correction=correction)",
                tensorflow=call("tf.math.reduce_variance(z, axis=-1)", when=POPULATION), jax="jnp.var(z, axis=-1, ddof=correction)",
                numpy="np.var(z, axis=-1, ddof=correction)", params={"correction": (0, 1)}, min_length=2, accuracy="accumulating",
                verified=RATIONALS),
    real_valued("std_complex", inputs=V, torch="torch.std(z, dim=-1, correction=correction)",
                tensorflow=call("tf.math.reduce_std(z, axis=-1)", when=POPULATION), jax="jnp.std(z, axis=-1, ddof=correction)",
                numpy="np.std(z, axis=-1, ddof=correction)", params={"correction": (0, 1)}, min_length=2, accuracy="accumulating", verified=FORMULA),
    function("matmul_complex", inputs=[matrix("a", complex=True), matrix("b", complex=True)], torch="torch.matmul(a, b)",
             tensorflow="tf.linalg.matmul(a, b)", jax="jnp.matmul(a, b)", numpy="np.matmul(a, b)", accuracy="accumulating", verified=RATIONALS,
             lengths=(1, 2, 3, 4)),
]  # fmt: skip
