"""Stretch: consecutive inputs of a space through every subject of a cell, every answer judged; the unit of work of a sweep."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.cell import Cell, Subject, subjects_of
from fuzzer.campaign.device_stretch import DeviceLane
from fuzzer.campaign.plateau import SHARP, Plateau, plateaus
from fuzzer.campaign.shard import PATIENCE
from fuzzer.campaign.task import Result
from fuzzer.campaign.trial import Trial
from fuzzer.case import Batch
from fuzzer.findings.fact import Share, fewest, joined
from fuzzer.formats import Format
from fuzzer.frameworks import host
from fuzzer.frameworks.framework import FrameworkError
from fuzzer.inputs.exhaustive import Space, space_of
from fuzzer.judge.ulps import TIE, doubles, error, kind_errors
from fuzzer.judge.verdict import Class
from oracles import oracle, vectorised
from oracles.arithmetic.ball64 import Ball64
from oracles.oracle import Caps
from oracles.reference import FINITE, NAN, TIERS, Reference

#: Inputs of one framework call: large enough that Python's share is small, small enough that the oracle's columns stay in the cache.
CALL = 1 << 15
#: What the truth of one call may cost beyond the vectorised tiers: every row of 16 bits; of 32 bits a share that lets a sweep end.
PATIENT = Caps(arb_rows=CALL, arb_effort=60.0, limit_rows=4096, limit_effort=20.0, arb_bits=1024, audit_share=2.0**-16)


@dataclass(frozen=True)
class Stretch:
    """The inputs `first` to `first + count` of the cell's space. See Task for the rest; memory: bytes that a process may have, or None."""

    cell: Cell
    targets: tuple[str, ...]
    first: int
    count: int
    alone: bool = False
    patience: float = PATIENCE
    memory: int | None = None

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
    subjects = subjects_of(stretch.cell, stretch.targets)
    trial = Trial(stretch.cell, subjects, PATIENT, alone=stretch.alone)
    space = space_of(trial.op, stretch.cell.dtype)
    parts: dict[Subject, list[Share]] = {subject: [] for subject in subjects}
    try:
        with trial.clock.phase("search"):
            for subject, share in _on_devices(trial, space, stretch):
                parts[subject].append(share)
                trial.subjects.remove(subject)
            flat = _Flat.of(trial, space, stretch)
            for first in range(stretch.first, stretch.first + stretch.count, CALL):
                count = min(CALL, stretch.first + stretch.count - first)
                for subject, share in _judged(trial, space, first, count, flat.at(first)):
                    parts[subject].append(share)
    finally:
        if stretch.alone:
            trial.end_hosts(subjects)
    shares = {(s.target, s.implementation.call): joined(found) for s, found in parts.items()}
    clock = trial.clock
    return StretchResult(
        stretch.id, stretch.cell.key, shares=shares, by_phase=dict(clock.seconds), by_tier=dict(clock.tally.elements),
        tier_seconds=dict(clock.tally.seconds),
    )  # fmt: skip


def _on_devices(trial: Trial, space: Space, stretch: Stretch) -> list[tuple[Subject, Share]]:
    """The subjects whose targets judge a whole stretch on their device, and what they contribute."""
    found = []
    plain = space.size == 1 << 32 and not space.paired and space.asks_for_all and trial.function.order == "value"
    for subject in trial.subjects if plain else ():
        framework = trial.framework(subject)
        resident = framework.resident(trial.job(subject)) if hasattr(framework, "resident") else None
        if resident is None:
            continue

        def judge(numbers: NDArray[np.int64], answers: NDArray[Any], subject: Subject = subject) -> Share:
            batch = space.inputs(numbers)
            with trial.clock.phase("oracle"):
                truth = _truth(trial, batch)
            with trial.clock.phase("judge"):
                return _Judge(trial, numbers, batch, truth).share(subject, answers)

        lane = DeviceLane(resident, trial.function, trial.standard(space.inputs(np.zeros(1, np.int64))).ulps * TIE, judge)
        with trial.clock.phase("framework"):
            try:
                share = lane.share(stretch.first, stretch.count)
            except FrameworkError as error:
                share = Share(error=str(error))
        if share is not None:
            found.append((subject, share))
    return found


def _judged(trial: Trial, space: Space, first: int, count: int, plateau: Plateau | None) -> list[tuple[Subject, Share]]:
    """What every subject contributes on the inputs of one call, which all lie on the plateau where there is one."""
    with trial.clock.phase("generation"):
        numbers, batch = space.stretch(first, count)
    if not len(numbers):
        return [(subject, Share()) for subject in trial.subjects]
    whole = batch if len(numbers) == count else _filled(batch, count)  # one shape, whatever is left out
    answered = [trial.called(subject, lambda s=subject: trial.call(s, whole)[: len(numbers)]) for subject in trial.subjects]  # type: ignore[misc]
    if plateau is not None:
        level = _Level(trial, numbers, batch, plateau)
        with trial.clock.phase("judge"):
            return [(s, Share(error=message) if given is None else level.share(s, given)) for s, given, message in answered]
    with trial.clock.phase("oracle"):
        truth = _truth(trial, batch)
    with trial.clock.phase("judge"):
        judge = _Judge(trial, numbers, batch, truth)
        return [(s, Share(error=message) if given is None else judge.share(s, given)) for s, given, message in answered]


def _filled(batch: Batch, rows: int) -> Batch:
    """The batch with its last row repeated up to so many rows."""
    return batch.take(np.minimum(np.arange(rows), batch.rows - 1))


@dataclass(frozen=True)
class _Flat:
    """The plateaus of a stretch, by the calls that lie on them."""

    by_call: dict[int, Plateau]

    @classmethod
    def of(cls, trial: Trial, space: Space, stretch: Stretch) -> _Flat:
        with trial.clock.phase("oracle"):

            def known(batch: Batch) -> tuple[Reference, NDArray[Any], NDArray[np.bool_]]:
                truth = _truth(trial, batch)
                return truth.reference, truth.right, truth.certain

            found = plateaus(trial.function, space, stretch.first, stretch.count, CALL, known)
        return cls({first: one for one in found for first in range(one.first, one.first + one.count, CALL)})

    def at(self, first: int) -> Plateau | None:
        return self.by_call.get(first)


@dataclass(frozen=True)
class _Level:
    """The judge of the answers of one call whose inputs lie on a plateau: what is not correctly rounded is judged as elsewhere."""

    trial: Trial
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
        judge = _Judge(self.trial, self.numbers[wrong], batch, _truth(self.trial, batch))
        return joined([share, judge.share(subject, answers[wrong])])


@dataclass(frozen=True)
class _Truth:
    """The truth of a batch; right: correctly rounded, where certain."""

    reference: Reference
    right: NDArray[Any]
    certain: NDArray[np.bool_]

    @classmethod
    def of(cls, reference: Reference, fmt: Format) -> _Truth:
        right, certain = rounded(reference, fmt)
        return cls(reference, right, certain & ~reference.interval)


def _truth(trial: Trial, batch: Batch) -> _Truth:
    """The truth of every row, so sharp that its rounding is known."""
    inputs = batch.exact()
    if all(np.isfinite(values).all() for values in inputs.values()):
        return _at_once(trial, inputs) or _Truth.of(_climbed(trial, inputs), trial.format)
    nans = np.logical_or.reduce([np.isnan(values) for values in inputs.values()])
    if len(inputs) > 1 or not nans.any():
        return _Truth.of(_climbed(trial, inputs), trial.format)
    rows, back = np.unique(
        np.where(nans, int(np.argmax(nans)), np.arange(batch.rows)), return_inverse=True
    )  # all NaNs have one truth
    return _Truth.of(_climbed(trial, {name: values[rows] for name, values in inputs.items()}).take(back), trial.format)


def _climbed(trial: Trial, inputs: dict[str, NDArray[np.float64]]) -> Reference:
    """By the oracle, tier by tier."""
    fmt = trial.format

    def undecided(truth: Reference, _: NDArray[np.int64]) -> NDArray[np.bool_]:
        known = rounded(truth, fmt)[1] | truth.interval | (truth.accepts != FINITE)
        with np.errstate(invalid="ignore"):
            known &= (truth.radius <= SHARP * fmt.ulp(truth.value)) | truth.interval | (truth.accepts & FINITE == 0)
        return np.asarray(~known.all(axis=1))

    return oracle.reference(
        trial.function, inputs, precision=fmt.precision, undecided=undecided, caps=trial.caps, tally=trial.clock.tally
    )


def _at_once(trial: Trial, inputs: dict[str, NDArray[np.float64]]) -> _Truth | None:
    """By ball64 alone, what it leaves by the oracle: a sweep is mostly this. None where ball64 does not know the function."""
    fmt, function = trial.format, trial.function
    began = time.perf_counter()
    m = Ball64()
    (rows,) = next(iter(inputs.values())).shape
    with np.errstate(all="ignore"):
        found = [m.num(n) for n in function.outputs(m, vectorised.lift(m, inputs, fmt.precision))]
        if len(found) != 1 or m.kinks is not None or m.touched_removable is not None or function.order != "value":
            return None
        (ball,) = found
        mid, rad = np.broadcast_to(ball.mid, rows), np.broadcast_to(ball.radius(), rows)
        size = np.abs(mid)
        right, certain = _both_ends(mid, rad, fmt)
        certain &= rad <= np.maximum(size * (SHARP * 2.0**-fmt.precision), SHARP * fmt.min_subnormal)
    reference = Reference(
        np.array(mid).reshape(-1, 1), np.zeros((rows, 1)), np.array(rad).reshape(-1, 1), np.full((rows, 1), FINITE, np.uint8),
        np.zeros((rows, 1), np.bool_), np.full((rows, 1), TIERS.index(m.name), np.uint8),
    )  # fmt: skip
    open_ = ~certain
    if ball.bad is not None:
        bad = np.broadcast_to(ball.bad, rows)
        reference.accepts[bad], reference.radius[bad] = NAN, 0.0
        open_ &= ~bad
        certain &= ~bad
    trial.clock.tally.seconds[m.name] += time.perf_counter() - began
    left = np.flatnonzero(open_)
    trial.clock.tally.elements[m.name] += rows - len(left)
    oracle.audit(function, inputs, reference, trial.caps)
    if len(left):
        if len(left) == rows:
            return None
        sharper = _Truth.of(_climbed(trial, {name: values[left] for name, values in inputs.items()}), fmt)
        reference.put(left, sharper.reference)
        right[left], certain[left] = sharper.right[:, 0], sharper.certain[:, 0]
    return _Truth(reference, right.reshape(-1, 1), certain.reshape(-1, 1))


def rounded(truth: Reference, fmt: Format) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """(the correctly rounded results, where they are certain) of the elements whose truth is a number."""
    with np.errstate(all="ignore"):
        right, certain = _both_ends(truth.value, truth.radius + np.abs(truth.low), fmt)
    return right, certain & (truth.accepts & FINITE != 0)


def _both_ends(value: NDArray[np.float64], radius: NDArray[np.float64], fmt: Format) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What the lower end of value +- radius is rounded to, and where the upper end is rounded alike."""
    spread = np.abs(value)
    spread *= 2.0**-52
    spread += radius * (1 + 2.0**-40)
    spread += 2.0**-1074
    spread[radius == 0] = 0.0
    low, high = fmt.round(value - spread), fmt.round(value + spread)
    return low, np.asarray(low == high)


class _Judge:
    """The judge of one call's answers: cheap for answers that are correctly rounded or within T, the campaign's own judge for the rest."""

    def __init__(self, trial: Trial, numbers: NDArray[np.int64], batch: Batch, truth: _Truth) -> None:
        self.trial, self.numbers, self.batch, self.truth = trial, numbers, batch, truth.reference
        self.limit = trial.standard(batch).ulps * TIE
        self.right, self.certain = truth.right, truth.certain
        self.plain = self.truth.accepts == FINITE
        self.all_plain = bool(self.plain.all())

    def share(self, subject: Subject, answers: NDArray[Any]) -> Share:
        """What the subject's answers contribute."""
        same = (answers == self.right) & self.certain
        right = same if self.all_plain else same | (kind_errors(answers, self.truth.accepts)[0] & ~self.plain)
        ok = int(right.sum())
        share = Share(inputs=len(self.numbers), elements=answers.size, most=0.5 if ok else 0.0)
        rows, outs = np.nonzero(~right)
        if not len(rows):
            return self._least(replace(share, classes={Class.ok.name: ok}), answers, right)
        given = doubles(answers[rows, outs])
        gap, unsure, ulp = self._errors(given, rows, outs)
        with np.errstate(all="ignore"):
            within = (gap + unsure <= self.limit * ulp) & self.plain[rows, outs] & ~np.isnan(given)
            halves = (
                within & ~self.certain[rows, outs] & (gap - unsure <= 0.5 * ulp)
            )  # too near a tie, or any number of an interval
        share = replace(
            share, rounded_wrong=int((within & ~halves).sum()),
            rounding_unknown=int((halves & ~self.truth.interval[rows, outs]).sum()), classes={Class.ok.name: ok + int(within.sum())},
        )  # fmt: skip
        share = self._worst_of(share, answers, rows[within], outs[within])
        if not within.all():
            share = self._judged(share, subject, answers, rows[~within], outs[~within])
        return share if share.worst > 0 else self._least(share, answers, right)

    def _least(self, share: Share, answers: NDArray[Any], right: NDArray[np.bool_]) -> Share:
        """With the largest error of the correctly rounded answers, which matters where there are no others."""
        if self.all_plain and right.all() and not self.truth.interval.any():
            gap, _, ulp = error(answers, self.truth, self.trial.format)
            k = int(np.argmax(gap / ulp))
            rows, outs = np.unravel_index([k], gap.shape)
        else:
            rows, outs = np.nonzero(right & self.plain & ~self.truth.interval)
        return self._worst_of(share, answers, rows, outs)

    def _errors(self, given: NDArray[np.float64], rows: NDArray[np.int64], outs: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        """(gap, uncertainty, ulp) of these elements, as judge.ulps.error has them."""
        some = Reference(*(getattr(self.truth, name)[rows, outs] for name in Reference.__dataclass_fields__))
        return error(given, some, self.trial.format)

    def _worst_of(self, share: Share, answers: NDArray[Any], rows: NDArray[np.int64], outs: NDArray[np.int64]) -> Share:
        """With the largest error of these elements, all of them numbers within T."""
        if not len(rows):
            return share
        given = doubles(answers[rows, outs])
        gap, unsure, ulp = self._errors(given, rows, outs)
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
        some = np.unique(rows)
        beyond = np.zeros(answers.shape, np.bool_)
        beyond[rows, outs] = True
        beyond = beyond[some]
        batch, truth = self.batch.take(some), self.truth.take(some)
        (outcome,) = self.trial.judge(batch, [(subject, answers[some], "")], truth).outcomes
        assert outcome.screened is not None
        verdicts, flushed = outcome.screened.verdicts, outcome.screened.flushed & beyond
        classes = Counter(share.classes)
        for code, number in zip(*np.unique(verdicts.classes[beyond], return_counts=True), strict=True):
            classes[Class(int(code)).name] += int(number)
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
    if not len(numbers):
        return []
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    firsts, lasts = np.r_[0, breaks + 1], np.r_[breaks, len(numbers) - 1]
    return fewest([[int(numbers[a]), int(numbers[b]), int(b - a + 1)] for a, b in zip(firsts, lasts, strict=True)])
