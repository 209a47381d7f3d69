"""Chunk: consecutive inputs of a space through every subject of a cell, every answer judged; the unit of work of a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.engine.task import Isolable, Result
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.fact import PartialResult, fewest, joined
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.inputs.exhaustive import Space, space_of
from ulpfuzz.fuzzer.judge.ulps import TIE, doubles, error, kind_errors
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.sweep.constant_run import ConstantRun, constant_runs
from ulpfuzz.fuzzer.sweep.device_chunk import Scan, scan
from ulpfuzz.fuzzer.sweep.tight_reference import CALL, SWEEP_CAPS, Models, TightReference, truth_of
from ulpfuzz.oracles.reference import FINITE


@dataclass(frozen=True)
class Chunk(Isolable):
    """Consecutive inputs of the space of a cell, judged as one task."""

    #: What is swept.
    cell: Cell
    #: Full names.
    targets: tuple[str, ...]
    #: Its inputs have the numbers `first` to `first + count`.
    first: int
    #: Inputs of the chunk.
    count: int
    #: Seconds that a framework call may take.
    call_timeout: float = CALL_TIMEOUT
    #: Bytes that a process may have, or None.
    memory: int | None = None
    #: Of each target the first call only.
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

    @property
    def needs(self) -> tuple[str, ...]:
        """Its targets that compute the cell."""
        return tuple(dict.fromkeys(subject.target for subject in self.subjects))

    def only(self, targets: Collection[str]) -> Chunk:
        """Of these targets alone."""
        return replace(self, targets=tuple(name for name in self.targets if name in targets))

    def run(self) -> ChunkResult:
        """run_chunk."""
        return run_chunk(self)

    def broken(self, failure: str, *, died: bool = False) -> ChunkResult:
        """The result of a chunk that broke."""
        return ChunkResult(self.id, self.cell.key, failure, died)


@dataclass(frozen=True)
class ChunkResult(Result):
    """partial_results: what each (target, call) contributes. by_phase, by_tier: as of a shard."""

    partial_results: dict[tuple[str, str], PartialResult] = field(default_factory=dict)
    by_phase: dict[str, float] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)
    tier_seconds: dict[str, float] = field(default_factory=dict)


def run_chunk(chunk: Chunk) -> ChunkResult:
    """Runs a chunk in this process. Same arguments, same machine: same results."""
    host.limit(chunk.call_timeout, chunk.memory)
    subjects = chunk.subjects
    evaluator = Evaluator(chunk.cell, subjects, SWEEP_CAPS, isolated=chunk.isolated)
    space = space_of(evaluator.op, chunk.cell.dtype)
    parts: dict[Subject, list[PartialResult]] = {subject: [] for subject in subjects}
    try:
        with evaluator.clock.phase("search"):
            for subject, partial_result in _on_devices(evaluator, space, chunk):
                parts[subject].append(partial_result)
                evaluator.subjects.remove(subject)
            flat, models = _constant_runs_by_call(evaluator, space, chunk), Models(evaluator, space)
            before: dict[Subject, float] = {}
            for first in range(chunk.first, chunk.first + chunk.count, CALL):
                count = min(CALL, chunk.first + chunk.count - first)
                for subject, partial_result in _judged(evaluator, space, first, count, flat.get(first), models, before):
                    parts[subject].append(partial_result)
                    before[subject] = max(before.get(subject, -1.0), partial_result.worst)
    finally:
        if chunk.isolated:
            evaluator.calls.end_hosts(subjects)
    partial_results = {(s.target, s.implementation.call): joined(contributions) for s, contributions in parts.items()}
    clock = evaluator.clock
    return ChunkResult(
        chunk.id, chunk.cell.key, partial_results=partial_results, by_phase=dict(clock.seconds), by_tier=dict(clock.tally.elements),
        tier_seconds=dict(clock.tally.seconds),
    )  # fmt: skip


def _on_devices(evaluator: Evaluator, space: Space, chunk: Chunk) -> list[tuple[Subject, PartialResult]]:
    """The subjects whose targets judge a whole chunk on their device, and what they contribute."""
    contributions = []
    plain = space.size == 1 << 32 and space.is_line and evaluator.function.order == "value"
    limit = evaluator.references.rule(space.inputs(np.zeros(1, np.int64))).limit.ulps * TIE
    for subject in evaluator.subjects if plain else ():
        with evaluator.clock.phase("framework"):
            try:
                device_scan = scan(
                    evaluator.calls.framework(subject), evaluator.calls.described(subject), chunk.first, chunk.count, limit
                )
            except FrameworkError as error:
                contributions.append((subject, PartialResult(error=str(error))))
                continue
        if device_scan is not None:
            contributions.append((subject, joined([device_scan.sure, _rest(evaluator, space, subject, device_scan)])))
    return contributions


def _rest(evaluator: Evaluator, space: Space, subject: Subject, device_scan: Scan) -> PartialResult:
    """What a device left, judged here."""
    parts = []
    for first in range(0, len(device_scan.rest), CALL):
        numbers = device_scan.rest[first : first + CALL]
        batch = space.inputs(numbers)
        with evaluator.clock.phase("oracle"):
            truth = truth_of(evaluator, batch)
        with evaluator.clock.phase("judge"):
            parts.append(
                _Judge(evaluator, numbers, batch, truth).partial_result(subject, device_scan.answers[first : first + CALL])
            )
    return joined(parts)


def _judged(
    evaluator: Evaluator,
    space: Space,
    first: int,
    count: int,
    constant_run: ConstantRun | None,
    models: Models,
    before: dict[Subject, float],
) -> list[tuple[Subject, PartialResult]]:
    """What every subject contributes on the inputs of one call, which all lie on the constant run where there is one. before: by subject
    the largest error of the calls before."""
    with evaluator.clock.phase("generation"):
        numbers, batch = space.chunk(first, count)
    if not len(numbers):
        return [(subject, PartialResult()) for subject in evaluator.subjects]
    whole = batch if len(numbers) == count else _filled(batch, count)  # one shape, whatever is left out
    answered = []
    for subject in evaluator.subjects:
        whole_call = partial(evaluator.calls.call, subject, whole)
        answered.append(evaluator.calls.answered(subject, lambda call=whole_call: call()[: len(numbers)]))  # type: ignore[misc]
    if constant_run is not None:
        level = _Level(evaluator, numbers, batch, constant_run)
        with evaluator.clock.phase("judge"):
            return [
                (s, PartialResult(error=message) if answers is None else level.partial_result(s, answers))
                for s, answers, message in answered
            ]
    with evaluator.clock.phase("oracle"):
        truth = models.truth(first, batch) or truth_of(evaluator, batch)
    with evaluator.clock.phase("judge"):
        judge = _Judge(evaluator, numbers, batch, truth)
        return [
            (s, PartialResult(error=message) if answers is None else judge.partial_result(s, answers, before.get(s, -1.0)))
            for s, answers, message in answered
        ]


def _filled(batch: Batch, rows: int) -> Batch:
    """The batch with its last row repeated up to this many rows."""
    return batch.take(np.minimum(np.arange(rows), batch.rows - 1))


def _constant_runs_by_call(evaluator: Evaluator, space: Space, chunk: Chunk) -> dict[int, ConstantRun]:
    """The constant runs of a chunk, by the first inputs of the calls that lie on them."""
    with evaluator.clock.phase("oracle"):
        constant = constant_runs(evaluator.function, space, chunk.first, chunk.count, CALL, partial(truth_of, evaluator))
    return {first: one for one in constant for first in range(one.first, one.first + one.count, CALL)}


@dataclass(frozen=True)
class _Level:
    """The judge of the answers of one call whose inputs lie on a constant run: what is not correctly rounded is judged as elsewhere."""

    evaluator: Evaluator
    numbers: NDArray[np.int64]
    batch: Batch
    constant_run: ConstantRun

    def partial_result(self, subject: Subject, answers: NDArray[Any]) -> PartialResult:
        """What the subject's answers contribute."""
        (values,) = self.batch.inputs.values()
        right = self.constant_run.are_right(answers, values)[:, 0]
        ok = int(right.sum())
        partial_result = PartialResult(inputs=ok, elements=ok, most=0.5 if ok else 0.0, classes={Class.ok.name: ok})
        place = self.constant_run.at - int(self.numbers[0])
        if 0 <= place < len(right) and right[place]:
            partial_result = replace(
                partial_result, worst=self.constant_run.worst, at=self.constant_run.at, answer=float(doubles(answers[place])[0])
            )
        if ok == len(right):
            return partial_result
        wrong = np.flatnonzero(~right)
        batch = self.batch.take(wrong)
        judge = _Judge(self.evaluator, self.numbers[wrong], batch, truth_of(self.evaluator, batch))
        return joined([partial_result, judge.partial_result(subject, answers[wrong])])


class _Judge:
    """The judge of one call's answers: cheap for answers that are correctly rounded or within T, the campaign's own judge for the rest."""

    def __init__(self, evaluator: Evaluator, numbers: NDArray[np.int64], batch: Batch, truth: TightReference) -> None:
        self.evaluator, self.numbers, self.batch, self.truth = evaluator, numbers, batch, truth
        self.limit = evaluator.references.rule(batch).limit.ulps * TIE
        self.all_certain = bool(truth.certain.all())

    def partial_result(self, subject: Subject, answers: NDArray[Any], before: float = -1.0) -> PartialResult:
        """What the subject's answers contribute. before: the largest error that is known already: errors of correctly rounded answers do
        not matter beside more than half an ulp."""
        truth = self.truth
        same = answers == truth.right
        if not self.all_certain:
            same &= truth.certain
        right = same if truth.plain is None else same | (kind_errors(answers, truth.reference.accepts)[0] & ~truth.plain)
        ok = int(right.sum())
        partial_result = PartialResult(inputs=len(self.numbers), elements=answers.size, most=0.5 if ok else 0.0)
        if ok == answers.size:
            partial_result = replace(partial_result, classes={Class.ok.name: ok})
            return partial_result if before > 0.5 else self._least(partial_result, answers, right)
        rows, outs = np.nonzero(~right)
        values = doubles(answers[rows, outs])
        reference = truth.elements(rows, outs)
        gap, unsure, ulp = error(values, reference, self.evaluator.format)
        with np.errstate(all="ignore"):
            within = (gap + unsure <= self.limit * ulp) & (reference.accepts == FINITE) & ~np.isnan(values)
            halves = (
                within & ~truth.certain[rows, outs] & (gap - unsure <= 0.5 * ulp)
            )  # too near a tie, or any number of an interval
        partial_result = replace(
            partial_result, rounded_wrong=int((within & ~halves).sum()), rounding_unknown=int((halves & ~reference.interval).sum()),
            classes={Class.ok.name: ok + int(within.sum())},
        )  # fmt: skip
        if within.any():
            partial_result = self._worst_of(
                partial_result, values[within], rows[within], outs[within], gap[within], unsure[within], ulp[within]
            )
        if not within.all():
            partial_result = self._judged(partial_result, subject, answers, rows[~within], outs[~within])
        return partial_result if max(partial_result.worst, before) > 0.5 else self._least(partial_result, answers, right)

    def _least(self, partial_result: PartialResult, answers: NDArray[Any], right: NDArray[np.bool_]) -> PartialResult:
        """The partial result with the largest error of the correctly rounded answers, which matters where there are no others."""
        truth = self.truth.reference
        gap, unsure, ulp = error(answers, truth, self.evaluator.format)
        counted = right & (truth.accepts == FINITE) & ~truth.interval
        with np.errstate(all="ignore"):
            ulps = np.where(counted, gap / ulp, -1.0)
        rows, outs = np.unravel_index([int(np.argmax(ulps))], ulps.shape)
        if not counted[rows, outs].all() or ulps[rows, outs][0] < partial_result.worst:
            return partial_result
        values = doubles(answers[rows, outs])
        return self._worst_of(partial_result, values, rows, outs, gap[rows, outs], unsure[rows, outs], ulp[rows, outs])

    def _worst_of(
        self, partial_result: PartialResult, answers: NDArray[np.float64], rows: NDArray[Any], outs: NDArray[Any], gap: NDArray[np.float64],
        unsure: NDArray[np.float64], ulp: NDArray[np.float64],
    ) -> PartialResult:  # fmt: skip
        """The partial result with the largest error of these elements, all of them numbers within T."""
        with np.errstate(all="ignore"):
            ulps, most = gap / ulp, (gap + unsure) / ulp
        k = int(np.argmax(ulps))
        return replace(
            partial_result, worst=float(ulps[k]), at=int(self.numbers[rows[k]]), output=int(outs[k]), answer=float(answers[k]),
            most=max(partial_result.most, float(most.max())),
        )  # fmt: skip

    def _judged(
        self,
        partial_result: PartialResult,
        subject: Subject,
        answers: NDArray[Any],
        rows: NDArray[np.int64],
        outs: NDArray[np.int64],
    ) -> PartialResult:
        """The partial result with these elements, beyond T or no numbers, as the campaign judges them."""
        distinct = rows[np.diff(rows, prepend=-1) > 0]  # ascending, each once
        beyond = np.zeros(answers.shape, np.bool_)
        beyond[rows, outs] = True
        beyond = beyond[distinct]
        evidence = self.evaluator.references.known(self.batch.take(distinct), self.truth.reference.take(distinct))
        (outcome,) = self.evaluator.judge(evidence.batch, [(subject, answers[distinct], "")], evidence).outcomes
        assert outcome.judged is not None
        verdicts, flushed = outcome.judged.verdicts, outcome.judged.flushed & beyond
        classes = Counter(partial_result.classes)
        for code, number in enumerate(np.bincount(verdicts.classes[beyond]).tolist()):
            if number:
                classes[Class(code).name] += number
        known = beyond & ~flushed & ~np.isnan(verdicts.ulps)
        failing = (verdicts.classes >= Class.inaccurate).any(axis=1)
        partial_result = replace(
            partial_result, rounded_wrong=partial_result.rounded_wrong + int((beyond & (verdicts.ulps > 0)).sum()),
            beyond=int((known & (verdicts.ulps > self.limit)).sum()), failing=int(failing.sum()), flushed=int(flushed.sum()),
            classes=dict(classes), intervals=runs(self.numbers[distinct[failing]]),
        )  # fmt: skip
        ulps = np.where(known, verdicts.ulps, -1.0)
        row, out = np.unravel_index(int(np.argmax(ulps)), ulps.shape)
        if ulps[row, out] > partial_result.worst:
            worst, answer = float(ulps[row, out]), float(doubles(answers[distinct])[row, out])
            partial_result = replace(
                partial_result,
                worst=worst,
                at=int(self.numbers[distinct[row]]),
                output=int(out),
                answer=answer,
                most=max(partial_result.most, worst),
            )
        return partial_result


def runs(numbers: NDArray[np.int64]) -> list[Any]:
    """Ascending numbers as intervals of consecutive ones, no more than a PartialResult keeps."""
    return fewest(np.column_stack([numbers, numbers, np.ones_like(numbers)]))
