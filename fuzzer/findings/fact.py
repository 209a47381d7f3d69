"""Fact: what a sweep proved of one call over all inputs of a space; PartialResult: what a chunk of it contributes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ulpfuzz.fuzzer.findings.target_cell import TargetCell

#: Intervals that are kept; where there are more, those with the fewest passing inputs between them are joined.
INTERVALS = 64
#: [first number, last number, failing inputs between]
Interval = Sequence[int]


@dataclass(frozen=True)
class PartialResult:
    """Counts of one call over some inputs, numbered as in the space (inputs.exhaustive.Space). The store keeps its fields by their
    names."""

    inputs: int = 0
    elements: int = 0
    #: The largest error in ulps that no flush-to-zero policy explains; inf for a wrong special value; -1: none.
    worst: float = -1.0
    #: The input of that error (-1: none), its output, and the answer there.
    at: int = -1
    output: int = 0
    answer: float = math.nan
    #: An upper bound of every error in ulps.
    most: float = 0.0
    #: Elements that are not the correctly rounded result.
    rounded_wrong: int = 0
    #: Elements whose truth is too near a tie to tell that.
    rounding_unknown: int = 0
    #: Elements beyond the limit T, or of a wrong kind.
    beyond: int = 0
    #: Inputs with a finding.
    failing: int = 0
    #: Elements that a flush-to-zero policy explains.
    flushed: int = 0
    #: Elements by class.
    classes: dict[str, int] = field(default_factory=dict)
    #: Of failing inputs.
    intervals: list[Interval] = field(default_factory=list)
    #: The framework's message where a call failed; nothing is counted then.
    error: str = ""


def joined(partial_results: Iterable[PartialResult]) -> PartialResult:
    """The results of disjoint inputs as one; their order does not matter."""
    parts = list(partial_results)
    classes: Counter[str] = Counter()
    for part in parts:
        classes.update(part.classes)
    worst = max((p.worst for p in parts), default=-1.0)
    place = min((p for p in parts if p.worst == worst), key=lambda p: p.at, default=PartialResult())
    total = PartialResult(
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
    was judged), at the inputs `at` (name -> C99 hex), where the target answered `output` to the truth `reference` (decimal); bound: no
    error exceeds it. limit: T in ulps, None where the op has no published one. intervals: [[from, to], ...] per input name order, of inputs
    with findings; where the op takes pairs, none. version: of the framework.
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
    """One sweep: what was requested, and how far it came. selection: ops, dtype, orders, targets, as requested."""

    id: str
    started: str
    state: str = "running"
    seconds: float = 0.0
    selection: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
