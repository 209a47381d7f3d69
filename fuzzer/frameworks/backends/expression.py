"""Evaluating the expression of an implementation: what every backend shares, none of it a framework's."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import CodeType
from typing import Any, Protocol, TypeVar

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.formats import Floats, format_named
from ulpfuzz.fuzzer.frameworks.backends.unsupported import unsupported
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.own_functions import own_functions

# TensorFlow opens its messages with the name of the graph node that it made for an eager call.
_GRAPH_NODE = re.compile(r"\{\{function_node [^}]*\}\}\s*")
# It numbers the graphs of a process: the same failure would read differently every time.
_SERIAL = re.compile(r"__inference_[^\[ ]+_\d+\[[^\]]*\] ")


T = TypeVar("T")


class Parts(Protocol[T]):
    """How a framework makes complex numbers of pairs on the last axis, and pairs of complex numbers."""

    def joined(self, pairs: T) -> T:
        """The complex array of an array (..., 2)."""

    def split(self, result: T) -> T:
        """The array (..., 2) of a complex one; any other as it is."""


def function_of(call: Call, modules: Mapping[str, object], parts: Parts[T]) -> Callable[..., T]:
    """The call's expression over the framework's modules, own functions and the call's params, as a function of the op's inputs in order. Complex
    inputs arrive as pairs on the last axis, and a complex result leaves so.

    Raises SyntaxError where the expression is none. A call comes from the catalogue or an installed plugin, which is code that
    the user chose to run.
    """
    code = _code(call.implementation.call, tuple(i.name for i in call.op.inputs), tuple(call.params))
    function: Callable[..., T] = eval(code, {**own_functions(), KEEP: _anew, **modules, **call.params})
    kinds = [i.complex for i in call.op.inputs]
    if not (any(kinds) or call.op.error_norm == "parts" or call.op.complex_result):
        return function

    def over_pairs(*inputs: T) -> T:
        return parts.split(function(*[parts.joined(x) if kind else x for x, kind in zip(inputs, kinds, strict=True)]))

    return over_pairs


#: The name by which an expression requests a layer: a function of its number in the expression and of how to construct it, among the
#: modules of a framework that keeps layers.
KEEP, _LAYERS = "_kept_layer", "tf.keras.layers."


def _anew(_number: int, construct: Callable[[], T]) -> T:
    return construct()


@cache
def _code(call: str, names: tuple[str, ...], params: tuple[str, ...]) -> CodeType:
    tree = ast.parse(f"lambda {', '.join(names)}: ({call})", mode="eval")
    assert isinstance(tree.body, ast.Lambda)
    tree.body.body = _KeptLayers(names, params).visit(tree.body.body)
    return compile(ast.fix_missing_locations(tree), f"<{call}>", "eval")


class _KeptLayers(ast.NodeTransformer):
    """Asks KEEP for each layer that is constructed and called at once, where nothing but the params and the dtype of an input says how it
    is constructed: that takes Keras 7 ms, and calling it less than one. What is called several times, inside a lambda or a comprehension,
    may have another shape each time: there nothing is kept."""

    def __init__(self, names: tuple[str, ...], params: tuple[str, ...]) -> None:
        self.dtypes = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\.dtype\.name\b")
        self.known, self.layers = {"tf", *params}, 0

    def visit(self, node: ast.AST) -> Any:
        repeated = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        return node if isinstance(node, repeated) else super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        made = node.func
        if isinstance(made, ast.Call) and ast.unparse(made.func).startswith(_LAYERS):
            plain = ast.parse(self.dtypes.sub("''", ast.unparse(made)))
            if {n.id for n in ast.walk(plain) if isinstance(n, ast.Name)} <= self.known:
                construct = ast.Lambda(ast.arguments([], [], None, [], [], None, []), made)
                node.func = ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(self.layers), construct], [])
                self.layers += 1
        return node


@contextmanager
def framework_errors() -> Iterator[None]:
    """Inside it the framework's warnings are silent, and its exceptions become FrameworkErrors: type and first line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except FrameworkError as error:  # jax adds notes to whatever passes through it
            raise FrameworkError(str(error)) from error
        except Exception as error:
            raise FrameworkError(framework_message(error)) from error


def framework_message(error: BaseException) -> str:
    """An exception of a framework in one line, which begins with "Unsupported" where it says that this cannot be done."""
    line = str(error) if isinstance(error, FrameworkError) else described(error)
    return f"Unsupported: {line}" if unsupported(error) and not line.startswith("Unsupported") else line


def described(error: BaseException) -> str:
    """An exception in one line: its type and the first line of its message."""
    lines = _GRAPH_NODE.sub("", _SERIAL.sub("", str(error))).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def check_dtype(returned: str, wanted: str) -> None:
    """Raises FrameworkError where the result has another dtype than the inputs.

    Such a result is never cast: rounded down it would show an accuracy that the user does not get, and taken as it is it
    would be judged against the ulp of a format that it is not in. A call that does so (Keras losses return float32 for
    float64) does not support the dtype, and its record must say that.
    """
    if returned != format_named(wanted).real:
        raise FrameworkError(f"DtypeMismatch: returned {returned} for {wanted} inputs")


def by_row(result: Floats, batch: Batch) -> Floats:
    """A result with the batch on its leading axis as (rows, outputs), C order, the caller's to write.

    Raises FrameworkError for any other leading axis or dtype.
    """
    check_dtype(result.dtype.name, batch.dtype)
    if not result.ndim or len(result) != batch.rows:
        raise FrameworkError(f"ShapeMismatch: returned shape {result.shape} for {batch.rows} rows")
    return np.array(result.reshape(batch.rows, math.prod(result.shape[1:])))


def joined(results: Sequence[Floats], batch: Batch) -> Floats:
    """Several results side by side, each as by_row gives it."""
    rows = [by_row(result, batch) for result in results]
    return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)


def placed(batch: Batch, placement: Placement) -> Batch:
    """The one row of the batch, placement.length times. Raises ValueError for a batch of several rows."""
    if batch.rows != 1:
        raise ValueError(f"a placement takes a batch of one row, not {batch.rows}")
    return batch.repeat(placement.length)


def strided(values: Floats, stride: int) -> Floats:
    """The same values with `stride` elements of memory between neighbours on the last axis; the gaps repeat the values."""
    return values if stride == 1 else np.repeat(values, stride, axis=-1)[..., ::stride]
