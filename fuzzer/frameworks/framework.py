"""Framework: the interface that a backend writes. Bits in, bits out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from ulpfuzz.fuzzer.case import Batch, Params, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.formats import Floats

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from torch import Tensor
    from torch import device as Device

P = ParamSpec("P")
T = TypeVar("T")


class FrameworkError(Exception):
    """The framework raised; the message is its own first line."""


class FrameworkDied(FrameworkError):
    """The process that the framework runs in ended, or was ended because it did not answer. symptom: crash or hang."""

    def __init__(self, message: str, symptom: str) -> None:
        super().__init__(message)
        self.symptom = symptom

    def __reduce__(self) -> tuple[type[FrameworkDied], tuple[str, str]]:
        return FrameworkDied, (str(self), self.symptom)  # by default pickle hands on the message alone


#: How frameworks say that memory ran out: Python and numpy; torch on the CPU and on CUDA; TensorFlow, and XLA.
_NO_MEMORY = re.compile(
    r"^_?(Array)?MemoryError\b|can't allocate memory|CUDA out of memory|^ResourceExhaustedError\b|RESOURCE_EXHAUSTED"
)


def out_of_memory(message: str) -> bool:
    """Whether a framework's message says that memory ran out."""
    return _NO_MEMORY.search(message) is not None


@dataclass(frozen=True)
class Call:
    """What is computed: one implementation of an op with its params, at an order."""

    op: Op
    implementation: Implementation
    params: Params
    order: str = "value"


class DeviceSweep(Protocol):
    """A call of one number whose inputs are made, and whose answers stay, where the target computes."""

    @property
    def torch(self) -> ModuleType:
        """The module whose tensors these are."""

    @property
    def device(self) -> Device:
        """The device of its tensors."""

    def inputs(self, first: int, count: int) -> Tensor:
        """The binary32 numbers with the bit patterns `first` to `first + count`, a tensor."""

    def answers(self, inputs: Tensor) -> Tensor:
        """What the call gives for these inputs, a tensor of the same shape and dtype. Raises FrameworkError."""


class Framework(Protocol):
    """One framework on one device in one mode, in this process (in_process.InProcess) or in one of its own (host.Hosted).

    `start` comes before the first call and may come before any; the owner of a framework calls `end` where its memory is needed. Between them
    only the members of this list are used, whatever else a framework has.
    """

    @property
    def name(self) -> str:
        """The name that implementations use for it."""

    @property
    def version(self) -> str:
        """The framework's version."""

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """None: any batch length is cheap. Otherwise the closed list of lengths worth compiling for (jax)."""

    @property
    def compile_seconds(self) -> float:
        """Seconds spent on compiling since it was made; a part of the time of the calls. 0 where nothing is counted."""

    @property
    def switches(self) -> Mapping[str, object]:
        """What it says of its settings, and the target's switches as they were read back."""

    @property
    def in_own_process(self) -> bool:
        """Whether its calls run in a process of their own, which is watched there and may die without this one."""

    def start(self) -> None:
        """Makes it ready: starts its process, if it has one and unless it runs. Raises FrameworkError."""

    def end(self) -> None:
        """Gives back its process, if it has one; the next use starts another."""

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        """The outputs of every row, of the batch's dtype, shape (rows, outputs), C order. Raises FrameworkError.

        grad: the gradients of the differentiable inputs in order, flattened and concatenated. jvp: the tangent of the result; of an
        elementwise op that of a unit tangent of each differentiable input in turn. grad2: the gradient of the inner product of grad and
        TANGENT, laid out as grad; of an elementwise op, for each differentiable input in turn, the gradient of its derivative.
        """

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Floats:
        """Like evaluate for a batch of one row, placed: the row stands `placement.length` times in the call, strided;
        returns all of them, shape (length, outputs)."""

    def device_sweep(self, call: Call) -> DeviceSweep | None:
        """The call's value on its own device, without a copy to and fro; None where that does not pay, and in a process of its own (see apply)."""

    def apply(
        self, function: Callable[Concatenate[Framework, Call, P], T], call: Call, *arguments: P.args, **named: P.kwargs
    ) -> T | None:
        """`function(framework, call, *arguments)` in the process that the framework runs in. For one of its own: a function of a module, whose
        arguments and result are plain data; None where that is another interpreter, which has this project's modules only in part. Raises
        FrameworkError."""
