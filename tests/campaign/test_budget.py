"""Budgets as users write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.campaign.budget import Budget


@pytest.mark.parametrize(
    ("text", "seconds", "verdicts"),
    [("10m", 600, None), ("90s", 90, None), ("8h", 28800, None), ("1h30m", 5400, None), ("1.5h", 5400, None),
     ("2d", 172800, None),
     ("200M", None, 200_000_000), ("5k", None, 5000), ("1G", None, 10**9), (" 10m ", 600, None)],
)  # fmt: skip
def test_parse(text: str, seconds: float | None, verdicts: int | None) -> None:
    assert Budget.parse(text) == Budget(seconds, verdicts)


@pytest.mark.parametrize("text", ["", "10", "0s", "0k", "m", "10 m", "5K", "-3m", "1h30", "ten minutes", "5k10m", "inf"])
def test_what_is_no_budget_is_refused_in_one_line_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a budget: .*10m.*200M") as caught:
        Budget.parse(text)
    assert "\n" not in str(caught.value)


@given(
    st.one_of(
        st.integers(1, 10**7).map(lambda n: Budget(seconds=float(n))), st.integers(1, 10**12).map(lambda n: Budget(verdicts=n))
    )
)
def test_text_is_read_back(budget: Budget) -> None:
    assert Budget.parse(budget.text) == budget
