"""Attention in float16 in TensorFlow on made sequences, one of which is all padding.

As it is, padding is masked by adding -1e9, which float16 has not; with `stable`, by the least number that it has.
"""

import sys

import tensorflow as tf

tf.random.set_seed(0)
stable = "stable" in sys.argv
BATCH, LENGTH, WIDTH, HEADS = 4, 12, 32, 4
x = tf.random.normal((BATCH, LENGTH, WIDTH), dtype=tf.float16)
target = tf.random.normal((BATCH, LENGTH, WIDTH))
padding = tf.range(LENGTH)[None, :] >= tf.constant([12, 9, 5, 0])[:, None]
qkv = tf.Variable(tf.random.normal((WIDTH, 3 * WIDTH), dtype=tf.float16) / 6)
out = tf.Variable(tf.random.normal((WIDTH, WIDTH), dtype=tf.float16) / 6)

for _ in range(2):
    with tf.GradientTape() as tape:
        parts = tf.reshape(x @ qkv, (BATCH, LENGTH, 3, HEADS, WIDTH // HEADS))
        q, k, v = (tf.transpose(parts[:, :, i], (0, 2, 1, 3)) for i in range(3))
        scores = tf.matmul(q, k, transpose_b=True) / (WIDTH // HEADS) ** 0.5
        hidden = padding[:, None, None, :]
        if stable:
            scores = tf.where(hidden, tf.float16.min, scores)
        else:
            scores = scores + tf.cast(tf.cast(hidden, tf.float32) * -1e9, tf.float16)
        mixed = tf.transpose(tf.nn.softmax(scores) @ v, (0, 2, 1, 3))
        y = x + tf.reshape(mixed, (BATCH, LENGTH, WIDTH)) @ out
        apart = (tf.cast(y, tf.float32) - target) ** 2
        loss = tf.reduce_mean(tf.where(padding[..., None], 0.0, apart))
    for variable, slope in zip([qkv, out], tape.gradient(loss, [qkv, out]), strict=True):
        variable.assign_sub(tf.cast(0.01, tf.float16) * slope)
    print(f"loss {float(loss):.4f}")
