"""Reproduce: a stored finding run again now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Subject, cell_of
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.evaluation.judgement import Outcome
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.headline import arrays_of, element_of, headline
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.launch import version_of
from ulpfuzz.fuzzer.frameworks.targets.target import Target, can_be_isolated, framework_for, target_named, targets_named
from ulpfuzz.fuzzer.judge.joint_proof import JointProof, certify_joint
from ulpfuzz.fuzzer.judge.proof import Suspect, certify, convention_of
from ulpfuzz.fuzzer.judge.ranges import told
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.point.stored import checked
from ulpfuzz.fuzzer.proof.joint import with_functional
from ulpfuzz.fuzzer.proof.label import Element, Label, label_of
from ulpfuzz.fuzzer.proof.nondeterminism import another_placement, as_nondeterministic, in_two_processes

#: Seconds after which a case that hung before hangs again, where the finding holds no time limit of its own.
CALL_TIMEOUT = 120.0


@dataclass(frozen=True)
class Reproduction:
    """A finding as it is today. now: the finding with today's answer, error, class and symptom. version: the framework's.
    message: one line that reads like the code that would show it."""

    still_fails: bool
    now: Finding
    version: str
    message: str


def reproduce(finding: Finding, *, case_timeout: float | None = None) -> Reproduction:
    """Runs the finding's implementation on its target at its case and placement, and judges its worst element anew.

    It still fails if that answer is a finding, certified by the ball test, whatever the symptom. case_timeout: seconds that a call may
    take, in a fresh process, which is ended where it takes longer; None: in this process without a limit, but for a case that ended or hung
    its process. Raises UnknownName for an op that the catalogue has no more, UserError where the target is not installed,
    FrameworkError where it does not start; UserError for what may not be run (point.stored).
    """
    op_named(finding.op)
    checked(finding)
    (target,) = targets_named(finding.target)
    if finding.symptom in ("crash", "hang"):
        call_timeout = case_timeout or float(finding.case.get("patience", CALL_TIMEOUT))
        return _reproduction(finding, in_a_process_of_its_own(finding, call_timeout), version_of(target) or "")
    if finding.symptom == Symptom.nondeterministic.name:
        with host.limited(case_timeout or CALL_TIMEOUT):
            return _reproduction(finding, in_other_processes(finding), version_of(target) or "")
    if case_timeout is not None and can_be_isolated([target]):
        with host.limited(case_timeout):
            return _reproduced(finding, target, isolated=True)
    return _reproduced(finding, target, isolated=False)


def _reproduced(finding: Finding, target: Target, *, isolated: bool) -> Reproduction:
    subject = Subject(str(target), checked(finding))
    evaluator = Evaluator(cell_of(finding), [subject], isolated=isolated)
    version = evaluator.calls.framework(subject).version
    now, right = again(finding, evaluator, subject)
    if right is not None:
        return _reproduction_of_both(finding, now, right, version)
    return _reproduction(finding, now, version)


def again(finding: Finding, evaluator: Evaluator, subject: Subject) -> tuple[Finding, tuple[Finding, Placement] | None]:
    """The finding as it is today; and, of symptom inconsistent, as it is at the placement where its bits were right, and that placement.
    Raises ValueError where it cannot be judged."""
    case = case_of(finding)
    batch = case.batch()
    right = _right_side(finding, evaluator, batch, subject) if finding.symptom == Symptom.inconsistent.name else None
    outcome = _nth(finding, evaluator, subject, case.placement, finding.case)
    return _judged(finding, evaluator, batch, outcome, case.placement), right


def still_inconsistent(now: Finding, there: Finding) -> bool:
    """Whether the same bits are wrong here, and right and another answer there."""
    return Class[now.class_].is_finding and not Class[there.class_].is_finding and there.output_hex != now.output_hex


def _nth(finding: Finding, evaluator: Evaluator, subject: Subject, placement: Placement, side: Mapping[str, Any]) -> Outcome:
    """The outcome of the call that a case, or its right side, describes: the first, or the nth of equal ones.

    Where it matters which call it is, the first one follows a call of another length: this process may have made a call with the same bits
    before, and the kernel may remember it.
    """
    batch = case_of(finding).batch()
    if "nth" in finding.case or "nth" in (finding.case.get("right") or {}):
        evaluator.run_placed(batch, subject, another_placement(placement))
    return [evaluator.run_placed(batch, subject, placement).outcomes[0] for _ in range(int(side.get("nth", 1)))][-1]


def _right_side(finding: Finding, evaluator: Evaluator, batch: Batch, subject: Subject) -> tuple[Finding, Placement]:
    """The finding as it would be at the placement where its bits were right; and that placement. Raises UserError where it has none."""
    side = finding.case.get("right")
    if not side:
        raise UserError(f"finding {finding.id} does not hold the placement where the same bits are right")
    placement = Placement(**side["placement"])
    return _judged(finding, evaluator, batch, _nth(finding, evaluator, subject, placement, side), placement), placement


def _judged(finding: Finding, evaluator: Evaluator, batch: Batch, outcome: Outcome, placement: Placement) -> Finding:
    if outcome.error.startswith(RECORD_ERRORS):
        raise UserError(f"{finding.implementation} cannot be judged: {outcome.error}")
    if outcome.judged is None or outcome.answers is None:
        raised = outcome.died or Symptom.exception.name
        return replace(finding, symptom=raised, class_="unstable", output=math.nan, output_hex="nan", note=outcome.error)
    at = (placement.position, finding.worst)
    if finding.worst >= outcome.answers.shape[1]:
        raise UserError(
            f"{finding.id}: the call returns {outcome.answers.shape[1]} numbers, element {finding.worst} is not among them"
        )
    verdicts = outcome.judged.verdicts
    answer, excess = float(outcome.answers[at]), float(verdicts.excess[at])
    class_, symptom = Class(int(verdicts.classes[at])), Symptom(int(verdicts.symptoms[at]))
    reference, certified_by, near = finding.reference, finding.certified_by, math.nan
    if class_.is_finding or finding.symptom == Symptom.exception.name:
        single = {name: values[0] for name, values in batch.exact().items()}
        suspect = Suspect(
            evaluator.function, evaluator.references.rule(batch), single, finding.worst, answer, class_, symptom, excess,
            evaluator.references.modulus(batch, finding.worst),
        )  # fmt: skip
        if symptom is Symptom.joint:
            proved = certify_joint(suspect, outcome.answers[placement.position].astype(np.float64))
            return _judged_together(finding, evaluator, outcome, placement, proved)
        proof = certify(
            suspect, convention_of(evaluator.op, batch, finding.worst, evaluator.cell.order, framework_of(outcome.subject.target))
        )
        class_, truth = proof.class_, proof.confirmation
        reference, certified_by, near = truth.value, truth.certified_by, truth.near
    if not class_.is_finding and together(finding) is not None:
        return _judged_together(finding, evaluator, outcome, placement, None)
    label, note = Label(), ""
    if class_.is_finding:
        if symptom is Symptom.out_of_range:
            note = told(evaluator.op, evaluator.cell.order, dict(evaluator.cell.params), single, finding.worst, answer)
        element = Element(batch, outcome.answers[placement.position], finding.worst, symptom, placement, near)
        label = label_of(evaluator, outcome.subject, element)
    case = {name: value for name, value in finding.case.items() if name != "functional"}  # it is an element that is wrong now
    return replace(
        finding, label=label.name, reason=label.reason or finding.reason, class_=class_.name, case=case,
        symptom=symptom.name if class_.is_finding else "none", ulps=float(verdicts.ulps[at]),
        excess=excess, output=answer, output_hex=answer.hex(), reference=reference, certified_by=certified_by, note=note,
    )  # fmt: skip


def _judged_together(
    finding: Finding, evaluator: Evaluator, outcome: Outcome, placement: Placement, proof: JointProof | None
) -> Finding:
    """The finding as the functional of its outputs is today. proof: None where the judge finds nothing wrong with it, or it is not known."""
    assert outcome.answers is not None
    outputs, functional = outcome.answers[placement.position], together(finding)
    if proof is not None and proof.class_.is_finding:
        element = Element(case_of(finding).batch(), outputs, finding.worst, Symptom.joint, placement)
        label = label_of(evaluator, outcome.subject, element)
        now = replace(finding, label=label.name, reason=label.reason or finding.reason, symptom=Symptom.joint.name)
        return replace(with_functional(now, proof), class_=proof.class_.name, note="")
    assert outcome.judged is not None
    judged = Class(int(outcome.judged.verdicts.classes[placement.position, finding.worst]))
    class_ = proof.class_ if proof is not None else Class.undecided if judged.is_finding else judged
    answer = float(outputs[finding.worst]) if functional is None else functional.of(outputs)
    return replace(finding, symptom="none", class_=class_.name, output=answer, output_hex=answer.hex(), note="")


def _reproduction_of_both(finding: Finding, now: Finding, right: tuple[Finding, Placement], version: str) -> Reproduction:
    """What a finding of two placements says today: whether the wrong one still fails, and whether the two still differ."""
    there, placement = right
    plain = _reproduction(finding, now, version)
    if not plain.still_fails:
        return plain
    fails = Class[there.class_].is_finding
    differ = there.output_hex != now.output_hex
    also = f"answer {there.output:.9g} at length {placement.length}" + (
        f", position {placement.position}" if placement.position else ""
    )
    if differ and not fails:
        also = f"still inconsistent: right {also}"
    elif differ:
        also = f"both placements are wrong now, differently: {also}"
    else:
        also = "both placements are wrong now, alike"
    kept = replace(now, symptom=finding.symptom) if still_inconsistent(now, there) else now
    return Reproduction(True, kept, version, f"{plain.message}; {also}")


def _reproduction(finding: Finding, now: Finding, version: str) -> Reproduction:
    fails = Class[now.class_].is_finding
    arrays = arrays_of(now)
    differentiable = op_named(finding.op).differentiable_inputs
    # A crash that does not happen any more leaves no answer to show.
    line = headline(finding if now.symptom == "none" and finding.symptom in ("crash", "hang") else now, arrays,
                    element_of(now, arrays, differentiable))  # fmt: skip
    framework = framework_of(finding.target)
    if not fails:
        after = f"{now.class_} now" if now.class_ != "ok" else "gone"
    elif now.symptom != finding.symptom and finding.symptom != Symptom.inconsistent.name:
        after = f"still {now.class_}, with another symptom: {now.symptom} (was {finding.symptom})"
    else:
        after = f"still {now.class_}"
    after += f" with {framework} {version}".rstrip()
    if fails and now.label:
        after += f"; {now.reason}"
    if now.symptom in ("exception", "crash", "hang", "nondeterministic") and now.note:
        after += f": {now.note}"
    return Reproduction(fails, now, version, f"{line}: {after}")


# A case that ended or hung its process before


def in_other_processes(finding: Finding) -> Finding:
    """A finding of symptom nondeterministic as it is today, in two fresh processes. Raises FrameworkError, ValueError."""
    op = op_named(finding.op)
    call = Call(op, checked(finding), finding.params, finding.order)
    answers = in_two_processes(target_named(finding.target), call, finding)
    if answers.differ:
        return as_nondeterministic(replace(finding, note=""), answers, finding.id)
    return replace(finding, symptom="none", class_="ok", output=answers.first, output_hex=answers.first.hex(), note="")


def in_a_process_of_its_own(finding: Finding, call_timeout: float) -> Finding:
    """A crash or a hang as it is today; only whether the call comes back matters."""
    case, op, target = case_of(finding), op_named(finding.op), target_named(finding.target)
    call = Call(op, checked(finding), finding.params, finding.order)
    framework = framework_for(target, isolated=True)
    try:
        with host.limited(call_timeout):
            framework.evaluate_placed(call, case.batch(), case.placement)
    except FrameworkDied as crash:
        return replace(finding, symptom=crash.symptom, class_="unstable", note=str(crash))
    except FrameworkError as error:
        if str(error).startswith("Unsupported"):
            raise
    return replace(finding, symptom="none", class_="ok")
