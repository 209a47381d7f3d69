"""Listens to TensorFlow: every op that is executed eagerly, gradients included; tf.functions run eagerly while it listens."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.frameworks.listening import tensorflow as listening
from ulpfuzz.fuzzer.trace.analyst import Analyst
from ulpfuzz.fuzzer.trace.array_examiner import FLOATS
from ulpfuzz.fuzzer.trace.array_tracer import SAMPLED, ArrayTracer, Heard
from ulpfuzz.fuzzer.trace.frames import passes_through, user_place
from ulpfuzz.fuzzer.trace.functions import Recorder, functions_of
from ulpfuzz.fuzzer.trace.graph import Foreign, Phase, TracedStep, Wide
from ulpfuzz.fuzzer.trace.harvest import Harvest
from ulpfuzz.fuzzer.trace.result import TraceResult
from ulpfuzz.fuzzer.trace.tensorflow_examiner import TensorflowExaminer

#: Ops that make floating numbers of bits, of chance or of memory: what float64 has no shadow of.
_FROM_OUTSIDE = (
    "ReadVariableOp", "Bitcast", "Const", "RandomUniform", "RandomStandardNormal", "TruncatedNormal", "StatelessRandomUniformV2",
    "StatelessRandomNormalV2", "StatelessTruncatedNormalV2", "ResourceGather",
)  # fmt: skip
#: Ops that hand their input on.
_SAME = ("Identity", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape")
#: Attributes that name a dtype.
_DTYPES = ("T", "DstT", "SrcT", "dtype", "out_type", "output_dtype")


class Listener:
    """Implements trace.Listener, and array_tracer.Arrays."""

    def __init__(self, mode: str, harvest: Harvest | None) -> None:
        self.tf: ModuleType = importlib.import_module("tensorflow")
        self.examiner = TensorflowExaminer()
        self.analyst = Analyst(self.examiner)
        self.harvest = harvest
        self.tracer = ArrayTracer(self._ended, self, every=SAMPLED if mode == "sampled" else 1)
        self.functions = Recorder(functions_of("tensorflow"), lambda x: x)
        self.tape: ModuleType = importlib.import_module("tensorflow.python.pywrap_tfe")
        #: Handles of variables that were read; whether one of these was written since the step began.
        self.read: set[int] = set()
        self.assigned = False
        self._heard = listening.heard(self._hear)

    # Arrays

    def is_traced(self, array: Foreign) -> bool:
        return getattr(getattr(array, "dtype", None), "name", "") in FLOATS and hasattr(array, "numpy")

    def dtype(self, array: Foreign) -> str:
        return str(array.dtype.name)

    def wide(self, array: Foreign) -> Wide:
        return np.asarray(array.numpy()).astype(np.float64)

    # Listening

    def _hear(self, name: str, inputs: Sequence[Foreign], attrs: dict[str, Any], outputs: Sequence[Foreign]) -> None:
        if self.analyst.spoilt:
            return
        if name.startswith("Assign"):
            self.assigned |= id(inputs[0]) in self.read
        elif name == "ReadVariableOp":
            if self.assigned and not self.tape.TFE_Py_TapeSetIsEmpty():
                self.assigned = False
                self.tracer.end()  # weights that were updated are read again for a gradient
            self.read.add(id(inputs[0]))
        frame = sys._getframe(2)
        phase: Phase = "backward" if passes_through(frame, "gradient", "backprop.py") else "forward"
        again = None if name in _FROM_OUTSIDE else lambda wide: self._again(name, wide, attrs)
        place = user_place(frame)
        inside = self.functions.around(frame, place, phase) if self.tracer.full else []
        call = self.tracer.called(Heard(name, list(inputs), list(outputs), place, phase, again, attrs, same=name in _SAME))
        if call is not None:
            self.functions.made(inside, call, self.tracer.step)

    def _again(self, name: str, inputs: Sequence[Foreign], attrs: Mapping[str, Any]) -> Sequence[Foreign] | None:
        execute: ModuleType = importlib.import_module("tensorflow.python.eager.execute")
        context: ModuleType = importlib.import_module("tensorflow.python.eager.context")
        floats = {self.tf.as_dtype(n).as_datatype_enum for n in FLOATS}
        double = self.tf.float64.as_datatype_enum
        try:
            wide = [self.tf.constant(i, self.tf.float64) if isinstance(i, np.ndarray) else i for i in inputs]
            given: list[Foreign] = []
            for key, value in attrs.items():
                given += [key, double if key in _DTYPES and value in floats else value]
            count = int(attrs.get("num_split", attrs.get("num", 0))) or _outputs(self.tf, name)
            out = execute.execute(name.encode(), count, wide, tuple(given), context.context(), name)
        except Exception:  # whatever TensorFlow raises of an op that takes no float64
            return None
        return [o.numpy() if o.dtype == self.tf.float64 else None for o in out]

    def _ended(self, step: TracedStep) -> None:
        self.functions.end()
        self.analyst.step(step)
        if self.harvest is not None:
            self.harvest.step(step, self.examiner)

    def start(self) -> None:
        self._eager = self.tf.config.functions_run_eagerly()
        self.tf.config.run_functions_eagerly(True)
        self._heard.__enter__()

    def stop(self) -> None:
        self._heard.__exit__(None, None, None)
        self.tf.config.run_functions_eagerly(self._eager)
        self.tracer.end()

    def step(self) -> None:
        """See trace.Listener."""
        self.tracer.end()

    def result(self) -> TraceResult:
        tracer, analyst = self.tracer, self.analyst
        notes = ["TensorFlow was traced eagerly: a compiled tf.function may round otherwise"] if tracer.traced else []
        if analyst.spoilt and analyst.steps > 1:
            notes.append(f"from step {analyst.steps} on everything is NaN already: not traced")
        return TraceResult(
            tuple(analyst.findings), tracer.number - 1, tracer.traced, analyst.calls, len(analyst.kernels), tuple(notes)
        )


def _outputs(tf: ModuleType, name: str) -> int:
    """How many outputs an op has, of its definition."""
    registry: ModuleType = importlib.import_module("tensorflow.python.framework.op_def_registry")
    return len(registry.get(name).output_arg)
