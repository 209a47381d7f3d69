"""Single calls of TensorFlow: an op, or a function of several, that is wrong by itself is proved so, and no other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.frameworks.listening import tensorflow as listening
from ulpfuzz.fuzzer.trace.trace import trace

tf: ModuleType = pytest.importorskip("tensorflow")


@pytest.fixture
def loses_digits(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., Any]], None]:
    """Another function of float32 in the place of an op: TensorFlow's own cannot be replaced, so the listener is told so."""
    plain = listening.heard

    def planted(op: str, wrong: Callable[..., Any]) -> None:
        def heard(hear: listening.Hear) -> AbstractContextManager[None]:
            def called(name: str, inputs: Any, attrs: Any, outputs: Any) -> None:
                if name == op and inputs[0].dtype == tf.float32:
                    outputs = [tf.constant(wrong(*(x.numpy() for x in inputs)))]
                hear(name, inputs, attrs, outputs)

            return plain(called)

        monkeypatch.setattr(listening, "heard", heard)

    return planted


Plant = Callable[[str, Callable[..., Any]], None]


def adds_first(x: Any) -> Any:
    """log1p as a kernel without care would compute it."""
    return np.log(np.float32(1) + x)


def numbers(low: float, high: float, count: int = 16) -> Any:
    return tf.constant(np.linspace(low, high, count, dtype=np.float32))


def test_an_op_that_is_wrong_by_itself_is_proved_so(loses_digits: Plant) -> None:
    loses_digits("Log1p", adds_first)
    x = numbers(1e-6, 2e-6)
    with trace(frameworks="tensorflow") as t:
        tf.math.log1p(x)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel, finding.dtype) == ("call", "Log1p", "float32")
    assert "test_trace_tensorflow.py:" in finding.where
    assert finding.proved is not None
    assert (finding.proved.expression, finding.proved.class_) == ("log1p(x)", "unstable")


def test_an_op_in_a_tf_function_is_judged_too(loses_digits: Plant) -> None:
    loses_digits("Log1p", adds_first)
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


@pytest.mark.parametrize(
    ("op", "wrong", "function", "expression"),
    [
        ("TanhGrad", lambda y, g: g * (1 - y * y) * np.float32(1.001), tf.math.tanh, "the gradient of tanh(x)"),
        (
            "SoftsignGrad",
            lambda g, x: g / (1 + np.abs(x)) ** 2 * np.float32(1.001),
            tf.nn.softsign,
            "the gradient of softsign(x)",
        ),
    ],
)
def test_a_wrong_op_of_a_backward_pass_is_proved_so(
    op: str, wrong: Callable[..., Any], function: Callable[..., Any], expression: str, loses_digits: Plant
) -> None:
    loses_digits(op, wrong)
    x = numbers(-2, 2)
    with trace(frameworks="tensorflow") as t, tf.GradientTape() as tape:
        tape.watch(x)
        tape.gradient(tf.reduce_sum(function(x) * numbers(1e4, 3e4)), x)
    (finding,) = t.findings
    assert (finding.kind, finding.kernel) == ("call", op)
    assert finding.proved is not None
    assert (finding.proved.expression, finding.proved.class_) == (expression, "unstable")


def test_what_is_right_by_itself_is_not_accused() -> None:
    x = tf.constant(np.random.default_rng(0).normal(0, 4, (8, 5)).astype(np.float32))
    with trace(frameworks="tensorflow") as t, tf.GradientTape() as tape:
        tape.watch(x)
        hidden = tf.nn.softplus(tf.math.tanh(x)) * 0.5 + tf.nn.elu(x) + tf.math.sigmoid(x)
        tape.gradient(tf.nn.log_softmax(hidden, axis=0), x)
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
