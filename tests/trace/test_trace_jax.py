"""Single calls of JAX: a primitive, or a function of several, that is wrong by itself is proved so, and no other."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.trace.trace import trace

jax: ModuleType = pytest.importorskip("jax")


@pytest.fixture
def _log1p_loses_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log1p of float32 that adds first, as a kernel without care would."""
    from jax._src import core

    plain = core.EvalTrace.process_primitive

    def process(self: Any, primitive: Any, args: Any, params: Any) -> Any:
        if primitive.name == "log1p" and args[0].dtype == np.float32:
            return jax.device_put(np.log(np.float32(1) + np.asarray(args[0])))
        return plain(self, primitive, args, params)

    monkeypatch.setattr(core.EvalTrace, "process_primitive", process)


def numbers(low: float, high: float, count: int = 16) -> Any:
    return jax.numpy.asarray(np.linspace(low, high, count, dtype=np.float32))


@pytest.mark.usefixtures("_log1p_loses_digits")
def test_a_primitive_that_is_wrong_by_itself_is_proved_so() -> None:
    x = numbers(1e-6, 2e-6)
    with trace(frameworks="jax") as t:
        jax.numpy.log1p(x)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel, finding.dtype) == ("call", "log1p", "float32")
    assert "test_trace_jax.py:" in finding.where
    assert finding.proved is not None
    assert (finding.proved.expression, finding.proved.class_) == ("log1p(x)", "unstable")


@pytest.mark.usefixtures("_log1p_loses_digits")
def test_a_function_is_not_accused_of_what_its_primitive_does_wrong() -> None:
    x = numbers(-16.0, -14.0)
    with trace(frameworks="jax") as t:
        jax.grad(lambda x: jax.nn.softplus(x).sum())(x)
    assert [f.kernel for f in t.findings] == ["log1p"]


def test_a_function_whose_formula_cancels_is_proved_unstable_although_each_primitive_is_right() -> None:
    x = numbers(-7.0, -6.0)  # 1 + tanh(...) keeps no digit there, whoever computes it
    with trace(frameworks="jax") as t:
        jax.nn.gelu(x, approximate=True)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("call", "jax.nn.gelu")
    assert finding.proved is not None
    assert finding.proved.expression == "gelu(x, approximate='tanh')"
    assert finding.proved.class_ == "unstable"


def test_a_function_under_a_derivative_is_judged_on_the_numbers_that_it_stands_for() -> None:
    x = numbers(-7.0, -6.0)
    with trace(frameworks="jax") as t:
        jax.grad(lambda x: jax.nn.gelu(x, approximate=True).sum())(x)
    assert [f.kernel for f in t.findings] == ["jax.nn.gelu"]


def test_a_function_that_stands_for_single_rows_is_left_alone() -> None:
    x = numbers(-7.0, -6.0).reshape(4, 4)
    with trace(frameworks="jax") as t:
        jax.vmap(lambda row: jax.nn.gelu(row, approximate=True))(x)
    assert t.findings == ()


def test_a_function_along_another_axis_than_the_catalogue_s_is_judged_along_its_own() -> None:
    x = jax.numpy.asarray(np.full((3, 4), 1e30, np.float32))
    with trace(frameworks="jax") as t:
        jax.numpy.linalg.vector_norm(x, axis=0)
    calls = [f for f in t.findings if f.kind == "call"]
    assert [f.kernel for f in calls] == ["jnp.linalg.vector_norm"]
    assert calls[0].proved is not None
    assert len(calls[0].proved.inputs["x"]) == 3


def test_what_is_right_by_itself_is_not_accused() -> None:
    x = jax.numpy.asarray(np.random.default_rng(0).normal(0, 4, (8, 5)).astype(np.float32))
    with trace(frameworks="jax") as t:
        jax.grad(lambda x: jax.nn.log_softmax(jax.nn.gelu(x, approximate=False), axis=-1).sum())(x)
    assert t.findings == ()


def test_the_map_of_primitives_follows_the_catalogue() -> None:
    from ulpfuzz.fuzzer.trace.jax_examiner import primitives
    from ulpfuzz.fuzzer.trace.primitives import matching

    found = primitives()
    assert {m.meaning.op.name for m in found["log1p"]} == {"log1p"}
    two = np.full(3, 2.0, np.float32)
    degree = np.full(3, np.pi / 180, np.float32)
    names = {m.op.name for m, _ in matching(found["mul"], [two, degree], {"out_dtype": None})}
    assert names == {"mul"}  # not deg2rad, whose constant is no number of the format
    assert {m.op.name for m, _ in matching(found["integer_pow"], [two], {"y": 3})} == {"integer_pow"}
    assert not matching(found["integer_pow"], [two], {"y": 17})
