"""Range: an interval that holds all values of an op, or all its slopes, whatever the input; a fact of the function, with its proof or source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ulpfuzz.fuzzer.catalog.axes import Axis


@dataclass(frozen=True)
class Range:
    """A closed interval [low, high] that holds the exact result at all finite inputs inside the op's domain, where it is a number.

    The ends are expressions over the op's inputs and numeric params, `length` (n, the length of vectors), the letters of its axes, `pi`, + - * /,
    and `sqrt`, `exp`, `log`, `abs`, `min`, `max`. `abs` of a vector is a vector; `min` and `max` take the numbers of one vector, or compare two
    numbers. A decimal stands for the exact decimal fraction. Empty: no end.

    A bound of zero is claimed only where the textbook's formula adds no terms of both signs: a cancellation rounds to either side of it.
    """

    low: str = ""
    high: str = ""
    #: Why, in a few words, with the standard, the paper or the section of the DLMF where it is no plain consequence of the definition.
    source: str = ""
    #: slope: of the first derivatives, by reverse and by forward mode; of elementwise ops only.
    of: Literal["value", "slope"] = "value"
    #: The outputs that it is said of; of slopes the places of the inputs among the differentiable ones. Empty: all.
    outputs: tuple[int, ...] = ()
    #: Likewise, where that depends on the size of an axis: the output from which on it is said, and that from which on it is not; "": from the first
    #: on, to the last.
    since: Axis = ""
    before: Axis = ""

    def speaks_of(self, order: str) -> bool:
        """Whether it is said of results of this order."""
        return order == "value" if self.of == "value" else order in ("grad", "jvp")
