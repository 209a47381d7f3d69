"""The names of the inputs that derivatives take beside the op's."""

from __future__ import annotations

from ulpfuzz.fuzzer import case
from ulpfuzz.oracles import function


def test_case_and_oracle_call_the_directions_alike() -> None:
    """An interpreter of a host has the case and not the oracle, so each says the names."""
    assert (case.COTANGENT, case.TANGENT, case.DIRECTIONS) == (function.COTANGENT, function.TANGENT, function.DIRECTIONS)
