"""Trigonometric and hyperbolic functions of complex numbers and their inverses; judged as ulpfuzz.fuzzer.catalog.families.complex says."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.families.complex import published
from ulpfuzz.fuzzer.catalog.op import Cut, Op

#: The real axis from -1 and 1 on; the imaginary one likewise.
REAL = tuple(Cut(f"z.real{end},z.imag=0", (1,)) for end in (">1", "=1", "=-1", "<-1"))
IMAGINARY = tuple(Cut(f"z.imag{end},z.real=0", (0,)) for end in (">1", "=1", "=-1", "<-1"))

OPS: list[Op] = [
    published("sin", "torch.sin(z)", "tf.math.sin(z)", "jnp.sin(z)"),
    published("cos", "torch.cos(z)", "tf.math.cos(z)", "jnp.cos(z)"),
    published("tan", "torch.tan(z)", "tf.math.tan(z)", "jnp.tan(z)", sup_first_derivative=1.0, sup_second_derivative=0.7699),
    published("sinh", "torch.sinh(z)", "tf.math.sinh(z)", "jnp.sinh(z)"),
    published("cosh", "torch.cosh(z)", "tf.math.cosh(z)", "jnp.cosh(z)"),
    published("tanh", "torch.tanh(z)", "tf.math.tanh(z)", "jnp.tanh(z)", sup_first_derivative=1.0, sup_second_derivative=0.7699),
    published("asin", "torch.asin(z)", "tf.math.asin(z)", "jnp.arcsin(z)", cuts=REAL),
    published("acos", "torch.acos(z)", "tf.math.acos(z)", "jnp.arccos(z)", cuts=REAL),
    published("atan", "torch.atan(z)", "tf.math.atan(z)", "jnp.arctan(z)", cuts=IMAGINARY),
    published("asinh", "torch.asinh(z)", "tf.math.asinh(z)", "jnp.arcsinh(z)", cuts=IMAGINARY),
    published("acosh", "torch.acosh(z)", "tf.math.acosh(z)", "jnp.arccosh(z)", cuts=(Cut("z.real<1,z.imag=0", (1,)), Cut("z.real=1,z.imag=0", (1,)))),
    published("atanh", "torch.atanh(z)", "tf.math.atanh(z)", "jnp.arctanh(z)", cuts=REAL),
]  # fmt: skip
