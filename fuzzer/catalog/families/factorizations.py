"""Factorizations, by what their factors have in common whatever the signs: their product, and that they are orthogonal.

Values only: the derivative of a product of factors is the identity, however ill-conditioned the factors that it is led through are, so that
no conditioning of ours tells an unstable formula from an honest one. Gradients are taken of what is unique: qr_upper, qr_orthogonal,
cholesky.
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.linear_algebra import REGULAR, SPD, WIDE, A, normwise, wide
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, matrix, peer, vector

#: So far from the largest binary32 that no factor overflows, which are up to 2^(n-1) times as large as the matrix.
LARGEST = 2.0**120
BOUNDED = [matrix("a", -LARGEST, LARGEST, finite=True)]
SYMMETRIC = [matrix("a", -LARGEST, LARGEST, structure="symmetric", finite=True)]
VALUE = ("value",)
RESIDUAL = "the matrix itself"

OPS: list[Op] = [
    normwise("lu_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda p, l, u: p @ l @ u)(*torch.linalg.lu(a))",
                 "(lambda p, l, u: p @ l @ u)(*torch.lu_unpack(*torch.linalg.lu_factor_ex(a)[:2]))"),
             jax=wide("jax.vmap(lambda a: (lambda p, l, u: p @ l @ u)(*jax.scipy.linalg.lu(a)))(a)",
                      "(lambda lu, pivots, order: jnp.take_along_axis((jnp.tril(lu, -1) + jnp.eye(a.shape[-1], dtype=a.dtype)) @ jnp.triu(lu), "
                      "jnp.argsort(order, axis=-1)[..., None], axis=-2))(*jax.lax.linalg.lu(a))")),
    normwise("lu_product_nonsingular", REGULAR, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             tensorflow=wide("tf.linalg.lu_reconstruct(*tf.linalg.lu(a))")),
    normwise("qr_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda q, r: q @ r)(*torch.linalg.qr(a))"),
             tensorflow=wide("tf.matmul(*tf.linalg.qr(a))", "tf.matmul(*tf.keras.ops.qr(a))"),
             jax=wide("jnp.matmul(*jnp.linalg.qr(a))", "jnp.matmul(*jax.scipy.linalg.qr(a))"), numpy=peer("np.matmul(*np.linalg.qr(a))", WIDE)),
    normwise("qr_orthogonality", BOUNDED, definition="identity_matrix", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda q: q.mT @ q)(torch.linalg.qr(a).Q)"),
             tensorflow=wide("(lambda q: tf.matmul(q, q, transpose_a=True))(tf.linalg.qr(a)[0])"),
             jax=wide("(lambda q: q.mT @ q)(jnp.linalg.qr(a)[0])"), numpy=peer("(lambda q: np.swapaxes(q, -1, -2) @ q)(np.linalg.qr(a)[0])", WIDE)),
    normwise("qr_upper", REGULAR, verified=FORMULA, lengths=(1, 2, 3, 4, 5),
             torch=wide("(lambda r: r * r.diagonal(dim1=-2, dim2=-1).sign()[..., None])(torch.linalg.qr(a).R)"),
             tensorflow=wide("(lambda r: r * tf.sign(tf.linalg.diag_part(r))[..., None])(tf.linalg.qr(a)[1])"),
             jax=wide("(lambda r: r * jnp.sign(jnp.linalg.diagonal(r))[..., None])(jnp.linalg.qr(a)[1])")),
    normwise("qr_orthogonal", REGULAR, verified=FORMULA, lengths=(1, 2, 3, 4, 5),
             torch=wide("(lambda q, r: q * r.diagonal(dim1=-2, dim2=-1).sign()[..., None, :])(*torch.linalg.qr(a))"),
             tensorflow=wide("(lambda q, r: q * tf.sign(tf.linalg.diag_part(r))[..., None, :])(*tf.linalg.qr(a))"),
             jax=wide("(lambda q, r: q * jnp.sign(jnp.linalg.diagonal(r))[..., None, :])(*jnp.linalg.qr(a))")),
    normwise("cholesky_product", SPD, definition="symmetric_matrix_itself", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda l: l @ l.mT)(torch.linalg.cholesky(a))"),
             tensorflow=wide("(lambda l: tf.matmul(l, l, transpose_b=True))(tf.linalg.cholesky(a))"),
             jax=wide("(lambda l: l @ l.mT)(jnp.linalg.cholesky(a))"),
             numpy=peer("(lambda l: l @ np.swapaxes(l, -1, -2))(np.linalg.cholesky(a))", WIDE)),
    normwise("eigh_product", SYMMETRIC, definition="symmetric_matrix_itself", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda w, v: (v * w[..., None, :]) @ v.mT)(*torch.linalg.eigh(a))"),
             tensorflow=wide("(lambda w, v: tf.matmul(v * w[..., None, :], v, transpose_b=True))(*tf.linalg.eigh(a))"),
             jax=wide("(lambda w, v: (v * w[..., None, :]) @ v.mT)(*jnp.linalg.eigh(a))",
                 "(lambda w, v: (v * w[..., None, :]) @ v.mT)(*jax.scipy.linalg.eigh(a))"),
             numpy=peer("(lambda w, v: (v * w[..., None, :]) @ np.swapaxes(v, -1, -2))(*np.linalg.eigh(a))", WIDE)),
    normwise("eigh_orthogonality", SYMMETRIC, definition="identity_matrix", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda v: v.mT @ v)(torch.linalg.eigh(a).eigenvectors)"),
             tensorflow=wide("(lambda v: tf.matmul(v, v, transpose_a=True))(tf.linalg.eigh(a)[1])"),
             jax=wide("(lambda v: v.mT @ v)(jnp.linalg.eigh(a)[1])"),
             numpy=peer("(lambda v: np.swapaxes(v, -1, -2) @ v)(np.linalg.eigh(a)[1])", WIDE)),
    normwise("svd_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda u, s, vh: (u * s[..., None, :]) @ vh)(*torch.linalg.svd(a))"),
             tensorflow=wide("(lambda s, u, v: tf.matmul(u * s[..., None, :], v, transpose_b=True))(*tf.linalg.svd(a))",
                             "(lambda u, s, vh: tf.matmul(u * s[..., None, :], vh))(*tf.keras.ops.svd(a))"),
             jax=wide("(lambda u, s, vh: (u * s[..., None, :]) @ vh)(*jnp.linalg.svd(a))"),
             numpy=peer("(lambda u, s, vh: (u * s[..., None, :]) @ vh)(*np.linalg.svd(a))", WIDE)),
    normwise("svd_orthogonality", BOUNDED, definition="identity_matrix", orders=VALUE, verified=RESIDUAL,
             torch=wide("(lambda u: u.mT @ u)(torch.linalg.svd(a).U)", "(lambda vh: vh @ vh.mT)(torch.linalg.svd(a).Vh)"),
             tensorflow=wide("(lambda u: tf.matmul(u, u, transpose_a=True))(tf.linalg.svd(a)[1])"),
             jax=wide("(lambda u: u.mT @ u)(jnp.linalg.svd(a)[0])", "(lambda vh: vh @ vh.mT)(jnp.linalg.svd(a)[2])"),
             numpy=peer("(lambda u: np.swapaxes(u, -1, -2) @ u)(np.linalg.svd(a)[0])", WIDE)),
    normwise("schur_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             jax=wide("jax.vmap(lambda a: (lambda t, z: z @ t @ z.T)(*jax.scipy.linalg.schur(a)))(a)")),
    normwise("hessenberg_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             jax=wide("jax.vmap(lambda a: (lambda h, q: q @ h @ q.T)(*jax.scipy.linalg.hessenberg(a, calc_q=True)))(a)")),
    normwise("polar_product", BOUNDED, definition="matrix_itself", orders=VALUE, verified=RESIDUAL,
             jax=wide("jax.vmap(lambda a: jnp.matmul(*jax.scipy.linalg.polar(a)))(a)")),
    normwise("polar_orthogonality", REGULAR, definition="identity_matrix", orders=VALUE, verified=RESIDUAL,
             jax=wide("jax.vmap(lambda a: (lambda u: u.T @ u)(jax.scipy.linalg.polar(a)[0]))(a)")),
    normwise("sqrtm_product", SPD, definition="symmetric_matrix_itself", orders=VALUE, verified=RESIDUAL,
             tensorflow=wide("(lambda r: tf.matmul(r, r))(tf.linalg.sqrtm(a))"),
             jax=wide("jax.vmap(lambda a: (lambda r: r @ r)(jax.scipy.linalg.sqrtm(a)).real)(a)")),
    normwise("householder_product", [*A, vector("b")], verified=RATIONALS,
             torch=wide("torch.linalg.householder_product(a, b)"), jax=wide("jax.lax.linalg.householder_product(a, b)", grad=False)),
]  # fmt: skip
