"""Graph: the primitive calls of one traced step and the values between them, each value beside its shadow in binary64.

A value is what one call wrote into memory. Calls that only move numbers (views) are none: who reads a view reads the value below.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.frameworks.listening import Foreign

__all__ = [
    "Bits",
    "Foreign",
    "FunctionCall",
    "Numbers",
    "Phase",
    "Place",
    "TracedCall",
    "TracedStep",
    "Value",
    "Wide",
    "reaching",
]
#: Numbers in a framework's own format.
Bits: TypeAlias = NDArray[Any]
Wide: TypeAlias = NDArray[np.float64]
#: The call's own numbers and their shadow, both exact in binary64; None where they are kept no more.
Numbers = Callable[[], tuple[Wide, Wide] | None]
Phase = Literal["forward", "backward"]
#: Calls of functions that are kept of a step.
FUNCTIONS = 512


@dataclass(frozen=True)
class Place:
    """A line of the user's source; line 0: not known."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else "?"


@dataclass(eq=False)
class Value:
    """What a call wrote, or what came from outside (call None)."""

    number: int
    dtype: str
    shape: tuple[int, ...]
    call: TracedCall | None = None
    #: NaNs; infinities that the shadow has not.
    nans: int = 0
    infinities: int = 0
    #: max |value - shadow| over the largest |shadow|, nan where a number is none: the error normwise.
    error: float = 0.0
    numbers: Numbers = field(default=lambda: None, repr=False)
    #: Calls that read it.
    read_by: list[TracedCall] = field(default_factory=list, repr=False)
    #: It is the gradient of a leaf, which a step is made for.
    gradient: bool = False

    @property
    def bad(self) -> bool:
        """Whether it holds a NaN, or an infinity that exact arithmetic has not."""
        return bool(self.nans or self.infinities)

    @property
    def kind(self) -> str:
        """What is bad, in one word."""
        return "NaN" if self.nans else "infinity" if self.infinities else ""


@dataclass(eq=False)
class TracedCall:
    """One primitive call. arguments: as it was called, tensors as values where they are values."""

    number: int
    #: As the framework calls the primitive: aten._softmax, log, MatMul.
    kernel: str
    place: Place
    phase: Phase
    inputs: tuple[Value, ...]
    outputs: list[Value] = field(default_factory=list)
    #: The forward call whose derivative this is part of; `derived`: it is not known, but `place` is its line.
    of: TracedCall | None = None
    derived: bool = False
    #: What the framework's tracer needs to make the call again; None where it is kept no more.
    again: Foreign = field(default=None, repr=False)

    @property
    def nans(self) -> int:
        return sum(v.nans for v in self.outputs)

    @property
    def bad(self) -> bool:
        return any(v.bad for v in self.outputs)

    @property
    def where(self) -> str:
        """The user's line; of a backward call that of the forward call it belongs to."""
        if self.phase == "backward" and self.of is not None:
            return f"backward of {self.of.place}"
        if self.phase == "backward":
            return f"backward {'of' if self.derived else 'at'} {self.place}"
        return str(self.place)

    @property
    def site(self) -> tuple[str, str, str]:
        """Calls of one site are reported once."""
        return self.kernel, self.where, self.outputs[0].dtype if self.outputs else ""


@dataclass(eq=False)
class FunctionCall:
    """One call of a function of the framework, by its name, and the primitive calls that it made: no call of its own in the graph."""

    name: str
    place: Place
    phase: Phase
    calls: list[TracedCall]
    #: What the framework's tracer needs to make the call again.
    again: Foreign = field(repr=False)


@dataclass
class TracedStep:
    """One step. number: counted from 1."""

    number: int
    calls: list[TracedCall] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    #: Calls of functions that make several primitive calls, the latest of them.
    functions: deque[FunctionCall] = field(default_factory=lambda: deque(maxlen=FUNCTIONS))
    #: What looks at infinities itself and skips the update, as a gradient scaler does.
    skips_infinities: bool = False

    def value(self, dtype: str, shape: tuple[int, ...], call: TracedCall | None = None) -> Value:
        made = Value(len(self.values), dtype, shape, call)
        self.values.append(made)
        if call is not None:
            call.outputs.append(made)
        return made

    def call(self, kernel: str, place: Place, phase: Phase, inputs: tuple[Value, ...]) -> TracedCall:
        made = TracedCall(len(self.calls), kernel, place, phase, inputs)
        self.calls.append(made)
        for value in dict.fromkeys(v.number for v in inputs):
            self.values[value].read_by.append(made)
        return made

    def ends(self) -> list[Value]:
        """What a step is for: gradients of leaves, and what no call makes numbers of, as a loss or an updated weight."""
        return [v for v in self.values if v.gradient or (v.call is not None and not any(c.outputs for c in v.read_by))]


def reaching(ends: list[Value]) -> Iterator[TracedCall]:
    """The bad calls from which badness reaches one of the ends, through values that are bad themselves; each once."""
    seen: set[int] = set()
    stack = [v for v in ends if v.bad]
    while stack:
        value = stack.pop()
        if value.call is None or value.call.number in seen:
            continue
        seen.add(value.call.number)
        yield value.call
        stack.extend(v for v in value.call.inputs if v.bad)
