"""Place: where in a framework call a point fails. Kernels differ between scalar path, vector body, tail and stride."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fuzzer.campaign.cell import Subject
from fuzzer.campaign.ledger import Candidate
from fuzzer.campaign.trial import Trial
from fuzzer.case import Batch, Placement
from fuzzer.judge.verdict import Class

#: Lengths tried, shortest first; for jax only these (each is a compilation), for the others all of 1..70 about the first failure.
LENGTHS = (1, 2, 3, 8, 16, 17, 64, 69)
CLOSED_LENGTHS = (1, 64)


@dataclass(frozen=True)
class Placed:
    """The placement with which a row fails, and those with which the same bits are judged right."""

    placement: Placement
    class_: Class
    symptom: int
    ulps: float
    right_at: tuple[int, ...] = ()


def place(trial: Trial, subject: Subject, row: Batch, output: int) -> Placed | None:
    """The simplest placement at which this element is a finding; None where it is at no length tried.

    Lengths come shortest first; where a length fails and a shorter one does not, the least failing length is found exactly (frameworks
    without compilation per shape), and a strided call is tried before giving up.
    """
    free = trial.framework(subject).lengths is None
    tried: dict[int, Placed | None] = {}
    for length in LENGTHS if free else CLOSED_LENGTHS:
        tried[length] = _fails(trial, subject, row, output, Placement(length, 0))
        if tried[length]:
            return _least(trial, subject, row, output, tried, length) if free else _with_right(tried, length)
    if free:
        return _fails(trial, subject, row, output, Placement(16, 0, 2))
    return None


def _least(
    trial: Trial, subject: Subject, row: Batch, output: int, tried: dict[int, Placed | None], length: int
) -> Placed | None:
    below = max((n for n in tried if n < length), default=0)
    for shorter in range(below + 1, length):
        found = _fails(trial, subject, row, output, Placement(shorter, 0))
        tried[shorter] = found
        if found:
            return _with_right(tried, shorter)
    return _with_right(tried, length)


def _with_right(tried: dict[int, Placed | None], length: int) -> Placed | None:
    found = tried[length]
    right = tuple(sorted(n for n, placed in tried.items() if placed is None and n < length))
    return None if found is None else Placed(found.placement, found.class_, found.symptom, found.ulps, right)


def _fails(trial: Trial, subject: Subject, row: Batch, output: int, placement: Placement) -> Placed | None:
    (outcome,) = trial.run_placed(row, subject, placement).outcomes
    if outcome.screened is None:
        return None
    classes = outcome.screened.verdicts.classes[:, output]
    wrong = np.flatnonzero(classes >= Class.inaccurate)
    if not len(wrong):
        return None
    position = int(wrong[np.argmax(classes[wrong])])
    verdicts = outcome.screened.verdicts
    return Placed(
        Placement(placement.length, position, placement.stride), Class(int(classes[position])),
        int(verdicts.symptoms[position, output]), float(verdicts.ulps[position, output]),
    )  # fmt: skip


def still_fails(trial: Trial, subject: Subject, candidate: Candidate, placement: Placement) -> bool:
    """Whether a candidate shows its class and symptom when placed so."""
    found = _fails(trial, subject, candidate.row, candidate.output, placement)
    return found is not None and found.symptom == candidate.symptom and found.class_ >= candidate.class_
