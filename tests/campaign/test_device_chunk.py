"""What a device judges is what the CPU judges: the lane of devices run on the CPU's own tensors, with torch's real calls."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_constant_run import COUNTS, at, cell_of

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.fact import PartialResult
from ulpfuzz.fuzzer.frameworks.backends import expression
from ulpfuzz.fuzzer.frameworks.backends.device_sweep import DeviceSweep
from ulpfuzz.fuzzer.frameworks.backends.torch import Torch
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.hosts.host import Backend, Hosted
from ulpfuzz.fuzzer.frameworks.hosts.process import Process
from ulpfuzz.fuzzer.frameworks.targets.launch import launch_of
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.sweep import chunk as chunk_module
from ulpfuzz.fuzzer.sweep import device_chunk
from ulpfuzz.fuzzer.sweep.chunk import Chunk, run_chunk
from ulpfuzz.fuzzer.sweep.tight_reference import CALL, SHARP, SWEEP_CAPS
from ulpfuzz.oracles import oracle
from ulpfuzz.oracles.arithmetic.ball64_torch import TorchBall64

torch: Any = pytest.importorskip("torch")
CPU = torch.device("cpu")
TARGET = "torch:cpu:eager"
OPS = (
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "asinh", "acosh", "atanh", "sigmoid", "silu", "softplus", "abs", "floor", "reciprocal", "square", "lgamma", "erf",
)  # fmt: skip


@pytest.mark.parametrize("name", OPS)
def test_the_balls_of_tensors_hold_the_truth(name: str) -> None:
    op = op_named(name)
    function = function_of(op, op.default_params(), "value")
    rng = np.random.default_rng(3)
    x = np.ldexp(rng.uniform(-1, 1, 2000), rng.integers(-40, 12, 2000)).astype(np.float32)
    m = TorchBall64(torch, CPU)
    (ball,) = (m.num(n) for n in function.outputs(m, {function.inputs[0]: m.lift(torch.tensor(x), 24)}))
    mid, rad = (torch.broadcast_to(part, (2000,)).numpy() for part in (ball.mid, ball.radius()))
    bad = np.zeros(2000, np.bool_) if ball.bad is None else torch.broadcast_to(ball.bad, (2000,)).numpy()
    truth = oracle.reference(function, {function.inputs[0]: x.astype(np.float64)})
    assert (truth.accepts[bad, 0] & 1 == 0).all()
    known = np.isfinite(rad) & np.isfinite(mid) & ~bad
    assert (truth.accepts[known, 0] == 1).all()
    with np.errstate(invalid="ignore"):
        gap, room = np.abs(mid - truth.value[:, 0]), rad + truth.radius[:, 0] + np.abs(truth.value_lo[:, 0])
    assert (gap[known] <= room[known] * (1 + 2.0**-20)).all()
    assert known.mean() > 0.4 or name in ("lgamma", "erf", "acosh")


def on_device(
    op: str, first: int, count: int, call: Any = None, monkeypatch: pytest.MonkeyPatch | None = None
) -> PartialResult | None:
    cell = cell_of(op)
    (subject, *_) = subjects_of(cell, (TARGET,))
    evaluator = Evaluator(cell, [subject], SWEEP_CAPS)
    function = call or eval(f"lambda x: {subject.implementation.call}", {"torch": torch, **dict(cell.params)})
    if monkeypatch is not None:
        monkeypatch.setattr(Torch, "device_sweep", lambda self, job: DeviceSweep(torch, CPU, function))
    space = chunk_module.space_of(evaluator.op, "float32")
    chunk = Chunk(cell, (TARGET,), first, count)
    return next((partial_result for _, partial_result in chunk_module._on_devices(evaluator, space, chunk)), None)


@pytest.mark.parametrize(
    ("op", "x"),
    [("exp", 1.0), ("exp", 88.6), ("exp", -103.0), ("exp", 1e-8), ("tanh", 0.3), ("tanh", -9.0), ("log", 1.0), ("sin", 1e5),
     ("sqrt", 1e-40), ("sigmoid", -20.0), ("rsqrt", 0.0)],
)  # fmt: skip
def test_a_device_tells_what_the_cpu_tells(op: str, x: float, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = cell_of(op)
    monkeypatch.setattr(device_chunk, "CALL", CALL)
    (subject, *_) = subjects_of(cell, (TARGET,))
    first = run_chunk(Chunk(cell, (TARGET,), at(x), 2 * CALL)).partial_results[subject.target, subject.implementation.call]
    device = on_device(op, at(x), 2 * CALL, monkeypatch=monkeypatch)
    assert device is not None
    for name in COUNTS:
        assert getattr(device, name) == getattr(first, name), name
    assert device.worst == pytest.approx(first.worst, abs=SHARP)


def spoiled(x: Any) -> Any:
    y = torch.exp(x)
    y[::1000] = torch.nextafter(y[::1000], torch.tensor(torch.inf))
    y[5::1000] = torch.nan
    return y


def test_faults_come_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_chunk, "CALL", CALL)
    partial_result = on_device("exp", at(2.0), CALL, spoiled, monkeypatch)
    assert partial_result is not None
    assert partial_result.inputs == partial_result.elements == CALL
    assert partial_result.failing == len(range(5, CALL, 1000))
    assert partial_result.rounded_wrong >= len(range(0, CALL, 1000))
    assert partial_result.worst == np.inf


def test_what_the_balls_do_not_know_is_left_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_device("lgamma", at(3.0), CALL, monkeypatch=monkeypatch) is None
    assert on_device("log", at(-1.0), CALL, monkeypatch=monkeypatch) is None


def test_a_call_that_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(x: NDArray[Any]) -> Any:
        raise RuntimeError("no kernel")

    partial_result = on_device("exp", at(3.0), CALL, raising, monkeypatch)
    assert partial_result is not None
    assert "no kernel" in partial_result.error


class OnCpu(Torch):
    """Its tensors of the CPU are resident."""

    def device_sweep(self, job: Call) -> DeviceSweep | None:
        return DeviceSweep(torch, CPU, expression.function_of(job, {"torch": torch}, self))


def test_a_host_tells_what_this_process_tells() -> None:
    target = target_named(TARGET)
    there = Hosted(Backend("torch", __name__, OnCpu.__qualname__), Process(launch_of(target), "a host"))
    elsewhere = Hosted(there.backend, Process(replace(launch_of(target), paths=()), "another"))
    try:
        for op, x in (("exp", 2.0), ("tanh", 0.3), ("log", 1.0)):
            cell = cell_of(op)
            (subject, *_) = subjects_of(cell, (TARGET,))
            job = Evaluator(cell, [subject], SWEEP_CAPS).calls.described(subject)
            told, here = (device_chunk.scan(where, job, at(x), 3 * CALL, 4.0) for where in (there, OnCpu()))
            assert told is not None
            assert here is not None
            assert told.sure == here.sure
            assert told.sure.inputs > 2 * CALL
            assert told.sure.inputs + len(told.rest) == 3 * CALL
            np.testing.assert_array_equal(told.rest, here.rest)
            np.testing.assert_array_equal(told.answers, here.answers)
        job = replace(job, op=replace(job.op, name="nobody_knows_it"))
        assert device_chunk.scan(there, job, at(1.0), CALL, 4.0) is None
        assert elsewhere.apply(device_chunk.scanned, job, at(1.0), CALL, 4.0) is None
    finally:
        there.end()
        elsewhere.end()


def test_a_call_that_does_not_fit_into_memory_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def short_of_memory(x: Any) -> Any:
        sizes.append(len(x))
        if len(x) > CALL:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return torch.exp(x)

    monkeypatch.setattr(device_chunk, "CALL", 16 * CALL)
    monkeypatch.setattr(device_chunk, "SHORT", CALL)
    partial_result = on_device("exp", at(2.0), 8 * CALL, short_of_memory, monkeypatch)
    assert partial_result is not None
    assert partial_result.inputs == 8 * CALL
    assert sizes == [8 * CALL, 4 * CALL] + 8 * [CALL]
    monkeypatch.setattr(device_chunk, "SHORT", 2 * CALL)
    assert on_device("exp", at(2.0), 8 * CALL, short_of_memory, monkeypatch) is None


def test_on_the_cpu_nothing_is_resident() -> None:
    assert on_device("exp", at(3.0), CALL) is None


@pytest.mark.gpu
@pytest.mark.parametrize("op", ["exp", "tanh", "log1p"])
def test_a_gpu_judges_its_own_chunk(op: str) -> None:
    """The same shares as the CPU's judge makes of the same answers."""
    if shutil.which("nvidia-smi") is None:
        pytest.skip("no NVIDIA GPU")
    cell, target = cell_of(op), "torch:cuda:eager"
    (subject, *_) = subjects_of(cell, (target,))
    evaluator = Evaluator(cell, [subject], SWEEP_CAPS)
    told = device_chunk.scan(evaluator.calls.framework(subject), evaluator.calls.described(subject), at(0.5), 4 * CALL, 4.0)
    assert told is not None
    assert len(told.rest) < CALL
    device = run_chunk(Chunk(cell, (target,), at(0.5), 4 * CALL)).partial_results[subject.target, subject.implementation.call]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk_module, "scan", lambda *_: None)
        here = run_chunk(Chunk(cell, (target,), at(0.5), 4 * CALL)).partial_results[subject.target, subject.implementation.call]
    for name in COUNTS:
        assert getattr(device, name) == getattr(here, name), name
    assert device.worst == pytest.approx(here.worst, abs=SHARP)
