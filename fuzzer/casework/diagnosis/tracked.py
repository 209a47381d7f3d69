"""Tracked: arrays of a framework as arrays of steps, while its primitive calls are watched.

Every number of every tensor is a Step whose value is the framework's own. What a primitive does to single numbers says a table (PRIMITIVES);
what only moves numbers moves steps. A primitive that no table knows is opaque: its results are taken as exact, and nothing before them is
blamed.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.casework.diagnosis.constants import stands_for
from ulpfuzz.fuzzer.casework.diagnosis.fused import COMPOUND
from ulpfuzz.fuzzer.casework.diagnosis.observed import STEPS, Observed, TooLongError
from ulpfuzz.fuzzer.casework.diagnosis.step import ExactRule, Step
from ulpfuzz.fuzzer.formats import Format

#: An array of steps. numpy's type hints know no array of objects whose items have a type.
Steps: TypeAlias = Any
#: The numbers of one result, as the framework has them.
Values: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Primitive:
    """A function of single numbers. operation: as culprits call it; rule: (mp, *numbers) -> number; text: over the operands' texts."""

    operation: str
    rule: Callable[..., Any]
    text: str = ""


def _of(name: str, operation: str = "") -> Primitive:
    return Primitive(operation or name, lambda m, *v: getattr(m, name)(*v), "")


#: Canonical names of elementwise primitives.
PRIMITIVES: dict[str, Primitive] = {
    "add": Primitive("+", lambda m, a, b: a + b, "{0.inner} + {1.inner}"),
    "sub": Primitive("-", lambda m, a, b: a - b, "{0.inner} - {1.inner}"),
    "mul": Primitive("*", lambda m, a, b: a * b, "{0.inner} * {1.inner}"),
    "div": Primitive("/", lambda m, a, b: a / b, "{0.inner} / {1.inner}"),
    "neg": Primitive("neg", lambda m, a: -a, "-{0.inner}"),
    "abs": Primitive("abs", lambda m, a: m.abs(a), "|{0.argument}|"),
    "reciprocal": Primitive("/", lambda m, a: 1 / a, "1 / {0.inner}"),
    "square": Primitive("*", lambda m, a: a * a, "{0.inner}^2"),
    "sqrt": _of("sqrt"),
    "rsqrt": Primitive("/", lambda m, a: 1 / m.sqrt(a), "1 / sqrt({0.argument})"),
    "pow": Primitive("pow", lambda m, a, b: m.pow(a, b), "{0.inner}^{1.inner}"),
    "xlogy": Primitive("xlogy", lambda m, a, b: m.num(0) if m.eq0(a) else a * m.log(b), "{0.inner} * log({1.argument})"),
    "xlog1py": Primitive("xlog1py", lambda m, a, b: m.num(0) if m.eq0(a) else a * m.log1p(b), "{0.inner} * log1p({1.argument})"),
    "square_difference": Primitive("*", lambda m, a, b: (a - b) * (a - b), "({0.inner} - {1.inner})^2"),
    "log_sigmoid": Primitive("log_sigmoid", lambda m, a: -m.softplus(-a)),
    "hypot": Primitive("hypot", lambda m, a, b: m.norm([a, b])),
    "logaddexp": Primitive("logaddexp", lambda m, a, b: m.logsumexp([a, b])),
    "lerp": Primitive("lerp", lambda m, a, b, w: a + w * (b - a), "{0.inner} + {2.inner} * ({1.inner} - {0.inner})"),
    "addcmul": Primitive("+", lambda m, a, b, c, k: a + k * b * c, "{0.inner} + {3.inner} * {1.inner} * {2.inner}"),
    "addcdiv": Primitive("+", lambda m, a, b, c, k: a + k * b / c, "{0.inner} + {3.inner} * {1.inner} / {2.inner}"),
    "axpy": Primitive("+", lambda m, a, b, k: a + k * b, "{0.inner} + {2.inner} * {1.inner}"),
    "atan2": _of("atan2"),
    "fmod": _of("fmod"),
    "floor": _of("floor"),
    **{
        name: _of(name)
        for name in (
            "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
            "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "sigmoid", "softplus",
        )
    },
}  # fmt: skip


class Tracker:
    """The steps of one watched call. names: the arrays that the call was made with, by which leaves are called.

    opaque: the primitives that no table knows. narrow: leaves and results in a narrower format than the call's own.
    """

    def __init__(self, m: Observed, names: Mapping[str, Values]) -> None:
        self.m, self.names = m, dict(names)
        self.known: dict[Hashable, Steps] = {}
        self.kept: list[object] = []  # what the keys are identities of must live on
        self.opaque: list[str] = []
        self.calls: list[str] = []
        self.made = 0
        self._met: set[str] = set()

    # Arrays

    def of(self, key: Hashable, values: Callable[[], Values]) -> Steps:
        """The steps of a tensor; leaves where it was not seen before, or was written to unseen, through a view."""
        array = values()
        steps = self.known.get(key)
        if steps is None or not self.has(key, array):
            self.opaque += [] if steps is None else ["a write through a view"]
            steps = self.known[key] = self.leaves(array)
        return steps

    def has(self, key: Hashable, array: Values) -> bool:
        """Whether these are the numbers that are known by a key."""
        steps = self.known.get(key)
        return steps is not None and steps.shape == array.shape and _are(steps, array)

    def leaves(self, values: Values) -> Steps:
        """What comes from outside: an input of the call where its numbers are those, else constants."""
        array = np.asarray(values)
        same = [n for n, v in self.names.items() if v.shape == array.shape and _same_numbers(v, array)]
        # Of inputs with the same numbers the one that was not met yet.
        named = min(same, key=lambda n: n in self._met, default="")
        self._met.add(named)
        found = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            value = float(array[index])
            if named:
                place = ", ".join(map(str, index[1:]))
                found[index] = Step(
                    value, self.m.mp.lift(value), "input", f"{named}[{place}]" if place else named, arithmetic=self.m
                )
            else:
                found[index] = self.constant(value)
        return found

    def constant(self, value: float) -> Step:
        """A number of the program's own, beside the constant that it stands for, where that can be told."""
        exact, text = stands_for(value, self.m.format, self.m.mp)
        return Step(
            value, self.m.mp.lift(value) if exact is None else exact, "constant", text or f"{value:.6g}", arithmetic=self.m
        )

    def scalar(self, value: float) -> Steps:
        """A number of the program's text, rounded to the format."""
        return np.asarray(self.constant(self.m.round(float(value))), object)

    # Primitives

    def step(self, operation: str, operands: Sequence[Step], value: float, rule: ExactRule | None, text: str) -> Step:
        self.made += 1
        if self.made > STEPS:
            raise TooLongError(operation)
        exact = self.m.mp.lift(value) if rule is None else rule(*(o.exact for o in operands))
        return Step(float(value), exact, operation, text, tuple(operands), rule, self.m)

    def elementwise(self, name: str, operands: Sequence[Steps], output: Values) -> Steps:
        primitive, m = PRIMITIVES[name], self.m.mp
        spread: Any = np.broadcast_arrays(*[np.asarray(o, object) for o in operands], np.empty(output.shape, object))[:-1]
        found = np.empty(output.shape, object)

        def rule(*numbers: Any) -> Any:
            return m.num(primitive.rule(m, *numbers))

        for index in np.ndindex(output.shape):
            parts = [o[index] for o in spread]
            compound = self._by_formula(name, parts, float(output[index]))
            if compound is not None:
                found[index] = compound
                continue
            if primitive.text:
                text = primitive.text.format(*parts)
            else:
                text = f"{primitive.operation}({', '.join(p.argument for p in parts)})"
            found[index] = self.step(primitive.operation, parts, float(output[index]), rule, text)
        return found

    def _by_formula(self, name: str, parts: list[Step], value: float) -> Step | None:
        """A primitive of several operations, by the first formula that gives its result; None where none does, or it is one operation."""
        for formula in COMPOUND.get(name, ()):
            step = self.m.num(formula(self.m, parts))
            if step.computed and agrees(step.value, value, self.m.format):
                return replace(step, value=value)
        return None

    def chosen(self, operands: Sequence[Steps], output: Values) -> Steps:
        """Each result is the operand that it equals; of a NaN the first that is one."""
        spread: Any = np.broadcast_arrays(*[np.asarray(o, object) for o in operands], np.empty(output.shape, object))[:-1]
        found = np.empty(output.shape, object)
        for index in np.ndindex(output.shape):
            value, parts = float(output[index]), [o[index] for o in spread]
            same = [p for p in parts if p.value == value or (math.isnan(value) and math.isnan(p.value))]
            found[index] = same[0] if same else self.step("chosen", parts, value, None, f"{value:.6g}")
        return found

    def clamped(self, x: Steps, output: Values) -> Steps:
        """x where it was not moved; a clamp where it was."""
        found = np.empty(output.shape, object)
        spread: Any = np.broadcast_to(x, output.shape)
        for index in np.ndindex(output.shape):
            value, part = float(output[index]), spread[index]
            same = part.value == value or (math.isnan(value) and math.isnan(part.value))
            found[index] = part if same else self.step("clamp", [part], value, None, f"{part.argument} limited to {value:.9g}")
        return found

    def reduced(self, kind: str, x: Steps, axes: Iterable[int], output: Values, count: float | None = None) -> Steps:
        """A sum, mean (over `count`), product, largest or least over axes."""
        axes = sorted({a % x.ndim for a in axes}) if x.ndim else []
        rest = [a for a in range(x.ndim) if a not in axes]
        rows = x.transpose([*rest, *axes]).reshape(-1, math.prod(x.shape[a] for a in axes)) if x.ndim else x.reshape(1, 1)
        found = np.empty(output.size, object)
        for place, (row, value) in enumerate(zip(rows, output.ravel(), strict=True)):
            found[place] = self._of_row(kind, list(row), float(value), count)
        return found.reshape(output.shape)

    def _of_row(self, kind: str, terms: list[Step], value: float, count: float | None) -> Step:
        if kind in ("max", "min"):
            same = [t for t in terms if t.value == value or (math.isnan(value) and math.isnan(t.value))]
            return same[0] if same else self.step(kind, terms, value, None, kind)
        if kind == "prod":
            return self.step("*", terms, value, lambda *v: math.prod(v[1:], start=v[0]), f"the product of {len(terms)} numbers")
        if kind == "mean":
            total = sum((t.value for t in terms[1:]), terms[0].value)
            whole = self.total(terms, self.m.round(total))
            size = self.scalar(float(count or len(terms))).item()
            return self.step("/", [whole, size], value, operator.truediv, f"{whole.inner} / {size.text}")
        return self.total(terms, value)

    def total(self, terms: Sequence[Step], value: float) -> Step:
        """A sum with that value."""
        if len(terms) == 1:
            return terms[0]
        text = f"{terms[0].inner} + {terms[1].inner}" if len(terms) == 2 else f"the sum of {len(terms)} terms"
        return self.step("sum", terms, value, lambda *v: self.m.mp.sum(v), text)

    def running(self, x: Steps, axis: int, output: Values) -> Steps:
        """Cumulative sums."""
        rows, values = np.moveaxis(x, axis, -1), np.moveaxis(output, axis, -1)
        found = np.empty(rows.shape, object)
        for index in np.ndindex(rows.shape[:-1]):
            before: Step | None = None
            for k in range(rows.shape[-1]):
                term, value = rows[(*index, k)], float(values[(*index, k)])
                before = (
                    term if before is None else self.step("+", [before, term], value, operator.add, f"the sum of {k + 1} terms")
                )
                found[(*index, k)] = before
        return np.moveaxis(found, -1, axis)

    def product(self, a: Steps, b: Steps, output: Values) -> Steps:
        """Matrix products a @ b over leading axes: sums of products, these as the format would have them."""
        found = np.empty(output.shape, object)
        left = np.broadcast_to(a, (*output.shape[:-2], *a.shape[-2:]))
        right = np.broadcast_to(b, (*output.shape[:-2], *b.shape[-2:]))
        for index in np.ndindex(output.shape):
            *lead, i, j = index
            pairs = zip(left[(*lead, i, slice(None))], right[(*lead, slice(None), j)], strict=True)
            found[index] = self.total([self.m.operator("*", u, v) for u, v in pairs], float(output[index]))
        return found

    def moved(self, places: Values, operands: Sequence[Steps], output: Values) -> Steps:
        """What a primitive makes of arrays that only moves their numbers. places: where each result comes from, counted from 1 through all
        operands; 0 of a fill. A number that changes on its way was cast."""
        every = list(itertools.chain.from_iterable(o.ravel() for o in operands))
        found = np.empty(places.shape, object)
        for index in np.ndindex(places.shape):
            place, value = int(places[index]), float(output[index])
            if place == 0:
                found[index] = self.constant(value)
                continue
            step = every[place - 1]
            same = step.value == value or (math.isnan(value) and math.isnan(step.value))
            if same:
                found[index] = step
            elif abs(value - step.value) <= abs(step.value) / 64 or math.isinf(value) or value == 0:
                found[index] = self.step("cast", [step], value, lambda x: x, f"{step.argument} cast to {output.dtype}")
            else:  # it was written there
                found[index] = self.constant(value)
        return found

    def picked(self, x: Steps, output: Values) -> Steps:
        """Numbers of x in another order, or some of them: each result is one that it equals."""
        by_value: dict[str, list[Step]] = {}
        for step in x.ravel():
            by_value.setdefault(step.value.hex(), []).append(step)
        found = np.empty(output.shape, object)
        for index in np.ndindex(output.shape):
            value = float(output[index])
            equal = by_value.get(value.hex(), [])
            found[index] = (equal.pop(0) if len(equal) > 1 else equal[0]) if equal else self.constant(value)
        return found

    def ending_in(self, steps: Steps, output: Values, name: str) -> Steps:
        """Naive steps with the results of the primitive in their place, where these agree; opaque where they do not."""
        found = np.empty(output.shape, object)
        for index in np.ndindex(output.shape):
            step, value = self.m.num(steps[index]), float(output[index])
            if agrees(step.value, value, self.m.format):
                found[index] = replace(step, value=value)
            else:
                self.opaque.append(name)
                found[index] = self.step(name, [step], value, None, f"{value:.6g}")
        return found

    def narrowed(self, steps: Steps, dtype: str) -> Steps:
        """Results that were computed in a narrower format than the call's: each says so."""
        found = np.empty(steps.shape, object)
        for index in np.ndindex(steps.shape):
            step = steps[index]
            found[index] = replace(step, narrow=dtype) if step.computed else step
        return found

    def expanded(
        self,
        name: str,
        formulas: Sequence[Callable[[Observed, list[Step]], Step]],
        rows: Sequence[list[Step]],
        output: Values,
    ) -> Steps:
        """A fused primitive by the first formula whose naive evaluation gives its result, in kind and within a few ulps: the steps are the
        formula's, the result is the primitive's. Opaque where none does."""
        found = np.empty(output.size, object)
        for place, (row, value) in enumerate(zip(rows, output.ravel().tolist(), strict=True)):
            for formula in formulas:
                step = self.m.num(formula(self.m, row))
                if agrees(step.value, float(value), self.m.format):
                    found[place] = replace(step, value=float(value))
                    break
            else:
                self.opaque.append(name)
                found[place] = self.step(name, row[:64], float(value), None, f"{float(value):.6g}")
        return found.reshape(output.shape)

    def unknown(self, name: str, operands: Sequence[Steps], output: Values) -> Steps:
        """Results of a primitive that no table knows."""
        self.opaque.append(name)
        parts = list(itertools.chain.from_iterable(np.asarray(o, object).ravel() for o in operands))[:64]
        found = np.empty(output.shape, object)
        for index in np.ndindex(output.shape):
            found[index] = self.step(name, parts, float(output[index]), None, f"{float(output[index]):.6g}")
        return found


def agrees(naive: float, value: float, fmt: Format) -> bool:
    """Whether a naive evaluation gives the value of a primitive: the same kind, and 16 ulps, for sums in another order."""
    if math.isnan(naive) or math.isnan(value):
        return math.isnan(naive) and math.isnan(value)
    return naive == value or abs(naive - value) <= 16 * float(fmt.ulp(np.asarray(value)))


def _same_numbers(a: Values, b: Values) -> bool:
    """Whether two arrays hold the same numbers, a zero's sign apart, whatever they are stored in."""
    return bool(np.array_equal(a.astype(np.float64), b.astype(np.float64), equal_nan=True))


def _are(steps: Steps, array: Values) -> bool:
    """Whether the steps have these values."""
    values = np.asarray([s.value for s in steps.ravel()], np.float64)
    return bool(np.array_equal(values, array.ravel().astype(np.float64), equal_nan=True))
