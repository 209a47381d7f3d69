"""Loss functions: x the prediction (or logits), y the target."""

from __future__ import annotations

from fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, peer, scalar, vector

LOSS = ("loss functions",)
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
F = "torch.nn.functional"

OPS: list[Op] = [
    op("binary_cross_entropy_with_logits", [scalar("x"), scalar("y", 0, 1)],
       torch=f"{F}.binary_cross_entropy_with_logits(x, y, reduction='none')",
       tensorflow="tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)", verified=FORMULA, topics=LOSS),
    op("cross_entropy", [vector("x"), vector("y", 0, 1)], torch=f"{F}.cross_entropy(x, y, reduction='none')",
       tensorflow=call("tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)", grad=False,
                       note="its gradient assumes that each row of labels sums to one, as its page asks"),
       accuracy="accumulating", normwise=True, verified=FORMULA, topics=LOSS),
    op("sparse_cross_entropy", [vector("x"), scalar("y", 0, 1, integers=True, differentiable=False)],
       torch=f"{F}.cross_entropy(x, y.long(), reduction='none')",
       tensorflow="tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(y, tf.int32), logits=x)",
       min_length=2, accuracy="accumulating", normwise=True, verified=FORMULA, topics=LOSS),
    op("mse", [vector("x"), vector("y")], torch=f"{F}.mse_loss(x, y, reduction='none').mean(dim=-1)",
       tensorflow=["tf.keras.losses.MSE(y, x)", "tf.math.reduce_mean(tf.math.squared_difference(x, y), axis=-1)"],
       jax="jnp.mean(jnp.square(x - y), axis=-1)", accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("huber", XY, torch=f"{F}.huber_loss(x, y, reduction='none', delta=delta)",
       tensorflow="tf.keras.losses.huber(y[..., None], x[..., None], delta=delta)",
       params={"delta": (1.0, 0.5)}, verified=RATIONALS, topics=LOSS),
    op("kl_div", XY, torch=f"{F}.kl_div(x, y, reduction='none', log_target=True)", verified=FORMULA, topics=LOSS),
    op("rel_entr", [scalar("x", 0), scalar("y", 0)], jax="jax.scipy.special.rel_entr(x, y)",
       numpy=peer("scipy.special.rel_entr(x, y)", WIDE),
       accepts={"x<0": float("inf"), "y<0": float("inf")}, source="scipy.special.rel_entr: inf outside the domain", verified=FORMULA, topics=LOSS),
]  # fmt: skip
