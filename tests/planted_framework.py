"""A framework that is right: every answer computed with mpmath and rounded once; and single answers planted beside it.

Independent of what the oracle does with the same definitions: no balls, no Arb, no reading of limits. Values come from mpmath at two
precisions that agree; derivatives of first and second order are central differences at high precision (two steps that agree), not the tape; special
inputs are answered as numpy and scipy, written out op by op below, answer in binary64.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import scipy.special as sp
from numpy.typing import NDArray

from fuzzer.campaign.cell import Cell, Subject
from fuzzer.campaign.trial import Judgement, Trial
from fuzzer.case import COTANGENT, TANGENT, Batch, Placement
from fuzzer.catalog.functions import function_of
from fuzzer.catalog.op import ORDERS, Implementation, Op
from fuzzer.catalog.registry import op_named
from fuzzer.formats import Format
from fuzzer.frameworks.expression import placed
from fuzzer.frameworks.framework import Job
from fuzzer.frameworks.target import register
from fuzzer.inputs.shapes import length_in, output_count
from fuzzer.judge.stability import certify
from fuzzer.judge.verdict import Class, Symptom
from oracles.arithmetic.native import Native
from oracles.arithmetic.taped import TapedMp
from oracles.confirmation import confirm
from oracles.function import Function

NAME = "correctly_rounded"
IMPLEMENTATION = Implementation(NAME, "correctly_rounded")
SUBJECT = Subject(NAME, IMPLEMENTATION)
Row = dict[str, Any]  # name -> float, or nested lists of them


class CorrectlyRounded:
    """Implements Framework."""

    name = NAME
    version = "1"
    orders = ORDERS
    lengths: tuple[int, ...] | None = None
    compile_seconds = 0.0

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        if job.implementation.call == "x * y":  # the probe of flush_policy
            return np.asarray(batch.inputs["x"] * batch.inputs["y"])[:, np.newaxis]
        function = function_of(job.op, job.params, job.order)
        exact = batch.exact()
        rows = [
            right_answer(job.op, function, {n: v[row].tolist() for n, v in exact.items()}, batch.format)
            for row in range(batch.rows)
        ]
        return np.asarray(rows, dtype=np.float64).astype(batch.format.dtype)

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        one = self.evaluate(job, batch)
        return np.repeat(one, len(next(iter(placed(batch, placement).inputs.values()))), axis=0)


register(NAME, CorrectlyRounded)


def right_answer(op: Op, function: Function, row: Row, fmt: Format) -> list[float]:
    """The correctly rounded outputs of one row (their doubles)."""
    finite = all(math.isfinite(v) for v in _flat(list(row.values())))
    if function.order == "value":
        found = _agreed(function, row, fmt) if finite else None
        answers = None if found is None else [rounded(v, fmt) for v in found]
        if answers is None or any(isinstance(v, float) for v in found or []):
            special = _by_numpy(op, function, row, fmt)
            answers = (
                special
                if answers is None
                else [s if isinstance(v, float) else a for a, v, s in zip(answers, found or [], special, strict=True)]
            )
        if op.keeps_zero_sign and row[op.inputs[0].name] == 0:
            answers = [math.copysign(0.0, row[op.inputs[0].name])]
        return answers
    variables = [(name, place) for name in function.differentiable for place in _places(row[name])]
    if function.order == "jvp" and TANGENT not in row:
        function = replace(function, order="grad")  # one output: the products with the unit tangents are the gradient
    if function.order == "grad":
        slopes = [_slope(function, row, name, place, fmt) if finite else math.nan for name, place in variables]
        return [rounded(s, fmt) for s in slopes]
    if function.order == "jvp":
        length = length_in(op, {name: np.asarray([row[name]], np.float64) for name in function.inputs})
        outputs = output_count(op, dict(function.params), length or 1)
    if not finite:
        square = len(variables) ** (1 if TANGENT in row else 2)
        return [math.nan] * (outputs if function.order == "jvp" else square)
    unit = [_direction(row, function, variables, i) for i in range(len(variables))]
    along = _direction(row, function, variables)
    if function.order == "jvp":
        wanted: list[tuple[list[Row], int | None]] = [([along], output) for output in range(outputs)]
    elif TANGENT in row:
        wanted = [([one, along], None) for one in unit]
    else:
        wanted = [([first, second], None) for first in unit for second in unit]
    found = [_derivative(function, row, directions, output, index, fmt) for index, (directions, output) in enumerate(wanted)]
    return [rounded(v, fmt) for v in found]


def rounded(value: Fraction | float, fmt: Format) -> float:
    """To the format; a float stands for a special value, or for a number far beyond the format's range."""
    return fmt.round_exact(value) if isinstance(value, Fraction) else value


# Values


def _agreed(function: Function, row: Row, fmt: Format) -> list[Fraction | float] | None:
    """mpmath's outputs at two precisions that agree to 2^-80, precision doubled until they do; at least so many bits that a sum of the inputs
    loses none of them, for two precisions that lose one agree."""
    bits, before = 160 + _spread(row), None
    while bits <= 20480:
        now = _evaluate(function, row, bits, fmt)
        if now is None:
            return None
        if before is not None and all(_alike(a, b) and (b or bits > 2600) for a, b in zip(before, now, strict=True)):
            return now
        before, bits = now, 2 * bits
    return before


def _spread(row: Row) -> int:
    """Binades between the largest and the least number of the inputs."""
    sizes = np.abs(np.concatenate([np.ravel(np.asarray(value, np.float64)) for value in row.values()]))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return int(np.ptp(np.frexp(sizes)[1])) if len(sizes) else 0


def _evaluate(
    function: Function, row: Row, bits: int, fmt: Format, moved: Mapping[str, Any] | None = None
) -> list[Fraction | float] | None:
    m = TapedMp(bits)
    lifted = {name: _lift(m, value) for name, value in {**row, **(moved or {})}.items()}
    try:
        return [_bounded(m.num(v), fmt) for v in function.outputs(m, lifted)]
    except (ArithmeticError, ValueError, TypeError):
        return None


def _bounded(x: Any, fmt: Format, by: Fraction = Fraction(1)) -> Fraction | float:
    """x / by, exact; far beyond the format's range a power of two of its sign, so that integers stay small. A pole or nan is nan."""
    negative, mantissa, exponent, bits = x._mpf_
    if not mantissa:
        return math.nan if exponent else Fraction(0)
    sign = -1 if negative else 1
    size = exponent + bits - by.numerator.bit_length() + by.denominator.bit_length()
    if size > fmt.emax + 4:
        return sign * Fraction(2) ** (fmt.emax + 8)
    if size < fmt.emin - fmt.precision - 4:
        return sign * Fraction(2) ** (fmt.emin - fmt.precision - 8)
    return sign * int(mantissa) * Fraction(2) ** exponent / by


def _alike(a: Fraction | float, b: Fraction | float) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return isinstance(a, float) and isinstance(b, float)
    return abs(a - b) * 2**80 <= abs(b)


def _lift(m: TapedMp, value: Any) -> Any:
    return [_lift(m, v) for v in value] if isinstance(value, list) else m.num(value)


def _flat(value: Any) -> list[float]:
    return [leaf for v in value for leaf in _flat(v)] if isinstance(value, list) else [value]


# Derivatives


def _places(value: Any) -> list[tuple[int, ...]]:
    return [(i, *rest) for i, v in enumerate(value) for rest in _places(v)] if isinstance(value, list) else [()]


def _slope(function: Function, row: Row, name: str, place: tuple[int, ...], fmt: Format) -> Fraction | float:
    """The derivative of the cotangent's product with the outputs: central differences, their step squared until two agree."""
    x = Fraction(_at(row[name], place))
    low, high = function.domains[function.inputs.index(name)]
    pole = _pole(function, row, fmt)
    if pole and all(
        _inside(row[n], domain, Fraction(1)) == _exactly(row[n])
        for n, domain in zip(function.inputs, function.domains, strict=True)
    ):
        return math.nan  # in the middle of the domain: there is no inside to look from
    if pole or x in (low, high) or (x == 0 and _singular(function)):
        return _one_sided(function, row, name, place, fmt)
    sizes = [abs(Fraction(v)) for v in _flat(list(row.values())) if v]
    span = max([*sizes, Fraction(1)]) / min([*sizes, Fraction(1)])
    before: Fraction | float | None = None
    for digits in (160, 400, 1200, 3000):
        step = Fraction(1, 2**digits) * (min(abs(x), 1) if x else Fraction(1, 2**1100))
        bits = 3 * digits + (0 if x else 1200) + 2 * (span.numerator // span.denominator).bit_length() + 128
        now = _difference(function, row, name, place, step, bits, fmt)
        if isinstance(now, float) or abs(now) > 2 * fmt.overflow_threshold:  # a jump or an overflow: the steps cannot tell
            return _one_sided(function, row, name, place, fmt)
        if (
            before is not None
            and abs(now - before) * 2**60 <= abs(now)
            and (now or (digits == 3000 and not _astronomical(function, row, fmt)))
        ):
            return now
        before = now
    if before is not None and abs(before) < Fraction(2) ** (
        fmt.emin - fmt.precision - 6
    ):  # the terms cancel entirely: only the roundings are left
        return _one_sided(function, row, name, place, fmt) if _astronomical(function, row, fmt) else Fraction(0)
    return _one_sided(function, row, name, place, fmt)


def _astronomical(function: Function, row: Row, fmt: Format) -> bool:
    """Whether a value lies far beyond the format, so that no difference shows what another term adds (e^x - x y)."""
    found = _evaluate(_value_of(function), row, 160, fmt) or []
    return any(isinstance(v, Fraction) and abs(v) >= Fraction(2) ** (fmt.emax + 8) for v in found)


def _value_of(function: Function) -> Function:
    return Function(function.definition, function.inputs, function.params)


def _direction(row: Row, function: Function, variables: list[tuple[str, tuple[int, ...]]], unit: int | None = None) -> Row:
    """The inputs' shapes filled with a unit vector, or with the tangent; nothing for the inputs that do not move."""
    numbers = [float(i == unit) for i in range(len(variables))] if unit is not None else _flat(row.get(TANGENT, []))
    moves: Row = {}
    for (name, place), number in zip(variables, numbers, strict=False):
        moves[name] = _with(moves.get(name, _zeros(row[name])), place, Fraction(number))
    return moves


def _zeros(value: Any) -> Any:
    return [_zeros(v) for v in value] if isinstance(value, list) else Fraction(0)


def _derivative(
    function: Function, row: Row, directions: list[Row], output: int | None, index: int, fmt: Format
) -> Fraction | float:
    """The derivative of an output (None: of the cotangent's product with all) along each of the directions."""
    moving = [
        (x, t, domain) for moves in directions for name, domain in zip(function.inputs, function.domains, strict=True) if name in moves
        for x, t in zip(_flat([row[name]]), _flat([moves[name]]), strict=True) if t
    ]  # fmt: skip
    if any(not any(_flat(list(moves.values()))) for moves in directions):
        return Fraction(0) if not _pole(function, row, fmt) else math.nan
    if _pole(function, row, fmt):
        return math.nan
    if any(x in domain or (x == 0 and _singular(function)) for x, _, domain in moving):
        return _beside(function, row, index, fmt)
    sizes = [abs(Fraction(v)) for v in _flat(list(row.values())) if v]
    span = max([*sizes, Fraction(1)]) / min([*sizes, Fraction(1)])
    zero = any(x == 0 for x, _, _ in moving)
    scale = min([Fraction(1), *(abs(Fraction(x)) for x, _, _ in moving if x)]) * (Fraction(1, 2**1100) if zero else 1)
    before: Fraction | float | None = None
    for digits in (160, 400, 1200, 3000):
        step = Fraction(1, 2**digits) * scale / max(1, *(abs(t) for _, t, _ in moving))
        bits = (
            (len(directions) + 2) * (digits + (1200 if zero else 0)) + 4 * (span.numerator // span.denominator).bit_length() + 128
        )
        now = _quotient(function, row, directions, output, step, bits, fmt)
        if isinstance(now, float) or abs(now) > 2 * fmt.overflow_threshold:  # a jump or an overflow: the steps cannot tell
            return _beside(function, row, index, fmt)
        if before is not None and abs(now - before) * 2**60 <= abs(now) and (now or digits == 3000):
            return now
        before = now
    if before is not None and abs(before) < Fraction(2) ** (fmt.emin - fmt.precision - 6):  # only the roundings are left
        return Fraction(0)
    return _beside(function, row, index, fmt)


def _quotient(
    function: Function, row: Row, directions: list[Row], output: int | None, step: Fraction, bits: int, fmt: Format
) -> Fraction | float:
    """The central difference, mixed where there are two directions."""
    m = TapedMp(bits)
    value = _value_of(function)
    terms = []
    for signs in itertools.product((1, -1), repeat=len(directions)):
        moved = {name: row[name] for name in function.inputs}
        for sign, moves in zip(signs, directions, strict=True):
            moved.update({name: _sum(moved[name], moves[name], sign * step) for name in moves})
        try:
            outputs = [m.num(v) for v in value.outputs(m, {name: _lift(m, v) for name, v in moved.items()})]
        except (ArithmeticError, ValueError, TypeError):
            return math.nan
        weights = _flat(row[COTANGENT]) if COTANGENT in row else [1.0] * len(outputs)
        chosen = [(1.0, outputs[output])] if output is not None else list(zip(weights, outputs, strict=True))
        terms += [m.num(w * math.prod(signs)) * v for w, v in chosen if w]
    return _bounded(m.sum(terms or [m.num(0)]), fmt, (2 * step) ** len(directions))


def _sum(value: Any, moves: Any, step: Fraction) -> Any:
    if isinstance(value, list):
        return [_sum(v, t, step) for v, t in zip(value, moves, strict=True)]
    return (Fraction(value) if math.isfinite(value) else value) + moves * step


def _difference(
    function: Function, row: Row, name: str, place: tuple[int, ...], step: Fraction, bits: int, fmt: Format
) -> Fraction | float:
    m = TapedMp(bits)
    value = _value_of(function)
    x = Fraction(_at(row[name], place))
    totals = []
    for side in (step, -step):
        lifted = {n: _lift(m, row[n]) for n in function.inputs}
        lifted[name] = _with(lifted[name], place, m.num(x + side))
        try:
            outputs = [m.num(v) for v in value.outputs(m, lifted)]
        except (ArithmeticError, ValueError, TypeError):
            return math.nan
        weights = _flat(row[COTANGENT]) if COTANGENT in row else [1.0] * len(outputs)
        totals.append(m.sum([m.num(w) * v for w, v in zip(weights, outputs, strict=True) if w] or [m.num(0)]))
    return _bounded(totals[0] - totals[1], fmt, 2 * step)


def _pole(function: Function, row: Row, fmt: Format) -> bool:
    found = _evaluate(_value_of(function), row, 160, fmt)
    return found is None or any(isinstance(v, float) for v in found)


def _singular(function: Function) -> bool:
    """Whether the definition singles out this point, so that a difference across it means nothing."""
    return function.definition in ("sqrt", "rsqrt", "cbrt", "entr", "xlogy", "xlog1py", "rel_entr", "log", "logit")


def _one_sided(function: Function, row: Row, name: str, place: tuple[int, ...], fmt: Format) -> Fraction | float:
    return _beside(function, row, [(n, p) for n in function.differentiable for p in _places(row[n])].index((name, place)), fmt)


def _beside(function: Function, row: Row, index: int, fmt: Format) -> Fraction | float:
    """At an edge, a pole or an isolated point: the tape's derivative just inside, at two distances; growing means infinite."""
    at_it = None if _singular(function) else _evaluate(function, row, 2600, fmt)
    if at_it is not None and not isinstance(at_it[index], float):
        return at_it[index]
    far = max(80, fmt.precision - fmt.emin + 100)  # below the least number, and so near that a limit is reached to 2^-40
    for side in (1, -1):  # that of a zero's sign first
        found: list[Fraction | float] = []
        for digits in (far, 2 * far):
            by = side * Fraction(1, 2**digits)
            moved: Row = {n: _inside(row[n], domain, by) for n, domain in zip(function.inputs, function.domains, strict=True)}
            outputs = _evaluate(function, row, 3 * digits + 2600, fmt, moved)
            found.append(math.nan if outputs is None else outputs[index])
        near, nearer = found
        if not isinstance(near, float) and not isinstance(nearer, float):
            if abs(near - nearer) * 2**40 <= abs(nearer):
                return nearer
            return (math.inf if nearer > 0 else -math.inf) if abs(nearer) > abs(near) else Fraction(0)
    return math.nan


def _inside(value: Any, domain: tuple[float, float], by: Fraction) -> Any:
    if isinstance(value, list):
        return [_inside(v, domain, by) for v in value]
    away = by if math.copysign(1.0, value) > 0 else -by
    if value == domain[0]:
        return Fraction(value) + abs(by)
    if value == domain[1]:
        return Fraction(value) - abs(by)
    return away if value == 0 else Fraction(value)


def _exactly(value: Any) -> Any:
    return [_exactly(v) for v in value] if isinstance(value, list) else Fraction(value)


def _at(value: Any, place: tuple[int, ...]) -> float:
    for i in place:
        value = value[i]
    return float(value)


def _with(value: Any, place: tuple[int, ...], new: Any) -> Any:
    if not place:
        return new
    return [_with(v, place[1:], new) if i == place[0] else v for i, v in enumerate(value)]


# Special inputs, in binary64, as a careful implementation answers them


def _by_numpy(op: Op, function: Function, row: Row, fmt: Format) -> list[float]:
    """Where the definition itself says nothing: numpy's or scipy's function, or the formula in IEEE 754 arithmetic."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: Any
        if op.name not in SPECIAL:
            m = Native()
            result = [m.num(v) for v in function.outputs(m, {name: _floats(row[name]) for name in function.inputs})]
            return [float(v) for v in fmt.round(np.asarray(result, np.float64)).astype(np.float64).ravel()]
        result = SPECIAL[op.name](*(np.asarray(row[name], np.float64) for name in function.inputs), **dict(function.params))
        return [float(v) for v in np.atleast_1d(fmt.round(np.asarray(result, np.float64))).astype(np.float64).ravel()]


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list) else np.float64(value)


def _gelu(x: Any, approximate: str) -> Any:
    return x * sp.ndtr(x) if x != -np.inf else -0.0


def _positive_or(function: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda x, **params: np.where(x > 0, x, function(x))


def _logcumsumexp(x: Any, reverse: bool) -> Any:
    return np.logaddexp.accumulate(x[::-1])[::-1] if reverse else np.logaddexp.accumulate(x)


def _norm(x: Any, ord: float) -> Any:
    return np.max(np.abs(x)) if math.isinf(ord) else np.sum(np.abs(x) ** ord) ** (1 / ord)


def _cross_entropy(x: Any, y: Any) -> Any:
    return -np.sum(y * sp.log_softmax(x))


def _cosine(x: Any, y: Any, eps: float) -> Any:
    return np.sum(x * y) / (max(_norm(x, 2), eps) * max(_norm(y, 2), eps))


def _of_complex(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of complex numbers over pairs."""

    def over_pairs(*pairs: Any, **params: Any) -> Any:
        result = np.asarray(function(*(np.ascontiguousarray(pair).view(np.complex128)[..., 0] for pair in pairs), **params))
        return np.stack([result.real, result.imag], axis=-1) if np.iscomplexobj(result) else result

    return over_pairs


def _betaln_of_many(x: Any) -> Any:
    """At zeros, where the formula may be inf - inf, each pole of the numerator outweighs the denominator's one."""
    return np.inf if (x == 0).any() and np.isfinite(x).all() else np.sum(sp.gammaln(x)) - sp.gammaln(np.sum(x))


SPECIAL: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "reciprocal",
       "square", "sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot", "logaddexp", "logaddexp2", "fmod", "remainder",
       "floor_divide", "sinc", "sum", "mean", "prod")},
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "rsqrt": lambda x: 1 / np.sqrt(x), "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "atan2": np.arctan2, "xlogy": sp.xlogy, "xlog1py": sp.xlog1py,
    "erf": sp.erf, "erfc": sp.erfc, "erfinv": sp.erfinv, "lgamma": sp.gammaln, "digamma": sp.digamma, "logit": sp.logit,
    "entr": sp.entr, "ndtr": sp.ndtr, "log_ndtr": sp.log_ndtr,
    **{name: getattr(sp, name) for name in ("gamma", "gammasgn", "gammainc", "gammaincc", "betainc", "factorial",
       "boxcox", "boxcox1p", "ndtri")},
    "loggamma": lambda x: sp.gammaln(x) if x >= 0 else np.nan,
    "betaln": lambda a, b: np.nan if min(a, b) < 0 else -np.inf if max(a, b) == np.inf else sp.betaln(a, b),
    "beta": lambda a, b: np.nan if min(a, b) < 0 else 0.0 if max(a, b) == np.inf else sp.beta(a, b),
    "trigamma": lambda x: sp.polygamma(1, x), "polygamma": lambda x, n: sp.polygamma(n, x), "hurwitz_zeta": sp.zeta,
    "riemann_zeta": lambda s: sp.zeta(s, 1.0),
    "multigammaln": lambda x, d: sp.multigammaln(x, d) if x > (d - 1) / 2 else np.nan, "binomial": sp.binom, "pochhammer": sp.poch,
    "relative_entropy": sp.kl_div, "multivariate_betaln": _betaln_of_many,
    "gammainc_grad_a": lambda a, x: np.nan, "gamma_sample_grad": lambda a, x: np.nan,
    "sigmoid": sp.expit, "log_sigmoid": sp.log_expit, "softplus": lambda x: np.logaddexp(x, 0), "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "silu": lambda x: x * sp.expit(x) if x != -np.inf else -0.0,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)) if x != -np.inf else -0.0,
    "gelu": _gelu, "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_swish": lambda x: x * (np.clip(x + 3, 0, 6) / 6) if x != -np.inf else -0.0,
    "softsign": lambda x: x / (1 + np.abs(x)) if np.isfinite(x) else np.sign(x), "tanhshrink": lambda x: x - np.tanh(x),
    "squareplus": lambda x, b: (x + np.sqrt(x * x + b)) / 2 if x != -np.inf else 0.0,
    "var": lambda x, correction: np.var(x, ddof=correction), "std": lambda x, correction: np.std(x, ddof=correction),
    "logsumexp": sp.logsumexp, "norm": _norm, "logcumsumexp": _logcumsumexp,
    "softmax": sp.softmax, "log_softmax": sp.log_softmax, "normalize": lambda x, eps, p: x / max(_norm(x, p), eps),
    "dot": np.dot, "cosine_similarity": _cosine,
    "binary_cross_entropy_with_logits": lambda x, y: np.logaddexp(0, -x) * y + np.logaddexp(0, x) * (1 - y), "cross_entropy": _cross_entropy,
    "sparse_cross_entropy": lambda x, y: -sp.log_softmax(x)[int(y)], "mse": lambda x, y: np.mean((x - y) ** 2),
    **{name: getattr(np, name) for name in ("abs", "positive", "maximum", "minimum", "fmax", "fmin", "floor", "ceil", "trunc", "round", "sign",
       "heaviside", "deg2rad", "rad2deg", "less", "less_equal", "equal")},
    "neg": np.negative, "frac": lambda x: np.modf(x)[0], "modf": lambda x: np.stack(np.modf(x)),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "nan_to_num": lambda x: np.nan_to_num(x, nan=1.0, posinf=100.0, neginf=-100.0), "lerp": lambda x, y, w: x + w * (y - x),
    "addcmul": lambda x, y, z, value: x + value * y * z, "addcdiv": lambda x, y, z, value: x + value * (y / z),
    "scaled_add": lambda x, y, alpha: x + alpha * y, "squared_difference": lambda x, y: np.square(x - y),
    "divide_no_nan": lambda x, y: x / y if y else 0.0, "multiply_no_nan": lambda x, y: x * y if y else 0.0,
    "reciprocal_no_nan": lambda x: 1 / x if x else 0.0, "xdivy": lambda x, y: x / y if x else 0.0, "trunc_divide": lambda x, y: np.trunc(x / y),
    "divmod": lambda x, y: np.stack(np.divmod(x, y)), "integer_pow": lambda x, n: x**n, "scalar_pow": lambda x, p: x**p,
    "base_pow": lambda y, base: np.power(base, y), "log1mexp": lambda x: np.log(-np.expm1(-x)),
    "relu": lambda x: np.maximum(x, 0), "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x), "hard_tanh": lambda x: np.clip(x, -1, 1),
    "reduce_precision": lambda x, exponent_bits, mantissa_bits: x * np.inf, "sort": np.sort, "cast_float16": lambda x: x.astype(np.float16),
    "cast_float32": lambda x: x.astype(np.float32),
    "cast_bfloat16": lambda x: x.astype(ml_dtypes.bfloat16), "cast_float8_e5m2": lambda x: x.astype(ml_dtypes.float8_e5m2),
    **{f"{name}_complex": _of_complex(getattr(np, name)) for name in ("exp", "log", "log2", "log10", "log1p", "sqrt", "reciprocal", "sin", "tanh")},
    "rsqrt_complex": _of_complex(lambda z: 1 / np.sqrt(z)), "angle": _of_complex(np.angle), "abs_complex": _of_complex(np.abs),
    "div_complex": _of_complex(np.divide), "pow_complex": _of_complex(np.power), "pow_of_complex": _of_complex(lambda z, p: z**p),
    "asin_complex": _of_complex(np.arcsin), "acosh_complex": _of_complex(np.arccosh), "atan_complex": _of_complex(np.arctan),
    "atanh_complex": _of_complex(np.arctanh), "sum_complex": _of_complex(np.sum),
    "geometric_entropy": lambda p: np.where(p == 1, 0.0, np.nan),
    "huber": lambda x, y, delta: sp.huber(delta, x - y), "kl_div": lambda x, y: np.exp(y) * (y - x), "rel_entr": sp.rel_entr,
}  # fmt: skip


# One planted answer


@dataclass(frozen=True)
class Judged:
    """What the judge says of one planted answer; certified: after the ball test, as a finding would be."""

    class_: Class
    symptom: Symptom
    ulps: float
    excess: float
    certified: Class
    flushed: bool


def trial_of(op: str, dtype: str, order: str = "value", **params: Any) -> Trial:
    record = op_named(op)
    return Trial(Cell(op, tuple({**record.default_params(), **params}.items()), dtype, order), [SUBJECT])


def judge_answers(trial: Trial, batch: Batch, answers: Any) -> Judgement:
    """The judgement of these answers, given as numbers of the format, shape (rows, outputs)."""
    given = np.asarray(answers, np.float64).astype(batch.format.dtype)
    return trial.judge(batch, [(SUBJECT, given, "")])


def batch_of(dtype: str, **inputs: Any) -> Batch:
    """One row, rounded to the dtype."""
    from fuzzer.formats import format_named

    return Batch(dtype, {name: format_named(dtype).round(np.asarray([value], np.float64)) for name, value in inputs.items()})


def judge_planted(trial: Trial, batch: Batch, answers: Any, output: int = 0) -> Judged:
    """The verdict on the one row's answers, of one output."""
    (outcome,) = judge_answers(trial, batch, [answers]).outcomes
    assert outcome.screened is not None
    verdicts, at = outcome.screened.verdicts, (0, output)
    class_, excess = Class(int(verdicts.classes[at])), float(verdicts.excess[at])
    single = {name: values[0] for name, values in batch.exact().items()}
    certified = class_
    if class_.is_finding and all(np.isfinite(v).all() for v in single.values()):
        confirmation = confirm(trial.function, single, output)
        assert confirmation.agrees
        if confirmation.exact is not None:
            truth = float(confirmation.exact) if abs(confirmation.exact) < 2**1023 else math.inf
            answer = float(np.asarray(outcome.answers, np.float64)[at])
            certified = certify(
                trial.function, single, output, answer, truth, trial.format, trial.standard(batch), excess, class_
            )
    return Judged(
        class_,
        Symptom(int(verdicts.symptoms[at])),
        float(verdicts.ulps[at]),
        excess,
        certified,
        bool(outcome.screened.flushed[at]),
    )
