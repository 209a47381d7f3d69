"""judge_answers: answers that somebody else computed, judged row by row as a framework's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import FRAMEWORKS, Implementation
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.evaluation.calls import Calls
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Floats, UnknownName
from ulpfuzz.fuzzer.frameworks.targets.target import Target
from ulpfuzz.fuzzer.judge.flush import FlushPolicy
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.judge.verdict import Verdicts
from ulpfuzz.fuzzer.point.judged_rows import JudgedRows
from ulpfuzz.fuzzer.point.row_judge import CAPS, RowJudge
from ulpfuzz.fuzzer.point.row_source import Each, Given, Wanted
from ulpfuzz.fuzzer.point.tensors import Tensors, answers_of, tensors_of
from ulpfuzz.fuzzer.proof.label import Element, Label, documented_label

#: What stored answers are called where a target's name stands.
ANSWERS = "answers"


@dataclass(frozen=True)
class Terms:
    """What holds beside the mathematical function."""

    #: A framework whose pages hold, as for its own first call of the op: documented thresholds, conventions of gradients; "": nobody's.
    contract: str = ""
    #: What the implementation may do with subnormal numbers.
    flush: FlushPolicy = field(default_factory=FlushPolicy)
    #: What the answers are called in results: a file, a function.
    name: str = ""


@dataclass(frozen=True)
class JudgedAnswers:
    """Verdicts on every element, and what was found out about the rows."""

    #: Errors in ulps of the cell's dtype, shaped as the answers (name -> array where these were a mapping): inf for a wrong special value, nan
    #: where undecided, or not judged.
    ulps: Any
    #: Codes of Class and Symptom, as the judge measured them; nothing is proved of most of them.
    classes: Any
    symptoms: Any
    #: Counts, histogram, the worst rows with truth and verdict, and which rows are defects, certified.
    rows: JudgedRows


def judge_answers(
    cell: Cell, inputs: Mapping[str, Any], answers: Any, terms: Terms | None = None, wanted: Wanted | None = None
) -> JudgedAnswers:
    """Judges answers to a cell (an op at params, dtype and order; `point.cell_named` makes one of names) that were computed elsewhere.

    inputs: name -> array of the op's inputs, of any leading axes (rows) that broadcast together, the trailing ones the op's; for derivatives also
    `cotangent` (of elementwise ops for gradients) and `tangent` (of others), default ones. Numbers must be numbers of the cell's dtype. Arrays of
    numpy, ml_dtypes, torch, JAX and TensorFlow are taken to the bit. answers: an array of the same leading axes and the shape of a row's result; of a
    derivative the array for the one differentiable input, or name -> array for each, of a gradient for some of them.

    wanted.proofs: how many rows that are called wrong are certified, the worst first (docs/reference/error-model.md); 0 and wanted.shown 0: errors
    are measured, and nothing is proved. The guarantee of a row in `rows.defects` is that of a certified finding. An error in ulps is known to what
    its verdict needed: where it is below the limit, to a small part of an ulp.

    Raises UserError in one line: unknown names, shapes that do not fit, numbers that are none of the dtype.
    """
    tensors, given = answers_of(tensors_of(cell, inputs, stored=True), answers)
    every = Verdicts(
        np.full(given.shape, np.nan), np.full((0, 0), np.nan), np.zeros(given.shape, np.uint8), np.zeros(given.shape, np.uint8)
    )

    def keep(rows: NDArray[np.int64], judged: list[Judged | None]) -> None:
        (one,) = judged
        assert one is not None
        every.ulps[rows], every.classes[rows], every.symptoms[rows] = (
            one.verdicts.ulps,
            one.verdicts.classes,
            one.verdicts.symptoms,
        )

    told = _judged(tensors, given, terms or Terms(), wanted or Wanted(), keep)
    shaped = [_as_given(tensors, values, answers) for values in (every.ulps, every.classes, every.symptoms)]
    return JudgedAnswers(shaped[0], shaped[1], shaped[2], told)


def judge_rows(tensors: Tensors, given: Floats, terms: Terms, wanted: Wanted) -> JudgedRows:
    """What `judge_answers` finds out about the rows, of what `answers_of` gave, without the verdicts on every element: for arrays that are large."""
    return _judged(tensors, given, terms, wanted, None)


def _judged(tensors: Tensors, given: Floats, terms: Terms, wanted: Wanted, each: Each | None) -> JudgedRows:
    found = RowJudge(_Stored(tensors, given, terms), tensors, wanted).run(each)
    # Under a contract they are judged as a framework's, and are not its.
    named = partial(replace, target=ANSWERS, implementation=terms.name or ANSWERS)
    worst = [replace(row, verdicts=[named(verdict) for verdict in row.verdicts]) for row in found.worst]
    return replace(found, calls=[named(call) for call in found.calls], worst=worst)


def _as_given(tensors: Tensors, values: Floats, answers: Any) -> Any:
    """An array (rows, outputs) in the shapes of the answers."""
    names = [name for name in tensors.answer_shapes() if name]
    if not (isinstance(answers, Mapping) and names):
        one = next(iter(answers.values())) if isinstance(answers, Mapping) else answers
        shape = np.shape(one) if isinstance(one, (list, tuple)) else tuple(getattr(one, "shape", ()))
        return values.reshape(shape) if np.prod(shape, dtype=np.int64) == values.size else values
    shaped, start = {}, 0
    for name, own in tensors.answer_shapes().items():
        size = int(np.prod(own, dtype=np.int64))
        shaped[name] = values[:, start : start + size].reshape(*tensors.shape, *own)
        start += size
    return shaped


class _Stored:
    """Implements RowSource: the answers are an array."""

    def __init__(self, tensors: Tensors, given: Floats, terms: Terms) -> None:
        self._given = given
        subject = _subject(tensors.cell, terms)
        evaluator = Evaluator(tensors.cell, [subject], CAPS)
        evaluator.calls = _NoCalls(evaluator, terms)
        self._evaluator = evaluator.by_inputs(tensors.variables) if tensors.variables else evaluator

    @property
    def evaluator(self) -> Evaluator:
        return self._evaluator

    def answers(self, rows: NDArray[np.int64], batch: Batch) -> list[Given]:
        return [Given(self._given[rows])]

    def label(self, subject: Subject, element: Element) -> Label:
        return documented_label(self._evaluator, subject, element)

    def refused(self, subject: Subject, row: Batch, message: str) -> str:
        return ""


class _NoCalls(Calls):
    """The calls of a cell whose answers are given: nobody is called, and the flush policy is what somebody says."""

    def __init__(self, evaluator: Evaluator, terms: Terms) -> None:
        super().__init__(evaluator.cell, evaluator.clock, evaluator.deadlines)
        self._terms = terms

    def flush_policy(self, subject: Subject) -> FlushPolicy:
        return self._terms.flush

    def target(self, subject: Subject) -> Target:
        return Target(self._terms.contract or ANSWERS)


def _subject(cell: Cell, terms: Terms) -> Subject:
    """Who is judged: with a contract as a framework's own first call of the op would be, else nobody's. Raises UnknownName."""
    if not terms.contract:
        return Subject(ANSWERS, Implementation(ANSWERS, terms.name or ANSWERS))
    having = [name for name in FRAMEWORKS if cell.record.of(name)]
    if terms.contract not in having:
        raise UnknownName(f"framework with a call of {cell.op}", terms.contract, having)
    return Subject(str(Target(terms.contract)), cell.record.of(terms.contract)[0])
