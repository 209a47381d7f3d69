"""Every definition against an independent truth: another library, another formula, exact rationals, or an identity."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import pytest
from mpmath import mp, mpf

from fuzzer.catalog.functions import function_of
from fuzzer.catalog.op import Input, Op
from fuzzer.catalog.registry import ops
from oracles.arithmetic.mp import Mp

#: Bits of both sides: some formulas here cancel a few hundred.
BITS = 1600
AGREE = Fraction(1, 10**25)
#: What these formulas lose where they subtract numbers near one; no format has results so small.
FLOOR = mpf(2) ** (300 - BITS)

SCALARS = [
    1e-30, -1e-30, 1e-8, -1e-8, 0.25, 0.5, 1.0, -1.0, -0.5, 2.0, 2.5, -2.5, 5.75, -3.0, 7.0, 20.25, -20.25, 50.0, -50.0, 88.75,
    -88.75, 104.0, -104.0, 250.0, 0.999999999, 1 - 2.0**-53,
]  # fmt: skip

Truth = Callable[..., Any]


def by_flint(function: Callable[[Any], Any]) -> Truth:
    """The middle of Arb's enclosure, whose radius is far below what we compare."""

    def truth(*numbers: mpf) -> Any:
        with flint.ctx.workprec(3 * BITS):
            ball = function(*(flint.arb(flint.fmpq(*_ratio(v))) for v in numbers))
            if not ball.is_finite():
                return mp.nan
            return mp.mpf(ball.mid().str(400, radius=False))

    return truth


def by_fractions(function: Callable[..., Any]) -> Truth:
    """Exact rational arithmetic; division by zero has no truth here."""

    def truth(*numbers: Any, **params: Any) -> Any:
        result = function(*(_fractions(v) for v in numbers), **params)
        return [_mpf(v) for v in result] if isinstance(result, list) else _mpf(result)

    return truth


def _ratio(value: mpf) -> tuple[int, int]:
    fraction = _fractions(value)
    return fraction.numerator, fraction.denominator


def _fractions(value: Any) -> Any:
    if isinstance(value, list):
        return [_fractions(v) for v in value]
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(int(-mantissa if sign else mantissa)) * Fraction(2) ** int(exponent)


def _mpf(value: Fraction) -> Any:
    return mpf(value.numerator) / value.denominator


def _lse(x: list[Any]) -> Any:
    top = max(x)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in x))


def _running(x: list[Any], join: Callable[[Any, Any], Any]) -> list[Any]:
    total = [x[0]]
    for v in x[1:]:
        total.append(join(total[-1], v))
    return total


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _var(x: list[Fraction], correction: int) -> Fraction:
    return (sum(v * v for v in x) - sum(x) ** 2 / Fraction(len(x))) / (len(x) - correction)


def _clip(x: Any, low: int, high: int) -> Any:
    return low if x < low else high if x > high else x


def _selu(x: Any) -> Any:
    """With the constants solved from the fixed point (0, 1) of the moments, as Klambauer et al. derive them."""
    tail, far = mp.erfc(1 / mp.sqrt(2)), mp.erfc(mp.sqrt(2))
    alpha = -mp.sqrt(2 / mp.pi) / (tail * mp.exp(0.5) - 1)
    inner = 2 * far * mp.e**2 + mp.pi * tail**2 * mp.e - 2 * (2 + mp.pi) * tail * mp.sqrt(mp.e) + mp.pi + 2
    scale = (1 - tail * mp.sqrt(mp.e)) * mp.sqrt(2 * mp.pi) / mp.sqrt(inner)
    return scale * (x if x > 0 else alpha * (mp.exp(x) - 1))


def _gelu(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return x * mp.ncdf(x)
    return x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 10**6 * x**3)))


def _huber(x: Fraction, y: Fraction, delta: float) -> Fraction:
    gap = abs(x - y)
    return gap * gap / 2 if gap <= delta else Fraction(delta) * gap - Fraction(delta) ** 2 / 2


def _dot(x: list[Any], y: list[Any]) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), x[0] * 0)


arb: Any = flint.arb
FLINT_NAMES = (
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf", "erfc", "erfinv", "digamma",
)  # fmt: skip
TRUTH: dict[str, Truth] = {
    **{
        n: by_flint(getattr(arb, n))
        for n in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
    },
    **{
        n: by_flint(getattr(arb, n))
        for n in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "digamma")
    },
    "exp2": by_flint(lambda x: arb(2) ** x),
    "log2": by_flint(lambda x: x.log() / arb.const_log2()),
    "log10": by_flint(lambda x: x.log() / arb.const_log10()),
    "rsqrt": by_flint(arb.rsqrt),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "reciprocal": by_fractions(lambda x: 1 / x),
    "square": by_fractions(lambda x: x**2),
    "lgamma": by_flint(lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log()),
    "add": by_fractions(lambda x, y: x + y),
    "sub": by_fractions(lambda x, y: x - y),
    "mul": by_fractions(lambda x, y: x * y),
    "div": by_fractions(lambda x, y: x / y),
    "pow": by_flint(lambda x, y: x**y if x > 0 else x ** int(y.mid().fmpq().p) if y.is_integer() else arb("nan")),
    "atan2": lambda x, y: mp.arg(mp.mpc(y, x)),
    "hypot": lambda x, y: abs(mp.mpc(x, y)),
    "logaddexp": _logaddexp,
    "logaddexp2": lambda x, y: max(x, y) + mp.log1p(mpf(2) ** -abs(x - y)) / mp.log(2),
    "xlogy": lambda x, y: mp.log(mp.power(y, x)) if y > 0 else mp.nan,
    "xlog1py": lambda x, y: mp.log(mp.power(1 + y, x)) if y > -1 else mp.nan,
    "fmod": by_fractions(lambda x, y: x - int(x / y) * y),
    "remainder": by_fractions(lambda x, y: x % y),
    "floor_divide": by_fractions(lambda x, y: Fraction(x // y)),
    "sigmoid": lambda x: (1 + mp.tanh(x / 2)) / 2,
    "log_sigmoid": lambda x: mp.log((1 + mp.tanh(x / 2)) / 2),
    "softplus": lambda x: x + mp.log1p(mp.exp(-x)),
    "relu6": lambda x: _clip(x, 0, 6),
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "celu": lambda x, alpha: max(x, 0) + min(0, alpha * (mp.exp(x / alpha) - 1)),
    "selu": _selu,
    "silu": lambda x: x * (1 + mp.tanh(x / 2)) / 2,
    "mish": lambda x: x * ((1 + mp.exp(x)) ** 2 - 1) / ((1 + mp.exp(x)) ** 2 + 1),
    "gelu": _gelu,
    "hard_sigmoid": lambda x: _clip(x + 3, 0, 6) / mpf(6),
    "hard_swish": lambda x: 0 if x < -3 else x if x > 3 else x * (x + 3) / 6,
    "softsign": by_fractions(lambda x: x / (1 + x) if x > 0 else x / (1 - x)),
    "tanhshrink": lambda x: x - mp.sinh(x) / mp.cosh(x),
    "squareplus": lambda x, b: b / (mp.sqrt(x**2 + b) - x) / 2,
    "logit": lambda x: 2 * mp.atanh(2 * x - 1) if 0 < x < 1 else mp.nan,
    "sinc": mp.sincpi,
    "entr": lambda x: -mp.log(mp.power(x, x)) if x > 0 else mp.nan,
    "ndtr": mp.ncdf,
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
    "sum": by_fractions(sum),
    "mean": by_fractions(lambda x: sum(x) / Fraction(len(x))),
    "prod": by_fractions(math.prod),
    "var": by_fractions(_var),
    "std": lambda x, correction: mp.sqrt(by_fractions(_var)(x, correction=correction)),
    "logsumexp": _lse,
    "norm": lambda x, ord: mp.norm(x, p=ord),
    "cumsum": by_fractions(lambda x: _running(x, lambda a, b: a + b)),
    "logcumsumexp": lambda x: _running(x, _logaddexp),
    "softmax": lambda x: [1 / mp.fsum(mp.exp(w - v) for w in x) for v in x],
    "log_softmax": lambda x: [v - _lse(x) for v in x],
    "normalize": lambda x, eps: [v / mp.norm(x, 2) if mp.norm(x, 2) > eps else v / eps for v in x],
    "dot": by_fractions(_dot),
    "cosine_similarity": lambda x, y, eps: _dot(x, y) / mp.sqrt(max(_dot(x, x), mpf(eps) ** 2) * max(_dot(y, y), mpf(eps) ** 2)),
    "binary_cross_entropy_with_logits": lambda x, y: x + mp.log1p(mp.exp(-x)) - x * y,
    "cross_entropy": lambda x, y: mp.fsum(y) * _lse(x) - _dot(x, y),
    "sparse_cross_entropy": lambda x, y: _lse(x) - x[int(y)],
    "mse": by_fractions(lambda x, y: sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / Fraction(len(x))),
    "huber": by_fractions(_huber),
    "kl_div": lambda x, y: mp.exp(y) * y - mp.exp(y) * x,
    "rel_entr": lambda x, y: x * mp.log(x) - x * mp.log(y) if x > 0 and y > 0 else mp.nan,
}


def _scalar(rng: random.Random, entry: Input, index: int) -> float:
    while True:
        edge = rng.random() < 0.5
        value = rng.choice(SCALARS) if edge else rng.choice([rng.gauss(0, 3), rng.uniform(-1, 1), 10 ** rng.uniform(-12, 2)])
        if entry.integers:
            value = float(math.floor(abs(value))) % 2
        if entry.low <= value <= entry.high:
            return value


def points(op: Op, count: int = 40) -> Iterator[list[Any]]:
    """Seeded points of the domain, half of them edges; unary ops see every edge; vectors of one length, 2 to 5."""
    rng = random.Random(f"definitions of {op.name}")
    if len(op.inputs) == 1 and op.elementwise:
        yield from ([x] for x in SCALARS if op.inputs[0].low <= x <= op.inputs[0].high)
    for _ in range(count):
        length = rng.randint(2, 5)
        yield [
            _scalar(rng, entry, i) if entry.shape == "scalar" else [_scalar(rng, entry, i) for _ in range(length)]
            for i, entry in enumerate(op.inputs)
        ]


def _map(value: Any, function: Callable[[float], Any]) -> Any:
    return [_map(v, function) for v in value] if isinstance(value, list) else function(value)


@pytest.mark.parametrize("op", [o for o in ops().values() if o.name in TRUTH], ids=lambda op: op.name)
def test_definition_is_the_function(op: Op) -> None:
    m, compared = Mp(BITS), 0
    for params in op.param_sets():
        function = function_of(op, params, "value")
        for point in points(op):
            results = function.outputs(m, {i.name: _map(v, m.lift) for i, v in zip(op.inputs, point, strict=True)})
            with mp.workprec(BITS):
                try:
                    truth = TRUTH[op.name](*_map(point, mpf), **params)
                except ZeroDivisionError:
                    continue
                for given, expected in zip(results, truth if isinstance(truth, list) else [truth], strict=True):
                    value = mp.make_mpf(given._mpf_)
                    if not mp.isfinite(expected):
                        assert not mp.isfinite(value), f"{op.name}{point} {params} = {mp.nstr(value, 20)}, not {expected}"
                        continue
                    compared += 1
                    assert abs(value - expected) <= _mpf(AGREE) * abs(expected) + FLOOR, (
                        f"{op.name}{point} {params} = {mp.nstr(value, 30)}, independently {mp.nstr(expected, 30)}"
                    )
    assert compared >= 20


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("sinc", [0.0], 1.0), ("entr", [0.0], 0.0), ("xlogy", [0.0, 0.0], 0.0), ("xlog1py", [0.0, -1.0], 0.0),
        ("rel_entr", [0.0, 0.5], 0.0), ("cbrt", [0.0], 0.0), ("cbrt", [-27.0], -3.0), ("elu", [0.0], 0.0), ("relu6", [6.0], 6.0),
        ("pow", [0.0, 0.0], 1.0), ("pow", [-2.0, 0.5], math.nan), ("logit", [2.0], math.nan),
        ("fmod", [1e300, 7.0], math.fmod(1e300, 7)),
        ("remainder", [-1e300, 7.0], -1e300 % 7.0), ("remainder", [5.0, -3.0], -1.0), ("floor_divide", [6.0, 3.0], 2.0),
        ("floor_divide", [-1.0, 3.0], -1.0), ("atan2", [0.0, -1.0], math.pi), ("norm", [[0.0, 0.0]], 0.0),
        ("var", [[1e8, 1e8]], 0.0),
        ("normalize", [[0.0]], 0.0), ("cosine_similarity", [[0.0], [1.0]], 0.0), ("log", [-1.0], math.nan),
        ("acosh", [0.5], math.nan),
    ],
)  # fmt: skip
def test_singled_out_points(name: str, point: list[Any], expected: float) -> None:
    m, op = Mp(256), ops()[name]
    (result,) = {m.double(v)[0] for v in function_of(op, op.default_params(), "value").outputs(
        m, {i.name: _map(v, m.lift) for i, v in zip(op.inputs, point, strict=True)})}  # fmt: skip
    assert result == expected or (math.isnan(result) and math.isnan(expected))


def test_every_op_of_these_families_has_an_independent_truth() -> None:
    families = ("elementwise", "special", "activations", "reductions", "vectors", "losses")
    assert not [op.name for op in ops().values() if op.family in families and op.name not in TRUTH]
