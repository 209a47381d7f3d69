"""Functions of complex numbers, written over their parts: a complex number is a pair [real, imaginary].

Principal values, with the branch cuts of C23 Annex G. A zero part of a number on a cut counts as one side's: definitions know no signed zeros,
Op.cuts says where either side is right.
"""

from __future__ import annotations

from collections.abc import Callable

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Complex, N, Truth
from ulpfuzz.oracles.definitions import define


def pick(m: Arithmetic[N], cond: Truth, yes: Callable[[], Complex[N]], no: Callable[[], Complex[N]]) -> Complex[N]:
    """yes() or no(), by parts."""
    return [m.where(cond, lambda: yes()[0], lambda: no()[0]), m.where(cond, lambda: yes()[1], lambda: no()[1])]


def times(a: Complex[N], b: Complex[N]) -> Complex[N]:
    return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]


def size(m: Arithmetic[N], z: Complex[N]) -> N:
    return m.norm([z[0], z[1]])


def root(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """The principal square root: (t, y/2t) with t = sqrt((|z| + x)/2), left of 0 (|y|/2t, +-t) with t = sqrt((|z| - x)/2); DLMF 4.2.30, C23 G.6.4."""
    x, y = z
    r = size(m, z)

    def right() -> Complex[N]:
        t = m.sqrt((r + x) / 2)
        return [t, y / (2 * t)]

    def left() -> Complex[N]:
        t = m.sqrt((r - x) / 2)
        below = m.lt(y, m.num(0))
        return [m.where(below, lambda: -y, lambda: y) / (2 * t), m.where(below, lambda: -t, lambda: t)]

    return pick(m, m.lt(x, m.num(0)), left, right)


@define("exp_complex")
def exp_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """e^x (cos y, sin y); DLMF 4.2.20."""
    height = m.exp(z[0])
    return [height * m.cos(z[1]), height * m.sin(z[1])]


@define("exp2_complex")
def exp2_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """e^(z ln 2); DLMF 4.2.26."""
    height, turn = m.exp2(z[0]), m.const("ln2") * z[1]
    return [height * m.cos(turn), height * m.sin(turn)]


@define("expm1_complex")
def expm1_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """e^z - 1: the real part is (e^x - 1) cos y - 2 sin(y/2)^2; DLMF 4.2.20, 4.21.27."""
    return [m.expm1(z[0]) * m.cos(z[1]) - 2 * m.square(m.sin(z[1] / 2)), m.exp(z[0]) * m.sin(z[1])]


@define("log_complex")
def log_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """log|z| + i arg z; DLMF 4.2.2."""
    return [m.log(size(m, z)), m.atan2(z[1], z[0])]


@define("log2_complex")
def log2_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """log z / log 2; DLMF 4.2.10."""
    return [part / m.const("ln2") for part in log_complex(m, z)]


@define("log10_complex")
def log10_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """log z / log 10; DLMF 4.2.10."""
    return [part / m.const("ln10") for part in log_complex(m, z)]


@define("log1p_complex")
def log1p_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """log(1 + z), its real part log(1 + (2x + x^2 + y^2)) / 2; DLMF 4.2.2."""
    x, y = z
    return [m.log1p(x * (2 + x) + m.square(y)) / 2, m.atan2(y, 1 + x)]


@define("sqrt_complex")
def sqrt_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    return root(m, z)


@define("rsqrt_complex")
def rsqrt_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """1 / sqrt(z): the conjugate of the root, by |z|."""
    re, im = root(m, z)
    r = size(m, z)
    return [re / r, -(im / r)]


@define("square_complex")
def square_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """(x - y)(x + y) + 2ixy."""
    return [(z[0] - z[1]) * (z[0] + z[1]), 2 * z[0] * z[1]]


@define("reciprocal_complex")
def reciprocal_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """(x - iy) / (x^2 + y^2); DLMF 1.9.9."""
    total = m.square(z[0]) + m.square(z[1])
    return [z[0] / total, -(z[1] / total)]


@define("add_complex")
def add_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    return [a[0] + b[0], a[1] + b[1]]


@define("sub_complex")
def sub_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    return [a[0] - b[0], a[1] - b[1]]


@define("mul_complex")
def mul_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    """DLMF 1.9.7."""
    return times(a, b)


@define("div_complex")
def div_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    """a times the conjugate of b, by |b|^2; DLMF 1.9.8."""
    total = m.square(b[0]) + m.square(b[1])
    return [part / total for part in times(a, [b[0], -b[1]])]


@define("conj")
def conj(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    return [z[0], -z[1]]


@define("real_part")
def real_part(m: Arithmetic[N], z: Complex[N]) -> N:
    return m.num(z[0])


@define("imaginary_part")
def imaginary_part(m: Arithmetic[N], z: Complex[N]) -> N:
    return m.num(z[1])


@define("complex_of_parts")
def complex_of_parts(m: Arithmetic[N], x: N, y: N) -> Complex[N]:
    return [x, y]


@define("polar")
def polar(m: Arithmetic[N], r: N, t: N) -> Complex[N]:
    """r e^(it); torch.polar."""
    return [r * m.cos(t), r * m.sin(t)]


@define("abs_complex")
def abs_complex(m: Arithmetic[N], z: Complex[N]) -> N:
    """The modulus; DLMF 1.9.3."""
    return size(m, z)


@define("angle")
def angle(m: Arithmetic[N], z: Complex[N]) -> N:
    """The phase in (-pi, pi]; DLMF 1.9.5."""
    return m.atan2(z[1], z[0])


@define("sign_complex")
def sign_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """z / |z|, 0 for 0; torch.sgn, tf.math.sign, jnp.sign."""
    zero, r = m.num(0), size(m, z)
    return pick(m, m.eq0(r), lambda: [zero, zero], lambda: [*m.direction([z[0], z[1]])])


@define("pow_complex")
def pow_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    """e^(b log a); DLMF 4.2.26."""
    result: Complex[N] = exp_complex(m, times(b, log_complex(m, a)))
    return result


@define("pow_of_complex")
def pow_of_complex(m: Arithmetic[N], z: Complex[N], p: float = 2) -> Complex[N]:
    """z^p for p = 1/2 and whole p; DLMF 4.2.28, 4.2.30."""
    if p == 0.5:
        return root(m, z)
    product = z
    for _ in range(abs(int(p)) - 1):
        product = times(product, z)
    return product if p > 0 else reciprocal_complex(m, product)


@define("sigmoid_complex")
def sigmoid_complex(m: Arithmetic[N], z: Complex[N]) -> Complex[N]:
    """1 / (1 + e^-z) = (e^x + cos y + i sin y) / (2 (cosh x + cos y)); DLMF 4.2.20, cosh x + cos y = 2 (sinh(x/2)^2 + cos(y/2)^2)."""
    total = 4 * (m.square(m.sinh(z[0] / 2)) + m.square(m.cos(z[1] / 2)))
    return [(m.exp(z[0]) + m.cos(z[1])) / total, m.sin(z[1]) / total]


@define("logaddexp_complex")
def logaddexp_complex(m: Arithmetic[N], a: Complex[N], b: Complex[N]) -> Complex[N]:
    """log(e^a + e^b), principal."""
    shift = m.hint_max([a[0], b[0]])
    both = add_complex(m, exp_complex(m, [a[0] - shift, a[1]]), exp_complex(m, [b[0] - shift, b[1]]))
    re, im = log_complex(m, both)
    return [shift + re, im]
