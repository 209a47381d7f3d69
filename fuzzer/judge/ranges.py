"""Ranges: answers that no input at all gives, by what the op's record says of its values and slopes (catalog.range_of_values.Range).

Such an answer lies outside F(ball) however large the ball is, so it is `unstable` whatever conditioning says: the ball test with the widest
neighbourhood of all. The record's claim is the proof's first half (its source, and a test that compares it with the definition), that the answer lies
outside by more than T ulps is the second; both are evaluated rigorously.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.axes import axis_size
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.range_of_values import Range
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Bits of the rigorous evaluation: beyond binary64's by more than any end of a range loses.
BITS = 256


def claims(op: Op, order: str, output: int, inputs: Mapping[str, Array]) -> list[Range]:
    """What the record says of an output at an order. inputs: (rows, ...) each."""
    return [
        r for r in op.ranges if r.speaks_of(order) and (not r.outputs or output in r.outputs) and _within(r, op, output, inputs)
    ]


def _within(claim: Range, op: Op, output: int, inputs: Mapping[str, Array]) -> bool:
    """Whether an output is one of those from `since` on and before `before`."""
    if not (claim.since or claim.before):
        return True
    sizes = tuple(sizes_in(op, inputs).items())
    first = axis_size(claim.since, sizes) if claim.since else 0
    return first <= output < (axis_size(claim.before, sizes) if claim.before else math.inf)


def sizes_in(op: Op, inputs: Mapping[str, Array]) -> dict[str, int]:
    """The sizes of the op's axes, by letter."""
    sizes: dict[str, int] = {}
    for spec in op.inputs:
        sizes |= spec.axes_of(inputs[spec.name].shape[1:]) or {}
    return sizes


def inside_domain(op: Op, inputs: Mapping[str, Array]) -> Mask:
    """The rows that a range speaks of: finite numbers inside their domains, whole ones where the record says so."""
    rows = len(next(iter(inputs.values())))
    inside = np.ones(rows, np.bool_)
    for spec in op.inputs:
        values = inputs[spec.name].reshape(rows, -1)
        held = np.isfinite(values) & (values >= spec.low) & (values <= spec.high)
        if spec.integers:
            held &= values == np.floor(values)
        inside &= held.all(axis=1)
    return inside


def extremes(rule: Rule, params: Mapping[str, Any], inputs: Mapping[str, Array], output: int) -> tuple[Array, Array]:
    """Per row (least, most): what lies below or above them is surely outside the range of this output by more than T ulps of its end; infinite
    where nothing is claimed. inputs: rows inside the domain."""
    rows = len(next(iter(inputs.values())))
    least, most = np.full(rows, -np.inf), np.full(rows, np.inf)
    with np.errstate(all="ignore"):
        for claim in claims(rule.op, rule.order, output, inputs):
            for text, sign in ((claim.low, -1.0), (claim.high, 1.0)):
                if text:
                    m = Ball64()
                    end = m.num(evaluated(m, text, rule.op, params, inputs))
                    mid = np.broadcast_to(end.mid, (rows,))
                    # Two roundings of this sum, and those of the end: the rigorous comparison follows in `is_outside`.
                    beyond = mid + sign * (end.radius() + _slack(rule, mid) + 2.0**-50 * np.abs(mid))
                    beyond = np.where(np.isnan(beyond), sign * np.inf, beyond)
                    least, most = (np.maximum(least, beyond), most) if sign < 0 else (least, np.minimum(most, beyond))
    return least, most


def is_outside(
    rule: Rule, params: Mapping[str, Any], single: Mapping[str, Array], output: int, answer: float, truth: float
) -> bool:
    """Whether an answer certainly lies outside the range of its op by more than T ulps, and the truth does not: a rigorous proof, given the
    record. single: one row's exact inputs. truth: nan where there is none, of which nothing is claimed."""
    ends = list(_ends(rule.op, rule.order, params, single, output)) if not math.isnan(truth) else []
    nearest = float(as_numbers(np.asarray(answer), rule.format))
    for end in ends:
        slack = arb(_slack(rule, np.asarray(float(end.value.mid()))).item())
        with Arb(BITS):
            away = end.sign * (arb(nearest) - end.value) - slack
            truly = end.sign * (arb(truth) - end.value) - slack
        if away > 0 and not truly > 0 and not math.isinf(truth):
            return True
    return False


def told(op: Op, order: str, params: Mapping[str, Any], single: Mapping[str, Array], output: int, answer: float) -> str:
    """The end of the range that an answer lies beyond, and why the range holds, in one line; empty where it lies beyond none."""
    for end in _ends(op, order, params, single, output):
        with Arb(BITS):
            if end.sign * (arb(answer) - end.value) > 0:
                what = "value" if order == "value" else "slope"
                side = "above" if end.sign > 0 else "below"
                return f"no {what} lies {side} {float(end.value.mid()):.9g}: {end.claim.source}"
    return ""


@dataclass(frozen=True)
class _End:
    """One end of a range at one row: the ball that holds it; sign: 1 of the upper end, -1 of the lower."""

    claim: Range
    sign: int
    value: arb


def _ends(op: Op, order: str, params: Mapping[str, Any], single: Mapping[str, Array], output: int) -> Iterator[_End]:
    row = {name: np.asarray(values)[np.newaxis] for name, values in single.items()}
    said = claims(op, order, output, row)
    if not said or not inside_domain(op, row)[0]:
        return
    for claim in said:
        for text, sign in ((claim.low, -1), (claim.high, 1)):
            if text:
                with Arb(BITS) as m:
                    value = m.num(evaluated(m, text, op, params, row)).v
                if value.is_finite():
                    yield _End(claim, sign, value)


def _slack(rule: Rule, end: Array) -> Array:
    """T ulps of the end; of a limit that nobody publishes the c/2 ulps that the excess allows where the inputs count for nothing; where errors
    are normwise, what these may be."""
    limit, fmt = rule.limit, rule.format
    allowed = 0.0 if limit.strict else limit.excess if limit.error_norm == "all" else limit.excess / 2
    ulps = max(limit.ulps, allowed)
    return np.asarray(ulps * fmt.ulp(np.clip(end, -fmt.max, fmt.max)))


def as_numbers(answers: Array, fmt: Format) -> Array:
    """An infinity stands for every number from W on (IEEE 754-2019, 7.4); W of binary64 is no binary64 number."""
    top = fmt.max if fmt.real == "float64" else float(fmt.overflow_threshold)
    return np.clip(answers, -top, top)


# Expressions


def evaluated(m: Arithmetic[N], text: str, op: Op, params: Mapping[str, Any], inputs: Mapping[str, Array]) -> Any:
    """The value of an end as a number of the arithmetic, a column of rows over Ball64, one over Arb. inputs: (rows, ...) each; one row over
    Arb. Raises ValueError for an expression that Range does not allow."""
    return _Ends(m, op, params, inputs).of(_parsed(text))


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class _Ends:
    """The numbers that an expression names at these rows."""

    def __init__(self, m: Any, op: Op, params: Mapping[str, Any], inputs: Mapping[str, Array]) -> None:
        self.m, self.op, self.params, self.inputs = m, op, params, inputs

    def of(self, node: ast.expr) -> Any:
        """The number of an expression."""
        m = self.m
        match node:
            case ast.Constant(value=int() | float() as value):
                return m.num(Fraction(str(value)))  # the decimal itself, not its nearest double
            case ast.Name(id=name):
                return self._named(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.of(operand)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return _OPERATORS[type(operator)](self.of(left), self.of(right))
            case ast.Call(func=ast.Name(id="min" | "max" as choice), args=[one]):
                row = self._vector(one)
                return self._lifted(getattr(np, choice)(row.reshape(len(row), -1), axis=1))
            case ast.Call(func=ast.Name(id="min" | "max" | "sqrt" | "exp" | "log" | "abs" as function), args=arguments):
                numbers = [self.of(a) for a in arguments]
                return getattr(m, function)(numbers if function in ("min", "max") else numbers[0])
        raise ValueError(f"no end of a range: {ast.unparse(node)}")

    def _named(self, name: str) -> Any:
        if name in self.inputs and self.inputs[name].ndim == 1:
            return self._lifted(self.inputs[name])
        if name in self.params:
            return self.m.num(Fraction(self.params[name]))
        if name == "length" or name in self.op.axis_names:
            return self.m.num(sizes_in(self.op, self.inputs).get("n" if name == "length" else name, 1))
        if name == "pi":
            return self.m.const("pi")
        raise ValueError(f"{self.op.name} has no scalar input or param {name!r}")

    def _vector(self, node: ast.expr) -> Array:
        match node:
            case ast.Name(id=name) if name in self.inputs and self.inputs[name].ndim > 1:
                return self.inputs[name]
            case ast.Call(func=ast.Name(id="abs"), args=[one]):
                return np.abs(self._vector(one))
        raise ValueError(f"no vector: {ast.unparse(node)}")

    def _lifted(self, column: Array) -> Any:
        return self.m.lift(float(column[0])) if isinstance(self.m, Arb) else self.m.lift(column, 53)


_OPERATORS: dict[type, Any] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
}  # fmt: skip
