"""Shim: the arithmetic m that a carried definition is evaluated over, in mpmath's real numbers, and no more of it than is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from ulpfuzz.reports.definition import Definition, definition_of

#: The longest line of a script.
WIDTH = 128

REAL = '''
def real(function):
    """The function where its value is real; nan elsewhere and at poles."""

    def restricted(*numbers):
        try:
            value = function(*numbers)
        except (ValueError, ArithmeticError):
            return mpf("nan")
        return value if isinstance(value, mpf) else mpf("nan")

    return restricted
'''
EXP = '''
def exp(x):
    """e^x; 0 or infinity where its exponent is beyond all memory."""
    return mp.exp(x) if not mp.isnormal(x) or mp.mag(x) < 5000 else mpf(0) if x < 0 else mpf("inf")
'''
LOG_GAMMA = '''
def log_gamma(x):
    """log|Gamma(x)|; left of -1/2 by reflection (DLMF 5.5.3)."""
    if x > -0.5:
        return mp.loggamma(x) if x >= 0.5 else mp.log(abs(mp.gamma(x)))
    return mp.log(abs(mp.pi / mp.sinpi(x))) - mp.loggamma(1 - x)
'''
DIGAMMA = '''
def digamma(x):
    """psi(x); below 1/2 by reflection (DLMF 5.5.4), beside 0 by its series (DLMF 5.7.4)."""
    if 0 < abs(x) < 1e-20:
        return mp.fsum(-mp.zeta(k) * (-x) ** (k - 1) for k in range(2, mp.prec // -mp.mag(x) + 4)) - mp.euler - 1 / x
    return mp.digamma(x) if x >= 0.5 else mp.digamma(1 - x) - mp.pi * mp.cospi(x) / mp.sinpi(x)
'''
POLYGAMMA = '''
def polygamma(n, x):
    """The nth derivative of psi; below 1/2 by reflection (DLMF 5.15.6)."""
    if x >= 0.5:
        return mp.polygamma(n, x)
    p = [0, 1]  # the nth derivative of cot as a polynomial of cot, whose own derivative is -(1 + cot^2)
    for _ in range(n):
        d = [k * c for k, c in enumerate(p)][1:]
        p = [-(a + b) for a, b in zip([*d, 0, 0], [0, 0, *d])]
    cot = mp.cospi(x) / mp.sinpi(x)
    return (-1) ** n * mp.polygamma(n, 1 - x) - mp.pi ** (n + 1) * mp.polyval(p[::-1], cot)
'''
ERFINV = '''
def erfinv(x):
    """y with erf(y) = x, |x| <= 1, by Newton's method on erf, near the ends on log erfc."""
    if abs(x) >= 1:
        return mp.sign(x) * mp.inf if abs(x) == 1 else mpf("nan")
    near, y = abs(x) <= 0.5, abs(x) if abs(x) <= 0.5 else mp.sqrt(-mp.log(1 - abs(x)))
    for _ in range(200):
        tail, slope = mp.erfc(y), mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        step = (abs(x) - mp.erf(y)) * slope if near else (mp.log(tail) - mp.log(1 - abs(x))) * tail * slope
        y += step
        if abs(step) <= abs(y) * mp.ldexp(1, -mp.prec // 2 - 8):
            return mp.sign(x) * y
    raise ValueError("no convergence")
'''
POWER = '''
def real_power(x, y):
    """x^y on the reals: x^0 = 1; a negative x needs an integer y."""
    return mpf(1) if y == 0 else mpf(x) ** y
'''
SPECIAL = '''
def special(function):
    """A function of a context of mpmath's as one of numbers; it raises where its series takes too long."""

    def of_numbers(*numbers):
        value = mp.convert(function(mp, *map(mp.convert, numbers)))
        return value if isinstance(value, mpf) else mpf("nan") if value.imag else value.real

    return of_numbers
'''
PARTIAL = '''
def partial(name, numbers, orders):
    """A partial derivative by mpmath's differences."""
    return mp.diff(getattr(m, name), tuple(map(mp.convert, numbers)), orders)
'''
UNDECIDED = """
def less(x, y):
    return None if mp.isnan(x) or mp.isnan(y) else x < y
"""

#: What m offers: the expression, and the functions above that it needs.
OFFERED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "num": ("mp.convert", ()),
    "const": ("lambda name: +getattr(mp, name)", ()),
    "sum": ("mp.fsum", ()),
    "max": ("max", ()),
    "min": ("min", ()),
    "hint_max": ("max", ()),
    "lt": ("lambda x, y: x < y", ()),
    "eq0": ("lambda x: x == 0", ()),
    "where": ("lambda condition, yes, no: yes() if condition else no()", ()),
    "abs": ("abs", ()),
    "square": ("lambda x: x * x", ()),
    "floor": ("mp.floor", ()),
    **{name: (f"mp.{name}", ()) for name in ("exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "erf", "erfc",
                                              "sinpi", "cospi")},
    **{name: (f"real(mp.{name})", (REAL,)) for name in ("log", "log10", "log1p", "sqrt", "asin", "acos", "acosh", "atanh", "atan2")},
    "exp2": ("lambda x: mpf(2) ** x", ()),
    "log2": ("real(lambda x: mp.log(x, 2))", (REAL,)),
    "lgamma": ("real(log_gamma)", (REAL, LOG_GAMMA)),
    "digamma": ("real(digamma)", (REAL, DIGAMMA)),
    "polygamma": ("real(polygamma)", (REAL, POLYGAMMA)),
    "erfinv": ("real(erfinv)", (REAL, ERFINV)),
    "pow": ("real(real_power)", (REAL, POWER)),
    "fmod": ("real(lambda x, y: mp.sign(x) * mp.fmod(abs(x), abs(y)))", (REAL,)),
    "sigmoid": ("lambda x: 1 / (1 + mp.exp(-x))", ()),
    "softplus": ("lambda x: mp.log1p(mp.exp(x))", ()),
    "logsumexp": ("lambda x: mp.log(mp.fsum(map(mp.exp, x)))", ()),
    "softmax": ("lambda x: [mp.exp(v) / mp.fsum(map(mp.exp, x)) for v in x]", ()),
    "share": ("lambda part, rest: part / (part + rest)", ()),
    "norm": ("lambda x: mp.sqrt(mp.fsum(v * v for v in x))", ()),
    "direction": ("lambda x: [v / mp.sqrt(mp.fsum(w * w for w in x)) for v in x]", ()),
}  # fmt: skip
#: Where exponentials are nested, or taken far out.
FAR_OUT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "exp": ("exp", (EXP,)),
    "expm1": ("lambda x: mp.expm1(x) if not mp.isnormal(x) or mp.mag(x) < 12 else exp(x) - 1", (EXP,)),
    "sigmoid": ("lambda x: 1 / (1 + exp(-x))", (EXP,)),
    "softplus": ("lambda x: mp.log1p(exp(x)) if x < 0 else x + mp.log1p(exp(-x))", (EXP,)),
    "logsumexp": ("lambda x: mp.log(mp.fsum(map(exp, x)))", (EXP,)),
    "softmax": ("lambda x: [exp(v) / mp.fsum(map(exp, x)) for v in x]", (EXP,)),
}
#: Where a nan may be met on the way: it is less than nothing, and decides nothing.
WITH_NAN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{name: (f'lambda x: mpf("nan") if any(map(mp.isnan, x)) else {name.removeprefix("hint_")}(x)', ()) for name in ("max", "min", "hint_max")},
    "lt": ("less", (UNDECIDED,)),
    "eq0": ("lambda x: None if mp.isnan(x) else x == 0", ()),
    "where": ('lambda condition, yes, no: mpf("nan") if condition is None else yes() if condition else no()', ()),
}  # fmt: skip
DIVISION = """
divide = mpf.__truediv__
mpf.__truediv__ = lambda x, y: divide(x, y) if y != 0 else mpf("nan")  # the side of a pole is not known where it is met
mpf.__rtruediv__ = lambda y, x: mp.convert(x) / y
"""


def shim(
    asks: Iterable[str],
    specials: Mapping[str, Callable[..., Any]],
    *,
    nans: bool = False,
    divides: bool = False,
    far: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """The source of m with what a definition asks of it, and the imports that it needs.

    specials: special functions by name, as functions of a context of mpmath's and of numbers; their source is carried. nans: whether a nan
    may be met on the way; divides: whether a division by zero may be, which gives nan then; far: whether exponentials may be beyond all
    memory. Raises ValueError for a name that nobody offers.
    """
    offered = {**OFFERED, **(FAR_OUT if far or nans else {}), **(WITH_NAN if nans else {})}
    parts, lines, carried = [DIVISION] if divides else [], [], []
    for name in sorted(asks):
        if name in offered:
            expression, needs = offered[name]
            parts += needs
        elif name == "partial":
            expression, needs = "partial", (PARTIAL,)
            parts += needs
        elif name in specials:
            carried.append(specials[name])
            expression = f"special({specials[name].__name__})"
            parts.append(SPECIAL)
        else:
            raise ValueError(f"m.{name} is nothing that a script can carry")
        lines.append(f"    {name}={expression},")
    told = _carried(*carried) if carried else None
    texts = [*dict.fromkeys(part.strip("\n") for part in parts), *([told.text] if told else [])]
    one = f"m = SimpleNamespace({', '.join(line.strip().removesuffix(',') for line in lines)})"
    texts.append(one if len(one) <= WIDTH else "\n".join(["m = SimpleNamespace(", *lines, ")"]))
    return "\n\n\n".join(texts), ("from types import SimpleNamespace", *(told.imports if told else ()))


@cache
def _carried(*functions: Callable[..., Any]) -> Definition:
    return definition_of(*functions)
