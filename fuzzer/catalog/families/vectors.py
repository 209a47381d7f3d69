"""Functions that map vectors to vectors, and products of two vectors."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Documented, Op, call, op, peer, vector

X = [vector("x")]
XY = [vector("x"), vector("y")]
#: The squares of a unit vector sum to one.
UNIT = ("sum_of_squares",)
#: jax.nn.softmin is softmax of the opposite numbers.
INFINITE = {
    x: Documented(
        "all NaN where an input is +inf", pages.jax("jax.nn.softmax"), where=f"x~{x}", value=float("nan"), frameworks=("jax",)
    )
    for x in ("inf", "-inf")
}

OPS: list[Op] = [
    op("softmax", X, torch=["torch.nn.functional.softmax(x, dim=-1)", "torch.softmax(x, dim=-1)", "torch.special.softmax(x, dim=-1)"],
       tensorflow=["tf.nn.softmax(x, axis=-1)", "tf.keras.activations.softmax(x, axis=-1)", "tf.keras.ops.softmax(x, axis=-1)",
                   "tf.keras.layers.Softmax(axis=-1, dtype=x.dtype.name)(x)"],
       jax=["jax.nn.softmax(x, axis=-1)", "jax.scipy.special.softmax(x, axis=-1)"], numpy=peer("scipy.special.softmax(x, axis=-1)"),
       sup_first_derivative=0.25, sup_second_derivative=0.0963, accuracy="accumulating", normwise_bound=True, verified=FORMULA,
       topics=("activation functions",),
       documented=(INFINITE["inf"],)),
    op("softmin", X, torch=["torch.nn.functional.softmin(x, dim=-1)"], tensorflow="tf.nn.softmax(-x, axis=-1)", jax="jax.nn.softmax(-x, axis=-1)",
       sup_first_derivative=0.25, sup_second_derivative=0.0963, accuracy="accumulating", normwise_bound=True, verified=FORMULA,
       topics=("activation functions",),
       documented=(INFINITE["-inf"],)),
    op("log_softmax", X, torch=["torch.nn.functional.log_softmax(x, dim=-1)", "torch.log_softmax(x, dim=-1)", "torch.special.log_softmax(x, dim=-1)"],
       tensorflow=["tf.nn.log_softmax(x, axis=-1)", "tf.keras.activations.log_softmax(x, axis=-1)", "tf.keras.ops.log_softmax(x, axis=-1)"],
       jax=["jax.nn.log_softmax(x, axis=-1)", "jax.scipy.special.log_softmax(x, axis=-1)"], numpy=peer("scipy.special.log_softmax(x, axis=-1)"),
       functionals=("sum_of_exponentials",), accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=("activation functions",),
       documented=(INFINITE["inf"],)),
    op("normalize", X, torch="torch.nn.functional.normalize(x, p=p, dim=-1, eps=eps)",
       tensorflow=[call("tf.math.l2_normalize(x, axis=-1)", when={"eps": (1e-6,), "p": (2,)},
                        note="its default epsilon = 1e-12 bounds the sum of squares: eps = 1e-6 bounds the norm"),
                   "tf.keras.ops.normalize(x, axis=-1, order=p, epsilon=eps)",
                   call("tf.keras.layers.UnitNormalization(axis=-1, dtype=x.dtype.name)(x)", when={"eps": (1e-12,), "p": (2,)},
                        note="its layer passes epsilon = 1e-12 to keras.ops.normalize")],
       params={"eps": (1e-12, 1e-6), "p": (2, 1)}, functionals=UNIT, accuracy="accumulating", min_length=2, least_defined=1, verified=FORMULA,
       topics=("linear algebra",)),
    op("unit_vector", X, torch="torch.nn.functional.normalize(x, dim=-1, eps=0.0)",
       tensorflow="tf.linalg.normalize(x, ord='euclidean', axis=-1)[0]",
       jax="x / jnp.linalg.norm(x, axis=-1, keepdims=True)", functionals=UNIT, accuracy="accumulating", min_length=2, least_defined=1,
       verified=FORMULA, topics=("linear algebra",)),
    op("dot", XY,
       torch=["torch.linalg.vecdot(x, y)", "torch.sum(x * y, dim=-1)", "torch.einsum('bi,bi->b', x, y)", "torch.vmap(torch.dot)(x, y)",
              "torch.stack([torch.dot(p, q) for p, q in zip(x, y)])", "torch.bmm(x[:, None, :], y[:, :, None])[:, 0, 0]",
              "torch.stack([torch.inner(p, q) for p, q in zip(x, y)])", "torch.stack([torch.vdot(p, q) for p, q in zip(x, y)])"],
       tensorflow=["tf.einsum('...i,...i->...', x, y)", "tf.keras.ops.einsum('...i,...i->...', x, y)", "tf.math.reduce_sum(x * y, axis=-1)",
                   "tf.linalg.matvec(x[:, None, :], y)[:, 0]", "tf.keras.layers.Dot(axes=1, dtype=x.dtype.name)([x, y])[:, 0]",
                   "tf.map_fn(lambda pair: tf.keras.ops.dot(pair[0], pair[1]), (x, y), fn_output_signature=x.dtype)",
                   "tf.map_fn(lambda pair: tf.keras.ops.vdot(pair[0], pair[1]), (x, y), fn_output_signature=x.dtype)",
                   "tf.map_fn(lambda pair: tf.experimental.numpy.inner(pair[0], pair[1]), (x, y), fn_output_signature=x.dtype)",
                   "tf.map_fn(lambda pair: tf.experimental.numpy.vdot(pair[0], pair[1]), (x, y), fn_output_signature=x.dtype)"],
       jax=["jnp.vecdot(x, y)", "jnp.einsum('bi,bi->b', x, y)", "jax.vmap(jnp.dot)(x, y)", "jax.vmap(jnp.vdot)(x, y)", "jax.vmap(jnp.inner)(x, y)",
            "jnp.sum(x * y, axis=-1)", "jnp.linalg.vecdot(x, y)"],
       numpy=peer("np.vecdot(x, y)"), accuracy="accumulating", verified=RATIONALS, topics=("linear algebra",)),
    op("cosine_similarity", XY, torch="torch.nn.functional.cosine_similarity(x, y, dim=-1, eps=eps)",
       tensorflow=[call("-tf.keras.losses.cosine_similarity(x, y, axis=-1)", when={"eps": (1e-7,)},
                        note="normalises with keras.config.epsilon(), 1e-7")],
       params={"eps": (1e-8, 1e-7)}, accuracy="accumulating", min_length=2, least_defined=1, verified=FORMULA,
       topics=("linear algebra", "loss functions")),
]  # fmt: skip
