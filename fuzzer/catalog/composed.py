"""Composed: whether a call is one of a framework's own, or a formula of ours over several: decided by the syntax of its expression.

Each framework call and each operator over an op's inputs is a step with a rounding of its own. An expression in which one step is applied
to the result of another (xlogy(x, x / y) - x + y, exp(lgamma(n + 1)), logsumexp(x) - log n) is nobody's function: what it loses between the
steps is laid to the formula, and each call inside is judged by an op of its own. What moves numbers without rounding them is no step:
indexing, shapes, stacking, selecting, casting, comparing, signs, the construction of an object whose method is called, and sums of what one
call returned.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.array_functions import ABOUT, CASTS, MOVES, REDUCTIONS, SHAPES
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.formats import Format

_SYMBOLS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.Mod: "%",
    ast.FloorDiv: "//",
}
#: Operators that keep a relative error as it is, between the ends of the format.
_SCALES = ("*", "/")
#: Operators that a point of numbers with few bits may pass without a rounding.
_RATIONAL: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

_COMPARISONS: dict[type[ast.cmpop], Any] = {ast.GtE: operator.ge, ast.Gt: operator.gt, ast.LtE: operator.le, ast.Lt: operator.lt}

Chain = tuple[str, ...] | None  # None: does not depend on the inputs
Names = dict[str, tuple[str, ...]]
Values = Mapping[str, Any]


def composed(
    op: Op, implementation: Implementation, params: Mapping[str, Any] | None = None, row: Mapping[str, NDArray[np.float64]] | None = None,
    fmt: Format | None = None, *, scaled: bool = False,
) -> str:  # fmt: skip
    """Why the findings of this call are laid to a formula of ours, in one line; "" where it is one call of the framework.

    row: a point, arrays with a leading axis of one, in the format fmt: operators that are exact there round nothing, and are no steps;
    without it, those over integers. scaled: the caller knows that answer and truth are normal numbers, so that a product or quotient with
    the result of one call has lost half an ulp at most, and the rest is that call's. The record decides before the syntax does
    (Implementation.composed, plain); and in ops that are measured by a backward error, products of factors belong to the question, and have
    a place in the limit.
    """
    if implementation.composed or implementation.plain or op.error_norm == "all":
        return implementation.composed
    if row is None or fmt is None:
        steps = steps_of(
            implementation.call, tuple(i.name for i in op.inputs), frozenset(i.name for i in op.inputs if i.integers)
        )
    else:
        numbers = {name: v for name, v in (params or {}).items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
        steps = _Reading({i.name: () for i in op.inputs}, _Exact({**numbers, **row}, fmt)).steps(implementation.call)
    if len(steps) < 2 or (scaled and len(steps) == 2 and steps[0] in _SCALES and steps[1] not in _SYMBOLS.values()):
        return ""
    return f"a formula of ours over the framework's calls: {' of '.join(steps)}"


@cache
def steps_of(call: str, inputs: tuple[str, ...], integers: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The longest chain of steps, each applied to the result of the next: ("-", "torch.special.xlogy", "/"). integers: the inputs over
    which +, - and * are exact. Raises SyntaxError."""
    return _Reading(dict.fromkeys(inputs, ()), lambda node, used: used <= integers and _is_ring(node)).steps(call)


def _names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_ring(node: ast.AST) -> bool:
    """Whether it is made of +, - and * over what no call has computed."""
    below = list(ast.walk(node))
    operators = all(isinstance(n.op, (ast.Add, ast.Sub, ast.Mult)) for n in below if isinstance(n, ast.BinOp))
    return operators and all(_last(n.func) in MOVES for n in below if isinstance(n, ast.Call))


@dataclass(frozen=True)
class _Reading:
    """The reading of one expression. names: the variables that depend on the inputs, with the chains behind them; exact: whether an
    operator's node, over that many of these names, rounds nothing."""

    names: Names
    exact: Callable[[ast.AST, set[str]], bool]

    def steps(self, call: str) -> tuple[str, ...]:
        return self.chain(ast.parse(call.strip(), mode="eval").body) or ()

    def chain(self, node: ast.AST) -> Chain:
        """The longest chain of steps under a node."""
        match node:
            case ast.Name():
                return self.names.get(node.id)
            case ast.BinOp():
                return self._operator(node)
            case ast.Call():
                return self._call(node)
            case ast.Attribute():
                return None if node.attr in ABOUT else self.chain(node.value)
            case ast.Subscript():
                return self.chain(node.value)
            case ast.Lambda():
                return self._with({a.arg: None for a in node.args.args}).chain(node.body)
            case ast.ListComp() | ast.GeneratorExp():
                inner = self
                for generator in node.generators:
                    over = inner.chain(generator.iter)
                    inner = inner._with(dict.fromkeys(_names_in(generator.target), over))
                return inner.chain(node.elt)
            case ast.NamedExpr():
                found = self.chain(node.value)
                self.names.update({} if found is None else {node.target.id: found})
                return found
        return _longest(self.chain(child) for child in ast.iter_child_nodes(node))

    def _with(self, bound: Mapping[str, Chain]) -> _Reading:
        kept = {name: chain for name, chain in self.names.items() if name not in bound}
        return _Reading({**kept, **{name: chain for name, chain in bound.items() if chain is not None}}, self.exact)

    def _operator(self, node: ast.BinOp) -> Chain:
        inside = _longest((self.chain(node.left), self.chain(node.right)))
        if (
            inside is None
            or self.exact(node, _names_in(node) & {*self.names})
            or any(_is_sign(side) for side in (node.left, node.right))
        ):
            return inside
        return (_SYMBOLS.get(type(node.op), type(node.op).__name__), *inside)

    def _call(self, node: ast.Call) -> Chain:
        arguments = [*node.args, *(k.value for k in node.keywords)]
        if isinstance(node.func, ast.Lambda):  # (lambda a: body)(b): the body with b for a
            starred = _longest(self.chain(a) for a in arguments if isinstance(a, ast.Starred))
            given = {p.arg: starred for p in node.func.args.args}
            given.update({p.arg: self.chain(a) for p, a in zip(node.func.args.args, node.args, strict=False) if starred is None})
            return self._with(given).chain(node.func.body)
        name = _last(node.func)
        if name in SHAPES:
            return None
        owner = (
            node.func.value if isinstance(node.func, ast.Attribute) else node.func if isinstance(node.func, ast.Call) else None
        )
        inside = _longest([*map(self.chain, arguments), None if owner is None else self.chain(owner)])
        if inside is None or name in MOVES or _constructs(node):
            return inside
        if name in REDUCTIONS and inside and inside[0] not in _SYMBOLS.values():
            return inside
        return (name if isinstance(owner, ast.Call) else _short(ast.unparse(node.func)), *inside)


def _longest(chains: Iterable[Chain]) -> Chain:
    return max((c for c in chains if c is not None), key=len, default=None)


def _is_sign(node: ast.AST) -> bool:
    """Whether it is the sign of something, by which multiplying is exact."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Call) and _last(node.func) == "sign"


def _constructs(node: ast.Call) -> bool:
    """Whether it makes an object, whose method then is the step: Normal(loc, scale), not Normal(loc, scale).cdf(x)."""
    return not isinstance(node.func, ast.Call) and _last(node.func)[:1].isupper()


def _last(function: ast.AST) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Call):
        return _last(function.func)
    return function.id if isinstance(function, ast.Name) else ""


def _short(name: str) -> str:
    """A function's name without what an import of it is written with."""
    return re.sub(r"__import__\('([\w.]+)'[^)]*\)(\.\w+)*\.", r"\1.", name)


class _Exact:
    """Whether the operators of an expression over inputs and constants round nothing at one point: exact rationals, each result compared
    with its rounding. What it cannot evaluate is not exact."""

    def __init__(self, values: Values, fmt: Format) -> None:
        self.values, self.fmt = values, fmt

    def __call__(self, node: ast.AST, _used: set[str]) -> bool:
        try:
            with np.errstate(all="ignore"):
                results = np.ravel(self._value(node))
        except (_NotExact, ArithmeticError, ValueError, TypeError, IndexError):
            return False
        return len(results) > 0

    def _value(self, node: ast.AST) -> Any:
        match node:
            case ast.Name() if node.id in self.values:
                return _fractions(np.asarray(self.values[node.id], np.float64))
            case ast.Constant() if isinstance(node.value, (int, float)):
                return _fractions(np.asarray(node.value, np.float64))
            case ast.UnaryOp(op=ast.USub()):
                return -self._value(node.operand)
            case ast.Subscript():
                index = eval(
                    compile(ast.fix_missing_locations(ast.Expression(_picked(node.slice))), "<index>", "eval"),
                    {"__builtins__": {}},
                )
                return index(self._value(node.value))
            case ast.Call() if _last(node.func) in CASTS:
                return self._value(node.args[0] if _last(node.func) == "cast" else _object(node.func))
            case ast.Compare(ops=[sign]) if type(sign) in _COMPARISONS:
                return _fractions(
                    _COMPARISONS[type(sign)](self._value(node.left), self._value(node.comparators[0])).astype(np.float64)
                )
            case ast.BinOp() if type(node.op) in _RATIONAL:
                exact = _RATIONAL[type(node.op)](self._value(node.left), self._value(node.right))
                if all(self._is_rounded(v) for v in np.ravel(exact)):
                    return exact
        raise _NotExact

    def _is_rounded(self, value: Fraction | float) -> bool:
        """Whether it is a number of the format, or an infinity that an infinite input makes; a float is no finite number here."""
        return value in (math.inf, -math.inf) if isinstance(value, float) else self.fmt.round_exact(value) == value


def _rational(value: float) -> Fraction | float:
    return Fraction(value) if math.isfinite(value) else value


def _object(function: ast.AST) -> ast.AST:
    """What a method is called of."""
    if not isinstance(function, ast.Attribute):
        raise _NotExact
    return function.value


class _NotExact(Exception):
    """The value is not exact, or not known."""


def _picked(index: ast.expr) -> ast.Lambda:
    """lambda v: v[index]"""
    pick = ast.parse("lambda v: v[0]", mode="eval").body
    assert isinstance(pick, ast.Lambda)
    assert isinstance(pick.body, ast.Subscript)
    pick.body.slice = index
    return pick


_fractions = np.vectorize(_rational, otypes=[object])
