"""Listens to JAX: its primitives one by one, with jit disabled, so that the bodies of jitted functions, loops and derivatives are traced too."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from ulpfuzz.fuzzer.frameworks.listening import jax as listening
from ulpfuzz.fuzzer.trace.analyst import Analyst
from ulpfuzz.fuzzer.trace.array_tracer import SAMPLED, ArrayTracer, Heard
from ulpfuzz.fuzzer.trace.frames import place_among, user_place
from ulpfuzz.fuzzer.trace.functions import Recorder, functions_of
from ulpfuzz.fuzzer.trace.graph import Foreign, Phase, Place, TracedStep, Wide
from ulpfuzz.fuzzer.trace.harvest import Harvest
from ulpfuzz.fuzzer.trace.jax_examiner import FLOATS, JaxExaminer
from ulpfuzz.fuzzer.trace.result import TraceResult

#: Primitives that hand their input on, where its dtype stays.
_SAME = ("convert_element_type", "copy", "copy_p", "stop_gradient", "stage", "device_put", "optimization_barrier", "pvary")
#: Primitives that make floating numbers of bits: what float64 has no shadow of.
_BITS = ("bitcast_convert_type", "random_bits", "random_unwrap", "threefry2x32", "random_wrap", "reduce_precision", "nextafter")


class Listener:
    """Implements trace.Listener, and array_tracer.Arrays."""

    def __init__(self, mode: str, harvest: Harvest | None) -> None:
        self.jax: ModuleType = importlib.import_module("jax")
        self.context: ModuleType = importlib.import_module("jax._src.source_info_util")
        self.x64: ModuleType = importlib.import_module("jax._src.config")
        self.examiner = JaxExaminer()
        self.analyst = Analyst(self.examiner)
        self.harvest = harvest
        self.tracer = ArrayTracer(self._ended, self, every=SAMPLED if mode == "sampled" else 1)
        self.functions = Recorder(functions_of("jax"), _concrete)
        self.busy = False
        self._heard = listening.heard(self._hear)

    # Arrays

    def is_traced(self, array: Foreign) -> bool:
        return str(getattr(array, "dtype", "")) in FLOATS and not isinstance(array, np.generic)

    def dtype(self, array: Foreign) -> str:
        return str(array.dtype)

    def wide(self, array: Foreign) -> Wide:
        return np.asarray(array).astype(np.float64)

    # Listening

    def _hear(self, primitive: Foreign, args: Sequence[Foreign], params: Foreign, out: Foreign) -> None:
        if self.busy or self.analyst.spoilt:
            return
        self.busy = True
        try:
            name, outputs = str(primitive.name), list(out) if primitive.multiple_results else [out]
            place, phase, derived = self._where()
            again = None if name in _BITS else lambda inputs: self._again(primitive, inputs, params)
            inside = self.functions.around(sys._getframe(2), place, phase) if self.tracer.full else []
            call = self.tracer.called(Heard(name, args, outputs, place, phase, again, params, derived, name in _SAME))
            if call is not None:
                self.functions.made(inside, call, self.tracer.step)
        finally:
            self.busy = False

    def _where(self) -> tuple[Place, Phase, bool]:
        """Of a derivative JAX knows which forward equation it transposes, and where that was written."""
        context = self.context._source_info_context.context
        phase: Phase = "backward" if "transpose" in str(context.name_stack) else "forward"
        if context.traceback is not None:
            codes, at = context.traceback.raw_frames()
            place = place_among((c.co_filename, _line(c, i)) for c, i in zip(codes, at, strict=True))
            if place.line:
                return place, phase, phase == "backward"
        return user_place(sys._getframe(3)), phase, False

    def _again(self, primitive: Foreign, inputs: Sequence[Foreign], params: Foreign) -> Sequence[Foreign] | None:
        try:
            with self.x64.enable_x64(True), np.errstate(all="ignore"):
                wide = [
                    self.jax.numpy.asarray(i, "float64") if isinstance(i, np.ndarray) and i.dtype == np.float64 else i
                    for i in inputs
                ]
                out = primitive.bind(*wide, **{k: _widened(v) for k, v in params.items()})
                outputs = list(out) if primitive.multiple_results else [out]
                return [np.asarray(o) if str(getattr(o, "dtype", "")) == "float64" else None for o in outputs]
        except Exception:  # whatever JAX raises of a primitive that takes no float64
            return None

    def _ended(self, step: TracedStep) -> None:
        busy, self.busy = self.busy, True
        self.functions.end()
        try:
            self.analyst.step(step)
            if self.harvest is not None:
                self.harvest.step(step, self.examiner)
        finally:
            self.busy = busy

    def start(self) -> None:
        self._heard.__enter__()

    def stop(self) -> None:
        self._heard.__exit__(None, None, None)
        self.tracer.end()

    def step(self) -> None:
        """See trace.Listener."""
        self.tracer.end()

    def result(self) -> TraceResult:
        tracer, analyst = self.tracer, self.analyst
        notes = ["JAX was traced with jit disabled: XLA's fusions may round otherwise"] if tracer.traced else []
        if analyst.spoilt and analyst.steps > 1:
            notes.append(f"from step {analyst.steps} on everything is NaN already: not traced")
        return TraceResult(
            tuple(analyst.findings), tracer.number - 1, tracer.traced, analyst.calls, len(analyst.kernels), tuple(notes)
        )


def _concrete(x: Foreign) -> Foreign:
    """Of what a derivative is being made of, what it stands for; None of what stands for single rows of an array."""
    while hasattr(x, "primal"):
        x = x.primal
    return None if hasattr(x, "_trace") else x


def _line(code: Foreign, instruction: int) -> int:
    """The line of an instruction of a code object."""
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return int(line)
    return int(code.co_firstlineno)


def _widened(value: Foreign) -> Foreign:
    """A param with float64 for a floating dtype."""
    name = (
        getattr(value, "name", None) if isinstance(value, np.dtype) else str(value) if type(value).__name__ == "dtype" else None
    )
    return np.dtype("float64") if name in FLOATS else value
