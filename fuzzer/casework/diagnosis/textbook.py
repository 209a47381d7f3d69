"""Textbook: how functions are computed by the formula that a book gives for them, which is not always the one that a definition is written in.

A variant replaces methods of the arithmetic (`Observed.book`), or the definition by one that is composed of another. It knows no op and no
framework: where a variant gives the framework's wrong answer, and its neighbours' too, the framework computes what the variant computes, or as
badly. Sources: Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 1.7 to 1.14 and 27.5; Goldberg (1991), section 1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.casework.diagnosis.observed import Observed
from ulpfuzz.fuzzer.casework.diagnosis.step import Step
from ulpfuzz.fuzzer.defects.case_file import Cause
from ulpfuzz.oracles.arithmetic.protocol import Exact
from ulpfuzz.oracles.definitions import UnknownDefinition, definition
from ulpfuzz.oracles.function import Function

Method = Callable[..., Any]


@dataclass(frozen=True)
class Variant:
    """text: what is computed how, "expm1(x) as exp(x) - 1". book: the methods that it replaces. constants: the format that constants are
    rounded to first. function: another definition in the place of the op's. cause: what it speaks for, where the steps do not say."""

    text: str
    book: Mapping[str, Method] = field(default_factory=dict)
    constants: str | None = None
    function: Function | None = None
    cause: Cause | None = None
    #: Whether subnormal results are zeros.
    flushes: bool = False


def _tanh(m: Observed, x: Step) -> Step:
    up, down = m.exp(x), m.exp(-x)
    return (up - down) / (up + down)


def _repeated(m: Observed, x: Step, y: Step | Exact) -> Step:
    """x^n by multiplication; any other power as numpy has it."""
    exponent = y.value if isinstance(y, Step) else float(y)
    if exponent != int(exponent) or not 1 < abs(exponent) <= 64:
        return Observed.pow(m, x, y)
    base = m.num(x)
    power = base
    for _ in range(int(abs(exponent)) - 1):
        power = power * base
    return power if exponent > 0 else 1 / power


def _shifted(m: Observed, items: Sequence[Step]) -> tuple[Step, list[Step]]:
    top = m.max(items)
    return top, [m.exp(item - top) for item in items]


def _logsumexp(m: Observed, items: Sequence[Step]) -> Step:
    top, powers = _shifted(m, items)
    return top + m.log(m.sum(powers))


def _softmax(m: Observed, items: Sequence[Step]) -> list[Step]:
    _, powers = _shifted(m, items)
    total = m.sum(powers)
    return [power / total for power in powers]


def _sum_of_squares(m: Observed, items: Sequence[Step | Exact]) -> Step:
    """Squares of deviations from one mean as sum x^2 - (sum x)^2 / n; any other sum from the first term to the last."""
    squares = [
        item for item in items if isinstance(item, Step) and item.operation == "*" and item.operands[0] is item.operands[1]
    ]
    deviations = [square.operands[0] for square in squares if square.operands[0].operation in ("-", "+")]
    if len(deviations) < max(2, len(items)) or len({id(d.operands[1]) for d in deviations}) > 1:
        return Observed.sum(m, items)
    numbers = [d.operands[0] for d in deviations]
    total = Observed.sum(m, numbers)
    return Observed.sum(m, [m.square(v) for v in numbers]) - m.square(total) / len(numbers)


def _norm(m: Observed, items: Sequence[Step]) -> Step:
    """Scaled by the largest."""
    top = m.max([m.abs(item) for item in items])
    return top * m.sqrt(m.sum([m.square(item / top) for item in items]))


def _pairwise(m: Observed, items: Sequence[Step | Exact]) -> Step:
    numbers = [m.num(item) for item in items]
    while len(numbers) > 1:
        pairs = [a + b for a, b in zip(numbers[::2], numbers[1::2], strict=False)]
        numbers = pairs + numbers[len(numbers) // 2 * 2 :]
    return numbers[0]


def _interpolated(m: Observed, a: Step, b: Step) -> Step:
    """a (1 - t) + b t as a + t (b - a), for a constant t; any other sum as it is."""
    weights = [next((o for o in s.operands if o.operation == "constant"), None) if s.operation == "*" else None for s in (a, b)]
    first, second = weights
    if first is None or second is None or abs(first.value + second.value - 1) > 4 * m.format.unit_roundoff:
        return m.plain_operator("+", a, b)
    start, end = (next(o for o in s.operands if o is not w) for s, w in ((a, first), (b, second)))
    return m.plain_operator("+", start, (end - start) * second)


#: name of the method -> (what it is computed as, how); several of a name are tried one by one.
BOOK: tuple[tuple[str, str, Method], ...] = (
    ("log1p", "log(1 + x)", lambda m, x: m.log(1 + m.num(x))),
    ("expm1", "exp(x) - 1", lambda m, x: m.exp(x) - 1),
    ("softplus", "log(1 + exp(x))", lambda m, x: m.log(1 + m.exp(x))),
    ("softplus", "max(x, 0) + log1p(exp(-|x|))", lambda m, x: m.max([x, m.num(0)]) + m.log1p(m.exp(-m.abs(x)))),
    ("sigmoid", "exp(x) / (1 + exp(x))", lambda m, x: (e := m.exp(x)) / (1 + e)),
    ("sigmoid", "(1 + tanh(x / 2)) / 2", lambda m, x: (1 + m.tanh(x / 2)) / 2),
    ("tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", _tanh),
    ("tanh", "1 - 2 / (1 + exp(2 x))", lambda m, x: 1 - 2 / (1 + m.exp(2 * x))),
    ("tanh", "2 sigmoid(2 x) - 1", lambda m, x: 2 * m.sigmoid(2 * x) - 1),
    ("sinh", "(exp(x) - exp(-x)) / 2", lambda m, x: (m.exp(x) - m.exp(-x)) / 2),
    ("cosh", "(exp(x) + exp(-x)) / 2", lambda m, x: (m.exp(x) + m.exp(-x)) / 2),
    ("asinh", "log(x + sqrt(x^2 + 1))", lambda m, x: m.log(x + m.sqrt(m.square(x) + 1))),
    ("acosh", "log(x + sqrt(x^2 - 1))", lambda m, x: m.log(x + m.sqrt(m.square(x) - 1))),
    ("acosh", "log(x + sqrt((x - 1) (x + 1)))", lambda m, x: m.log(x + m.sqrt((x - 1) * (x + 1)))),
    ("atanh", "log((1 + x) / (1 - x)) / 2", lambda m, x: m.log((1 + x) / (1 - x)) / 2),
    ("erfc", "1 - erf(x)", lambda m, x: 1 - m.erf(x)),
    ("erf", "1 - erfc(x)", lambda m, x: 1 - m.erfc(x)),
    ("erfcinv", "erfinv(1 - x)", lambda m, x: m.erfinv(1 - x)),
    ("exp2", "exp(x log 2)", lambda m, x: m.exp(x * m.const("ln2"))),
    ("log2", "log(x) / log(2)", lambda m, x: m.log(x) / m.const("ln2")),
    ("log10", "log(x) / log(10)", lambda m, x: m.log(x) / m.const("ln10")),
    ("pow", "exp(y log x)", lambda m, x, y: m.exp(m.num(y) * m.log(m.num(x)))),
    ("pow", "repeated multiplication", _repeated),
    ("sinpi", "sin(pi x)", lambda m, x: m.sin(m.const("pi") * x)),
    ("cospi", "cos(pi x)", lambda m, x: m.cos(m.const("pi") * x)),
    ("tan", "sin(x) / cos(x)", lambda m, x: m.sin(x) / m.cos(x)),
    ("square", "exp(2 log x)", lambda m, x: m.exp(2 * m.log(m.abs(x)))),
    ("sqrt", "exp(log(x) / 2)", lambda m, x: m.exp(m.log(x) / 2)),
    ("norm", "the largest times the norm of the rest", _norm),
    ("logsumexp", "the largest + log sum exp(x - largest)", _logsumexp),
    ("softmax", "exp(x - largest) over their sum", _softmax),
    ("sum", "sum x^2 - (sum x)^2 / n of squared deviations", _sum_of_squares),
    ("sum", "sums of pairs", _pairwise),
    ("/", "a times the reciprocal of b for a / b", lambda m, a, b: a * m.plain_operator("/", 1, b)),
    ("+", "a + t (b - a) for a (1 - t) + b t", _interpolated),
    ("one_minus_square", "1 - x^2", lambda m, x: 1 - m.square(x)),
    ("gamma", "exp(lgamma(x))", lambda m, x: m.exp(m.lgamma(x))),
    ("lgamma", "log|gamma(x)|", lambda m, x: m.log(m.abs(m.gamma(x)))),
    ("rgamma", "1 / gamma(x)", lambda m, x: 1 / m.gamma(x)),
    ("rgamma", "exp(-lgamma(x))", lambda m, x: m.exp(-m.lgamma(x))),
    ("gammainc_q", "1 - P(a, x)", lambda m, a, x: 1 - m.gammainc_p(a, x)),
    ("gammainc_p", "1 - Q(a, x)", lambda m, a, x: 1 - m.gammainc_q(a, x)),
    ("betainc_i", "1 - I(b, a, 1 - x)", lambda m, a, b, x: 1 - m.plain("betainc_i")(b, a, 1 - x)),
    ("bessel_i", "exp(x) times the scaled function", lambda m, n, x: m.exp(m.abs(x)) * _scaled_i(m, n, x)),
    (
        "scaled_erfc",
        "exp(x^2) erfc(x)",
        lambda m, n, x: m.exp(m.square(x)) * m.erfc(x) if n == 0 else m.plain("scaled_erfc")(n, x),
    ),
)


def _scaled_i(m: Observed, n: Step | Exact, x: Step) -> Step:
    """e^-|x| I_n(x), by scipy."""
    import scipy.special

    order = n if not isinstance(n, Step) else int(n.value)
    size = m.num(x)
    value = float(scipy.special.ive(float(order), size.value))

    def rule(number: Any) -> Any:
        return m.mp.bessel_i(order, number) * m.mp.exp(-m.mp.abs(number))

    return m.made("ive", (size,), value, rule, f"ive({order}, {size.argument})")


@dataclass(frozen=True)
class _Composed(Function):
    """A function after another definition."""

    after: Callable[[Any, Any], Any] | None = None

    def _value(self, m: Any, inputs: Any) -> list[Any]:
        assert self.after is not None
        return [self.after(m, v) for v in super()._value(m, inputs)]


#: The end of a definition's name, what stands in its place in the other definition, how the one is made of the other, and in words.
_OF_OTHERS: tuple[tuple[str, str, Callable[[Any, Any], Any], str], ...] = (
    ("logpdf", "pdf", lambda m, v: m.log(v), "log(pdf)"),
    ("logpmf", "pmf", lambda m, v: m.log(v), "log(pmf)"),
    ("pdf", "logpdf", lambda m, v: m.exp(v), "exp(logpdf)"),
    ("pmf", "logpmf", lambda m, v: m.exp(v), "exp(logpmf)"),
    ("logcdf", "cdf", lambda m, v: m.log(v), "log(cdf)"),
    ("logsf", "sf", lambda m, v: m.log(v), "log(sf)"),
    ("logsf", "cdf", lambda m, v: m.log1p(-v), "log1p(-cdf)"),
    ("logcdf", "logsf", lambda m, v: m.log(1 - m.exp(v)), "log(1 - exp(logsf))"),
    ("logsf", "logcdf", lambda m, v: m.log(1 - m.exp(v)), "log(1 - exp(logcdf))"),
    ("cdf", "sf", lambda m, v: 1 - v, "1 - sf"),
    ("cdf", "logsf", lambda m, v: 1 - m.exp(v), "1 - exp(logsf)"),
    ("sf", "cdf", lambda m, v: 1 - v, "1 - cdf"),
    ("log_softmax", "softmax", lambda m, v: m.log(v), "log(softmax)"),
    ("logsigmoid", "sigmoid", lambda m, v: m.log(v), "log(sigmoid)"),
    ("log_sigmoid", "sigmoid", lambda m, v: m.log(v), "log(sigmoid)"),
    ("std", "var", lambda m, v: m.sqrt(v), "the root of the variance"),
    ("betaln", "beta", lambda m, v: m.log(v), "log(beta)"),
    ("beta", "betaln", lambda m, v: m.exp(v), "exp(betaln)"),
)


def variants(function: Function, used: frozenset[str], fmt: str) -> list[Variant]:
    """The variants that may tell of a function: of the methods that its definition uses, those two by two where they are of the same class,
    of constants in a narrower format, and of its name."""
    found = [
        Variant(f"{name}(...) as {text}" if name.isidentifier() else text, {name: method})
        for name, text, method in BOOK
        if name in used
    ]
    every = {name: method for name, _, method in BOOK[::-1] if name in used and name not in ("/", "+", "sum", "square", "sqrt")}
    if len(every) > 1:
        found.append(Variant("all functions by their textbook formulas", every))
    if fmt == "float64":
        found.append(Variant("constants in binary32", constants="float32", cause="constant"))
    found.append(Variant("subnormal results as zeros", cause="flush", flushes=True))
    for end, other, after, text in _OF_OTHERS:
        name = function.definition
        if name == end or name.endswith(f"_{end}"):
            replaced = name[: len(name) - len(end)] + other
            if _is_defined(replaced):
                found.append(Variant(text, function=_of_other(function, replaced, after)))
    return found


def _of_other(function: Function, name: str, after: Callable[[Any, Any], Any]) -> Function:
    kept = {f: getattr(function, f) for f in Function.__dataclass_fields__}
    return _Composed(**{**kept, "definition": name}, after=after)


def _is_defined(name: str) -> bool:
    try:
        definition(name)
    except UnknownDefinition:
        return False
    return True
