"""Formula: an op's definition as one expression over its inputs, in plain names, where all of these are single numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from ulpfuzz.fuzzer.casework.advice.language import call, constant
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.oracles.definitions import definition

#: The longest formula that is of use to a reader, in characters.
LONGEST = 400
#: The arithmetic's names of functions that the language spells otherwise.
_SPELLED = {"gammainc_p": "gammainc", "gammainc_q": "gammaincc"}
#: Functions of the arithmetic that the language has, by the same name.
_KNOWN = frozenset([
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "floor", "abs", "sigmoid", "softplus", "atan2",
])  # fmt: skip
_CONSTANTS = {"pi": math.pi, "ln2": math.log(2), "ln10": math.log(10), "euler": 0.5772156649015329}


#: What a definition puts beside a symbol.
Operand: TypeAlias = "_Symbol | int | float | Fraction"


class Untranslatable(Exception):
    """The definition uses what has no name in the frameworks."""


def formula_of(op: Op, params: Mapping[str, Any]) -> ast.expr | None:
    """The definition's formula; None for vectors, several outputs, and what has no name in the frameworks or is too long to read."""
    if not op.elementwise or not op.inputs or any(i.complex for i in op.inputs):
        return None
    try:
        result = definition(op.definition or op.name)(
            _Symbols(), *(_Symbol(ast.Name(i.name, ast.Load())) for i in op.inputs), **params
        )
    except (Untranslatable, TypeError, AttributeError, ValueError, ArithmeticError):
        return None
    if not isinstance(result, _Symbol) or len(ast.unparse(result.node)) > LONGEST:
        return None
    return result.node


class _Symbol:
    """A number of the arithmetic that writes down what is computed."""

    def __init__(self, node: ast.expr) -> None:
        self.node = node

    def __neg__(self) -> _Symbol:
        return _Symbol(ast.UnaryOp(ast.USub(), self.node))

    def __add__(self, other: Operand) -> _Symbol:
        return _operated(self, ast.Add(), other)

    def __radd__(self, other: Operand) -> _Symbol:
        return _operated(other, ast.Add(), self)

    def __sub__(self, other: Operand) -> _Symbol:
        return _operated(self, ast.Sub(), other)

    def __rsub__(self, other: Operand) -> _Symbol:
        return _operated(other, ast.Sub(), self)

    def __mul__(self, other: Operand) -> _Symbol:
        return _operated(self, ast.Mult(), other)

    def __rmul__(self, other: Operand) -> _Symbol:
        return _operated(other, ast.Mult(), self)

    def __truediv__(self, other: Operand) -> _Symbol:
        return _operated(self, ast.Div(), other)

    def __rtruediv__(self, other: Operand) -> _Symbol:
        return _operated(other, ast.Div(), self)


def _node(value: Operand) -> ast.expr:
    if isinstance(value, _Symbol):
        return value.node
    if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool):
        return constant(value)
    raise Untranslatable(type(value).__name__)


def _operated(left: Operand, operator: ast.operator, right: Operand) -> _Symbol:
    return _Symbol(ast.BinOp(_node(left), operator, _node(right)))


class _Symbols:
    """Implements Arithmetic over symbols."""

    name = "symbols"

    def num(self, value: Operand) -> _Symbol:
        return _Symbol(_node(value))

    def const(self, name: str) -> _Symbol:
        return _Symbol(constant(_CONSTANTS[name]))

    def square(self, x: Operand) -> _Symbol:
        return _operated(x, ast.Pow(), 2)

    def pow(self, x: Operand, y: Operand) -> _Symbol:
        return _operated(x, ast.Pow(), y)

    def sum(self, items: Sequence[Operand]) -> _Symbol:
        total = items[0]
        for item in items[1:]:
            total = _operated(total, ast.Add(), item)
        return _Symbol(_node(total))

    def max(self, items: Sequence[Operand]) -> _Symbol:
        return self._folded("maximum", items)

    def min(self, items: Sequence[Operand]) -> _Symbol:
        return self._folded("minimum", items)

    def logsumexp(self, items: Sequence[Operand]) -> _Symbol:
        if len(items) != 2:
            raise Untranslatable("logsumexp")
        return self._folded("logaddexp", items)

    def norm(self, items: Sequence[Operand]) -> _Symbol:
        if len(items) != 2:
            raise Untranslatable("norm")
        return self._folded("hypot", items)

    def share(self, part: Operand, rest: Operand) -> _Symbol:
        return _operated(part, ast.Div(), _operated(part, ast.Add(), rest))

    def _folded(self, name: str, items: Sequence[Operand]) -> _Symbol:
        node = _node(items[0])
        for item in items[1:]:
            node = call(name, node, _node(item))
        return _Symbol(node)

    def lt(self, x: Operand, y: Operand) -> ast.expr:
        return ast.Compare(_node(x), [ast.Lt()], [_node(y)])

    def eq0(self, x: Operand) -> ast.expr:
        return ast.Compare(_node(x), [ast.Eq()], [ast.Constant(0)])

    def where(self, cond: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> _Symbol:
        if not isinstance(cond, ast.expr):
            raise Untranslatable("where")
        return _Symbol(call("where", cond, _node(yes()), _node(no())))

    def __getattr__(self, name: str) -> Callable[..., _Symbol]:
        spelled = _SPELLED.get(name, name)
        if spelled not in _KNOWN and name not in _SPELLED:
            raise Untranslatable(name)
        return lambda *numbers: _Symbol(call(spelled, *map(_node, numbers)))
