"""Exported JSON is valid everywhere; stored JSON loses nothing."""

import json
import math
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from example_nouns import a_cell, a_finding, a_run
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.payload import decode, encode
from ulpfuzz.fuzzer.findings.strict_json import jsonable, to_json
from ulpfuzz.fuzzer.judge.verdict import Symptom


def refuse(token):
    raise AssertionError(f"not strict JSON: {token}")


@given(
    st.recursive(
        st.floats() | st.integers() | st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_strict_json_is_strict_and_keeps_finite_values(value):
    back = json.loads(to_json(value), parse_constant=refuse)
    assert back == jsonable(value)
    if isinstance(value, float) and math.isfinite(value):
        assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


def test_a_finding_is_exported_with_the_names_of_the_contract():
    told = json.loads(to_json([a_finding(ulps=math.inf, excess=math.nan, output=-math.inf)]), parse_constant=refuse)[0]
    assert (told["class"], told["ulps"], told["excess"], told["output"]) == ("unstable", "inf", "nan", "-inf")
    assert told["answers"][0]["class"] == "unstable"
    assert "class_" not in told


def test_numpy_and_enums_are_plain():
    value = {
        "a": np.float32(0.5),
        "b": np.arange(2),
        "c": Symptom.nan,
        "d": ml_dtypes.bfloat16(1.5),
        "e": np.bool_(True),
        "f": {2, 1},
    }
    assert jsonable(value) == {"a": 0.5, "b": [0, 1], "c": "nan", "d": 1.5, "e": True, "f": [1, 2]}
    with pytest.raises(TypeError, match="no JSON form for object"):
        jsonable(object())


def same(one, other):
    return repr(one) == repr(other)  # nan is nan, -0.0 is not 0.0


@given(st.floats(), st.floats(), st.floats())
def test_the_store_keeps_every_float(ulps, output, order):
    finding = a_finding(ulps=ulps, output=output, params={"ord": order}, id="x", profile=[[1.0, ulps, output, 3.0]])
    assert same(decode(Finding, encode(finding)), finding)
    cell = a_cell(a_finding(), worst_ulps=ulps)
    assert same(decode(CellSummary, encode(cell)), cell)


def test_unknown_keys_of_a_later_version_are_ignored():
    run = replace(a_run(1), environment={"cpu": "any"})
    text = json.dumps({**json.loads(encode(run)), "colour": "blue"})
    assert decode(Run, text) == run
