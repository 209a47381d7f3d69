"""Fact: what a sweep proved of one call over all inputs of a space; Share: what a stretch of it contributes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fuzzer.findings.target_cell import TargetCell

#: Intervals that are kept; where there are more, those with the fewest passing inputs between them are joined.
INTERVALS = 64
#: [first number, last number, failing inputs between]
Interval = Sequence[int]


@dataclass(frozen=True)
class Share:
    """Counts of one call over some inputs, by their numbers in the space (inputs.exhaustive.Space).

    worst: the largest error in ulps, inf for a wrong special value, of what no flush-to-zero policy explains, at the input `at` (-1: none),
    in output `output`, where the call gave `answer`; most: an upper bound of every error there. rounded_wrong: elements that are not the
    correctly rounded result; rounding_unknown: where the truth is too near a tie to say. beyond: elements beyond the limit T, or of a
    wrong kind. failing: inputs with a finding. classes: of elements, by name; flushed: elements that the policy explains. intervals: of
    failing inputs. error: the framework's message where it raised or died; nothing is counted then.
    """

    inputs: int = 0
    elements: int = 0
    worst: float = -1.0
    at: int = -1
    output: int = 0
    answer: float = math.nan
    most: float = 0.0
    rounded_wrong: int = 0
    rounding_unknown: int = 0
    beyond: int = 0
    failing: int = 0
    flushed: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    intervals: list[Interval] = field(default_factory=list)
    error: str = ""


def joined(shares: Iterable[Share]) -> Share:
    """The shares of disjoint inputs as one; the order does not matter."""
    parts = list(shares)
    classes: Counter[str] = Counter()
    for part in parts:
        classes.update(part.classes)
    worst = max((p.worst for p in parts), default=-1.0)
    place = min((p for p in parts if p.worst == worst), key=lambda p: p.at, default=Share())
    total = Share(
        worst=worst, at=place.at, output=place.output, answer=place.answer, most=max((p.most for p in parts), default=0.0),
        classes=dict(sorted(classes.items())),
        intervals=fewest(sorted(tuple(i) for p in parts for i in p.intervals)),
        error=min((p.error for p in parts if p.error), default=""),
    )  # fmt: skip
    counts = ("inputs", "elements", "rounded_wrong", "rounding_unknown", "beyond", "failing", "flushed")
    return replace(total, **{name: sum(getattr(p, name) for p in parts) for name in counts})


def fewest(intervals: ArrayLike, most: int = INTERVALS) -> list[Interval]:
    """Sorted disjoint intervals, those that touch as one, and no more than `most`: across the narrowest gaps they are joined."""
    whole = np.asarray(intervals, np.int64).reshape(-1, 3)
    if not len(whole):
        return []
    gaps = whole[1:, 0] - whole[:-1, 1]
    cuts = np.flatnonzero(gaps > 1)
    if len(cuts) >= most:
        cuts = np.sort(cuts[np.argsort(-gaps[cuts], kind="stable")[: most - 1]])  # the widest
    firsts, lasts = np.r_[0, cuts + 1], np.r_[cuts, len(whole) - 1]
    kept: list[Interval] = np.column_stack([whole[firsts, 0], whole[lasts, 1], np.add.reduceat(whole[:, 2], firsts)]).tolist()
    return kept


@dataclass(frozen=True)
class Fact(TargetCell):
    """What is known of one call on one target over every input of a space.

    proved: no input was left undecided, and nothing raised. max_ulps: the largest error (inf for a wrong special value, nan where nothing
    was judged), at the inputs `at` (name -> C99 hex), where the target answered `output` to the truth `reference` (decimal); bound: no error
    exceeds it. limit: T in ulps, None where the op has no published one. intervals: [[from, to], ...] per input name order, of inputs with
    findings; where the op takes pairs, none. version: of the framework.
    """

    space: str
    proved: bool
    inputs: int
    max_ulps: float
    bound: float
    at: dict[str, str]
    output: float
    reference: str
    limit: float | None
    not_correctly_rounded: int
    beyond_limit: int
    failing: int
    flushed: int
    undecided: int
    classes: dict[str, int]
    intervals: list[list[float]]
    error: str = ""
    version: str = ""
    sweep: str = ""
    date: str = ""
    seconds: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether every answer is the correctly rounded result."""
        return self.proved and self.not_correctly_rounded == 0 and not math.isinf(self.max_ulps)


@dataclass(frozen=True)
class Sweep:
    """One sweep: what was asked, and how far it came. selection: ops, dtype, orders, targets, as asked."""

    id: str
    started: str
    state: str = "running"
    seconds: float = 0.0
    selection: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
