"""Arithmetic beyond the four operations: magnitudes, extrema, clipping, fused formulas, quotients that define their poles."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, domain, op, peer, scalar, subgradient, vector

MATH = ("tensor math",)
INF, NAN = float("inf"), float("nan")
X = [scalar("x")]
XY = [scalar("x"), scalar("y")]
XYZ = [scalar("x"), scalar("y"), scalar("z")]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")
KERAS, TNP, F = "tf.keras.ops", "tf.experimental.numpy", "torch.nn.functional"

OPS: list[Op] = [
    op("abs", X, torch="torch.abs(x)", tensorflow=["tf.math.abs(x)", f"{KERAS}.abs(x)", f"{KERAS}.fabs(x)", f"{TNP}.abs(x)"],
       jax=["jnp.abs(x)", "jnp.fabs(x)", "jax.lax.abs(x)"],
       numpy=peer("np.abs(x)"), conventions=(subgradient("x=0"),), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("neg", X, torch="torch.neg(x)", tensorflow=["tf.math.negative(x)", f"{KERAS}.negative(x)", f"{TNP}.negative(x)"],
       jax=["jnp.negative(x)", "jax.lax.neg(x)"], numpy=peer("np.negative(x)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("positive", X, torch="torch.positive(x)", tensorflow=f"{TNP}.positive(x)", jax="jnp.positive(x)", numpy=peer("np.positive(x)"),
       accuracy="exact", verified=RATIONALS, topics=MATH),
    op("maximum", XY, torch="torch.maximum(x, y)", tensorflow=["tf.math.maximum(x, y)", f"{KERAS}.maximum(x, y)", f"{TNP}.maximum(x, y)"],
       jax=["jnp.maximum(x, y)", "jax.lax.max(x, y)"], numpy=peer("np.maximum(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("minimum", XY, torch="torch.minimum(x, y)", tensorflow=["tf.math.minimum(x, y)", f"{KERAS}.minimum(x, y)", f"{TNP}.minimum(x, y)"],
       jax=["jnp.minimum(x, y)", "jax.lax.min(x, y)"], numpy=peer("np.minimum(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("fmax", XY, torch="torch.fmax(x, y)", tensorflow=f"{KERAS}.fmax(x, y)", jax="jnp.fmax(x, y)", numpy=peer("np.fmax(x, y)"),
       accepts={"x=nan": "y", "y=nan": "x"}, source="C23 F.10.9.2: fmax treats a NaN as missing", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("fmin", XY, torch="torch.fmin(x, y)", tensorflow=f"{KERAS}.fmin(x, y)", jax="jnp.fmin(x, y)", numpy=peer("np.fmin(x, y)"),
       accepts={"x=nan": "y", "y=nan": "x"}, source="C23 F.10.9.3: fmin treats a NaN as missing", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("clip", X, torch=["torch.clamp(x, low, high)", f"{F}.hardtanh(x, low, high)"],
       tensorflow=["tf.clip_by_value(x, low, high)", f"{KERAS}.clip(x, low, high)", call(f"{TNP}.clip(x, low, high)", dtypes=NO_BFLOAT16)],
       jax=["jnp.clip(x, low, high)", "jax.lax.clamp(jnp.asarray(low, x.dtype), x, jnp.asarray(high, x.dtype))"],
       numpy=peer("np.clip(x, low, high)"), params={"low": (-1.0,), "high": (1.0, 0.5)}, accuracy="exact", verified=RATIONALS, topics=MATH),
    op("clip_between", [scalar("x"), vector("b", size=2, structure="ascending")], torch="torch.clamp(x, b[:, 0], b[:, 1])",
       tensorflow=["tf.clip_by_value(x, b[:, 0], b[:, 1])", f"{KERAS}.clip(x, b[:, 0], b[:, 1])", f"{TNP}.clip(x, b[:, 0], b[:, 1])"],
       jax=["jnp.clip(x, b[:, 0], b[:, 1])", "jax.lax.clamp(b[:, 0], x, b[:, 1])"], numpy=peer("np.clip(x, b[:, 0], b[:, 1])"),
       accepts={"b~inf": "any", "b~-inf": "any"}, source="tf.clip_by_value: the bounds must be in order, which special values are not",
       accuracy="exact", verified=RATIONALS, topics=MATH),
    op("lerp", [scalar("x"), scalar("y"), scalar("w", everyday="probability")], torch="torch.lerp(x, y, w)", verified=RATIONALS, topics=MATH),
    op("addcmul", XYZ, torch="torch.addcmul(x, y, z, value=value)", params={"value": (1.0, 0.5)}, verified=RATIONALS, topics=MATH),
    op("addcdiv", XYZ, torch="torch.addcdiv(x, y, z, value=value)", params={"value": (1.0, 0.5)}, verified=RATIONALS, topics=MATH),
    op("scaled_add", XY, torch=["torch.add(x, y, alpha=alpha)", "torch.sub(x, y, alpha=-alpha)", "torch.rsub(y, x, alpha=-alpha)"],
       params={"alpha": (2.0, 3.0)},
       verified=RATIONALS, topics=MATH),
    op("squared_difference", XY, torch=[f"{F}.mse_loss(x, y, reduction='none')", "torch.square(x - y)"],
       tensorflow=["tf.math.squared_difference(x, y)", "tf.square(x - y)"], jax="jnp.square(x - y)", numpy=peer("np.square(x - y)"),
       verified=RATIONALS, topics=MATH),
    op("deg2rad", X, torch="torch.deg2rad(x)", tensorflow=[f"{KERAS}.deg2rad(x)", call(f"{TNP}.deg2rad(x)", dtypes=NO_BFLOAT16)],
       jax="jnp.deg2rad(x)",
       numpy=peer("np.deg2rad(x)"), verified=FORMULA, topics=MATH),
    op("rad2deg", X, torch="torch.rad2deg(x)", tensorflow=[f"{KERAS}.rad2deg(x)", f"{TNP}.rad2deg(x)"], jax="jnp.rad2deg(x)",
       numpy=peer("np.rad2deg(x)"), verified=FORMULA, topics=MATH),
    op("divide_no_nan", XY, tensorflow=["tf.math.divide_no_nan(x, y)", f"{KERAS}.divide_no_nan(x, y)"], accepts={"y=0": 0.0},
       source="tf.math.divide_no_nan: 0 if y (denominator) is zero", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("multiply_no_nan", XY, tensorflow="tf.math.multiply_no_nan(x, y)", accepts={"y=0": 0.0},
       source="tf.math.multiply_no_nan: 0 if y is zero, even if x is NaN or infinite", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("reciprocal_no_nan", X, tensorflow="tf.math.reciprocal_no_nan(x)", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("xdivy", XY, tensorflow="tf.math.xdivy(x, y)", accepts={"x=0": 0.0}, source="tf.math.xdivy: 0 if x == 0", accuracy="exact",
       verified=RATIONALS, topics=MATH),
    op("trunc_divide", XY, torch="torch.div(x, y, rounding_mode='trunc')", orders=("value",), accepts={"x=0,y=inf": 0.0, "x=0,y=-inf": 0.0},
       verified=RATIONALS, topics=MATH),
    op("divmod", XY, tensorflow=f"tf.stack({TNP}.divmod(x, y), axis=-1)", jax="jnp.stack(jnp.divmod(x, y), axis=-1)",
       numpy=peer("np.stack(np.divmod(x, y), axis=-1)"), orders=("value",), accepts={"x=0,y=inf": 0.0, "x=0,y=-inf": 0.0, "y=0": "any"},
       source="numpy.divmod: by zero an infinity or NaN",
       verified=RATIONALS, topics=MATH),
    op("integer_pow", X, torch=["torch.pow(x, n)", call("torch.float_power(x, n)", dtypes=("float64",))],
       tensorflow=["tf.math.pow(x, n)", f"{KERAS}.power(x, n)", f"{TNP}.power(x, n)"],
       jax=["jax.lax.integer_pow(x, n)", "jnp.power(x, n)", "jax.lax.pow(x, n)"], numpy=peer("np.power(x, n)"), params={"n": (3, 2, -2, 5)},
       accuracy="special", verified=RATIONALS, topics=MATH),
    op("scalar_pow", [scalar("x", 0)], torch="torch.pow(x, p)", tensorflow=["tf.math.pow(x, p)", f"{KERAS}.power(x, p)",
           call(f"{TNP}.power(x, p)", dtypes=NO_BFLOAT16)],
       jax=["jnp.power(x, p)", "jax.lax.pow(x, jnp.asarray(p, x.dtype))"], numpy=peer("np.power(x, p)"),
       params={"p": (0.5, 2.5, -0.5, 1.5)}, accepts={"x=-inf": "any"},
       source="C23 F.10.4.5: infinite or zero at -inf", accuracy="special", verified=FORMULA, topics=MATH),
    op("base_pow", [scalar("y")], torch="torch.pow(base, y)", tensorflow=["tf.math.pow(tf.constant(base, y.dtype), y)", f"{KERAS}.power(base, y)"],
       jax="jnp.power(base, y)", numpy=peer("np.power(base, y)"), params={"base": (2.0, 10.0, 0.5)}, accuracy="special", verified=FORMULA,
       topics=MATH),
    op("nan_to_num", X, torch="torch.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0)",
       tensorflow=f"{KERAS}.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0)", jax="jnp.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0)",
       numpy=peer("np.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0)"), accepts={"x=nan": 1.0, "x=inf": 100.0, "x=-inf": -100.0},
       source="numpy.nan_to_num, as the call asks", accuracy="exact", verified=RATIONALS, topics=MATH),
    op("log1mexp", [scalar("x", 0)], jax="jax.nn.log1mexp(x)", verified=FORMULA, topics=MATH,
       documented=(domain("x>=0", pages.jax("jax.nn.log1mexp"), "undefined for x < 0"),)),
]  # fmt: skip
