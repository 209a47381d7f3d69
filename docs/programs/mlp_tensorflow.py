"""A classifier of made data in TensorFlow. As it is, its loss is log(softmax(...)); with `stable`, log_softmax(...)."""

import sys

import tensorflow as tf

tf.random.set_seed(0)
stable = "stable" in sys.argv
data = tf.random.normal((256, 16)) * 40
labels = tf.one_hot(tf.random.uniform((256,), 0, 10, tf.int32), 10)
inner = tf.Variable(tf.random.normal((16, 64)) / 4)
outer = tf.Variable(tf.random.normal((64, 10)) / 8)

for _ in range(3):
    with tf.GradientTape() as tape:
        scores = tf.nn.relu(data @ inner) @ outer
        logp = tf.nn.log_softmax(scores) if stable else tf.math.log(tf.nn.softmax(scores))
        loss = -tf.reduce_mean(tf.reduce_sum(labels * logp, axis=-1))
    for variable, slope in zip([inner, outer], tape.gradient(loss, [inner, outer]), strict=True):
        variable.assign_sub(0.05 * slope)
    print(f"loss {float(loss):.4f}")
