"""RowJudge: many rows judged chunk by chunk, then the worst of them certified one by one and told.

The answers come from a `RowSource`: targets that are called, or arrays that somebody stored.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator, different
from ulpfuzz.fuzzer.findings.label import DOCUMENTED, FLUSH
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.account import NOT_JUDGED, Account, Raised
from ulpfuzz.fuzzer.point.judged_rows import LISTED, CallRows, Index, JudgedRows, RowTold, RowVerdict
from ulpfuzz.fuzzer.point.reading import Reader, Reading
from ulpfuzz.fuzzer.point.row_source import Each, Given, RowSource, Wanted
from ulpfuzz.fuzzer.point.tensors import Tensors
from ulpfuzz.fuzzer.proof.label import Label, gravity
from ulpfuzz.oracles.effort import evaluation_cost, row_operations
from ulpfuzz.oracles.interruption import interrupted
from ulpfuzz.oracles.question import Caps
from ulpfuzz.oracles.reference import FINITE

#: What a chunk may cost the oracle beyond its vectorised tiers, as in casework: few chunks decide here.
CAPS = Caps(arb_effort=1.0, limit_rows=256, limit_effort=0.5)
#: Rows of a chunk: at most MOST_ROWS, and no more than so many operations of the oracle's arithmetic (a fraction of a second) or numbers.
MOST_ROWS, OPERATIONS, NUMBERS = 1 << 16, 2.0**23, 1 << 20
#: Rows of each subject that are certified unless somebody says how many: as many as take SECONDS, at PROOF seconds and EVALUATIONS evaluations by Arb
#: each, within these bounds. Nominal seconds: the same everywhere.
LEAST_PROOFS, MOST_PROOFS, SECONDS, PROOF, EVALUATIONS = 8, 256, 20.0, 0.02, 30.0
#: Nominal seconds of one evaluation by Arb, beyond which no condition number is told: it takes some forty (measured: 13 s for softmax of 50,257).
CONDITION = 0.2
#: Seconds that mpmath may take for one row; beyond them Arb certifies alone.
ROW_SECONDS = 10.0


class RowJudge:
    """Judges the rows of tensors by the answers of a source."""

    def __init__(self, source: RowSource, tensors: Tensors, wanted: Wanted) -> None:
        self.source, self.tensors, self.wanted = source, tensors, wanted
        self.evaluator = source.evaluator
        shapes = {name: values.shape[len(tensors.shape) :] for name, values in tensors.inputs.items()}
        self.proofs = _affordable(self.evaluator, shapes) if wanted.proofs is None else wanted.proofs
        self.step = _chunk_rows(self.evaluator, shapes, tensors.outputs)
        keep = max(self.proofs, wanted.shown)
        self.accounts = [Account(subject, tensors.rows, keep) for subject in self.evaluator.subjects]
        #: Answers to the rows that some account remembers, by subject.
        self.kept: dict[int, list[Floats | None]] = {}
        self.groups: dict[int, tuple[_Group, int]] = {}
        self.limit: float | None = None
        self.tells_condition = evaluation_cost(self.evaluator.function, shapes, 256) <= CONDITION

    def run(self, each: Each | None = None) -> JudgedRows:
        """Judges all rows, certifies the worst and tells them. Ctrl-C ends it early, and keeps what was judged."""
        stopped = False
        with self.wanted.keeping():
            try:
                for first in range(0, self.tensors.rows, self.step):
                    rows = np.arange(first, min(first + self.step, self.tensors.rows))
                    self._chunk(rows, each)
                    self.wanted.watch("judged", int(rows[-1]) + 1, self.tensors.rows)
                self._certify_all()
            except KeyboardInterrupt:
                stopped = True
            worst = self._tell_worst(certified=not stopped)
        cell, op = self.tensors.cell, self.tensors.cell.record
        return JudgedRows(
            cell.op, dict(cell.params), cell.dtype, cell.order, self.tensors.shape, self.tensors.rows, self.tensors.outputs,
            None if op.accuracy == "accumulating" else self.limit, stopped, [self._call_rows(i) for i in range(len(self.accounts))], worst,
            self.tensors.rounded,
        )  # fmt: skip

    # Judging

    def _chunk(self, rows: NDArray[np.int64], each: Each | None) -> None:
        batch = self.tensors.batch(rows)
        given = self.source.answers(rows, batch)
        evidence = self._evidence(batch, [one.answers for one in given])
        self.limit = evidence.rule.limit.ulps
        answered = [(s, one.answers, "") for s, one in zip(self.evaluator.subjects, given, strict=True)]
        judgement = self.evaluator.judge(batch, answered, evidence)
        for account, one, outcome in zip(self.accounts, given, judgement.outcomes, strict=True):
            account.error = account.error or one.error
            if outcome.judged is not None:
                places = np.setdiff1d(np.arange(len(rows)), np.asarray([*one.raised, *one.missing], np.int64))
                account.add(rows[places], outcome.judged, places)
            for at, message in one.raised.items():
                refused = self.source.refused(account.subject, batch.take(slice(at, at + 1)), message)
                # Raising where there is an ordinary answer is a defect; a check of an argument is none.
                ordinary = bool((evidence.reference.accepts[at] == FINITE).all())
                class_ = Class.unstable if ordinary and not refused else Class.undecided
                account.add_raised(Raised(int(rows[at]), message, class_, refused))
        self._remember(rows, given)
        if each is not None:
            each(rows, [outcome.judged for outcome in judgement.outcomes])

    def _evidence(self, batch: Batch, answers: Sequence[Floats | None]) -> Evidence:
        return self.evaluator.references.evidence(batch, different([a for a in answers if a is not None]), settle=False)

    def _remember(self, rows: NDArray[np.int64], given: Sequence[Given]) -> None:
        """Keeps the answers to the rows that are among the worst of some account until now."""
        wanted = {row for account in self.accounts for row in account.worst.tolist()}
        first, last = int(rows[0]), int(rows[-1])
        for row in wanted:
            if first <= row <= last:
                self.kept[row] = [_answer_at(one, row - first) for one in given]
        self.kept = {row: answers for row, answers in self.kept.items() if row in wanted}

    # Certifying

    def _certify_all(self) -> None:
        """Certifies the worst rows of every account that the judge calls wrong."""
        by_account = [{*self._called_wrong(account)} for account in self.accounts]
        wrong = {row: [i for i, rows in enumerate(by_account) if row in rows] for row in sorted(set[int]().union(*by_account))}
        for done, (row, accounts) in enumerate(wrong.items(), 1):
            group, at = self._group(row, list(wrong))
            for i in accounts:
                group.prove(i, at)
                self._update(i, row, group, at)
            self.wanted.watch("certified", done, len(wrong))

    def _called_wrong(self, account: Account) -> list[int]:
        rows = account.worst[: self.proofs]
        return [int(row) for row in rows if Class.inaccurate <= account.classes[row] != NOT_JUDGED and row in self.kept]

    def _group(self, row: int, others: Sequence[int]) -> tuple[_Group, int]:
        """The group that a row is read in, with the next of the others where there is none yet."""
        if row not in self.groups:
            ready = [r for r in others if r >= row and r not in self.groups][: max(1, self.step)]
            rows = np.asarray(ready or [row])
            group = _Group(self, rows)
            self.groups |= {int(r): (group, at) for at, r in enumerate(rows)}
        return self.groups[row]

    def _update(self, i: int, row: int, group: _Group, at: int) -> None:
        """What was proved of a row takes the place of what was judged."""
        account, reading = self.accounts[i], group.readings[i]
        assert reading is not None
        output = _worst_output(reading, at)
        account.classes[row], account.symptoms[row] = reading.classes[at, output], reading.symptoms[at, output]
        account.ulps[row], account.outputs[row] = reading.ulps[at, output], output

    # Telling

    def _tell_worst(self, *, certified: bool) -> list[RowTold]:
        """The worst rows of all accounts, told whole. certified: wrong answers in them are proved first."""
        rows = {int(row) for account in self.accounts for row in account.worst if int(row) in self.kept}
        rows |= {raised.row for account in self.accounts for raised in account.raised[: self.wanted.shown]}
        ranked = self._each_symptom_first(sorted(rows, key=lambda row: (self._rank(row), -row), reverse=True))[
            : self.wanted.shown
        ]
        return [self._told(row, ranked, certified=certified) for row in ranked]

    def _each_symptom_first(self, ranked: Sequence[int]) -> list[int]:
        """The rows with the worst of each symptom first, then the second of each: a thousand NaNs hide no other error. Those without one last."""
        met: Counter[int] = Counter()
        places: dict[int, tuple[bool, int]] = {}
        for row in ranked:
            worst = max(
                self.accounts, key=lambda account: -1 if account.classes[row] == NOT_JUDGED else int(account.classes[row])
            )
            symptom = int(worst.symptoms[row])
            places[row] = symptom == Symptom.none, met[symptom]
            met[symptom] += 1
        return sorted(ranked, key=places.__getitem__)

    def _rank(self, row: int) -> tuple[float, float]:
        return max(self._rank_of(i, row) for i in range(len(self.accounts)))

    def _rank_of(self, i: int, row: int) -> tuple[float, float]:
        account = self.accounts[i]
        if account.classes[row] == NOT_JUDGED:
            return -1.0, -1.0
        ulps = float(account.ulps[row])
        return gravity(Class(int(account.classes[row])), self._label(i, row)), -1.0 if math.isnan(ulps) else ulps

    def _label(self, i: int, row: int) -> Label:
        """The label of the worst element of a row that was certified."""
        if row not in self.groups:
            return Label()
        group, at = self.groups[row]
        reading = group.readings[i]
        return Label() if reading is None else reading.labels.get((at, int(self.accounts[i].outputs[row])), Label())

    def _told(self, row: int, others: Sequence[int], *, certified: bool) -> RowTold:
        verdicts: list[RowVerdict] = []
        group, at = self._group(row, sorted(others))
        for i, account in enumerate(self.accounts):
            raised = next((one for one in account.raised if one.row == row), None)
            if raised is not None:
                verdicts.append(_of_raised(account.subject, raised))
                continue
            if not group.has(i, at):
                continue
            if certified:
                group.prove(i, at)
                self._update(i, row, group, at)
            verdicts.append(group.verdict(i, at))
        verdicts.sort(key=lambda v: (-gravity(v.class_, v.label), 1.0 if math.isnan(v.ulps) else -v.ulps))
        told = [v for v in verdicts if v.class_ >= Class.undecided] or verdicts[:1]
        right = {v.target for v in verdicts} - {v.target for v in told}
        return RowTold(self.tensors.index(row), self.tensors.batch(np.asarray([row])).case(0).inputs, told, sorted(right))

    def _call_rows(self, i: int) -> CallRows:
        account = self.accounts[i]
        judged = np.flatnonzero(account.judged)
        raised = {one.row: one for one in account.raised}
        proved = [row for row, (group, at) in self.groups.items() if (i, at) in group.proved]
        wrong = np.flatnonzero((account.classes >= Class.inaccurate) & account.judged)
        suspects = sorted({*wrong.tolist()} - {*proved} - {*raised})
        counts: Counter[str] = Counter()
        for class_ in Class:
            counts[class_.name] = int((account.classes == class_).sum())
        for row in suspects:
            counts[Class(int(account.classes[row])).name] -= 1
        defects = []
        for row in account.ranked(np.asarray([*proved, *raised], np.int64)).tolist():
            class_, label = Class(int(account.classes[row])), self._label(i, row)
            if row in raised and raised[row].refused:
                label = Label("rejected", raised[row].refused)
            if label.name and (class_.is_finding or row in raised):
                counts[class_.name] -= 1
                counts[label.name] += 1
            if class_.is_finding and label.name not in (DOCUMENTED, FLUSH):
                defects.append(row)
        index = self.tensors.index
        candidates = {*account.worst.tolist(), *proved, *raised}
        worst = max(candidates, key=lambda row: (*self._rank_of(i, row), -row), default=None)
        return CallRows(
            account.subject.target, account.subject.implementation.call, len(judged), {name: n for name, n in counts.items() if n},
            len(suspects), [index(row) for row in suspects[:LISTED]], {c.name: n for c, n in sorted(account.elements.items())},
            account.histogram, math.nan if worst is None else float(account.ulps[worst]), () if worst is None else index(worst),
            [index(row) for row in defects], [(index(one.row), one.message) for one in account.raised[:LISTED]], account.error,
        )  # fmt: skip


class _Group:
    """Some rows read together, as sharply as their answers need."""

    def __init__(self, judge: RowJudge, rows: NDArray[np.int64]) -> None:
        self.judge, self.rows = judge, rows
        batch = judge.tensors.batch(rows)
        answers = [judge.kept.get(int(row)) for row in rows]
        given = [_stacked([None if one is None else one[i] for one in answers]) for i in range(len(judge.accounts))]
        self.reader = Reader(judge.evaluator, batch, judge._evidence(batch, given), judge.source.label)
        self.readings: list[Reading | None] = [
            None if one is None else self.reader.measured(account.subject, Placement(), one)
            for account, one in zip(judge.accounts, given, strict=True)
        ]
        self.proved: set[tuple[int, int]] = set()

    def has(self, i: int, at: int) -> bool:
        """Whether the account has an answer to the row."""
        kept = self.judge.kept.get(int(self.rows[at]))
        return kept is not None and kept[i] is not None

    def prove(self, i: int, at: int) -> None:
        """Certifies what is wrong in one row's answers of one account, once."""
        reading = self.readings[i]
        if reading is None or not self.has(i, at) or (i, at) in self.proved:
            return
        self.proved.add((i, at))
        with interrupted(time.monotonic() + ROW_SECONDS):
            self.reader.prove_row(self.judge.accounts[i].subject, reading, at)

    def verdict(self, i: int, at: int) -> RowVerdict:
        """The worst element of one row's answers of one account."""
        reading, subject, digits = self.readings[i], self.judge.accounts[i].subject, self.reader.digits
        assert reading is not None
        output = _worst_output(reading, at)
        confirmed = digits.confirmed.get((at, output))
        together = reading.together.get(at)
        condition = self.reader.condition(at, output) if self.judge.tells_condition else math.nan
        class_ = Class(int(reading.classes[at, output]))
        note = self.reader.beyond(reading, at, output) or ("" if together is None else together.sentence)
        if class_.is_finding and (i, at) not in self.proved:
            class_, note = Class.undecided, f"judged {class_.name}, not certified"
        return RowVerdict(
            subject.target, subject.implementation.call, output, element_text(self.judge.tensors, output), float(reading.answers[at, output]),
            digits.text(at, output), "judge" if confirmed is None else confirmed.certified_by, float(reading.ulps[at, output]),
            float(reading.excess[at, output]), condition, class_,
            Symptom(int(reading.symptoms[at, output])), reading.labels.get((at, output), Label()), note, bool(reading.flushed[at, output]),
        )  # fmt: skip


def element_text(tensors: Tensors, output: int) -> str:
    """An element of a row's answer as it is written: "" of the only one, "[3]", of a derivative "x[0, 1]"."""
    if tensors.outputs == 1:
        return ""
    left = output
    for name, shape in tensors.answer_shapes().items():
        size = math.prod(shape)
        if left < size:
            at = ", ".join(map(str, np.unravel_index(left, shape))) if shape and (size > 1 or name) else ""
            return f"{name}[{at}]" if at else name
        left -= size
    return f"[{output}]"


def _worst_output(reading: Reading, row: int) -> int:
    """The worst element of a row: by class and label, then by ulps; what a flush explains comes last."""
    size = np.where(reading.flushed[row] | np.isnan(reading.ulps[row]), -1.0, reading.ulps[row])
    weight = reading.classes[row].astype(np.float64)
    for (at, output), label in reading.labels.items():
        if at == row:
            weight[output] = gravity(Class(int(reading.classes[at, output])), label)
    return int(np.lexsort((-np.arange(len(size)), size, weight))[-1])


def _of_raised(subject: Subject, raised: Raised) -> RowVerdict:
    nan = math.nan
    symptom = Symptom.exception if raised.class_.is_finding else Symptom.none
    return RowVerdict(
        subject.target, subject.implementation.call, 0, "", nan, "", "", nan, nan, nan, raised.class_, symptom,
        Label("rejected", raised.refused) if raised.refused else Label(), error=raised.message,
    )  # fmt: skip


def _answer_at(given: Given, at: int) -> Floats | None:
    if given.answers is None or at in given.raised or at in given.missing:
        return None
    return np.array(given.answers[at])


def _stacked(answers: Sequence[Floats | None]) -> Floats | None:
    """Rows one upon the other, those without an answer as NaN; None where none has one."""
    known = next((one for one in answers if one is not None), None)
    if known is None:
        return None
    return np.stack([np.full_like(known, np.nan) if one is None else one for one in answers])


def _chunk_rows(evaluator: Evaluator, shapes: dict[str, tuple[int, ...]], outputs: int) -> int:
    numbers = max(outputs, *(math.prod(shape) for shape in shapes.values()))
    affordable = min(OPERATIONS / row_operations(evaluator.function, shapes), NUMBERS / numbers)
    return int(min(max(affordable, 1), MOST_ROWS))


def _affordable(evaluator: Evaluator, shapes: dict[str, tuple[int, ...]]) -> int:
    each = PROOF + EVALUATIONS * evaluation_cost(evaluator.function, shapes, 256)
    return int(min(max(SECONDS / each, LEAST_PROOFS), MOST_PROOFS))


def index_text(index: Index) -> str:
    """Where a row stands, "[3, 17]"; "" of a single one."""
    return f"[{', '.join(map(str, index))}]" if index else ""
