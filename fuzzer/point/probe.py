"""Probe: one point, the truth, and what every target makes of it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Placement
from ulpfuzz.fuzzer.cell import Cell, Subject, subjects_of
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.frameworks.framework import FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.target import can_be_isolated, target_named, targets_named
from ulpfuzz.fuzzer.inputs.shapes import output_count
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.answered import Answered, Probe
from ulpfuzz.fuzzer.point.at_once import at_once
from ulpfuzz.fuzzer.point.point import Point, cell_named, point_of
from ulpfuzz.fuzzer.point.reading import CONFIRMED, Reader, Reading
from ulpfuzz.fuzzer.proof.label import Label, gravity, label_of
from ulpfuzz.fuzzer.proof.rejected import rejection
from ulpfuzz.oracles.interruption import interrupted
from ulpfuzz.oracles.reference import FINITE

#: Seconds that a framework call may take where a user waits for one point: JAX compiles the dearest gradient of the catalogue, that of hyp2f1, in 7
#: on a quiet machine.
CALL_TIMEOUT = 30.0
#: A point alone, and inside a call that reaches the vector body of a kernel (elementwise), or a block of rows.
ELEMENTWISE_LENGTHS, ROW_LENGTHS = (1, 64), (1, 16)


def probe(
    op_name: str,
    dtype: str,
    inputs: Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
    order: str = "value",
    targets: str | None = None,
    *,
    case_timeout: float | None = None,
) -> Probe:
    """Runs one point through every implementation on the targets (default: all installed) and judges every element.

    inputs: see `ulpfuzz.fuzzer.point.point.point_of`; lists for an elementwise op are one call of that length. A point without lists is run
    alone and repeated (64 times for elementwise ops, 16 rows for others), and the worst answer is shown with its placement. Whatever the
    judge calls a finding is certified by the ball test before it is shown. case_timeout: seconds that a framework call may take; then every
    target runs in a process of its own, all at once, which is ended where a call takes longer, and the others are judged all the same; mpmath
    has as long to confirm the truth, which Arb certifies alone where that takes longer. None: in this process, without a limit. Raises
    UserError (UnknownName) in one line.
    """
    cell = cell_named(op_name, dtype, params, order)
    subjects = subjects_on(cell, targets)
    return probe_point(cell, subjects, point_of(cell.record, dict(cell.params), dtype, order, inputs), case_timeout)


def subjects_on(cell: Cell, targets: str | None) -> list[Subject]:
    """The calls that claim to compute the cell on the targets of that list (default: all installed). Raises UserError where there is none."""
    chosen = targets_named(targets)
    subjects = subjects_of(cell, chosen)
    if not subjects:
        raise UserError(f"none of {', '.join(map(str, chosen))} computes {cell.key}; `ulpfuzz ops` lists who computes what")
    return subjects


def probe_point(cell: Cell, subjects: Sequence[Subject], point: Point, case_timeout: float | None = None) -> Probe:
    """`probe` of a point that was arranged already, by these subjects."""
    if case_timeout is None or not can_be_isolated(target_named(subject.target) for subject in subjects):
        return _Examination(Evaluator(cell, subjects), point).probe()
    with host.limited(case_timeout):
        return _Examination(Evaluator(cell, subjects, isolated=True), point, case_timeout).probe()


#: Of one subject: each placement with the distinct answers that it gave; the framework's message where it raised or died; the symptom of a crash.
_Called = tuple[list[tuple[Placement, NDArray[Any]]], str, str]


class _Examination:
    """One point under examination: the truth is computed once, each element is confirmed once."""

    def __init__(self, evaluator: Evaluator, point: Point, seconds: float = math.inf) -> None:
        """seconds: what mpmath may take."""
        self.evaluator = evaluator
        self.point = point
        self.seconds = seconds
        self.batch = point.batch
        self.fmt: Format = evaluator.format

    def probe(self) -> Probe:
        calls = [(subject, *called) for subject, called in zip(self.evaluator.subjects, self._every_call(), strict=True)]
        with interrupted(time.monotonic() + self.seconds):
            return self._judged(calls)

    def _judged(self, calls: Sequence[tuple[Subject, list[tuple[Placement, NDArray[Any]]], str, str]]) -> Probe:
        every_answer = [answers for _, placed, *_ in calls for _, answers in placed]
        self.evidence = self.evaluator.references.evidence(self.batch, every_answer, settle=False)
        self.truth = self.evidence.reference
        self.reader = Reader(self.evaluator, self.batch, self.evidence, partial(label_of, self.evaluator))
        self.digits = self.reader.digits
        answered = [self._answered(subject, placed, message, died) for subject, placed, message, died in calls]
        answered = [replace(entry, avoidable_by=_avoidable(entry, answered)) for entry in answered]
        worst = self._worst(answered)
        row, output = self._order[worst]
        confirmation = self.digits.confirmation(row, output)
        cell, op = self.evaluator.cell, self.evaluator.op
        few = len(self._order) <= CONFIRMED
        reference = [self.digits.confirmation(r, o).value if few else self.digits.text(r, o) for r, o in self._order]
        return Probe(
            cell.op, dict(cell.params), cell.dtype, cell.order, self._inputs(), self._is_array(), reference,
            confirmation.certified_by, self.reader.condition(row, output),
            None if op.accuracy == "accumulating" else self.evidence.rule.limit.ulps, worst, answered,
        )  # fmt: skip

    # Running

    def _every_call(self) -> list[_Called]:
        """What every subject's calls gave."""
        return at_once(self.evaluator.calls, self.evaluator.subjects, self._calls)

    def _calls(self, subject: Subject) -> _Called:
        """Each placement with the distinct answers that it gave; the framework's message where it raised or died; the symptom of a
        crash."""
        evaluator, batch = self.evaluator, self.batch
        distinct: list[tuple[Placement, NDArray[Any]]] = []
        try:
            framework, call = evaluator.calls.framework(subject), evaluator.calls.described(subject)
            if self.point.listed or batch.rows > 1:
                return [(Placement(batch.rows), framework.evaluate(call, batch))], "", ""
            for length in ELEMENTWISE_LENGTHS if evaluator.op.elementwise else ROW_LENGTHS:
                answers = framework.evaluate_placed(call, batch, Placement(length))
                _, positions = np.unique(self.fmt.bits(answers), axis=0, return_index=True)
                distinct += [(Placement(length, int(i)), answers[i : i + 1]) for i in sorted(positions)]
        except FrameworkDied as died:
            return [], f"{died.symptom}: {died}", died.symptom
        except FrameworkError as error:
            return [], str(error), ""
        return distinct, "", ""

    # Judging

    def _answered(self, subject: Subject, placed: Sequence[tuple[Placement, NDArray[Any]]], message: str, died: str) -> Answered:
        call = subject.implementation.call
        if died:
            return Answered(subject.target, call, error=message, raised=Class.unstable, died=died)
        if message:
            raised, reason = self._raised(subject, message)
            return Answered(subject.target, call, error=message, raised=raised, refused=reason)
        readings = [self.reader.reading(subject, placement, answers) for placement, answers in placed]
        shown = max(readings, key=lambda reading: reading.rank)
        row, output = shown.worst
        return Answered(
            subject.target, call, self._flat(shown.answers.astype(np.float64)), self._flat(shown.ulps), self._flat(shown.excess),
            [Class(code) for code in self._flat(shown.classes)], [Symptom(code) for code in self._flat(shown.symptoms)],
            self._flat(shown.flushed), self._index(row, output), shown.placement, _inconsistent(readings, self.fmt),
            labels=[shown.labels.get(at, Label()) for at in self._order], beyond=self.reader.beyond(shown, row, output),
            together=shown.together.get(row),
        )  # fmt: skip

    def _raised(self, subject: Subject, message: str) -> tuple[Class, str]:
        """Raising where there is an ordinary answer is a defect; a record that is wrong about the call is not, nor is a check of an
        argument that lies at the edge of its domain: then with the reason."""
        if message.startswith(RECORD_ERRORS):
            return Class.undecided, ""
        rows = [self.batch.take(slice(row, row + 1)) for row in range(self.batch.rows)]
        reason = next((said for row in rows if (said := rejection(self.evaluator, subject, row, message))), "")
        ordinary = bool((self.truth.accepts == FINITE).all())
        return Class.unstable if ordinary and not reason else Class.undecided, reason

    # Telling

    def _inputs(self) -> dict[str, Any]:
        shown = {name: values if self.point.listed else values[0] for name, values in self.batch.inputs.items()}
        return {name: _hexes(values.astype(np.float64).tolist()) for name, values in shown.items()}

    def _is_array(self) -> bool:
        op, order = self.evaluator.op, self.evaluator.cell.order
        if self.point.listed or self.truth.shape[1] > 1:
            return True
        return not op.elementwise and (order in ("grad", "grad2") or output_count(op, dict(self.evaluator.cell.params), 7) != 1)

    @cached_property
    def _order(self) -> list[tuple[int, int]]:
        """The elements (row, output) in the C order of the result: for a gradient input by input, each whole; elementwise derivatives
        one derivative after the other."""
        (rows, outputs), order, op = self.truth.shape, self.evaluator.cell.order, self.evaluator.op
        if order == "value" or (order == "jvp" and not op.elementwise):
            return [(row, output) for row in range(rows) for output in range(outputs)]
        if op.elementwise:
            return [(row, output) for output in range(outputs) for row in range(rows)]
        elements, start = [], 0
        for name in op.differentiable_inputs:
            size = self.batch.inputs[name][0].size
            elements += [(row, output) for row in range(rows) for output in range(start, start + size)]
            start += size
        return elements

    def _flat(self, values: NDArray[Any]) -> list[Any]:
        plain = values.tolist()
        return [plain[row][output] for row, output in self._order]

    def _index(self, row: int, output: int) -> int:
        return self._order.index((row, output))

    @staticmethod
    def _worst(answered: Sequence[Answered]) -> int:
        def badness(entry: Answered) -> tuple[float, float]:
            at = entry.worst
            ulps = -1.0 if math.isnan(entry.ulps[at]) or entry.flushes[at] else entry.ulps[at]
            return gravity(entry.classes[at], entry.label), ulps

        return max((entry for entry in answered if not entry.error), key=badness, default=Answered("", "")).worst


def _avoidable(own: Answered, answered: Sequence[Answered]) -> list[str]:
    """The targets of another call that is right at every element where this one fails."""
    failing = own.failing
    if not failing and not own.class_.is_finding:
        return []

    def right(other: Answered) -> bool:
        elements = failing or range(len(other.classes))
        return not other.error and all(other.classes[i] is Class.ok and not other.flushes[i] for i in elements)

    me = (own.target, own.implementation)
    return sorted({other.target for other in answered if (other.target, other.implementation) != me and right(other)})


def _inconsistent(readings: Sequence[Reading], fmt: Format) -> bool:
    """Whether placements of the same bits differ in an element's bits, where one of the answers is a finding."""
    bits = [np.where(np.isnan(r.answers.astype(np.float64)), 0, fmt.bits(r.answers).astype(np.int64)) for r in readings]
    nans = [np.isnan(r.answers.astype(np.float64)) for r in readings]
    wrong = np.logical_or.reduce([r.classes >= Class.inaccurate for r in readings])
    differ = [(b != bits[0]) | (n != nans[0]) for b, n in zip(bits, nans, strict=True)]
    return bool((np.logical_or.reduce(differ) & wrong).any())


def _hexes(value: Any) -> Any:
    return [_hexes(v) for v in value] if isinstance(value, list) else float(value).hex()
