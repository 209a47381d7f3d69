"""The tracer of PyTorch: every ATen call of a step, forward and backward, made once more on shadows in binary64.

What has no shadow (random numbers, a call that float64 has not) begins one with its own numbers.
"""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from ulpfuzz.fuzzer.trace.frames import user_place
from ulpfuzz.fuzzer.trace.graph import Foreign, Phase, Place, TracedCall, TracedStep
from ulpfuzz.fuzzer.trace.torch_memory import Shadows, tensors_in

#: Bytes of tensors and shadows of one step that are kept for what is asked of them after it; the oldest go first.
KEPT = 2 << 30
#: Sampled: one step in so many is traced in full. A full step costs up to some 20 times itself (docs/how-to/nan-in-training.md has figures).
SAMPLED = 32
#: Calls that make memory without numbers, or look at a shape only.
_EMPTY = frozenset((
    "empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "resize_", "set_", "_local_scalar_dense", "is_same_size",
    "ones_like", "zeros_like", "full_like", "rand_like", "randn_like", "new_zeros", "new_ones", "new_full",
))  # fmt: skip
#: The node of autograd that hands a gradient to its leaf.
_ACCUMULATES = "torch::autograd::AccumulateGrad"
#: What a gradient scaler calls: it looks for infinities itself, and skips the update where there are some.
_SCALER = "_amp_foreach_non_finite_check_and_unscale_"


@dataclass(frozen=True)
class Again:
    """A call as it was made: what can be made again while its tensors hold what they held (`versions`)."""

    func: Foreign
    args: Foreign
    kwargs: Foreign
    versions: tuple[tuple[Foreign, int], ...]
    #: Address, shape and strides of its one result: who reads the same reads all of it.
    result: tuple[int, tuple[int, ...], tuple[int, ...]] | None

    @property
    def kept(self) -> bool:
        """Whether its tensors still hold what they held."""
        return all(tensor._version == version for tensor, version in self.versions)


@dataclass(frozen=True)
class _Taped:
    """A call that was made without being traced, its result, the bytes of that, and the versions of all tensors when it had been made."""

    heard: Heard
    out: Foreign
    size: int
    versions: tuple[tuple[Foreign, int], ...]

    @property
    def kept(self) -> bool:
        """Whether it wrote nothing, and nobody wrote over what it read and made."""
        return not self.heard.func._schema.is_mutable and all(tensor._version == version for tensor, version in self.versions)


@dataclass(frozen=True)
class Heard:
    """A call as torch dispatched it, and who made it. sequence: autograd's number of the forward call that it is, or is the derivative of."""

    func: Foreign
    args: Foreign
    kwargs: Foreign
    name: str
    place: Place
    phase: Phase
    sequence: int
    #: It hands a gradient to a leaf.
    accumulates: bool


class TorchTracer:
    """Makes the graph of a step while torch runs. ended: what is done with each traced step.

    Of steps that are not traced in full the calls are kept, and made again on shadows where a gradient turns out to be no number; what such a
    step wrote over begins with what it holds in the end.
    """

    def __init__(self, ended: Callable[[TracedStep], None], every: int = 1, kept: int = KEPT) -> None:
        self.torch: ModuleType = importlib.import_module("torch")
        self.ended, self.every, self.limit = ended, every, kept
        self.seeded = self.torch.Tag.nondeterministic_seeded
        self.nodes: Callable[[], Foreign] = self.torch._C._current_autograd_node
        self.sequence: Callable[[], int] = self.torch.autograd._get_sequence_nr
        self.number = 0
        self.traced = 0
        #: Kernels that could not be made again on shadows, and how often; calls that were not kept for a replay.
        self.without_shadow: dict[str, int] = {}
        self.dropped = 0
        self._begin()

    # Steps

    @property
    def full(self) -> bool:
        """Whether this step is traced in full."""
        return (self.number - 1) % self.every == 0

    def _begin(self) -> None:
        """A new step: all that was known is forgotten, and shadows begin with the numbers as they are."""
        self.number += 1
        self.step = TracedStep(self.number)
        self.shadows = Shadows(self.step)
        self.by_sequence: dict[int, TracedCall] = {}
        self.kept: deque[tuple[TracedCall, int, int]] = deque()
        self.tape: deque[_Taped] = deque()
        self.gradients: list[Foreign] = []
        self.updating = False
        self.bytes = 0
        self.heard_any = False

    def end(self) -> None:
        """The step is over. One without a call is none."""
        if not self.heard_any:
            return
        if not self.full:
            self.replay()
        if self.step.calls:
            self.traced += 1
            self.ended(self.step)
        elif self.full:
            self.number -= 1
        self._begin()

    def replay(self) -> None:
        """Traces the calls that were kept, where a gradient, or what was computed last, is no number. Before the optimizer writes over weights."""
        if self.updating:
            return
        ends = self.gradients or list(tensors_in(self.tape[-1].out if self.tape else None, self.torch))
        if any(t.dtype in self.shadows.floats and not bool(self.torch.isfinite(t.detach().sum())) for t in ends):
            tape, self.bytes = self.tape, 0
            for taped in tape:
                self._trace(taped.heard, taped)
            for gradient in self.gradients:
                self.shadows.of(gradient).value.gradient = True
        self.tape, self.gradients, self.updating = deque(), [], True

    # Calls

    def called(self, func: Foreign, args: Foreign, kwargs: Foreign) -> Foreign:
        """One call, made; and traced, or kept."""
        name = func._overloadpacket.__name__
        if name in _EMPTY or func.namespace == "profiler":
            return func(*args, **kwargs)
        if func.is_view:
            if name == "detach":
                self._handed_over(args[0])
            return func(*args, **kwargs)
        self.heard_any = True
        heard = self._heard(func, args, kwargs, name)
        if self.full:
            return self._trace(heard)
        out = func(*args, **kwargs)
        if not self.updating:
            self._tape(heard, out)
        return out

    def _heard(self, func: Foreign, args: Foreign, kwargs: Foreign, name: str) -> Heard:
        node = self.nodes()
        place = user_place(sys._getframe(3))
        if node is None:
            return Heard(func, args, kwargs, name, place, "forward", self.sequence() - 1, False)
        accumulates = node.name() == _ACCUMULATES
        return Heard(func, args, kwargs, name, place, "backward", -1 if accumulates else node._sequence_nr(), accumulates)

    def _handed_over(self, tensor: Foreign) -> None:
        """Notes what becomes the gradient of a leaf."""
        node = self.nodes()
        if node is None or node.name() != _ACCUMULATES or not self.shadows.has(tensor):
            return
        if self.full:
            self.shadows.of(tensor).value.gradient = True
        else:
            self.gradients.append(tensor)

    def _tape(self, heard: Heard, out: Foreign) -> None:
        size = sum(t.numel() * t.element_size() for t in tensors_in(out, self.torch))
        every = tensors_in((heard.args, heard.kwargs, out), self.torch)
        self.tape.append(_Taped(heard, out, size, tuple((t, t._version) for t in every)))
        if heard.accumulates and heard.func._schema.is_mutable:
            self.gradients.append(heard.args[0])
        self.bytes += size
        while self.bytes > self.limit and len(self.tape) > 1:
            self.bytes -= self.tape.popleft().size
            self.dropped += 1

    def _trace(self, heard: Heard, taped: _Taped | None = None) -> Foreign:
        """One call, made (unless it was made already), and made again on its shadows."""
        func, args, kwargs, shadows = heard.func, heard.args, heard.kwargs, self.shadows
        every = list(tensors_in((args, kwargs), self.torch))
        tensors = [t for t in every if shadows.has(t)]
        mutable = func._schema.is_mutable
        if not tensors and not mutable:
            return func(*args, **kwargs) if taped is None else taped.out
        call = self._begun(heard, tensors)
        versions = () if mutable else tuple((t, t._version) for t in every)
        unknown = self.seeded in func.tags or (taped is not None and not taped.kept)
        beside = None if unknown else self._beside(heard)
        out = func(*args, **kwargs) if taped is None else taped.out
        if heard.name == "native_dropout":
            beside = (shadows.view(args[0]) * out[1] / (1 - args[1] if args[1] < 1 else 1), None)
        if mutable:
            self._written(heard, call, lost=beside is None)
        else:
            one = isinstance(out, self.torch.Tensor) and shadows.has(out)
            call.again = Again(func, args, kwargs, versions, (out.data_ptr(), tuple(out.shape), out.stride()) if one else None)
        self._returned(call, out, beside, accumulates=heard.accumulates)
        return out

    def _begun(self, heard: Heard, tensors: list[Foreign]) -> TracedCall:
        inputs = tuple(self.shadows.of(t).value for t in tensors)
        call = self.step.call(f"{heard.func.namespace}.{heard.name}", heard.place, heard.phase, inputs)
        if heard.phase == "forward":
            self.by_sequence.setdefault(heard.sequence, call)
        else:
            call.of = self.by_sequence.get(heard.sequence)
        self.step.skips_infinities |= heard.name == _SCALER
        return call

    def _beside(self, heard: Heard) -> Foreign:
        """The result on the shadows; None where there is none."""
        try:
            with self.torch.no_grad():
                return heard.func(*self.shadows.replaced(heard.args), **self.shadows.replaced(heard.kwargs))
        except (RuntimeError, NotImplementedError, TypeError, ValueError):
            self.without_shadow[heard.name] = self.without_shadow.get(heard.name, 0) + 1
            return None

    # Results

    def _written(self, heard: Heard, call: TracedCall, *, lost: bool) -> None:
        """Values of what a call wrote over."""
        for argument, value in zip(heard.func._schema.arguments, _aligned(heard), strict=True):
            if argument.alias_info is None or not argument.alias_info.is_write:
                continue
            for tensor in tensors_in(value, self.torch):
                if not self.shadows.has(tensor):
                    continue
                if lost:
                    self.shadows.forget(tensor)
                memory = self.shadows.of(tensor)
                memory.value = self.step.value(self.shadows.floats[tensor.dtype], tuple(tensor.shape), call)
                self.shadows.compare(memory.value, tensor, memory)
                memory.value.gradient = heard.accumulates
                self._keep(call, tensor)

    def _returned(self, call: TracedCall, out: Foreign, beside: Foreign, *, accumulates: bool) -> None:
        """Values of new memory."""
        shadows = self.shadows
        made = list(tensors_in(out, self.torch))
        wide = list(tensors_in(beside, self.torch)) if beside is not None else []
        for place, tensor in enumerate(made):
            if not shadows.has(tensor) or tensor.numel() == 0 or shadows.known_of(tensor) is not None:
                continue
            value = self.step.value(shadows.floats[tensor.dtype], tuple(tensor.shape), call)
            shadow = wide[place] if place < len(wide) else None
            fits = shadow is not None and shadow.shape == tensor.shape
            memory = shadows.made(tensor, shadow, value) if fits else shadows.from_outside(tensor, value)
            shadows.compare(value, tensor, memory)
            value.gradient = accumulates
            self._keep(call, tensor)

    def _keep(self, call: TracedCall, tensor: Foreign) -> None:
        """Of the oldest calls beyond the limit neither numbers nor arguments are kept."""
        size = tensor.numel() * (tensor.element_size() + 8)
        self.kept.append((call, tensor.untyped_storage().data_ptr(), size))
        self.bytes += size
        while self.bytes > self.limit and len(self.kept) > 1:
            old, address, freed = self.kept.popleft()
            self.bytes -= freed
            old.again = None
            for value in old.outputs:
                value.numbers = _gone
            self.shadows.known.pop(address, None)


def _gone() -> None:
    return None


def _aligned(heard: Heard) -> list[Foreign]:
    """The arguments in the order of the schema."""
    arguments = heard.func._schema.arguments
    return [heard.args[i] if i < len(heard.args) else heard.kwargs.get(a.name) for i, a in enumerate(arguments)]
