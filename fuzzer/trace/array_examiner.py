"""What the analysis needs of frameworks whose arrays do not change: expressions of calls, and calls made again."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import COTANGENT
from ulpfuzz.fuzzer.casework.advice import language
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.trace.array_tracer import Again, Heard
from ulpfuzz.fuzzer.trace.compositions import lost_elements
from ulpfuzz.fuzzer.trace.functions import Known
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign, FunctionCall, TracedCall, Wide
from ulpfuzz.fuzzer.trace.harvest import sampled
from ulpfuzz.fuzzer.trace.primitives import RESULT, CatalogueGradient, CataloguePrimitive, matching
from ulpfuzz.fuzzer.trace.result import Tried
from ulpfuzz.fuzzer.trace.single import Meaning, Single, judged_single
from ulpfuzz.fuzzer.trace.templates import Template, filled, leaf

#: Floating formats, by the frameworks' names.
FLOATS = ("float16", "bfloat16", "float32", "float64")
#: The next wider format.
WIDER = {"float16": "float32", "bfloat16": "float32", "float32": "float64"}
#: Primitives in a row that only move numbers, at most.
MOVES = 6


class ArrayExaminer:
    """Implements analyst.Examiner and harvest.Inputs, but for what a framework says: templates, axes, what only moves numbers."""

    framework = ""
    #: Primitives that repeat, reshape or copy numbers and compute none.
    moves: frozenset[str] = frozenset()

    def templates(self) -> Mapping[str, Template]:
        """By the primitive's name."""
        raise NotImplementedError

    def axis(self, heard: Heard) -> tuple[int, bool] | None:
        """The one axis of a call, and whether it stays."""
        raise NotImplementedError

    def operands(self, heard: Heard) -> list[Foreign]:
        """Of a call what its template stands over: arrays, and numbers among its params."""
        return list(heard.inputs)

    def evaluated(self, call: str, tensors: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See compositions.Composer."""
        raise NotImplementedError

    def is_array(self, x: Foreign) -> bool:
        """Whether it is an array of floating numbers."""
        return str(getattr(x, "dtype", "")) in FLOATS

    def array(self, tensor: Foreign) -> Bits:
        """See compositions.Composer."""
        return np.asarray(tensor)

    # Expressions

    def expression(self, call: TracedCall, depth: int) -> ast.expr | None:
        """See compositions.Composer."""
        if not isinstance(call.again, Again) or len(call.outputs) != 1:
            return None
        heard = call.again.heard
        template = self.templates().get(heard.kernel)
        if template is None:
            return None
        operands = self.operands(heard)
        if len(operands) < len(template.order):
            return None
        nodes = [self._operand(x, call, depth) for x in operands[: len(template.order)]]
        axis = self.axis(heard)
        if axis is None and any(isinstance(n, ast.Call) and n.keywords for n in ast.walk(template.node)):
            return None
        return self._mean(filled(template, nodes, axis), heard)

    def _operand(self, x: Foreign, call: TracedCall, depth: int) -> ast.expr:
        moved, source = x, call.again.maker(x)
        for _ in range(MOVES):  # through what only moves numbers
            if source is None or source.again is None or source.again.heard.kernel not in self.moves:
                break
            moved = source.again.heard.inputs[0]
            source = source.again.maker(moved)
        number = self._number(moved)
        if number is not None and source is None:
            return language.constant(number)
        node = self.expression(source, depth - 1) if source is not None and depth > 1 else None
        if node is not None and moved is not x:
            node = _kept(node, tuple(np.shape(moved)), tuple(np.shape(x)))
        return leaf(x, id(x)) if node is None else node

    def _number(self, x: Foreign) -> float | None:
        """Of a constant of one element its number."""
        if isinstance(x, (int, float)) and not isinstance(x, bool):
            return x
        return float(self.array(x).astype(np.float64).ravel()[0]) if np.shape(x) == () and self.is_array(x) else None

    def _mean(self, node: ast.expr, heard: Heard) -> ast.expr:
        """A sum divided by how many numbers it sums is a mean."""
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant)):
            return node
        total = node.left
        if isinstance(total, ast.Call) and isinstance(total.func, ast.Name) and total.func.id == "sum":
            size = getattr(total, "width", None)
            if size == node.right.value:
                return ast.Call(ast.Name("mean", ast.Load()), total.args, total.keywords)
        return node

    # Calls made again

    def primitives(self) -> Mapping[str, tuple[CataloguePrimitive, ...]]:
        """The catalogue's, by their names; some seconds, once."""
        raise NotImplementedError

    def gradients(self, kernel: str) -> Sequence[CatalogueGradient]:
        """Those that a primitive of a backward pass may be; none where derivatives are composed of primitives of values."""
        return ()

    def called(self, known: Known, values: Mapping[str, Any], *, wide: bool) -> Foreign:
        """A function's result on these values of its parameters, in their dtype or in binary64. Raises what the framework raises."""
        raise NotImplementedError

    def single(self, call: TracedCall) -> Single | None:
        """See analyst.Examiner."""
        if not isinstance(call.again, Again) or len(call.outputs) != 1:
            return None
        heard = call.again.heard
        if heard.again is None or len(heard.outputs) != 1:
            return None
        own = self.array(heard.outputs[0])
        exact = heard.again([self.array(x).astype(np.float64) if self.is_array(x) else x for x in heard.inputs])
        if not exact or exact[0] is None or np.shape(exact[0]) != own.shape:
            return None
        lost = lost_elements(own, np.asarray(exact[0], np.float64), format_named(own.dtype.name))
        if not lost.any():
            return None
        for meaning, arrays in self._meanings(call.again):
            axis = self.axis(heard) if meaning.by_rows else None
            if meaning.by_rows and axis is None:
                continue
            if (found := judged_single(meaning, arrays, None if axis is None else axis[0], own, lost)) is not None:
                return found
        return None

    def _meanings(self, again: Again) -> Iterator[tuple[Meaning, dict[str, Bits]]]:
        """What a call is in the catalogue, with its arrays by input."""
        heard = again.heard
        yield from matching(self.primitives().get(heard.kernel, ()), self._arrays(heard), heard.params)
        for gradient in self.gradients(heard.kernel):
            if (arrays := self._of_gradient(gradient, again)) is not None:
                yield gradient.meaning, arrays

    def _arrays(self, heard: Heard) -> list[Bits]:
        return [self.array(x) for x in heard.inputs if self.is_array(x)]

    def _of_gradient(self, gradient: CatalogueGradient, again: Again) -> dict[str, Bits] | None:
        """The arrays of a gradient; of the forward call, where its result stands for its inputs."""
        given = [x for x in again.heard.inputs if self.is_array(x)]
        as_primitive = CataloguePrimitive(gradient.meaning, gradient.slots, gradient.constants)
        found = as_primitive.arrays([self.array(x) for x in given], again.heard.params)
        if found is None or RESULT not in found:
            return found
        made = again.maker(given[gradient.slots.index(RESULT)])
        if made is None or not isinstance(made.again, Again) or made.again.heard.kernel != gradient.of:
            return None
        forward = gradient.primitive.arrays(self._arrays(made.again.heard), made.again.heard.params)
        return None if forward is None else {**forward, COTANGENT: found[COTANGENT]}

    def function(self, made: FunctionCall) -> Single | None:
        """See analyst.Examiner. Judged is what the step made: the function called again must give one of its numbers to the bit."""
        known, values = made.again
        for meaning in known.meanings:
            given = meaning.batch(values)
            if given is None or not all(self.is_array(x) for x in given[0].values()):
                continue
            results = self._results(known, values)
            if results is None or not _was_made(results[0], made.calls):
                return None
            lost = lost_elements(*results, format_named(results[0].dtype.name))
            arrays = {n: self.array(x) for n, x in given[0].items()}
            if lost.any() and (found := judged_single(meaning.meaning, arrays, given[1], results[0], lost)) is not None:
                return found
        return None

    def _results(self, known: Known, values: Mapping[str, Any]) -> tuple[Bits, Wide] | None:
        """What a function gives, and what it gives in binary64; None where it is no one array, or not twice the same."""
        try:
            own, exact = (self.called(known, values, wide=wide) for wide in (False, True))
            if not self.is_array(own):
                return None
            one, wide = self.array(own), np.asarray(exact).astype(np.float64)
        except Exception:  # whatever a framework raises
            return None
        return (one, wide) if one.shape == wide.shape else None

    def wider(self, calls: Iterable[TracedCall]) -> Tried | None:
        """See analyst.Examiner. In the wider format means: in binary64, each result rounded to it."""
        chain = sorted({c.number: c for c in calls}.values(), key=lambda c: c.number)
        wide, last = WIDER.get(chain[0].outputs[0].dtype), chain[-1]
        if wide is None or any(not isinstance(c.again, Again) or c.again.heard.again is None for c in chain):
            return None
        known: dict[int, NDArray[np.float64]] = {}
        for call in chain:
            again = call.again
            inputs = [self._widest(i, again, known) if self.is_array(i) else i for i in again.heard.inputs]
            outputs = again.heard.again(inputs)
            if outputs is None:
                return None
            made = [s for o, s in zip(again.heard.outputs, outputs, strict=False) if self.is_array(o)]
            with np.errstate(all="ignore"):
                rounded = [None if s is None else np.asarray(s).astype(wide).astype(np.float64) for s in made]
            known.update({v.number: s for v, s in zip(call.outputs, rounded, strict=False) if s is not None})
        numbers, result = last.outputs[0].numbers(), known.get(last.outputs[0].number)
        if numbers is None or result is None or result.shape != numbers[0].shape:
            return None
        before, after = (int((~np.isfinite(v) & (v != numbers[1])).sum()) for v in (numbers[0], result))
        if not before or after:
            return None
        names = ", ".join(dict.fromkeys(c.kernel for c in chain))
        return Tried("raise_precision", f"{names} in {wide}", "the same calls on the same arrays, wider", "", "", before, after)

    def _widest(self, array: Foreign, again: Again, known: Mapping[int, NDArray[np.float64]]) -> NDArray[np.float64]:
        value = again.values.get(id(array))
        made = None if value is None else known.get(value.number)
        return self.array(array).astype(np.float64) if made is None else made

    def inputs(self, call: TracedCall) -> tuple[str, dict[str, Bits], dict[str, tuple[int, ...]]] | None:
        """See harvest.Inputs."""
        if not isinstance(call.again, Again):
            return None
        found = {f"input{i}": self.array(x) for i, x in enumerate(call.again.heard.inputs) if self.is_array(x) and np.size(x)}
        return "", {n: sampled(a.reshape(-1)) for n, a in found.items()}, {n: a.shape for n, a in found.items()}


def _was_made(result: Bits, calls: Iterable[TracedCall]) -> bool:
    """Whether one of the calls gave this."""
    wide = result.astype(np.float64).ravel()
    numbers = (v.numbers() for c in calls for v in c.outputs if v.dtype == result.dtype.name)
    return any(n is not None and n[0].size == wide.size and np.array_equal(n[0].ravel(), wide, equal_nan=True) for n in numbers)


def _kept(node: ast.expr, before: tuple[int, ...], after: tuple[int, ...]) -> ast.expr | None:
    """A reduction that was spread again over its axis keeps it; what else was moved is no part of an expression. Numbers that were only repeated
    along leading axes are the same to it."""
    if isinstance(node, ast.Constant):
        return node
    if isinstance(node, ast.Call) and any(k.arg == "axis" for k in node.keywords) and before != after:
        kept = copy.copy(node)
        kept.keywords = [*(k for k in node.keywords if k.arg != "keepdims"), ast.keyword("keepdims", ast.Constant(True))]
        return kept
    return node if before == after else None
