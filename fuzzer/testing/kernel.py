"""Kernel: a function of somebody's own as a call of a framework, so that everything that judges a call of the catalogue judges it."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.own_functions import OwnFunction, name_for
from ulpfuzz.fuzzer.frameworks.targets.target import Target, absence, target_named
from ulpfuzz.fuzzer.testing.guess import display_name, framework_guessed

#: Why its findings are the function's, whatever their syntax looks like.
WHOSE = "the function that is tested"


@dataclass(frozen=True)
class Kernel:
    """A function under test."""

    function: OwnFunction
    #: As its author calls it: `fast_softmax`, `Softmax.apply`.
    name: str
    #: Where it runs.
    target: Target
    #: The expression by which it is called, over the op's inputs and params.
    call: str
    #: Whether it takes a batch of rows; else one row, and it is called row by row.
    batched: bool = True

    @property
    def implementation(self) -> Implementation:
        return Implementation(self.target.framework, self.call, dtypes=ALL_DTYPES, plain=WHOSE)

    @property
    def subject(self) -> Subject:
        return Subject(str(self.target), self.implementation)

    @property
    def identifier(self) -> str:
        """The name by which its call reads it."""
        return self.call.partition("(")[0]

    def shown(self, call: str) -> str:
        """A call of it as its author would write it."""
        return re.sub(rf"\b{self.identifier}\b(?=\()", self.name, call)

    @property
    def file_name(self) -> str:
        """Its name as a part of names of files."""
        return re.sub(r"\W+", "_", self.name, flags=re.ASCII)


def kernel_of(function: OwnFunction, op: Op, framework: str | None = None, *, batched: bool = True) -> Kernel:
    """The function as a call of the op. framework: a framework or a target (`torch`, `jax:cpu:jit`); None: the one that its code names.

    Arguments are passed by name where the function has parameters of all the op's input names, else in the op's order; a param of the op is passed
    where the function has a parameter of its name. Raises UserError (UnknownName) in one line.
    """
    if not callable(function):
        raise UserError(f"a function is tested, not {type(function).__name__} {function!r:.60}")
    target = target_named(framework or framework_guessed(function))
    if reason := absence(target):
        raise UserError(reason)
    if target.switches or target.host:
        raise UserError(f"a function of this process is tested in it: {target} is a target of another")
    name = display_name(function)
    whole = function if batched else _row_by_row(function, target.framework)
    # Neither an input nor a name of a script has this one.
    called = name_for(whole, f"tested_{name}")
    return Kernel(function, name, target, f"{called}({_arguments(function, op)})", batched)


def _arguments(function: OwnFunction, op: Op) -> str:
    inputs = [spec.name for spec in op.inputs]
    known = _parameters(function)
    by_name = set(inputs) <= set(known) and known[: len(inputs)] != inputs
    given = [f"{name}={name}" if by_name else name for name in inputs]
    return ", ".join([*given, *(f"{name}={name}" for name in op.params if name in known)])


def _parameters(function: OwnFunction) -> list[str]:
    """The parameters that may be given by name; none where Python does not say."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


_rows: dict[tuple[OwnFunction, str], OwnFunction] = {}


def _row_by_row(function: OwnFunction, framework: str) -> OwnFunction:
    """The function of one row as one of a batch: the same object for the same function, since a name belongs to one."""
    return _rows.setdefault((function, framework), _STACKED[framework](function))


def _stacked(module: str) -> Callable[[OwnFunction], OwnFunction]:
    def of(function: OwnFunction) -> OwnFunction:
        def each(*batch: Any, **named: Any) -> Any:
            names = [name for name, value in named.items() if hasattr(value, "shape")]
            rows = zip(*batch, *(named[name] for name in names), strict=True)
            rest = {name: value for name, value in named.items() if name not in names}
            at = len(batch)
            return _module(module).stack([function(*row[:at], **dict(zip(names, row[at:], strict=True)), **rest) for row in rows])

        return each

    return of


def _mapped(function: OwnFunction) -> OwnFunction:
    def each(*batch: Any, **named: Any) -> Any:
        arrays = {name: value for name, value in named.items() if hasattr(value, "shape")}
        rest = {name: value for name, value in named.items() if name not in arrays}

        def one(row: tuple[Any, ...], by_name: Mapping[str, Any]) -> Any:
            return function(*row, **by_name, **rest)

        return _module("jax").vmap(one)(batch, arrays)

    return each


@cache
def _module(name: str) -> Any:
    return importlib.import_module(name)


_STACKED = {"torch": _stacked("torch"), "tensorflow": _stacked("tensorflow"), "numpy": _stacked("numpy"), "jax": _mapped}


@contextmanager
def catalogued(op: Op, *kernels: Kernel) -> Iterator[Op]:
    """Inside, the catalogue has the op with the kernels' calls: only then are these run, stored and written into scripts."""
    before = ops().get(op.name)
    extended = replace(op, implementations=(*op.implementations, *(kernel.implementation for kernel in kernels)))
    ops()[op.name] = extended
    try:
        yield extended
    finally:
        if before is None:
            del ops()[op.name]
        else:
            ops()[op.name] = before
