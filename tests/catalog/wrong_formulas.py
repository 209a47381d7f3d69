"""Calls that are wrong at ordinary points by the framework's own formula: findings of a run, no mistakes of the record. Versions: constraints.txt."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import DTYPES, ORDERS
from ulpfuzz.fuzzer.catalog.registry import ops

#: The variance is taken about stop_gradient(mean), which is right to first order only (tf.nn.moments' source says why it is there).
MOMENTS = (
    "tf.nn.moments(x, axes=[-1])[1]",
    "tf.keras.ops.moments(x, axes=[-1])[1]",
    "tf.keras.ops.layer_normalization(x, axis=-1, epsilon=eps)",
    "tf.nn.batch_normalization(x, *tf.nn.moments(x, axes=[-1], keepdims=True), None, None, eps)",
    "tf.map_fn(lambda t: tf.keras.ops.layer_normalization(t[0], t[1], t[2], axis=-1, epsilon=eps), (x, w, b), fn_output_signature=x.dtype)",
    "tf.keras.ops.batch_normalization(x, *tf.keras.ops.moments(x, axes=[-1]), axis=0, epsilon=eps)",
    "tf.keras.layers.LayerNormalization(axis=-1, epsilon=eps, dtype=x.dtype.name)(x)",
    "tf.keras.layers.GroupNormalization(groups=1, epsilon=eps, dtype=x.dtype.name)(x)",
    "tf.keras.layers.GroupNormalization(groups=2, epsilon=eps, dtype=x.dtype.name)(x)",
    "tf.keras.layers.GroupNormalization(groups=-1, axis=-1, epsilon=eps, dtype=x.dtype.name)(x[..., None])[..., 0]",
    "tf.transpose(tf.keras.layers.BatchNormalization(epsilon=eps, dtype=x.dtype.name)(tf.transpose(x), training=True))",
)
#: (call, order), or (call, "order dtype") where it is wrong at that dtype only.
FINDINGS = {
    *((call, "grad2") for call in MOMENTS),
    # The norm is a constant to its second derivative.
    ("torch._weight_norm(v, g[:, None], 0)", "grad2"),
    # Its forward derivative is zero.
    ("torch.scatter_reduce(c, 1, index.long(), x, 'prod')", "jvp"),
    ("torch.ones_like(x[:, :1]).repeat(1, 3).scatter_reduce(1, index.long(), x, 'prod')", "jvp"),
    # Second derivatives of a softmax in bfloat16: small elements keep no digit.
    ("tf.keras.layers.Attention(dtype=q.dtype.name)([q, v, k])", "grad2 bfloat16"),
    # It computes the softmax in binary32 whatever the inputs are: of a second derivative six digits are left.
    *((i.call, "grad2 float64") for name in ("attention_scaled", "attention_biased") for i in ops()[name].of("jax")),
    # It divides by y^3 in float16.
    ("tf.math.xdivy(x, y)", "grad2"),
    # It differentiates by an integer power, which is 0 for a negative exponent.
    *(("torch.ldexp(x, (step * y).to(torch.int32))", order) for order in ("grad", "jvp")),
    # Logarithms of impossible prefixes, -inf - (-inf), to second order.
    *((i.call, "grad2") for i in ops()["ctc_loss"].of("tensorflow")),
    # It conjugates what a second derivative must not.
    ("tf.math.reduce_prod(z, axis=-1)", "grad2"),
    # The sign of a complex number is called piecewise constant; acosh is differentiated by one root of (z - 1)(z + 1) where the principal
    # value is the product of two.
    *((call, order) for call in ("jnp.sign(z)", "jnp.arccosh(z)") for order in ORDERS[1:]),
    # Both branches of its Bessel functions are taken, and the untaken one overflows in 16 bits: NaN times zero.
    *(
        ("torch.distributions.VonMises(torch.zeros_like(kappa), kappa, validate_args=False).variance", o)
        for o in ("grad", "grad2")
    ),
    # Forward mode is off by its own formula.
    ("torch.cholesky_inverse(torch.linalg.cholesky(a / 2 + a.mT / 2))", "jvp"),
    ("torch.cholesky_inverse(a.tril())", "jvp"),
    # With p = 1 it overwrites what its reverse mode needs.
    *(("torch.linalg.cond(a, p=p)", order) for order in ("grad", "grad2")),
    # Woodbury's identity cancels.
    ("torch.distributions.LowRankMultivariateNormal(mean, factor, diagonal, validate_args=False).log_prob(x)", "grad2"),
    # log1mexp cancels in 16 bits.
    ("jax.scipy.stats.gumbel_r.logsf(x, loc, scale)", "grad2"),
    # Differences of logarithms cancel towards p = 1/2, and in the tail of a truncated normal distribution; a hypergeometric series is
    # differentiated term by term where it cancels; the gradient of least squares loses its digits twice in float32.
    *(
        (i.call, order)
        for name, op in ops().items()
        if name.startswith("continuous_bernoulli")
        for i in op.of("torch")
        for order in ORDERS
    ),
    *(
        (i.call, order)
        for name, op in ops().items()
        if name.startswith("truncnorm")
        for i in op.of("jax")
        for order in ORDERS[1:]
    ),
    *(("jax.scipy.special.hyp2f1(a, b, c, x)", order) for order in ORDERS[1:]),
    *((i.call, f"grad2 {dtype}") for i in ops()["lstsq"].of("jax") for dtype in DTYPES if dtype != "float64"),
    # It multiplies an infinite derivative of a branch not taken by 0.
    ("jax.scipy.special.spence(x)", "grad"),
    ("jax.scipy.special.spence(x)", "grad2"),
    # Constants overflow in float16.
    ("jax.scipy.special.expi(x)", "value float16"),
    ("jax.scipy.special.expn(n, x)", "value float16"),
    # The recurrence starts from 1e-16, which overflows in formats below float64.
    *(
        ("jax.scipy.special.bessel_jn(x, v=v)[v]", f"{order} {dtype}")
        for order in ORDERS
        for dtype in DTYPES
        if dtype != "float64"
    ),
}
