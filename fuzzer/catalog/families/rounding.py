"""Rounding to whole numbers, and the pieces of a floating-point number."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import DTYPES, FORMULA, RATIONALS, Calls, Documented, Op, call, op, peer, scalar

ROUNDING = ("rounding",)
NUMBERS = ("floating-point numbers",)
X = [scalar("x")]
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")
VALUE = ("value",)


def by_format(*calls: str, dtypes: tuple[str, ...] = DTYPES) -> Calls:
    """A function that depends on the format of its numbers: a call for each format."""
    return [call(c, dtypes=(d,), when={"fmt": (d,)}) for c in calls for d in dtypes]


def by_step(expression: str) -> Calls:
    """Exponents that every format has, and those of the wide ones."""
    return [call(expression, when={"step": (1,)}), call(expression, dtypes=WIDE, when={"step": (25,)}),
            call(expression, dtypes=("float64",), when={"step": (180,)})]  # fmt: skip


OPS: list[Op] = [
    op("floor", X,
       torch="torch.floor(x)",
       tensorflow=["tf.math.floor(x)", "tf.keras.ops.floor(x)", call("tf.experimental.numpy.floor(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.floor(x)", "jax.lax.floor(x)"],
       numpy=peer("np.floor(x)"), orders=VALUE, accuracy="exact", keeps_zero_sign=True, source="C23 F.10.6.2: floor(+-0) is +-0",
       verified=RATIONALS, topics=ROUNDING),
    op("ceil", X,
       torch="torch.ceil(x)",
       tensorflow=["tf.math.ceil(x)", "tf.keras.ops.ceil(x)", call("tf.experimental.numpy.ceil(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.ceil(x)", "jax.lax.ceil(x)"],
       numpy=peer("np.ceil(x)"), orders=VALUE, accuracy="exact", keeps_zero_sign=True, source="C23 F.10.6.1: ceil(+-0) is +-0", verified=RATIONALS,
       topics=ROUNDING),
    op("trunc", X,
       torch=["torch.trunc(x)", "torch.fix(x)"],
       tensorflow=["tf.keras.ops.trunc(x)", call("tf.experimental.numpy.fix(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.trunc(x)"],
       numpy=[peer("np.trunc(x)"), peer("np.fix(x)")], orders=VALUE, accuracy="exact", keeps_zero_sign=True,
       source="C23 F.10.6.8: trunc(+-0) is +-0", verified=RATIONALS, topics=ROUNDING),
    op("round", X, torch=["torch.round(x)", "torch.special.round(x)"],
       tensorflow=["tf.math.round(x)", call("tf.math.rint(x)", dtypes=WIDE), "tf.keras.ops.round(x)"],
       jax=["jnp.round(x)", "jnp.rint(x)", "jax.lax.round(x, jax.lax.RoundingMethod.TO_NEAREST_EVEN)"],
       numpy=[peer("np.round(x)"), peer("np.rint(x)")], orders=VALUE, accuracy="exact",
       keeps_zero_sign=True, source="C23 F.10.6.5: rint(+-0) is +-0", verified=RATIONALS, topics=ROUNDING),
    op("round_decimals", X, torch="torch.round(x, decimals=decimals)",
       tensorflow="tf.keras.ops.round(x, decimals=decimals)",
       jax="jnp.round(x, decimals=decimals)", numpy=peer("np.round(x, decimals=decimals)"), params={"decimals": (1, 3, -1)},
       orders=VALUE, verified=RATIONALS, topics=ROUNDING,
       documented=(*(Documented("a fast but inexact algorithm, which may overflow: rint(10^decimals x) / 10^decimals", page, arithmetic="state",
                                 definition="round_decimals_in_steps", frameworks=(framework,))
                     for framework, page in (("torch", pages.torch("torch.round")), ("numpy", pages.numpy("numpy.round")))),)),
    op("frac", X, torch="torch.frac(x)", jax="jnp.modf(x)[0]", numpy=peer("np.modf(x)[0]"), accuracy="exact",
       accepts={"x=inf": "any", "x=-inf": "any"}, source="C23 F.10.3.12 says zero for infinities, the formula NaN",
       verified=RATIONALS, topics=ROUNDING),
    op("modf", X, jax="jnp.stack(jnp.modf(x), axis=-1)", numpy=peer("np.stack(np.modf(x), axis=-1)"), orders=VALUE, accuracy="exact",
       accepts={"x=inf": "any", "x=-inf": "any"}, source="C23 F.10.3.12 says zero for infinities, the formula NaN",
       verified=RATIONALS, topics=ROUNDING),
    op("sign", X, torch=["torch.sign(x)", "torch.sgn(x)"], tensorflow=["tf.math.sign(x)", "tf.keras.ops.sign(x)", "tf.experimental.numpy.sign(x)"],
       jax=["jnp.sign(x)", "jax.lax.sign(x)"], numpy=peer("np.sign(x)"), orders=VALUE, accuracy="exact",
       verified=RATIONALS, topics=NUMBERS),
    op("round_half_away", X, jax="jax.lax.round(x, jax.lax.RoundingMethod.AWAY_FROM_ZERO)", orders=VALUE, accuracy="exact",
       keeps_zero_sign=True, source="C23 F.10.6.6: round(+-0) is +-0", verified=RATIONALS, topics=ROUNDING),
    op("signbit", X,
       torch="torch.signbit(x).to(x.dtype)",
       tensorflow=["tf.cast(tf.keras.ops.signbit(x), x.dtype)", "tf.cast(tf.experimental.numpy.signbit(x), x.dtype)"],
       jax="jnp.signbit(x).astype(x.dtype)",
       numpy=peer("np.signbit(x).astype(x.dtype)"), orders=VALUE, accuracy="exact", accepts={"x=-0": 1.0, "x=nan": "any"},
       source="IEEE 754-2019, 5.7.2, isSignMinus", verified=RATIONALS, topics=NUMBERS),
    op("heaviside", XY,
       torch="torch.heaviside(x, y)",
       tensorflow=["tf.keras.ops.heaviside(x, y)", call("tf.experimental.numpy.heaviside(x, y)", dtypes=NO_BFLOAT16)],
       jax="jnp.heaviside(x, y)",
       numpy=peer("np.heaviside(x, y)"), orders=VALUE, accuracy="exact", accepts={"y=nan,x>0": 1.0, "y=nan,x<0": 0.0, "x=nan": "any"},
       source="numpy.heaviside: y matters at x = 0 only", verified=RATIONALS, topics=NUMBERS),
    op("copysign_of_half", [scalar("x"), scalar("y", -8, 7, integers=True, differentiable=False)], torch="torch.copysign(x, y + 0.5)",
       jax="jnp.copysign(x, y + 0.5)", numpy=peer("np.copysign(x, y + np.asarray(0.5, y.dtype))"), accuracy="exact",
       verified=RATIONALS, topics=NUMBERS),
    op("frexp", X, torch="torch.stack([torch.frexp(x)[0], torch.frexp(x)[1].to(x.dtype)], dim=-1)",
       jax="jnp.stack([jnp.frexp(x)[0], jnp.frexp(x)[1].astype(x.dtype)], axis=-1)",
       numpy=peer("np.stack([np.frexp(x)[0], np.frexp(x)[1].astype(x.dtype)], axis=-1)"), orders=VALUE, accuracy="exact",
       accepts={"x=inf": "any", "x=-inf": "any", "x=nan": "any"}, source="C23 F.10.3.7: the exponent of an infinity or NaN is unspecified",
       verified=RATIONALS, topics=NUMBERS),
    op("ldexp", [scalar("x"), scalar("y", -6, 6, integers=True, differentiable=False)],
       torch=by_step("torch.ldexp(x, (step * y).to(torch.int32))"), tensorflow=by_step("tf.keras.ops.ldexp(x, tf.cast(step * y, tf.int32))"),
       jax=by_step("jnp.ldexp(x, (step * y).astype(jnp.int32))"), numpy=peer("np.ldexp(x, (step * y).astype(np.int32))", when={"step": (1,)}),
       params={"step": (1, 25, 180)}, accuracy="exact", verified=RATIONALS, topics=NUMBERS),
    op("nextafter", XY, torch=by_format("torch.nextafter(x, y)"),
       tensorflow=by_format("tf.math.nextafter(x, y)", "tf.keras.ops.nextafter(x, y)", "tf.experimental.numpy.nextafter(x, y)", dtypes=WIDE),
       jax=by_format("jnp.nextafter(x, y)", "jax.lax.nextafter(x, y)"),
       numpy=[peer("np.nextafter(x, y)", (d,), when={"fmt": (d,)}) for d in NO_BFLOAT16],
       params={"fmt": ("float32", "float64", "float16", "bfloat16")}, orders=VALUE, accuracy="exact",
       accepts={"x=inf": "any", "x=-inf": "any"}, source="C23 F.10.8.3; the greatest number follows an infinity", verified=FORMULA, topics=NUMBERS),
    op("spacing", X, jax=by_format("jnp.spacing(x)"), numpy=[peer("np.spacing(x)", (d,), when={"fmt": (d,)}) for d in NO_BFLOAT16],
       params={"fmt": ("float32", "float64", "float16", "bfloat16")}, orders=VALUE, accuracy="exact",
       accepts={"x=inf": float("nan"), "x=-inf": float("nan")}, source="numpy.spacing: NaN of an infinity", verified=FORMULA, topics=NUMBERS,
       documented=tuple(Documented("the distance to the nearest adjacent number", page, where="x<0", definition="distance_to_nearest",
                                   frameworks=(framework,))
                        for framework, page in (("numpy", pages.numpy("numpy.spacing")), ("jax", pages.jax("jax.numpy.spacing"))))),
]  # fmt: skip
