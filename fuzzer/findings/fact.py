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

    #: Inputs that were run.
    inputs: int = 0
    #: Outputs that were judged.
    elements: int = 0
    #: The largest error in ulps that no flush-to-zero policy explains; inf for a wrong special value; -1: none.
    worst: float = -1.0
    #: The input of that error (-1: none), its output, and the answer there.
    at: int = -1
    #: The number of that output.
    output: int = 0
    #: What the target answered there.
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
    """What is known of one call on one target over every input of a space."""

    #: The name of the space (inputs.exhaustive.Space).
    space: str
    #: No input was left undecided, and nothing raised.
    proved: bool
    #: Inputs that were run.
    inputs: int
    #: The largest error in ulps of the dtype; inf for a wrong special value, nan where nothing was judged.
    max_ulps: float
    #: No error exceeds it, in ulps.
    bound: float
    #: The inputs of the largest error: name -> C99 hex.
    at: dict[str, str]
    #: The target's answer there.
    output: float
    #: The truth there, decimal.
    reference: str
    #: T in ulps, None where the op has no published one.
    limit: float | None
    #: Elements that are not the correctly rounded result.
    not_correctly_rounded: int
    #: Elements beyond T, or of a wrong kind.
    beyond_limit: int
    #: Inputs with a finding.
    failing: int
    #: Elements that a flush-to-zero policy explains.
    flushed: int
    #: Elements of which nothing is proved.
    undecided: int
    #: Elements by class.
    classes: dict[str, int]
    #: [from, to] of inputs with findings, rising; none where the op takes pairs.
    intervals: list[list[float]]
    #: The framework's message where a call failed.
    error: str = ""
    #: Of the framework.
    version: str = ""
    #: The id of the sweep.
    sweep: str = ""
    #: When it ended, ISO 8601.
    date: str = ""
    #: Of its chunks.
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
