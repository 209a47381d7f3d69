"""Reductions that leave out missing numbers. A call puts NaN where `keep` is 0, never in the first place."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Implementation, Op, call, op, vector

TOPIC = ("reductions", "missing values")
INPUTS = [vector("x", size="n+1", finite=True), vector("keep", 0, 1, integers=True, differentiable=False)]
WIDE = ("float32", "float64")
PEER = ("float16", "float32", "float64")
FEW = (1, 2, 3, 4, 7)
HOLES = {
    "torch": "torch.cat([x[:, :1], torch.where(keep > 0.5, x[:, 1:], torch.nan)], dim=-1)",
    "tf": "tf.concat([x[:, :1], tf.where(keep > 0.5, x[:, 1:], tf.constant(float('nan'), x.dtype))], axis=-1)",
    "jnp": "jnp.concatenate([x[:, :1], jnp.where(keep > 0.5, x[:, 1:], jnp.nan)], axis=-1)",
    "np": "np.concatenate([x[:, :1], np.where(keep > 0.5, x[:, 1:], np.asarray(np.nan, x.dtype))], axis=-1)",
}  # fmt: skip


def holed(module: str, function: str, **rest: Any) -> Implementation:
    """The function, written with # where its argument stands, of x with NaN in the places that are not kept."""
    return call(function.replace("#", HOLES[module]), **rest)


def np_holed(function: str) -> Implementation:
    return holed("np", function, dtypes=PEER, grad=False)


OPS: list[Op] = [
    op("nansum", INPUTS, torch=holed("torch", "torch.nansum(#, dim=-1)"),
       tensorflow=[holed("tf", "tf.keras.ops.nansum(#, axis=-1)"), holed("tf", "tf.experimental.numpy.nansum(#, axis=-1)", dtypes=PEER)],
       jax=holed("jnp", "jnp.nansum(#, axis=-1)"), numpy=np_holed("np.nansum(#, axis=-1)"),
       accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("nanmean", INPUTS, torch=holed("torch", "torch.nanmean(#, dim=-1)"),
       tensorflow=[holed("tf", "tf.keras.ops.nanmean(#, axis=-1)"), holed("tf", "tf.experimental.numpy.nanmean(#, axis=-1)", dtypes=PEER)],
       jax=holed("jnp", "jnp.nanmean(#, axis=-1)"), numpy=np_holed("np.nanmean(#, axis=-1)"),
       accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("nanprod", INPUTS,
       tensorflow=[holed("tf", "tf.keras.ops.nanprod(#, axis=-1)"), holed("tf", "tf.experimental.numpy.nanprod(#, axis=-1)", dtypes=PEER)],
       jax=holed("jnp", "jnp.nanprod(#, axis=-1)"), numpy=np_holed("np.nanprod(#, axis=-1)"),
       accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("nanvar", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nanvar(#, axis=-1)"), jax=holed("jnp", "jnp.nanvar(#, axis=-1)"),
       numpy=np_holed("np.nanvar(#, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("nanstd", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nanstd(#, axis=-1)"), jax=holed("jnp", "jnp.nanstd(#, axis=-1)"),
       numpy=np_holed("np.nanstd(#, axis=-1)"), accuracy="accumulating", verified=FORMULA, topics=TOPIC),
    op("nanmax", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nanmax(#, axis=-1)"), jax=holed("jnp", "jnp.nanmax(#, axis=-1)"),
       numpy=np_holed("np.nanmax(#, axis=-1)"), accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("nanmin", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nanmin(#, axis=-1)"), jax=holed("jnp", "jnp.nanmin(#, axis=-1)"),
       numpy=np_holed("np.nanmin(#, axis=-1)"), accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("nanmedian", INPUTS, torch=holed("torch", "torch.nanquantile(#, 0.5, dim=-1)", dtypes=WIDE),
       tensorflow=holed("tf", "tf.keras.ops.nanmedian(#, axis=-1)"), jax=holed("jnp", "jnp.nanmedian(#, axis=-1)"),
       numpy=np_holed("np.nanmedian(#, axis=-1)"), lengths=FEW, accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("lower_nanmedian", INPUTS, torch=holed("torch", "torch.nanmedian(#, dim=-1).values"),
       jax=holed("jnp", "jnp.nanquantile(#, 0.5, axis=-1, method='lower')"), lengths=FEW, accuracy="exact", verified=RATIONALS, topics=TOPIC),
    op("nanquantile", INPUTS, torch=holed("torch", "torch.nanquantile(#, q, dim=-1)", dtypes=WIDE),
       tensorflow=[holed("tf", "tf.keras.ops.nanquantile(#, q, axis=-1)"), holed("tf", "tf.keras.ops.nanpercentile(#, 100 * q, axis=-1)")],
       jax=[holed("jnp", "jnp.nanquantile(#, q, axis=-1)"), holed("jnp", "jnp.nanpercentile(#, 100 * q, axis=-1)")],
       params={"q": (0.625, 0.25)}, lengths=FEW, verified=RATIONALS, topics=TOPIC),
    op("nancumsum", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nancumsum(#, axis=-1)"), jax=holed("jnp", "jnp.nancumsum(#, axis=-1)"),
       numpy=np_holed("np.nancumsum(#, axis=-1)"), accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
    op("nancumprod", INPUTS, tensorflow=holed("tf", "tf.keras.ops.nancumprod(#, axis=-1)"), jax=holed("jnp", "jnp.nancumprod(#, axis=-1)"),
       numpy=np_holed("np.nancumprod(#, axis=-1)"), lengths=FEW, accuracy="accumulating", verified=RATIONALS, topics=TOPIC),
]  # fmt: skip
