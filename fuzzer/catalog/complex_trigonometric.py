"""Trigonometric and hyperbolic functions of complex numbers and their inverses; judged as fuzzer.catalog.complex says."""

from __future__ import annotations

from fuzzer.catalog.complex import named
from fuzzer.catalog.op import Cut, Op

#: The real axis beyond -1 and 1.
REAL = (Cut("z.real>1,z.imag=0", (1,)), Cut("z.real<-1,z.imag=0", (1,)))
IMAGINARY = (Cut("z.imag>1,z.real=0", (0,)), Cut("z.imag<-1,z.real=0", (0,)))

OPS: list[Op] = [
    named("sin", "sin", "tf.math.sin(z)", "sin"),
    named("cos", "cos", "tf.math.cos(z)", "cos"),
    named("tan", "tan", "tf.math.tan(z)", "tan", saturates=1.0, bends=0.7699),
    named("sinh", "sinh", "tf.math.sinh(z)", "sinh"),
    named("cosh", "cosh", "tf.math.cosh(z)", "cosh"),
    named("tanh", "tanh", "tf.math.tanh(z)", "tanh", saturates=1.0, bends=0.7699),
    named("asin", "asin", "tf.math.asin(z)", "arcsin", cuts=REAL),
    named("acos", "acos", "tf.math.acos(z)", "arccos", cuts=REAL),
    named("atan", "atan", "tf.math.atan(z)", "arctan", cuts=IMAGINARY),
    named("asinh", "asinh", "tf.math.asinh(z)", "arcsinh", cuts=IMAGINARY),
    named("acosh", "acosh", "tf.math.acosh(z)", "arccosh", cuts=(Cut("z.real<1,z.imag=0", (1,)),)),
    named("atanh", "atanh", "tf.math.atanh(z)", "arctanh", cuts=REAL),
]  # fmt: skip
