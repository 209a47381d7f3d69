"""Frameworks with planted defects: numpy underneath, faults told by length, so that no installed framework matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.frameworks.targets import target as targets

#: (right answers of shape (rows, outputs), batch) -> what the framework answers.
Fault = Callable[[NDArray[Any], Batch], NDArray[Any]]


class Planted(InProcess):
    """Answers like numpy in binary64, rounded once, then spoiled by a fault. Stands in for torch: the catalogue has its calls."""

    name = "torch"
    version = "0.planted"
    orders = ("value",)

    def __init__(self, truth: Callable[..., NDArray[Any]], fault: Fault) -> None:
        self.truth, self.fault = truth, fault

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            if set(batch.inputs) != {i.name for i in call.op.inputs}:  # the multiplication that measures the flush policy
                raise FrameworkError("ValueError: unexpected inputs")
            truth = self.product if call.op.name == "multiply" else self.truth
            right = np.asarray(truth(*batch.exact().values())).reshape(batch.rows, -1).astype(batch.format.dtype)
            return right if call.op.name == "multiply" else self.fault(right, batch)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, batch.repeat(placement.length))

    @staticmethod
    def product(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return x * y


@contextmanager
def planted(truth: Callable[..., NDArray[Any]], fault: Fault = lambda right, batch: right) -> Iterator[None]:
    """torch is the planted framework inside the block."""
    targets.register("torch", lambda: Planted(truth, fault))
    try:
        yield
    finally:
        targets.unregister("torch")
