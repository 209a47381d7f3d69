"""Observed: a definition evaluated as a format's own arithmetic would, each step beside its exact result.

The naive evaluation of a formula: + - * / and sqrt rounded correctly, other functions by numpy and scipy in binary64 and rounded once, sums
from the first term to the last. Nothing is annihilated: zero times infinity is a NaN, as in the chain rule that frameworks apply. Conditions
are decided by the rounded numbers; where the exact ones decide otherwise the step says so. No bounds: this explains an answer, it proves no
truth.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.casework.diagnosis.step import ExactRule, Step
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.oracles.arithmetic.composites import Composites, Unnoticed
from ulpfuzz.oracles.arithmetic.protocol import UNARY, Constant, Exact
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.arithmetic.taped import TapedMp, TapedNative

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
#: What a book may replace, beside "/" and "+".
_METHODS = frozenset((*UNARY, *functions(), "pow", "sum", "logsumexp", "softmax", "norm", "one_minus_square"))
#: Steps of an evaluation at most: a row of 64 by 64 numbers and its derivatives are some hundred thousand, and seconds.
STEPS = 20_000


class TooLongError(Exception):
    """The evaluation has more than STEPS steps."""


class Observed(Unnoticed[Step], Composites[Step]):
    """The naive arithmetic of a format.

    book: methods that a textbook's formula takes the place of: name -> (arithmetic, *arguments) -> step. constants: the format that constants
    are rounded to first (None: the format's own). steps: how many were made. Raises AttributeError for a function that numpy and scipy have
    not got, TooLongError after STEPS steps.
    """

    name = "observed"

    def __init__(
        self,
        fmt: Format,
        bits: int = 256,
        book: Mapping[str, Callable[..., Any]] | None = None,
        constants: str | None = None,
        *,
        flushes: bool = False,
        explains: bool = True,
    ) -> None:
        self.format, self.native, self.mp = fmt, TapedNative(), TapedMp(bits)
        self.constants = None if constants is None else format_named(constants)
        self.flushes, self.explains = flushes, explains
        self.book, self.steps = dict(book or {}), 0
        self._inside: set[str] = set()  # the book's formulas that are being evaluated
        self.used: set[str] = {"/", "+"}

    # Numbers

    def round(self, value: float) -> float:
        if self.flushes and abs(value) < self.format.min_normal:
            return math.copysign(0.0, value)
        if self.format.real == "float64":
            return float(value)
        return float(self.format.round(np.asarray(value, np.float64)).astype(np.float64))

    def lift(self, value: float, text: str = "") -> Step:
        """An input, exact."""
        return Step(float(value), self.mp.lift(value), "input", text or f"{float(value):.4g}", arithmetic=self)

    def num(self, value: Step | Exact | float) -> Step:
        if isinstance(value, Step):
            return value
        text = str(value) if isinstance(value, (int, Fraction)) else f"{value:.4g}"
        return self._constant(float(value), self.mp.num(value), text)

    def const(self, name: Constant) -> Step:
        exact = self.mp.const(name)
        return self._constant(self.mp.double(exact)[0], exact, {"ln2": "log(2)", "ln10": "log(10)"}.get(name, name))

    def _constant(self, value: float, exact: Any, text: str) -> Step:
        if self.constants is not None and math.isfinite(value):
            value = float(self.constants.round(np.asarray(value)).astype(np.float64))
        return Step(self.round(value), exact, "constant", text, arithmetic=self)

    def made(
        self, operation: str, operands: Sequence[Step], value: float, rule: ExactRule, text: str, *, other_branch: bool = False
    ) -> Step:
        """A step of these operands, its value rounded once."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLongError(operation)
        exact = rule(*(o.exact for o in operands)) if self.explains else None
        if operands and all(o.operation == "constant" for o in operands):  # made once, as a program's constants are
            return self._constant(float(value), exact, text)
        return Step(self.round(value), exact, operation, text, tuple(operands), rule, self, other_branch)

    # Operations

    def operator(self, operation: str, left: Step | Exact, right: Step | Exact) -> Step:
        a, b = self.num(left), self.num(right)
        for one, other in ((a, b), (b, a)):
            # What changes nothing is no step: the tape begins with a factor 1.
            if one.operation == "constant" and one.value == {"*": 1, "+": 0}.get(operation):
                return other
        if operation in self.book:
            taken: Step = self.book[operation](self, a, b)
            return taken
        return self.plain_operator(operation, a, b)

    def plain_operator(self, operation: str, left: Step | Exact, right: Step | Exact) -> Step:
        """The operation itself, whatever the book says."""
        a, b = self.num(left), self.num(right)
        function = _OPERATORS[operation]
        return self.made(
            operation, (a, b), function(np.float64(a.value), np.float64(b.value)), function, f"{a.inner} {operation} {b.inner}"
        )

    def negated(self, x: Step) -> Step:
        return self.made("neg", (x,), -x.value, operator.neg, f"-{x.inner}")

    def _function(self, name: str, *arguments: Step | Exact) -> Step:
        """A function of numbers; exact arguments, orders and indices, are no operands."""
        native, exact = getattr(self.native, name), getattr(self.mp, name)
        steps = [a for a in arguments if isinstance(a, Step)]

        def among(numbers: Sequence[Any]) -> list[Any]:
            rest = iter(numbers)
            return [next(rest) if isinstance(a, Step) else a for a in arguments]

        value = native(*among([np.float64(s.value) for s in steps]))
        shown = ", ".join(a.argument if isinstance(a, Step) else str(a) for a in arguments)
        return self.made(name, steps, float(value), lambda *numbers: exact(*among(numbers)), f"{name}({shown})")

    if not TYPE_CHECKING:  # to mypy each is the method itself

        def __getattribute__(self, name: str) -> Any:
            if name in _METHODS:
                own = object.__getattribute__(self, "__dict__")
                own["used"].add(name)
                if name in own["book"] and name not in own["_inside"]:
                    return partial(self._by_book, name)
            return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Callable[..., Step]:
        if name in UNARY or name in functions() or name in ("atan2", "fmod", "polygamma"):
            return partial(self._function, name)
        raise AttributeError(name)

    def _by_book(self, name: str, *arguments: Any) -> Any:
        """By the book's formula, in which the method is itself: P(a, x) = 1 - Q(a, x) and Q(a, x) = 1 - P(a, x) may both be in the book."""
        self._inside.add(name)
        try:
            return self.book[name](self, *arguments)
        finally:
            self._inside.discard(name)

    def plain(self, name: str) -> Callable[..., Step]:
        """The method itself, not the book's: what a textbook's formula is made of."""
        return partial(self._function, name)

    def square(self, x: Step) -> Step:
        node = self.num(x)
        return self.made("*", (node, node), np.float64(node.value) * np.float64(node.value), operator.mul, f"{node.inner}^2")

    def pow(self, x: Step | Exact, y: Step | Exact) -> Step:
        a, b = self.num(x), self.num(y)
        value = self.native.pow(np.float64(a.value), np.float64(b.value))
        return self.made("pow", (a, b), float(value), self.mp.pow, f"{a.inner}^{b.inner}")

    def abs(self, x: Step) -> Step:
        node = self.num(x)
        return self.made("abs", (node,), abs(node.value), self.mp.abs, f"|{node.argument}|")

    def sum(self, items: Sequence[Step | Exact]) -> Step:
        total = self.num(items[0])
        for count, item in enumerate(items[1:], 2):
            total = total + item
            if len(items) > 2:
                total = replace(total, text=f"the sum of {count} terms") if total.operation == "+" else total
        return total

    def max(self, items: Sequence[Step | Exact]) -> Step:
        return self._chosen("max", [self.num(i) for i in items])

    def min(self, items: Sequence[Step | Exact]) -> Step:
        return self._chosen("min", [self.num(i) for i in items])

    def _chosen(self, name: str, numbers: Sequence[Step]) -> Step:
        values = [n.value for n in numbers]
        value = getattr(np, name)(values)
        if math.isnan(value):
            return next(n for n in numbers if math.isnan(n.value))
        return numbers[values.index(value)]

    def hint_max(self, items: Sequence[Step | Exact]) -> Step:
        """The largest: implementations shift by it."""
        return self.max(items)

    # Conditions, decided by the rounded numbers

    def lt(self, x: Step | Exact, y: Step | Exact) -> Any:
        a, b = self.num(x), self.num(y)
        return _Decision(
            a.value < b.value, self.mp.lt(a.exact, b.exact) if self.explains else None, f"{a.argument} < {b.argument}", (a, b)
        )

    def eq0(self, x: Step) -> Any:
        return _Decision(x.value == 0, self.mp.eq0(x.exact) if self.explains else None, f"{x.argument} = 0", (x,))

    def tie(self, x: Step, y: Step) -> bool:
        return False

    def where(self, cond: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Step:
        taken = self.num(yes() if cond else no())
        exact = getattr(cond, "exact", None)
        if exact is None or exact == bool(cond):
            return taken
        # The exact numbers decide otherwise: the exact result is that of the other branch.
        other = self.num(no() if cond else yes())
        text = f"the branch of {cond.text}"
        return Step(taken.value, other.exact, "where", text, (taken, *cond.operands), None, self, other_branch=True)

    def mask(self, cond: Any, adjoint: Step) -> Step:
        return adjoint if cond else self.num(0)

    def sign(self, x: Step) -> Step:
        return self.num(int(np.sign(x.value)) if not math.isnan(x.value) else math.nan)

    def partial(self, name: str, numbers: Sequence[Step], orders: tuple[int, ...]) -> Step:
        raise NotImplementedError(f"no formula for a derivative of {name}")

    def derivative(self, name: str, x: Step, order: int) -> Step:
        raise NotImplementedError(f"no formula for a derivative of {name}")


class _Decision:
    """A comparison: what the rounded numbers say (its truth value), and the exact ones."""

    def __init__(self, rounded: bool, exact: bool | None, text: str, operands: tuple[Step, ...]) -> None:
        self.rounded, self.exact, self.text, self.operands = bool(rounded), exact, text, operands

    def __bool__(self) -> bool:
        return self.rounded

    def __invert__(self) -> _Decision:
        return _Decision(not self.rounded, None if self.exact is None else not self.exact, f"not {self.text}", self.operands)


def named(name: str, values: NDArray[np.float64], m: Observed) -> Any:
    """An input as steps that are called x, or x[3], x[1, 2]."""

    def nested(index: tuple[int, ...]) -> Any:
        if len(index) == np.ndim(values):
            return m.lift(float(values[index]), f"{name}[{', '.join(map(str, index))}]" if index else name)
        return [nested((*index, i)) for i in range(np.shape(values)[len(index)])]

    return nested(())
