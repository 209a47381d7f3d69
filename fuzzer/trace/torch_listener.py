"""Listens to torch: every ATen call of this thread goes through the tracer; an optimizer's step ends a step."""

from __future__ import annotations

import importlib
from types import ModuleType

from ulpfuzz.fuzzer.frameworks.listening import torch as listening
from ulpfuzz.fuzzer.trace.analyst import Analyst
from ulpfuzz.fuzzer.trace.graph import Foreign, TracedStep
from ulpfuzz.fuzzer.trace.harvest import Harvest
from ulpfuzz.fuzzer.trace.result import TraceResult
from ulpfuzz.fuzzer.trace.torch_examiner import TorchExaminer
from ulpfuzz.fuzzer.trace.torch_tracer import SAMPLED, TorchTracer


class Listener:
    """Implements trace.Listener."""

    def __init__(self, mode: str, harvest: Harvest | None) -> None:
        self.examiner = TorchExaminer()
        self.analyst = Analyst(self.examiner)
        self.harvest = harvest
        self.tracer = TorchTracer(self._ended, every=SAMPLED if mode == "sampled" else 1)
        self.on = True
        self._mode = listening.heard(self._make)

    def _make(self, func: Foreign, args: Foreign, kwargs: Foreign) -> Foreign:
        return self.tracer.called(func, args, kwargs) if self.on else func(*args, **kwargs)

    def _ended(self, step: TracedStep) -> None:
        self.analyst.step(step)
        if self.harvest is not None:
            self.harvest.step(step, self.examiner)

    def start(self) -> None:
        hooks: ModuleType = importlib.import_module("torch.optim.optimizer")
        self._hooks = [
            hooks.register_optimizer_step_pre_hook(lambda *_: self._before_update()),
            hooks.register_optimizer_step_post_hook(lambda *_: self.step()),
        ]
        self._mode.__enter__()

    def stop(self) -> None:
        self._mode.__exit__(None, None, None)
        for hook in self._hooks:
            hook.remove()
        if self.on:
            self.tracer.end()

    def _before_update(self) -> None:
        if self.on and not self.tracer.full:
            with listening.unheard():
                self.tracer.replay()

    def step(self) -> None:
        """See trace.Listener."""
        if not self.on:
            return
        with listening.unheard():
            self.tracer.end()
        # Weights that are NaN make everything NaN: the rest would cost and say nothing.
        self.on = not self.analyst.spoilt

    def result(self) -> TraceResult:
        tracer, analyst = self.tracer, self.analyst
        lost = sorted(tracer.without_shadow.items())
        notes = [f"{name} was made {count} times without a shadow: it does not take float64" for name, count in lost]
        if not self.on and tracer.number > 2:
            notes.append(f"from step {tracer.number - 1} on everything is NaN already: not traced")
        if tracer.dropped:
            notes.append(f"{tracer.dropped} calls of long steps were not kept: a replay would have begun after them")
        return TraceResult(
            tuple(analyst.findings), tracer.number - 1, tracer.traced, analyst.calls, len(analyst.kernels), tuple(notes)
        )
