"""The tracer of frameworks whose arrays do not change: each array is known by its identity, beside a shadow in binary64."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ulpfuzz.fuzzer.trace.graph import Foreign, Phase, Place, TracedCall, TracedStep, Value, Wide

#: Bytes of arrays and shadows that are kept for what is asked of them after the step; the oldest go first.
KEPT = 1 << 30
#: Calls after which a step ends by itself, where nobody says that it has ended.
LONGEST = 5000
#: Calls of one line and primitive in a step that are made again on shadows; of more, as in the body of a loop, one in EVERY, and each that
#: makes a NaN or an infinity.
REPEATED, EVERY = 64, 16
#: Sampled: one step in so many is traced in full; of the others only calls that make a NaN or an infinity.
SAMPLED = 32


class Arrays(Protocol):
    """What a framework's arrays are."""

    def is_traced(self, array: Foreign) -> bool:
        """Whether it is an array of floating numbers."""

    def dtype(self, array: Foreign) -> str:
        """By ulpfuzz's names."""

    def wide(self, array: Foreign) -> Wide:
        """Its numbers in binary64."""


@dataclass(frozen=True)
class Heard:
    """A call as the framework made it. again: (inputs in binary64, the others as they are) -> outputs in binary64, None of others; None where it
    cannot be made again. params: what it takes beside its inputs."""

    kernel: str
    inputs: Sequence[Foreign]
    outputs: Sequence[Foreign]
    place: Place
    phase: Phase
    again: Callable[[Sequence[Foreign]], Sequence[Foreign] | None] | None
    params: Foreign = None
    #: Of a backward call: `place` is the line of the forward call that it derives.
    derived: bool = False
    #: It hands its first input on as it is: no call.
    same: bool = False


@dataclass(frozen=True)
class Again:
    """A call with its arrays: what can be made again. values: of its inputs, by their identity."""

    heard: Heard
    values: Mapping[int, Value]

    def maker(self, array: Foreign) -> TracedCall | None:
        """The call whose one result an input is; None where there is none."""
        value = self.values.get(id(array))
        made = None if value is None else value.call
        return made if made is not None and len(made.outputs) == 1 else None


@dataclass
class _Known:
    array: Foreign
    shadow: Wide
    value: Value


class ArrayTracer:
    """Makes the graph of a step while a framework runs. ended: what is done with each step."""

    def __init__(self, ended: Callable[[TracedStep], None], arrays: Arrays, every: int = 1, kept: int = KEPT) -> None:
        self.ended, self.arrays, self.every, self.limit = ended, arrays, every, kept
        self.number = self.traced = 0
        self.without_shadow: dict[str, int] = {}
        self._begin()

    def _begin(self) -> None:
        self.number += 1
        self.step = TracedStep(self.number)
        self.known: OrderedDict[int, _Known] = OrderedDict()
        self.sites: Counter[tuple[str, Place]] = Counter()
        self.bytes = 0

    def end(self) -> None:
        """The step is over. One without a call is none."""
        if self.step.calls:
            self.traced += 1
            self.ended(self.step)
        elif not self.sites:
            return
        self._begin()

    @property
    def full(self) -> bool:
        """Whether this step is traced in full."""
        return (self.number - 1) % self.every == 0

    def called(self, heard: Heard) -> TracedCall | None:
        """One call that was made; as it stands in the step, where it is looked at."""
        made = [o for o in heard.outputs if self.arrays.is_traced(o)]
        if not made or not any(self.arrays.is_traced(i) for i in heard.inputs):
            return None  # what is made of no numbers comes from outside: chance, constants, memory
        if heard.same and str(getattr(heard.inputs[0], "dtype", "")) == str(getattr(made[0], "dtype", "")):
            self._alias(heard.inputs[0], made[0])
            return None
        site = (heard.kernel, heard.place)
        self.sites[site] += 1
        numbers = [self.arrays.wide(o) for o in made]
        if not self._is_looked_at(self.sites[site]) and all(np.isfinite(n).all() for n in numbers):
            return None
        inputs = [self._of(i) for i in heard.inputs if self.arrays.is_traced(i)]
        call = self.step.call(heard.kernel, heard.place, heard.phase, tuple(k.value for k in inputs))
        values = {id(i): self._of(i).value for i in heard.inputs if self.arrays.is_traced(i)}
        call.again, call.derived = Again(heard, values), heard.derived
        shadows = self._shadows(heard)
        for array, own in zip(made, numbers, strict=True):
            value = self.step.value(self.arrays.dtype(array), own.shape, call)
            shadow = shadows.get(id(array))
            self._know(array, own if shadow is None or shadow.shape != own.shape else shadow, value)
            compare(value, own, self.known[id(array)].shadow)
        if len(self.step.calls) >= LONGEST:
            self.end()
        return call

    def _alias(self, array: Foreign, other: Foreign) -> None:
        known = self._of(array)
        self._know(other, known.shadow, known.value)

    def _is_looked_at(self, times: int) -> bool:
        return self.full and (times <= REPEATED or times % EVERY == 0)

    def _of(self, array: Foreign) -> _Known:
        known = self.known.get(id(array))
        if known is None:
            own = self.arrays.wide(array)
            value = self.step.value(self.arrays.dtype(array), own.shape)
            value.nans = int(np.isnan(own).sum())
            self._know(array, own, value)
            value.numbers = lambda: (own, own)
            known = self.known[id(array)]
        return known

    def _know(self, array: Foreign, shadow: Wide, value: Value) -> None:
        self.known[id(array)] = _Known(array, shadow, value)
        self.bytes += 3 * shadow.nbytes
        while self.bytes > self.limit and len(self.known) > 1:
            _, old = self.known.popitem(last=False)
            self.bytes -= 3 * old.shadow.nbytes
            old.value.numbers = _gone
            if old.value.call is not None:
                old.value.call.again = None

    def _shadows(self, heard: Heard) -> dict[int, Wide]:
        """By the identity of the output its shadow; empty where there is none."""
        if heard.again is None:
            return {}
        wide = [self._of(i).shadow if self.arrays.is_traced(i) else i for i in heard.inputs]
        outputs = heard.again(wide)
        if outputs is None:
            self.without_shadow[heard.kernel] = self.without_shadow.get(heard.kernel, 0) + 1
            return {}
        pairs = zip(heard.outputs, outputs, strict=False)
        return {id(o): np.asarray(s, np.float64) for o, s in pairs if s is not None and self.arrays.is_traced(o)}


def compare(value: Value, own: Wide, shadow: Wide) -> None:
    """Writes down how far a value is from its shadow, and its numbers."""
    value.numbers = lambda: (own, shadow)
    if not own.size:
        return
    with np.errstate(all="ignore"):
        usual = np.isfinite(own) & np.isfinite(shadow)
        if not usual.all():
            value.nans = int(np.isnan(own).sum())
            value.infinities = int((np.isinf(own) & (own != shadow)).sum())
        apart = float(np.where(usual, np.abs(own - shadow), 0.0).max())
        scale = float(np.where(usual, np.abs(shadow), 0.0).max())
    value.error = float("nan") if value.bad else apart / scale if scale else float(apart > 0)


def _gone() -> None:
    return None
