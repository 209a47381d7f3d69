"""The protocol of an arithmetic: it names all that there is, and every arithmetic has all that it names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.mpfr import Mpfr
from ulpfuzz.oracles.arithmetic.arb import Arb
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.log64 import Log64
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.native import Formula, Native
from ulpfuzz.oracles.arithmetic.protocol import UNARY, Arithmetic, Elementary, Tabulated, TapeBase
from ulpfuzz.oracles.arithmetic.series import NotKnown, Series
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.arithmetic.stepwise import Stepwise
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.arithmetic.taped import TapedMp, TapedNative

#: What a tape may stand on.
BASES: dict[str, Callable[[], Any]] = {
    "ball64": Ball64,
    "log64": Log64,
    "arb": lambda: Arb(64),
    "mp": lambda: Mp(64),
    "mp along a path": lambda: TapedMp(64),
    "native": TapedNative,
    "a format": lambda: Formula(np.float32),
    "mpfr": lambda: Mpfr(64),
    "a tape": lambda: Tape(Ball64()),
    "step by step": lambda: Stepwise(TapedMp(64), lambda value: value),
}


def _names(protocol: type) -> set[str]:
    return {name for part in protocol.__mro__ if part is not object for name in vars(part) if not name.startswith("_")}


def test_the_elementary_functions_are_those_of_unary() -> None:
    assert _names(Elementary) == set(UNARY)


def test_the_special_functions_are_those_of_the_table() -> None:
    assert _names(Tabulated) == {*functions(), "partial"}


def test_the_special_functions_take_as_many_numbers_as_their_entries() -> None:
    for name, entry in functions().items():
        parameters = list(inspect.signature(getattr(Tabulated, name)).parameters.values())[1:]
        if any(p.kind is p.VAR_POSITIONAL for p in parameters):
            assert entry.arguments == 0, name  # of a matrix of any order
        else:
            assert [p.kind for p in parameters] == [inspect.Parameter.POSITIONAL_ONLY] * entry.arguments, name


@pytest.mark.parametrize("name", BASES)
def test_an_arithmetic_below_a_tape_has_all_that_the_tape_asks(name: str) -> None:
    m = BASES[name]()
    assert [member for member in sorted(_names(TapeBase)) if not hasattr(m, member)] == []


def test_plain_numbers_of_a_format_are_an_arithmetic() -> None:
    assert [member for member in sorted(_names(Arithmetic)) if not hasattr(Native(), member)] == []


def test_a_series_knows_its_members_or_says_that_it_does_not() -> None:
    with Series(64, 4) as m:
        for member in _names(Arithmetic):
            try:
                getattr(m, member)
            except NotKnown:
                assert member in UNARY or member in functions() or member in ("atan2", "fmod", "partial"), member
