"""Profiles: zeros, infinities and NaNs stand in lanes of their own, the binades keep the axis."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from planted_findings import planted

from ulpfuzz.fuzzer.findings.finding import INFINITE, NOT_A_NUMBER, ZERO
from ulpfuzz.reports.extent import extent_text
from ulpfuzz.reports.plots import profile_svg

INSIDE = [[float(e), 1.0, 0.5, 9.0] for e in range(-20, 11)]


def labels(svg: str) -> dict[str, float]:
    """The texts under the axis, and where they stand."""
    texts = [t for t in ElementTree.fromstring(svg).iter("text") if float(t.attrib["y"]) > 180]
    return {str(t.text): float(t.attrib["x"]) for t in texts}


def test_specials_have_lanes_beside_the_axis() -> None:
    lanes = [[ZERO, 2.0, 1.0, 3.0], [INFINITE, math.inf, math.inf, 3.0], [NOT_A_NUMBER, 5.0, math.nan, 3.0]]
    svg = profile_svg(planted(profile=[lanes[0], *INSIDE, *lanes[1:]]))
    found = labels(svg)
    assert sorted(found, key=lambda name: found[name]) == [
        "0", "2⁻²⁰", "2⁻¹⁵", "2⁻¹⁰", "2⁻⁵", "1", "2⁵", "2¹⁰", "±∞", "NaN",
    ]  # fmt: skip
    assert found["2¹⁰"] - found["2⁻²⁰"] > 500  # of 720: the binades keep the axis
    assert "1099" not in svg
    assert "2^-20 to 2^10, 0, ±∞, NaN; wrong special values in 1 of 34 places" in svg
    (marks,) = re.findall(r'class="infinite" d="([^"]*)"', svg)
    assert marks.count("M") == 1
    assert abs(float(re.findall(r"M([\d.]+)", marks)[0]) - found["±∞"]) < 1


def test_without_specials_there_are_no_lanes() -> None:
    assert "0" not in labels(profile_svg(planted(profile=INSIDE)))
    assert profile_svg(planted(profile=[])) == ""


@pytest.mark.parametrize("lane", [ZERO, INFINITE, NOT_A_NUMBER])
def test_a_lane_alone_is_drawn(lane: float) -> None:
    svg = profile_svg(planted(profile=[[lane, 2.0, math.inf, 3.0]]))
    assert len(labels(svg)) == 1
    assert "nan" not in svg


def test_the_extent_in_words() -> None:
    extent = {
        "count": 12, "judged": 1000, "share": 0.012, "low": -3e38, "high": 1.0, "special": 4,
        "inputs": {"x": [-3e38, 1.0], "y": [0.0, 0.5], "w": [math.nan, math.nan]},
    }  # fmt: skip
    assert extent_text(planted(extent=extent)) == (
        "1.2 % of judged elements (12), x from -3e+38 to 1, y from 0 to 0.5; 4 of them with an infinity or a NaN among the inputs"
    )
    assert extent_text(planted(extent={})) == ""
    # Of a store of before, which knew the magnitudes of the first input.
    assert extent_text(planted()).endswith(", from 88.72 to 3.403e+38")
    assert extent_text(planted(extent={"count": 3})) == "? of judged elements (3)"
