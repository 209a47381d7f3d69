"""The shadow of memory: each storage of torch has one array of float64 numbers, and a view of the storage is the same view of its shadow, so that
views and writes in place need no rule of their own."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from ulpfuzz.fuzzer.trace.graph import Foreign, Numbers, TracedStep, Value, Wide

#: Floating formats that are traced, by torch's names.
TRACED = ("float16", "bfloat16", "float32", "float64")


@dataclass
class Memory:
    """The shadow of one storage, float64, flat; the size of its own items in bytes; the value that was written last."""

    flat: Foreign
    itemsize: int
    value: Value
    #: Keeps the storage, so that its address is nobody else's.
    storage: Foreign


class Shadows:
    """The shadows of one step, by the address of the storage."""

    def __init__(self, step: TracedStep) -> None:
        self.torch: ModuleType = importlib.import_module("torch")
        self.step = step
        self.double, self.strided = self.torch.float64, self.torch.strided
        self.floats = {getattr(self.torch, name): name for name in TRACED}
        self.known: dict[int, Memory] = {}

    def has(self, tensor: Foreign) -> bool:
        """Whether a tensor is one of those that have shadows."""
        return tensor.dtype in self.floats and tensor.layout is self.strided and tensor.device.type != "meta"

    def known_of(self, tensor: Foreign) -> Memory | None:
        """What is known of a tensor's storage, if anything is."""
        known = self.known.get(tensor.untyped_storage().data_ptr())
        return known if known is not None and known.itemsize == tensor.element_size() else None

    def of(self, tensor: Foreign) -> Memory:
        """What is known of it; a storage that was not seen before begins with its own numbers."""
        return self.known_of(tensor) or self.from_outside(tensor, self.step.value(self.floats[tensor.dtype], tuple(tensor.shape)))

    def from_outside(self, tensor: Foreign, value: Value) -> Memory:
        """A storage as it is, for a value that nobody traced made."""
        storage = tensor.untyped_storage()
        whole = self.torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(storage)
        flat = whole.double()
        memory = Memory(flat.clone() if flat.data_ptr() == storage.data_ptr() else flat, tensor.element_size(), value, storage)
        if not bool(self.torch.isfinite(whole.sum())):
            value.nans = int(self.torch.isnan(tensor.detach()).sum())
        value.numbers = self.numbers(tensor.detach(), memory)
        self.known[storage.data_ptr()] = memory
        return memory

    def view(self, tensor: Foreign, memory: Memory | None = None) -> Foreign:
        """The shadow of a tensor."""
        memory = memory or self.of(tensor)
        return memory.flat.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())

    def made(self, tensor: Foreign, shadow: Foreign, value: Value) -> Memory:
        """New memory with its shadow."""
        storage = tensor.untyped_storage()
        memory = Memory(self._flat(tensor, shadow, storage), tensor.element_size(), value, storage)
        self.known[storage.data_ptr()] = memory
        return memory

    def forget(self, tensor: Foreign) -> None:
        """Its storage begins anew."""
        self.known.pop(tensor.untyped_storage().data_ptr(), None)

    def _flat(self, tensor: Foreign, shadow: Foreign, storage: Foreign) -> Foreign:
        """The shadow of the whole storage, of which the tensor may be a part."""
        size = storage.nbytes() // tensor.element_size()
        whole = size == tensor.numel() == shadow.untyped_storage().nbytes() // 8
        if whole and shadow.dtype == self.double and shadow.stride() == tensor.stride():
            return shadow.as_strided((size,), (1,), 0)
        flat = self.torch.zeros(size, dtype=self.double, device=tensor.device)
        flat.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset()).copy_(shadow)
        return flat

    def replaced(self, value: Foreign) -> Foreign:
        """Arguments with shadows for tensors, and float64 for floating dtypes."""
        torch = self.torch
        if isinstance(value, torch.Tensor):
            return self.view(value) if self.has(value) else value
        if isinstance(value, (list, tuple)):
            return type(value)(self.replaced(v) for v in value)
        if isinstance(value, dict):
            return {k: self.replaced(v) for k, v in value.items()}
        return self.double if isinstance(value, torch.dtype) and value in self.floats else value

    def compare(self, value: Value, tensor: Foreign, memory: Memory) -> None:
        """Writes down how far a value is from its shadow, and how its numbers can be had later."""
        torch, plain = self.torch, tensor.detach()
        value.numbers = self.numbers(plain, memory)
        if not tensor.numel():
            return
        shadow, wide = self.view(plain, memory), plain.double()
        apart, scale = float((wide - shadow).abs_().amax()), float(shadow.abs().amax())
        if apart != apart or apart == float("inf") or scale == float("inf"):
            value.nans = int(torch.isnan(plain).sum())
            value.infinities = int((torch.isinf(plain) & (wide != shadow)).sum())
            usual = torch.isfinite(wide) & torch.isfinite(shadow)
            apart = float(((wide - shadow).abs_()).where(usual, 0.0).amax())
            scale = float(shadow.abs().where(usual, 0.0).amax())
        value.error = float("nan") if value.bad else apart / scale if scale else float(apart > 0)

    def numbers(self, plain: Foreign, memory: Memory) -> Numbers:
        """The value's numbers and their shadows, while neither was written over."""
        size, stride, offset = plain.size(), plain.stride(), plain.storage_offset()
        version, flat, own = plain._version, memory.flat, memory.flat._version

        def numbers() -> tuple[Wide, Wide] | None:
            if plain._version != version or flat._version != own:
                return None
            return plain.double().cpu().numpy(), flat.as_strided(size, stride, offset).cpu().numpy()

        return numbers


def tensors_in(value: Foreign, torch: ModuleType) -> Iterator[Foreign]:
    """The tensors of arguments or results, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item, torch)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item, torch)
