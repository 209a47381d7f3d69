"""A classifier of made data in JAX. As it is, its loss is log(softmax(...)); with `stable`, log_softmax(...)."""

import sys

import jax
import jax.numpy as jnp

stable = "stable" in sys.argv
keys = jax.random.split(jax.random.key(0), 4)
data = jax.random.normal(keys[0], (256, 16)) * 40
labels = jax.random.randint(keys[1], (256,), 0, 10)
weights = {
    "in": jax.random.normal(keys[2], (16, 64)) / 4,
    "out": jax.random.normal(keys[3], (64, 10)) / 8,
}


@jax.jit
def loss_of(weights: dict[str, jax.Array]) -> jax.Array:
    scores = jax.nn.relu(data @ weights["in"]) @ weights["out"]
    logp = jax.nn.log_softmax(scores, axis=-1) if stable else jnp.log(jax.nn.softmax(scores, axis=-1))
    return -jnp.take_along_axis(logp, labels[:, None], axis=-1).mean()


for _ in range(3):
    loss, slopes = jax.value_and_grad(loss_of)(weights)
    weights = {name: w - 0.05 * slopes[name] for name, w in weights.items()}
    print(f"loss {float(loss):.4f}")
