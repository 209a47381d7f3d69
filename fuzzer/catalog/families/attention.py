"""Attention, and softmax over a part of a vector."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, Documented, Op, call, op, tensor, vector

ATTENTION = ("attention",)
ACTIVATION = ("attention", "activation functions")
#: l queries and n keys of d numbers, values of e.
QKV = [tensor("q", ("l", "d")), tensor("k", ("n", "d")), tensor("v", ("n", "e"))]
SAME = [tensor("q", ("l", "d")), tensor("k", ("n", "d")), tensor("v", ("n", "d"))]
#: Sizes at which kernels change: vectors and tails, blocks of products, the 512 keys that torch's fused kernel takes at a time.
L, N, D = (2, 1, 3, 16, 64), (3, 1, 2, 5, 8, 64, 257, 600), (3, 1, 2, 16, 64)
OF_QKV: dict[str, Any] = {"axes": {"l": L, "d": D, "n": N, "e": (2, 1, 3, 16)}, "result": ("l", "e"), "parallel": ("l", "e")}
OF_SAME: dict[str, Any] = {"axes": {"l": L, "d": D, "n": N}, "result": ("l", "d"), "parallel": ("l",)}
#: jax and Keras put the heads between the sequence and the features, [:, :, None]; jax asks for values as long as keys, so the shorter get zeros.
LONGER = "jnp.pad({}, ((0, 0), (0, 0), (0, max(0, {}.shape[-1] - {}.shape[-1]))))[:, :, None]"
PADDED = ", ".join(LONGER.format(one, other, one) for one, other in (("q", "v"), ("k", "v"), ("v", "k")))
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
       torch=["torch.nn.functional.scaled_dot_product_attention(q, k, v)",
              "torch.nn.functional.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]",
              "torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ v",
              # The queries again and again, the last ones judged, as in products: the kernels of long sequences.
              call("torch.nn.functional.scaled_dot_product_attention(q.repeat(1, 1 + 512 // q.shape[1], 1)[:, None], k[:, None], v[:, None])"
                   "[:, 0, -q.shape[1] :]", grad=False)],
       tensorflow=["tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None])[:, :, 0]",
                   "tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / q.shape[-1] ** 0.5, axis=-1) @ v"],
       jax=[f"jax.nn.dot_product_attention({PADDED}, scale=q.shape[-1] ** -0.5)[:, :, 0, : v.shape[-1]]",
            "jax.nn.softmax(q @ k.mT / q.shape[-1] ** 0.5, axis=-1) @ v"],
       **OF_QKV, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_scaled", QKV,
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=scale)",
       tensorflow=["tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], scale=scale)[:, :, 0]",
                   call("tf.keras.layers.Attention(dtype=q.dtype.name)([q, v, k])", when={"scale": (1.0,)})],
       jax=f"jax.nn.dot_product_attention({PADDED}, scale=scale)[:, :, 0, : v.shape[-1]]",
       params={"scale": (1.0, 0.125)}, **OF_QKV, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_causal", [tensor("q", ("n", "d")), tensor("k", ("n", "d")), tensor("v", ("n", "d"))],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)",
       tensorflow="tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], is_causal=True)[:, :, 0]",
       jax="jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], is_causal=True)[:, :, 0]",
       axes={"n": (3, 1, 2, 5, 16), "d": (3, 1, 2, 16, 64)}, result=("n", "d"),
       accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_biased", [*SAME, tensor("bias", ("l", "n"))],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)",
       tensorflow="tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], bias=bias[:, None])[:, :, 0]",
       jax="jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], bias=bias[:, None])[:, :, 0]",
       **OF_SAME, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("attention_masked", [*SAME, tensor("mask", ("l", "n-1"), 0, 2, integers=True, differentiable=False)],
       torch="torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=torch.nn.functional.pad(mask.bool(), (1, 0), value=True))",
       tensorflow=f"tf.keras.ops.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], mask={TF_SEEN})[:, :, 0]",
       jax=f"jax.nn.dot_product_attention(q[:, :, None], k[:, :, None], v[:, :, None], mask={JAX_SEEN})[:, :, 0]",
       axes={"l": L, "d": D, "n": (3, 2, 5, 8, 64, 257)}, result=("l", "d"), parallel=("l",), min_length=2,
       accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("additive_attention", QKV, tensorflow="tf.keras.layers.AdditiveAttention(use_scale=False, dtype=q.dtype.name)([q, v, k])",
       **OF_QKV, accuracy="accumulating", normwise_bound=True, verified=FORMULA, topics=ATTENTION),
    op("masked_softmax", [vector("x"), MASK], tensorflow="tf.keras.layers.Softmax(dtype=x.dtype.name)(x, mask=mask > 0)",
       jax="jax.nn.softmax(x, axis=-1, where=mask > 0)", accuracy="accumulating", normwise_bound=True, min_length=2, least_defined=1,
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
