"""Right answers: every output computed with MPFR and rounded once, with mpmath where MPFR has no answer.

Independent of what the oracle does with the same definitions: no balls, no Arb, no reading of limits. Values come from two precisions that agree;
derivatives of first and second order are central differences at high precision (two steps that agree), not the tape; special inputs are answered
as numpy and scipy do in binary64 (tests.special_answers).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import gmpy2
import numpy as np
from mpmath import libmp

import tests.mpfr
from tests.mpfr import ExceptionalError, Mpfr, precision
from tests.special_answers import Row, by_numpy
from ulpfuzz.fuzzer.case import COTANGENT, TANGENT
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.shapes import length_in, output_count
from ulpfuzz.oracles.arithmetic.taped import TapedMp
from ulpfuzz.oracles.function import Function, flat

Exact = Any  # gmpy2.mpq
#: An exact number, or a float: nan for a pole, infinite where a derivative grows without end.
Found = Any
_EXACT, _BINARY = type(gmpy2.mpq()), type(gmpy2.mpfr(0))
_RATIONAL = gmpy2.mpq


def right_answer(op: Op, function: Function, row: Row, fmt: Format) -> list[float]:
    """The correctly rounded outputs of one row (their doubles). Raises UnknownError."""
    point = _Point(function, row, fmt)
    if function.order == "value":
        return _value(op, point)
    if function.order == "jvp" and TANGENT not in row and _outputs_of(op, point) == 1:
        point = _Point(replace(function, order="grad"), row, fmt)  # the products with the unit tangents are the gradient
    slopes = _gradient(point) if point.function.order == "grad" else _along(op, point)
    return [rounded(v, fmt) for v in slopes]


def rounded(value: Found, fmt: Format) -> float:
    """To the format; a float stands for a special value, or for a number far beyond the format's range."""
    return fmt.round_exact(Fraction(int(value.numerator), int(value.denominator))) if isinstance(value, _EXACT) else value


class UnknownError(Exception):
    """mpmath does not find a function's value here (a series that does not converge): nobody knows the right answer."""


class _Point:
    """One row of inputs, and what has been computed there."""

    def __init__(self, function: Function, row: Row, fmt: Format) -> None:
        self.function, self.row, self.fmt = function, row, fmt
        self.value = Function(function.definition, function.inputs, function.params)
        self.bases: dict[Any, dict[str, Any]] = {}
        self.moved: dict[Any, Any] = {}
        self.sides: dict[Any, list[Found] | None] = {}
        self.steps: dict[Any, Found] = {}
        self.branches: dict[Any, tuple[int, ...]] = {}
        self.kinked: set[Any] = set()  # steps within which another branch begins

    def lifted(self, m: Any, bits: int) -> dict[str, Any]:
        """The inputs as numbers of the arithmetic."""
        key = (m.name, bits)
        if key not in self.bases:
            self.bases[key] = {name: _lift(m, value) for name, value in self.row.items()}
        return dict(self.bases[key])

    @cached_property
    def finite(self) -> bool:
        return all(math.isfinite(v) for v in flat(list(self.row.values())))

    @cached_property
    def pole(self) -> bool:
        for bits in (160, 160 + _range(self.fmt)):  # with few bits a number beside a pole lies on it
            found = _evaluate(self.value, self.row, bits, self.fmt)
            if found is not None and not any(isinstance(v, float) for v in found):
                return False
        return True

    @cached_property
    def astronomical(self) -> bool:
        """Whether a value lies far beyond the format, so that no difference shows what another term adds (e^x - x y)."""
        found = _evaluate(self.value, self.row, 160, self.fmt) or []
        return any(isinstance(v, _EXACT) and abs(v) >= _power(self.fmt.emax + 8) for v in found)

    @cached_property
    def singular(self) -> bool:
        """Whether the definition singles out a zero, so that a difference across it means nothing."""
        return self.function.definition in ("sqrt", "rsqrt", "cbrt", "entr", "xlogy", "xlog1py", "rel_entr", "log", "logit")

    @cached_property
    def span(self) -> int:
        """Bits between the largest and the least number of the row, one included."""
        exponents = [math.frexp(v)[1] for v in flat(list(self.row.values())) if v] + [1]
        return max(exponents) - min(exponents) + 2

    @cached_property
    def variables(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(name, place) for name in self.function.differentiable for place in _places(self.row[name])]

    @cached_property
    def distances(self) -> tuple[int, int]:
        """The digits of two moves: below the least number, and so near that a limit is reached to 2^-40."""
        far = max(80, self.fmt.precision - self.fmt.emin + 100)
        return far, 2 * far

    def beside(self, side: int, digits: int) -> list[Found] | None:
        """The outputs where what lies at the end of a domain or at zero has moved by 2^-digits; all that is no zero, where the definition singles
        out that point too."""
        key = (side, digits)
        if key not in self.sides:
            by, function = side * _power(-digits), self.function
            for everything in (False, True):
                moved: Row = {n: _inside(self.row[n], function.domain(n), by, everything=everything) for n in function.inputs}
                self.sides[key], singled_out = _evaluated(function, {**self.row, **moved}, 3 * digits + 2600, self.fmt)
                if not singled_out:
                    break
        return self.sides[key]

    @cached_property
    def at_it(self) -> list[Found] | None:
        """The tape's derivatives at the point itself; None where the definition singles it out, and so the tape has a constant's."""
        if self.singular:
            return None
        try:
            with precision(2600) as m:  # where MPFR meets an infinity, the tape's zero times it is no derivative
                outputs = self.function.outputs(m, {n: _lift(m, v) for n, v in self.row.items()})
                found = [_bounded(m.num(v), self.fmt) for v in outputs]
        except ExceptionalError as error:
            if not error.small:
                return None
            again, singled_out = _evaluated(self.function, self.row, 2600, self.fmt)
            return None if singled_out else again
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, libmp.NoConvergence):
            return None
        return None if m.removable else found


# Values


def _value(op: Op, point: _Point) -> list[float]:
    function, row, fmt = point.function, point.row, point.fmt
    found = _agreed(function, row, fmt) if point.finite else None
    answers = None if found is None else [rounded(v, fmt) for v in found]
    if answers is None or any(isinstance(v, float) for v in found or []):
        special = by_numpy(op, function, row, fmt)
        if point.finite:
            inside = _from_inside(point, len(special))
            special = [s if math.isinf(s) or math.isnan(near) else near for s, near in zip(special, inside, strict=True)]
        if answers is None:
            answers = special
        else:
            answers = [s if isinstance(v, float) else a for a, v, s in zip(answers, found or [], special, strict=True)]
    if op.keeps_zero_sign and row[op.inputs[0].name] == 0:
        answers = [math.copysign(0.0, row[op.inputs[0].name])]
    return answers


def _from_inside(point: _Point, outputs: int) -> list[float]:
    """What the values tend to from inside the domain, at two distances, where a number lies at its end; nan where that is nothing plain."""
    ends = zip(point.function.inputs, point.function.domains, strict=True)
    if not any(v in domain for name, domain in ends for v in flat(point.row[name])):
        return [math.nan] * outputs
    pairs = [point.beside(1, digits) or [math.nan] * outputs for digits in point.distances]
    return [rounded(_tendency(near, nearer, point.fmt), point.fmt) for near, nearer in zip(*pairs, strict=True)]


def _tendency(near: Found, nearer: Found, fmt: Format) -> Found:
    """The limit that two numbers show, each as far again from the other's place; infinite or zero where they grow or fall, nan where one is none."""
    if isinstance(near, float) or isinstance(nearer, float):
        return math.nan
    if abs(near - nearer) * (1 << 40) <= abs(nearer) or abs(nearer) <= _power(fmt.emin - fmt.precision - 8):
        return nearer
    return (math.inf if nearer > 0 else -math.inf) if abs(nearer) > abs(near) else _RATIONAL(0)


def _agreed(function: Function, row: Row, fmt: Format) -> list[Found] | None:
    """The outputs at two precisions that agree to 2^-80: one at least so large that a sum of the inputs loses none of them, the other larger by
    the format's range, for two precisions that lose one agree; doubled until they do. What does not agree then grows beyond all bounds, and is nan.
    A zero or a pole is believed beyond 2,600 bits."""
    bits, before, mpmath = 160 + _spread(row), None, tests.mpfr.asked_of_mpmath
    while bits <= 20480:
        now = _evaluate(function, row, bits, fmt)
        if now is None:
            return None
        if before is not None and all(_alike(a, b, fmt) for a, b in zip(before, now, strict=True)):
            if bits > 2600 or all(v and not isinstance(v, float) for v in now):
                return now
            bits = max(bits, 1400)  # zeros and poles, so far
        cheap = before is None and tests.mpfr.asked_of_mpmath == mpmath
        before, bits = now, bits + _range(fmt) if cheap else 2 * bits
    return [math.nan] * len(before or [])


def _range(fmt: Format) -> int:
    """Bits between the largest and the least number of a format."""
    return fmt.emax - fmt.emin + 2 * fmt.precision


def _spread(row: Row) -> int:
    """Binades between the largest and the least number of the inputs."""
    exponents = [math.frexp(v)[1] for v in flat(list(row.values())) if v and math.isfinite(v)]
    return max(exponents) - min(exponents) if exponents else 0


def _alike(a: Found, b: Found, fmt: Format) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return isinstance(a, float) and isinstance(b, float)
    least = _power(fmt.emin - fmt.precision - 8)  # both may be what the rounding of a constant leaves of a zero
    return bool(abs(a - b) * (1 << 80) <= abs(b)) or (abs(a) <= least and abs(b) <= least)


def _evaluate(function: Function, row: Row, bits: int, fmt: Format) -> list[Found] | None:
    """The outputs, exact; None where the definition cannot be evaluated."""
    return _evaluated(function, row, bits, fmt)[0]


def _evaluated(function: Function, row: Row, bits: int, fmt: Format) -> tuple[list[Found] | None, bool]:
    """The outputs, and whether the definition singles out a point here."""
    singled_out = [False]

    def outputs(m: Any) -> list[Found]:
        found = [_bounded(m.num(v), fmt) for v in function.outputs(m, {n: _lift(m, v) for n, v in row.items()})]
        singled_out[0] = m.removable
        return found

    return _computed(outputs, bits), singled_out[0]


def _computed(asked: Callable[[Any], Any], bits: int) -> Any:
    """`asked` evaluated in MPFR with `bits` bits, or in mpmath where MPFR has no answer; None where neither has one."""
    try:
        with precision(bits) as m:
            return asked(m)
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, libmp.NoConvergence):
        pass
    unbounded = TapedMp(bits)
    try:
        found = asked(unbounded)
    except (ArithmeticError, ValueError, TypeError):
        found = None
    if unbounded.gave_up:
        raise UnknownError
    return found


def _bounded(x: Any, fmt: Format, shift: int = 0) -> Found:
    """x 2^-shift, exact; far beyond the format's range a power of two of its sign, so that integers stay small. A pole or nan is nan."""
    if not isinstance(x, _BINARY):
        negative, mantissa, exponent, bits = x._mpf_
        if not mantissa:
            return math.nan if exponent else _RATIONAL(0)
        mantissa = -int(mantissa) if negative else int(mantissa)
    else:
        if not gmpy2.is_finite(x):
            raise ExceptionalError
        if not x:
            return _RATIONAL(0)
        mantissa, exponent = x.as_mantissa_exp()
        bits = mantissa.bit_length()
    exponent = int(exponent) - shift
    size = exponent + bits
    if size > fmt.emax + 4:
        return _power(fmt.emax + 8) * (1 if mantissa > 0 else -1)
    if size < fmt.emin - fmt.precision - 4:
        return _power(fmt.emin - fmt.precision - 8) * (1 if mantissa > 0 else -1)
    return _RATIONAL(mantissa << exponent) if exponent >= 0 else _RATIONAL(mantissa, 1 << -exponent)


def _power(exponent: int) -> Exact:
    return _RATIONAL(1 << exponent) if exponent >= 0 else _RATIONAL(1, 1 << -exponent)


def _lift(m: Any, value: Any) -> Any:
    if isinstance(value, list):
        return [_lift(m, v) for v in value]
    if isinstance(value, _EXACT) and not isinstance(m, Mpfr):
        value = Fraction(int(value.numerator), int(value.denominator))
    return m.num(value)


# Derivatives


def _places(value: Any) -> list[tuple[int, ...]]:
    return [(i, *rest) for i, v in enumerate(value) for rest in _places(v)] if isinstance(value, list) else [()]


def _gradient(point: _Point) -> list[Found]:
    if not point.finite:
        return [math.nan] * len(point.variables)
    return [_slope(point, index) for index in range(len(point.variables))]


def _slope(point: _Point, index: int) -> Found:
    """The derivative of the cotangent's product with the outputs: central differences, their step squared until two agree."""
    function, row = point.function, point.row
    name, place = point.variables[index]
    x = _at(row[name], place)
    if point.pole and all(
        _inside(row[n], domain, _RATIONAL(1)) == _each(row[n], _RATIONAL)
        for n, domain in zip(function.inputs, function.domains, strict=True)
    ):
        return math.nan  # in the middle of the domain: there is no inside to look from
    if point.pole or x in function.domains[function.inputs.index(name)] or (x == 0 and point.singular):
        return _beside(point, index)
    direction = {name: _with(_each(row[name], lambda _: _RATIONAL(0)), place, _RATIONAL(1))}
    scale = _step_of(x) if x else -ZERO_STEP
    found = _limit(point, [(index, direction)], None, scale, 0 if x else ZERO_STEP, 2 * point.span)
    return _beside(point, index) if found is None else found


#: The steps of the differences: 2^-digits of the least number that moves.
STEPS = (100, 240, 1200, 3000)
#: A number that is 0 moves by 2^-1100 of one, below the least number of any format.
ZERO_STEP = 1100
#: No step is so small that no other branch begins within it.
_KINKED = object()
#: Bits at which a difference that still is 0 is believed: a format's range, and as much again for what lies between inputs and outputs.
ZERO_BITS = 4400


def _step_of(x: float) -> int:
    """The exponent of the unit of a number's steps: its own binade, or that of 1/x, for cos(x^2) takes many turns beside a large number."""
    return -abs(math.frexp(x)[1] - 1)


def _limit(
    point: _Point, directions: list[tuple[int, Row]], output: int | None, scale: int, deeper: int, wider: int
) -> Found | None:
    """What the central differences with steps 2^(scale - digits) tend to: two that agree. None where the steps cannot tell (a jump, an overflow,
    terms that cancel entirely beside another that is astronomical). Where another branch begins within a step, a smaller one tells; where one does
    within all, it is a kink, and the mean of its sides is between them. deeper, wider: bits beyond those of the digits."""
    found = _of_steps(point, directions, output, scale, deeper, wider, smooth=True)
    return _of_steps(point, directions, output, scale, deeper, wider, smooth=False) if found is _KINKED else found


def _of_steps(
    point: _Point, directions: list[tuple[int, Row]], output: int | None, scale: int, deeper: int, wider: int, *, smooth: bool
) -> Any:
    """`_limit`, by smooth steps alone or by all; _KINKED where fewer than two steps are smooth."""
    before: Found | None = None
    mpmath = tests.mpfr.asked_of_mpmath
    for digits in STEPS:
        bits = (len(directions) + 1) * (digits + deeper) + wider + 128
        if before is not None and tests.mpfr.asked_of_mpmath == mpmath:
            bits += _range(point.fmt)  # two precisions that lose a term agree
        now = _quotient(point, directions, output, digits - scale, bits)
        if smooth and (output, digits - scale, bits, len(directions)) in point.kinked:
            continue
        if isinstance(now, float) or abs(now) > 2 * point.fmt.overflow_threshold:
            return None
        if before is not None and abs(now - before) * (1 << 60) <= abs(now):
            if now:
                return now
            if not point.astronomical and _quotient(point, directions, output, digits - scale, bits + ZERO_BITS) == 0:
                return _RATIONAL(0)
        before = now
    if smooth and point.kinked:
        return _KINKED if before is None else None  # the tape, at the point itself, where only the least step was smooth
    if abs(before) < _power(point.fmt.emin - point.fmt.precision - 6) and not point.astronomical:
        return _RATIONAL(0)  # the terms cancel entirely: only the roundings are left
    return None


def _along(op: Op, point: _Point) -> list[Found]:
    """Orders jvp along the tangent, and grad2."""
    function, row, variables = point.function, point.row, point.variables
    outputs = _outputs_of(op, point) if function.order == "jvp" else 0
    if not point.finite:
        square = len(variables) ** (1 if TANGENT in row else 2)
        products = outputs * (1 if TANGENT in row else len(variables))
        return [math.nan] * (products if function.order == "jvp" else square)
    unit = [(i, _direction(row, variables, i)) for i in range(len(variables))]
    along = (-1, _direction(row, variables))
    if function.order == "jvp":
        ways = [along] if TANGENT in row else unit
        wanted: list[tuple[list[tuple[int, Row]], int | None]] = [([way], output) for way in ways for output in range(outputs)]
    elif TANGENT in row:
        wanted = [([one, along], None) for one in unit]
    else:
        wanted = [([first, second], None) for first in unit for second in unit]
    return [_derivative(point, directions, output, index) for index, (directions, output) in enumerate(wanted)]


def _outputs_of(op: Op, point: _Point) -> int:
    function, row = point.function, point.row
    found = _evaluate(point.value, {name: _each(row[name], lambda _: 1.0) for name in function.inputs}, 64, point.fmt)
    if found is not None:
        return len(found)
    length = length_in(op, {name: np.asarray([row[name]], np.float64) for name in function.inputs})
    return output_count(op, dict(function.params), length or 1)


def _direction(row: Row, variables: list[tuple[str, tuple[int, ...]]], unit: int | None = None) -> Row:
    """The inputs' shapes filled with a unit vector, or with the tangent; nothing for the inputs that do not move."""
    numbers = [float(i == unit) for i in range(len(variables))] if unit is not None else flat(row.get(TANGENT, []))
    moves: Row = {}
    for (name, place), number in zip(variables, numbers, strict=False):
        moves[name] = _with(moves.get(name, _each(row[name], lambda _: _RATIONAL(0))), place, _RATIONAL(number))
    return moves


def _derivative(point: _Point, directions: list[tuple[int, Row]], output: int | None, index: int) -> Found:
    """The derivative of an output (None: of the cotangent's product with all) along each of the directions."""
    function, row = point.function, point.row
    moving = [
        (x, t, domain) for _, moves in directions for name, domain in zip(function.inputs, function.domains, strict=True) if name in moves
        for x, t in zip(flat([row[name]]), flat([moves[name]]), strict=True) if t
    ]  # fmt: skip
    if any(not any(flat(list(moves.values()))) for _, moves in directions):
        return _RATIONAL(0) if not point.pole else math.nan
    if point.pole:
        return math.nan
    if any(x in domain or (x == 0 and point.singular) for x, _, domain in moving):
        return _beside(point, index)
    zero = ZERO_STEP if any(x == 0 for x, _, _ in moving) else 0
    least = min([0, *(_step_of(x) for x, _, _ in moving if x)]) - zero
    most = max(0, *(math.frexp(float(t))[1] for _, t, _ in moving))
    found = _limit(point, directions, output, least - most, zero, 2 * len(directions) * point.span)
    return _beside(point, index) if found is None else found


def _quotient(point: _Point, directions: list[tuple[int, Row]], output: int | None, shift: int, bits: int) -> Found:
    """The central difference with the step 2^-shift, mixed where there are two directions."""
    key = (tuple(sorted(number for number, _ in directions)), output, shift, bits)
    if key not in point.steps:
        found = _computed(lambda m: _difference(m, point, directions, output, shift, bits), bits)
        point.steps[key] = math.nan if found is None else found
    return point.steps[key]


def _difference(m: Any, point: _Point, directions: list[tuple[int, Row]], output: int | None, shift: int, bits: int) -> Found:
    row, step, terms = point.row, _power(-shift), []
    taken: set[tuple[int, ...]] = set()
    for signs in itertools.product((1, -1), repeat=len(directions)):
        key = (m.name, tuple(sorted((n, s) for (n, _), s in zip(directions, signs, strict=True))), shift, bits)
        if key not in point.moved:
            with precision(bits) if isinstance(m, Mpfr) else nullcontext(m) as inside:  # what is kept has raised no flag
                lifted = point.lifted(inside, bits)
                for name in point.function.inputs:
                    moves = [(sign, moves[name]) for sign, (_, moves) in zip(signs, directions, strict=True) if name in moves]
                    if moves:
                        lifted[name] = _moved(inside, row[name], lifted[name], moves, step)
                if isinstance(inside, Mpfr):
                    inside.decisions.clear()
                outputs = [inside.num(v) for v in point.value.outputs(inside, lifted)]
                point.branches[key] = tuple(inside.decisions) if isinstance(inside, Mpfr) else ()
            point.moved[key] = outputs
        outputs = point.moved[key]
        taken.add(point.branches[key])
        weights = flat(row[COTANGENT]) if COTANGENT in row else [1.0] * len(outputs)
        chosen = [(1.0, outputs[output])] if output is not None else list(zip(weights, outputs, strict=True))
        terms += [m.num(w * math.prod(signs)) * v for w, v in chosen if w]
    quotient = _bounded(m.sum(terms or [m.num(0)]), point.fmt, len(directions) * (1 - shift))
    if len(taken) > 1 and not _is_smooth(m, point, directions, output, shift, bits):
        point.kinked.add((output, shift, bits, len(directions)))
    return quotient


def _is_smooth(m: Any, point: _Point, directions: list[tuple[int, Row]], output: int | None, shift: int, bits: int) -> bool:
    """Whether the differences of both sides of the point agree, though comparisons come out differently there: of one direction; of two nobody
    knows."""
    if len(directions) > 1:
        return False
    there = point.value.outputs(m, point.lifted(m, bits))
    weights = flat(point.row[COTANGENT]) if COTANGENT in point.row else [1.0] * len(there)
    ((number, _),) = directions
    sides = []
    for sign in (1, -1):
        beside = point.moved[(m.name, ((number, sign),), shift, bits)]
        chosen = [(1.0, beside[output], there[output])] if output is not None else list(zip(weights, beside, there, strict=True))
        sides.append(
            _bounded(m.sum([m.num(sign * w) * (m.num(b) - m.num(t)) for w, b, t in chosen if w] or [m.num(0)]), point.fmt, -shift)
        )
    after, before = sides
    sizes = [abs(_bounded(m.num(t), point.fmt)) for t in there] + [_RATIONAL(abs(v)) for v in flat(list(point.row.values()))]
    roundings = max(max(sizes) * _power(shift + 24 - bits), _power(point.fmt.emin - point.fmt.precision - 6))
    return bool(abs(after - before) * (1 << 20) <= max(abs(after) + abs(before), roundings * (1 << 20)))


def _moved(m: Any, value: Any, lifted: Any, moves: list[tuple[int, Any]], step: Exact) -> Any:
    """The numbers of an input that have moved, the others as they are lifted."""
    if isinstance(value, list):
        return [
            _moved(m, v, number, [(sign, by[i]) for sign, by in moves], step)
            for i, (v, number) in enumerate(zip(value, lifted, strict=True))
        ]
    by = sum(sign * by for sign, by in moves)
    return _lift(m, _RATIONAL(value) + by * step) if by else lifted


def _beside(point: _Point, index: int) -> Found:
    """At an edge, a pole or an isolated point: the tape's derivative just inside, at two distances; growing means infinite."""
    if point.at_it is not None and not isinstance(point.at_it[index], float):
        return point.at_it[index]
    for side in (1, -1):  # that of a zero's sign first
        pairs = [point.beside(side, digits) for digits in point.distances]
        near, nearer = (math.nan if outputs is None else outputs[index] for outputs in pairs)
        if not isinstance(near, float) and not isinstance(nearer, float):
            return _tendency(near, nearer, point.fmt)
    return math.nan


def _inside(value: Any, domain: tuple[float, float], by: Exact, *, everything: bool = False) -> Any:
    if isinstance(value, list):
        return [_inside(v, domain, by, everything=everything) for v in value]
    away = by if math.copysign(1.0, value) > 0 else -by
    if value == domain[0]:
        return _RATIONAL(value) + abs(by)
    if value == domain[1]:
        return _RATIONAL(value) - abs(by)
    return away if value == 0 else _RATIONAL(value) * (1 + (by if everything else 0))


def _each(value: Any, made: Callable[[float], Any]) -> Any:
    """What is made of each number, nested as they are."""
    return [_each(v, made) for v in value] if isinstance(value, list) else made(value)


def _at(value: Any, place: tuple[int, ...]) -> float:
    for i in place:
        value = value[i]
    return float(value)


def _with(value: Any, place: tuple[int, ...], new: Any) -> Any:
    if not place:
        return new
    return [_with(v, place[1:], new) if i == place[0] else v for i, v in enumerate(value)]
