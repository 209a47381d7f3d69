"""Losses of margins, ranks and distances. y is 0 or 1 and stands for the sign 2 y - 1, or is the index of a class."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.losses import FIRST_ORDER, INDEX, LOSS, WIDE
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, op, scalar, tensor, vector

BIT = [scalar("x"), INDEX]

OPS: list[Op] = [
    op("hinge", BIT, torch="torch.nn.functional.margin_ranking_loss(x, torch.zeros_like(x), 2 * y - 1, margin=1.0, reduction='none')",
       tensorflow="tf.keras.losses.hinge((2 * y - 1)[..., None], x[..., None])",
       jax="jnp.maximum(0, 1 - (2 * y - 1) * x)", verified=RATIONALS, topics=LOSS),
    op("squared_hinge", BIT, torch="torch.square(torch.nn.functional.relu(1 - (2 * y - 1) * x))",
       tensorflow="tf.keras.losses.squared_hinge((2 * y - 1)[..., None], x[..., None])",
       jax="jnp.square(jnp.maximum(0, 1 - (2 * y - 1) * x))", verified=RATIONALS, topics=LOSS),
    op("categorical_hinge", [vector("x"), INDEX],
       tensorflow="tf.keras.losses.categorical_hinge(tf.one_hot(tf.cast(y, tf.int32), x.shape[-1], dtype=x.dtype), x)", min_length=2,
       accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("hinge_embedding", BIT, torch="torch.nn.functional.hinge_embedding_loss(x, 2 * y - 1, margin=margin, reduction='none')",
       params={"margin": (1.0, 0.25)}, verified=RATIONALS, topics=LOSS),
    op("margin_ranking", [scalar("a"), scalar("b"), INDEX],
       torch="torch.nn.functional.margin_ranking_loss(a, b, 2 * y - 1, margin=margin, reduction='none')",
       params={"margin": (0.0, 0.25)}, verified=RATIONALS, topics=LOSS),
    op("soft_margin", BIT, torch="torch.nn.functional.soft_margin_loss(x, 2 * y - 1, reduction='none')", verified=FORMULA, topics=LOSS),
    op("multi_margin", [vector("x"), INDEX],
       torch=call("torch.nn.functional.multi_margin_loss(x, y.long(), p=p, margin=margin, reduction='none')", dtypes=WIDE, without=FIRST_ORDER),
       params={"p": (1, 2), "margin": (1.0, 0.25)}, min_length=2, accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("multilabel_margin", [vector("x"), vector("y", 0, 1, integers=True, differentiable=False)],
       torch=call("torch.nn.functional.multilabel_margin_loss(x, torch.where(y > 0, torch.arange(y.shape[-1], device=y.device), -1)"
                  ".sort(dim=-1, descending=True)[0], reduction='none')", dtypes=WIDE, without=FIRST_ORDER),
       lengths=(1, 2, 3, 5, 8), accuracy="accumulating", verified=RATIONALS, topics=LOSS),
    op("multilabel_soft_margin", [vector("x"), vector("y", 0, 1, exact_at_bounds=True)],
       torch="torch.nn.functional.multilabel_soft_margin_loss(x, y, reduction='none')",
       tensorflow="tf.keras.losses.binary_crossentropy(y, x, from_logits=True)",
       jax="-jnp.mean(y * jax.nn.log_sigmoid(x) + (1 - y) * jax.nn.log_sigmoid(-x), axis=-1)",
       accuracy="accumulating", verified=FORMULA, topics=LOSS),
    op("triplet_margin", [vector("a"), vector("p"), vector("n")],
       torch=["torch.nn.functional.triplet_margin_loss(a, p, n, margin=margin, p=norm, eps=eps, swap=swap, reduction='none')",
              "torch.nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=torch.nn.PairwiseDistance(norm, eps), "
              "margin=margin, swap=swap, reduction='none')"],
       params={"margin": (1.0,), "norm": (2, 1), "swap": (False, True), "eps": (1e-6,)}, accuracy="accumulating",
       verified=FORMULA, topics=LOSS),
    op("cosine_embedding", [vector("a"), vector("b"), INDEX],
       torch="torch.nn.functional.cosine_embedding_loss(a, b, 2 * y - 1, margin=margin, reduction='none')",
       params={"margin": (0.0, 0.5)}, min_length=2, least_defined=1, accuracy="accumulating", verified=FORMULA, topics=LOSS),
    op("circle_loss", [tensor("x", (4, "n"), -1, 1)],
       tensorflow="tf.map_fn(lambda e: tf.keras.losses.circle(tf.constant([0, 0, 1, 1]), e, gamma=gamma, margin=margin), x)",
       params={"gamma": (4.0, 16.0), "margin": (0.4,)}, lengths=(1, 2, 3, 5), accuracy="accumulating", verified=FORMULA, topics=LOSS),
]  # fmt: skip
