"""Losses of probabilities and rates, and negative log likelihoods: x the prediction, y the target.

Keras clips probabilities to [epsilon, 1 - epsilon], epsilon = keras.config.epsilon() = 1e-7; the param `clip` is the format that these ends
are rounded to, and a call exists at the one of its own dtype (ulpfuzz.oracles.definitions.losses_probability.KERAS_CLIP).
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.families.losses import INDEX, LOSS, WIDE
from ulpfuzz.fuzzer.catalog.op import DTYPES, FORMULA, Documented, Implementation, Op, call, domain, op, scalar, vector

XY = [scalar("x", 0, 1), scalar("y", 0, 1, exact_at_bounds=True)]
LOGITS = [scalar("x"), scalar("y", 0, 1, exact_at_bounds=True)]
SHARES = [vector("x", 0, 1, structure="simplex"), vector("y", 0, 1, structure="simplex", exact_at_bounds=True)]


def clipping(expression: str, dtypes: tuple[str, ...] = WIDE, **rest: object) -> list[Implementation]:
    """One call for each dtype, at the epsilon of that dtype."""
    return [call(expression, dtypes=(dtype,), when={"clip": (dtype,)}, **rest) for dtype in dtypes]


CLIP = {"clip": WIDE}


#: Targets are samples of a Poisson distribution.
SAMPLES = tuple(
    domain("y>=0", page, "targets of a Poisson distribution", frameworks=(framework,))
    for framework, page in (
        ("torch", pages.torch("torch.nn.PoissonNLLLoss")),
        ("tensorflow", pages.tensorflow("tf.nn.log_poisson_loss")),
    )
)


def _probabilities(function: str) -> Documented:
    """What Keras's pages say of predictions that are no logits; the functions of predictions share their sections' pages."""
    return domain(
        "x>=0,x<=1", pages.tensorflow(f"tf.keras.losses.{function}"), "predictions are probabilities", frameworks=("tensorflow",)
    )


OPS: list[Op] = [
    op("binary_cross_entropy", XY,
       torch=call("torch.nn.functional.binary_cross_entropy(x, y, reduction='none')",
                  documented=(Documented("logarithms not below -100, and a linear backward method: (x - y) over x (1 - x), that not below 1e-12",
                                         "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html", orders=("grad", "jvp"),
                                         definition="binary_cross_entropy_backward", differentiate=False),)),
       source="https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html", raises_outside_domain=True, verified=FORMULA, topics=LOSS),
    op("binary_cross_entropy_clipped", XY,
       tensorflow=[*clipping("tf.keras.losses.binary_crossentropy(y[..., None], x[..., None])", DTYPES),
                   *clipping("tf.keras.ops.binary_crossentropy(y, x)", DTYPES)],
       params={"clip": DTYPES}, verified=FORMULA, topics=LOSS,
       documented=(_probabilities("binary_crossentropy"),)),
    op("weighted_binary_cross_entropy", LOGITS,
       torch="torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction='none', "
             "pos_weight=torch.tensor(weight, dtype=x.dtype, device=x.device))",
       tensorflow="tf.nn.weighted_cross_entropy_with_logits(labels=y, logits=x, pos_weight=weight)", params={"weight": (2.0, 0.25)},
       verified=FORMULA, topics=LOSS,
       documented=(Documented("computed as (1 - z) x + l (log(1 + exp(-|x|)) + max(-x, 0))",
                              pages.tensorflow("tf.nn.weighted_cross_entropy_with_logits"), where="x=inf|x=-inf", value=float("nan"),
                              frameworks=("tensorflow",)),)),
    op("binary_focal_clipped", XY,
       tensorflow=clipping("tf.keras.losses.binary_focal_crossentropy(y[..., None], x[..., None], gamma=gamma)"),
       params={**CLIP, "gamma": (2.0, 0.5)}, verified=FORMULA, topics=LOSS,
       documented=(_probabilities("binary_focal_crossentropy"),)),
    op("binary_focal_with_logits", LOGITS,
       tensorflow="tf.keras.losses.binary_focal_crossentropy(y[..., None], x[..., None], gamma=gamma, from_logits=True)",
       params={"gamma": (2.0, 0.5)}, verified=FORMULA, topics=LOSS),
    op("categorical_cross_entropy_clipped", SHARES,
       tensorflow=[*clipping("tf.keras.losses.categorical_crossentropy(y, x)"), *clipping("tf.keras.ops.categorical_crossentropy(y, x)")],
       params=CLIP, min_length=2, least_defined=1, accuracy="accumulating", verified=FORMULA, topics=LOSS,
       documented=(_probabilities("categorical_crossentropy"),)),
    op("categorical_focal_clipped", SHARES,
       tensorflow=clipping("tf.keras.losses.categorical_focal_crossentropy(y, x, alpha=alpha, gamma=gamma)"),
       params={**CLIP, "gamma": (2.0, 0.5), "alpha": (0.25,)}, min_length=2, least_defined=1, accuracy="accumulating", verified=FORMULA, topics=LOSS,
       documented=(_probabilities("categorical_focal_crossentropy"),)),
    op("categorical_focal_with_logits", [vector("x"), vector("y", 0, 1, exact_at_bounds=True)],
       tensorflow="tf.keras.losses.categorical_focal_crossentropy(y, x, alpha=alpha, gamma=gamma, from_logits=True)",
       params={"gamma": (2.0, 0.5), "alpha": (0.25,)}, min_length=2, least_defined=1, lengths=(2, 3, 5, 8),
       accuracy="accumulating", verified=FORMULA, topics=LOSS),
    op("sparse_categorical_cross_entropy_clipped", [vector("x", 0, 1, structure="simplex"), INDEX],
       tensorflow=[*clipping("tf.keras.losses.sparse_categorical_crossentropy(y, x)"),
                   *clipping("tf.keras.ops.sparse_categorical_crossentropy(y, x)")],
       params=CLIP, min_length=2, accuracy="accumulating", verified=FORMULA, topics=LOSS,
       documented=(_probabilities("sparse_categorical_crossentropy"),)),
    op("generalized_cross_entropy", [vector("x", 0, 1, structure="simplex"), INDEX],
       tensorflow="tf.keras.losses.categorical_generalized_cross_entropy(y, x, q)",
       params={"q": (0.5, 0.75)}, min_length=2, verified=FORMULA, topics=LOSS,
       documented=(_probabilities("CategoricalGeneralizedCrossEntropy"),)),
    op("kl_div_from_log", [scalar("x"), scalar("y", 0, differentiable=False)], torch="torch.nn.functional.kl_div(x, y, reduction='none')",
       verified=FORMULA, topics=LOSS),
    op("kl_divergence_clipped", XY, tensorflow=clipping("tf.keras.losses.KLD(y[..., None], x[..., None])"),
       params=CLIP, verified=FORMULA, topics=LOSS),
    op("poisson_nll", [scalar("x"), scalar("y", 0)], torch="torch.nn.functional.poisson_nll_loss(x, y, full=full, reduction='none')",
       tensorflow="tf.nn.log_poisson_loss(targets=y, log_input=x, compute_full_loss=full)",
       jax=call("jnp.exp(x) - y * x", when={"full": (False,)}),
       params={"full": (False, True)}, source="Stirling's term: documented at torch.nn.PoissonNLLLoss and tf.nn.log_poisson_loss",
       verified=FORMULA, topics=LOSS,
       documented=SAMPLES),
    op("poisson_nll_of_rate", [scalar("x", 0), scalar("y", 0)],
       torch="torch.nn.functional.poisson_nll_loss(x, y, log_input=False, full=full, eps=eps, reduction='none')",
       tensorflow=call("tf.keras.losses.poisson(y[..., None], x[..., None])", when={"eps": (1e-7,), "full": (False,)}, dtypes=("bfloat16", *WIDE)),
       params={"eps": (1e-8, 1e-7), "full": (False, True)}, verified=FORMULA, topics=LOSS,
       documented=SAMPLES),
    op("gaussian_nll", [scalar("x"), scalar("y"), scalar("v", 2.0**-19)],
       torch="torch.nn.functional.gaussian_nll_loss(x, y, v, full=full, reduction='none')", params={"full": (False, True)},
       source="torch.nn.GaussianNLLLoss clamps v at eps = 1e-6 outside autograd: the domain lies above",
       raises_outside_domain=True, verified=FORMULA, topics=LOSS),
    op("mape", [scalar("x"), scalar("y")], tensorflow=clipping("tf.keras.losses.MAPE(y[..., None], x[..., None])"),
       params=CLIP, verified=FORMULA, topics=LOSS),
    op("msle", [scalar("x", 0), scalar("y", 0)], tensorflow=clipping("tf.keras.losses.MSLE(y[..., None], x[..., None])", ("float32",)),
       params={"clip": ("float32",)}, verified=FORMULA, topics=LOSS),
    op("dice_loss", [vector("x", 0, 1), vector("y", 0, 1, exact_at_bounds=True)],
       tensorflow=call("tf.keras.losses.dice(y, x, axis=-1)", when={"eps": (1e-7,)}, dtypes=WIDE),
       params={"eps": (1e-7,)}, accuracy="accumulating", verified=FORMULA, topics=LOSS),
    op("tversky_loss", [vector("x", 0, 1), vector("y", 0, 1, exact_at_bounds=True)],
       tensorflow=call("tf.keras.losses.tversky(y, x, alpha=alpha, beta=beta, axis=-1)", when={"eps": (1e-7,)}, dtypes=WIDE),
       params={"alpha": (0.5, 0.25), "beta": (0.5, 0.75), "eps": (1e-7,)}, accuracy="accumulating", verified=FORMULA, topics=LOSS),
]  # fmt: skip
