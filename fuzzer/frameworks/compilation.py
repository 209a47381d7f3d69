"""Compilation: when a framework of this process begins and ends to compile, for whoever limits the time of its calls."""

from __future__ import annotations

from collections.abc import Callable

#: The frameworks that announce it.
announcing: set[str] = set()
_listeners: list[Callable[[bool], None]] = []


def listen(listener: Callable[[bool], None]) -> None:
    """From here on it is called with True where a compilation begins, with False where it ends, in the thread that compiles."""
    _listeners.append(listener)


def announce(*, begins: bool) -> None:
    """A compilation begins, or has ended."""
    for listener in _listeners:
        listener(begins)
