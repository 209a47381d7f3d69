"""What several shards learn of one finding or cell is the same in every order."""

import itertools
import math
from functools import reduce

from example_nouns import a_cell, a_finding
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.findings.merge import merge_cells, merge_findings, merge_profiles, worst

errors = st.sampled_from([0.5, 3.0, 1e5, math.inf, math.nan])
profiles = st.dictionaries(st.integers(-3, 3), st.tuples(errors, errors, st.integers(1, 9))).map(
    lambda rows: [[float(e), *row] for e, row in sorted(rows.items())]
)


@st.composite
def findings(draw):
    count = draw(st.integers(1, 50))
    judged = draw(st.integers(count, 5000))
    extent = {
        "count": count,
        "share": count / judged,
        "low": draw(st.sampled_from(["-1e30", "0.5"])),
        "high": draw(st.sampled_from(["2", "1e30"])),
    }
    inputs = {"x": float.hex(draw(st.sampled_from([1.0, 1.25, -89.05])))}
    peers = draw(st.sampled_from([[], ["jax:cpu:jit"], ["numpy:cpu:eager"]]))
    return a_finding(
        id="x", severity=draw(st.sampled_from([1.0, 2.0])), ulps=draw(errors), case={"inputs": inputs}, avoidable_by=peers,
        extent=draw(st.sampled_from([extent, {"count": count}, {}])), profile=draw(profiles),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.lists(findings(), min_size=3, max_size=3))
def test_findings_merge_alike_in_every_order(three):
    told = {repr(reduce(merge_findings, order)) for order in itertools.permutations(three)}
    told.add(repr(merge_findings(three[0], merge_findings(three[1], three[2]))))
    assert len(told) == 1


def test_the_worse_case_is_kept_with_its_own_peers_and_the_joint_extent():
    mild = a_finding(severity=5.0, avoidable_by=["jax:cpu:jit"], extent={"count": 10, "share": 0.1, "low": "-3", "high": "7.5"})
    grave = a_finding(severity=9.0, avoidable_by=[], extent={"count": 2, "share": 0.02, "low": "-1e30", "high": "7"})
    merged = merge_findings(mild, grave)
    assert merged.severity == 9.0
    assert merged.avoidable_by == []
    assert merged.extent == {"count": 12, "judged": 200, "share": 0.06, "low": "-1e30", "high": "7.5"}


def test_equal_severity_is_decided_by_ulps_and_then_by_the_simpler_case():
    small, large = a_finding(ulps=10.0), a_finding(ulps=math.inf)
    assert merge_findings(small, large).ulps == math.inf
    simple, long = a_finding(case={"x": "0x1p+0"}), a_finding(case={"x": "0x1.fffffep+0"})
    assert merge_findings(long, simple).case == {"x": "0x1p+0"}


@given(profiles, profiles)
def test_profiles_keep_the_worst_and_add_the_counts(one, other):
    merged = merge_profiles(one, other)
    assert [row[0] for row in merged] == sorted({row[0] for row in one + other})
    assert sum(row[3] for row in merged) == sum(row[3] for row in one + other)
    for exponent, ulps, _, _ in merged:
        seen = [row[1] for row in one + other if row[0] == exponent and not math.isnan(row[1])]
        assert ulps == max(seen) if seen else math.isnan(ulps)


def test_cells_add_up():
    cell = a_cell(a_finding())
    merged = merge_cells(
        cell, a_cell(a_finding(), verdicts=5, classes={"ok": 4, "undecided": 1}, worst_ulps=math.nan, worst_excess=1e9)
    )
    assert (merged.verdicts, merged.worst_ulps, merged.worst_excess) == (1005, 12.5, 1e9)
    assert merged.classes == {"ok": 994, "undecided": 1, "unstable": 10}


def test_not_known_gives_way():
    assert worst(math.nan, 2.0) == worst(2.0, math.nan) == 2.0
    assert worst(1.0, math.inf) == math.inf


def test_extents_of_every_input_are_merged():
    nan = math.nan
    one = {
        "count": 1,
        "judged": 10,
        "share": 0.1,
        "low": 1.0,
        "high": 2.0,
        "inputs": {"x": [1.0, 2.0], "w": [nan, nan]},
        "special": 1,
    }
    other = {
        "count": 2,
        "judged": 10,
        "share": 0.2,
        "low": -3.0,
        "high": 1.5,
        "inputs": {"x": [-3.0, 1.5], "w": [5.0, 6.0]},
        "special": 0,
    }
    merged = merge_findings(a_finding(extent=one), a_finding(extent=other)).extent
    assert merged["inputs"] == {"x": [-3.0, 2.0], "w": [5.0, 6.0]}
    assert list(merged["inputs"]) == ["x", "w"]
    assert (merged["special"], merged["low"], merged["high"], merged["count"]) == (1, -3.0, 2.0, 3)


def test_lanes_are_merged_like_binades():
    lanes = [[-math.inf, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0], [math.inf, 1.0, 1.0, 1.0], [math.nan, 1.0, 1.0, 1.0]]
    elsewhere = [[math.nan, 3.0, 0.0, 2.0], [-math.inf, 0.5, 4.0, 1.0]]
    merged = merge_profiles(lanes, [[float(str(row[0])), *row[1:]] for row in elsewhere])
    assert repr(merged) == repr([[-math.inf, 1.0, 4.0, 2.0], *lanes[1:3], [math.nan, 3.0, 1.0, 3.0]])
