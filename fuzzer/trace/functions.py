"""Functions: those of a framework's own Python functions that an op of the catalogue is, as jax.nn.gelu, seen by the frames under a primitive call.

What one makes are primitives that are right one by one, so that nobody of them is to blame where the formula is unstable: the function is
judged as one call, on the arguments that it was called with. Derived from the catalogue's expressions: one that is a single call of a dotted name
over the op's inputs says what that function computes, with the constants of its other arguments. Nothing is written by hand.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import CodeType, FrameType, ModuleType
from typing import Any

from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import catalogue
from ulpfuzz.fuzzer.trace.graph import Foreign, FunctionCall, Phase, Place, TracedCall, TracedStep
from ulpfuzz.fuzzer.trace.single import Meaning

#: Parameters that say along which axis, and those whose value changes no number: a caller's own may be others.
AXES, FREE = ("axis", "dim"), ("keepdims", "keep_dims", "keepdim", "name")


@dataclass(frozen=True)
class CatalogueFunction:
    """An op as a function of the framework. slots: by parameter the input; constants: the other parameters, but for axes."""

    meaning: Meaning
    slots: Mapping[str, str]
    constants: Mapping[str, Any]
    #: Its parameter that names the axis; empty where the op's rows are numbers.
    axis: str

    def batch(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], int | None] | None:
        """Of the values of its parameters the caller's arrays by input, and its axis; None where the call is another one than the catalogue's."""
        if any(not same(values[name], constant) for name, constant in self.constants.items()):
            return None
        arrays = {slot: values[name] for name, slot in self.slots.items()}
        if not self.axis:
            return arrays, None
        axis = values[self.axis]
        axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
        if axis is None and all(len(getattr(a, "shape", ())) == 1 for a in arrays.values()):
            axis = 0  # of vectors the only one
        return (arrays, axis) if isinstance(axis, int) else None


@dataclass(frozen=True)
class Known:
    """A function of the framework by its code. function: what that code belongs to; public: what a user writes."""

    name: str
    function: Foreign
    public: Foreign
    signature: inspect.Signature
    meanings: tuple[CatalogueFunction, ...]

    def values(self, frame: FrameType) -> dict[str, Any]:
        """Its parameters as they stand in its frame, or as they are by default."""
        local = frame.f_locals
        return {name: local.get(name, p.default) for name, p in self.signature.parameters.items()}

    def called(self, values: Mapping[str, Any]) -> Foreign:
        """What it gives of these. Raises what the framework raises."""
        bound = inspect.BoundArguments(self.signature, dict(values))
        return self.public(*bound.args, **bound.kwargs)


@cache
def functions_of(framework: str) -> Functions:
    """The functions of a framework, which is imported: looked up once."""
    module: ModuleType = importlib.import_module(framework)
    jax, tensorflow = {"jax": module, "jnp": getattr(module, "numpy", None)}, {"tf": module}
    return Functions(framework, jax if framework == "jax" else tensorflow)


class Functions:
    """The functions of one framework, by their code. roots: the modules of its expressions by name."""

    def __init__(self, framework: str, roots: Mapping[str, Any]) -> None:
        self.framework, self.roots = framework, roots
        self._modules = -1
        self._by_code: dict[CodeType, Known] = {}

    @cached_property
    def _calls(self) -> dict[str, list[tuple[Op, Implementation, ast.Call]]]:
        """The catalogue's single calls, by the dotted name that is called."""
        found: dict[str, list[tuple[Op, Implementation, ast.Call]]] = {}
        for op in catalogue().values():
            if not op.inputs or "value" not in op.orders or any(i.complex or i.integers or len(i.axes) > 1 for i in op.inputs):
                continue
            for implementation in op.of(self.framework):
                node = ast.parse(implementation.call, mode="eval").body
                if isinstance(node, ast.Call) and (name := _dotted(node.func)):
                    found.setdefault(name, []).append((op, implementation, node))
        return found

    def by_code(self) -> dict[CodeType, Known]:
        """Looked up anew where the program has imported something since."""
        if self._modules != len(sys.modules):
            self._modules = len(sys.modules)
            for name, calls in self._calls.items():
                if (public := self._public(name)) is None:
                    continue
                plain = inspect.unwrap(public)
                code = getattr(plain, "__code__", None)
                if (
                    isinstance(code, CodeType)
                    and code not in self._by_code
                    and (known := _known(name, plain, public, calls, self.roots))
                ):
                    self._by_code[code] = known
        return self._by_code

    def _public(self, name: str) -> Foreign:
        first, *rest = name.split(".")
        found = self.roots.get(first)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a name that the framework will drop is still one
            for part in rest:
                found = getattr(found, part, None)
        return found

    def around(self, frame: FrameType | None) -> list[tuple[Known, FrameType]]:
        """Those that a frame lies in, the innermost first."""
        known = self.by_code()
        found = []
        while frame is not None:
            if (function := known.get(frame.f_code)) is not None:
                found.append((function, frame))
            frame = frame.f_back
        return found


def same(value: Foreign, constant: Foreign) -> bool:
    """Whether an argument is the catalogue's: 2 and 2.0 are."""
    if value is constant:
        return True
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (value, constant))
    return (numbers or type(value) is type(constant)) and isinstance(value, (int, float, str, tuple)) and bool(value == constant)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    inside = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inside}.{node.attr}" if inside and isinstance(node, ast.Attribute) else ""


def _known(
    name: str, plain: Foreign, public: Foreign, calls: list[tuple[Op, Implementation, ast.Call]], roots: Mapping[str, Any]
) -> Known | None:
    try:
        signature = inspect.signature(plain)
    except (TypeError, ValueError):
        return None
    kinds = {p.kind for p in signature.parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return None
    meanings = tuple(m for op, implementation, node in calls for m in _meanings(op, implementation, node, signature, roots))
    return Known(name, plain, public, signature, meanings) if meanings else None


class _Given:
    """Stands for an input among the arguments of a call."""

    def __init__(self, name: str) -> None:
        self.name = name


def _meanings(
    op: Op, implementation: Implementation, node: ast.Call, signature: inspect.Signature, roots: Mapping[str, Any]
) -> Iterator[CatalogueFunction]:
    """What the call says of the function, for each of the op's params."""
    inputs = [i.name for i in op.inputs]
    for params in op.param_sets():
        if not implementation.supports("float32", "value", params):
            continue

        def value(argument: ast.expr, params: Mapping[str, Any] = params) -> Foreign:
            if isinstance(argument, ast.Name) and argument.id in inputs:
                return _Given(argument.id)
            if any(isinstance(n, ast.Name) and n.id in inputs for n in ast.walk(argument)):
                raise ValueError(ast.unparse(argument))  # made of an input: not the function alone
            return eval(compile(ast.Expression(argument), "<argument>", "eval"), {**roots, **params})

        try:
            bound = signature.bind(*[value(a) for a in node.args], **{str(k.arg): value(k.value) for k in node.keywords})
        except (TypeError, ValueError, AttributeError, NameError):
            continue
        bound.apply_defaults()
        slots = {name: v.name for name, v in bound.arguments.items() if isinstance(v, _Given)}
        axis = next((a for a in AXES if a in bound.arguments), "") if not op.elementwise else ""
        if sorted(slots.values()) != sorted(inputs) or (not op.elementwise and not axis):
            continue
        constants = {n: v for n, v in bound.arguments.items() if n not in slots and n not in FREE and n != axis}
        yield CatalogueFunction(Meaning(op, implementation, dict(params)), slots, constants, axis)


class Recorder:
    """Notes of each primitive call in which functions it was made. array: the array that an argument is, which a derivative may wrap."""

    def __init__(self, functions: Functions, array: Callable[[Foreign], Foreign]) -> None:
        self.functions, self.array = functions, array
        self._open: dict[int, tuple[FrameType, FunctionCall]] = {}

    def around(self, frame: FrameType | None, place: Place, phase: Phase) -> list[FunctionCall]:
        """The functions that a primitive is being called in, the innermost first. One is begun with its arguments as they stand at the first
        primitive that it makes: before a result could take the name of one."""
        found = self.functions.around(frame)
        if not found and not self._open:
            return []
        still = {id(f): self._open[id(f)] for _, f in found if id(f) in self._open}
        for known, its in found:
            if id(its) not in still:
                values = {n: self.array(v) for n, v in known.values(its).items()}
                still[id(its)] = its, FunctionCall(known.name, place, phase, [], (known, values))
        self._open = still
        return [still[id(its)][1] for _, its in found]

    def made(self, calls: list[FunctionCall], call: TracedCall, step: TracedStep) -> None:
        """A primitive call that is looked at was made in these."""
        for function in calls:
            if not function.calls:
                step.functions.append(function)
            function.calls.append(call)

    def end(self) -> None:
        """The step is over."""
        self._open = {}
