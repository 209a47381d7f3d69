"""What a device judges is what the CPU judges: the lane of devices run on the CPU's own tensors, with torch's real calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_plateau import COUNTS, at, cell_of

from fuzzer.campaign import device_stretch
from fuzzer.campaign import stretch as stretches
from fuzzer.campaign.cell import subjects_of
from fuzzer.campaign.sharp_truth import CALL, PATIENT, SHARP
from fuzzer.campaign.stretch import Stretch, run_stretch
from fuzzer.campaign.trial import Trial
from fuzzer.catalog.functions import function_of
from fuzzer.catalog.registry import op_named
from fuzzer.findings.fact import Share
from fuzzer.frameworks.framework import FrameworkError
from fuzzer.frameworks.resident import Resident
from fuzzer.frameworks.torch import Torch
from oracles import oracle
from oracles.arithmetic.ball64_torch import TorchBall64

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
        gap, room = np.abs(mid - truth.value[:, 0]), rad + truth.radius[:, 0] + np.abs(truth.low[:, 0])
    assert (gap[known] <= room[known] * (1 + 2.0**-20)).all()
    assert known.mean() > 0.4 or name in ("lgamma", "erf", "acosh")


def on_device(op: str, first: int, count: int, call: Any = None, monkeypatch: pytest.MonkeyPatch | None = None) -> Share | None:
    cell = cell_of(op)
    (subject, *_) = subjects_of(cell, (TARGET,))
    trial = Trial(cell, [subject], PATIENT)
    function = call or eval(f"lambda x: {subject.implementation.call}", {"torch": torch, **dict(cell.params)})
    if monkeypatch is not None:
        monkeypatch.setattr(Torch, "resident", lambda self, job: Resident(torch, CPU, function))
    space = stretches.space_of(trial.op, "float32")
    stretch = Stretch(cell, (TARGET,), first, count)
    return next((share for _, share in stretches._on_devices(trial, space, stretch)), None)


@pytest.mark.parametrize(
    ("op", "x"),
    [("exp", 1.0), ("exp", 88.6), ("exp", -103.0), ("exp", 1e-8), ("tanh", 0.3), ("tanh", -9.0), ("log", 1.0), ("sin", 1e5),
     ("sqrt", 1e-40), ("sigmoid", -20.0), ("rsqrt", 0.0)],
)  # fmt: skip
def test_a_device_tells_what_the_cpu_tells(op: str, x: float, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = cell_of(op)
    monkeypatch.setattr(device_stretch, "CALL", CALL)
    (subject, *_) = subjects_of(cell, (TARGET,))
    first = run_stretch(Stretch(cell, (TARGET,), at(x), 2 * CALL)).shares[subject.target, subject.implementation.call]
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
    monkeypatch.setattr(device_stretch, "CALL", CALL)
    share = on_device("exp", at(2.0), CALL, spoiled, monkeypatch)
    assert share is not None
    assert share.inputs == share.elements == CALL
    assert share.failing == len(range(5, CALL, 1000))
    assert share.rounded_wrong >= len(range(0, CALL, 1000))
    assert share.worst == np.inf


def test_what_the_balls_do_not_know_is_left_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_device("lgamma", at(3.0), CALL, monkeypatch=monkeypatch) is None
    assert on_device("log", at(-1.0), CALL, monkeypatch=monkeypatch) is None


def test_a_call_that_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(x: NDArray[Any]) -> Any:
        raise RuntimeError("no kernel")

    share = on_device("exp", at(3.0), CALL, raising, monkeypatch)
    assert share is not None
    assert "no kernel" in share.error
    assert issubclass(FrameworkError, Exception)


def test_on_the_cpu_nothing_is_resident() -> None:
    assert on_device("exp", at(3.0), CALL) is None
