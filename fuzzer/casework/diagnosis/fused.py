"""Fused: kernels of frameworks that do several steps at once, by the formulas that they may follow. Which one a kernel follows its own result says
(Tracker.expanded)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ulpfuzz.fuzzer.casework.diagnosis.observed import Observed
from ulpfuzz.fuzzer.casework.diagnosis.step import Step

Formula = Callable[[Observed, list[Step]], Step]


def _shifted(m: Observed, v: list[Step]) -> tuple[Step, list[Step]]:
    top = m.max(v)
    return top, [m.exp(x - top) for x in v]


def _logsumexp(m: Observed, v: list[Step]) -> Step:
    top, powers = _shifted(m, v)
    return m.log(m.sum(powers)) + top


def _deviations(m: Observed, v: list[Step]) -> list[Step]:
    mean = m.sum(v) / len(v)
    return [x - mean for x in v]


def variance(correction: int) -> tuple[Formula, ...]:
    """Of a row: by deviations, and by squares."""

    def two_pass(m: Observed, v: list[Step]) -> Step:
        return m.sum([m.square(d) for d in _deviations(m, v)]) / (len(v) - correction)

    def squares(m: Observed, v: list[Step]) -> Step:
        n = len(v)
        return (m.sum([m.square(x) for x in v]) / n - m.square(m.sum(v) / n)) * Fraction(n, n - correction)

    return (two_pass, squares) if correction == 0 else (two_pass,)


def rooted(formulas: tuple[Formula, ...]) -> tuple[Formula, ...]:
    def root(formula: Formula) -> Formula:
        return lambda m, v: m.sqrt(formula(m, v))

    return tuple(map(root, formulas))


def power_norm(p: float) -> tuple[Formula, ...]:
    """The p-norm of a row."""
    if p == 2:
        return (lambda m, v: m.sqrt(m.sum([m.square(x) for x in v])),)
    if p == 1:
        return (lambda m, v: m.sum([m.abs(x) for x in v]),)
    if p in (float("inf"), float("-inf")):
        return (lambda m, v: (m.max if p > 0 else m.min)([m.abs(x) for x in v]),)
    return (lambda m, v: m.pow(m.sum([m.pow(m.abs(x), Fraction(p)) for x in v]), Fraction(1) / Fraction(p)),)


def normalised(place: int, eps: float, formulas: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """(x - mean) / sqrt(variance + eps) of one number of a row, as a quotient and as a product."""

    def quotient(formula: Formula) -> tuple[Formula, ...]:
        def scale(m: Observed, v: list[Step]) -> Step:
            return 1 / m.sqrt(formula(m, v) + m.num(eps))

        def apart(m: Observed, v: list[Step]) -> Step:
            mean = m.sum(v) / len(v)
            return v[place] * scale(m, v) + (-mean * scale(m, v))

        return (lambda m, v: _deviations(m, v)[place] * scale(m, v)), apart

    return tuple(f for formula in formulas for f in quotient(formula))


def softmax(place: int, *, logarithm: bool) -> tuple[Formula, ...]:
    def of(m: Observed, v: list[Step]) -> Step:
        top, powers = _shifted(m, v)
        return (v[place] - top) - m.log(m.sum(powers)) if logarithm else powers[place] / m.sum(powers)

    def of_sum(m: Observed, v: list[Step]) -> Step:
        return v[place] - _logsumexp(m, v)

    return (of, of_sum) if logarithm else (of,)


LOGSUMEXP: tuple[Formula, ...] = (_logsumexp, lambda m, v: m.log(m.sum([m.exp(x) for x in v])))


def _root_two(m: Observed) -> Step:
    return m.sqrt(m.num(2))


def _cube(m: Observed, x: Step) -> Step:
    return x + m.num(Fraction(44715, 1000000)) * (x * x * x)


def _tanh_gelu(m: Observed, v: list[Step]) -> Step:
    x = v[0]
    inner = m.sqrt(m.num(2) / m.const("pi")) * _cube(m, x)
    return x / 2 * (1 + m.tanh(inner))


#: Kernels of one number, or of few: the formulas in words of the arithmetic.
OF_NUMBERS: Mapping[str, tuple[Formula, ...]] = {
    "gelu": (lambda m, v: v[0] / 2 * (1 + m.erf(v[0] / _root_two(m))), lambda m, v: v[0] * (1 + m.erf(v[0] / _root_two(m))) / 2),
    "gelu_tanh": (_tanh_gelu,),
    "elu": (lambda m, v: m.exp(v[0]) - 1, lambda m, v: m.expm1(v[0]), lambda m, v: v[0]),
    "selu": (lambda m, v: m.num(Fraction(17580993408473773, 10**16)) * (m.exp(v[0]) - 1),),
    "silu": (lambda m, v: v[0] / (1 + m.exp(-v[0])), lambda m, v: v[0] * m.sigmoid(v[0])),
    "mish": (lambda m, v: v[0] * m.tanh(m.log1p(m.exp(v[0]))),),
    "hardsigmoid": (lambda m, v: (v[0] + 3) / 6,),
    "tanh_backward": (lambda m, v: v[0] * (1 - v[1] * v[1]),),
    "sigmoid_backward": (lambda m, v: v[0] * (1 - v[1]) * v[1], lambda m, v: v[0] * ((1 - v[1]) * v[1])),
    "sinc": (lambda m, v: m.sin(m.const("pi") * v[0]) / (m.const("pi") * v[0]),),
    "erfcx": (lambda m, v: m.exp(m.square(v[0])) * m.erfc(v[0]),),
    "log_ndtr": (lambda m, v: m.log(m.erfc(-v[0] / _root_two(m)) / 2),),
    "ndtr": (lambda m, v: (1 + m.erf(v[0] / _root_two(m))) / 2, lambda m, v: m.erfc(-v[0] / _root_two(m)) / 2),
    "logit": (lambda m, v: m.log(v[0] / (1 - v[0])),),
    "mvlgamma": (lambda m, v: m.lgamma(v[0]),),
    "entr": (lambda m, v: -v[0] * m.log(v[0]),),
    "smooth_l1": (lambda m, v: m.square(v[0] - v[1]) / 2, lambda m, v: m.abs(v[0] - v[1]) - Fraction(1, 2)),
    "binary_cross_entropy": (lambda m, v: (v[1] - 1) * m.log1p(-v[0]) - v[1] * m.log(v[0]),),
    "binary_cross_entropy_with_logits": (
        lambda m, v: (1 - v[1]) * v[0] + (m.log1p(m.exp(-m.abs(v[0]))) + m.max([-v[0], m.num(0)])),
        lambda m, v: (1 - v[1]) * v[0] + m.log1p(m.exp(-v[0])),
    ),
    "mse": (lambda m, v: m.square(v[0] - v[1]),),
    "bessel_scaled_i0": (lambda m, v: m.exp(m.abs(v[0])) * m.bessel_i(0, v[0]),),
}

#: Primitives of single numbers that are several operations, one after the other.
COMPOUND: Mapping[str, tuple[Formula, ...]] = {
    "lerp": (lambda m, v: v[0] + v[2] * (v[1] - v[0]), lambda m, v: v[1] - (v[1] - v[0]) * (1 - v[2])),
    "addcmul": (lambda m, v: v[0] + v[3] * v[1] * v[2], lambda m, v: v[0] + v[3] * (v[1] * v[2])),
    "addcdiv": (lambda m, v: v[0] + v[3] * v[1] / v[2], lambda m, v: v[0] + v[3] * (v[1] / v[2])),
    "axpy": (lambda m, v: v[0] + v[2] * v[1],),
    "xlogy": (lambda m, v: v[0] * m.log(v[1]),),
    "xlog1py": (lambda m, v: v[0] * m.log1p(v[1]),),
    "square_difference": (lambda m, v: m.square(v[0] - v[1]),),
    "rsqrt": (lambda m, v: 1 / m.sqrt(v[0]),),
    "hypot": (lambda m, v: m.sqrt(m.square(v[0]) + m.square(v[1])),),
    "logaddexp": (lambda m, v: m.log(m.exp(v[0]) + m.exp(v[1])), lambda m, v: m.max(v) + m.log1p(m.exp(m.min(v) - m.max(v)))),
    "sigmoid": (lambda m, v: 1 / (1 + m.exp(-v[0])),),
    "softplus": (lambda m, v: m.log1p(m.exp(v[0])),),
    "log_sigmoid": (lambda m, v: -m.log1p(m.exp(-v[0])), lambda m, v: m.min([v[0], m.num(0)]) - m.log1p(m.exp(-m.abs(v[0])))),
}
