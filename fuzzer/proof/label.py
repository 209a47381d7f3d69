"""Label of a wrong answer: documented, flush or composed (findings.label), each with its reason; none where it accuses the framework."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch, Placement
from ulpfuzz.fuzzer.catalog.composed import composed
from ulpfuzz.fuzzer.catalog.op import Documented
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.evaluation.watchdog import calling
from ulpfuzz.fuzzer.findings.label import COMPOSED, DOCUMENTED, FLUSH
from ulpfuzz.fuzzer.formats import FLOAT32, Format, format_named
from ulpfuzz.fuzzer.frameworks.targets.target import flush_policy
from ulpfuzz.fuzzer.inputs.recipe import settle
from ulpfuzz.fuzzer.inputs.structures import holds
from ulpfuzz.fuzzer.judge.contract import facts_at
from ulpfuzz.fuzzer.judge.proof import Suspect, ball_test
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.arithmetic.stepwise import flushed_kinds, flushed_steps, rounded_steps
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.effort import evaluation_cost
from ulpfuzz.oracles.kept import Kept
from ulpfuzz.oracles.reference import FINITE

#: What evaluating a definition step by step may raise where an arithmetic cannot: then it explains nothing.
_CANNOT = (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError, TimeIsUpError)


@dataclass(frozen=True)
class Label:
    """name: one of findings.label, or "" for none. reason: why, in one line, with its source."""

    name: str = ""
    reason: str = ""


def gravity(class_: Class, label: Label) -> float:
    """The order of verdicts of one call: findings, below them what is composed, then what is set aside, then what is undecided."""
    return {"": float(class_), COMPOSED: Class.inaccurate - 0.25}.get(label.name, Class.inaccurate - 0.5)


@dataclass(frozen=True)
class Element:
    """One answer that was judged wrong: a batch of one row, the row of outputs that the call gave, and which of them; where the row stood;
    the truth, nan where it is not known or no number; what is known of the row already, other outputs included."""

    row: Batch
    outputs: NDArray[Any]
    output: int
    symptom: Symptom
    placement: Placement | None = None
    truth: float = math.nan
    kept: Kept = field(default_factory=Kept)

    @property
    def answer(self) -> float:
        return float(self.outputs[self.output])


def label_of(evaluator: Evaluator, subject: Subject, element: Element) -> Label:
    """The label of an answer of a subject that is a finding against the mathematical function."""
    scaled = _is_scaled(evaluator, element)
    return set_aside(evaluator, subject, element) or element.kept.of(
        ("composed", subject.target, subject.implementation.call, scaled),
        lambda: composed_label(evaluator, subject, element.row, scaled=scaled),
    )


def set_aside(evaluator: Evaluator, subject: Subject, element: Element) -> Label | None:
    """The label of an answer that is none of a defect's: documented or flush."""
    return _documented(evaluator, subject, element) or _flush(evaluator, subject, element)


def documented_label(evaluator: Evaluator, subject: Subject, element: Element) -> Label:
    """Whether a page explains an answer of somebody who cannot be called again."""
    return _documented(evaluator, subject, element) or Label()


def composed_label(evaluator: Evaluator, subject: Subject, row: Batch, *, scaled: bool = False) -> Label:
    """Whether what a call does at a row is laid to a formula of ours. scaled: see catalog.composed."""
    op, fmt = evaluator.op, format_named(evaluator.format.real)
    point = None if any(i.complex for i in op.inputs) else {n: v for n, v in row.exact().items() if n not in DIRECTIONS}
    reason = composed(op, subject.implementation, dict(evaluator.cell.params), point, fmt, scaled=scaled)
    return Label(COMPOSED, reason) if reason else Label()


def _is_scaled(evaluator: Evaluator, element: Element) -> bool:
    """Whether a product or quotient with one call's result could not have lost what was lost: of values, where answer and truth are
    normal."""
    normal = (evaluator.format.min_normal <= abs(v) <= evaluator.format.max for v in (element.answer, element.truth))
    return evaluator.cell.order == "value" and all(normal)


# Documented

#: Structures without which an op is no function; what a triangular one does not read is another matter.
_DEFINES = ("ascending", "simplex", "spd", "symmetric", "nonsingular")


def _documented(evaluator: Evaluator, subject: Subject, element: Element) -> Label | None:
    for spec in evaluator.op.inputs:
        if spec.structure in _DEFINES and not holds(evaluator.format, spec, element.row.inputs[spec.name]):
            return Label(DOCUMENTED, f"{spec.name} is not {spec.structure}, as the op's record has it: nothing is promised here")
    params = dict(evaluator.cell.params)
    device = evaluator.calls.target(subject).device
    for fact in facts_at(evaluator.op, subject.implementation, params, element.row, evaluator.cell.order, device):
        if fact.open:
            return Label(DOCUMENTED, f"{fact.what}: nothing is promised here; {fact.source}")
        if _right_by(fact, evaluator, subject, element):
            return Label(DOCUMENTED, f"{fact.what}; {fact.source}")
    return None


def _right_by(fact: Documented, evaluator: Evaluator, subject: Subject, element: Element) -> bool:
    if fact.value is not None:
        low, high = _interval(fact.value, element.row)
        return _near(evaluator, element, low) or _near(evaluator, element, high) or low <= element.answer <= high
    held = evaluator.by_definition(fact.definition or evaluator.op.definition, fact.constants, differentiate=fact.differentiate)
    return _right_in_steps(held, element) if fact.arithmetic == "state" else _right_for(held, subject, element)


def _interval(value: float | str | tuple[float, float], row: Batch) -> tuple[float, float]:
    if isinstance(value, tuple):
        return value
    number = float(row.exact()[value].ravel()[0]) if isinstance(value, str) else value
    return number, number


def _near(evaluator: Evaluator, element: Element, value: float) -> bool:
    """Whether the answer is that value, within T ulps of it, or of its kind."""
    answer = element.answer
    if math.isnan(value) or math.isinf(value) or not math.isfinite(answer):
        return answer == value or (math.isnan(value) and math.isnan(answer))
    return abs(answer - value) <= evaluator.references.rule(element.row).limit.ulps * float(
        evaluator.format.ulp(np.asarray(value))
    )


def _right_for(held: Evaluator, subject: Subject, element: Element) -> bool:
    """Whether the answer is no finding by the evaluator's own definition, certified as one is by the op's."""
    row, output = element.row, element.output
    answers = element.outputs[np.newaxis]
    truth = element.kept.of(("truth", held.function, answers.tobytes()), lambda: held.references.reference(row, [answers]))
    if output >= truth.shape[1]:
        return False
    judged = held.function, subject.target, subject.implementation.call, answers.tobytes()
    (outcome,) = element.kept.of(
        ("judged", *judged), lambda: held.judge(row, [(subject, answers, "")], held.references.known(row, truth))
    ).outcomes
    assert outcome.judged is not None
    verdicts = outcome.judged.verdicts
    class_ = Class(int(verdicts.classes[0, output]))
    if verdicts.symptoms[0, output] == Symptom.joint:  # the ball test of one element would explain it
        return False
    if class_.is_finding and math.isfinite(element.answer) and truth.accepts[0, output] & FINITE:
        single = {name: values[0] for name, values in row.exact().items()}
        near = float(truth.value[0, output] + truth.value_lo[0, output])
        suspect = Suspect(
            held.function, held.references.rule(row), single, output, element.answer, class_, excess=float(verdicts.excess[0, output]),
            modulus=held.references.modulus(row, output), kept=element.kept,
        )  # fmt: skip
        class_ = ball_test(suspect, near)
    return class_ < Class.undecided


def _right_in_steps(held: Evaluator, element: Element) -> bool:
    """Whether the answer is what the definition gives in the format's own arithmetic, within T ulps; 16-bit formats may compute in
    binary32."""
    single = {name: values[0] for name, values in element.row.exact().items()}
    formats: list[Format] = [held.format] + [FLOAT32] * (held.format.width == 16)
    for fmt in formats:
        try:
            steps = element.kept.of(
                ("rounded", held.function, fmt.name), partial(rounded_steps, held.function, single, fmt.round)
            )
        except _CANNOT:
            return False
        if element.output < len(steps) and _near(held, element, _rounded(steps[element.output], held.format)):
            return True
    return False


def _rounded(value: float, fmt: Format) -> float:
    return float(fmt.round(np.asarray(value, np.float64)))


# Flush

#: What moves inputs out of the reach of a flush: powers of two by which tiny ones are multiplied, in multiples of the format's precision;
#: where none is tiny, powers to which the magnitudes of all are raised, which brings them and the truth nearer to 1.
_AWAY, _NEARER = (2, 4), (0.75, 0.5)
#: Factors of the numbers at which gradual underflow is tried.
_BESIDE = (1.0, 0.875, 0.75)
#: Nominal seconds in Arb (ulpfuzz.oracles.effort) above which a definition is not evaluated step by step, which takes twenty times as long.
_DEAR = 0.02
#: What flushing an intermediate result or two can change, in least normal numbers (judge.symptoms).
_REACH = 16


def _flush(evaluator: Evaluator, subject: Subject, element: Element) -> Label | None:
    if not all(np.isfinite(v).all() for v in element.row.exact().values()):
        return None
    for fmt in _flushing(evaluator, subject):
        small = element.symptom == Symptom.internal_flush or abs(element.answer - element.truth) <= _REACH * fmt.min_normal
        if _explained(evaluator, element, fmt) or (small and _nowhere_else(evaluator, subject, element)):
            return Label(
                FLUSH,
                f"{evaluator.op.family or evaluator.op.name}: {subject.target} reads or writes {fmt.name} numbers below 2^{fmt.emin} as 0",
            )
    return None


def _flushing(evaluator: Evaluator, subject: Subject) -> list[Format]:
    """The formats whose subnormal numbers the target flushes while it computes in the cell's: its own, and binary32 for 16-bit ones."""
    formats: list[Format] = [evaluator.format] + [FLOAT32] * (evaluator.format.width == 16)
    framework = evaluator.calls.framework(subject)
    flushing = []
    with evaluator.clock.phase("framework"), calling(hosted=framework.in_own_process):
        for fmt in formats:
            policy = flush_policy(evaluator.calls.target(subject), fmt.name, evaluator.calls.isolated)
            if policy.inputs or policy.outputs:
                flushing.append(format_named(fmt.real))
    return flushing


def _explained(evaluator: Evaluator, element: Element, fmt: Format) -> bool:
    """Whether the definition itself, with the subnormal numbers among its inputs and intermediate results read as zero, has that answer,
    and has a right one with gradual underflow: what underflows, or loses digits there, whatever the target does is no flush (the variance
    of numbers whose squares are subnormal)."""
    single = {name: values[0] for name, values in element.row.exact().items()}
    finite = math.isfinite(element.answer)
    if evaluation_cost(evaluator.function, {name: np.shape(v) for name, v in single.items()}, 256) > _DEAR:
        return False
    with evaluator.clock.phase("oracle"):
        try:
            if not finite:
                kinds = element.kept.of(
                    ("kinds", evaluator.function, fmt.name),
                    lambda: flushed_kinds(evaluator.function, single, fmt.min_normal, fmt.precision),
                )
                return element.output < len(kinds) and not math.isfinite(kinds[element.output]) and _is(evaluator, element, kinds)
            if not _is(evaluator, element, _steps(evaluator, element, fmt)):
                return False
            gradual = _steps(evaluator, element, fmt, gradual=True)
            return not _is(evaluator, element, gradual) and _is_right(evaluator, element, fmt)
        except _CANNOT:
            return False


def _steps(
    evaluator: Evaluator, element: Element, fmt: Format, factor: float = 1.0, *, gradual: bool = False, flush: bool = True
) -> list[float]:
    """The definition step by step at the row's numbers; those of inputs that take no integers are multiplied by a factor
    (stepwise.flushed_steps); flush: False for exact steps."""
    whole = {spec.name for spec in evaluator.op.inputs if spec.integers}
    single = {name: values[0] if name in whole else values[0] * factor for name, values in element.row.exact().items()}
    least = fmt.min_normal if flush else 0.0  # nothing is below 0
    return element.kept.of(
        ("steps", evaluator.function, fmt.name, factor, gradual, flush),
        lambda: flushed_steps(evaluator.function, single, least, fmt.precision, gradual=gradual),
    )


def _is(evaluator: Evaluator, element: Element, outputs: list[float]) -> bool:
    """Whether the answer is what a definition's steps give, rounded, within T ulps."""
    if element.output >= len(outputs):
        return False
    value = _rounded(outputs[element.output], evaluator.format)
    return math.isfinite(value) == math.isfinite(element.answer) and _near(evaluator, element, value)


def _is_right(evaluator: Evaluator, element: Element, fmt: Format) -> bool:
    """Whether the definition with gradual underflow is as near the truth as rounding explains, within T ulps, or c of the excess
    (judge.limits): here, and where every number is an eighth or a quarter less, for a quantised result may be right by chance."""
    standard = evaluator.references.rule(element.row).limit
    for factor in _BESIDE:
        gradual = _steps(evaluator, element, fmt, factor, gradual=True)[element.output]
        right = _steps(evaluator, element, fmt, factor, flush=False)[element.output]
        if not abs(gradual - right) <= max(standard.ulps, standard.excess) * float(evaluator.format.ulp(np.asarray(right))):
            return False
    return True


def _nowhere_else(evaluator: Evaluator, subject: Subject, element: Element) -> bool:
    """Whether the call is right where the same inputs are moved out of a flush's reach: an error of another cause would stay."""
    at = element.placement or Placement()
    for number, inputs in enumerate(_moved(evaluator, element.row)):
        outcome = element.kept.of(
            ("moved", subject.target, subject.implementation.call, at, number),
            partial(_first, evaluator, subject, replace(element.row, inputs=inputs), at),
        )
        if outcome.judged is None or outcome.judged.verdicts.classes[at.position, element.output] >= Class.undecided:
            return False
    return True


def _first(evaluator: Evaluator, subject: Subject, row: Batch, at: Placement) -> Outcome:
    return evaluator.run_placed(row, subject, at).outcomes[0]


def _moved(evaluator: Evaluator, row: Batch) -> list[dict[str, NDArray[Any]]]:
    """The inputs of a row, moved in two ways."""
    fmt, exact = evaluator.format, row.exact()
    reach = 2.0 ** (fmt.emin + 2 * fmt.precision)
    tiny = any(((np.abs(v) < reach) & (v != 0)).any() for v in exact.values())

    def moved(values: NDArray[np.float64], number: int) -> NDArray[np.float64]:
        if tiny:
            return np.where(np.abs(values) < reach, values * 2.0 ** (_AWAY[number] * fmt.precision), values)
        return np.copysign(np.abs(values) ** _NEARER[number], values)

    specs = {spec.name: spec for spec in evaluator.op.inputs}
    rows = []
    for number in range(2):
        inputs = {
            name: row.inputs[name] if name in DIRECTIONS and not tiny else fmt.round(moved(v, number))
            for name, v in exact.items()
        }
        rows.append({name: settle(fmt, specs[name], v) if name in specs else v for name, v in inputs.items()})
    return rows
