"""Place: where in a framework call a point fails. Kernels differ between scalar path, vector body, tail and stride."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    Lengths come shortest first; where a length fails and a shorter one does not, the least failing length is found exactly, and a
    strided call is tried before giving up (both only in frameworks that do not compile per shape).
    """
    free = trial.framework(subject).lengths is None
    right: list[int] = []
    tried: list[int] = []
    for length in LENGTHS if free else CLOSED_LENGTHS:
        found = _fails(trial, subject, row, output, Placement(length), right)
        if found is not None:
            others = [n for n in range(1, length) if n not in tried] if free else []
            shorter = (_fails(trial, subject, row, output, Placement(n), right) for n in others)
            least = next((placed for placed in shorter if placed is not None), found)
            return replace(least, right_at=tuple(sorted(n for n in right if n < least.placement.length)))
        tried.append(length)
    return _fails(trial, subject, row, output, Placement(16, 0, 2), right) if free else None


def _fails(trial: Trial, subject: Subject, row: Batch, output: int, placement: Placement, right: list[int]) -> Placed | None:
    """Where the element is a finding in a call of this kind; else None, and `right` gets the length where every position is right."""
    (outcome,) = trial.run_placed(row, subject, placement).outcomes
    if outcome.screened is None:
        return None
    classes = outcome.screened.verdicts.classes[:, output]
    wrong = np.flatnonzero(classes >= Class.inaccurate)
    if not len(wrong):
        if (classes <= Class.ill_conditioned).all():
            right.append(placement.length)
        return None
    position = int(wrong[np.argmax(classes[wrong])])
    verdicts = outcome.screened.verdicts
    return Placed(
        Placement(placement.length, position, placement.stride), Class(int(classes[position])),
        int(verdicts.symptoms[position, output]), float(verdicts.ulps[position, output]),
    )  # fmt: skip


def as_before(trial: Trial, subject: Subject, candidate: Candidate, placement: Placement) -> Placed | None:
    """Where a candidate shows its class and symptom in a call of this placement's length; None where it does not."""
    found = _fails(trial, subject, candidate.row, candidate.output, placement, [])
    return found if found is not None and found.symptom == candidate.symptom and found.class_ >= candidate.class_ else None
