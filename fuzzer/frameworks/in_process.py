"""InProcess: the base class that backends and plugins' frameworks inherit. They write what computes; the rest has a default here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.framework import Call, DeviceSweep, Framework

P = ParamSpec("P")
T = TypeVar("T")


class InProcess(ABC):
    """Implements Framework in the process that made it. See there for each member.

    A framework of one's own sets `name` and `version` and writes `evaluate` and `evaluate_placed`:

        class Mine(InProcess):
            name, version = "mine", "1.0"

            def evaluate(self, call, batch): ...
            def evaluate_placed(self, call, batch, placement): ...

    One that compiles says so in `lengths`, and counts `compile_seconds`: a property, or an attribute of the class to begin with. `orders`, of the
    class or of another factory, are those that it can compute. Nothing is to be written for `start` and `end`: in this process a framework is ready
    when it is made, and lives as long.
    """

    name: str
    version: str
    orders: tuple[str, ...] = ("value", "grad")
    lengths: tuple[int, ...] | None = None
    switches: Mapping[str, object] = {}
    in_own_process = False

    @property
    def compile_seconds(self) -> float:
        return 0.0

    def start(self) -> None:
        return None

    def end(self) -> None:
        return None

    @abstractmethod
    def evaluate(self, call: Call, batch: Batch) -> Floats: ...

    @abstractmethod
    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats: ...

    def device_sweep(self, call: Call) -> DeviceSweep | None:
        return None

    def apply(
        self, function: Callable[Concatenate[Framework, Call, P], T], call: Call, *arguments: P.args, **named: P.kwargs
    ) -> T | None:
        return function(self, call, *arguments, **named)


#: What a framework must have to be taken as it is.
_MEMBERS = frozenset(name for name in vars(Framework) if not name.startswith("_"))


def adopted(made: Any) -> Framework:
    """What a factory made, as a Framework. A plugin that was written before there was InProcess need not have every member."""
    framework: Framework = made if set(dir(made)) >= _MEMBERS else _Older(made)
    return framework


class _Older(InProcess):
    """A plugin's framework that does not inherit InProcess: `name`, `evaluate`, `evaluate_placed` and what else it has are its own."""

    def __init__(self, made: Any) -> None:
        has = set(dir(made))
        self._made, self._counts = made, "compile_seconds" in has
        self.name = made.name
        self.version = made.version if "version" in has else "unknown"
        self.lengths = made.lengths if "lengths" in has else None
        self.switches = made.switches if "switches" in has else {}

    @property
    def compile_seconds(self) -> float:
        return float(self._made.compile_seconds) if self._counts else 0.0

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        answers: Floats = self._made.evaluate(call, batch)
        return answers

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        answers: Floats = self._made.evaluate_placed(call, batch, placement)
        return answers
