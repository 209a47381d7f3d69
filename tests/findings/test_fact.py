"""Shares join to the same whole in any order; intervals keep every failing number."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.findings.fact import PartialResult, fewest, joined

counts = st.integers(0, 10**9)
partial_results = st.builds(
    PartialResult, inputs=counts, elements=counts, worst=st.sampled_from([-1.0, 0.0, 0.5, 3.25, math.inf]), at=st.integers(0, 5),
    most=st.sampled_from([0.5, 3.5]), rounded_wrong=counts, beyond=counts, failing=counts, flushed=counts,
    classes=st.dictionaries(st.sampled_from(["ok", "unstable"]), counts), error=st.sampled_from(["", "", "no", "never"]),
)  # fmt: skip


@given(st.lists(partial_results, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_shares_does_not_matter(parts: list[PartialResult], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole, again = joined(parts), joined(shuffled)
    assert (whole.worst, whole.at, whole.most, whole.error) == (again.worst, again.at, again.most, again.error)
    assert whole.classes == again.classes
    assert whole.inputs == sum(p.inputs for p in parts)
    assert whole.worst == max(p.worst for p in parts)


@given(st.sets(st.integers(0, 300)), st.integers(1, 6))
def test_no_failing_number_is_lost(numbers: set[int], most: int) -> None:
    singles = [[n, n, 1] for n in sorted(numbers)]
    found = fewest(singles, most)
    assert len(found) <= most
    assert sum(i[2] for i in found) == len(numbers)
    assert all(any(a <= n <= b for a, b, _ in found) for n in numbers)
    assert all(x[1] < y[0] for x, y in itertools.pairwise(found))


def test_the_narrowest_gaps_are_joined() -> None:
    assert fewest([[0, 1, 2], [3, 3, 1], [100, 110, 5]], 2) == [[0, 3, 3], [100, 110, 5]]
    assert fewest([[0, 1, 2], [2, 3, 2]], 5) == [[0, 3, 4]]
