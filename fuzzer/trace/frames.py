"""Frames: which line of the user's source a call comes from."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import FrameType

from ulpfuzz.fuzzer.trace.graph import Place

_OWN = str(Path(__file__).resolve().parents[2])
#: Folders whose code is no user's: the standard library, installed packages, and ourselves.
_OTHERS = tuple(
    dict.fromkeys(
        os.path.realpath(path) + os.sep
        for path in (*(sysconfig.get_paths()[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")),)
    )
)
#: Of our own folders those that hold no user's code.
_OURS = tuple(os.path.join(_OWN, name) + os.sep for name in ("fuzzer", "ulpfuzz", "oracles", "reports"))
#: Names of what a user typed without a file.
_TYPED = ("<string>", "<stdin>", "<ipython-input")


@cache
def _is_users(file: str) -> bool:
    if file.startswith("<"):
        return file.startswith(_TYPED)
    return not os.path.realpath(file).startswith((*_OTHERS, *_OURS))


@cache
def _shown(file: str) -> str:
    """Relative to the working folder where it lies inside."""
    if file.startswith("<"):
        return file
    path = os.path.abspath(file)
    inside = os.path.relpath(path, os.getcwd())
    return path if inside.startswith("..") else inside


def user_place(frame: FrameType | None) -> Place:
    """The innermost frame of the user's own code, from this one outwards; without one, line 0."""
    while frame is not None:
        if _is_users(frame.f_code.co_filename):
            return Place(_shown(frame.f_code.co_filename), frame.f_lineno)
        frame = frame.f_back
    return Place("", 0)


def place_among(frames: Iterable[tuple[str, int]]) -> Place:
    """Of frames as file and line, the innermost first, the first of the user's own; without one, line 0."""
    return next((Place(_shown(file), line) for file, line in frames if _is_users(file)), Place("", 0))


def passes_through(frame: FrameType | None, function: str, file: str) -> bool:
    """Whether a function of that name, in a file of that name, is being called."""
    while frame is not None:
        if frame.f_code.co_name == function and frame.f_code.co_filename.endswith(file):
            return True
        frame = frame.f_back
    return False
