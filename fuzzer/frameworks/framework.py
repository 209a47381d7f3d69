"""Framework: the interface that a backend writes. Bits in, bits out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from fuzzer.case import Batch, Placement
from fuzzer.catalog.op import Implementation, Op


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
class Job:
    """What is computed: one implementation of an op with its params, at an order."""

    op: Op
    implementation: Implementation
    params: Mapping[str, Any]
    order: str = "value"


class Framework(Protocol):
    """One framework on one device in one mode, in this process or in a host."""

    name: str

    @property
    def version(self) -> str:
        """The framework's."""

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """None: any batch length is cheap. Otherwise the closed list of lengths worth compiling for (jax)."""

    @property
    def compile_seconds(self) -> float:
        """Seconds spent on compiling since it was started; a part of the time of the calls."""

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        """The outputs of every row, of the batch's dtype, shape (rows, outputs), C order. Raises FrameworkError.

        grad: the gradients of the differentiable inputs in order, flattened and concatenated. jvp: the tangent of the result; of an
        elementwise op that of a unit tangent of each differentiable input in turn. grad2: the gradient of the inner product of grad and
        TANGENT, laid out as grad; of an elementwise op, for each differentiable input in turn, the gradient of its derivative.
        """

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        """Like evaluate for a batch of one row, placed: the row stands `placement.length` times in the call, strided;
        returns all of them, shape (length, outputs)."""
