"""The cases that the study tells by name: at its own inputs, what the old method answers is unstable, and what the right one answers is
not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.planted_framework import batch_of
from ulpfuzz.fuzzer.campaign.replay import historic
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.judge.verdict import Class


@pytest.fixture(autouse=True)
def _plugin() -> Iterator[None]:
    with historic():
        yield


def told(op: str, **inputs: Any) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """By function of a method: what it answers to this one row, and the worst class among the answers."""
    record = op_named(f"historic_{op}")
    dtype = record.implementations[0].dtypes[0]
    cell = Cell(record.name, tuple(record.default_params().items()), dtype, "value")
    evaluator = Evaluator(cell, subjects_of(cell, (str(target_named("historic")),)))
    answers, worst = {}, {}
    for outcome in evaluator.run(batch_of(dtype, **inputs)).outcomes:
        name = outcome.subject.implementation.call.partition("(")[0].partition(".")[2]
        assert outcome.answers is not None
        assert outcome.judged is not None
        answers[name] = np.asarray(outcome.answers, np.float64)[0]
        worst[name] = Class(int(outcome.judged.verdicts.classes.max())).name
    return answers, worst


@pytest.mark.parametrize("x", [[10.0, 100.0, 1000.0], [-1000.0, -10000.0, -1000000.0]])
def test_naive_softmax(x: list[float]) -> None:
    """exp(1000) overflows and inf/inf is NaN; all of exp(-1000), exp(-10000) and exp(-1000000) are zero, and so is their sum."""
    answers, worst = told("softmax", x=x)
    assert np.isnan(answers["exponentials_over_their_sum"]).any()
    assert worst == {"shifted_softmax": "ok", "exponentials_over_their_sum": "unstable"}
    assert answers["shifted_softmax"].max() == 1


def test_cosine_similarity_of_a_tiny_vector() -> None:
    """The clamp is beneath the root of the squares' product, which underflows: the gradient is off by orders of magnitude (row 4)."""
    answers, worst = told("cosine_similarity_gradient", x=[1e-12, 2e-12, -1e-12], y=[3e-12, 1e-12, 2e-12])
    assert worst["clamped_reciprocal_root"] == "unstable"
    assert worst["by_differences_of_products"] == "ok"
    assert not np.allclose(answers["clamped_reciprocal_root"], answers["by_differences_of_products"], rtol=0.5, atol=0)


def test_bucketize_by_a_midpoint_that_overflows() -> None:
    """low + high does not fit into the index's eight bits beyond 64 (row 28)."""
    answers, worst = told("bucketize", x=100.5)
    assert answers["searched_by_half_distance"] == 101
    assert answers["searched_by_sum_of_ends"] != 101
    assert worst == {"searched_by_half_distance": "ok", "searched_by_sum_of_ends": "unstable"}
    assert set(told("bucketize", x=10.5)[1].values()) == {"ok"}


def test_the_differentiation_of_lu_by_inverses() -> None:
    """The inverse of a triangle whose entries grow loses what substitution keeps (row 2)."""
    low = np.eye(5) + np.diag([64.0, -64.0, 64.0, -64.0], -1)
    x = np.random.default_rng(1).uniform(-4, 4, (5, 5))
    _, worst = told("lu_gradient", low=low.tolist(), up=low.tolist(), x=x.tolist())
    assert worst == {"rebuilt_by_substitution": "ok", "rebuilt_by_inverses": "unstable"}


@pytest.mark.parametrize(("g", "x", "y"), [(1e-20, 1.0, 1e-22), (1.0, 1e10, 1e20)])
def test_the_derivative_of_a_division(g: float, x: float, y: float) -> None:
    """y^2 overflows or underflows where the quotient does not (rows 3 and 8); second derivatives go through it again."""
    _, worst = told("div_gradient", g=g, x=x, y=y)
    assert worst["by_the_square"] == "unstable"
    assert worst["by_the_square_wide"] == "ok"


def test_the_derivative_of_a_norm_at_zero() -> None:
    """g - y (y.g)/|x|^2 over |x|: zero over zero where the limit is a number or an infinity (row 247)."""
    _, worst = told("normalize_gradient", x=[1e-30, 2e-30, -1e-30], g=[1.0, -1.0, 0.5])
    assert worst["less_projection"] == "ok"
    assert worst["no_derivative"] == "unstable"


def test_the_statistics_of_normalisation() -> None:
    """The mean of squares less the squared mean: nothing is left of a variance of 0.01 beside a mean of 10,000 (rows 110 and 128, 121 and
    141)."""
    x = [10000.0, 10000.125, 10000.25, 9999.875]
    answers, worst = told("moments", x=x)
    assert worst == {"two_passes": "ok", "mean_square_less_squared_mean": "unstable"}
    assert answers["two_passes"] == pytest.approx(0.01953125)
    assert told("mean_stddev_normalization", x=x)[1] == {
        "normalised_by_two_passes": "ok",
        "normalised_by_mean_square": "unstable",
    }


@pytest.mark.parametrize(
    ("op", "inputs", "old", "right"),
    [
        ("laplace_log_cdf", {"z": -200.0}, "log_of_laplace_cdf", "laplace_log_cdf_by_side"),  # log of a zero, row 137
        ("student_t_log_prob", {"y": 1e20, "df": 1.0}, "log_of_one_and_square", "log1p_of_wide_square"),  # y^2 overflows, row 122
        (
            "binomial_log_prob",
            {"k": 2.0, "n": 5.0, "logits": 100.0},
            "plain_normaliser",
            "shifted_normaliser",
        ),  # exp overflows, row 21
        ("bernoulli_log_prob", {"y": 0.0, "logits": 40.0}, "logs_of_probabilities", "by_log1p"),  # 1 - p is zero, row 139
        (
            "multinomial_log_prob",
            {"k": [0.0, 1.0, 2.0], "logits": [200.0, 0.0, 1.0]},
            "logs_of_softmax",
            "log_softmax_times",
        ),  # row 213
    ],
)
def test_log_probabilities(op: str, inputs: dict[str, Any], old: str, right: str) -> None:
    _, worst = told(op, **inputs)
    assert worst[old] == "unstable"
    assert worst[right] == "ok"
