"""Trigonometric and hyperbolic functions of complex numbers and their inverses, over pairs [real, imaginary].

The inverses by Kahan, "Branch cuts for complex elementary functions" (1987), whose formulas keep what is exactly real or imaginary so.
"""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Complex, N
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.complex import root


@define("sin_complex")
def sin_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.21.37."""
    return [m.sin(z[0]) * m.cosh(z[1]), m.cos(z[0]) * m.sinh(z[1])]


@define("cos_complex")
def cos_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.21.38."""
    return [m.cos(z[0]) * m.cosh(z[1]), -(m.sin(z[0]) * m.sinh(z[1]))]


@define("tan_complex")
def tan_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.21.39, its denominator cos 2x + cosh 2y as 2 (cos x^2 + sinh y^2)."""
    total = m.square(m.cos(z[0])) + m.square(m.sinh(z[1]))
    return [m.sin(z[0]) * m.cos(z[0]) / total, m.sinh(z[1]) * m.cosh(z[1]) / total]


@define("sinh_complex")
def sinh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.35.34."""
    return [m.sinh(z[0]) * m.cos(z[1]), m.cosh(z[0]) * m.sin(z[1])]


@define("cosh_complex")
def cosh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.35.35."""
    return [m.cosh(z[0]) * m.cos(z[1]), m.sinh(z[0]) * m.sin(z[1])]


@define("tanh_complex")
def tanh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """DLMF 4.35.36, its denominator cosh 2x + cos 2y as 2 (sinh x^2 + cos y^2)."""
    total = m.square(m.sinh(z[0])) + m.square(m.cos(z[1]))
    return [m.sinh(z[0]) * m.cosh(z[0]) / total, m.sin(z[1]) * m.cos(z[1]) / total]


def _sides(m: Arithmetic[N], z: Complex[N]) -> tuple[Complex[N], Complex[N]]:
    """sqrt(1 - z) and sqrt(1 + z)."""
    return root(m, [1 - z[0], -z[1]]), root(m, [1 + z[0], z[1]])


@define("asin_complex")
def asin_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """atan2(x, Re(sqrt(1 - z) sqrt(1 + z))) + i asinh(Im(conj(sqrt(1 - z)) sqrt(1 + z))); Kahan 1987."""
    less, more = _sides(m, z)
    return [m.atan2(z[0], less[0] * more[0] - less[1] * more[1]), m.asinh(less[0] * more[1] - less[1] * more[0])]


@define("acos_complex")
def acos_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """2 atan2(Re sqrt(1 - z), Re sqrt(1 + z)) + i asinh(Im(conj(sqrt(1 + z)) sqrt(1 - z))); Kahan 1987."""
    less, more = _sides(m, z)
    return [2 * m.atan2(less[0], more[0]), m.asinh(more[0] * less[1] - more[1] * less[0])]


@define("acosh_complex")
def acosh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """asinh(Re(conj(sqrt(z - 1)) sqrt(z + 1))) + 2i atan2(Im sqrt(z - 1), Re sqrt(z + 1)); Kahan 1987."""
    less, more = root(m, [z[0] - 1, z[1]]), root(m, [z[0] + 1, z[1]])
    return [m.asinh(less[0] * more[0] + less[1] * more[1]), 2 * m.atan2(less[1], more[0])]


@define("atanh_complex")
def atanh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """log(|1 + z|^2 / |1 - z|^2) / 4 + i atan2(2y, (1 - x)(1 + x) - y^2) / 2; DLMF 4.37.7."""
    x, y = z
    gap = m.square(1 - x) + m.square(y)
    return [m.log1p(4 * x / gap) / 4, m.atan2(2 * y, (1 - x) * (1 + x) - m.square(y)) / 2]


@define("asinh_complex")
def asinh_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """-i asin(iz); DLMF 4.37.16."""
    turned = asin_complex(m, [-z[1], z[0]])
    return [turned[1], -turned[0]]


@define("atan_complex")
def atan_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """-i atanh(iz); DLMF 4.23.26."""
    turned = atanh_complex(m, [-z[1], z[0]])
    return [turned[1], -turned[0]]
