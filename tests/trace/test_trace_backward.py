"""Single calls of a backward pass of torch: each kernel is held to the gradient of the op whose backward it is, on the cotangents of the step."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ulpfuzz.fuzzer.trace.result import TraceFinding
from ulpfuzz.fuzzer.trace.trace import trace

torch: ModuleType = pytest.importorskip("torch")


def findings_with(kernel: str, wrong: Callable[..., Any], run: Callable[[], Any]) -> tuple[TraceFinding, ...]:
    """What a trace of a run accuses where another function stands in the place of a kernel."""
    with torch.library._scoped_library("aten", "IMPL") as library:
        library.impl(kernel, wrong, "CPU", allow_override=True)
        with trace(frameworks="torch") as t:
            run()
    return t.findings


def off(tensor: Any) -> float:
    """A factor that only float32 gets: in the wider format the kernel is right."""
    return 1.001 if tensor.dtype == torch.float32 else 1.0


def backward_of(function: Callable[[Any], Any], low: float, high: float, shape: tuple[int, ...] = (12,)) -> Callable[[], None]:
    def run() -> None:
        x = torch.linspace(low, high, int(torch.Size(shape).numel())).reshape(shape).requires_grad_()
        y = function(x)
        y.backward((torch.linspace(1, 2, y.numel()) ** 5).reshape(y.shape) * 3e4)

    return run


def tanh(g: Any, y: Any) -> Any:
    return g * (1 - y * y) * off(g)


def softmax(g: Any, y: Any, dim: int, dtype: Any) -> Any:
    return y * (g - (g * y).sum(dim, keepdim=True)) * off(g)


def log_sigmoid(g: Any, x: Any, buffer: Any) -> Any:
    return g * torch.exp(-x) / (1 + torch.exp(-x)) * off(g)


def layer_norm(g: Any, x: Any, shape: Any, mean: Any, rstd: Any, weight: Any, bias: Any, mask: Any) -> Any:
    z = (x - mean) * rstd
    along = (g - g.mean(-1, keepdim=True) - z * (g * z).mean(-1, keepdim=True)) * rstd
    return along * off(g), torch.empty(0), torch.empty(0)


@pytest.mark.parametrize(
    ("kernel", "wrong", "run", "expression"),
    [
        ("tanh_backward", tanh, backward_of(torch.tanh, -2, 2), "the gradient of tanh(x)"),
        ("log_sigmoid_backward", log_sigmoid, backward_of(torch.nn.functional.logsigmoid, -2, 2), "the gradient of log_sigmoid(x)"),
        (
            "_softmax_backward_data", softmax, backward_of(lambda x: torch.softmax(x, 1), -2, 2, (2, 5, 3)),
            "the gradient of softmax(x)",
        ),
        (
            "native_layer_norm_backward", layer_norm, backward_of(lambda x: torch.nn.functional.layer_norm(x, (4,)), -2, 3, (3, 4)),
            "the gradient of layer_norm(x, eps=1e-05)",
        ),
    ],
)  # fmt: skip
def test_a_wrong_kernel_of_a_backward_pass_is_proved_so(
    kernel: str, wrong: Callable[..., Any], run: Callable[[], Any], expression: str
) -> None:
    (finding,) = findings_with(kernel, wrong, run)
    assert (finding.kind, finding.kernel) == ("call", f"aten.{kernel}")
    assert finding.where.startswith("backward of ")
    assert finding.proved is not None
    assert (finding.proved.expression, finding.proved.class_) == (expression, "unstable")
    assert "cotangent" in finding.proved.inputs


def gelu(g: Any, x: Any, approximate: str = "none") -> Any:
    """As PyTorch wrote it: (1 + erf) keeps no digit at -8, whoever computes it."""
    cdf = 0.5 * (1 + torch.erf(x * 0.5**0.5)) if x.dtype == torch.float32 else 0.5 * torch.erfc(-x * 0.5**0.5)
    pdf = torch.exp(-0.5 * x * x) * (0.3989422804014327 if x.dtype == torch.float64 else 0.0)
    return g * (cdf + x * pdf)


def test_a_formula_that_cancels_is_unstable_in_its_tail_alone() -> None:
    (finding,) = findings_with("gelu_backward", gelu, backward_of(lambda x: torch.nn.functional.gelu(x + 0.0) * 1.0, -8, -7))[-1:]
    assert (finding.kind, finding.kernel) == ("call", "aten.gelu_backward")
    assert finding.proved is not None
    assert finding.proved.symptom == "zero"


def test_a_right_backward_pass_is_not_accused() -> None:
    torch.manual_seed(0)
    weight = torch.randn(6, 4, requires_grad=True)
    x = torch.randn(16, 6) * 8
    with trace(frameworks="torch") as t:
        for function in (
            torch.tanh,
            torch.sigmoid,
            torch.nn.functional.softplus,
            lambda h: torch.softmax(h, -1),
            torch.nn.functional.silu,
        ):
            (torch.nn.functional.layer_norm(function(x @ weight), (4,)) * torch.randn(16, 4) * 1e6).sum().backward()
    assert t.findings == ()


def test_a_kernel_whose_forward_call_is_another_one_is_not_judged() -> None:
    from ulpfuzz.fuzzer.trace.torch_backward import RESULT, catalogue_backward

    found = catalogue_backward()
    assert all(k.slots.count("cotangent") == 1 for kernels in found.values() for k in kernels)
    assert RESULT in found["aten.tanh_backward.default"][0].slots
    # Not the catalogue's: an epsilon that no op has is not judged by the one that it has.
    other = backward_of(lambda x: torch.nn.functional.layer_norm(x, (4,), eps=0.5), -2, 3, (3, 4))
    assert findings_with("native_layer_norm_backward", layer_norm, other) == ()
