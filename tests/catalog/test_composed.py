"""Composed calls: told by the syntax, by the rounding at a point, or by the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.composed import composed, steps_of
from ulpfuzz.fuzzer.catalog.op import call, matrix, op, scalar, vector
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.formats import FLOAT32


@pytest.mark.parametrize(
    ("expression", "steps"),
    [
        ("tf.math.xlogy(x, x / y) - x + y", ("+", "-", "tf.math.xlogy", "/")), ("torch.exp(torch.lgamma(x + 1))", ("torch.exp", "torch.lgamma", "+")),
        ("torch.logsumexp(x, dim=-1) - torch.log(torch.ones_like(x).sum(dim=-1))", ("-", "torch.logsumexp")),
        ("jax.lax.reduce_window(x, 0.0, jax.lax.add, (1, 3), (1, 1), 'VALID') / 4", ("/", "jax.lax.reduce_window")),
        ("x * torch.sigmoid(x)", ("*", "torch.sigmoid")), ("(lambda a: torch.sin(a) * a)(x)", ("*", "torch.sin")),
    ],
)  # fmt: skip
def test_steps_upon_steps(expression: str, steps: tuple[str, ...]) -> None:
    assert steps_of(expression, ("x", "y")) == steps


@pytest.mark.parametrize(
    "expression",
    [
        "torch.special.xlogy(x, y)", "x * y", "-torch.sin(x)[..., 0]", "torch.stack([torch.sin(x), torch.cos(x)], dim=-1)",
        "torch.distributions.Normal(x, y, validate_args=False).log_prob(x)", "tf.cast(tf.math.floormod(tf.cast(x, tf.int8), 3), x.dtype)",
        "tf.keras.layers.LayerNormalization(axis=-1, epsilon=1e-3 * 2)(x)", "torch.nn.functional.l1_loss(x, y, reduction='none').mean(dim=-1)",
        "torch.distributions.kl_divergence(torch.distributions.Normal(x, y), torch.distributions.Normal(y, x))",
        "torch.stack([torch.sum(row) for row in x])", "(lambda o, q: (q.assign(x), o.apply([y], [q]), q)[-1])(tf.optimizers.SGD(0.1 * 2), q)",
        "torch.where(x > 0, torch.sin(x), torch.cos(x))", "np.where(mask > 0, x, -x)",
    ],
)  # fmt: skip
def test_one_step_at_most(expression: str) -> None:
    assert len(steps_of(expression, ("x", "y", "mask"))) < 2


def composed_at(expression: str, **values: Any) -> str:
    record = op("f", [scalar(n) if np.ndim(v) < 2 else vector(n) for n, v in values.items()], torch=expression)
    row = {name: np.asarray(value, np.float64) for name, value in values.items()}
    return composed(record, record.implementations[0], {}, row, FLOAT32)


@pytest.mark.parametrize(
    ("expression", "values", "rounds"),
    [
        ("torch.square(x - y)", {"x": [3.0], "y": [1.0]}, False), ("torch.square(x - y)", {"x": [3.0], "y": [1e-30]}, True),
        ("torch.norm(x - y)", {"x": [[3.0, 4.0]], "y": [[1.0, 2.0]]}, False), ("torch.lgamma(x + 1)", {"x": [2.0**24]}, True),
        ("torch.lgamma(x + 1)", {"x": [np.inf]}, False), ("torch.exp(x - y)", {"x": [np.inf], "y": [np.inf]}, True),
        ("tf.floordiv(x, y + tf.cast(y >= 0, y.dtype))", {"x": [3.0], "y": [0.0]}, False), ("torch.sin(x[..., None] * 0.5)", {"x": [3.0]}, False),
        ("torch.exp(torch.lgamma(x + 1))", {"x": [1.0]}, True),
    ],
)  # fmt: skip
def test_an_operator_that_rounds_nothing_is_no_step(expression: str, values: dict[str, Any], rounds: bool) -> None:
    assert bool(composed_at(expression, **values)) is rounds


@pytest.mark.parametrize(
    ("expression", "blamed"),
    [
        ("x * torch.sigmoid(y)", False), ("torch.sigmoid(x) / y", False), ("torch.sigmoid(x) - y", True), ("x / (1 + torch.abs(x))", True),
        ("torch.exp(torch.sin(x) * y)", True), ("y * torch.exp(torch.sin(x))", True),
    ],
)  # fmt: skip
def test_a_product_between_the_ends_of_the_format_keeps_the_error_of_the_call(expression: str, blamed: bool) -> None:
    record = op("f", [scalar("x"), scalar("y")], torch=expression)
    row = {"x": np.asarray([0.3]), "y": np.asarray([0.7])}
    assert composed(record, record.implementations[0], {}, row, FLOAT32)
    assert bool(composed(record, record.implementations[0], {}, row, FLOAT32, scaled=True)) is blamed


def test_the_record_decides_first() -> None:
    for given, expected in (
        (call("torch.sin(x) + x", plain="its page writes it so"), ""),
        (call("torch.sin(x)", composed="why"), "why"),
    ):
        record = op("f", [scalar("x")], torch=given)
        assert composed(record, record.implementations[0]) == expected
    whole = op("f", [matrix("a")], torch="(lambda q, r: q @ r)(*torch.linalg.qr(a))", accuracy="backward", error_norm="all")
    assert composed(whole, whole.implementations[0]) == ""


def test_every_call_of_the_catalogue_can_be_read() -> None:
    """A share: a rule that called everything composed, or nothing, would be none."""
    reasons = [composed(record, one) for record in ops().values() for one in record.implementations]
    assert 50 < sum(map(bool, reasons)) < 200
