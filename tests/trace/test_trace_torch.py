"""The tracer of torch: numbers stay as they are, views and writes in place keep their shadows, and only what matters is said."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.trace.graph import TracedStep
from ulpfuzz.fuzzer.trace.trace import Trace, trace

torch: ModuleType = pytest.importorskip("torch")


def steps_of(run: Callable[[], Any]) -> list[TracedStep]:
    """The graphs of what runs."""
    from ulpfuzz.fuzzer.frameworks.listening import torch as listening
    from ulpfuzz.fuzzer.trace.torch_tracer import TorchTracer

    found: list[TracedStep] = []
    tracer = TorchTracer(found.append)
    with listening.heard(tracer.called):
        run()
    tracer.end()
    return found


def errors(step: TracedStep) -> dict[str, float]:
    return {call.kernel: call.outputs[-1].error for call in step.calls if call.outputs}


def small_model(seed: int) -> tuple[Any, Any, Any, Any]:
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(8, 16), torch.nn.Dropout(0.3), torch.nn.GELU(), torch.nn.LayerNorm(16), torch.nn.Linear(16, 4)
    )
    return model, torch.optim.Adam(model.parameters(), lr=0.01), torch.randn(32, 8), torch.randint(0, 4, (32,))


def trained(mode: str | None) -> tuple[list[float], Trace | None]:
    model, optimizer, x, y = small_model(3)
    losses = []

    def run() -> None:
        for _ in range(3):
            loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

    if mode is None:
        run()
        return losses, None
    with trace(mode, frameworks="torch") as t:  # type: ignore[arg-type]
        run()
    return losses, t


@pytest.mark.parametrize("mode", ["full", "sampled"])
def test_the_numbers_of_the_program_are_those_without_a_trace(mode: str) -> None:
    plain, _ = trained(None)
    losses, t = trained(mode)
    assert losses == plain
    assert t is not None
    assert t.findings == ()
    assert t.result.steps == 3
    assert t.result.traced == (3 if mode == "full" else 1)


def test_a_view_of_memory_is_a_view_of_its_shadow() -> None:
    def run() -> None:
        x = torch.arange(12.0).reshape(3, 4) / 3
        y = x * 1.1
        y[1].mul_(3.0)  # a write through a view
        y.t()[2] += 0.7
        torch.add(y[:, 1:], x[:, 1:])

    (step,) = steps_of(run)
    assert errors(step)["aten.add"] < 1e-7
    assert sum(v.bad for v in step.values) == 0


def test_what_a_mask_takes_out_again_is_nobody_s_loss() -> None:
    def run() -> None:
        x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float16)
        hidden = x - 65504 - 65504  # -inf in float16, not exactly
        torch.softmax(torch.stack([x, hidden]).flatten(), dim=-1).sum().item()

    with trace(frameworks="torch") as t:
        run()
    assert t.findings == ()


def test_an_overflow_in_float16_is_named_with_the_format_that_has_room() -> None:
    with trace(frameworks="torch") as t:
        x = torch.full((4,), 300.0, dtype=torch.float16)
        (x * x - x * x).sum()
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("nan", "aten.mul")
    assert "overflows to inf in 4 elements: exactly 9e+04, the largest float16 is 65504" in finding.links[0].text
    assert finding.tried[0].way == "raise_precision"


def test_a_variance_by_squares_is_unstably_composed_and_one_by_deviations_is_not() -> None:
    torch.manual_seed(0)
    x = torch.randn(16, 64) + 3000
    with trace(frameworks="torch") as t:
        (x * x).mean(dim=-1) - x.mean(dim=-1) ** 2
    (finding,) = t.findings
    assert finding.kind == "composition"
    assert finding.proved is not None
    assert finding.proved.expression == "mean(a * a, axis=-1) - mean(a, axis=-1) ** 2"
    assert "torch.mean((a - torch.mean(a, dim=-1, keepdim=True)) ** 2, dim=-1)" in finding.tried[0].call
    with trace(frameworks="torch") as t:
        ((x - x.mean(dim=-1, keepdim=True)) ** 2).mean(dim=-1)
    assert t.findings == ()


def test_a_composition_that_keeps_its_digits_here_is_not_accused() -> None:
    with trace(frameworks="torch") as t:
        torch.log(torch.softmax(torch.randn(64, 8), dim=-1)).mean()
    assert t.findings == ()


def test_a_kernel_that_is_wrong_by_itself_is_proved_so() -> None:
    with torch.library._scoped_library("aten", "IMPL") as library:
        library.impl("expm1", lambda x: torch.exp(x) - 1, "CPU", allow_override=True)
        with trace(frameworks="torch") as t:
            torch.expm1(torch.linspace(1e-6, 2e-6, 64))
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("call", "aten.expm1")
    assert finding.proved is not None
    assert finding.proved.expression == "expm1(x)"


def test_a_sampled_trace_replays_the_step_whose_gradients_are_no_numbers() -> None:
    torch.manual_seed(0)
    weight = torch.ones(4, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    with trace("sampled", frameworks="torch") as t:
        for step in range(6):
            x = torch.ones(3, 4) * (400.0 if step == 4 else 1.0)
            torch.log(torch.softmax(x * weight * torch.tensor([1.0, 0.5, 0.2, 0.1]), dim=-1)).mean().backward()
            optimizer.step()
            optimizer.zero_grad()
    (finding,) = t.findings
    assert (finding.step, finding.kernel, finding.kind) == (5, "aten._softmax", "nan")
    assert t.result.traced == 3  # the first, this one, and the one that finds its weights spoilt


def test_infinite_gradients_that_a_scaler_looks_for_are_no_finding() -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**120)
    weight = torch.full((4,), 1e-6, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    with trace(frameworks="torch") as t:
        scaler.scale((weight * 1e6).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
    assert t.findings == ()


def test_nan_that_comes_with_the_data_is_said_to_come_from_outside() -> None:
    x = torch.tensor([1.0, float("nan")])
    with trace(frameworks="torch") as t:
        (x * 2).sum()
    (finding,) = t.findings
    assert finding.headline.startswith("NaN comes in from outside: aten.mul reads it first")


def test_a_nan_that_exact_arithmetic_has_too_says_so() -> None:
    with trace(frameworks="torch") as t:
        torch.softmax(torch.full((2, 3), -float("inf")), dim=-1)
    (finding,) = t.findings
    assert finding.kernel == "aten._softmax"
    assert "as exact arithmetic does" in str(finding.links[-1])


def test_the_program_s_threads_and_random_numbers_stay() -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    with trace(frameworks="torch") as t:
        torch.expm1(torch.ones(3))
        torch.log(torch.softmax(torch.tensor([400.0, 0.0]), dim=-1))
    assert t.findings
    assert torch.get_num_threads() == threads
    assert np.array_equal(torch.random.get_rng_state().numpy(), state.numpy())


def test_bad_arguments_get_one_clear_line() -> None:
    with pytest.raises(UserError, match="unknown mode 'ful'; did you mean 'full'"):
        trace("ful")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="unknown framework 'torhc'; did you mean 'torch'"):
        trace(frameworks="torhc")
    with pytest.raises(UserError, match="folder does not exist"):
        trace(harvest="/nowhere/at/all/harvest.json")


def test_a_chain_and_the_composition_that_it_comes_from_are_one_finding() -> None:
    weight = torch.tensor([[100.0, 1.0], [2.0, 3.0]], requires_grad=True)
    with trace(frameworks="torch") as t:
        torch.log(torch.exp(weight).sum(dim=-1)).sum().backward()
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("nan", "aten.exp")
    assert finding.tried[0].call == "torch.logsumexp(a, dim=-1)"
    assert finding.proved is not None
