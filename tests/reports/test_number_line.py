"""The number line: real exponents, infinities and NaN beside the axis, signs on their sides."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from ulpfuzz.fuzzer.formats import FORMATS
from ulpfuzz.reports.number_line import WIDTH, Span, number_line


def drawing(*spans: Span, case: tuple[float, ...] = (), dtype: str = "float32") -> ElementTree.Element:
    return ElementTree.fromstring(number_line("x", dtype, spans, case))


def bar(tree: ElementTree.Element) -> tuple[float, float]:
    (rect,) = [r for r in tree.iter("rect") if r.attrib["class"] == "failing"]
    left = float(rect.attrib["x"])
    return left, left + float(rect.attrib["width"])


def labels(tree: ElementTree.Element) -> dict[str, float]:
    return {str(t.text): float(t.attrib["x"]) for t in tree.iter("text")}


def test_positive_numbers_have_the_whole_axis() -> None:
    tree = drawing(Span(88.73, FORMATS["float32"].max))
    left, right = bar(tree)
    marks = labels(tree)
    assert marks["1"] < left < marks["2⁶⁴"] < right <= WIDTH
    assert "∞" not in marks
    assert not any("1099" in text for text in marks)


def test_infinities_and_nan_stand_beside_the_axis() -> None:
    tree = drawing(Span(-math.inf, -2.0), case=(math.nan, math.inf))
    marks = labels(tree)
    left, right = bar(tree)
    assert marks["-∞"] < left + 2 < marks["-2⁶⁴"] < right < marks["0"] < marks["2⁶⁴"] < marks["∞"] < marks["NaN"]


@pytest.mark.parametrize("dtype", sorted(FORMATS))
def test_every_format_is_drawn(dtype: str) -> None:
    fmt = FORMATS[dtype]
    tree = drawing(Span(-fmt.max, fmt.max), case=(0.0, fmt.min_subnormal, -1.0), dtype=dtype)
    assert 0 <= bar(tree)[0] < bar(tree)[1] <= WIDTH
    assert len(labels(tree)) >= 5


def test_nothing_is_drawn_of_nothing() -> None:
    assert number_line("x", "float32", [], []) == ""
