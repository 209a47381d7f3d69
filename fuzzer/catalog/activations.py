"""Activation functions of neural networks."""

from __future__ import annotations

from fuzzer.catalog.op import AUTOGRAD, FORMULA, RATIONALS, Convention, Op, call, op, peer, scalar

ACTIVATION = ("activation functions",)
X = [scalar("x")]
WIDE = ("float32", "float64")
#: The gradient of relu6 at its kinks is 0: convex at 0, concave at 6, of minimum norm.
RELU6 = (("torch", AUTOGRAD), ("jax", "https://docs.jax.dev/en/latest/_autosummary/jax.nn.relu6.html"))

OPS: list[Op] = [
    op("sigmoid", X, torch="torch.sigmoid(x)", tensorflow="tf.math.sigmoid(x)", jax="jax.nn.sigmoid(x)",
       numpy=peer("scipy.special.expit(x)", WIDE), saturates=0.25, bends=0.0963, verified=FORMULA, topics=ACTIVATION),
    op("log_sigmoid", X, torch="torch.nn.functional.logsigmoid(x)", tensorflow="tf.math.log_sigmoid(x)",
       jax="jax.nn.log_sigmoid(x)", numpy=peer("scipy.special.log_expit(x)", WIDE), verified=FORMULA, topics=ACTIVATION),
    op("softplus", X, torch="torch.nn.functional.softplus(x)", tensorflow="tf.math.softplus(x)", jax="jax.nn.softplus(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("relu6", X, torch="torch.nn.functional.relu6(x)", tensorflow="tf.nn.relu6(x)", jax="jax.nn.relu6(x)",
       conventions=tuple(Convention(at, 0.0, 0.0, (framework,), page) for at in ("x=0", "x=6") for framework, page in RELU6),
       verified=FORMULA, topics=ACTIVATION),
    op("elu", X, torch="torch.nn.functional.elu(x, alpha=alpha)",
       tensorflow=[call("tf.nn.elu(x)", when={"alpha": (1.0,)}), "tf.keras.activations.elu(x, alpha=alpha)"],
       jax="jax.nn.elu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("celu", X, torch="torch.nn.functional.celu(x, alpha=alpha)", tensorflow="tf.keras.activations.celu(x, alpha=alpha)",
       jax="jax.nn.celu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("selu", X, torch="torch.nn.functional.selu(x)", tensorflow="tf.nn.selu(x)", jax="jax.nn.selu(x)", verified=FORMULA, topics=ACTIVATION),
    op("silu", X, torch="torch.nn.functional.silu(x)", tensorflow="tf.nn.silu(x)", jax="jax.nn.silu(x)", verified=FORMULA, topics=ACTIVATION),
    op("mish", X, torch="torch.nn.functional.mish(x)", tensorflow="tf.keras.activations.mish(x)", jax="jax.nn.mish(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("gelu", X, torch="torch.nn.functional.gelu(x, approximate=approximate)",
       tensorflow="tf.nn.gelu(x, approximate=approximate == 'tanh')", jax="jax.nn.gelu(x, approximate=approximate == 'tanh')",
       params={"approximate": ("none", "tanh")}, verified=FORMULA, topics=ACTIVATION),
    op("hard_sigmoid", X, torch=call("torch.nn.functional.hardsigmoid(x)", without=("grad2",)),
       tensorflow="tf.keras.activations.hard_sigmoid(x)", jax="jax.nn.hard_sigmoid(x)", verified=FORMULA, topics=ACTIVATION),
    op("hard_swish", X, torch="torch.nn.functional.hardswish(x)", tensorflow="tf.keras.activations.hard_swish(x)",
       jax="jax.nn.hard_swish(x)", verified=FORMULA, topics=ACTIVATION),
    op("softsign", X, torch="torch.nn.functional.softsign(x)", tensorflow=call("tf.nn.softsign(x)", without=("jvp", "grad2")),
       jax="jax.nn.soft_sign(x)", verified=RATIONALS, topics=ACTIVATION),
    op("tanhshrink", X, torch="torch.nn.functional.tanhshrink(x)", tensorflow="tf.keras.activations.tanh_shrink(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("squareplus", X, tensorflow="tf.keras.activations.squareplus(x, b=b)", jax="jax.nn.squareplus(x, b=b)",
       params={"b": (4.0,)}, verified=FORMULA, topics=ACTIVATION),
]  # fmt: skip
