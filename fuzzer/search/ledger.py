"""Ledger: what one shard learned of one subject: counts, the error profile per binade, and the worst points."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.binades import OFFSET, ZERO, Binades, lane, reach
from ulpfuzz.fuzzer.evaluation.judgement import Judgement, Outcome
from ulpfuzz.fuzzer.findings.finding import CellSummary
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom, Verdicts
from ulpfuzz.fuzzer.search.span import Reaches, Span, extent_of

#: Candidates kept per symptom, and worst rows kept for the search, each from another binade of the input.
KEPT = 8
#: Of the candidates, those that are kept for their inputs, the nearest to 1; the others are the worst.
NEAREST = 3


@dataclass(frozen=True)
class Candidate:
    """One element that the judge called a finding."""

    #: A batch of the one row, and the number of the output.
    row: Batch
    #: The number of the output.
    output: int
    #: As the judge had it.
    class_: Class
    #: How it looks.
    symptom: Symptom
    #: The error in ulps, and the excess.
    ulps: float
    #: E of the error model.
    excess: float
    #: The binary exponent of the row's least ordinary number (binades).
    exponent: int
    #: The placement where the row stood in a call of its own.
    within: Placement | None = None
    #: All outputs of the row, where they are known.
    answers: NDArray[Any] | None = None

    @property
    def rank(self) -> tuple[int, float, float]:
        """Worse first when sorted descending: class, then excess, then nearness to 1 of the input."""
        return _rank(self.class_, self.excess, self.exponent)


def _rank(class_: int, excess: float, exponent: int) -> tuple[int, float, float]:
    size = excess if math.isfinite(excess) else 2.0**60
    return int(class_), math.log2(max(size, 1e-9)), 0 if exponent == ZERO else -abs(exponent)


@dataclass(frozen=True)
class Inconsistency:
    """The same bits with two answers, one right and one wrong."""

    #: The wrong answer, `within` the call where it was seen.
    candidate: Candidate
    #: Which of several identical calls gave it (1 = first).
    call_index: int
    #: Where an answer was right.
    right_at: Placement
    #: Which of several identical calls gave the right answer (1 = first).
    right_call_index: int

    @property
    def repeated(self) -> bool:
        """Whether the same call, repeated, gave both answers."""
        return self.call_index != self.right_call_index


class Ledger:
    """Accumulates judgements of one subject; `summary` is what the store keeps."""

    def __init__(self, cell: Cell, subject: Subject) -> None:
        self.cell = cell
        self.subject = subject
        self.classes: Counter[str] = Counter()
        self.symptom_counts: Counter[Symptom] = Counter()
        self.spans: dict[Symptom, Span] = {}
        self.candidates: dict[Symptom, dict[int, Candidate]] = {}
        self.worst_rows: dict[int, tuple[float, Batch]] = {}
        self.inconsistent: list[Inconsistency] = []
        self.compared = 0
        self.differing = 0
        self.verdicts = 0
        self.flushed = 0
        self.worst_ulps = 0.0
        self.worst_excess = 0.0
        self._profile = np.zeros((3, 2 * OFFSET))  # worst ulps, worst excess, count
        self._shown: list[list[float]] | None = None  # profile()

    def add(self, judgement: Judgement, outcome: Outcome, *, within: Placement | None = None) -> float:
        """Takes in one outcome; returns its worst finite error in ulps (the search climbs it)."""
        if outcome.judged is None:
            return 0.0
        self._shown = None
        verdicts, rows, binades = outcome.judged.verdicts, outcome.judged.rows, judgement.binades
        seen = judgement.extremes(outcome.judged)
        self.verdicts += verdicts.classes.size
        self.flushed += int(seen.flushed.sum())
        self.classes.update(seen.classes)
        self.classes[Class.ok.name] += verdicts.classes.size - seen.verdicts.classes.size
        self._add_profile(seen.worst, binades, verdicts.classes.shape[1])
        self._add_excess(seen.verdicts, binades.exponents[rows])
        self._add_candidates(judgement.batch, outcome.answers, seen.verdicts, rows, binades.exponents, within)
        return self._add_worst_rows(judgement.batch, seen.shown, binades, seen.highest)

    def _add_profile(self, worst: NDArray[np.float64], binades: Binades, outputs: int) -> None:
        """worst: by binade, the largest error in ulps, 0 where it is unknown or a flush."""
        index = binades.met + OFFSET
        self._profile[0, index] = np.maximum(self._profile[0, index], worst)
        self._profile[2, index] += binades.counts * outputs
        self.worst_ulps = max(self.worst_ulps, _largest_finite(worst))

    def _add_excess(self, verdicts: Verdicts, exponents: NDArray[np.int64]) -> None:
        rows, outs = np.nonzero(verdicts.excess >= 0)  # nan where the judge needed none
        if len(rows):
            excess = verdicts.excess[rows, outs]
            np.maximum.at(self._profile[1], exponents[rows] + OFFSET, excess)
            self.worst_excess = max(self.worst_excess, _largest_finite(excess))

    def _add_candidates(
        self, batch: Batch, answers: NDArray[Any] | None, verdicts: Verdicts, numbers: NDArray[np.int64], exponents: NDArray[np.int64],
        within: Placement | None,
    ) -> None:  # fmt: skip
        """verdicts: of the rows with these numbers."""
        at, outs = np.nonzero(verdicts.classes >= Class.inaccurate)
        if not len(at):
            return
        symptoms, rows = verdicts.symptoms[at, outs], numbers[at]
        failing, place = np.unique(at, return_inverse=True)
        reaches = Reaches.of(batch, numbers[failing])
        for code in np.flatnonzero(np.bincount(symptoms)).tolist():
            symptom = Symptom(code)
            members = np.flatnonzero(symptoms == code)
            self.symptom_counts[symptom] += len(members)
            span = reaches.span(place[members])
            self.spans[symptom] = span.joined(self.spans[symptom]) if symptom in self.spans else span
            self._keep(batch, answers, verdicts, at[members], rows[members], outs[members], exponents, symptom, within)

    def _keep(
        self,
        batch: Batch,
        answers: NDArray[Any] | None,
        verdicts: Verdicts,
        at: Any,
        rows: Any,
        outs: Any,
        exponents: Any,
        symptom: Symptom,
        within: Placement | None,
    ) -> None:
        """at: where in the verdicts; rows: where in the batch."""
        excess = np.nan_to_num(verdicts.excess[at, outs], nan=0.0, posinf=2.0**60)
        classes = verdicts.classes[at, outs].astype(np.int64)
        far = reach(exponents[rows])
        worst, nearest = np.lexsort((far, -excess, -classes))[: 4 * KEPT], np.lexsort((-excess, far, -classes))[:KEPT]
        kept = self.candidates.setdefault(symptom, {})
        for i in dict.fromkeys([*worst.tolist(), *nearest.tolist()]):
            row, out = int(rows[i]), int(outs[i])
            class_, worse, exponent = Class(int(classes[i])), float(verdicts.excess[at[i], out]), int(exponents[row])
            held = kept.get(exponent)
            if held is None or _rank(class_, worse, exponent) > held.rank:
                ulps, one = float(verdicts.ulps[at[i], out]), batch.take(slice(row, row + 1))
                outputs = None if answers is None else np.array(answers[row])
                kept[exponent] = Candidate(one, out, class_, symptom, ulps, worse, exponent, within, outputs)
        if len(kept) > KEPT:
            best = sorted(kept.values(), key=lambda c: c.rank, reverse=True)
            others = sorted(best[KEPT - NEAREST :], key=lambda c: (-c.class_, *[-n for n in c.rank[::-1]]))
            self.candidates[symptom] = {c.exponent: c for c in (*best[: KEPT - NEAREST], *others[:NEAREST])}

    def _add_worst_rows(self, batch: Batch, score: NDArray[np.float64], binades: Binades, worst: NDArray[np.float64]) -> float:
        """The worst row of each binade, of the worst binades; score: the largest finite error of each row in ulps; worst: of each
        binade."""
        for number in np.argsort(-worst, kind="stable")[: 2 * KEPT].tolist():
            exponent, size = int(binades.met[number]), float(worst[number])
            if size > self.worst_rows.get(exponent, (0.0,))[0]:
                row = binades.row_of(number, score)
                self.worst_rows[exponent] = (size, batch.take(slice(row, row + 1)))
        if len(self.worst_rows) > 2 * KEPT:
            best = sorted(self.worst_rows.items(), key=lambda item: -item[1][0])[: 2 * KEPT]
            self.worst_rows = dict(best)
        return float(worst.max(initial=0.0))

    def best(self, symptom: Symptom) -> list[Candidate]:
        """The candidates of a symptom, worst first."""
        return sorted(self.candidates[symptom].values(), key=lambda c: c.rank, reverse=True)

    def extent(self, symptom: Symptom) -> dict[str, Any]:
        """Finding.extent of a symptom; without the inputs where it was seen in a second call only."""
        return extent_of(self._names, self.spans.get(symptom), self.symptom_counts[symptom], self.verdicts)

    def extent_of_inconsistent(self) -> dict[str, Any]:
        """Finding.extent of the elements that differ from place to place."""
        parts = [Reaches.of(i.candidate.row, np.zeros(1, np.int64)).span(np.zeros(1, np.int64)) for i in self.inconsistent]
        return extent_of(self._names, reduce(Span.joined, parts) if parts else None, len(parts), self.compared)

    @property
    def _names(self) -> list[str]:
        return [i.name for i in self.cell.record.inputs]

    def profile(self) -> list[list[float]]:
        """[[exponent, worst ulps, worst excess, count], ...] for binades and lanes that were met; see Finding.profile. The same list until something
        is added: pickle sends it once, not once a finding."""
        if self._shown is None:
            met = np.flatnonzero(self._profile[2])
            self._shown = [[lane(int(i) - OFFSET), *(float(v) for v in self._profile[:, i])] for i in met]
        return self._shown

    def summary(self) -> CellSummary:
        return CellSummary(
            self.cell.op, dict(self.cell.params), self.cell.order, self.cell.dtype, self.subject.target,
            self.subject.implementation.call, self.verdicts, dict(self.classes), self.worst_ulps, self.worst_excess, self.profile(),
            self.compared, self.differing,
        )  # fmt: skip


def _largest_finite(values: NDArray[np.float64]) -> float:
    worst = float(values.max(initial=0.0))
    return worst if math.isfinite(worst) else float(values[np.isfinite(values)].max(initial=0.0))
