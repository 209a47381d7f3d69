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
F, KERAS, ACT = "torch.nn.functional", "tf.keras.ops", "tf.keras.activations"
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
       tensorflow=["tf.math.sigmoid(x)", f"{KERAS}.sigmoid(x)", f"{ACT}.sigmoid(x)"],
       jax=["jax.nn.sigmoid(x)", "jax.lax.logistic(x)", "jax.scipy.special.expit(x)"],
       numpy=peer("scipy.special.expit(x)", WIDE), sup_first_derivative=0.25, sup_second_derivative=0.0963, verified=FORMULA, topics=ACTIVATION),
    op("log_sigmoid", X, torch="torch.nn.functional.logsigmoid(x)", tensorflow=["tf.math.log_sigmoid(x)", f"{KERAS}.log_sigmoid(x)",
           f"{ACT}.log_sigmoid(x)"],
       jax="jax.nn.log_sigmoid(x)", numpy=peer("scipy.special.log_expit(x)", WIDE), verified=FORMULA, topics=ACTIVATION),
    op("softplus", X,
       torch=call("torch.nn.functional.softplus(x)", documented=(
           Documented("the identity where x > 20", pages.torch("torch.nn.Softplus"), where="x>20", definition="softplus_threshold"),)),
       tensorflow=["tf.math.softplus(x)", f"{KERAS}.softplus(x)", f"{ACT}.softplus(x)"],
       jax=["jax.nn.softplus(x)", "jnp.logaddexp(x, 0)"],
       verified=FORMULA, topics=ACTIVATION),
    op("relu6", X, torch=["torch.nn.functional.relu6(x)", f"{F}.hardtanh(x, 0, 6)"],
       tensorflow=["tf.nn.relu6(x)", f"{KERAS}.relu6(x)", f"{ACT}.relu6(x)", f"{ACT}.relu(x, max_value=6)"], jax="jax.nn.relu6(x)",
       conventions=tuple(Convention(at, 0.0, 0.0, (framework,), page) for at in ("x=0", "x=6") for framework, page in RELU6),
       verified=FORMULA, topics=ACTIVATION),
    op("elu", X, torch="torch.nn.functional.elu(x, alpha=alpha)",
       tensorflow=[call("tf.nn.elu(x)", when={"alpha": (1.0,)}), "tf.keras.activations.elu(x, alpha=alpha)", f"{KERAS}.elu(x, alpha=alpha)"],
       jax="jax.nn.elu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("celu", X, torch="torch.nn.functional.celu(x, alpha=alpha)", tensorflow=["tf.keras.activations.celu(x, alpha=alpha)",
           f"{KERAS}.celu(x, alpha=alpha)"],
       jax="jax.nn.celu(x, alpha=alpha)", params={"alpha": (1.0, 0.5)}, verified=FORMULA, topics=ACTIVATION),
    op("selu", X, torch="torch.nn.functional.selu(x)", tensorflow=["tf.nn.selu(x)", f"{KERAS}.selu(x)", f"{ACT}.selu(x)"], jax="jax.nn.selu(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("silu", X, torch="torch.nn.functional.silu(x)", tensorflow=["tf.nn.silu(x)", f"{KERAS}.silu(x)", f"{ACT}.silu(x)"], jax="jax.nn.silu(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("mish", X, torch="torch.nn.functional.mish(x)", tensorflow="tf.keras.activations.mish(x)", jax="jax.nn.mish(x)",
       verified=FORMULA, topics=ACTIVATION),
    op("gelu", X, torch="torch.nn.functional.gelu(x, approximate=approximate)",
       tensorflow=["tf.nn.gelu(x, approximate=approximate == 'tanh')", f"{KERAS}.gelu(x, approximate=approximate == 'tanh')",
           f"{ACT}.gelu(x, approximate=approximate == 'tanh')"], jax="jax.nn.gelu(x, approximate=approximate == 'tanh')",
       params={"approximate": ("none", "tanh")}, verified=FORMULA, topics=ACTIVATION),
    op("hard_sigmoid", X, torch=call("torch.nn.functional.hardsigmoid(x)", without=("grad2",)),
       tensorflow=["tf.keras.activations.hard_sigmoid(x)", f"{KERAS}.hard_sigmoid(x)"], jax="jax.nn.hard_sigmoid(x)", verified=FORMULA,
       topics=ACTIVATION),
    op("hard_swish", X, torch="torch.nn.functional.hardswish(x)", tensorflow=["tf.keras.activations.hard_swish(x)", f"{KERAS}.hard_swish(x)"],
       jax=["jax.nn.hard_swish(x)", "jax.nn.hard_silu(x)"], verified=FORMULA, topics=ACTIVATION),
    op("softsign", X, torch="torch.nn.functional.softsign(x)", tensorflow=[call("tf.nn.softsign(x)", without=("jvp", "grad2")),
           call(f"{KERAS}.softsign(x)", without=("jvp", "grad2")), call(f"{ACT}.softsign(x)", without=("jvp", "grad2"))],
       jax="jax.nn.soft_sign(x)", verified=RATIONALS, topics=ACTIVATION),
    op("tanhshrink", X, torch="torch.nn.functional.tanhshrink(x)", tensorflow=["tf.keras.activations.tanh_shrink(x)", f"{KERAS}.tanh_shrink(x)"],
       verified=FORMULA, topics=ACTIVATION),
    op("squareplus", X, tensorflow=["tf.keras.activations.squareplus(x, b=b)", f"{KERAS}.squareplus(x, b=b)"], jax="jax.nn.squareplus(x, b=b)",
       params={"b": (4.0,)}, verified=FORMULA, topics=ACTIVATION),
    op("relu", X, torch="torch.relu(x)", tensorflow=["tf.nn.relu(x)", f"{KERAS}.relu(x)", f"{ACT}.relu(x)"],
       jax="jax.nn.relu(x)", numpy=peer("np.maximum(x, 0)"), accuracy="exact",
       conventions=tuple(Convention("x=0", 0.0, 0.0, (framework,), page) for framework, page in RELU), verified=RATIONALS, topics=ACTIVATION),
    op("leaky_relu", X, torch=f"{F}.leaky_relu(x, negative_slope=slope)",
       tensorflow=["tf.nn.leaky_relu(x, alpha=slope)", f"{KERAS}.leaky_relu(x, negative_slope=slope)", f"{ACT}.leaky_relu(x, negative_slope=slope)"],
       jax="jax.nn.leaky_relu(x, negative_slope=slope)", params={"slope": (0.01, 0.2)}, verified=RATIONALS, topics=ACTIVATION),
    op("prelu", [scalar("x"), scalar("w")], torch=f"{F}.prelu(x[None], w)[0]", accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("rrelu", X, torch=f"{F}.rrelu(x, lower=lower, upper=upper, training=False)", params={"lower": (0.125,), "upper": (1 / 3, 0.5)},
       verified=RATIONALS, topics=ACTIVATION),
    op("relu_between", X, tensorflow=f"{ACT}.relu(x, negative_slope=slope, max_value=top, threshold=threshold)",
       params={"slope": (0.0, 0.25), "top": (6.0,), "threshold": (0.5,)}, verified=RATIONALS, topics=ACTIVATION),
    op("threshold", X, torch=f"{F}.threshold(x, threshold, value)",
       tensorflow=[f"{KERAS}.threshold(x, threshold, value)", f"{ACT}.threshold(x, threshold, value)"],
       params={"threshold": (0.5, 0.0), "value": (-1.0,)}, accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=(*(Documented(OTHERWISE, page, where="x=nan", value=-1.0, frameworks=(framework,))
                    for framework, page in (("torch", pages.torch("torch.nn.Threshold")), ("tensorflow", pages.keras("layers/activations")))),)),
    op("hard_tanh", X, torch=f"{F}.hardtanh(x)", tensorflow=[f"{KERAS}.hard_tanh(x)", f"{ACT}.hard_tanh(x)"], jax="jax.nn.hard_tanh(x)",
       accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("hard_shrink", X, torch=f"{F}.hardshrink(x, threshold)",
       tensorflow=[f"{KERAS}.hard_shrink(x, threshold)", f"{ACT}.hard_shrink(x, threshold)"], params={"threshold": (0.5, 1.0)},
       accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=SHRINK),
    op("soft_shrink", X, torch=f"{F}.softshrink(x, threshold)",
       tensorflow=[f"{KERAS}.soft_shrink(x, threshold)", f"{ACT}.soft_shrink(x, threshold)"], params={"threshold": (0.5, 1.0)},
       accuracy="exact", verified=RATIONALS, topics=ACTIVATION,
       documented=SHRINK),
    op("softplus_beta", X,
       torch=call(f"{F}.softplus(x, beta=beta, threshold=threshold)",
                  documented=(Documented("the identity where beta x > threshold", "https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html",
                                         definition="softplus_threshold"),)),
       params={"beta": (1.0, 2.0, 0.5), "threshold": (20.0, 5.0)}, verified=FORMULA, topics=ACTIVATION),
    op("sparse_plus", X, tensorflow=[f"{KERAS}.sparse_plus(x)", f"{ACT}.sparse_plus(x)"], jax="jax.nn.sparse_plus(x)",
       verified=RATIONALS, topics=ACTIVATION),
    op("sparse_sigmoid", X, tensorflow=[f"{KERAS}.sparse_sigmoid(x)", f"{ACT}.sparse_sigmoid(x)"], jax="jax.nn.sparse_sigmoid(x)",
       verified=RATIONALS, topics=ACTIVATION),
    op("swiglu", XY, torch=gated(f"{F}.silu(x) * y"), tensorflow=gated("tf.nn.silu(x) * y"), jax=gated("jax.nn.silu(x) * y"),
       verified=FORMULA, topics=ACTIVATION),
    op("geglu", XY, torch=gated(f"{F}.gelu(x) * y"), tensorflow=gated("tf.nn.gelu(x) * y"),
       jax=gated("jax.nn.gelu(x, approximate=False) * y"), verified=FORMULA, topics=ACTIVATION),
    op("glu", [vector("x", size="2n")], torch=call(f"{F}.glu(x, dim=-1)", without=("jvp float16", "jvp bfloat16")),
       tensorflow=[f"{KERAS}.glu(x, axis=-1)", f"{ACT}.glu(x, axis=-1)"],
       jax="jax.nn.glu(x, axis=-1)", verified=FORMULA, topics=ACTIVATION),
    op("crelu", [vector("x")], tensorflow="tf.nn.crelu(x, axis=-1)", accuracy="exact", verified=RATIONALS, topics=ACTIVATION),
    op("sparsemax", [vector("x")], tensorflow=[f"{KERAS}.sparsemax(x, axis=-1)", f"{ACT}.sparsemax(x, axis=-1)"], accuracy="accumulating",
       lengths=(1, 2, 3, 5, 8), verified="bisection of the sum", topics=ACTIVATION),
    op("standardize", [vector("x")], jax="jax.nn.standardize(x, axis=-1, epsilon=eps)", params={"eps": (1e-5,)}, min_length=2,
       accuracy="accumulating", verified=FORMULA, topics=ACTIVATION),
]  # fmt: skip
