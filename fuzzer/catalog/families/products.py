"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import RATIONALS, Op, call, matrix, op, peer, vector

LINEAR = ("linear algebra",)
WIDE = ("float32", "float64")
#: r rows meet c columns in n numbers: sizes at which kernels change, from vectors over tails to blocks.
ROWS = {"r": (2, 1, 3, 16, 64)}
INNER = {"n": (3, 1, 2, 16, 64, 257, 1000)}
RN, NC, RC = matrix("a", rows="r"), matrix("b", columns="c"), matrix("c", rows="r", columns="c")
OF_MATRICES: dict[str, Any] = {"axes": {**ROWS, **INNER, "c": (2, 1, 3, 16)}, "result": ("r", "c"), "parallel": ("r", "c")}
OF_VECTORS: dict[str, Any] = {"axes": {**ROWS, **INNER}, "result": ("r",), "parallel": ("r",)}
X, Y = vector("x"), vector("y")
#: r numbers meet n others: each with each, or in sums over all.
PAIRS = {"r": (3, 1, 2, 16, 64), "n": (3, 1, 2, 16, 64, 257)}
OUTER: dict[str, Any] = {"axes": PAIRS, "result": ("r", "n"), "parallel": ("r", "n")}
XR, BRN = vector("x", size="r"), matrix("b", rows="r")
#: The rows of one factor p and the columns of the other q again and again, so that kernels work in blocks: the last of each are judged. Values
#: only: what the others pass back is 0 times their factor, which may be infinite.
TORCH_BLOCKS = (
    "torch.stack([torch.mm(p.repeat(1 + 128 // len(p), 1), q.repeat(1, 1 + 128 // q.shape[1]))[-len(p) :, -q.shape[1] :]"
    " for p, q in zip(a, b)])"
)
TF_BLOCKS = (
    "tf.stack([tf.linalg.matmul(tf.tile(p, (1 + 128 // p.shape[0], 1)), tf.tile(q, (1, 1 + 128 // q.shape[1])))[-p.shape[0] :, -q.shape[1] :]"
    " for p, q in zip(tf.unstack(a), tf.unstack(b))])"
)
JAX_BLOCKS = (
    "jax.lax.map(lambda t: jnp.matmul(jnp.tile(t[0], (1 + 128 // t[0].shape[0], 1)), jnp.tile(t[1], (1, 1 + 128 // t[1].shape[1])))"
    "[-t[0].shape[0] :, -t[1].shape[1] :], (a, b))"
)

OPS: list[Op] = [
    op("matmul", [RN, NC],
       torch=["torch.matmul(a, b)", "torch.bmm(a, b)", "torch.einsum('bik,bkj->bij', a, b)", "torch.vmap(torch.mm)(a, b)",
              "torch.stack([torch.mm(p, q) for p, q in zip(a, b)])",
              "torch.stack([torch.tensordot(p, q, dims=1) for p, q in zip(a, b)])", call(TORCH_BLOCKS, grad=False)],
       tensorflow=["tf.linalg.matmul(a, b)", "tf.einsum('bik,bkj->bij', a, b)", "tf.keras.ops.matmul(a, b)",
                   "tf.keras.ops.einsum('bik,bkj->bij', a, b)", "tf.experimental.numpy.matmul(a, b)",
                   "tf.map_fn(lambda pair: tf.tensordot(pair[0], pair[1], axes=1), (a, b), fn_output_signature=a.dtype)",
                   call(TF_BLOCKS, grad=False)],
       jax=["jnp.matmul(a, b)", "jnp.einsum('bik,bkj->bij', a, b)", "jax.lax.batch_matmul(a, b)",
            "jax.vmap(lambda p, q: jnp.tensordot(p, q, axes=1))(a, b)", "jax.vmap(jnp.dot)(a, b)",
            call(JAX_BLOCKS, grad=False)],
       numpy=peer("np.matmul(a, b)"), **OF_MATRICES, accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("matvec", [RN, X],
       torch=["torch.vmap(torch.mv)(a, x)", "torch.matmul(a, x[..., None])[..., 0]", "torch.einsum('bij,bj->bi', a, x)",
              "torch.stack([torch.mv(p, q) for p, q in zip(a, x)])"],
       tensorflow=["tf.linalg.matvec(a, x)", "tf.einsum('bij,bj->bi', a, x)", "tf.keras.ops.matmul(a, x[..., None])[..., 0]"],
       jax=["jnp.matvec(a, x)", "jnp.einsum('bij,bj->bi', a, x)", "jnp.vecmat(x, a.mT)", "jax.vmap(jnp.dot)(a, x)"],
       numpy=peer("np.matvec(a, x)"), **OF_VECTORS, accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("addmm", [RC, RN, NC],
       torch=["torch.baddbmm(c, a, b, beta=beta, alpha=alpha)",
              "torch.stack([torch.addmm(r, p, q, beta=beta, alpha=alpha) for r, p, q in zip(c, a, b)])",
              "torch.stack([torch.addbmm(r, p[None], q[None], beta=beta, alpha=alpha) for r, p, q in zip(c, a, b)])"],
       tensorflow="beta * c + alpha * tf.linalg.matmul(a, b)", jax="beta * c + alpha * jnp.matmul(a, b)",
       params={"beta": (1.0, 0.5), "alpha": (1.0, -2.0)}, **OF_MATRICES, accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("addmv", [vector("c", size="r"), RN, X],
       torch=["torch.vmap(lambda r, p, q: torch.addmv(r, p, q, beta=beta, alpha=alpha))(c, a, x)",
              "torch.stack([torch.addmv(r, p, q, beta=beta, alpha=alpha) for r, p, q in zip(c, a, x)])"],
       jax="beta * c + alpha * jnp.matvec(a, x)", tensorflow="beta * c + alpha * tf.linalg.matvec(a, x)",
       params={"beta": (1.0, 0.5), "alpha": (1.0, -2.0)}, **OF_VECTORS, accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("addr", [matrix("c", rows="r"), XR, Y],
       torch=["torch.vmap(torch.addr)(c, x, y)", "torch.addcmul(c, x[..., None], y[..., None, :])"],
       tensorflow="c + x[..., None] * y[..., None, :]", jax="c + x[..., None] * y[..., None, :]",
       **OUTER, verified=RATIONALS, topics=LINEAR),
    op("linear", [X, RN, vector("b", size="r")],
       torch=["torch.vmap(torch.nn.functional.linear)(x, a, b)",
              "torch.stack([torch.nn.functional.linear(r, p, q) for r, p, q in zip(x, a, b)])"],
       tensorflow="tf.nn.bias_add(tf.linalg.matvec(a, x), tf.zeros_like(b[0])) + b", jax="jnp.matvec(a, x) + b",
       **OF_VECTORS, accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("bilinear", [XR, RN, Y],
       torch=["torch.vmap(lambda r, p, q: torch.nn.functional.bilinear(r, q, p[None])[0])(x, a, y)", "torch.einsum('bi,bij,bj->b', x, a, y)"],
       tensorflow="tf.einsum('bi,bij,bj->b', x, a, y)", jax="jnp.einsum('bi,bij,bj->b', x, a, y)",
       numpy=peer("np.einsum('bi,bij,bj->b', x, a, y)", WIDE), axes=PAIRS, result=(), accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("outer", [XR, Y],
       torch=["torch.vmap(torch.outer)(x, y)", "torch.einsum('bi,bj->bij', x, y)"],
       tensorflow=["tf.vectorized_map(lambda pair: tf.keras.ops.outer(pair[0], pair[1]), (x, y))",
                   "tf.vectorized_map(lambda pair: tf.experimental.numpy.outer(pair[0], pair[1]), (x, y))",
                   "tf.einsum('bi,bj->bij', x, y)"],
       jax=["jax.vmap(jnp.outer)(x, y)", "jax.vmap(jnp.linalg.outer)(x, y)"],
       numpy=peer("x[..., None] * y[..., None, :]"), **OUTER, accuracy="exact", verified=RATIONALS, topics=LINEAR),
    op("kron", [matrix("a", rows="r", columns="c"), matrix("b", rows="s")],
       torch=["torch.vmap(torch.kron)(a, b)", "torch.stack([torch.kron(p, q) for p, q in zip(a, b)])"],
       tensorflow=["tf.map_fn(lambda pair: tf.keras.ops.kron(pair[0], pair[1]), (a, b), fn_output_signature=a.dtype)",
                   "tf.map_fn(lambda pair: tf.experimental.numpy.kron(pair[0], pair[1]), (a, b), fn_output_signature=a.dtype)"],
       jax="jax.vmap(jnp.kron)(a, b)", axes={"r": (3, 1, 2), "c": (3, 1, 2, 4), "s": (3, 1, 2), "n": (3, 1, 2, 16, 17)},
       accuracy="exact", verified=RATIONALS, topics=LINEAR),
    op("cross", [vector("x", size=3), vector("y", size=3)],
       torch=["torch.linalg.cross(x, y, dim=-1)", "torch.cross(x, y, dim=-1)"],
       tensorflow=["tf.linalg.cross(x, y)", "tf.keras.ops.cross(x, y)", "tf.experimental.numpy.cross(x, y)"],
       jax=["jnp.cross(x, y)", "jnp.linalg.cross(x, y)"], numpy=peer("np.cross(x, y)"),
       accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("multi_dot", [RN, NC, matrix("c", rows="c", columns="m")],
       torch=["torch.stack([torch.linalg.multi_dot(list(t)) for t in zip(a, b, c)])", "torch.stack([torch.chain_matmul(*t) for t in zip(a, b, c)])",
              "torch.einsum('bij,bjk,bkl->bil', a, b, c)"],
       tensorflow="tf.einsum('bij,bjk,bkl->bil', a, b, c)",
       jax=["jax.vmap(lambda p, q, r: jnp.linalg.multi_dot([p, q, r]))(a, b, c)", "jnp.einsum('bij,bjk,bkl->bil', a, b, c)"],
       axes={"r": (3, 1, 2, 8), "n": (3, 1, 2, 16, 64), "c": (3, 1, 2, 8), "m": (3, 1, 2, 8)}, result=("r", "m"), parallel=("r", "m"),
       accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
    op("trace_of_product", [RN, BRN],
       torch=["torch.einsum('bij,bij->b', a, b)", "torch.sum(a * b, dim=(-2, -1))"],
       tensorflow=["tf.einsum('bij,bij->b', a, b)", "tf.linalg.trace(tf.linalg.matmul(a, b, transpose_b=True))"],
       jax=["jnp.einsum('bij,bij->b', a, b)", "jax.vmap(jnp.vdot)(a, b)"],
       axes=PAIRS, result=(), accuracy="accumulating", verified=RATIONALS, topics=LINEAR),
]  # fmt: skip
