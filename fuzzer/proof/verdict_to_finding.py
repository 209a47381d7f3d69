"""From candidates to findings: one representative of each call and symptom, certified at once, with every target's answer beside it.

Nothing here is shrunk: discovery proves, casework explains (`casework.simplest`). The proofs of a cell share what they evaluate: calls and
targets that fail at the same bits have one confirmed truth and one enclosed neighbourhood (`References.kept`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.binades import input_exponents, reach
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.identity import finding_id, framework_of
from ulpfuzz.fuzzer.findings.label import LISTED_SEPARATELY, labelled
from ulpfuzz.fuzzer.judge.joint_proof import JointProof, certify_joint
from ulpfuzz.fuzzer.judge.limits import limit_of_whom
from ulpfuzz.fuzzer.judge.proof import Suspect, certify, convention_of
from ulpfuzz.fuzzer.judge.ranges import told
from ulpfuzz.fuzzer.judge.severity import Graveness, severity
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.beside import Shown, answers_beside, avoidable_by
from ulpfuzz.fuzzer.proof.joint import with_functional
from ulpfuzz.fuzzer.proof.label import Element, Label, label_of, set_aside
from ulpfuzz.fuzzer.proof.place import InconsistentPair, Placed, inconsistent_pair, place_seen
from ulpfuzz.fuzzer.proof.representative import Simplifier, by_promise
from ulpfuzz.fuzzer.search.ledger import Candidate, Inconsistency, Ledger
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.confirmation import Confirmation, confirm

#: How many candidates of one symptom are tried at most.
TRIES = 3


@dataclass(frozen=True)
class Proved:
    """An answer that is certified to be wrong, as yet without what others answer."""

    ledger: Ledger
    row: Batch
    output: int
    placed: Placed
    #: The answer and what the judge says of it; its error against the confirmed truth.
    value: float
    ulps: float
    excess: float
    #: What the proof says.
    class_: Class
    symptom: Symptom
    confirmation: Confirmation
    label: Label
    call_index: int = 1
    #: Of symptom inconsistent: the places where the same bits are wrong and right, and the findings with the plain symptom.
    pair: InconsistentPair | None = None
    #: Of symptom joint: what is proved of the outputs together; value, error and truth are those of the functional.
    joint: JointProof | None = None

    @property
    def subject(self) -> Subject:
        return self.ledger.subject

    @property
    def counts(self) -> bool:
        """Whether it is a finding that is not set aside by its label."""
        return self.label.name not in LISTED_SEPARATELY

    @property
    def shown(self) -> Shown:
        own = Answer(
            self.subject.target, self.subject.implementation.call, self.value, self.value.hex(), self.ulps, self.class_.name,
            self.symptom.name,
        )  # fmt: skip
        return Shown(self.subject, self.row, self.output, self.placed.placement, own, self.call_index, self.joint)


def findings_of(evaluator: Evaluator, ledgers: Sequence[Ledger], known: Mapping[str, float]) -> list[list[Finding]]:
    """By ledger, one finding per symptom that survives certification, and one of symptom inconsistent. known: id -> excess already
    reported; those are redone only if 4 times worse.

    A finding that is set aside by its label (documented, flush) stands for its symptom only where no candidate has one that is not.
    """
    simplifier, proofs = Simplifier(evaluator), []
    for ledger in ledgers:
        plain = []
        for symptom in sorted(ledger.candidates, reverse=True):
            proved = _first(evaluator, ledger, symptom, simplifier, known)
            plain += [] if proved is None else [proved]
        proofs.append(plain + _inconsistent(evaluator, ledger, plain, known))
    return _composed(evaluator, proofs)


def _composed(evaluator: Evaluator, proofs: Sequence[Sequence[Proved]]) -> list[list[Finding]]:
    beside = iter(answers_beside(evaluator, [proved.shown for proved_of in proofs for proved in proved_of]))
    findings = []
    for proved_of in proofs:
        composed: list[Finding] = []
        for proved in proved_of:
            finding = _compose(evaluator, proved, next(beside))
            alike = [f for f in composed if f.symptom == proved.symptom.name]
            composed.append(finding if proved.pair is None else _as_inconsistent(evaluator, proved, finding, alike))
        findings.append(composed)
    return findings


# The representative of a symptom


def _first(
    evaluator: Evaluator, ledger: Ledger, symptom: Symptom, simplifier: Simplifier, known: Mapping[str, float]
) -> Proved | None:
    """The proof of the first of a few candidates that survives; one that is set aside waits for the others."""
    worst = ledger.best(symptom)
    chosen = by_promise(worst, evaluator.params, evaluator.references.rule(worst[0].row).limit.ulps)
    reported = known.get(identity(evaluator, ledger.subject, symptom))
    if not _is_worse(chosen[0].excess, reported):
        return None
    waiting: list[Candidate] = []
    kept, tries = None, 0
    for candidate in chosen:
        if tries == TRIES:
            break
        # Most are not set aside: only after one that is, the others are looked at first.
        if kept is not None and _is_set_aside(evaluator, ledger.subject, candidate):
            waiting.append(candidate)
            continue
        tries += 1
        proved = _proved(evaluator, ledger, candidate, simplifier)
        if proved is not None and proved.counts:
            return proved if _is_worse(proved.excess, reported) else None
        kept = kept or proved
    for candidate in waiting[:TRIES]:
        kept = kept or _proved(evaluator, ledger, candidate, simplifier)
    return kept


def _is_worse(excess: float, reported: float | None) -> bool:
    """Whether a finding was not reported before, or is now 4 times worse."""
    return reported is None or excess > 4 * reported


def _is_set_aside(evaluator: Evaluator, subject: Subject, candidate: Candidate) -> bool:
    """Whether the candidate, as it was seen, is documented or a flush."""
    if candidate.answers is None:
        return False
    kept = evaluator.references.kept(candidate.row)
    element = Element(candidate.row, candidate.answers, candidate.output, candidate.symptom, candidate.within, kept=kept)
    return set_aside(evaluator, subject, element) is not None


def _proved(evaluator: Evaluator, ledger: Ledger, candidate: Candidate, simplifier: Simplifier) -> Proved | None:
    """The proof of the candidate, at the first of its simplified rows that is one, and is proved in time."""
    aside = None
    with suppress(TimeIsUpError):
        for chosen in simplifier.simpler(ledger.subject, candidate):
            placed = place_seen(evaluator, ledger.subject, chosen, among_many=chosen is candidate)
            proved = None if placed is None else prove(evaluator, ledger, chosen, placed)
            if proved is not None and proved.counts:
                return proved
            aside = aside or proved  # a simplified row may be documented where the row itself is not
    return aside


# The proof


def prove(evaluator: Evaluator, ledger: Ledger, candidate: Candidate, placed: Placed, call_index: int = 1) -> Proved | None:
    """The proof that the subject's answer at the candidate's row, at that place, in the nth of equal calls, is wrong and has the symptom;
    None where it is not proved."""
    subject, row, output = ledger.subject, candidate.row, candidate.output
    references, single = evaluator.references, {name: values[0] for name, values in row.exact().items()}
    kept, rule = references.kept(row), references.rule(row)
    confirmation = convention_of(evaluator.op, row, output, evaluator.cell.order, framework_of(subject.target))
    if confirmation is None:
        with evaluator.clock.phase("oracle"):
            confirmation = kept.of(
                ("confirmed", evaluator.function, output), lambda: confirm(evaluator.function, single, output, kept=kept)
            )
    if not confirmation.agrees:
        return None
    own = _own(evaluator, subject, candidate, placed, call_index)
    if own is None or not own.class_.is_finding or own.symptom != candidate.symptom:
        return None
    modulus = kept.of(("modulus", output), lambda: references.modulus(row, output))
    suspect = Suspect(
        evaluator.function, rule, single, output, own.value, own.class_, own.symptom, own.excess, modulus, kept
    )  # fmt: skip
    with evaluator.clock.phase("oracle"):
        proof = (
            certify(suspect, confirmation)
            if own.symptom is not Symptom.joint
            else certify_joint(suspect, own.outputs.astype(np.float64))
        )
    if proof is None or not proof.class_.is_finding:
        return None
    joint = proof if isinstance(proof, JointProof) else None
    element = Element(row, own.outputs, output, own.symptom, placed.placement, math.nan if joint else confirmation.near, kept)
    label = label_of(evaluator, subject, element)
    if joint:
        return Proved(
            ledger, row, output, placed, joint.answer, joint.ulps, joint.excess, joint.class_, own.symptom, joint.confirmation, label,
            call_index, joint=joint,
        )  # fmt: skip
    error = _error(evaluator, own, confirmation)
    return Proved(
        ledger, row, output, placed, own.value, error, own.excess, proof.class_, own.symptom, confirmation, label, call_index
    )


@dataclass(frozen=True)
class Own:
    """The subject's own answer at an element, and the row of outputs that it is of."""

    value: float
    class_: Class
    symptom: Symptom
    ulps: float
    excess: float
    outputs: NDArray[Any]


def _own(evaluator: Evaluator, subject: Subject, candidate: Candidate, placed: Placed, call_index: int) -> Own | None:
    """The answer with which it was placed; else that of the nth of equal calls there."""
    outcome, at, output = placed.outcome, placed.placement.position, candidate.output
    if outcome is None:
        outcomes = [evaluator.run_placed(candidate.row, subject, placed.placement).outcomes[0] for _ in range(call_index)]
        outcome = outcomes[-1]
    if outcome.answers is None or outcome.judged is None:
        return None
    verdicts = outcome.judged.verdicts
    return Own(
        float(outcome.answers[at, output]), Class(int(verdicts.classes[at, output])), Symptom(int(verdicts.symptoms[at, output])),
        float(verdicts.ulps[at, output]), float(verdicts.excess[at, output]), outcome.answers[at],
    )  # fmt: skip


def _error(evaluator: Evaluator, own: Own, confirmation: Confirmation) -> float:
    """The error in ulps against the confirmed truth: the judge's is only as sharp as its verdict needed, in ulps of a number that may have
    been indistinguishable from 0."""
    exact = confirmation.exact
    unknown = exact is None or not math.isfinite(own.value) or not math.isfinite(own.ulps)
    if exact is None or unknown or abs(exact) >= evaluator.format.overflow_threshold:
        return own.ulps
    return evaluator.format.error_exact(own.value, exact)


def recertified(
    evaluator: Evaluator, subject: Subject, candidate: Candidate, placed: Placed, call_index: int = 1
) -> Finding | None:
    """The finding of a case that is known, certified as what a search finds; None where it does not show this symptom, or is not proved."""
    proved = prove(evaluator, Ledger(evaluator.cell, subject), candidate, placed, call_index)
    return None if proved is None else _composed(evaluator, [[proved]])[0][0]


def recertified_pair(evaluator: Evaluator, subject: Subject, candidate: Candidate, pair: InconsistentPair) -> Finding | None:
    """The finding, of symptom inconsistent, of two placements of a row that is known; None where it is not proved."""
    proved = prove(evaluator, Ledger(evaluator.cell, subject), candidate, pair.wrong, pair.call_index)
    return None if proved is None else _composed(evaluator, [[replace(proved, pair=pair)]])[0][0]


def known_candidate(row: Batch, output: int, symptom: Symptom) -> Candidate:
    """An element that is known to be wrong."""
    return Candidate(row, output, Class.unstable, symptom, math.nan, math.inf, 0)


# Inconsistencies


def _inconsistent(evaluator: Evaluator, ledger: Ledger, plain: Sequence[Proved], known: Mapping[str, float]) -> list[Proved]:
    """At most one beside those with a plain symptom: the gravest whose bits are right at another placement. The case of the plain one is
    tried first, since it is simple already; then the inconsistency as it was seen."""
    reported = known.get(identity(evaluator, ledger.subject, Symptom.inconsistent))
    for seen in sorted(ledger.inconsistent, key=lambda i: (i.candidate.symptom, *i.candidate.rank), reverse=True)[:TRIES]:
        if not _is_worse(seen.candidate.excess, reported):
            break
        if seen.candidate.symptom is Symptom.joint:  # what is wrong is no element, and no element is right elsewhere
            continue
        for candidate in _simplest_first(seen, plain):
            pair = inconsistent_pair(evaluator, ledger.subject, candidate.row, candidate.output, seen)
            proved = None if pair is None else prove(evaluator, ledger, candidate, pair.wrong, pair.call_index)
            if proved is not None:
                return [replace(proved, pair=pair)]
    return []


def _simplest_first(seen: Inconsistency, plain: Sequence[Proved]) -> Iterator[Candidate]:
    for proved in plain:
        if proved.symptom == seen.candidate.symptom:
            yield replace(seen.candidate, row=proved.row, output=proved.output, within=proved.placed.placement)
    yield seen.candidate


def _as_inconsistent(evaluator: Evaluator, proved: Proved, base: Finding, alike: Sequence[Finding]) -> Finding:
    """The certified finding with the symptom inconsistent: no graver than the same error with its plain symptom."""
    pair, row = proved.pair, proved.row
    assert pair is not None
    grave = Graveness(
        Class[base.class_], Symptom.inconsistent, base.ulps, evaluator.references.rule(row).limit.ulps, int(reach(input_exponents(row))[0]),
        special_input=not all(np.isfinite(v).all() for v in row.exact().values()), avoidable=bool(base.avoidable_by),
    )  # fmt: skip
    rank = severity(grave, evaluator.format)
    right = {"placement": vars(pair.right), "output": pair.answer, "output_hex": pair.answer.hex()}
    if pair.right_call_index > 1:
        right["nth"] = pair.right_call_index
    case = {**base.case, "right": right, **({"nth": pair.call_index} if pair.call_index > 1 else {})}
    return replace(
        base, id=identity(evaluator, proved.subject, Symptom.inconsistent), symptom=Symptom.inconsistent.name, case=case,
        extent=proved.ledger.extent_of_inconsistent(),
        severity=min([rank, base.severity, *(f.severity for f in alike)]),
        note=pair.note,
    )  # fmt: skip


# The finding


def identity(evaluator: Evaluator, subject: Subject, symptom: Symptom) -> str:
    """The id of a finding of this subject in the evaluator's cell."""
    cell = evaluator.cell
    return finding_id(
        cell.op, dict(cell.params), cell.order, cell.dtype, subject.target, subject.implementation.call, symptom.name
    )


def _compose(evaluator: Evaluator, proved: Proved, answers: list[Answer]) -> Finding:
    cell, subject, row, confirmation, class_ = evaluator.cell, proved.subject, proved.row, proved.confirmation, proved.class_
    value, symptom, standard = proved.value, proved.symptom, evaluator.references.rule(row).limit
    avoidable, case = avoidable_by(answers, subject), row.case(0)
    finite = all(np.isfinite(v.astype(np.float64)).all() for v in row.inputs.values())
    grave = Graveness(
        class_, symptom, proved.ulps, standard.ulps, int(reach(input_exponents(row))[0]), special_input=not finite,
        avoidable=bool(avoidable), normwise=_normwise(evaluator, row, value, confirmation.near),
        promised=class_ is not Class.inaccurate or bool(subject.implementation.promise),
    )  # fmt: skip
    finding = Finding(
        id=identity(evaluator, subject, symptom), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=symptom.name, class_=class_.name, ulps=proved.ulps,
        excess=proved.excess, condition=_condition(evaluator, row, proved.output, confirmation.near),
        limit=standard.ulps if evaluator.op.accuracy != "accumulating" else None, severity=severity(grave, evaluator.format),
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(proved.placed.placement)},
        worst=proved.output, reference=confirmation.value, output=value, output_hex=value.hex(), avoidable_by=avoidable,
        certified_by=confirmation.certified_by, answers=answers, extent=proved.ledger.extent(symptom), profile=proved.ledger.profile(),
        note="; ".join(part for part in (proved.placed.note, _range_note(evaluator, proved)) if part),
    )  # fmt: skip
    if proved.joint is not None:
        finding = with_functional(finding, proved.joint)
    if class_ is Class.inaccurate:
        finding = replace(finding, reason=limit_of_whom(standard, subject.implementation))
    return labelled(finding, proved.label.name, proved.label.reason)


def _normwise(evaluator: Evaluator, row: Batch, value: float, truth: float) -> bool:
    """Whether the error is within 16 n u max(1, |x|_inf), the normwise bound of log-sum-exp and softmax (BHH 2021, 3 and 4)."""
    if not evaluator.op.normwise_bound or not math.isfinite(value) or not math.isfinite(truth) or evaluator.cell.order != "value":
        return False
    x = row.exact()[evaluator.op.inputs[0].name]
    return bool(abs(value - truth) <= 16 * x.size * evaluator.format.unit_roundoff * max(1.0, float(np.abs(x).max())))


def _condition(evaluator: Evaluator, row: Batch, output: int, truth: float) -> float:
    if not all(np.isfinite(v).all() for v in row.exact().values()) or truth == 0 or math.isnan(truth):
        return math.nan
    with evaluator.clock.phase("oracle"):
        kept = evaluator.references.kept(row)
        return kept.of(("condition", output), lambda: evaluator.references.condition(row, output))


def _range_note(evaluator: Evaluator, proved: Proved) -> str:
    """Which end of its op's range an impossible answer lies beyond, and why that is one; else empty."""
    if proved.symptom is not Symptom.out_of_range:
        return ""
    single = {name: values[0] for name, values in proved.row.exact().items()}
    return told(evaluator.op, evaluator.cell.order, dict(evaluator.cell.params), single, proved.output, proved.value)
