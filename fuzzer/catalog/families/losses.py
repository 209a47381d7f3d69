"""Loss functions: x the prediction (or logits), y the target."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Documented, Op, call, domain, matrix, op, peer, scalar, tensor, vector

LOSS = ("loss functions",)
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
#: What torch does not define of a loss whose backward is a kernel of its own.
FIRST_ORDER = ("jvp", "grad2")
INDEX = scalar("y", 0, 1, integers=True, differentiable=False)

OPS: list[Op] = [
    op("binary_cross_entropy_with_logits", [scalar("x"), scalar("y", 0, 1, exact_at_bounds=True)],
       torch="torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction='none')",
       tensorflow=["tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)",
                   "tf.keras.losses.binary_crossentropy(y[..., None], x[..., None], from_logits=True)"],
       jax="-y * jax.nn.log_sigmoid(x) - (1 - y) * jax.nn.log_sigmoid(-x)", sup_first_derivative=1.0,
       sup_second_derivative=0.25, verified=FORMULA, topics=LOSS,
       documented=(Documented("computed as max(x, 0) - x z + log(1 + exp(-|x|))",
                              pages.tensorflow("tf.nn.sigmoid_cross_entropy_with_logits"), where="x=inf|x=-inf", value=float("nan"),
                              frameworks=("tensorflow",)),)),
    op("cross_entropy", [vector("x"), vector("y", 0, 1, exact_at_bounds=True)], torch="torch.nn.functional.cross_entropy(x, y, reduction='none')",
       tensorflow=call("tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)", grad=False,
                       note="its gradient assumes that each row of labels sums to one, as its page asks"),
       accuracy="accumulating", sup_first_derivative=1.0, sup_second_derivative=0.25, normwise_bound=True, verified=FORMULA, topics=LOSS),
    op("sparse_cross_entropy", [vector("x"), INDEX],
       torch="torch.nn.functional.cross_entropy(x, y.long(), reduction='none')",
       tensorflow="tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(y, tf.int32), logits=x)",
       jax="-jnp.take_along_axis(jax.nn.log_softmax(x, axis=-1), y.astype('int32')[:, None], axis=-1)[:, 0]",
       min_length=2, accuracy="accumulating", sup_first_derivative=1.0, sup_second_derivative=0.25, normwise_bound=True,
       verified=FORMULA, topics=LOSS),
    op("softmax_cross_entropy", [vector("x"), vector("y", 0, 1, structure="simplex", exact_at_bounds=True, differentiable=False)],
       torch="torch.nn.functional.cross_entropy(x, y, reduction='none')",
       tensorflow=["tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)",
                   "tf.keras.losses.categorical_crossentropy(y, x, from_logits=True)"],
       jax="-jnp.sum(y * jax.nn.log_softmax(x, axis=-1), axis=-1)",
       min_length=2, least_defined=1, accuracy="accumulating", sup_first_derivative=1.0, sup_second_derivative=0.25, normwise_bound=True,
       verified=FORMULA, topics=LOSS),
    op("smoothed_cross_entropy", [vector("x"), INDEX],
       torch="torch.nn.functional.cross_entropy(x, y.long(), label_smoothing=smoothing, reduction='none')",
       tensorflow="tf.keras.losses.categorical_crossentropy(tf.one_hot(tf.cast(y, tf.int32), x.shape[-1], dtype=x.dtype), x, "
       "from_logits=True, label_smoothing=smoothing)", params={"smoothing": (0.125, 0.5)}, min_length=2, accuracy="accumulating",
       sup_first_derivative=1.0, sup_second_derivative=0.25, normwise_bound=True, verified=FORMULA, topics=LOSS),
    op("linear_cross_entropy", [vector("x"), matrix("w", rows="c+1"), INDEX],
       torch="torch.stack([torch.nn.functional.linear_cross_entropy(u, v, k, reduction='none') for u, v, k in zip(x, w, y.long())])",
       axes={"n": (3, 1, 2, 5, 16, 64), "c": (2, 1, 3, 16, 63)}, result=(),
       accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=LOSS),
    op("ctc_loss", [tensor("x", ("n", 3))],
       torch=call("torch.nn.functional.ctc_loss(torch.nn.functional.log_softmax(x, dim=-1).transpose(0, 1), "
                  "torch.tensor([[1, second]], device=x.device).repeat(len(x), 1), "
                  "torch.tensor([x.shape[1]]).repeat(len(x)), torch.tensor([2]).repeat(len(x)), reduction='none')", dtypes=WIDE,
                  without=FIRST_ORDER),
       tensorflow=[call("tf.nn.ctc_loss(tf.constant([[1, second]] * len(x)), x, tf.constant([2] * len(x)), "
                        "tf.constant([x.shape[1]] * len(x)), logits_time_major=False, blank_index=0)", dtypes=("float16", "bfloat16", "float32"),
                        note="float64 raises"), call("tf.keras.losses.ctc(tf.constant([[1, second]] * len(x)), x)", dtypes=WIDE)],
       params={"second": (2, 1)}, min_length=3, lengths=(3, 4, 6), accuracy="accumulating", verified="the sum over all alignments", topics=LOSS),
    op("nll_loss", [vector("x"), INDEX], torch="torch.nn.functional.nll_loss(x, y.long(), reduction='none')",
       jax="-jnp.take_along_axis(x, y.astype('int32')[:, None], axis=-1)[:, 0]", min_length=2, accuracy="exact", verified=RATIONALS, topics=LOSS),
    op("l1_loss", XY, torch="torch.nn.functional.l1_loss(x, y, reduction='none')", tensorflow="tf.keras.losses.MAE(y[..., None], x[..., None])",
       jax="jnp.abs(x - y)", accuracy="exact", verified=RATIONALS, topics=LOSS),
    op("mae", [vector("x"), vector("y")], torch="torch.nn.functional.l1_loss(x, y, reduction='none').mean(dim=-1)",
       tensorflow="tf.keras.losses.MAE(y, x)",
       jax="jnp.mean(jnp.abs(x - y), axis=-1)", accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("smooth_l1", XY, torch="torch.nn.functional.smooth_l1_loss(x, y, reduction='none', beta=beta)", params={"beta": (1.0, 0.25)},
       verified=RATIONALS, topics=LOSS),
    op("log_cosh", XY, tensorflow="tf.keras.losses.logcosh(y[..., None], x[..., None])", verified=FORMULA, topics=LOSS),
    op("mse", [vector("x"), vector("y")], torch="torch.nn.functional.mse_loss(x, y, reduction='none').mean(dim=-1)",
       tensorflow=["tf.keras.losses.MSE(y, x)", "tf.math.reduce_mean(tf.math.squared_difference(x, y), axis=-1)"],
       jax="jnp.mean(jnp.square(x - y), axis=-1)", accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("huber", XY, torch="torch.nn.functional.huber_loss(x, y, reduction='none', delta=delta)",
       tensorflow="tf.keras.losses.huber(y[..., None], x[..., None], delta=delta)",
       jax="jnp.where(jnp.abs(x - y) <= delta, 0.5 * jnp.square(x - y), delta * (jnp.abs(x - y) - 0.5 * delta))",
       params={"delta": (1.0, 0.5)}, verified=RATIONALS, topics=LOSS),
    op("kl_div", XY, torch="torch.nn.functional.kl_div(x, y, reduction='none', log_target=True)", verified=FORMULA, topics=LOSS,
       documented=(domain("x<=0,y<=0", pages.torch("torch.nn.KLDivLoss"), "input and target are log-probabilities"),)),
    op("rel_entr", [scalar("x", 0), scalar("y", 0)], jax="jax.scipy.special.rel_entr(x, y)",
       numpy=peer("scipy.special.rel_entr(x, y)", WIDE),
       accepts={"x<0": float("inf"), "y<0": float("inf")}, source="scipy.special.rel_entr: inf outside the domain", verified=FORMULA, topics=LOSS,
       documented=(*(Documented("infinite otherwise, which is the case of a NaN", page, where="x=nan|y=nan", value=float("inf"),
                                 frameworks=(framework,))
                     for framework, page in (("jax", pages.jax("jax.scipy.special.rel_entr")), ("numpy", pages.scipy("scipy.special.rel_entr")))),)),
]  # fmt: skip
