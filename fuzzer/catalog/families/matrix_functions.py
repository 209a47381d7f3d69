"""Functions of matrices: powers, exponentials, norms, eigenvalues and singular values."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.families.linear_algebra import FINITE, REGULAR, WIDE, normwise, wide
from ulpfuzz.fuzzer.catalog.op import FORMULA, Documented, Op, matrix, peer, vector

INF = float("inf")
SMALL = (1, 2, 3, 4, 5)

OPS: list[Op] = [
    normwise("eigvalsh", [matrix("a", structure="symmetric", finite=True)], lengths=SMALL, verified="roots of the characteristic polynomial",
             torch=wide("torch.linalg.eigvalsh(a / 2 + a.mT / 2)", "torch.linalg.eigh(a / 2 + a.mT / 2).eigenvalues"),
             tensorflow=wide("tf.linalg.eigvalsh(a / 2 + tf.linalg.matrix_transpose(a) / 2)",
                             "tf.linalg.eigh(a / 2 + tf.linalg.matrix_transpose(a) / 2)[0]",
                             "tf.keras.ops.eigh(a / 2 + tf.linalg.matrix_transpose(a) / 2)[0]"),
             jax=wide("jnp.linalg.eigvalsh(a / 2 + a.mT / 2)", "jnp.linalg.eigh(a / 2 + a.mT / 2)[0]",
                      "jax.scipy.linalg.eigh(a / 2 + a.mT / 2, eigvals_only=True)"),
             numpy=peer("np.linalg.eigvalsh(a)", WIDE)),
    normwise("svdvals", FINITE, lengths=SMALL, verified="roots of the characteristic polynomial",
             torch=wide("torch.linalg.svdvals(a)", "torch.linalg.svd(a).S"),
             tensorflow=wide("tf.linalg.svd(a, compute_uv=False)", "tf.linalg.svd(a)[0]", "tf.keras.ops.svd(a, compute_uv=False)"),
             jax=wide("jnp.linalg.svdvals(a)", "jnp.linalg.svd(a)[1]", "jax.scipy.linalg.svd(a, compute_uv=False)"),
             numpy=peer("np.linalg.svdvals(a)", WIDE)),
    normwise("eigvalsh_tridiagonal", [vector("a", finite=True), vector("b", finite=True)], orders=("value",), lengths=SMALL,
             verified="roots of the characteristic polynomial",
             tensorflow=wide("tf.map_fn(lambda ab: tf.linalg.eigh_tridiagonal(ab[0], ab[1][:-1]), (a, b), fn_output_signature=a.dtype)"),
             jax=wide("jax.vmap(lambda a, b: jax.scipy.linalg.eigh_tridiagonal(a, b[:-1], eigvals_only=True))(a, b)"),
             documented=tuple(
                 Documented("undefined if a number of beta is larger than sqrt(max / n)", pages.tensorflow("tf.linalg.eigh_tridiagonal"),
                            where=f"b~>{most}|b~<-{most}", dtypes=(dtype,), frameworks=("tensorflow",))
                 for dtype, most in (("float32", 2.0**64), ("float64", 2.0**512)))),
    normwise("matrix_exp", FINITE, lengths=(1, 2, 3), orders=("value", "grad", "jvp"), verified="mpmath's expm",
             torch=wide("torch.linalg.matrix_exp(a)"), tensorflow=wide("tf.linalg.expm(a)"), jax=wide("jax.scipy.linalg.expm(a)"),
             numpy=peer("scipy.linalg.expm(a)", WIDE)),
    normwise("matrix_exp_frechet", [*FINITE, matrix("e", finite=True)], lengths=(1, 2, 3), orders=("value",), verified="differences of mpmath's expm",
             jax=wide("jax.vmap(lambda a, e: jax.scipy.linalg.expm_frechet(a, e)[1])(a, e)")),
    normwise("matrix_power", REGULAR, params={"power": (2, 3, -2)},
             torch=wide("torch.linalg.matrix_power(a, power)"), jax=wide("jnp.linalg.matrix_power(a, power)"),
             numpy=peer("np.linalg.matrix_power(a, power)", WIDE)),
    normwise("matrix_norm", FINITE, params={"ord": ("fro", 1, INF, 2, "nuc")}, lengths=SMALL, verified=FORMULA,
             torch=wide("torch.linalg.matrix_norm(a, ord=ord)"),
             tensorflow=[*wide('tf.norm(a, ord="euclidean" if ord == "fro" else ord, axis=(-2, -1))', when={"ord": ("fro", 1, INF, 2)}),
                         *wide("tf.keras.ops.norm(a, ord=ord, axis=(-2, -1))")],
             jax=wide("jnp.linalg.matrix_norm(a, ord=ord)"), numpy=peer("np.linalg.matrix_norm(a, ord=ord)", WIDE)),
    normwise("cond", REGULAR, params={"p": (2, 1)}, lengths=SMALL, verified=FORMULA,
             torch=wide("torch.linalg.cond(a, p=p)"), jax=wide("jnp.linalg.cond(a, p=p)"), numpy=peer("np.linalg.cond(a, p=p)", WIDE)),
]  # fmt: skip
