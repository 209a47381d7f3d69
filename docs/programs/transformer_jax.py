"""Attention in float16 in JAX on made sequences, one of which is all padding.

As it is, padding is masked by adding -1e9, which float16 has not; with `stable`, by the least number that it has.
"""

import sys

import jax
import jax.numpy as jnp

stable = "stable" in sys.argv
BATCH, LENGTH, WIDTH, HEADS = 4, 12, 32, 4
keys = jax.random.split(jax.random.key(0), 4)
x = jax.random.normal(keys[0], (BATCH, LENGTH, WIDTH), jnp.float16)
target = jax.random.normal(keys[1], (BATCH, LENGTH, WIDTH))
padding = jnp.arange(LENGTH)[None, :] >= jnp.array([12, 9, 5, 0])[:, None]
weights = {
    "qkv": jax.random.normal(keys[2], (WIDTH, 3 * WIDTH), jnp.float16) / 6,
    "out": jax.random.normal(keys[3], (WIDTH, WIDTH), jnp.float16) / 6,
}


def loss_of(weights: dict[str, jax.Array]) -> jax.Array:
    parts = (x @ weights["qkv"]).reshape(BATCH, LENGTH, 3, HEADS, WIDTH // HEADS)
    q, k, v = (parts[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
    scores = q @ k.transpose(0, 1, 3, 2) / (WIDTH // HEADS) ** 0.5
    hidden = padding[:, None, None, :]
    if stable:
        scores = jnp.where(hidden, jnp.finfo(jnp.float16).min, scores)
    else:
        scores = scores + (hidden.astype(jnp.float32) * -1e9).astype(jnp.float16)
    mixed = jax.nn.softmax(scores, axis=-1) @ v
    y = x + mixed.transpose(0, 2, 1, 3).reshape(BATCH, LENGTH, WIDTH) @ weights["out"]
    apart = (y.astype(jnp.float32) - target) ** 2
    return jnp.where(padding[..., None], 0.0, apart).mean()


for _ in range(2):
    loss, slopes = jax.value_and_grad(loss_of)(weights)
    weights = {name: w - jnp.float16(0.01) * slopes[name] for name, w in weights.items()}
    print(f"loss {float(loss):.4f}")
