"""The oracle's memory: the same answers with a full, an empty and no memory; what is stale or broken is as none; processes do not disturb one
another."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulpfuzz.oracles import limits_at_infinity, memory, oracle, rigorous
from ulpfuzz.oracles.conditioning import _remembered as remembered_amplification
from ulpfuzz.oracles.conditioning import amplification
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.accepted import ACCEPTED, Accepted
from ulpfuzz.oracles.memory import EXTENDED, Form

LGAMMA = Function("lgamma", ("x",), order="grad", differentiable=("x",))
POW = Function("pow", ("x", "y"))
TEXT: Form[str] = Form(str.encode, bytes.decode)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    memory.keep_in(tmp_path)
    yield tmp_path
    memory.keep_in(None)


def anew(folder: Path | None) -> None:
    """What another process would know: nothing but what is on disk."""
    memory.keep_in(None)
    for cached in (limits_at_infinity._accepted, remembered_amplification):
        cached.cache_clear()
    memory.keep_in(folder)


def ask(text: str, function: Function = POW) -> str:
    """The text, or what is remembered in its place."""
    return memory.remembered("text", function, b"key", lambda: text, TEXT)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def learn(folder: Path, text: str, function: Function = POW) -> None:
    anew(folder)
    with memory.keeping():
        ask(text, function)
    memory.save()


# Answers

SPECIAL = np.array([-math.inf, -0.0, 0.0, 1.0, 2.5, -1.0, 1e300, math.nan, math.inf])


def answers() -> list[Any]:
    """What the oracle says by Arb, of limits and of conditions."""
    x = np.concatenate([SPECIAL, [3e-310, 0.3, -1.5, 171.0]])
    pairs = {"x": np.repeat(SPECIAL, len(SPECIAL)), "y": np.tile(SPECIAL, len(SPECIAL))}
    truths = [
        oracle.reference(LGAMMA, {"x": x}, precision=53),
        oracle.reference(POW, pairs, precision=53),
        oracle.reference(LGAMMA, {"x": -x}, precision=24),
    ]
    numbers = [getattr(t, name) for t in truths for name in t.__dataclass_fields__]
    finite = {"x": np.array([-1.461632, 1.4616321449683622, 1e305, 3e-308])}
    return [*numbers, amplification(LGAMMA, finite, np.zeros(4, np.int64), 53)]


def test_answers_are_the_same_with_a_full_an_empty_and_no_memory(tmp_path: Path) -> None:
    anew(None)
    absent = answers()
    anew(tmp_path)
    with memory.keeping():
        empty = answers()
    anew(tmp_path)
    assert files(tmp_path)
    full = answers()
    memory.keep_in(None)
    for one, two, three in zip(absent, empty, full, strict=True):
        assert one.dtype == two.dtype == three.dtype
        assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
        assert np.array_equal(one, three, equal_nan=one.dtype.kind == "f")


def test_what_is_known_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anew(tmp_path)
    with memory.keeping():
        before = answers()
    anew(tmp_path)
    for module, name in ((limits_at_infinity, "_accepted"), (rigorous, "enclose")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("computed again"))
    after = oracle.reference(
        LGAMMA, {"x": np.array([-math.inf, -0.0, 3e-310, math.inf])}, precision=53, caps=oracle.Caps(audit_share=0)
    )
    assert after.value[2, 0] == before[0][len(SPECIAL), 0]
    memory.keep_in(None)


# Forms


@given(st.lists(st.tuples(st.integers(0, 15), st.floats(), st.floats(), st.booleans())))
def test_accepted_answers_are_read_as_they_were_written(given_: list[tuple[int, float, float, bool]]) -> None:
    right = tuple(Accepted(*one) for one in given_)
    assert repr(ACCEPTED.read(ACCEPTED.write(right))) == repr(right)


@given(st.floats(), st.integers(-16000, 16000), st.integers(0, 2**11 - 1))
def test_numbers_of_extended_precision_are_read_as_they_were_written(x: float, exponent: int, low: int) -> None:
    with np.errstate(all="ignore"):
        wide = np.ldexp(np.longdouble(x) * (1 + np.longdouble(low) * np.finfo(np.longdouble).eps), exponent)
    back = EXTENDED.read(EXTENDED.write(wide))
    assert back == wide or (np.isnan(back) and np.isnan(wide))
    assert np.signbit(back) == np.signbit(wide) or np.isnan(wide)


# Files


def test_outside_of_keeping_what_is_known_is_read_and_nothing_is_kept(folder: Path) -> None:
    ask("first")
    memory.save()
    assert not files(folder)
    learn(folder, "second")
    anew(folder)
    assert ask("third") == "second"


def test_functions_have_files_of_their_own(folder: Path) -> None:
    learn(folder, "pow")
    learn(folder, "lgamma", LGAMMA)
    learn(folder, "other params", Function("pow", ("x", "y"), (("base", 2),)))
    assert len(files(folder)) == 3
    anew(folder)
    assert (ask("?", POW), ask("?", LGAMMA)) == ("pow", "lgamma")


def test_what_was_computed_by_another_oracle_is_not_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(folder, "before")
    monkeypatch.setattr(memory, "_source", lambda: "another source")
    anew(folder)
    assert ask("after") == "after"


@pytest.mark.parametrize("harm", ["cut", "bit", "empty", "other"])
def test_a_broken_file_is_as_none_and_is_replaced(folder: Path, harm: str) -> None:
    learn(folder, "whole")
    (file,) = files(folder)
    content = file.read_bytes()
    harmed = {"cut": content[:-1], "bit": content[:-1] + bytes([content[-1] ^ 1]), "empty": b"", "other": b"a" * 100}[harm]
    file.write_bytes(harmed)
    anew(folder)
    assert ask("anew") == "anew"
    learn(folder, "anew")
    anew(folder)
    assert ask("?") == "anew"


def test_processes_add_to_what_others_have_written(folder: Path) -> None:
    with memory.keeping():
        memory.remembered("text", POW, b"mine", lambda: "mine", TEXT)
    program = (
        "import sys; from pathlib import Path; from ulpfuzz.oracles import memory; from ulpfuzz.oracles.function import Function\n"
        "memory.keep_in(Path(sys.argv[1]))\n"
        "form = memory.Form(str.encode, bytes.decode)\n"
        "memory.remembered('text', Function('pow', ('x', 'y')), b'theirs', lambda: 'theirs', form, keep=True)\n"
        "memory.save()"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    memory.save()
    anew(folder)
    assert memory.remembered("text", POW, b"mine", lambda: "?", TEXT) == "mine"
    assert memory.remembered("text", POW, b"theirs", lambda: "?", TEXT) == "theirs"
    assert [path.name.startswith("writing-") for path in files(folder)] == [False]


def test_a_file_has_a_bound_and_what_came_first_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "FILE_BYTES", 1000)
    with memory.keeping():
        for number in range(100):
            memory.remembered("text", POW, bytes([number]), lambda: "a" * 80, TEXT)
    memory.save()
    (file,) = files(folder)
    assert 900 < file.stat().st_size < 1100
    anew(folder)
    assert memory.remembered("text", POW, bytes([0]), lambda: "?", TEXT) == "a" * 80
    assert memory.remembered("text", POW, bytes([99]), lambda: "?", TEXT) == "?"


def test_a_folder_that_cannot_be_written_ends_the_writing_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    anew(tmp_path / "file" / "folder")
    with memory.keeping():
        assert ask("first") == ask("second") == "first"
    memory.save()
    memory.save()
    memory.keep_in(None)


def test_definitions_of_other_packages_are_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "definition", lambda name: ask)
    learn(folder, "mine", Function("mine", ("x",)))
    assert not files(folder)
