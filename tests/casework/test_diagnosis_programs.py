"""The steps of frameworks are watched: planted formulas in their own namespaces are found, backward passes included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.casework.planted_kernels import finding_of
from ulpfuzz.fuzzer.casework.diagnosis.diagnose import diagnose

#: (op, call over {n}, dtype, inputs, cause, a piece of the step); every framework spells these functions alike.
CALLS = [
    ("expm1", "{n}.exp(x) - 1", "float32", {"x": 1e-4}, "cancellation", "exp(x) - 1 cancels"),
    ("log1p", "{n}.log(1 + x)", "float32", {"x": 1e-5}, "lost_addend", "of x = 1e-05"),
    ("hypot", "{n}.sqrt(x * x + y * y)", "float32", {"x": 1e30, "y": 1e20}, "overflow", "x * x overflows"),
    ("hypot", "{n}.sqrt(x * x + y * y)", "float32", {"x": 1e-30, "y": 2e-30}, "underflow", "underflows to 0"),
]
NAMESPACES = [("torch", "torch"), ("tensorflow", "tf.math"), ("jax", "jnp")]


@pytest.mark.parametrize(("framework", "namespace"), NAMESPACES)
@pytest.mark.parametrize(("op", "call", "dtype", "inputs", "cause", "step"), CALLS)
def test_steps_are_watched(
    framework: str, namespace: str, op: str, call: str, dtype: str, inputs: dict[str, Any], cause: str, step: str
) -> None:
    pytest.importorskip(framework)
    target = f"{framework}:cpu:eager"
    diagnosis = diagnose(finding_of(op, call.format(n=namespace), dtype, target=target, **inputs))
    assert diagnosis.cause == cause, diagnosis
    assert step in diagnosis.step
    assert diagnosis.evidence[0].experiment == "parts"
    assert "own" in diagnosis.evidence[0].outcome


def test_torch_distributions_are_looked_into() -> None:
    pytest.importorskip("torch")
    call = "torch.distributions.Laplace(loc, scale, validate_args=False).log_prob(x) + 0 * torch.log(torch.exp(scale))"
    diagnosis = diagnose(finding_of("laplace_logpdf", call, target="torch:cpu:eager", x=1.0, loc=0.0, scale=100.0))
    assert (diagnosis.cause, diagnosis.step) == ("overflow", "exp(scale) overflows: 2.69e+43 > 3.4e+38")


def test_a_right_call_has_no_culprit() -> None:
    pytest.importorskip("torch")
    diagnosis = diagnose(finding_of("hypot", "torch.hypot(x, y)", target="torch:cpu:eager", x=3.0, y=4.0))
    assert (diagnosis.cause, diagnosis.confirmed) == ("unknown", False)


def test_what_is_written_in_place_is_followed() -> None:
    pytest.importorskip("torch")
    call = "x.clone().exp_().sub_(1)"
    diagnosis = diagnose(finding_of("expm1", call, target="torch:cpu:eager", x=1e-4))
    assert diagnosis.cause == "cancellation"
    assert diagnosis.evidence[0].experiment == "parts"


def test_a_number_that_passes_through_a_narrower_format() -> None:
    pytest.importorskip("torch")
    call = "x * torch.sqrt(torch.tensor(2.0)).to(x.dtype) / 1.4142135623730951"
    found = diagnose(finding_of("exp", f"torch.exp(({call}))", "float64", target="torch:cpu:eager", x=3.0))
    assert found.cause == "constant", found


@pytest.mark.parametrize(
    ("framework", "call"),
    [
        ("torch", "torch.where(x > 20, x, torch.log1p(torch.exp(x)))"),
        ("tensorflow", "tf.where(x > 20, x, tf.math.log1p(tf.exp(x)))"),
        ("jax", "jnp.where(x > 20, x, jnp.log1p(jnp.exp(x)))"),
    ],
)
def test_a_derivative_whose_value_is_right(framework: str, call: str) -> None:
    """The branch that is not taken: zero times infinity in the chain rule."""
    pytest.importorskip(framework)
    finding = replace(finding_of("softplus", call, target=f"{framework}:cpu:eager", symptom="nan", x=200.0), order="grad")
    diagnosis = diagnose(finding)
    assert (diagnosis.cause, diagnosis.confirmed) == ("derivative", True), diagnosis
    assert any(s.experiment == "value" and s.supports == "derivative" for s in diagnosis.evidence)
    assert "exp(x)" in diagnosis.step or "inf" in diagnosis.step


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize(("framework", "namespace"), NAMESPACES)
def test_narrow_formats(framework: str, namespace: str, dtype: str) -> None:
    pytest.importorskip(framework)
    diagnosis = diagnose(finding_of("expm1", f"{namespace}.exp(x) - 1", dtype, target=f"{framework}:cpu:eager", x=1e-2))
    assert (diagnosis.cause, diagnosis.confirmed) == ("cancellation", True), diagnosis
    assert "exp(x) - 1 cancels" in diagnosis.step
