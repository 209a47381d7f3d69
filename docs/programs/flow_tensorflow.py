"""A normalising flow in TensorFlow on made data: an affine layer, then tanh, whose log-derivative is a part of the density.

As it is, that is log(1 - tanh(x)^2); with `stable`, the same in a form that keeps its digits.
"""

import math
import sys

import tensorflow as tf

tf.random.set_seed(0)
stable = "stable" in sys.argv
data = tf.tanh(tf.random.normal((512, 4)))
scale, shift = tf.Variable(tf.zeros(4)), tf.Variable(tf.zeros(4))

for _ in range(3):
    z = tf.random.normal((512, 4))
    with tf.GradientTape() as tape:
        x = z * tf.exp(scale) * 4 + shift
        slope = 2 * (math.log(2) - x - tf.math.softplus(-2 * x)) if stable else tf.math.log(1 - tf.tanh(x) ** 2)
        density = -(z**2) / 2 - scale - slope
        loss = tf.reduce_mean((tf.tanh(x) - data) ** 2) + 0.1 * tf.reduce_mean(density)
    for variable, slope in zip([scale, shift], tape.gradient(loss, [scale, shift]), strict=True):
        variable.assign_sub(0.01 * slope)
    print(f"loss {float(loss):.4f}")
