"""Bessel functions; DLMF chapter 10."""

from __future__ import annotations

from fuzzer.catalog.op import FORMULA, Op, call, op, peer, scalar

X = [scalar("x")]
WIDE = ("float32", "float64")

OPS: list[Op] = [
    op("i0", X, torch=call("torch.special.i0(x)", dtypes=WIDE), tensorflow=call("tf.math.bessel_i0(x)", dtypes=WIDE),
       jax=call("jax.scipy.special.i0(x)", dtypes=WIDE), accuracy="special",
       numpy=peer("scipy.special.i0(x)", WIDE), verified=FORMULA, topics=("special functions",)),
]  # fmt: skip
