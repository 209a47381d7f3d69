"""Elementary functions of one and two real numbers."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import ARB, FORMULA, RATIONALS, Documented, Op, call, op, peer, scalar, subgradient

INF = float("inf")
PI = 3.141592653589793
MATH = ("tensor math",)
X = [scalar("x")]
ANGLE = [scalar("x", everyday="angle")]
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")
KERAS, TNP = "tf.keras.ops", "tf.experimental.numpy"

#: The pages of torch.cosh and torch.sinh: on the CPU Sleef may be used, which rounds very large results to infinity. Sleef's own page
#: (sleef.org/2-references/libm, Sleef_cosh_u10, Sleef_coshf_u10 and the same of sinh): 1.0 ulp within these bounds, and outside them
#: "infinity with a correct sign or a correct value with 1.0 ULP error bound".
SLEEF = {"float32": 88.5, "float64": 709.0, "bfloat16": 88.5}


def _sleef(name: str, even: tuple[str, ...], odd: tuple[str, ...]) -> tuple[Documented, ...]:
    """The orders in which the result is even in x, and infinite on both sides, and those in which it is odd."""
    return tuple(
        Documented("Sleef rounds very large results to infinity", pages.torch(name), where=where, value=value, orders=orders,
                   dtypes=(dtype,), frameworks=("torch",), devices=("cpu",))
        for dtype, most in SLEEF.items()
        for orders, where, value in ((even, f"x>{most}|x<-{most}", INF), (odd, f"x>{most}", INF), (odd, f"x<-{most}", -INF))
    )  # fmt: skip


UNARY: list[Op] = [
    op("exp", X, torch="torch.exp(x)", tensorflow=["tf.math.exp(x)", f"{KERAS}.exp(x)", call(f"{TNP}.exp(x)", dtypes=NO_BFLOAT16),
           "tf.keras.activations.exponential(x)"], jax=["jnp.exp(x)", "jax.lax.exp(x)"], numpy=peer("np.exp(x)"),
       accuracy="elementary", verified=ARB, topics=MATH),
    op("exp2", X, torch=["torch.exp2(x)", "torch.special.exp2(x)"], tensorflow=[call("tf.experimental.numpy.exp2(x)", dtypes=NO_BFLOAT16),
           f"{KERAS}.exp2(x)"],
       jax=["jnp.exp2(x)", "jax.lax.exp2(x)"],
       numpy=peer("np.exp2(x)"), accuracy="elementary", verified=ARB, topics=MATH),
    op("expm1", X, torch=["torch.expm1(x)", "torch.special.expm1(x)"], tensorflow=["tf.math.expm1(x)", f"{KERAS}.expm1(x)",
           call(f"{TNP}.expm1(x)", dtypes=NO_BFLOAT16)], jax=["jnp.expm1(x)", "jax.lax.expm1(x)"], numpy=peer("np.expm1(x)"),
       keeps_zero_sign=True, source="C23 F.10.3: expm1(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("log", [scalar("x", 0)], torch="torch.log(x)", tensorflow=["tf.math.log(x)", f"{KERAS}.log(x)", call(f"{TNP}.log(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.log(x)", "jax.lax.log(x)"], numpy=peer("np.log(x)"),
       accuracy="elementary", verified=ARB, topics=MATH),
    op("log2", [scalar("x", 0)], torch="torch.log2(x)", tensorflow=[call("tf.experimental.numpy.log2(x)", dtypes=NO_BFLOAT16), f"{KERAS}.log2(x)"],
       jax="jnp.log2(x)",
       numpy=peer("np.log2(x)"), accuracy="elementary", verified=ARB, topics=MATH),
    op("log10", [scalar("x", 0)], torch="torch.log10(x)",
       tensorflow=[call("tf.experimental.numpy.log10(x)", dtypes=NO_BFLOAT16), f"{KERAS}.log10(x)"], jax="jnp.log10(x)",
       numpy=peer("np.log10(x)"), accuracy="elementary", verified=ARB, topics=MATH),
    op("log1p", [scalar("x", -1)], torch=["torch.log1p(x)", "torch.special.log1p(x)"],
       tensorflow=["tf.math.log1p(x)", f"{KERAS}.log1p(x)", call(f"{TNP}.log1p(x)", dtypes=NO_BFLOAT16)], jax=["jnp.log1p(x)", "jax.lax.log1p(x)"],
       numpy=peer("np.log1p(x)"), keeps_zero_sign=True, source="C23 F.10.3: log1p(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("sqrt", [scalar("x", 0)], torch="torch.sqrt(x)", tensorflow=["tf.math.sqrt(x)", f"{KERAS}.sqrt(x)",
           call(f"{TNP}.sqrt(x)", dtypes=NO_BFLOAT16)], jax=["jnp.sqrt(x)", "jax.lax.sqrt(x)"],
       numpy=peer("np.sqrt(x)"), keeps_zero_sign=True, source="C23 F.10.4: sqrt(+-0) is +-0",
       accuracy="exact", verified=ARB, topics=MATH),
    op("rsqrt", [scalar("x", 0)], torch="torch.rsqrt(x)", tensorflow=["tf.math.rsqrt(x)", f"{KERAS}.rsqrt(x)"], jax="jax.lax.rsqrt(x)",
       accepts={"x=-0": -INF}, source="IEEE 754-2019, 9.2.1: rSqrt(-0) = -inf", verified=ARB, topics=MATH),
    op("cbrt", X, tensorflow=[call("tf.experimental.numpy.cbrt(x)", dtypes=NO_BFLOAT16), f"{KERAS}.cbrt(x)"], jax=["jnp.cbrt(x)", "jax.lax.cbrt(x)"],
       numpy=peer("np.cbrt(x)"),
       keeps_zero_sign=True, source="C23 F.10.4: cbrt(+-0) is +-0",
       accuracy="elementary", verified=FORMULA, topics=MATH),
    op("reciprocal", X, torch="torch.reciprocal(x)", tensorflow=["tf.math.reciprocal(x)", f"{KERAS}.reciprocal(x)", f"{TNP}.reciprocal(x)"],
       jax=["jnp.reciprocal(x)", "jax.lax.reciprocal(x)"],
       numpy=peer("np.reciprocal(x)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("square", X, torch="torch.square(x)", tensorflow=["tf.math.square(x)", f"{KERAS}.square(x)", f"{TNP}.square(x)"],
       jax=["jnp.square(x)", "jax.lax.square(x)"], numpy=peer("np.square(x)"),
       accuracy="exact", verified=RATIONALS, topics=MATH),
    op("sin", ANGLE, torch="torch.sin(x)", tensorflow=["tf.math.sin(x)", f"{KERAS}.sin(x)", call(f"{TNP}.sin(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.sin(x)", "jax.lax.sin(x)"], numpy=peer("np.sin(x)"),
       keeps_zero_sign=True, source="C23 F.10.1: sin(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("cos", ANGLE, torch="torch.cos(x)", tensorflow=["tf.math.cos(x)", f"{KERAS}.cos(x)", call(f"{TNP}.cos(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.cos(x)", "jax.lax.cos(x)"], numpy=peer("np.cos(x)"),
       accuracy="elementary", verified=ARB, topics=MATH),
    op("tan", ANGLE, torch="torch.tan(x)", tensorflow=["tf.math.tan(x)", f"{KERAS}.tan(x)", call(f"{TNP}.tan(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.tan(x)", "jax.lax.tan(x)"], numpy=peer("np.tan(x)"),
       keeps_zero_sign=True, source="C23 F.10.1: tan(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("asin", [scalar("x", -1, 1)], torch="torch.asin(x)", tensorflow=["tf.math.asin(x)", f"{KERAS}.arcsin(x)",
           call(f"{TNP}.arcsin(x)", dtypes=NO_BFLOAT16)], jax=["jnp.arcsin(x)", "jax.lax.asin(x)"],
       numpy=peer("np.arcsin(x)"), keeps_zero_sign=True, source="C23 F.10.1: asin(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("acos", [scalar("x", -1, 1)], torch="torch.acos(x)", tensorflow=["tf.math.acos(x)", f"{KERAS}.arccos(x)",
           call(f"{TNP}.arccos(x)", dtypes=NO_BFLOAT16)], jax=["jnp.arccos(x)", "jax.lax.acos(x)"],
       numpy=peer("np.arccos(x)"), accuracy="elementary", verified=ARB, topics=MATH),
    op("atan", X, torch="torch.atan(x)", tensorflow=["tf.math.atan(x)", f"{KERAS}.arctan(x)", call(f"{TNP}.arctan(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.arctan(x)", "jax.lax.atan(x)"], numpy=peer("np.arctan(x)"),
       keeps_zero_sign=True, source="C23 F.10.1: atan(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("sinh", X, torch="torch.sinh(x)", tensorflow=["tf.math.sinh(x)", f"{KERAS}.sinh(x)", call(f"{TNP}.sinh(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.sinh(x)", "jax.lax.sinh(x)"], numpy=peer("np.sinh(x)"),
       keeps_zero_sign=True, source="C23 F.10.2: sinh(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH,
       documented=_sleef("torch.sinh", ("grad", "jvp"), ("value", "grad2"))),
    op("cosh", X, torch="torch.cosh(x)", tensorflow=["tf.math.cosh(x)", f"{KERAS}.cosh(x)", call(f"{TNP}.cosh(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.cosh(x)", "jax.lax.cosh(x)"], numpy=peer("np.cosh(x)"),
       accuracy="elementary", verified=ARB, topics=MATH,
       documented=_sleef("torch.cosh", ("value", "grad2"), ("grad", "jvp"))),
    op("tanh", X, torch="torch.tanh(x)", tensorflow=["tf.math.tanh(x)", f"{KERAS}.tanh(x)", call(f"{TNP}.tanh(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.tanh(x)", "jax.lax.tanh(x)"], numpy=peer("np.tanh(x)"),
       keeps_zero_sign=True, source="C23 F.10.2: tanh(+-0) is +-0",
       accuracy="elementary", sup_first_derivative=1.0, sup_second_derivative=0.7699, verified=ARB, topics=("tensor math", "activation functions")),
    op("asinh", X, torch="torch.asinh(x)", tensorflow=["tf.math.asinh(x)", f"{KERAS}.arcsinh(x)", call(f"{TNP}.arcsinh(x)", dtypes=NO_BFLOAT16)],
       jax=["jnp.arcsinh(x)", "jax.lax.asinh(x)"], numpy=peer("np.arcsinh(x)"),
       keeps_zero_sign=True, source="C23 F.10.2: asinh(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
    op("acosh", [scalar("x", 1)], torch="torch.acosh(x)", tensorflow=["tf.math.acosh(x)", f"{KERAS}.arccosh(x)",
           call(f"{TNP}.arccosh(x)", dtypes=NO_BFLOAT16)], jax=["jnp.arccosh(x)", "jax.lax.acosh(x)"],
       numpy=peer("np.arccosh(x)"), accuracy="elementary", verified=ARB, topics=MATH),
    op("atanh", [scalar("x", -1, 1)], torch="torch.atanh(x)", tensorflow=["tf.math.atanh(x)", f"{KERAS}.arctanh(x)",
           call(f"{TNP}.arctanh(x)", dtypes=NO_BFLOAT16)], jax=["jnp.arctanh(x)", "jax.lax.atanh(x)"],
       numpy=peer("np.arctanh(x)"), keeps_zero_sign=True, source="C23 F.10.2: atanh(+-0) is +-0",
       accuracy="elementary", verified=ARB, topics=MATH),
]  # fmt: skip

BINARY: list[Op] = [
    op("add", XY, torch="torch.add(x, y)", tensorflow=["tf.math.add(x, y)", f"{KERAS}.add(x, y)", f"{TNP}.add(x, y)"],
       jax=["jnp.add(x, y)", "jax.lax.add(x, y)"], numpy=peer("np.add(x, y)"),
       accuracy="exact", verified=RATIONALS, topics=MATH),
    op("sub", XY, torch="torch.sub(x, y)", tensorflow=["tf.math.subtract(x, y)", f"{KERAS}.subtract(x, y)", f"{TNP}.subtract(x, y)"],
       jax=["jnp.subtract(x, y)", "jax.lax.sub(x, y)"],
       numpy=peer("np.subtract(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("mul", XY, torch="torch.mul(x, y)", tensorflow=["tf.math.multiply(x, y)", f"{KERAS}.multiply(x, y)", f"{TNP}.multiply(x, y)"],
       jax=["jnp.multiply(x, y)", "jax.lax.mul(x, y)"],
       numpy=peer("np.multiply(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("div", XY, torch="torch.div(x, y)", tensorflow=["tf.math.divide(x, y)", f"{KERAS}.true_divide(x, y)", f"{TNP}.true_divide(x, y)"],
       jax=["jnp.divide(x, y)", "jax.lax.div(x, y)"],
       numpy=peer("np.divide(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("pow", XY, torch=["torch.pow(x, y)", call("torch.float_power(x, y)", dtypes=("float64",))],
       tensorflow=["tf.math.pow(x, y)", f"{KERAS}.power(x, y)", f"{TNP}.power(x, y)", f"{TNP}.float_power(x, y)"],
       jax=["jnp.power(x, y)", "jax.lax.pow(x, y)", "jnp.float_power(x, y)"], numpy=peer("np.power(x, y)"),
       accuracy="special",
       accepts={"x=1": 1.0, "y=0": 1.0, "x=-1,y=inf": 1.0, "x=-1,y=-inf": 1.0, "x=0,y=inf": 0.0, "x=0,y=-inf": INF,
                "x>-1,x<0,y=inf": 0.0, "x>-1,x<0,y=-inf": INF, "x<-1,y=inf": INF, "x<-1,y=-inf": 0.0,
                "x=-inf,y>0": INF, "x=-inf,y<0": 0.0},
       source="C23 F.10.4.5: pow(+1, y) and pow(x, +-0) are 1 even for a NaN; infinite powers count as even integers",
       verified=ARB, topics=MATH),
    op("atan2", XY, torch="torch.atan2(x, y)", tensorflow=["tf.math.atan2(x, y)", f"{KERAS}.arctan2(x, y)", f"{TNP}.arctan2(x, y)"],
       jax=["jnp.arctan2(x, y)", "jax.lax.atan2(x, y)"],
       numpy=peer("np.arctan2(x, y)"), accuracy="special",
       accepts={"x=0,y=0": 0.0, "x=+0,y=-0": PI, "x=+0,y=-inf": PI, "x=-0,y<0": -PI, "x=-0,y=-0": -PI,
                "x=inf,y=inf": PI / 4, "x=-inf,y=inf": -PI / 4, "x=inf,y=-inf": 3 * PI / 4, "x=-inf,y=-inf": -3 * PI / 4},
       source="x is the ordinate, y the abscissa, as in the call; C23 F.10.1.4", verified=FORMULA, topics=MATH),
    op("hypot", XY, torch="torch.hypot(x, y)", tensorflow=[call("tf.experimental.numpy.hypot(x, y)", dtypes=NO_BFLOAT16), f"{KERAS}.hypot(x, y)"],
       jax="jnp.hypot(x, y)",
       numpy=peer("np.hypot(x, y)"), accuracy="special",
       accepts={"x=inf": INF, "x=-inf": INF, "y=inf": INF, "y=-inf": INF},
       source="C23 F.10.4.4: hypot(+-inf, y) is +inf even for a NaN", conventions=(subgradient("x=0,y=0"),), verified=FORMULA, topics=MATH),
    op("logaddexp", XY, torch="torch.logaddexp(x, y)",
       tensorflow=[call("tf.experimental.numpy.logaddexp(x, y)", dtypes=NO_BFLOAT16), f"{KERAS}.logaddexp(x, y)"],
       jax="jnp.logaddexp(x, y)", numpy=peer("np.logaddexp(x, y)"), verified=FORMULA, topics=MATH),
    op("logaddexp2", XY, torch="torch.logaddexp2(x, y)",
       tensorflow=[call("tf.experimental.numpy.logaddexp2(x, y)", dtypes=NO_BFLOAT16), f"{KERAS}.logaddexp2(x, y)"],
       jax="jnp.logaddexp2(x, y)", numpy=peer("np.logaddexp2(x, y)"), verified=FORMULA, topics=MATH),
    op("xlogy", [scalar("x"), scalar("y", 0)], torch=["torch.xlogy(x, y)", "torch.special.xlogy(x, y)"], tensorflow="tf.math.xlogy(x, y)",
       jax="jax.scipy.special.xlogy(x, y)", numpy=peer("scipy.special.xlogy(x, y)", WIDE),
       accepts={"x=0,y<0": 0.0}, source="scipy.special.xlogy: 0 for x = 0 and any y but NaN", verified=FORMULA, topics=MATH,
       documented=(Documented("0 if x is 0, whatever y is", pages.tensorflow("tf.math.xlogy"), where="x=0", value=0.0, orders=("value",),
                  frameworks=("tensorflow",)),)),
    op("xlog1py", [scalar("x"), scalar("y", -1)], torch="torch.special.xlog1py(x, y)", tensorflow="tf.math.xlog1py(x, y)",
       jax="jax.scipy.special.xlog1py(x, y)", numpy=peer("scipy.special.xlog1py(x, y)", WIDE),
       accepts={"x=0,y<0": 0.0}, source="torch.special.xlog1py: 0 for x = 0 and any y but NaN", verified=FORMULA, topics=MATH,
       documented=(Documented("0 if x is 0, whatever y is", pages.tensorflow("tf.math.xlog1py"), where="x=0", value=0.0, orders=("value",),
                  frameworks=("tensorflow",)),)),
    op("fmod", XY, torch="torch.fmod(x, y)", tensorflow=[call("tf.truncatemod(x, y)", dtypes=WIDE, grad=False), f"{KERAS}.fmod(x, y)"],
       jax=["jnp.fmod(x, y)", "jax.lax.rem(x, y)"],
       numpy=peer("np.fmod(x, y)"), accuracy="exact", verified=RATIONALS, topics=MATH),
    op("remainder", XY, torch="torch.remainder(x, y)", tensorflow=["tf.math.floormod(x, y)", f"{KERAS}.mod(x, y)", f"{TNP}.remainder(x, y)"],
       jax="jnp.remainder(x, y)",
       numpy=peer("np.remainder(x, y)"), accepts={"x=0,y=inf": 0.0, "x=0,y=-inf": 0.0}, verified=RATIONALS, topics=MATH),
    op("floor_divide", XY, torch=["torch.floor_divide(x, y)", "torch.div(x, y, rounding_mode='floor')"],
       tensorflow=["tf.math.floordiv(x, y)", f"{KERAS}.floor_divide(x, y)", f"{TNP}.floor_divide(x, y)"], jax="jnp.floor_divide(x, y)",
       numpy=peer("np.floor_divide(x, y)"), orders=("value",), accepts={"x=0,y=inf": 0.0, "x=0,y=-inf": 0.0}, verified=RATIONALS, topics=MATH),
]  # fmt: skip

OPS = UNARY + BINARY
