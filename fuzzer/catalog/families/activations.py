"""Activation functions of neural networks."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import (
    AUTOGRAD,
    FORMULA,
    RATIONALS,
    Convention,
    Documented,
    Implementation,
    Op,
    call,
    op,
    peer,
    scalar,
    vector,
)

ACTIVATION = ("activation functions",)
X = [scalar("x")]
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
#: The gradient of relu6 at its kinks is 0: convex at 0, concave at 6, of minimum norm.
RELU6 = (("torch", AUTOGRAD), ("jax", "https://docs.jax.dev/en/latest/_autosummary/jax.nn.relu6.html"))
#: Functions by cases: at a NaN no comparison holds, which leaves the last case.
OTHERWISE = "the last case of the page, for every other number, is that of a NaN"
SHRINK = tuple(
    Documented(OTHERWISE, page, where="x=nan", value=0.0, frameworks=(framework,))
    for framework, page in (("torch", pages.torch("torch.nn.Softshrink")), ("tensorflow", pages.keras("layers/activations")))
)
#: The gradient of relu at 0 is 0: of minimum norm for torch; jax.nn.relu says so for its own.
RELU = (("torch", AUTOGRAD), ("jax", "https://docs.jax.dev/en/latest/_autosummary/jax.nn.relu.html"))


def gated(expression: str) -> Implementation:
    """An activation times a gate: what is lost beyond the half unit of one product is the activation's."""
    return call(expression, plain="the product of an activation and its gate rounds once")


OPS: list[Op] = [
    op("sigmoid", X, torch=["torch.sigmoid(x)", "torch.special.expit(x)"],
       tensorflow=["tf.math.sigmoid(x)", "tf.keras.ops.sigmoid(x)", "tf.keras.activations.sigmoid(x)"],
       jax=["jax.nn.sigmoid(x)", "jax.lax.logistic(x)", "jax.scipy.special.expit(x)"],
       numpy=peer("scipy.special.expit(x)", WIDE), sup_first_derivative=0.25, sup_second_derivative=0.0963, verified=FORMULA, topics=ACTIVATION),
    op("log_sigmoid", X, torch="torch.nn.functional.logsigmoid(x)", tensorflow=["tf.math.log_sigmoid(x)", "tf.keras.ops.log_sigmoid(x)",
           "tf.keras.activations.log_sigmoid(x)"],
       jax="jax.nn.log_sigmoid(x)", numpy=peer("scipy.special.log_expit(x)", WIDE), verified=FORMULA, topics=ACTIVATION),
    op("softplus", X,
       torch=call("torch.nn.functional.softplus(x)", documented=(
           Documented("the identity where x > 20", pages.torch("torch.nn.Softplus"), where="x>20", definition="softplus_threshold"),)),
       tensorflow=["tf.math.softplus(x)", "tf.keras.ops.softplus(x)", "tf.keras.activations.softplus(x)"],
       jax=["jax.nn.softplus(x)", "jnp.logaddexp(x, 0)"],
       verified=FORMULA, topics=ACTIVATION),
    op("relu6", X,
       torch=["torch.nn.functional.relu6(x)", "torch.nn.functional.hardtanh(x, 0, 6)"],
       tensorflow=["tf.nn.relu6(x)", "tf.keras.ops.relu6(x)", "tf.keras.activations.relu6(x)", "tf.keras.activations.relu(x, max_value=6)"],
       jax="jax.nn.relu6(x)", conventions=tuple(Convention(at, 0.0, 0.0, (framework,), page) for at in ("x=0", "x=6") for framework, page in RELU6),
       verified=FORMULA, topics=ACTIVATION),
    op("elu", X, torch="torch.nn.functional.elu(x, alpha=alpha)",
       tensorflow=[call("tf.nn.elu(x)", when={"alpha": (1.0,)}), "tf.keras.activations.elu(x, alpha=alpha)", "tf.keras.ops.elu(x, alpha=alpha)"],
       jax="jax.nn.elu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("celu", X, torch="torch.nn.functional.celu(x, alpha=alpha)", tensorflow=["tf.keras.activations.celu(x, alpha=alpha)",
           "tf.keras.ops.celu(x, alpha=alpha)"],
       jax="jax.nn.celu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("selu", X,
       torch="torch.nn.functional.selu(x)",
       tensorflow=["tf.nn.selu(x)", "tf.keras.ops.selu(x)", "tf.keras.activations.selu(x)"],
       jax="jax.nn.selu(x)", verified=FORMULA, topics=ACTIVATION),
    op("silu", X,
       torch="torch.nn.functional.silu(x)",
       tensorflow=["tf.nn.silu(x)", "tf.keras.ops.silu(x)", "tf.keras.activations.silu(x)"],
       jax="jax.nn.silu(x)", verified=FORMULA, topics=ACTIVATION),
    op("mish", X, torch="torch.nn.functional.mish(x)", tensorflow="tf.keras.activations.mish(x)", jax="jax.nn.mish(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("gelu", X, torch="torch.nn.functional.gelu(x, approximate=approximate)",
       tensorflow=["tf.nn.gelu(x, approximate=approximate == 'tanh')", "tf.keras.ops.gelu(x, approximate=approximate == 'tanh')",
           "tf.keras.activations.gelu(x, approximate=approximate == 'tanh')"], jax="jax.nn.gelu(x, approximate=approximate == 'tanh')",
       params={"approximate": ("none", "tanh")}, verified=FORMULA, topics=ACTIVATION),
    op("hard_sigmoid", X, torch=call("torch.nn.functional.hardsigmoid(x)", without=("grad2",)),
       tensorflow=["tf.keras.activations.hard_sigmoid(x)", "tf.keras.ops.hard_sigmoid(x)"], jax="jax.nn.hard_sigmoid(x)", verified=FORMULA,
       topics=ACTIVATION),
    op("hard_swish", X, torch="torch.nn.functional.hardswish(x)", tensorflow=["tf.keras.activations.hard_swish(x)", "tf.keras.ops.hard_swish(x)"],
       jax=["jax.nn.hard_swish(x)", "jax.nn.hard_silu(x)"], verified=FORMULA, topics=ACTIVATION),
    op("softsign", X, torch="torch.nn.functional.softsign(x)", tensorflow=[call("tf.nn.softsign(x)", without=("jvp", "grad2")),
           call("tf.keras.ops.softsign(x)", without=("jvp", "grad2")), call("tf.keras.activations.softsign(x)", without=("jvp", "grad2"))],
       jax="jax.nn.soft_sign(x)", verified=RATIONALS, topics=ACTIVATION),
    op("tanhshrink", X, torch="torch.nn.functional.tanhshrink(x)", tensorflow=["tf.keras.activations.tanh_shrink(x)", "tf.keras.ops.tanh_shrink(x)"],
       verified=FORMULA, topics=ACTIVATION),
    op("squareplus", X, tensorflow=["tf.keras.activations.squareplus(x, b=b)", "tf.keras.ops.squareplus(x, b=b)"], jax="jax.nn.squareplus(x, b=b)",
       params={"b": (4.0,)}, verified=FORMULA, topics=ACTIVATION),
    op("relu", X, torch="torch.relu(x)", tensorflow=["tf.nn.relu(x)", "tf.keras.ops.relu(x)", "tf.keras.activations.relu(x)"],
       jax="jax.nn.relu(x)", numpy=peer("np.maximum(x, 0)"), accuracy="exact",
       conventions=tuple(Convention("x=0", 0.0, 0.0, (framework,), page) for framework, page in RELU), verified=RATIONALS, topics=ACTIVATION),
    op("leaky_relu", X,
       torch="torch.nn.functional.leaky_relu(x, negative_slope=slope)",
       tensorflow=["tf.nn.leaky_relu(x, alpha=slope)", "tf.keras.ops.leaky_relu(x, negative_slope=slope)",
                   "tf.keras.activations.leaky_relu(x, negative_slope=slope)"],
       jax="jax.nn.leaky_relu(x, negative_slope=slope)", params={"slope": (0.01, 0.2)}, verified=RATIONALS, topics=ACTIVATION),
    op("prelu", [scalar("x"), scalar("w")],
       torch="torch.nn.functional.prelu(x[None], w)[0]", accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("rrelu", X, torch="torch.nn.functional.rrelu(x, lower=lower, upper=upper, training=False)", params={"lower": (0.125,), "upper": (1 / 3, 0.5)},
       verified=RATIONALS, topics=ACTIVATION),
    op("relu_between", X, tensorflow="tf.keras.activations.relu(x, negative_slope=slope, max_value=top, threshold=threshold)",
       params={"slope": (0.0, 0.25), "top": (6.0,), "threshold": (0.5,)}, verified=RATIONALS, topics=ACTIVATION),
    op("threshold", X, torch="torch.nn.functional.threshold(x, threshold, value)",
       tensorflow=["tf.keras.ops.threshold(x, threshold, value)", "tf.keras.activations.threshold(x, threshold, value)"],
       params={"threshold": (0.5, 0.0), "value": (-1.0,)}, accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=(*(Documented(OTHERWISE, page, where="x=nan", value=-1.0, frameworks=(framework,))
                    for framework, page in (("torch", pages.torch("torch.nn.Threshold")), ("tensorflow", pages.keras("layers/activations")))),)),
    op("hard_tanh", X,
       torch="torch.nn.functional.hardtanh(x)",
       tensorflow=["tf.keras.ops.hard_tanh(x)", "tf.keras.activations.hard_tanh(x)"],
       jax="jax.nn.hard_tanh(x)", accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("hard_shrink", X, torch="torch.nn.functional.hardshrink(x, threshold)",
       tensorflow=["tf.keras.ops.hard_shrink(x, threshold)", "tf.keras.activations.hard_shrink(x, threshold)"], params={"threshold": (0.5, 1.0)},
       accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=SHRINK),
    op("soft_shrink", X, torch="torch.nn.functional.softshrink(x, threshold)",
       tensorflow=["tf.keras.ops.soft_shrink(x, threshold)", "tf.keras.activations.soft_shrink(x, threshold)"], params={"threshold": (0.5, 1.0)},
       accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=SHRINK),
    op("softplus_beta", X,
       torch=call("torch.nn.functional.softplus(x, beta=beta, threshold=threshold)",
                  documented=(Documented("the identity where beta x > threshold",
                                         "https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html", definition="softplus_threshold"),)),
       params={"beta": (1.0, 2.0, 0.5), "threshold": (20.0, 5.0)}, verified=FORMULA, topics=ACTIVATION),
    op("sparse_plus", X, tensorflow=["tf.keras.ops.sparse_plus(x)", "tf.keras.activations.sparse_plus(x)"], jax="jax.nn.sparse_plus(x)",
       verified=RATIONALS, topics=ACTIVATION),
    op("sparse_sigmoid", X, tensorflow=["tf.keras.ops.sparse_sigmoid(x)", "tf.keras.activations.sparse_sigmoid(x)"], jax="jax.nn.sparse_sigmoid(x)",
       verified=RATIONALS, topics=ACTIVATION),
    op("swiglu", XY, torch=gated("torch.nn.functional.silu(x) * y"), tensorflow=gated("tf.nn.silu(x) * y"), jax=gated("jax.nn.silu(x) * y"),
       verified=FORMULA, topics=ACTIVATION),
    op("geglu", XY, torch=gated("torch.nn.functional.gelu(x) * y"), tensorflow=gated("tf.nn.gelu(x) * y"),
       jax=gated("jax.nn.gelu(x, approximate=False) * y"), verified=FORMULA, topics=ACTIVATION),
    op("glu", [vector("x", size="2n")], torch=call("torch.nn.functional.glu(x, dim=-1)", without=("jvp float16", "jvp bfloat16")),
       tensorflow=["tf.keras.ops.glu(x, axis=-1)", "tf.keras.activations.glu(x, axis=-1)"],
       jax="jax.nn.glu(x, axis=-1)", verified=FORMULA, topics=ACTIVATION),
    op("crelu", [vector("x")], tensorflow="tf.nn.crelu(x, axis=-1)", accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("sparsemax", [vector("x")],
       tensorflow=["tf.keras.ops.sparsemax(x, axis=-1)", "tf.keras.activations.sparsemax(x, axis=-1)"], accuracy="accumulating",
       lengths=(1, 2, 3, 5, 8), verified="bisection of the sum", topics=ACTIVATION),
    op("standardize", [vector("x")], jax="jax.nn.standardize(x, axis=-1, epsilon=eps)", params={"eps": (1e-5,)}, min_length=2, least_defined=1,
       accuracy="accumulating", verified=FORMULA, topics=ACTIVATION),
]  # fmt: skip
