"""Compositions: calls that are right one by one and unstable together, found by the rule book, proved on the traced rows, with what the book's
replacement gives on the very same tensors."""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.casework.advice import language
from ulpfuzz.fuzzer.casework.advice.rules import RULES, Rewritten, rewritten
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.trace.formulas import NotADefinition, has_axis, op_of
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign, TracedCall, Wide
from ulpfuzz.fuzzer.trace.result import Tried
from ulpfuzz.fuzzer.trace.verdicts import Judged, Verdict

#: An error matters beyond so many u of the tensor's largest number: below, its own rounding would do as much.
MATTERS = 32.0
#: Rows that are judged, the worst first.
ROWS = 32
#: Numbers of a row at most: each is some operations of the oracle, and its derivative's.
LONGEST = 1024
#: A replacement must leave at most this share of the elements that were lost.
LEFT = 0.01
#: Calls that an expression goes back through, at least and at most; a composition is two calls or more.
DEPTHS = range(2, 7)
#: The same expression in the same dtype gives the same numbers, but for so many roundings of the largest.
SAME = 8.0

Mask = NDArray[np.bool_]


class Composer(Protocol):
    """A framework's calls as expressions, and expressions as its calls."""

    framework: str

    def expression(self, call: TracedCall, depth: int) -> ast.expr | None:
        """The call in plain names over earlier ones, that many calls deep; the names that it ends in carry their tensors as `tensor`. None
        where it has no plain name, or its arguments are kept no more."""

    def evaluated(self, call: str, tensors: Mapping[str, Any], *, wide: bool) -> Foreign:
        """An expression of the framework over these tensors, in their dtype or in binary64. Raises what the framework raises."""

    def array(self, tensor: Foreign) -> Bits:
        """Its bits."""


@dataclass(frozen=True)
class Composition:
    """A composed expression that loses digits on rows of the step. verdict: the proof; None where the rows are too long to be judged, or the
    expression has no definition: then only binary64 says so, which accuses nobody by itself."""

    call: TracedCall
    expression: str
    verdict: Verdict | None
    tried: Tried


def may_be_lost(call: TracedCall) -> bool:
    """Whether the call's error is large enough for a composition, or a call, to be found there: what costs nothing is asked first."""
    value = call.outputs[0]
    bound = MATTERS / 4 * format_named(value.dtype).unit_roundoff
    return value.bad or math.isnan(value.error) or value.error > bound


def composition_of(call: TracedCall, composer: Composer) -> Composition | None:
    """The composition that ends in this call and whose replacement mends most elements, the shortest of equals; None where there is none, it is
    right, or nothing helps."""
    before, best = "", None
    for depth in DEPTHS:
        setting = _setting(call, composer, depth)
        if setting is None or setting.expression == before:
            break
        before = setting.expression
        for candidate in rewritten(setting.node) if setting.reproduces else ():
            if (found := _tried(setting, candidate)) is not None:
                best = found if best is None or found.tried.elements_before > best.tried.elements_before else best
                break
    return best


@dataclass(frozen=True)
class _Setting:
    """An expression of a call over tensors, by letters; the call's own numbers."""

    call: TracedCall
    composer: Composer
    node: ast.expr
    tensors: dict[str, Any]
    fmt: Format
    own: Bits

    @property
    def expression(self) -> str:
        return ast.unparse(self.node)

    @property
    def reproduces(self) -> bool:
        """Whether the expression is what was computed: in the same dtype it gives the same numbers. Another one must not be judged in its place."""
        try:
            again = self.values(language.written(self.node, self.composer.framework), wide=False)
        except language.NoName:
            return False
        if again is None or again.shape != self.own.shape:
            return False
        one, two = self.own.astype(np.float64), again.astype(np.float64)
        finite = np.isfinite(one)
        scale = float(np.abs(one[finite]).max(initial=0.0))
        near = np.abs(one[finite] - two[finite]) <= SAME * self.fmt.unit_roundoff * scale
        return bool((finite == np.isfinite(two)).all() and near.all())

    def values(self, call: str, *, wide: bool) -> Bits | None:
        """What a call gives on the tensors; None where the framework raises: shapes or dtypes that it does not take."""
        try:
            return self.composer.array(self.composer.evaluated(call, self.tensors, wide=wide))
        except Exception:  # whatever a framework raises
            return None


def _setting(call: TracedCall, composer: Composer, depth: int) -> _Setting | None:
    node, numbers = composer.expression(call, depth), call.outputs[0].numbers()
    if node is None or numbers is None:
        return None
    tensors: dict[str, Any] = {}
    letters: dict[str, str] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and hasattr(part, "tensor") and part.id not in letters:
            letters[part.id] = _LETTERS[len(letters)] if len(letters) < len(_LETTERS) else ""
            tensors[letters[part.id]] = part.tensor
    fmt = format_named(call.outputs[0].dtype)
    if not tensors or "" in tensors or any(composer.array(t).dtype != fmt.dtype for t in tensors.values()):
        return None
    return _Setting(call, composer, _Named(letters).visit(copy.copy(node)), tensors, fmt, fmt.round(numbers[0]))


#: Names of tensors in an expression.
_LETTERS = "abcuvw"


class _Named(ast.NodeTransformer):
    """A copy with names replaced."""

    def __init__(self, letters: Mapping[str, str]) -> None:
        self.letters = letters

    def generic_visit(self, node: ast.AST) -> ast.AST:
        return super().generic_visit(copy.copy(node))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        return ast.Call(node.func, [self.visit(a) for a in node.args], node.keywords)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.letters.get(node.id, node.id), ast.Load())


def _tried(setting: _Setting, candidate: Rewritten) -> Composition | None:
    try:
        written = language.written(candidate.node, setting.composer.framework)
    except language.NoName:
        return None
    new, exact = setting.values(written, wide=False), setting.values(written, wide=True)
    if (
        new is None
        or exact is None
        or new.shape != setting.own.shape
        or exact.shape != new.shape
        or new.dtype != setting.own.dtype
    ):
        return None
    exact = exact.astype(np.float64)
    before, after = lost_elements(setting.own, exact, setting.fmt), lost_elements(new, exact, setting.fmt)
    if not before.any() or (before & after).sum() > LEFT * before.sum() or after.sum() > before.sum():
        return None
    verdict, ulps = None, (math.nan, math.nan)
    if (judged := _judged(setting, before, new)) is not None:
        verdict, other = judged
        if not verdict.proved or other.proved:
            return None
        ulps = (verdict.ulps, other.ulps)
    rules = ", ".join(dict.fromkeys(candidate.rules))
    source = "; ".join(dict.fromkeys(r.source for r in RULES if r.name in candidate.rules))
    text = f"{setting.expression} is the same in exact arithmetic"
    tried = Tried("rewrite", written, text, rules, source, int(before.sum()), int(after.sum()), *ulps)
    return Composition(setting.call, setting.expression, verdict, tried)


def lost_elements(own: Bits, exact: Wide, fmt: Format) -> Mask:
    """Elements whose error is more than MATTERS roundings of the largest number, and NaNs and infinities that exact arithmetic has not."""
    wide = own.astype(np.float64)
    finite = np.isfinite(exact) & (np.abs(exact) <= fmt.max)
    scale = float(np.abs(exact[finite]).max(initial=0.0))
    with np.errstate(all="ignore"):
        far = np.abs(wide - exact) > MATTERS * fmt.unit_roundoff * scale
    return np.asarray(finite & (far | ~np.isfinite(wide)))


def _judged(setting: _Setting, lost: Mask, new: Bits) -> tuple[Verdict, Verdict] | None:
    """The verdicts on the old and the new numbers at the worst rows; None where they are too long, or the expression is no definition."""
    rows = has_axis(setting.node)
    try:
        op = op_of(_on_last_axis(setting.node) if rows else setting.expression)
    except NotADefinition:
        return None
    arrays = {name: setting.composer.array(t) for name, t in setting.tensors.items()}
    inputs: dict[str, Bits]
    if rows:
        laid = _as_rows(arrays, _axis_of(setting.node), [setting.own, new, lost])
        if laid is None:
            return None
        inputs, (own, other, mask) = laid
    else:
        inputs = {name: np.broadcast_to(a, lost.shape).reshape(-1) for name, a in arrays.items()}
        own, other, mask = (v.reshape(-1, 1) for v in (setting.own, new, lost))
    chosen = worst_rows(mask)
    batch = Batch(setting.fmt.name, {name: np.ascontiguousarray(v[chosen]) for name, v in inputs.items()})
    judged = Judged(op, {}, "value", batch)
    before, after = (judged.verdict(np.ascontiguousarray(v[chosen]), mask[chosen]) for v in (own, other))
    return before, after


def _reductions(node: ast.expr) -> Iterator[ast.Call]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Call) and any(k.arg == "axis" for k in n.keywords))


def _axis_of(node: ast.expr) -> int | None:
    """The one axis of all its reductions."""
    found = {ast.literal_eval(k.value) for n in _reductions(node) for k in n.keywords if k.arg == "axis"}
    return found.pop() if len(found) == 1 else None


def _on_last_axis(node: ast.expr) -> str:
    """The expression over rows: every axis the last one."""
    other = ast.parse(ast.unparse(node), mode="eval").body
    for part in _reductions(other):
        for keyword in part.keywords:
            if keyword.arg == "axis":
                keyword.value = ast.parse("-1", mode="eval").body
    return ast.unparse(other)


def _as_rows(arrays: Mapping[str, Bits], axis: int | None, results: Sequence[Bits]) -> tuple[dict[str, Bits], list[Bits]] | None:
    """Inputs as (rows, n), results as (rows, outputs); None where the axis is not one of the inputs', or too long."""
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError:
        return None
    if axis is None or not -len(shape) <= axis < len(shape) or shape[axis] > LONGEST:
        return None
    width = shape[axis]
    arrays = {name: np.broadcast_to(a, shape) for name, a in arrays.items()}
    inputs = {name: np.moveaxis(a, axis, -1).reshape(-1, width) for name, a in arrays.items()}
    count = len(next(iter(inputs.values())))
    kept = []
    for result in results:
        if result.shape == shape:
            kept.append(np.moveaxis(result, axis, -1).reshape(count, width))
        elif result.size == count:
            kept.append(result.reshape(count, 1))
        else:
            return None
    return inputs, kept


def worst_rows(mask: Mask) -> NDArray[np.intp]:
    """Rows with the most lost elements, a spread sample of equals."""
    counts = mask.sum(axis=1)
    order = np.argsort(-counts, kind="stable")
    hit = order[counts[order] > 0]
    step = max(1, len(hit) // ROWS)
    return np.sort(hit[::step][:ROWS])
