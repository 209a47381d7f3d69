"""Normalisation: rows brought to mean 0 and variance 1, to a mean square of 1, or within a norm."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import FORMULA, Op, call, op, scalar, vector

TOPIC = ("normalisation",)
X = [vector("x")]
WIDE = ("float32", "float64")
#: torch's default, and none: jax.nn.standardize, keras.ops and the layers of Keras take it as it is.
EPS = {"eps": (1e-5, 1e-3, 0.0)}
POSITIVE = {"eps": (1e-5, 1e-3)}
#: What is brought to variance 1 or norm 1 has squares that sum to n, or to 1.
SQUARES = ("sum_of_squares",)
#: Of two numbers only their order counts.

OPS: list[Op] = [
    op("layer_norm", X,
       torch=["torch.nn.functional.layer_norm(x, x.shape[-1:], eps=eps)", "torch.nn.functional.group_norm(x, 1, eps=eps)",
              "torch.native_layer_norm(x, x.shape[-1:], None, None, eps)[0]"],
       tensorflow=["tf.keras.ops.layer_normalization(x, axis=-1, epsilon=eps)",
                   "tf.keras.layers.LayerNormalization(axis=-1, epsilon=eps, dtype=x.dtype.name)(x)",
                   "tf.keras.layers.GroupNormalization(groups=1, epsilon=eps, dtype=x.dtype.name)(x)",
                   "tf.nn.batch_normalization(x, *tf.nn.moments(x, axes=[-1], keepdims=True), None, None, eps)"],
       jax="jax.nn.standardize(x, axis=-1, epsilon=eps)", numpy=call("scipy.stats.zscore(x, axis=-1)", dtypes=WIDE, grad=False, when={"eps": (0.0,)}),
       params=EPS, min_length=3, least_defined=1, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("layer_norm_affine", [vector("x"), vector("w"), vector("b")],
       torch=["torch.vmap(lambda r, g, s: torch.nn.functional.layer_norm(r, r.shape, g, s, eps))(x, w, b)",
              "torch.stack([torch.nn.functional.layer_norm(r, r.shape, g, s, eps) for r, g, s in zip(x, w, b)])"],
       tensorflow="tf.map_fn(lambda t: tf.keras.ops.layer_normalization(t[0], t[1], t[2], axis=-1, epsilon=eps), (x, w, b), "
                  "fn_output_signature=x.dtype)",
       params=POSITIVE, min_length=3, least_defined=1, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("batch_norm", X, definition="layer_norm",
       torch=["torch.nn.functional.batch_norm(x.T, None, None, training=True, eps=eps).T",
              "torch.nn.functional.batch_norm(x[None], None, None, training=True, eps=eps)[0]"],
       tensorflow=["tf.transpose(tf.keras.layers.BatchNormalization(epsilon=eps, dtype=x.dtype.name)(tf.transpose(x), training=True))",
                   "tf.keras.ops.batch_normalization(x, *tf.keras.ops.moments(x, axes=[-1]), axis=0, epsilon=eps)"],
       params=POSITIVE, min_length=3, least_defined=2,
       functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("instance_norm", X, definition="layer_norm",
       torch=["torch.nn.functional.instance_norm(x[:, None, :], eps=eps)[:, 0]", "torch.nn.functional.instance_norm(x[None], eps=eps)[0]"],
       tensorflow="tf.keras.layers.GroupNormalization(groups=-1, axis=-1, epsilon=eps, dtype=x.dtype.name)(x[..., None])[..., 0]",
       params=POSITIVE, min_length=3, least_defined=2, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("group_norm", [vector("x", size="2n")], torch="torch.nn.functional.group_norm(x, 2, eps=eps)",
       tensorflow="tf.keras.layers.GroupNormalization(groups=2, epsilon=eps, dtype=x.dtype.name)(x)",
       params=POSITIVE, min_length=3, least_defined=1, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("rms_norm", X, torch=["torch.nn.functional.rms_norm(x, x.shape[-1:], eps=eps)", "torch.rms_norm(x, x.shape[-1:], eps=eps)"],
       tensorflow=["tf.keras.ops.rms_normalization(x, axis=-1, epsilon=eps)",
                   "tf.keras.layers.RMSNormalization(axis=-1, epsilon=eps, dtype=x.dtype.name)(x)"],
       params={"eps": (1e-6, 1e-5)}, min_length=2, least_defined=1, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("rms_norm_weighted", [vector("x"), vector("w")],
       torch=["torch.vmap(lambda r, g: torch.nn.functional.rms_norm(r, r.shape, g, eps))(x, w)",
              "torch.stack([torch.nn.functional.rms_norm(r, r.shape, g, eps) for r, g in zip(x, w)])"],
       tensorflow="tf.keras.ops.rms_normalization(x, scale=w, axis=-1, epsilon=eps)",
       params={"eps": (1e-6, 1e-5)}, min_length=2, least_defined=1, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("batch_norm_inference",
       [scalar("x"), scalar("mu", differentiable=False), scalar("var", 0, differentiable=False), scalar("w"), scalar("b")],
       torch="torch.nn.functional.batch_norm(x[None], mu, var, w, b, False, 0.0, eps)[0]",
       tensorflow=["tf.nn.batch_normalization(x, mu, var, b, w, eps)",
                   "tf.keras.ops.batch_normalization(x[None], mu, var, axis=-1, offset=b, scale=w, epsilon=eps)[0]"],
       params=POSITIVE, verified=FORMULA, topics=TOPIC),
    op("local_response_norm", X, torch="torch.nn.functional.local_response_norm(x[:, :, None], size, alpha, beta, k)[:, :, 0]",
       tensorflow=call("tf.nn.local_response_normalization(x[:, None, None, :], size // 2, k, alpha / size, beta)[:, 0, 0]",
                       dtypes=("float16", "float32"), without=("jvp", "grad2")),
       params={"size": (3, 5), "alpha": (1e-4, 1.0), "beta": (0.75, 0.5), "k": (1.0, 2.0)},
       accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("renorm", X, torch=call("torch.renorm(x, p, 0, maxnorm)", without=("jvp float16", "jvp bfloat16")),
       params={"p": (2, 1), "maxnorm": (1.0, 5.0)},
       accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("weight_norm", [vector("v"), scalar("g")],
       torch=[call("torch._weight_norm(v, g[:, None], 0)", without=("jvp",)),
              "g[:, None] * v / torch.linalg.vector_norm(v, dim=-1, keepdim=True)"],
       tensorflow="g[:, None] * tf.linalg.normalize(v, axis=-1)[0]", jax="g[:, None] * v / jnp.linalg.norm(v, axis=-1, keepdims=True)",
       min_length=2, least_defined=1, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("max_norm", X, tensorflow=call("tf.keras.constraints.MaxNorm(max_value=max_value, axis=-1)(x)", when={"eps": (1e-7,)}),
       params={"max_value": (2.0, 1.0), "eps": (1e-7,)}, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("unit_norm", X, tensorflow=call("tf.keras.constraints.UnitNorm(axis=-1)(x)", when={"eps": (1e-7,)}),
       params={"eps": (1e-7,)}, functionals=SQUARES, accuracy="accumulating", verified=FORMULA, topics=TOPIC),
]  # fmt: skip
