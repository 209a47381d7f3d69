"""Elementary functions of one and two real numbers."""

from __future__ import annotations

from fuzzer.catalog.op import Op, call, op, peer, scalar

INF = float("inf")
PI = 3.141592653589793
MATH = ("tensor math",)
X = [scalar("x")]
XY = [scalar("x"), scalar("y")]
WIDE = ("float32", "float64")
NO_BFLOAT16 = ("float16", "float32", "float64")

UNARY: list[Op] = [
    op("exp", X, torch="torch.exp(x)", tensorflow="tf.math.exp(x)", jax="jnp.exp(x)", numpy=peer("np.exp(x)"),
       accuracy="elementary", topics=MATH),
    op("exp2", X, torch="torch.exp2(x)", tensorflow=call("tf.experimental.numpy.exp2(x)", dtypes=NO_BFLOAT16), jax=["jnp.exp2(x)", "jax.lax.exp2(x)"],
       numpy=peer("np.exp2(x)"), accuracy="elementary", topics=MATH),
    op("expm1", X, torch="torch.expm1(x)", tensorflow="tf.math.expm1(x)", jax="jnp.expm1(x)", numpy=peer("np.expm1(x)"),
       accuracy="elementary", topics=MATH),
    op("log", [scalar("x", 0)], torch="torch.log(x)", tensorflow="tf.math.log(x)", jax="jnp.log(x)", numpy=peer("np.log(x)"),
       accuracy="elementary", topics=MATH),
    op("log2", [scalar("x", 0)], torch="torch.log2(x)", tensorflow=call("tf.experimental.numpy.log2(x)", dtypes=NO_BFLOAT16), jax="jnp.log2(x)",
       numpy=peer("np.log2(x)"), accuracy="elementary", topics=MATH),
    op("log10", [scalar("x", 0)], torch="torch.log10(x)", tensorflow=call("tf.experimental.numpy.log10(x)", dtypes=NO_BFLOAT16), jax="jnp.log10(x)",
       numpy=peer("np.log10(x)"), accuracy="elementary", topics=MATH),
    op("log1p", [scalar("x", -1)], torch="torch.log1p(x)", tensorflow="tf.math.log1p(x)", jax="jnp.log1p(x)",
       numpy=peer("np.log1p(x)"), accuracy="elementary", topics=MATH),
    op("sqrt", [scalar("x", 0)], torch="torch.sqrt(x)", tensorflow="tf.math.sqrt(x)", jax="jnp.sqrt(x)",
       numpy=peer("np.sqrt(x)"), accuracy="exact", topics=MATH),
    op("rsqrt", [scalar("x", 0)], torch="torch.rsqrt(x)", tensorflow="tf.math.rsqrt(x)", jax="jax.lax.rsqrt(x)",
       accepts={"x=-0": -INF}, source="IEEE 754-2019, 9.2.1: rSqrt(-0) = -inf", topics=MATH),
    op("cbrt", X, tensorflow=call("tf.experimental.numpy.cbrt(x)", dtypes=NO_BFLOAT16), jax="jnp.cbrt(x)", numpy=peer("np.cbrt(x)"),
       accuracy="elementary", topics=MATH),
    op("reciprocal", X, torch="torch.reciprocal(x)", tensorflow="tf.math.reciprocal(x)", jax="jnp.reciprocal(x)",
       numpy=peer("np.reciprocal(x)"), accuracy="exact", topics=MATH),
    op("square", X, torch="torch.square(x)", tensorflow="tf.math.square(x)", jax="jnp.square(x)", numpy=peer("np.square(x)"),
       accuracy="exact", topics=MATH),
    op("sin", X, torch="torch.sin(x)", tensorflow="tf.math.sin(x)", jax="jnp.sin(x)", numpy=peer("np.sin(x)"),
       accuracy="elementary", topics=MATH),
    op("cos", X, torch="torch.cos(x)", tensorflow="tf.math.cos(x)", jax="jnp.cos(x)", numpy=peer("np.cos(x)"),
       accuracy="elementary", topics=MATH),
    op("tan", X, torch="torch.tan(x)", tensorflow="tf.math.tan(x)", jax="jnp.tan(x)", numpy=peer("np.tan(x)"),
       accuracy="elementary", topics=MATH),
    op("asin", [scalar("x", -1, 1)], torch="torch.asin(x)", tensorflow="tf.math.asin(x)", jax="jnp.arcsin(x)",
       numpy=peer("np.arcsin(x)"), accuracy="elementary", topics=MATH),
    op("acos", [scalar("x", -1, 1)], torch="torch.acos(x)", tensorflow="tf.math.acos(x)", jax="jnp.arccos(x)",
       numpy=peer("np.arccos(x)"), accuracy="elementary", topics=MATH),
    op("atan", X, torch="torch.atan(x)", tensorflow="tf.math.atan(x)", jax="jnp.arctan(x)", numpy=peer("np.arctan(x)"),
       accuracy="elementary", topics=MATH),
    op("sinh", X, torch="torch.sinh(x)", tensorflow="tf.math.sinh(x)", jax="jnp.sinh(x)", numpy=peer("np.sinh(x)"),
       accuracy="elementary", topics=MATH),
    op("cosh", X, torch="torch.cosh(x)", tensorflow="tf.math.cosh(x)", jax="jnp.cosh(x)", numpy=peer("np.cosh(x)"),
       accuracy="elementary", topics=MATH),
    op("tanh", X, torch="torch.tanh(x)", tensorflow="tf.math.tanh(x)", jax="jnp.tanh(x)", numpy=peer("np.tanh(x)"),
       accuracy="elementary", saturates=1.0, topics=("tensor math", "activation functions")),
    op("asinh", X, torch="torch.asinh(x)", tensorflow="tf.math.asinh(x)", jax="jnp.arcsinh(x)", numpy=peer("np.arcsinh(x)"),
       accuracy="elementary", topics=MATH),
    op("acosh", [scalar("x", 1)], torch="torch.acosh(x)", tensorflow="tf.math.acosh(x)", jax="jnp.arccosh(x)",
       numpy=peer("np.arccosh(x)"), accuracy="elementary", topics=MATH),
    op("atanh", [scalar("x", -1, 1)], torch="torch.atanh(x)", tensorflow="tf.math.atanh(x)", jax="jnp.arctanh(x)",
       numpy=peer("np.arctanh(x)"), accuracy="elementary", topics=MATH),
]  # fmt: skip

BINARY: list[Op] = [
    op("add", XY, torch="torch.add(x, y)", tensorflow="tf.math.add(x, y)", jax="jnp.add(x, y)", numpy=peer("np.add(x, y)"),
       accuracy="exact", topics=MATH),
    op("sub", XY, torch="torch.sub(x, y)", tensorflow="tf.math.subtract(x, y)", jax="jnp.subtract(x, y)",
       numpy=peer("np.subtract(x, y)"), accuracy="exact", topics=MATH),
    op("mul", XY, torch="torch.mul(x, y)", tensorflow="tf.math.multiply(x, y)", jax="jnp.multiply(x, y)",
       numpy=peer("np.multiply(x, y)"), accuracy="exact", topics=MATH),
    op("div", XY, torch="torch.div(x, y)", tensorflow="tf.math.divide(x, y)", jax="jnp.divide(x, y)",
       numpy=peer("np.divide(x, y)"), accuracy="exact", topics=MATH),
    op("pow", XY, torch="torch.pow(x, y)", tensorflow="tf.math.pow(x, y)", jax="jnp.power(x, y)", numpy=peer("np.power(x, y)"),
       accuracy="special", accepts={"x=1": 1.0, "y=0": 1.0, "x=-1,y=inf": 1.0, "x=-1,y=-inf": 1.0},
       source="C23 F.10.4.5: pow(+1, y) and pow(x, +-0) are 1 even for a NaN; pow(-1, +-inf) is 1", topics=MATH),
    op("atan2", XY, torch="torch.atan2(x, y)", tensorflow="tf.math.atan2(x, y)", jax="jnp.arctan2(x, y)",
       numpy=peer("np.arctan2(x, y)"), accuracy="special",
       accepts={"x=+0,y=+0": 0.0, "x=-0,y=+0": -0.0, "x=+0,y=-0": PI, "x=-0,y=-0": -PI, "x=+0,y=-inf": PI, "x=-0,y=-inf": -PI,
                "x=inf,y=inf": PI / 4, "x=-inf,y=inf": -PI / 4, "x=inf,y=-inf": 3 * PI / 4, "x=-inf,y=-inf": -3 * PI / 4},
       source="x is the ordinate, y the abscissa, as in the call; C23 F.10.1.4", topics=MATH),
    op("hypot", XY, torch="torch.hypot(x, y)", tensorflow=call("tf.experimental.numpy.hypot(x, y)", dtypes=NO_BFLOAT16), jax="jnp.hypot(x, y)",
       numpy=peer("np.hypot(x, y)"), accuracy="special",
       accepts={"x=inf": INF, "x=-inf": INF, "y=inf": INF, "y=-inf": INF},
       source="C23 F.10.4.4: hypot(+-inf, y) is +inf even for a NaN", topics=MATH),
    op("logaddexp", XY, torch="torch.logaddexp(x, y)", tensorflow=call("tf.experimental.numpy.logaddexp(x, y)", dtypes=NO_BFLOAT16),
       jax="jnp.logaddexp(x, y)", numpy=peer("np.logaddexp(x, y)"), topics=MATH),
    op("logaddexp2", XY, torch="torch.logaddexp2(x, y)", tensorflow=call("tf.experimental.numpy.logaddexp2(x, y)", dtypes=NO_BFLOAT16),
       jax="jnp.logaddexp2(x, y)", numpy=peer("np.logaddexp2(x, y)"), topics=MATH),
    op("xlogy", [scalar("x"), scalar("y", 0)], torch="torch.xlogy(x, y)", tensorflow="tf.math.xlogy(x, y)",
       jax="jax.scipy.special.xlogy(x, y)", numpy=peer("scipy.special.xlogy(x, y)", WIDE), topics=MATH),
    op("xlog1py", [scalar("x"), scalar("y", -1)], torch="torch.special.xlog1py(x, y)", tensorflow="tf.math.xlog1py(x, y)",
       jax="jax.scipy.special.xlog1py(x, y)", numpy=peer("scipy.special.xlog1py(x, y)", WIDE), topics=MATH),
    op("fmod", XY, torch="torch.fmod(x, y)", tensorflow=call("tf.truncatemod(x, y)", dtypes=WIDE, grad=False), jax=["jnp.fmod(x, y)", "jax.lax.rem(x, y)"],
       numpy=peer("np.fmod(x, y)"), accuracy="exact", topics=MATH),
    op("remainder", XY, torch="torch.remainder(x, y)", tensorflow="tf.math.floormod(x, y)", jax="jnp.remainder(x, y)",
       numpy=peer("np.remainder(x, y)"), topics=MATH),
    op("floor_divide", XY, torch="torch.floor_divide(x, y)", tensorflow="tf.math.floordiv(x, y)", jax="jnp.floor_divide(x, y)",
       numpy=peer("np.floor_divide(x, y)"), orders=("value",), topics=MATH),
]  # fmt: skip

OPS = UNARY + BINARY
