"""Trigonometric and hyperbolic functions of complex numbers and their inverses; judged as ulpfuzz.fuzzer.catalog.families.complex says."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.complex import named
from ulpfuzz.fuzzer.catalog.op import Cut, Op

#: The real axis from -1 and 1 on; the imaginary one likewise.
REAL = tuple(Cut(f"z.real{end},z.imag=0", (1,)) for end in (">1", "=1", "=-1", "<-1"))
IMAGINARY = tuple(Cut(f"z.imag{end},z.real=0", (0,)) for end in (">1", "=1", "=-1", "<-1"))

OPS: list[Op] = [
    named("sin", "sin", "tf.math.sin(z)", "sin"),
    named("cos", "cos", "tf.math.cos(z)", "cos"),
    named("tan", "tan", "tf.math.tan(z)", "tan", sup_first_derivative=1.0, sup_second_derivative=0.7699),
    named("sinh", "sinh", "tf.math.sinh(z)", "sinh"),
    named("cosh", "cosh", "tf.math.cosh(z)", "cosh"),
    named("tanh", "tanh", "tf.math.tanh(z)", "tanh", sup_first_derivative=1.0, sup_second_derivative=0.7699),
    named("asin", "asin", "tf.math.asin(z)", "arcsin", cuts=REAL),
    named("acos", "acos", "tf.math.acos(z)", "arccos", cuts=REAL),
    named("atan", "atan", "tf.math.atan(z)", "arctan", cuts=IMAGINARY),
    named("asinh", "asinh", "tf.math.asinh(z)", "arcsinh", cuts=IMAGINARY),
    named("acosh", "acosh", "tf.math.acosh(z)", "arccosh", cuts=(Cut("z.real<1,z.imag=0", (1,)), Cut("z.real=1,z.imag=0", (1,)))),
    named("atanh", "atanh", "tf.math.atanh(z)", "arctanh", cuts=REAL),
]  # fmt: skip
