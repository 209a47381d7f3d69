"""Elementary functions of one and two real numbers.

The elementary functions that are primitives of every arithmetic (DLMF chapter 4) define themselves.
"""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import Definition, define

PRIMITIVES = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "square", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
)  # fmt: skip


def _primitive(name: str) -> Definition:
    def function(m: Arithmetic[N], x: N) -> N:
        return getattr(m, name)(x)  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}(x), DLMF chapter 4."
    return function


for _name in PRIMITIVES:
    define(_name)(_primitive(_name))


@define("rsqrt")
def rsqrt(m: Arithmetic[N], x: N) -> N:
    """1 / sqrt(x); IEEE 754-2019, 9.2, rSqrt."""
    return 1 / m.sqrt(x)


@define("reciprocal")
def reciprocal(m: Arithmetic[N], x: N) -> N:
    return 1 / x


@define("add")
def add(m: Arithmetic[N], x: N, y: N) -> N:
    return x + y


@define("sub")
def sub(m: Arithmetic[N], x: N, y: N) -> N:
    return x - y


@define("mul")
def mul(m: Arithmetic[N], x: N, y: N) -> N:
    return x * y


@define("div")
def div(m: Arithmetic[N], x: N, y: N) -> N:
    return x / y


@define("pow")
def power(m: Arithmetic[N], x: N, y: N) -> N:
    """x^y on the reals; DLMF 4.2(iv), IEEE 754-2019, 9.2, pow."""
    return m.pow(x, y)


@define("atan2")
def atan2(m: Arithmetic[N], x: N, y: N) -> N:
    """The angle, in (-pi, pi], of the point with ordinate x and abscissa y (the order of the call); C23 7.12.4.4."""
    return m.atan2(x, y)


@define("hypot")
def hypot(m: Arithmetic[N], x: N, y: N) -> N:
    """sqrt(x^2 + y^2); C23 7.12.7.4."""
    return m.norm([x, y])


@define("logaddexp")
def logaddexp(m: Arithmetic[N], x: N, y: N) -> N:
    """log(e^x + e^y); numpy.logaddexp."""
    return m.logsumexp([x, y])


@define("logaddexp2")
def logaddexp2(m: Arithmetic[N], x: N, y: N) -> N:
    """log2(2^x + 2^y), c + log2(2^(x-c) + 2^(y-c)) for every c; numpy.logaddexp2."""
    shift, ln2 = m.hint_max([x, y]), m.const("ln2")
    return shift + m.logsumexp([(x - shift) * ln2, (y - shift) * ln2]) / ln2


@define("xlogy")
def xlogy(m: Arithmetic[N], x: N, y: N) -> N:
    """x log y, and 0 for x = 0; scipy.special.xlogy."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x * m.log(y))


@define("xlog1py")
def xlog1py(m: Arithmetic[N], x: N, y: N) -> N:
    """x log(1 + y), and 0 for x = 0; scipy.special.xlog1py."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x * m.log1p(y))


@define("fmod")
def fmod(m: Arithmetic[N], x: N, y: N) -> N:
    """x - trunc(x/y) y, with the sign of x; C23 7.12.10.1."""
    return m.fmod(x, y)


@define("remainder")
def remainder(m: Arithmetic[N], x: N, y: N) -> N:
    """x - floor(x/y) y, with the sign of y; numpy.remainder, Python's %."""
    rest = m.fmod(x, y)
    zero = m.num(0)

    def against(side: N) -> N:
        """The rest, moved by one divisor where `side` (the rest or its opposite) is on the wrong side of zero."""
        return m.where(m.lt(side, zero), lambda: rest + y, lambda: rest)

    return m.where(m.lt(y, zero), lambda: against(-rest), lambda: against(rest))


@define("floor_divide")
def floor_divide(m: Arithmetic[N], x: N, y: N) -> N:
    """floor(x/y), as (x - (x mod y))/y: exact where x/y is an integer or within a rounding of one; the pole of x/y at y = 0;
    numpy.floor_divide."""
    return m.where(m.eq0(y), lambda: x / y, lambda: (x - remainder(m, x, y)) / y)


@define("cbrt")
def cbrt(m: Arithmetic[N], x: N) -> N:
    """The real cube root, sign(x) |x|^(1/3); C23 7.12.7.1."""

    def root(size: N) -> N:
        return m.exp(m.log(size) / 3)

    zero = m.num(0)
    return m.where(m.eq0(x), lambda: zero, lambda: m.where(m.lt(x, zero), lambda: -root(-x), lambda: root(x)))
