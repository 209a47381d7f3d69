"""Stretch: consecutive inputs of a space through every subject of a cell, every answer judged; the unit of work of a sweep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.cell import Cell, Subject, subjects_of
from fuzzer.campaign.device_stretch import Scan, scan
from fuzzer.campaign.evaluator import Evaluator
from fuzzer.campaign.plateau import Plateau, plateaus
from fuzzer.campaign.shard import PATIENCE
from fuzzer.campaign.sharp_truth import CALL, PATIENT, Models, Truth, truth_of
from fuzzer.campaign.task import Result
from fuzzer.case import Batch
from fuzzer.findings.fact import Share, fewest, joined
from fuzzer.frameworks.framework import FrameworkError
from fuzzer.frameworks.hosts import host
from fuzzer.inputs.exhaustive import Space, space_of
from fuzzer.judge.ulps import TIE, doubles, error, kind_errors
from fuzzer.judge.verdict import Class
from oracles.reference import FINITE


@dataclass(frozen=True)
class Stretch:
    """The inputs `first` to `first + count` of the cell's space. first_calls: of each target the first call alone. See Task for the rest; memory:
    bytes that a process may have, or None."""

    cell: Cell
    targets: tuple[str, ...]
    first: int
    count: int
    alone: bool = False
    patience: float = PATIENCE
    memory: int | None = None
    first_calls: bool = False

    @property
    def subjects(self) -> list[Subject]:
        """Who is judged."""
        every = subjects_of(self.cell, self.targets)
        return [next(own) for _, own in groupby(every, key=lambda s: s.target)] if self.first_calls else every

    @property
    def id(self) -> str:
        """Stable: the same cell and inputs have the same id in a resumed sweep."""
        return f"{self.cell.key} {self.first}+{self.count}"

    def run(self) -> StretchResult:
        """run_stretch."""
        return run_stretch(self)

    def apart(self) -> Stretch:
        """The same with every target in a process of its own."""
        return replace(self, alone=True)

    def broken(self, failure: str, *, died: bool = False) -> StretchResult:
        """The result of a stretch that broke."""
        return StretchResult(self.id, self.cell.key, failure, died)


@dataclass(frozen=True)
class StretchResult(Result):
    """shares: what each (target, call) contributes. by_phase, by_tier: as of a shard."""

    shares: dict[tuple[str, str], Share] = field(default_factory=dict)
    by_phase: dict[str, float] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)
    tier_seconds: dict[str, float] = field(default_factory=dict)


def run_stretch(stretch: Stretch) -> StretchResult:
    """Runs a stretch in this process. Same arguments, same machine: same shares."""
    host.limit(stretch.patience, stretch.memory)
    subjects = stretch.subjects
    trial = Evaluator(stretch.cell, subjects, PATIENT, alone=stretch.alone)
    space = space_of(trial.op, stretch.cell.dtype)
    parts: dict[Subject, list[Share]] = {subject: [] for subject in subjects}
    try:
        with trial.clock.phase("search"):
            for subject, share in _on_devices(trial, space, stretch):
                parts[subject].append(share)
                trial.subjects.remove(subject)
            flat, models = _plateaus_by_call(trial, space, stretch), Models(trial, space)
            before: dict[Subject, float] = {}
            for first in range(stretch.first, stretch.first + stretch.count, CALL):
                count = min(CALL, stretch.first + stretch.count - first)
                for subject, share in _judged(trial, space, first, count, flat.get(first), models, before):
                    parts[subject].append(share)
                    before[subject] = max(before.get(subject, -1.0), share.worst)
    finally:
        if stretch.alone:
            trial.calls.end_hosts(subjects)
    shares = {(s.target, s.implementation.call): joined(found) for s, found in parts.items()}
    clock = trial.clock
    return StretchResult(
        stretch.id, stretch.cell.key, shares=shares, by_phase=dict(clock.seconds), by_tier=dict(clock.tally.elements),
        tier_seconds=dict(clock.tally.seconds),
    )  # fmt: skip


def _on_devices(trial: Evaluator, space: Space, stretch: Stretch) -> list[tuple[Subject, Share]]:
    """The subjects whose targets judge a whole stretch on their device, and what they contribute."""
    found = []
    plain = space.size == 1 << 32 and space.is_line and trial.function.order == "value"
    limit = trial.references.rule(space.inputs(np.zeros(1, np.int64))).limit.ulps * TIE
    for subject in trial.subjects if plain else ():
        with trial.clock.phase("framework"):
            try:
                told = scan(trial.calls.framework(subject), trial.calls.job(subject), stretch.first, stretch.count, limit)
            except FrameworkError as error:
                found.append((subject, Share(error=str(error))))
                continue
        if told is not None:
            found.append((subject, joined([told.sure, _rest(trial, space, subject, told)])))
    return found


def _rest(trial: Evaluator, space: Space, subject: Subject, told: Scan) -> Share:
    """What a device left, judged here."""
    parts = []
    for first in range(0, len(told.rest), CALL):
        numbers = told.rest[first : first + CALL]
        batch = space.inputs(numbers)
        with trial.clock.phase("oracle"):
            truth = truth_of(trial, batch)
        with trial.clock.phase("judge"):
            parts.append(_Judge(trial, numbers, batch, truth).share(subject, told.answers[first : first + CALL]))
    return joined(parts)


def _judged(
    trial: Evaluator, space: Space, first: int, count: int, plateau: Plateau | None, models: Models, before: dict[Subject, float]
) -> list[tuple[Subject, Share]]:
    """What every subject contributes on the inputs of one call, which all lie on the plateau where there is one. before: by subject the largest
    error of the calls before."""
    with trial.clock.phase("generation"):
        numbers, batch = space.stretch(first, count)
    if not len(numbers):
        return [(subject, Share()) for subject in trial.subjects]
    whole = batch if len(numbers) == count else _filled(batch, count)  # one shape, whatever is left out
    answered = []
    for subject in trial.subjects:
        whole_call = partial(trial.calls.call, subject, whole)
        answered.append(trial.calls.answered(subject, lambda call=whole_call: call()[: len(numbers)]))  # type: ignore[misc]
    if plateau is not None:
        level = _Level(trial, numbers, batch, plateau)
        with trial.clock.phase("judge"):
            return [(s, Share(error=message) if given is None else level.share(s, given)) for s, given, message in answered]
    with trial.clock.phase("oracle"):
        truth = models.truth(first, batch) or truth_of(trial, batch)
    with trial.clock.phase("judge"):
        judge = _Judge(trial, numbers, batch, truth)
        return [
            (s, Share(error=message) if given is None else judge.share(s, given, before.get(s, -1.0)))
            for s, given, message in answered
        ]


def _filled(batch: Batch, rows: int) -> Batch:
    """The batch with its last row repeated up to so many rows."""
    return batch.take(np.minimum(np.arange(rows), batch.rows - 1))


def _plateaus_by_call(trial: Evaluator, space: Space, stretch: Stretch) -> dict[int, Plateau]:
    """The plateaus of a stretch, by the first inputs of the calls that lie on them."""
    with trial.clock.phase("oracle"):
        found = plateaus(trial.function, space, stretch.first, stretch.count, CALL, partial(truth_of, trial))
    return {first: one for one in found for first in range(one.first, one.first + one.count, CALL)}


@dataclass(frozen=True)
class _Level:
    """The judge of the answers of one call whose inputs lie on a plateau: what is not correctly rounded is judged as elsewhere."""

    trial: Evaluator
    numbers: NDArray[np.int64]
    batch: Batch
    plateau: Plateau

    def share(self, subject: Subject, answers: NDArray[Any]) -> Share:
        """What the subject's answers contribute."""
        (values,) = self.batch.inputs.values()
        right = self.plateau.are_right(answers, values)[:, 0]
        ok = int(right.sum())
        share = Share(inputs=ok, elements=ok, most=0.5 if ok else 0.0, classes={Class.ok.name: ok})
        place = self.plateau.at - int(self.numbers[0])
        if 0 <= place < len(right) and right[place]:
            share = replace(share, worst=self.plateau.worst, at=self.plateau.at, answer=float(doubles(answers[place])[0]))
        if ok == len(right):
            return share
        wrong = np.flatnonzero(~right)
        batch = self.batch.take(wrong)
        judge = _Judge(self.trial, self.numbers[wrong], batch, truth_of(self.trial, batch))
        return joined([share, judge.share(subject, answers[wrong])])


class _Judge:
    """The judge of one call's answers: cheap for answers that are correctly rounded or within T, the campaign's own judge for the rest."""

    def __init__(self, trial: Evaluator, numbers: NDArray[np.int64], batch: Batch, truth: Truth) -> None:
        self.trial, self.numbers, self.batch, self.truth = trial, numbers, batch, truth
        self.limit = trial.references.rule(batch).limit.ulps * TIE
        self.all_certain = bool(truth.certain.all())

    def share(self, subject: Subject, answers: NDArray[Any], before: float = -1.0) -> Share:
        """What the subject's answers contribute. before: the largest error that is known already: errors of correctly rounded answers do not
        matter beside more than half an ulp."""
        truth = self.truth
        same = answers == truth.right
        if not self.all_certain:
            same &= truth.certain
        right = same if truth.plain is None else same | (kind_errors(answers, truth.reference.accepts)[0] & ~truth.plain)
        ok = int(right.sum())
        share = Share(inputs=len(self.numbers), elements=answers.size, most=0.5 if ok else 0.0)
        if ok == answers.size:
            share = replace(share, classes={Class.ok.name: ok})
            return share if before > 0.5 else self._least(share, answers, right)
        rows, outs = np.nonzero(~right)
        given = doubles(answers[rows, outs])
        some = truth.elements(rows, outs)
        gap, unsure, ulp = error(given, some, self.trial.format)
        with np.errstate(all="ignore"):
            within = (gap + unsure <= self.limit * ulp) & (some.accepts == FINITE) & ~np.isnan(given)
            halves = (
                within & ~truth.certain[rows, outs] & (gap - unsure <= 0.5 * ulp)
            )  # too near a tie, or any number of an interval
        share = replace(
            share, rounded_wrong=int((within & ~halves).sum()), rounding_unknown=int((halves & ~some.interval).sum()),
            classes={Class.ok.name: ok + int(within.sum())},
        )  # fmt: skip
        if within.any():
            share = self._worst_of(share, given[within], rows[within], outs[within], gap[within], unsure[within], ulp[within])
        if not within.all():
            share = self._judged(share, subject, answers, rows[~within], outs[~within])
        return share if max(share.worst, before) > 0.5 else self._least(share, answers, right)

    def _least(self, share: Share, answers: NDArray[Any], right: NDArray[np.bool_]) -> Share:
        """With the largest error of the correctly rounded answers, which matters where there are no others."""
        truth = self.truth.reference
        gap, unsure, ulp = error(answers, truth, self.trial.format)
        counted = right & (truth.accepts == FINITE) & ~truth.interval
        with np.errstate(all="ignore"):
            ulps = np.where(counted, gap / ulp, -1.0)
        rows, outs = np.unravel_index([int(np.argmax(ulps))], ulps.shape)
        if not counted[rows, outs].all() or ulps[rows, outs][0] < share.worst:
            return share
        given = doubles(answers[rows, outs])
        return self._worst_of(share, given, rows, outs, gap[rows, outs], unsure[rows, outs], ulp[rows, outs])

    def _worst_of(
        self, share: Share, given: NDArray[np.float64], rows: NDArray[Any], outs: NDArray[Any], gap: NDArray[np.float64],
        unsure: NDArray[np.float64], ulp: NDArray[np.float64],
    ) -> Share:  # fmt: skip
        """With the largest error of these elements, all of them numbers within T."""
        with np.errstate(all="ignore"):
            ulps, most = gap / ulp, (gap + unsure) / ulp
        k = int(np.argmax(ulps))
        return replace(
            share, worst=float(ulps[k]), at=int(self.numbers[rows[k]]), output=int(outs[k]), answer=float(given[k]),
            most=max(share.most, float(most.max())),
        )  # fmt: skip

    def _judged(
        self, share: Share, subject: Subject, answers: NDArray[Any], rows: NDArray[np.int64], outs: NDArray[np.int64]
    ) -> Share:
        """With these elements, beyond T or no numbers, as the campaign judges them."""
        some = rows[np.diff(rows, prepend=-1) > 0]  # ascending, each once
        beyond = np.zeros(answers.shape, np.bool_)
        beyond[rows, outs] = True
        beyond = beyond[some]
        evidence = self.trial.references.known(self.batch.take(some), self.truth.reference.take(some))
        (outcome,) = self.trial.judge(evidence.batch, [(subject, answers[some], "")], evidence).outcomes
        assert outcome.screened is not None
        verdicts, flushed = outcome.screened.verdicts, outcome.screened.flushed & beyond
        classes = Counter(share.classes)
        for code, number in enumerate(np.bincount(verdicts.classes[beyond]).tolist()):
            if number:
                classes[Class(code).name] += number
        told = beyond & ~flushed & ~np.isnan(verdicts.ulps)
        failing = (verdicts.classes >= Class.inaccurate).any(axis=1)
        share = replace(
            share, rounded_wrong=share.rounded_wrong + int((beyond & (verdicts.ulps > 0)).sum()),
            beyond=int((told & (verdicts.ulps > self.limit)).sum()), failing=int(failing.sum()), flushed=int(flushed.sum()),
            classes=dict(classes), intervals=runs(self.numbers[some[failing]]),
        )  # fmt: skip
        ulps = np.where(told, verdicts.ulps, -1.0)
        row, out = np.unravel_index(int(np.argmax(ulps)), ulps.shape)
        if ulps[row, out] > share.worst:
            worst, given = float(ulps[row, out]), float(doubles(answers[some])[row, out])
            share = replace(
                share, worst=worst, at=int(self.numbers[some[row]]), output=int(out), answer=given, most=max(share.most, worst)
            )
        return share


def runs(numbers: NDArray[np.int64]) -> list[Any]:
    """Ascending numbers as intervals of consecutive ones, no more than a Share keeps."""
    return fewest(np.column_stack([numbers, numbers, np.ones_like(numbers)]))
