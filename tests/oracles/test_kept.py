"""Kept: what a row shares between its outputs gives what each would be told by itself, and costs one evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import ulpfuzz.oracles.definitions as definitions
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.confirmation import confirm
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.neighbourhood import neighbourhood

NUMBERS = st.one_of(st.floats(-30, 30), st.sampled_from([0.0, 1.0, 1e300, -1e-300, float("inf"), float("-inf")]))


def of(name: str, order: str = "value") -> Function:
    op = op_named(name)
    return function_of(op, op.default_params(), order)


@contextmanager
def counted(name: str) -> Iterator[list[int]]:
    """The lengths at which a definition is evaluated inside the block."""
    before, calls = definitions.definition(name), list[int]()

    def counting(m: Any, x: Any, **params: Any) -> Any:
        calls.append(len(x))
        return before(m, x, **params)

    definitions._registry[name] = counting
    try:
        yield calls
    finally:
        definitions._registry[name] = before


def test_what_is_kept_is_made_once_and_what_raises_is_not_kept() -> None:
    kept, made = Kept(), list[str]()

    def make(name: str) -> str:
        made.append(name)
        if len(made) == 1:
            raise ValueError(name)
        return name

    with pytest.raises(ValueError, match="a"):
        kept.of("x", lambda: make("a"))
    assert [kept.of("x", lambda: make("b")), kept.of("x", lambda: make("c")), kept.of("y", lambda: make("d"))] == ["b", "b", "d"]
    assert made == ["a", "b", "d"]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([("softmax", "value"), ("cumsum", "value"), ("sort", "value"), ("cumprod", "value"), ("logsumexp", "grad")]),
    st.lists(NUMBERS, min_size=3, max_size=3),
)
def test_every_output_is_told_the_same_whatever_was_told_before(which: tuple[str, str], numbers: list[float]) -> None:
    function, single = of(*which), {"x": np.array(numbers)}
    if which[1] == "grad":
        single["cotangent"] = np.array([1.5])
    finite = {name: np.where(np.isfinite(v), v, 0.0) for name, v in single.items()}
    widths = {name: 4 * np.spacing(np.abs(v)) for name, v in finite.items()}
    kept = Kept()
    for output in (2, 0, 1, 2):
        assert confirm(function, single, output, kept=kept) == confirm(function, single, output)
        for bits in (128, 512):
            shared, own = (neighbourhood(function, single, output, widths, bits, k) for k in (kept, None))
            assert shared.bounded == own.bounded
            if own.bounded:
                assert (shared.low == own.low, shared.high == own.high) == (True, True)


def proved(function: Function, x: NDArray[np.float64], outputs: int) -> None:
    kept = Kept()
    for output in range(outputs):
        confirm(function, {"x": x}, output, kept=kept)
        neighbourhood(function, {"x": x}, output, {"x": np.spacing(x)}, 128, kept)


def test_a_row_is_evaluated_as_often_for_many_outputs_as_for_one() -> None:
    x = np.linspace(1, 2, 64)
    with counted("cumsum") as one:
        proved(of("cumsum"), x, 1)
    with counted("cumsum") as many:
        proved(of("cumsum"), x, 64)
    assert len(many) == len(one) <= 6
