"""Labels of wrong answers, with planted frameworks: right by the page, wrong by the page too, flushed, flushed but wrong elsewhere, composed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.campaign.planted_frameworks import Planted, planted
from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard
from ulpfuzz.fuzzer.catalog import registry
from ulpfuzz.fuzzer.catalog.op import Documented, domain, op, scalar
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.point.answered import Answered
from ulpfuzz.fuzzer.point.probe import probe

Array = NDArray[Any]
TINY = float(np.finfo(np.float32).smallest_normal)
PAGE = "https://example.org/page"


def answered(
    name: str, inputs: dict[str, Any], params: dict[str, Any] | None = None, dtype: str = "float32", call: str = ""
) -> Answered:
    found = probe(name, dtype, inputs, params, "value", "torch:cpu:eager").targets
    return next(a for a in found if call in a.implementation)


def softplus(x: Array) -> Array:
    return np.logaddexp(0.0, x)


def with_threshold(x: Array) -> Array:
    return np.where(x > 5, x, softplus(x))


def test_an_answer_by_the_page_is_documented_with_its_page() -> None:
    with planted(with_threshold):
        mine = answered("softplus_beta", {"x": 5.5}, {"beta": 1.0, "threshold": 5.0})
    assert mine.class_.is_finding
    assert mine.label.name == "documented"
    assert "https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html" in mine.label.reason
    assert mine.shown == "documented"


def test_what_the_page_does_not_say_is_a_finding() -> None:
    with planted(lambda x: with_threshold(x) * (1 + 1e-4)):
        beyond = answered("softplus_beta", {"x": 5.5}, {"beta": 1.0, "threshold": 5.0})
    with planted(lambda x: np.where(x > 4, x, softplus(x))):
        elsewhere = answered("softplus_beta", {"x": 4.5}, {"beta": 1.0, "threshold": 5.0})
    for mine in (beyond, elsewhere):
        assert mine.class_.name == "unstable"
        assert mine.shown == "unstable"


@pytest.mark.parametrize(
    ("name", "x", "answer", "shown"),
    [
        ("cosh", 88.9, math.inf, "documented"), ("cosh", -88.9, math.inf, "documented"), ("sinh", -88.9, -math.inf, "documented"),
        ("cosh", 88.5, math.inf, "unstable"), ("cosh", 88.9, math.nan, "unstable"), ("cosh", 88.9, -math.inf, "unstable"),
        ("cosh", 88.9, 2.04e38, "unstable"), ("sinh", -88.9, math.inf, "unstable"),
    ],
)  # fmt: skip
def test_sleef_rounds_to_infinity_outside_its_own_bounds_and_does_nothing_else(
    name: str, x: float, answer: float, shown: str
) -> None:
    with planted(lambda numbers: np.full_like(numbers, answer)):
        assert answered(name, {"x": x}).shown == shown


def test_what_is_said_of_one_device_is_not_said_of_another() -> None:
    (fact, *_) = registry.op_named("cosh").documented
    assert fact.speaks_of("torch", "float32", "value", "cpu")
    assert not fact.speaks_of("torch", "float32", "value", "cuda")


@contextmanager
def recorded(name: str, *facts: Documented, **rest: Any) -> Iterator[None]:
    """The op with other facts inside the block."""
    known = registry.ops()
    before = known[name]
    known[name] = replace(before, documented=facts, **rest)
    try:
        yield
    finally:
        known[name] = before


@pytest.mark.parametrize(
    ("fact", "documented"),
    [
        (domain("x>0.25", PAGE), True), (domain("x>0.125", PAGE), False), (Documented("zero", PAGE, "x<1", value=0.0), True),
        (Documented("one", PAGE, "x<1", value=1.0), False), (Documented("an interval", PAGE, value=(-1.0, 1.0)), True),
        (Documented("another's", PAGE, frameworks=("jax",)), False), (Documented("of gradients", PAGE, orders=("grad",)), False),
        (Documented("the input", PAGE, value="x"), False), (Documented("of this framework", PAGE, frameworks=("torch",)), True),
    ],
)  # fmt: skip
def test_values_and_domains(fact: Documented, documented: bool) -> None:
    with recorded("expm1", fact), planted(lambda x: 0 * x):
        mine = answered("expm1", {"x": 0.25})
    assert mine.class_.is_finding
    assert (mine.label.name == "documented") is documented
    assert (PAGE in mine.label.reason) is documented


def test_a_state_is_what_the_format_holds() -> None:
    """sqrt(x^2 + y^2) in the dtype, step by step: its overflow is documented where the record says that it is so computed, and no other loss."""
    fact = Documented("the root of the sum of squares, in the dtype", PAGE, definition="state_of_two", arithmetic="state")
    _define_state()

    def in_steps(x: Array, y: Array) -> Array:
        x, y = x.astype(np.float32), y.astype(np.float32)
        return np.sqrt(x * x + y * y)

    with recorded("hypot", fact):
        with planted(in_steps):
            assert answered("hypot", {"x": 3e30, "y": 4e30}).shown == "documented"
        with planted(lambda x, y: np.where(x > 1e10, 1e30, np.hypot(x, y))):
            assert answered("hypot", {"x": 3e30, "y": 4e30}).shown == "unstable"


def _define_state() -> None:
    from ulpfuzz.oracles.definitions import _registry, define

    if "state_of_two" not in _registry:

        @define("state_of_two")
        def state_of_two(m: Any, x: Any, y: Any) -> Any:
            return m.sqrt(m.square(x) + m.square(y))


class Flushing(Planted):
    """Its products of subnormal numbers are zero, as its policy says."""

    @staticmethod
    def product(x: Array, y: Array) -> Array:
        given = np.where(np.abs(x) < TINY, 0.0, x) * np.where(np.abs(y) < TINY, 0.0, y)
        return np.where(np.abs(given) < TINY, 0.0, given)


@contextmanager
def flushing(truth: Callable[..., Array]) -> Iterator[None]:
    from ulpfuzz.fuzzer.frameworks.targets import target as targets

    targets.register("torch", lambda: Flushing(truth, lambda right, batch: right))
    try:
        yield
    finally:
        targets.unregister("torch")


def flushed_geglu(x: Array, y: Array) -> Array:
    """x sigmoid(x) y, where sigmoid(x) is below the least normal number zero."""
    sigmoid = 1 / (1 + np.exp(-x))
    return x * np.where(sigmoid < TINY, 0.0, sigmoid) * y


def test_a_flush_on_the_way_is_none_on_a_target_that_keeps() -> None:
    point = {"x": -90.0, "y": 1e10}
    with flushing(flushed_geglu):
        mine = answered("swiglu", point)
    assert (mine.label.name, mine.symptom.name) == ("flush", "zero")
    assert "2^-126" in mine.label.reason
    with planted(flushed_geglu):
        assert answered("swiglu", point).label.name != "flush"


def test_an_error_that_stays_out_of_reach_of_a_flush_is_a_finding() -> None:
    """exp(x) - 1 is zero at tiny normal x too, where the flush could be blamed."""
    with flushing(lambda x: np.exp(x) - 1):
        mine = answered("elu", {"x": -1.5 * TINY}, {"alpha": 1.0})
    assert mine.class_.is_finding
    assert mine.label.name == ""
    with flushing(lambda x: np.where(np.abs(x) < 2 * TINY, 0.0, np.expm1(x))):
        assert answered("elu", {"x": -1.5 * TINY}, {"alpha": 1.0}).label.name == "flush"


def test_an_underflow_that_no_policy_explains_is_a_finding() -> None:
    def norm(x: Array) -> Array:
        return np.sqrt((np.square(x).astype(np.float32)).sum(axis=-1))

    with flushing(norm):
        mine = answered("norm", {"x": [1e-30, 1e-30]}, {"ord": 2})
    assert (mine.shown, mine.symptom.name) == ("unstable", "zero")


def test_a_composed_call_says_so_and_ranks_below() -> None:
    with planted(lambda x: np.full(len(x), 0.25)):
        mine = answered("logmeanexp", {"x": [0.0, 1.0]})
    assert mine.label.name == "composed"
    assert "torch.logsumexp" in mine.label.reason


def test_the_worst_element_is_one_without_a_label() -> None:
    """Of one call with a documented and a wrong element, the wrong one is told."""

    def half_right(x: Array) -> Array:
        return np.where(x < 0, 0.5 * softplus(x), with_threshold(x))

    with planted(half_right):
        mine = answered("softplus_beta", {"x": [5.5, -1.0]}, {"beta": 1.0, "threshold": 5.0})
    assert [label.name for label in mine.labels] == ["documented", ""]
    assert mine.worst == 1
    assert mine.shown == "unstable"


def findings(name: str, truth: Callable[..., Array], framework: Callable[..., Any] = planted) -> list[Finding]:
    record = registry.op_named(name)
    cell = Cell(name, tuple(record.default_params().items()), "float32", "value")
    with framework(truth):
        return run_shard(Shard(cell, ("torch:cpu:eager",), seed=1, round=0, verdicts=20_000)).findings


def test_a_search_reports_what_is_wrong_beside_what_is_documented() -> None:
    """The threshold of 20 explains the largest errors of the search; a kernel that also loses a digit below 1 is a finding without a label."""
    known = registry.ops()
    narrow = op("narrow_softplus", [scalar("x")], torch="torch.nn.functional.softplus(x)", definition="softplus",
                documented=(Documented("x beyond 2", PAGE, "x>2", value="x"),), orders=("value",))  # fmt: skip
    known["narrow_softplus"] = narrow
    try:
        right = findings("narrow_softplus", lambda x: np.where(x > 2, x, softplus(x)))
        wrong = findings("narrow_softplus", lambda x: np.where(x > 2, x, softplus(x) * np.where(x < 1, 1 + 1e-5, 1.0)))
    finally:
        del known["narrow_softplus"]
    assert {f.label for f in right} == {"documented"}
    assert all(f.severity < 0 and PAGE in f.reason for f in right)
    plain = [f for f in wrong if not f.label]
    assert plain
    assert all(f.severity >= 0 and not math.isnan(f.output) for f in plain)
