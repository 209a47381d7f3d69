"""Primitive: the functions of a framework that a call rests on, read from its text, so that ops that share one can share a defect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ulpfuzz.fuzzer.catalog.array_functions import ABOUT, CASTS, MOVES, SHAPES
from ulpfuzz.fuzzer.catalog.composed import steps_of
from ulpfuzz.fuzzer.catalog.registry import ops

#: Functions that apply another to the rows of a batch: what they are given is what computes.
_MAPS = frozenset(("map_fn", "vectorized_map", "vmap", "map", "stack", "vjp", "jvp", "grad", "apply", "zip", "squeeze"))
#: What holds no numbers of its own: an argument's text that chooses among algorithms is part of the function's name, these words are not.
_INDIFFERENT = frozenset(("none", "mean", "sum"))


@dataclass(frozen=True)
class Primitives:
    """functions: each function of a call with the texts and classes among its arguments, the innermost first: "torch.nn.functional.interpolate
    mode=area", "torch.distributions.Laplace.log_prob". alone: whether the call is the one function, and nothing else rounds."""

    functions: tuple[str, ...]
    alone: bool


@cache
def primitives_of(op: str, call: str) -> Primitives:
    """The primitives of a call of an op; none of a text that is no expression."""
    try:
        tree = ast.parse(call.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return Primitives((), alone=False)
    functions = tuple(dict.fromkeys(_functions(tree)))
    return Primitives(functions, alone=len(functions) == 1 and len(_steps(op, call)) <= 1)


def _steps(op: str, call: str) -> tuple[str, ...]:
    record = ops().get(op)
    names = tuple(i.name for i in record.inputs) if record else ()
    try:
        return steps_of(call, names)
    except (SyntaxError, ValueError, RecursionError):
        return ("unknown", "unknown")


def _functions(node: ast.AST) -> Iterator[str]:
    """The functions under a node, arguments before what they are given to."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call) and isinstance(node.slice, ast.Constant):
        *inner, last = list(_functions(node.value)) or [""]
        yield from (*inner, *([f"{last}[{node.slice.value!r}]"] if last else []))  # one of several results
        return
    for child in ast.iter_child_nodes(node):
        yield from _functions(child)
    if isinstance(node, ast.Call):
        yield from _named(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and node.attr not in ABOUT:
        owner = _dotted(node.value.func)
        if owner.rpartition(".")[2][:1].isupper() and "." in owner:
            yield f"{owner}.{node.attr}"  # a method or property of an object made on the spot


def _named(node: ast.Call) -> Iterator[str]:
    """The name of what is called, where it is a function of a framework or an object that is called on the spot."""
    if isinstance(node.func, ast.Call):
        name = _dotted(node.func.func)
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        return  # a method of an object: the attribute has named it
    else:
        name = _dotted(node.func)
    last = name.rpartition(".")[2]
    if last in _MAPS:
        yield from filter(lambda mapped: "." in mapped, (_dotted(a) for a in node.args[:1] if isinstance(a, ast.Attribute)))
    if "." not in name or last in MOVES | SHAPES | CASTS | _MAPS or (last[:1].isupper() and not isinstance(node.func, ast.Call)):
        return
    choices = [*_choices(node)]
    yield " ".join([name, *choices])


def _choices(node: ast.Call) -> Iterator[str]:
    """What among the arguments chooses another algorithm: texts (mode='area'), and the classes of objects made on the spot."""
    for keyword, value in [("", a) for a in node.args] + [(k.arg or "", k.value) for k in node.keywords]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value not in _INDIFFERENT:
            yield f"{keyword}={value.value}" if keyword else value.value
        elif isinstance(value, ast.Constant) and keyword == "type":
            yield f"type={value.value!r}"
        elif isinstance(value, ast.Call):
            made = _dotted(value.func).rpartition(".")[2]
            if made[:1].isupper():
                yield made


def _dotted(node: ast.AST) -> str:
    """The name of a function as it is written, "" where it is no name; of what an import expression reaches, the module's."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    if isinstance(node, ast.Call) and _dotted(node.func) == "__import__" and node.args and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    return ""
