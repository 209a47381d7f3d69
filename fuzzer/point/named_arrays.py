"""Named arrays: which of the arrays of a file are the inputs of an op, and which its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ulpfuzz.fuzzer.case import DIRECTIONS
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.point.array_files import Arrays


def inputs_among(op: Op, order: str, arrays: Arrays) -> tuple[dict[str, Any], list[str]]:
    """The arrays that are inputs of the op at that order, by name, and the names of those that are none.

    A file that names its arrays holds them by the names of the inputs, or but one array for an op of one input; one that names none holds
    them in the order of the inputs. Raises UserError, which says how to name them.
    """
    names = [i.name for i in op.inputs]
    directions = () if order == "value" else DIRECTIONS
    held = list(arrays.arrays.values())
    if not arrays.named and len(held) == len(names):
        return dict(zip(names, held, strict=True)), []
    if arrays.named and set(names) <= set(arrays.arrays):
        found = {name: array for name, array in arrays.arrays.items() if name in (*names, *directions)}
        others = [name for name in arrays.arrays if name not in found]
        if arrays.chosen and others:
            raise UnknownName(f"input of {op.name}", others[0], [*names, *directions])
        return found, others
    if len(held) == len(names) == 1:
        return {names[0]: held[0]}, []
    holds = f"{arrays.source} holds {_listed(arrays.arrays) if arrays.named else _unnamed(len(held))}"
    example = ",".join(f"{name}=@FILE{':KEY' if arrays.named else ''}" for name in names)
    raise UserError(f"{holds}; {op.name} takes {_listed(names)}: --inputs {example} says which is which")


def answers_among(names: Sequence[str], arrays: Arrays) -> Any:
    """The answers that a file holds: its one array, or arrays by the names of inputs that derivatives are taken by. Raises UserError."""
    named = {name: array for name, array in arrays.arrays.items() if name in names}
    if arrays.named and named:
        return named
    held = list(arrays.arrays.values())
    if not arrays.named and names and len(held) == len(names):
        return dict(zip(names, held, strict=True))
    if len(held) == 1:
        return held[0]
    holds = _listed(arrays.arrays) if arrays.named else _unnamed(len(held))
    wanted = f"arrays named {_listed(names)}, or one" if names else "one array"
    raise UserError(f"{arrays.source} holds {holds}; the answers are {wanted}: --answers FILE:KEY says which")


def array_named(arrays: Arrays, key: str) -> Any:
    """One array of a file. Raises UnknownName, with the nearest."""
    if key not in arrays.arrays:
        raise UnknownName(f"array of {arrays.source}", key, arrays.arrays)
    return arrays.arrays[key]


def merged(source: str, parts: Mapping[str, Any]) -> Arrays:
    """Arrays of several files, by the names that were given to them."""
    return Arrays(source, dict(parts), chosen=True)


def _listed(names: Iterable[str]) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "") or "no array"


def _unnamed(count: int) -> str:
    return "one array without a name" if count == 1 else f"{count} arrays without names"
