"""Bessel functions; DLMF chapter 10."""

from __future__ import annotations

import math

from ulpfuzz.fuzzer.catalog.op import ARB, FORMULA, Implementation, Op, call, op, peer, scalar

SPECIAL = ("special functions", "Bessel functions")
X = [scalar("x")]
RIGHT = [scalar("x", 0)]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")
POLE_OF_K = {"x<0": math.inf}
CEPHES = "Cephes k0.c, k1.c: beyond the domain x > 0 the largest number"
POSIX = "POSIX.1-2017, y0: -HUGE_VAL or NaN for negative x"


def _modified(expression: str) -> Implementation:
    """A kernel of torch.special without a derivative."""
    return call(expression, dtypes=WIDE, grad=False)


def _tensorflow(expression: str) -> Implementation:
    return call(expression, dtypes=NO_BFLOAT16)


OPS: list[Op] = [
    op("i0", X, torch=[call("torch.special.i0(x)", without=("grad2 float16", "grad2 bfloat16")), _modified("torch.special.modified_bessel_i0(x)")],
       tensorflow=[_tensorflow("tf.math.special.bessel_i0(x)"), call("tf.keras.ops.i0(x)", dtypes=NO_BFLOAT16)],
       jax=["jax.scipy.special.i0(x)", "jnp.i0(x)"], accuracy="special",
       numpy=peer("scipy.special.i0(x)", WIDE), verified=FORMULA, topics=SPECIAL),
    op("i1", X,
       torch=[call("torch.special.i1(x)", grad_dtypes=WIDE), _modified("torch.special.modified_bessel_i1(x)")],
       tensorflow=_tensorflow("tf.math.special.bessel_i1(x)"),
       jax="jax.scipy.special.i1(x)", accuracy="special",
       numpy=peer("scipy.special.i1(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("i0e", X,
       torch=call("torch.special.i0e(x)", without=("grad2 float16", "grad2 bfloat16")),
       tensorflow=_tensorflow("tf.math.special.bessel_i0e(x)"),
       jax=["jax.scipy.special.i0e(x)", "jax.lax.bessel_i0e(x)"], accuracy="special",
       numpy=peer("scipy.special.i0e(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("i1e", X, torch=call("torch.special.i1e(x)", grad_dtypes=WIDE), tensorflow=_tensorflow("tf.math.special.bessel_i1e(x)"),
       jax=["jax.scipy.special.i1e(x)", "jax.lax.bessel_i1e(x)"], accuracy="special", numpy=peer("scipy.special.i1e(x)", WIDE),
       verified=ARB, topics=SPECIAL),
    op("k0", RIGHT,
       torch=_modified("torch.special.modified_bessel_k0(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_k0(x)"), accuracy="special",
       numpy=peer("scipy.special.k0(x)", WIDE), accepts=POLE_OF_K, source=CEPHES, verified=ARB, topics=SPECIAL),
    op("k1", RIGHT,
       torch=_modified("torch.special.modified_bessel_k1(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_k1(x)"), accuracy="special",
       numpy=peer("scipy.special.k1(x)", WIDE), accepts=POLE_OF_K, source=CEPHES, verified=ARB, topics=SPECIAL),
    op("k0e", RIGHT,
       torch=_modified("torch.special.scaled_modified_bessel_k0(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_k0e(x)"), accuracy="special",
       numpy=peer("scipy.special.k0e(x)", WIDE), accepts=POLE_OF_K, source=CEPHES, verified=ARB, topics=SPECIAL),
    op("k1e", RIGHT,
       torch=_modified("torch.special.scaled_modified_bessel_k1(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_k1e(x)"), accuracy="special",
       numpy=peer("scipy.special.k1e(x)", WIDE), accepts=POLE_OF_K, source=CEPHES, verified=ARB, topics=SPECIAL),
    op("bessel_j0", X,
       torch=_modified("torch.special.bessel_j0(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_j0(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.j0(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("bessel_j1", X,
       torch=_modified("torch.special.bessel_j1(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_j1(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.j1(x)", WIDE), verified=ARB, topics=SPECIAL),
    op("bessel_jn", [scalar("x", -10, 10)], jax="jax.scipy.special.bessel_jn(x, v=v)[v]", params={"v": (1, 0, 5)},
       accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.jv(v, x)", WIDE), source="jax.scipy.special.bessel_jn: n_iter=50 suffices for |x| up to about 15",
       verified=ARB, topics=SPECIAL),
    op("bessel_y0", RIGHT,
       torch=_modified("torch.special.bessel_y0(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_y0(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.y0(x)", WIDE), accepts={"x<0": -math.inf}, source=POSIX, verified=ARB, topics=SPECIAL),
    op("bessel_y1", RIGHT,
       torch=_modified("torch.special.bessel_y1(x)"),
       tensorflow=_tensorflow("tf.math.special.bessel_y1(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.y1(x)", WIDE), accepts={"x<0": -math.inf}, source=POSIX, verified=ARB, topics=SPECIAL),
    op("spherical_bessel_j0", X, torch=_modified("torch.special.spherical_bessel_j0(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.spherical_jn(0, x)", ("float64",)), verified=FORMULA, topics=SPECIAL),
    op("airy_ai", X, torch=_modified("torch.special.airy_ai(x)"), accuracy="special", absolute_near_zeros=True,
       numpy=peer("scipy.special.airy(x)[0]", WIDE), verified=ARB, topics=SPECIAL),
]  # fmt: skip
