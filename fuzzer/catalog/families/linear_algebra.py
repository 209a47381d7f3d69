"""Linear algebra: determinants, inverses, equations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ulpfuzz.fuzzer.catalog.op import RATIONALS, Documented, Implementation, Input, Op, call, matrix, op, peer, vector

WIDE = ("float32", "float64")
#: Section "Linear algebra (torch.linalg)", "Non-finite values".
NUMERICS = "https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html#linear-algebra-torch-linalg"
LENGTHS = (1, 2, 3, 4, 5, 8)
TOPICS = ("linear algebra",)
A = [matrix("a")]
#: Without infinities and NaN: iterations raise at these, and no matrix that holds one is regular.
FINITE = [matrix("a", finite=True)]
REGULAR = [matrix("a", structure="nonsingular", finite=True)]
SPD = [matrix("a", structure="spd", finite=True)]
LOWER = [matrix("a", structure="lower", finite=True)]
TALL = matrix("a", rows="n+1", structure="nonsingular", finite=True)
B = vector("b")
# Calls that read one triangle take the symmetric part, a / 2 + a.mT / 2, exact but for the last bit of subnormals: with it the gradient is
# that of the definition, whichever triangle is read.
TF_BANDS = 'tf.linalg.diag_part(a, k=(-1, 1), align="LEFT_RIGHT")'


def wide(*calls: str, **rest: Any) -> list[Implementation]:
    """Calls for binary32 and binary64, which LAPACK knows."""
    return [call(c, dtypes=WIDE, **rest) for c in calls]


#: torch.linalg's functions of external libraries; the others are sums and products of torch's own.
_BACKENDS = re.compile(r"torch\.linalg\.(?!vander|vector_norm)")


def _of_finite(implementation: str | Implementation, inputs: Sequence[Input]) -> str | Implementation:
    """A call of torch with what its notes say of infinities and NaNs, for the inputs that have any."""
    names = [i.name for i in inputs if not i.finite]
    if not names or not isinstance(implementation, Implementation) or not _BACKENDS.search(implementation.call):
        return implementation
    where = "|".join(f"{n}~{special}" for n in names for special in ("inf", "-inf", "nan"))
    return replace(implementation, documented=(Documented("no guarantees for infinities and NaNs", NUMERICS, where=where),))


def normwise(name: str, inputs: Sequence[Input], **rest: Any) -> Op:
    """Judged normwise."""
    if "torch" in rest:
        rest["torch"] = [_of_finite(i, inputs) for i in rest["torch"]]
    usual = {"accuracy": "backward", "error_norm": "all", "lengths": LENGTHS, "verified": RATIONALS, "topics": TOPICS}
    return op(name, inputs, **{**usual, **rest})


OPS: list[Op] = [
    normwise("det", A, torch=wide("torch.linalg.det(a)"),
             tensorflow=wide("tf.linalg.det(a)", "tf.keras.ops.det(a)"),
             jax=wide("jnp.linalg.det(a)", "jax.scipy.linalg.det(a)"), numpy=peer("np.linalg.det(a)", WIDE)),
    normwise("slogdet", REGULAR, torch=wide("torch.stack(torch.linalg.slogdet(a), dim=-1)"),
             tensorflow=wide("tf.stack(tf.linalg.slogdet(a), axis=-1)", "tf.stack(tf.keras.ops.slogdet(a), axis=-1)"),
             jax=wide("jnp.stack(jnp.linalg.slogdet(a), axis=-1)", 'jnp.stack(jnp.linalg.slogdet(a, method="qr"), axis=-1)'),
             numpy=peer("np.stack(np.linalg.slogdet(a), axis=-1)", WIDE)),
    normwise("logdet", REGULAR, torch=wide("torch.logdet(a)"), orders=("value",)),
    normwise("logdet_spd", SPD,
             torch=wide("torch.logdet(a / 2 + a.mT / 2)", "2 * torch.linalg.cholesky(a / 2 + a.mT / 2).diagonal(dim1=-2, dim2=-1).log().sum(-1)"),
             tensorflow=wide("tf.linalg.logdet(a / 2 + tf.linalg.matrix_transpose(a) / 2)",
                             "tf.keras.ops.logdet(a / 2 + tf.linalg.matrix_transpose(a) / 2)"),
             jax=wide("2 * jnp.sum(jnp.log(jnp.linalg.diagonal(jnp.linalg.cholesky(a / 2 + a.mT / 2))), axis=-1)")),
    normwise("inv", REGULAR, torch=wide("torch.linalg.inv(a)", "torch.linalg.inv_ex(a).inverse"),
             tensorflow=[*wide("tf.linalg.inv(a)", "tf.keras.ops.inv(a)"), *wide("tf.linalg.lu_matrix_inverse(*tf.linalg.lu(a))", grad=False)],
             jax=wide("jnp.linalg.inv(a)", "jax.scipy.linalg.inv(a)"), numpy=peer("np.linalg.inv(a)", WIDE)),
    normwise("inv_spd", SPD, torch=wide("torch.cholesky_inverse(torch.linalg.cholesky(a / 2 + a.mT / 2))"),
             tensorflow=wide("tf.keras.ops.cholesky_inverse(tf.linalg.cholesky(a / 2 + tf.linalg.matrix_transpose(a) / 2))"),
             jax=wide("jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(a / 2 + a.mT / 2), True), "
                      "jnp.broadcast_to(jnp.eye(a.shape[-1], dtype=a.dtype), a.shape))")),
    normwise("solve", [*REGULAR, B], torch=wide("torch.linalg.solve(a, b)", "torch.linalg.solve_ex(a, b).result",
                                                "torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b[..., None])[..., 0]"),
             tensorflow=[*wide("tf.linalg.solve(a, b[..., None])[..., 0]", "tf.keras.ops.solve(a, b[..., None])[..., 0]"),
                         *wide("tf.linalg.lu_solve(*tf.linalg.lu(a), b[..., None])[..., 0]", grad=False)],
             jax=wide("jnp.linalg.solve(a, b[..., None])[..., 0]", "jax.scipy.linalg.solve(a, b[..., None])[..., 0]",
                      "jax.vmap(lambda a, b: jax.scipy.linalg.lu_solve(jax.scipy.linalg.lu_factor(a), b))(a, b)"),
             numpy=peer("np.linalg.solve(a, b[..., None])[..., 0]", WIDE)),
    normwise("solve_spd", [*SPD, B], torch=[*wide("torch.cholesky_solve(b[..., None], torch.linalg.cholesky(a / 2 + a.mT / 2))[..., 0]"),
                    *wide("torch.linalg.ldl_solve(*torch.linalg.ldl_factor(a)[:2], b[..., None])[..., 0]", grad=False)],
             tensorflow=wide("tf.linalg.cholesky_solve(tf.linalg.cholesky(a / 2 + tf.linalg.matrix_transpose(a) / 2), b[..., None])[..., 0]"),
             jax=wide('jax.scipy.linalg.solve(a / 2 + a.mT / 2, b[..., None], assume_a="pos")[..., 0]',
                      "jax.vmap(lambda a, b: jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(a / 2 + a.mT / 2), b))(a, b)")),
    normwise("solve_lower", [*LOWER, B], torch=wide("torch.linalg.solve_triangular(a, b[..., None], upper=False)[..., 0]"),
             tensorflow=wide("tf.linalg.triangular_solve(a, b[..., None])[..., 0]",
                 "tf.keras.ops.solve_triangular(a, b[..., None], lower=True)[..., 0]",
                             "tf.linalg.LinearOperatorLowerTriangular(a).solvevec(b)"),
             jax=wide("jax.scipy.linalg.solve_triangular(a, b[..., None], lower=True)[..., 0]",
                      "jax.lax.linalg.triangular_solve(a, b[..., None], left_side=True, lower=True)[..., 0]")),
    normwise("solve_upper", [matrix("a", structure="upper", finite=True), B],
             torch=wide("torch.linalg.solve_triangular(a, b[..., None], upper=True)[..., 0]"),
             tensorflow=wide("tf.linalg.triangular_solve(a, b[..., None], lower=False)[..., 0]"),
             jax=wide("jax.scipy.linalg.solve_triangular(a, b[..., None])[..., 0]",
                      "jax.lax.linalg.triangular_solve(a, b[..., None], left_side=True)[..., 0]")),
    normwise("solve_unit_lower", [matrix("a", structure="unit_lower", finite=True), B],
             torch=wide("torch.linalg.solve_triangular(a, b[..., None], upper=False, unitriangular=True)[..., 0]"),
             jax=wide("jax.scipy.linalg.solve_triangular(a, b[..., None], lower=True, unit_diagonal=True)[..., 0]",
                      "jax.lax.linalg.triangular_solve(a, b[..., None], left_side=True, lower=True, unit_diagonal=True)[..., 0]")),
    normwise("solve_lower_transposed", [*LOWER, B], torch=wide("torch.linalg.solve_triangular(a.mT, b[..., None], upper=True)[..., 0]"),
             tensorflow=wide("tf.linalg.triangular_solve(a, b[..., None], adjoint=True)[..., 0]"),
             jax=wide("jax.scipy.linalg.solve_triangular(a, b[..., None], trans=1, lower=True)[..., 0]",
                      "jax.lax.linalg.triangular_solve(a, b[..., None], left_side=True, lower=True, transpose_a=True)[..., 0]")),
    normwise("cholesky", SPD,
             torch=wide("torch.linalg.cholesky(a / 2 + a.mT / 2)", "torch.linalg.cholesky_ex(a / 2 + a.mT / 2).L"),
             tensorflow=wide("tf.linalg.cholesky(a / 2 + tf.linalg.matrix_transpose(a) / 2)",
                             "tf.keras.ops.cholesky(a / 2 + tf.linalg.matrix_transpose(a) / 2)"),
             jax=wide("jnp.linalg.cholesky(a / 2 + a.mT / 2)", "jax.scipy.linalg.cholesky(a / 2 + a.mT / 2, lower=True)"),
             numpy=peer("np.linalg.cholesky(a / 2 + np.swapaxes(a, -1, -2) / 2)", WIDE)),
    normwise("cholesky_solve", [*LOWER, B], torch=wide("torch.cholesky_solve(b[..., None], a.tril())[..., 0]"),
             tensorflow=wide("tf.linalg.cholesky_solve(a, b[..., None])[..., 0]"),
             jax=wide("jax.vmap(lambda a, b: jax.scipy.linalg.cho_solve((a, True), b))(a, b)")),
    normwise("cholesky_inverse", LOWER, torch=wide("torch.cholesky_inverse(a.tril())"), tensorflow=wide("tf.keras.ops.cholesky_inverse(a)")),
    normwise("lstsq", [TALL, vector("b", size="n+1", finite=True)],
             torch=wide('torch.linalg.lstsq(a, b[..., None], driver="gels").solution[..., 0]'),
             jax=wide("jax.vmap(lambda a, b: jnp.linalg.lstsq(a, b, rcond=0.0)[0])(a, b)"), lengths=(1, 2, 3, 4)),
    normwise("pinv", [TALL], torch=wide("torch.linalg.pinv(a, rtol=0.0)"), tensorflow=wide("tf.linalg.pinv(a, rcond=0.0)"),
             jax=wide("jnp.linalg.pinv(a, rtol=0.0)"), lengths=(1, 2, 3, 4)),
    normwise("trace", A, torch=["torch.vmap(torch.trace)(a)", "a.diagonal(dim1=-2, dim2=-1).sum(-1)"],
             tensorflow=["tf.linalg.trace(a)", "tf.keras.ops.trace(a, axis1=-2, axis2=-1)", "tf.experimental.numpy.trace(a, axis1=-2, axis2=-1)"],
             jax=["jnp.trace(a, axis1=-2, axis2=-1)"], numpy=peer("np.trace(a, axis1=-2, axis2=-1)"), lengths=(2, 3, 8, 16, 17)),
    normwise("vander", [vector("x")], torch=[call("torch.linalg.vander(x)", dtypes=WIDE)],
             tensorflow=["tf.map_fn(lambda x: tf.experimental.numpy.vander(x, increasing=True), x)"],
             jax=["jax.vmap(lambda x: jnp.vander(x, increasing=True))(x)"], min_length=2, least_defined=1, lengths=(2, 3, 5, 8)),
    normwise("tridiagonal_solve", [*REGULAR, B], tensorflow=wide(f"tf.linalg.tridiagonal_solve({TF_BANDS}, b)")),
    normwise("tridiagonal_matmul", [*A, B], tensorflow=wide(f"tf.linalg.tridiagonal_matmul({TF_BANDS}, b[..., None])[..., 0]")),
]  # fmt: skip
