"""What only torch can do of the analysis: make a call again, wider or in binary64, and hand its rows to the judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.trace.compositions import Mask, lost_elements
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign, FunctionCall, TracedCall
from ulpfuzz.fuzzer.trace.harvest import sampled
from ulpfuzz.fuzzer.trace.result import Tried
from ulpfuzz.fuzzer.trace.single import Meaning, Single, judged_single
from ulpfuzz.fuzzer.trace.torch_backward import catalogue_backward
from ulpfuzz.fuzzer.trace.torch_expressions import TorchComposer
from ulpfuzz.fuzzer.trace.torch_kernels import catalogue_kernels
from ulpfuzz.fuzzer.trace.torch_memory import TRACED
from ulpfuzz.fuzzer.trace.torch_tracer import Again

#: The next wider format.
WIDER = {"float16": "float32", "bfloat16": "float32", "float32": "float64"}


class TorchExaminer(TorchComposer):
    """Implements analyst.Examiner."""

    def single(self, call: TracedCall) -> Single | None:
        """See analyst.Examiner. Of a backward pass its own kernels: what it calls besides multiplies and adds, and would cost as much to look at."""
        again: Again | None = call.again
        if again is None or not again.kept or (call.phase == "backward" and "backward" not in call.kernel):
            return None
        numbers = call.outputs[0].numbers()
        exact = self._again(again, "float64")
        if numbers is None or exact is None or tuple(exact.shape) != numbers[0].shape:
            return None
        fmt = format_named(call.outputs[0].dtype)
        own, wide = fmt.round(numbers[0]), exact.double().cpu().numpy()
        lost = lost_elements(own, wide, fmt)
        if not lost.any():
            return None
        for meaning, given in self._meanings(call, again):
            if (found := self._judged(meaning, given, own, lost)) is not None:
                return found
        return None

    def _meanings(self, call: TracedCall, again: Again) -> Iterator[tuple[Meaning, tuple[dict[str, Any], int | None]]]:
        """What a call is in the catalogue, with its tensors by input, and its axis."""
        if call.phase == "backward":
            for backward in catalogue_backward().get(str(again.func), ()):
                if (given := backward.batch(again, call.of.again if call.of is not None else None)) is not None:
                    yield backward.meaning, given
            return
        for kernel in catalogue_kernels().get(str(again.func), ()):
            if (given := kernel.batch(again.func, again.args, again.kwargs)) is not None:
                yield kernel.meaning, given

    def _judged(self, meaning: Meaning, given: tuple[dict[str, Any], int | None], own: Bits, lost: Mask) -> Single | None:
        tensors, axis = given
        if any(_is_rounded(t, own.dtype) for t in tensors.values()):
            return None  # a number of the program's text that the format has not: the call saw another one
        arrays = {n: self.array(t) if isinstance(t, self.torch.Tensor) else np.asarray(t, own.dtype) for n, t in tensors.items()}
        return judged_single(meaning, arrays, axis, own, lost)

    def function(self, made: FunctionCall) -> Single | None:
        """See analyst.Examiner: torch's own functions are kernels, and none is noted."""
        return None

    def inputs(self, call: TracedCall) -> tuple[str, dict[str, Bits], dict[str, tuple[int, ...]]] | None:
        """See harvest.Inputs."""
        again: Again | None = call.again
        if again is None or not again.kept:
            return None
        for kernel in catalogue_kernels().get(str(again.func), ()):
            if (given := kernel.batch(again.func, again.args, again.kwargs)) is not None:
                return kernel.meaning.op.name, *self._looked(given[0])
        names = [a.name for a in again.func._schema.arguments]
        return "", *self._looked(dict(zip(names, again.args, strict=False)))

    def _looked(self, values: Mapping[str, Any]) -> tuple[dict[str, Bits], dict[str, tuple[int, ...]]]:
        found = {n: t for n, t in values.items() if isinstance(t, self.torch.Tensor) and t.is_floating_point() and t.numel()}
        return {n: self.array(sampled(t.detach().reshape(-1))) for n, t in found.items()}, {
            n: tuple(t.shape) for n, t in found.items()
        }

    def wider(self, calls: Iterable[TracedCall]) -> Tried | None:
        chain = sorted({c.number: c for c in calls}.values(), key=lambda c: c.number)
        last = chain[-1]
        wide = WIDER.get(chain[0].outputs[0].dtype)
        if wide is None or any(c.again is None or not c.again.kept for c in chain):
            return None
        known: dict[int, Foreign] = {}
        result = None
        for call in chain:
            result = self._again(call.again, wide, known)
            if result is None:
                return None
            if call.again.result is not None:
                known[call.again.result[0]] = result
        numbers = last.outputs[0].numbers()
        if numbers is None or result is None or tuple(result.shape) != numbers[0].shape:
            return None
        own, exact = numbers
        before, after = (int((~np.isfinite(v) & (v != exact)).sum()) for v in (own, result.double().cpu().numpy()))
        if not before or after:
            return None
        names = ", ".join(dict.fromkeys(c.kernel for c in chain))
        return Tried("raise_precision", f"{names} in {wide}", "the same calls on the same tensors, wider", "", "", before, after)

    def _again(self, again: Again, dtype: str, known: dict[int, Foreign] | None = None) -> Foreign:
        """The call's one result in another format, from its arguments cast to it; known: results that replace arguments by their address."""
        torch = self.torch
        floats = {getattr(torch, name) for name in TRACED}
        target = getattr(torch, dtype)

        def cast(value: Foreign) -> Foreign:
            if isinstance(value, torch.Tensor):
                if value.dtype not in floats:
                    return value
                other = (known or {}).get(value.data_ptr())
                return other.reshape(value.shape) if other is not None and other.numel() == value.numel() else value.to(target)
            if isinstance(value, (list, tuple)):
                return type(value)(cast(v) for v in value)
            return target if isinstance(value, torch.dtype) and value in floats else value

        try:
            with torch.no_grad():
                out = again.func(*cast(again.args), **{k: cast(v) for k, v in again.kwargs.items()})
        except (RuntimeError, NotImplementedError, TypeError, ValueError):
            return None
        found = out if isinstance(out, torch.Tensor) else out[0] if isinstance(out, (list, tuple)) and out else None
        return found if isinstance(found, torch.Tensor) else None


def _is_rounded(value: Foreign, dtype: np.dtype[Any]) -> bool:
    return isinstance(value, (int, float)) and float(np.asarray(value, dtype)) != float(value)
