"""A normalising flow in JAX on made data: an affine layer, then tanh, whose log-derivative is a part of the density.

As it is, that is log(1 - tanh(x)^2); with `stable`, the same in a form that keeps its digits.
"""

import sys

import jax
import jax.numpy as jnp

stable = "stable" in sys.argv
key = jax.random.key(0)
data = jnp.tanh(jax.random.normal(key, (512, 4)))
weights = {"scale": jnp.zeros(4), "shift": jnp.zeros(4)}


def loss_of(weights: dict[str, jax.Array], z: jax.Array) -> jax.Array:
    x = z * jnp.exp(weights["scale"]) * 4 + weights["shift"]
    slope = 2 * (jnp.log(2.0) - x - jax.nn.softplus(-2 * x)) if stable else jnp.log(1 - jnp.tanh(x) ** 2)
    density = -(z**2) / 2 - weights["scale"] - slope
    return ((jnp.tanh(x) - data) ** 2).mean() + 0.1 * density.mean()


for step in range(3):
    z = jax.random.normal(jax.random.key(step), (512, 4))
    loss, slopes = jax.value_and_grad(loss_of)(weights, z)
    weights = {name: w - 0.01 * slopes[name] for name, w in weights.items()}
    print(f"loss {float(loss):.4f}")
