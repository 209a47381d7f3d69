"""Functions that map vectors to vectors, and products of two vectors."""

from __future__ import annotations

from fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, vector

X = [vector("x")]
XY = [vector("x"), vector("y")]
WIDE = ("float32", "float64")

OPS: list[Op] = [
    op("softmax", X, torch="torch.nn.functional.softmax(x, dim=-1)", tensorflow="tf.nn.softmax(x, axis=-1)",
       jax="jax.nn.softmax(x, axis=-1)", numpy=peer("scipy.special.softmax(x, axis=-1)"),
       saturates=0.25, bends=0.0963, accuracy="accumulating", normwise=True, verified=FORMULA, topics=("activation functions",)),
    op("log_softmax", X, torch="torch.nn.functional.log_softmax(x, dim=-1)", tensorflow="tf.nn.log_softmax(x, axis=-1)",
       jax="jax.nn.log_softmax(x, axis=-1)", numpy=peer("scipy.special.log_softmax(x, axis=-1)"),
       accuracy="accumulating", normwise=True, verified=FORMULA, topics=("activation functions",)),
    op("normalize", X, torch="torch.nn.functional.normalize(x, dim=-1, eps=eps)",
       tensorflow=[call("tf.math.l2_normalize(x, axis=-1)", when={"eps": (1e-6,)},
                        note="its default epsilon = 1e-12 bounds the sum of squares: eps = 1e-6 bounds the norm"),
                   "tf.keras.ops.normalize(x, axis=-1, epsilon=eps)"],
       params={"eps": (1e-12, 1e-6)}, accuracy="accumulating", min_length=2, verified=FORMULA, topics=("linear algebra",)),
    op("dot", XY, torch="torch.linalg.vecdot(x, y)", tensorflow="tf.einsum('...i,...i->...', x, y)",
       jax="jnp.vecdot(x, y)", numpy=peer("np.vecdot(x, y)"), accuracy="accumulating", verified=RATIONALS, topics=("linear algebra",)),
    op("cosine_similarity", XY, torch="torch.nn.functional.cosine_similarity(x, y, dim=-1, eps=eps)",
       tensorflow=call("-tf.keras.losses.cosine_similarity(x, y, axis=-1)", when={"eps": (1e-7,)},
                       note="normalises with keras.config.epsilon(), 1e-7"),
       params={"eps": (1e-8, 1e-7)}, accuracy="accumulating", min_length=2, verified=FORMULA, topics=("linear algebra", "loss functions")),
]  # fmt: skip
