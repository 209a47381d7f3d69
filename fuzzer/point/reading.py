"""Reader: the answers to one batch read by the judge, and what is proved of them; each element is confirmed once, each answer certified once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.targets.target import framework_of
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.joint_proof import JointProof, certify_joint
from ulpfuzz.fuzzer.judge.proof import Suspect, certify, convention_of
from ulpfuzz.fuzzer.judge.ranges import told
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.digits import Digits
from ulpfuzz.fuzzer.proof.label import Element, Label, gravity

#: Beyond this many elements mpmath confirms only the worst of the failing ones; Arb alone gives the digits of the others.
CONFIRMED = 64
#: Of a row that is proved by itself: wrong elements that are tried, the worst first, until one is certified.
TRIED = 4


@dataclass(frozen=True)
class Reading:
    """Answers and verdicts of one call, or of some rows of it: arrays of shape (rows, outputs)."""

    #: Where the row stood in the call.
    placement: Placement
    #: All outputs, a row per position.
    answers: Floats
    #: Errors in ulps.
    ulps: NDArray[np.float64]
    #: E of the error model.
    excess: NDArray[np.float64]
    #: Codes of Class.
    classes: NDArray[np.uint8]
    #: Codes of Symptom.
    symptoms: NDArray[np.uint8]
    #: Elements that a flush-to-zero policy explains.
    flushed: NDArray[np.bool_]
    #: Labels by (row, output).
    labels: dict[tuple[int, int], Label] = field(default_factory=dict)
    #: What was proved of the outputs of a row together.
    together: dict[int, JointProof] = field(default_factory=dict)

    @property
    def gravity(self) -> NDArray[np.float64]:
        """The classes as numbers that order the elements: what has a label stands below the findings that have none."""
        gravities = self.classes.astype(np.float64)
        for at, label in self.labels.items():
            gravities[at] = gravity(Class(int(self.classes[at])), label)
        return gravities

    @property
    def worst(self) -> tuple[int, int]:
        """Row and output of the worst element: by class, then ulps; what a flush explains comes last."""
        size = np.where(self.flushed | np.isnan(self.ulps), -1.0, self.ulps)
        flat = int(np.lexsort((-np.arange(size.size), size.ravel(), self.gravity.ravel()))[-1])
        row, output = divmod(flat, self.classes.shape[1])
        return row, output

    @property
    def rank(self) -> tuple[float, float, int]:
        row, output = self.worst
        ulps = self.ulps[row, output]
        return float(self.gravity[row, output]), -1.0 if math.isnan(ulps) else float(ulps), -self.placement.length


class Reader:
    """Reads answers to a batch of which the evidence is known.

    label: what a wrong answer is beside (proof.label), for the one who gave it.
    """

    def __init__(
        self, evaluator: Evaluator, batch: Batch, evidence: Evidence, label: Callable[[Subject, Element], Label]
    ) -> None:
        self.evaluator, self.batch, self.evidence, self._label_of = evaluator, batch, evidence, label
        self.truth = evidence.reference
        self.fmt = evaluator.format
        self.digits = Digits(evaluator.function, batch.exact(), self.truth)
        self._certified: dict[tuple[str, int, int, bytes], Class] = {}

    def reading(self, subject: Subject, placement: Placement, answers: Floats) -> Reading:
        """What the judge says of the answers to all rows, and what is proved of the wrong ones: at most CONFIRMED, the worst first. Errors are exact
        where few elements are, else where they were confirmed."""
        reading = self.measured(subject, placement, answers)
        for number, (row, output) in enumerate(self._worst_first(reading, range(len(answers)))):
            self._prove(subject, reading, row, output, confirmed=number < CONFIRMED)
        few = answers.size <= CONFIRMED
        for row, output in np.ndindex(*answers.shape) if few else list(self.digits.confirmed):
            self._sharpen(reading, row, output)
        return reading

    def measured(self, subject: Subject, placement: Placement, answers: Floats) -> Reading:
        """What the judge says of the answers; nothing is proved."""
        (outcome,) = self.evaluator.judge(self.batch, [(subject, answers, "")], self.evidence).outcomes
        assert outcome.judged is not None
        verdicts = outcome.judged.verdicts
        return Reading(
            placement, answers, verdicts.ulps.copy(), verdicts.excess, verdicts.classes.copy(), verdicts.symptoms.copy(),
            outcome.judged.flushed,
        )  # fmt: skip

    def prove_row(self, subject: Subject, reading: Reading, row: int) -> None:
        """Certifies the wrong elements of one row, the worst first, until one is a finding without a label, TRIED of them at most. What was not tried
        is undecided."""
        wrong, proved = self._worst_first(reading, [row]), False
        for number, (_, output) in enumerate(wrong):
            if proved or number >= TRIED:
                reading.classes[row, output], reading.symptoms[row, output] = Class.undecided, Symptom.none
                continue
            self._prove(subject, reading, row, output, confirmed=True)
            if (row, output) in self.digits.confirmed:
                self._sharpen(reading, row, output)
            proved = Class(int(reading.classes[row, output])).is_finding and (row, output) not in reading.labels

    @staticmethod
    def _worst_first(reading: Reading, rows: Iterable[int]) -> list[tuple[int, int]]:
        """The elements of these rows that are called wrong, by falling excess; unknown ones first."""
        size = {}
        for row in rows:
            for output in np.flatnonzero(reading.classes[row] >= Class.inaccurate).tolist():
                excess = float(reading.excess[row, output])
                size[row, output] = math.inf if math.isnan(excess) else excess
        return sorted(size, key=lambda at: -size[at])

    def _prove(self, subject: Subject, reading: Reading, row: int, output: int, *, confirmed: bool) -> None:
        class_ = self._certify(subject, reading, row, output, confirmed=confirmed)
        reading.classes[row, output] = class_
        if not class_.is_finding:
            reading.symptoms[row, output] = Symptom.none
        elif (label := self._label(subject, reading, row, output)).name:
            reading.labels[row, output] = label

    def _certify(self, subject: Subject, reading: Reading, row: int, output: int, *, confirmed: bool) -> Class:
        """The class that can be proved. Without confirmation a wrong number is undecided; a NaN needs no digits to be wrong."""
        answer, measured = reading.answers[row, output], Class(int(reading.classes[row, output]))
        framework = framework_of(subject.target)
        joint = reading.symptoms[row, output] == Symptom.joint  # all answers of the row are judged together
        key = (framework, row, output, self.fmt.bits(reading.answers[row] if joint else answer).tobytes())
        if key not in self._certified:
            if not confirmed:
                class_ = Class.undecided if math.isfinite(float(answer)) else measured
            else:
                one = self.batch.take(slice(row, row + 1))
                suspect = Suspect(
                    self.evaluator.function, self.evidence.rule, self.digits.single(row), output, float(answer), measured,
                    Symptom(int(reading.symptoms[row, output])), float(reading.excess[row, output]),
                    self.evaluator.references.modulus(one, output), self.digits.kept(row),
                )  # fmt: skip
                class_ = self._proved(suspect, reading, one, row, framework)
            self._certified[key] = class_
        return self._certified[key]

    def _proved(self, suspect: Suspect, reading: Reading, one: Batch, row: int, framework: str) -> Class:
        output = suspect.output
        if suspect.symptom is not Symptom.joint:
            known = convention_of(self.evaluator.op, one, output, self.evaluator.cell.order, framework)
            return certify(suspect, known or self.digits.confirmation(row, output)).class_
        answers = reading.answers[row].astype(np.float64)
        proof = suspect.kept.of(("joint", answers.tobytes()), lambda: certify_joint(suspect, answers))
        if proof is None or not proof.class_.is_finding:
            return Class.undecided if proof is None else proof.class_
        reading.together[row] = proof
        return proof.class_

    def _label(self, subject: Subject, reading: Reading, row: int, output: int) -> Label:
        element = Element(
            self.batch.take(slice(row, row + 1)),
            reading.answers[row],
            output,
            Symptom(int(reading.symptoms[row, output])),
            reading.placement,
            self.digits.near(row, output),
            self.digits.kept(row),
        )
        return self._label_of(subject, element)

    def _sharpen(self, reading: Reading, row: int, output: int) -> None:
        """The exact error in place of the judge's, which is only as sharp as the verdict needed."""
        exact = self.digits.confirmation(row, output).exact
        answer, ulps = float(reading.answers[row, output]), reading.ulps[row, output]
        if exact is None or not math.isfinite(answer) or not math.isfinite(ulps) or abs(exact) >= self.fmt.overflow_threshold:
            return
        if self.truth.interval[row, output] or (ulps == 0 and answer != exact):  # a kink, or right by the record's contract
            return
        reading.ulps[row, output] = self.fmt.error_exact(answer, exact)

    def condition(self, row: int, output: int) -> float:
        """The condition number of an element, nan where unknown: at a truth of 0, and beside infinities."""
        one = self.batch.take(slice(row, row + 1))
        if not self.digits.near(row, output) or not all(np.isfinite(v).all() for v in one.exact().values()):
            return math.nan
        return self.evaluator.references.condition(one, output)

    def beyond(self, reading: Reading, row: int, output: int) -> str:
        """Of an element out of range: which end it lies beyond, and why that is one; else ""."""
        if reading.symptoms[row, output] != Symptom.out_of_range:
            return ""
        cell, single = self.evaluator.cell, self.digits.single(row)
        return told(self.evaluator.op, cell.order, dict(cell.params), single, output, float(reading.answers[row, output]))
