"""Functions of complex numbers; C23 Annex G.

Judged in parts (DESIGN section 10). At inputs with infinite or NaN parts every answer is right: the tables of Annex G are no contract of a
framework's. On a branch cut either side's value is right, and every derivative.
"""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import (
    COMPLEX_DTYPES,
    FORMULA,
    RATIONALS,
    Calls,
    Cut,
    Documented,
    Input,
    Op,
    call,
    op,
    peer,
    scalar,
)

MPMATH = "mpmath's own complex function"
WIDE = ("float32", "float64")
TOPICS = ("complex",)
Z = [scalar("z", complex=True)]
AB = [scalar("a", complex=True), scalar("b", complex=True)]
#: The negative real axis.
NEGATIVE = Cut("z.real<0,z.imag=0", (1,))
POLE = Cut("z.real=0,z.imag=0")
#: Their modulus is that of r alone, or 1: |sin|^2 + |cos|^2 = 1.
SQUARES = ("sum_of_squares",)
#: With its end, where no derivative is.
LOG = (NEGATIVE, Cut("z.real=0,z.imag=0", (1,)))


def function(name: str, *, inputs: list[Input] = Z, numpy: str = "", **rest: Any) -> Op:
    """A record judged in parts."""
    rest = {"error_norm": "parts", "verified": MPMATH, "topics": TOPICS} | rest
    return op(name, inputs, numpy=peer(numpy, COMPLEX_DTYPES) if numpy else None, **rest)


def real_valued(name: str, **rest: Any) -> Op:
    return function(name, error_norm="", **rest)


def named(name: str, torch: str, tensorflow: Calls, jnp: str, **rest: Any) -> Op:
    """A function that numpy has under the name that it has in jnp."""
    jax: Calls = [jnp, *rest.pop("lax", ())]
    return function(f"{name}_complex", torch=torch, tensorflow=tensorflow, jax=jax, numpy=jnp.removeprefix("j"), **rest)


def published(name: str, torch: str, tensorflow: Calls, jnp: str, **rest: Any) -> Op:
    """Such a function whose errors glibc's manual lists."""
    return named(name, torch, tensorflow, jnp, modulus_published=True, **rest)


OPS: list[Op] = [
    published("exp", "torch.exp(z)", "tf.math.exp(z)", "jnp.exp(z)", functionals=SQUARES, verified=FORMULA),
    named("exp2", "torch.exp2(z)", None, "jnp.exp2(z)"),
    named("expm1", "torch.expm1(z)", "tf.math.expm1(z)", "jnp.expm1(z)"),
    published("log", "torch.log(z)", "tf.math.log(z)", "jnp.log(z)", cuts=LOG),
    named("log2", "torch.log2(z)", None, "jnp.log2(z)", cuts=LOG),
    published("log10", "torch.log10(z)", None, "jnp.log10(z)", cuts=LOG),
    named("log1p", "torch.log1p(z)", "tf.math.log1p(z)", "jnp.log1p(z)", cuts=(Cut("z.real<-1,z.imag=0", (1,)), Cut("z.real=-1,z.imag=0", (1,)))),
    published("sqrt", "torch.sqrt(z)", "tf.math.sqrt(z)", "jnp.sqrt(z)", cuts=LOG),
    function("rsqrt_complex", torch="torch.rsqrt(z)", tensorflow="tf.math.rsqrt(z)", jax="jax.lax.rsqrt(z)", cuts=(NEGATIVE, POLE)),
    named("square", "torch.square(z)", "tf.math.square(z)", "jnp.square(z)", verified=RATIONALS),
    named("reciprocal", "torch.reciprocal(z)", "tf.math.reciprocal(z)", "jnp.reciprocal(z)", cuts=(POLE,), verified=RATIONALS),
    named("sign", "torch.sgn(z)", "tf.math.sign(z)", "jnp.sign(z)", functionals=SQUARES, cuts=(Cut("z.real=0,z.imag=0", (0, 1)),)),
    function("sigmoid_complex", torch="torch.sigmoid(z)", tensorflow="tf.math.sigmoid(z)", jax="jax.nn.sigmoid(z)",
             sup_first_derivative=0.25, sup_second_derivative=0.0963),
    function("add_complex", inputs=AB, torch="torch.add(a, b)", tensorflow="tf.math.add(a, b)", jax="jnp.add(a, b)", numpy="np.add(a, b)",
             accuracy="exact", verified=RATIONALS),
    function("sub_complex", inputs=AB, torch="torch.sub(a, b)", tensorflow="tf.math.subtract(a, b)", jax="jnp.subtract(a, b)",
             numpy="np.subtract(a, b)", accuracy="exact", verified=RATIONALS),
    function("mul_complex", inputs=AB, torch="torch.mul(a, b)", tensorflow="tf.math.multiply(a, b)", jax="jnp.multiply(a, b)",
             numpy="np.multiply(a, b)", verified=RATIONALS),
    function("div_complex", inputs=AB, torch="torch.div(a, b)", tensorflow="tf.math.divide(a, b)", jax="jnp.divide(a, b)",
             numpy="np.divide(a, b)", cuts=(Cut("b.real=0,b.imag=0"),), verified=RATIONALS),
    function("pow_complex", inputs=AB, torch="torch.pow(a, b)", tensorflow="tf.math.pow(a, b)", jax="jnp.power(a, b)", numpy="np.power(a, b)",
             cuts=(Cut("a.real<0,a.imag=0"), Cut("a.real=0,a.imag=0"))),
    function("pow_of_complex", torch="torch.pow(z, p)", tensorflow="tf.math.pow(z, tf.cast(p, z.dtype))", jax="jnp.power(z, p)",
             numpy="np.power(z, p)", params={"p": (2, -1, 3, 0.5)}, cuts=(Cut("z.real<0,z.imag=0"), POLE)),
    function("logaddexp_complex", inputs=AB, torch="torch.logaddexp(a, b)", jax="jnp.logaddexp(a, b)"),
    function("conj", torch="torch.conj(z)", tensorflow="tf.math.conj(z)", jax="jnp.conj(z)", numpy="np.conj(z)",
             accuracy="exact", verified=RATIONALS),
    real_valued("real_part", torch="torch.real(z)", tensorflow="tf.math.real(z)", jax="jnp.real(z)", numpy="np.real(z)", accuracy="exact",
                verified=RATIONALS),
    real_valued("imaginary_part", torch="torch.imag(z)", tensorflow="tf.math.imag(z)", jax="jnp.imag(z)", numpy="np.imag(z)", accuracy="exact",
                verified=RATIONALS),
    real_valued("abs_complex", torch="torch.abs(z)", tensorflow="tf.math.abs(z)", jax="jnp.abs(z)", numpy="np.abs(z)", accuracy="special"),
    real_valued("angle", torch="torch.angle(z)", tensorflow="tf.math.angle(z)", jax="jnp.angle(z)", numpy="np.angle(z)", accuracy="special",
                cuts=(Cut("z.real<0,z.imag=0", (0,)), POLE)),
    op("complex_of_parts", [scalar("x"), scalar("y")], torch=call("torch.complex(x, y)", dtypes=WIDE),
       tensorflow=call("tf.complex(x, y)", dtypes=WIDE),
       jax=call("jax.lax.complex(x, y)", dtypes=WIDE), error_norm="parts", complex_result=True, accuracy="exact", verified=RATIONALS, topics=TOPICS),
    op("polar", [scalar("r", 0), scalar("t", everyday="angle")], torch=call("torch.polar(r, t)", dtypes=WIDE),
       error_norm="parts", functionals=SQUARES, complex_result=True, verified=FORMULA,
       topics=TOPICS,
       documented=(Documented("undefined for a negative or NaN modulus, or an infinite angle", pages.torch("torch.polar"),
                              where="r<0|r=nan|t=inf|t=-inf"),)),
]  # fmt: skip
