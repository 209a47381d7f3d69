"""Attention, and softmax over a part of a vector."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, Documented, Op, call, op, tensor, vector

ATTENTION = ("attention",)
ACTIVATION = ("attention", "activation functions")
QKV = [tensor("q", (2, 3)), tensor("k", ("n", 3)), tensor("v", ("n", 2))]
LENGTHS = (1, 2, 3, 5, 8)
#: jax and Keras put the heads between the sequence and the features, [:, :, None]; jax asks for values as long as keys.
PADDED = "q[:, :, None], k[:, :, None], jnp.pad(v, ((0, 0), (0, 0), (0, 1)))[:, :, None]"
#: Any number but 0 keeps its element.
MASK = vector("mask", 0, 2, integers=True, differentiable=False)
#: Of all elements but the first, which is kept: nothing is said of a part that is empty.
REST = vector("mask", 0, 2, size="n-1", integers=True, differentiable=False)
INFINITE = Documented(
    "all NaN where an input is +inf", pages.jax("jax.nn.softmax"), where="x~inf", value=float("nan"), frameworks=("jax",)
)
TORCH_REST = "torch.nn.functional.pad(mask.bool(), (1, 0), value=True)"
TF_REST = "tf.pad(mask > 0, ((0, 0), (1, 0)), constant_values=True)"
TF_SEEN = "tf.pad(mask > 0, ((0, 0), (0, 0), (1, 0)), constant_values=True)[:, None]"
JAX_SEEN = "jnp.pad(mask > 0, ((0, 0), (0, 0), (1, 0)), constant_values=True)[:, None]"
JAX_REST = "jnp.pad(mask > 0, ((0, 0), (1, 0)), constant_values=True)"

OPS: list[Op] = [
    op("attention", QKV,
       torch=["torch.nn.functional.scaled_dot_product_attention(q, k, v)", "torch.softmax(q @ k.mT / 3**0.5, dim=-1) @ v"],
       tensorflow=["tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None])[:, :, 0]",
                   "tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 3**0.5, axis=-1) @ v"],
       jax=[f"jax.nn.dot_product_attention({PADDED})[:, :, 0, :2]",
            "jax.nn.softmax(q @ k.mT / 3**0.5, axis=-1) @ v"],
       lengths=LENGTHS, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_scaled", QKV,
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=scale)",
       tensorflow=["tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], scale=scale)[:, :, 0]",
                   call("tf.keras.layers.Attention(dtype=q.dtype.name)([q, v, k])", when={"scale": (1.0,)})],
       jax=f"jax.nn.dot_product_attention({PADDED}, scale=scale)[:, :, 0, :2]",
       params={"scale": (1.0, 0.125)}, lengths=LENGTHS, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_causal", [tensor("q", ("n", 3)), tensor("k", ("n", 3)), tensor("v", ("n", 3))],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)",
       tensorflow="tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], is_causal=True)[:, :, 0]",
       jax="jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], is_causal=True)[:, :, 0]",
       lengths=(1, 2, 3, 5), accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_biased", [tensor("q", (2, 3)), tensor("k", ("n", 3)), tensor("v", ("n", 3)), tensor("bias", (2, "n"))],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)",
       tensorflow="tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], bias=bias[:, None])[:, :, 0]",
       jax="jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], bias=bias[:, None])[:, :, 0]",
       lengths=LENGTHS, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_masked", [tensor("q", (2, 3)), tensor("k", ("n", 3)), tensor("v", ("n", 3)),
                            tensor("mask", (2, "n-1"), 0, 2, integers=True, differentiable=False)],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=torch.nn.functional.pad(mask.bool(), (1, 0), value=True))",
       tensorflow=f"tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], mask={TF_SEEN})[:, :, 0]",
       jax=f"jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], mask={JAX_SEEN})[:, :, 0]",
       lengths=(2, 3, 5), min_length=2, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("additive_attention", QKV, tensorflow="tf.keras.layers.AdditiveAttention(use_scale=False, dtype=q.dtype.name)([q, v, k])",
       lengths=LENGTHS, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("masked_softmax", [vector("x"), MASK], tensorflow="tf.keras.layers.Softmax(dtype=x.dtype.name)(x, mask=mask > 0)",
       jax="jax.nn.softmax(x, axis=-1, where=mask > 0)", accuracy="accumulating", normwise_bound=True, min_length=2,
       source="https://docs.jax.dev/en/latest/_autosummary/jax.nn.softmax.html: zero where the mask is, so everywhere if it is empty",
       verified=FORMULA, topics=ACTIVATION,
       documented=(INFINITE,)),
    op("partial_softmax", [vector("x"), REST], torch=call(f"(lambda m: torch.masked.softmax(x, -1, mask=m).masked_fill(~m, 0.0))({TORCH_REST})",
                  plain="the page leaves the values of masked elements open: they are filled with the zeros of the definition"),
       tensorflow=f"tf.keras.layers.Softmax(dtype=x.dtype.name)(x, mask={TF_REST})", jax=f"jax.nn.softmax(x, axis=-1, where={JAX_REST})",
       accuracy="accumulating", normwise_bound=True, min_length=2, verified=FORMULA, topics=ACTIVATION,
       documented=(INFINITE,)),
    op("partial_logsumexp", [vector("x"), REST], torch=f"torch.masked.logsumexp(x, -1, mask={TORCH_REST})",
       jax=[f"jax.nn.logsumexp(x, axis=-1, where={JAX_REST})",
            "jax.scipy.special.logsumexp(x, axis=-1, b=jnp.pad(jnp.sign(mask), ((0, 0), (1, 0)), constant_values=1))"],
       accuracy="accumulating", normwise_bound=True, min_length=2, verified=FORMULA, topics=("attention", "reductions")),
]  # fmt: skip
