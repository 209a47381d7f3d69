"""Formulas: an expression of the rule book as a definition, so that the oracle knows the truth of what a user composed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from ulpfuzz.fuzzer.catalog.op import Op, scalar, vector
from ulpfuzz.oracles.arithmetic.protocol import UNARY
from ulpfuzz.oracles.definitions import define

#: A number of an arithmetic, or a row of them; an arithmetic whose numbers may be either.
Row: TypeAlias = Any
Numbers: TypeAlias = Any

_TWO: dict[type[ast.operator], Callable[[Row, Row], Row]] = {
    ast.Add: lambda p, q: p + q,
    ast.Sub: lambda p, q: p - q,
    ast.Mult: lambda p, q: p * q,
    ast.Div: lambda p, q: p / q,
}
_OF_ROWS = frozenset(("sum", "mean", "amax", "softmax", "log_softmax", "logsumexp"))


class NotADefinition(Exception):
    """The expression has what no definition can say."""


def has_axis(node: ast.AST) -> bool:
    """Whether the expression takes rows."""
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _OF_ROWS for n in ast.walk(node))


@cache
def op_of(expression: str) -> Op:
    """An op of one's own: the expression in plain names, over its letters, as a definition; rows where it has an axis.

    Raises NotADefinition.
    """
    node = ast.parse(expression, mode="eval").body
    _check(node)
    letters = sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name) and len(n.id) == 1})
    rows = has_axis(node)
    name = f"traced: {expression}"

    @define(name)
    def written(m: Numbers, *numbers: Row) -> Row:
        return _value(m, node, dict(zip(letters, numbers, strict=True)))

    inputs = tuple((vector if rows else scalar)(letter) for letter in letters)
    return Op(name, inputs, (), definition=name, accuracy="accumulating" if rows else "composite", orders=("value",))


def _check(node: ast.expr) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = part.func.id if isinstance(part.func, ast.Name) else ""
            if name not in UNARY and name not in _OF_ROWS and name not in ("logaddexp", "hypot", "log_sigmoid"):
                raise NotADefinition(name)
        if isinstance(part, ast.Compare):
            raise NotADefinition("a comparison")


def _value(m: Numbers, node: ast.expr, names: dict[str, Row]) -> Row:
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Constant):
        return m.num(_exact(node))
    if isinstance(node, ast.UnaryOp):
        return _each(lambda p: -p, _value(m, node.operand, names))
    if isinstance(node, ast.BinOp):
        left = _value(m, node.left, names)
        if isinstance(node.op, ast.Pow):
            return _power(m, left, node.right, names)
        return _both(_TWO[type(node.op)], left, _value(m, node.right, names))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    arguments = [_value(m, a, names) for a in node.args]
    return _function(m, node.func.id, arguments)


def _exact(node: ast.Constant) -> Fraction:
    assert isinstance(node.value, (int, float))
    return Fraction(node.value)


def _power(m: Numbers, base: Row, exponent: ast.expr, names: dict[str, Row]) -> Row:
    if isinstance(exponent, ast.Constant) and exponent.value == 2:
        return _each(m.square, base)
    if isinstance(exponent, ast.Constant):
        return _each(lambda p: m.pow(p, _exact(exponent)), base)
    return _both(m.pow, base, _value(m, exponent, names))


def _function(m: Numbers, name: str, arguments: list[Row]) -> Row:
    x = arguments[0]
    if name in ("logaddexp", "hypot"):
        return _both(lambda p, q: (m.logsumexp if name == "logaddexp" else m.norm)([p, q]), *arguments)
    if name == "log_sigmoid":
        return _each(lambda p: -m.softplus(-p), x)
    if name == "sum":
        return m.sum(x)
    if name == "mean":
        return m.sum(x) / len(x)
    if name == "amax":
        return m.max(x)
    if name == "softmax":
        return m.softmax(x)
    if name == "logsumexp":
        return m.logsumexp(x)
    if name == "log_softmax":
        whole = m.logsumexp(x)
        return [p - whole for p in x]
    return _each(getattr(m, name), x)


def _each(function: Callable[[Row], Row], x: Row) -> Row:
    return [function(p) for p in x] if isinstance(x, list) else function(x)


def _both(function: Callable[[Row, Row], Row], x: Row, y: Row) -> Row:
    if not isinstance(x, list) and not isinstance(y, list):
        return function(x, y)
    count = len(x) if isinstance(x, list) else len(y)
    left, right = (v if isinstance(v, list) else [v] * count for v in (x, y))
    return [function(p, q) for p, q in zip(left, right, strict=True)]
