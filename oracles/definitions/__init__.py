"""Textbook definitions of the ops, a module per family, written once over an Arithmetic.

A definition is registered with `@define(name)`; it takes the arithmetic `m`, the op's inputs in order and its params as
keywords. Write the mathematical definition with its source (DLMF section, paper equation, API page), not a stable algorithm.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

#: (the arithmetic, the inputs in order, the params as keywords) -> a number, or nested lists of them.
Definition = Callable[..., Any]
_registry: dict[str, Definition] = {}


class UnknownDefinition(LookupError):
    """No definition of that name; the message names the nearest one."""


Defined = TypeVar("Defined", bound=Definition)


def define(name: str) -> Callable[[Defined], Defined]:
    """Registers a definition under an op's name."""

    def register(function: Defined) -> Defined:
        if _registry.get(name, function) is not function:
            raise ValueError(f"definition {name!r} is given twice")
        _registry[name] = function
        return function

    return register


@contextmanager
def defining(name: str, function: Definition) -> Iterator[None]:
    """The definition is registered inside. What is known of a name outlives its definition, so that it must not mean another one later."""
    define(name)(function)
    try:
        yield
    finally:
        del _registry[name]


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def definition(name: str) -> Definition:
    """The definition of that name. Raises UnknownDefinition."""
    _load()
    try:
        return _registry[name]
    except KeyError:
        near = difflib.get_close_matches(name, _registry, n=1)
        raise UnknownDefinition(f"no definition {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")) from None
