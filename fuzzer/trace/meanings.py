"""Meanings: the catalogue's calls of a framework, from which is derived what its kernels and primitives compute, and what to run each on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np

from ulpfuzz.fuzzer.catalog.everyday import everyday_lengths
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.frameworks.backends.expression import function_of
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.inputs.everyday import sample
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign
from ulpfuzz.fuzzer.trace.single import Meaning

#: Rows of a call: no size of any axis is the same.
ROWS = 3


class _HasMeaning(Protocol):
    @property
    def meaning(self) -> Meaning: ...

    @property
    def slots(self) -> tuple[Any, ...]: ...

    @property
    def constants(self) -> Mapping[str, Any]: ...


Known = TypeVar("Known", bound=_HasMeaning)


def meanings_of(op: Op, framework: str, order: str) -> Iterator[Meaning]:
    """The calls of a framework that claim to compute an op at that order."""
    for implementation in op.of(framework):
        for params in op.param_sets():
            if implementation.supports("float32", order, params):
                yield Meaning(op, implementation, dict(params), order)


def inputs_of(op: Op, rng: np.random.Generator) -> dict[str, Bits]:
    """Arrays to run it on."""
    batch = sample(op, "float32", rng, ROWS, everyday_lengths(op)[0])
    assert batch is not None
    return {name: np.ascontiguousarray(batch.inputs[name]) for name in (i.name for i in op.inputs)}


def expression_of(meaning: Meaning, modules: Mapping[str, Any]) -> Callable[..., Any]:
    """The call as a function of the inputs."""
    return function_of(Call(meaning.op, meaning.implementation, meaning.params), modules, _NoParts())


def distinct(known: Iterable[Known]) -> tuple[Known, ...]:
    """Each meaning once, as the call whose framework's page says something of it, if there is one: that holds of the kernel."""
    found: dict[str, Known] = {}
    for one in known:
        meaning = one.meaning
        key = f"{meaning.op.name} {meaning.params} {one.slots} {one.constants}"
        if key not in found or meaning.implementation.documented:
            found[key] = one
    return tuple(found.values())


class _NoParts:
    """Complex numbers have no kernels here."""

    def joined(self, pairs: Foreign) -> Foreign:
        return pairs

    def split(self, result: Foreign) -> Foreign:
        return result
