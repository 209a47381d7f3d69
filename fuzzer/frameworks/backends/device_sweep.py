"""DeviceSweep: a call of one number whose inputs are made and whose answers stay where the target computes, by the bits of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.frameworks.backends.expression import framework_errors
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError

if TYPE_CHECKING:  # known by name only: mypy does not read the frameworks' sources
    from torch import Tensor
    from torch import device as Device


@dataclass(frozen=True)
class DeviceSweep:
    """torch: the module; device: of its tensors; function: of the one input."""

    torch: ModuleType
    device: Device
    function: Callable[..., Tensor]

    def inputs(self, first: int, count: int) -> Tensor:
        """The binary32 numbers with the bit patterns `first` to `first + count`, a tensor."""
        numbers = self.torch.arange(first, first + count, dtype=self.torch.int64, device=self.device)
        return numbers.to(self.torch.int32).view(self.torch.float32)

    def answers(self, inputs: Tensor) -> Tensor:
        """What the call gives for these inputs, a tensor of the same shape and dtype. Raises FrameworkError."""
        with framework_errors(), self.torch.no_grad():
            answers = self.function(inputs)
            if answers.shape != inputs.shape or answers.dtype != inputs.dtype:
                raise FrameworkError(f"ShapeMismatch: returned {answers.dtype} {tuple(answers.shape)}")
            return answers
