"""kept: what was evaluated of one row of inputs, for all of its outputs at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")


class Kept:
    """Evaluations of one row of inputs, by what was evaluated and how; the row is its owner's to know.

    A definition gives all outputs of a row together. A caller that proves one output after another gets them from here, so that a row of n
    outputs is evaluated once, not n times. What raises is not kept.
    """

    def __init__(self) -> None:
        self._evaluations: dict[Hashable, object] = {}

    def of(self, what: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this `what`."""
        if what not in self._evaluations:
            self._evaluations[what] = make()
        return self._evaluations[what]  # type: ignore[return-value]
