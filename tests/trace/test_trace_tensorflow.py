"""Single calls of TensorFlow: an op, or a function of several, that is wrong by itself is proved so, and no other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.frameworks.listening import tensorflow as listening
from ulpfuzz.fuzzer.trace.trace import trace

tf: ModuleType = pytest.importorskip("tensorflow")


@pytest.fixture
def _log1p_loses_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Log1p of float32 that adds first, as a kernel without care would: TensorFlow's own cannot be replaced, so the listener is told so."""
    plain = listening.heard

    def heard(hear: listening.Hear) -> AbstractContextManager[None]:
        def called(name: str, inputs: Any, attrs: Any, outputs: Any) -> None:
            if name == "Log1p" and inputs[0].dtype == tf.float32:
                outputs = [tf.constant(np.log(np.float32(1) + inputs[0].numpy()))]
            hear(name, inputs, attrs, outputs)

        return plain(called)

    monkeypatch.setattr(listening, "heard", heard)


def numbers(low: float, high: float, count: int = 16) -> Any:
    return tf.constant(np.linspace(low, high, count, dtype=np.float32))


@pytest.mark.usefixtures("_log1p_loses_digits")
def test_an_op_that_is_wrong_by_itself_is_proved_so() -> None:
    x = numbers(1e-6, 2e-6)
    with trace(frameworks="tensorflow") as t:
        tf.math.log1p(x)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel, finding.dtype) == ("call", "Log1p", "float32")
    assert "test_trace_tensorflow.py:" in finding.where
    assert finding.proved is not None
    assert (finding.proved.expression, finding.proved.class_) == ("log1p(x)", "unstable")


@pytest.mark.usefixtures("_log1p_loses_digits")
def test_an_op_in_a_tf_function_is_judged_too() -> None:
    x = numbers(1e-6, 2e-6)
    step = tf.function(lambda x: tf.reduce_sum(tf.math.log1p(x)))
    with trace(frameworks="tensorflow") as t, tf.GradientTape() as tape:
        tape.watch(x)
        tape.gradient(step(x), x)
    assert [(f.kind, f.kernel) for f in t.findings] == [("call", "Log1p")]


def test_a_function_whose_formula_cancels_is_proved_unstable_although_each_op_is_right() -> None:
    x = numbers(-7.0, -6.0)  # 1 + tanh(...) keeps no digit there, whoever computes it
    with trace(frameworks="tensorflow") as t, tf.GradientTape() as tape:
        tape.watch(x)
        tape.gradient(tf.nn.gelu(x, approximate=True, name="activation"), x)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("call", "tf.nn.gelu")
    assert finding.proved is not None
    assert finding.proved.expression == "gelu(x, approximate='tanh')"


def test_what_is_right_by_itself_is_not_accused() -> None:
    x = tf.constant(np.random.default_rng(0).normal(0, 4, (8, 5)).astype(np.float32))
    with trace(frameworks="tensorflow") as t, tf.GradientTape() as tape:
        tape.watch(x)
        tape.gradient(tf.nn.log_softmax(tf.nn.softplus(x) * 0.5, axis=0), x)
    assert t.findings == ()


def test_the_map_of_ops_follows_the_catalogue() -> None:
    from ulpfuzz.fuzzer.trace.primitives import matching
    from ulpfuzz.fuzzer.trace.tensorflow_examiner import primitives

    found = primitives()
    assert {m.meaning.op.name for m in found["Log1p"]} == {"log1p"}
    assert found["Softmax"][0].meaning.by_rows
    assert not any(name.startswith("__") for name in found)
    two, degree = np.full(3, 2.0, np.float32), np.full(3, np.pi / 180, np.float32)
    assert {m.op.name for m, _ in matching(found["Mul"], [two, degree], {})} == {"mul"}
