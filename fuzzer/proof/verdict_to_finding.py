"""From a candidate to a Finding: shrunk, placed, certified by the ball test, its truth confirmed, every target's answer beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.binades import input_exponents, reach
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.evaluation.shape_budget import Purpose
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.identity import finding_id, framework_of
from ulpfuzz.fuzzer.findings.label import is_listed_separately, labelled
from ulpfuzz.fuzzer.judge.limits import AccuracyLimit, limit_of_whom
from ulpfuzz.fuzzer.judge.proof import Suspect, certify, convention_of
from ulpfuzz.fuzzer.judge.severity import Graveness, severity
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.label import Element, label_of, set_aside
from ulpfuzz.fuzzer.proof.place import InconsistentPair, Placed, as_before, inconsistent_pair, place
from ulpfuzz.fuzzer.proof.shrink import shrink
from ulpfuzz.fuzzer.search.ledger import Candidate, Inconsistency, Ledger
from ulpfuzz.fuzzer.search.search import ROWS
from ulpfuzz.oracles.confirmation import Confirmation, confirm

#: How many candidates of one symptom are tried at most.
TRIES = 3


def findings_of(evaluator: Evaluator, ledger: Ledger, known: dict[str, float]) -> list[Finding]:
    """One finding per symptom that survives certification, and one of symptom inconsistent. known: id -> excess already reported; those
    are redone only if 4 times worse.

    A finding that is set aside by its label (documented, flush) stands for its symptom only where no candidate has one that is not.
    """
    findings: list[Finding] = []
    for symptom in sorted(ledger.candidates, reverse=True):
        candidates = ledger.best(symptom)
        if _known(evaluator, ledger, symptom, candidates[0], known):
            continue
        finding = _first(evaluator, ledger, candidates)
        if finding is not None:
            findings.append(finding)
    return findings + _inconsistent(evaluator, ledger, findings, known)


def _first(evaluator: Evaluator, ledger: Ledger, candidates: Sequence[Candidate]) -> Finding | None:
    """The finding of the first of a few candidates that survives certification; one that is set aside waits for the others."""
    waiting: list[Candidate] = []
    kept, tries = None, 0
    for candidate in candidates:
        if tries == TRIES:
            break
        if _is_set_aside(evaluator, ledger.subject, candidate):
            waiting.append(candidate)
            continue
        tries += 1
        finding = _finding(evaluator, ledger, candidate)
        if finding is not None and not is_listed_separately(finding):
            return finding
        kept = kept or finding
    for candidate in waiting[:TRIES]:
        kept = kept or _finding(evaluator, ledger, candidate)
    return kept


def _is_set_aside(evaluator: Evaluator, subject: Subject, candidate: Candidate) -> bool:
    """Whether the candidate, as it was seen, is documented or a flush."""
    if candidate.answers is None:
        return False
    element = Element(candidate.row, candidate.answers, candidate.output, candidate.symptom, candidate.within)
    return set_aside(evaluator, subject, element) is not None


def _known(evaluator: Evaluator, ledger: Ledger, symptom: Symptom, worst: Candidate, known: dict[str, float]) -> bool:
    """Whether the finding was reported before, and about as bad."""
    known_as = identity(evaluator, ledger.subject, symptom)
    return known_as in known and not worst.excess > 4 * known[known_as]


def _inconsistent(evaluator: Evaluator, ledger: Ledger, plain: Sequence[Finding], known: dict[str, float]) -> list[Finding]:
    """At most one finding beside those with a plain symptom: the gravest whose bits are right at another placement.

    The case of the plain finding is tried first, since it is simple already; then the inconsistency itself, shrunk and as it was seen.
    """
    for seen in sorted(ledger.inconsistent, key=lambda i: (i.candidate.symptom, *i.candidate.rank), reverse=True)[:TRIES]:
        if _known(evaluator, ledger, Symptom.inconsistent, seen.candidate, known):
            break
        alike = [f for f in plain if f.symptom == seen.candidate.symptom.name]
        for candidate in _simplest_first(evaluator, ledger, seen, alike):
            pair = inconsistent_pair(evaluator, ledger.subject, candidate.row, candidate.output, seen)
            base = None if pair is None else _certified(evaluator, ledger, candidate, pair.wrong, pair.call_index)
            if pair is not None and base is not None:
                return [_as_inconsistent(evaluator, ledger, base, pair, alike)]
    return []


def _simplest_first(evaluator: Evaluator, ledger: Ledger, seen: Inconsistency, alike: Sequence[Finding]) -> Iterator[Candidate]:
    for finding in alike:
        yield replace(
            seen.candidate, row=case_of(finding).batch(), output=finding.worst, within=Placement(**finding.case["placement"])
        )
    if not seen.repeated:
        yield shrink(evaluator, ledger.subject, seen.candidate)
    yield seen.candidate


def _as_inconsistent(
    evaluator: Evaluator, ledger: Ledger, base: Finding, pair: InconsistentPair, alike: Sequence[Finding]
) -> Finding:
    """The certified finding with the symptom inconsistent: no graver than the same error with its plain symptom."""
    subject, row = ledger.subject, case_of(base).batch()
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
        base, id=identity(evaluator, subject, Symptom.inconsistent), symptom=Symptom.inconsistent.name, case=case,
        extent=ledger.extent_of_inconsistent(),
        severity=min([rank, base.severity, *(f.severity for f in alike)]),
        note=pair.note,
    )  # fmt: skip


def identity(evaluator: Evaluator, subject: Subject, symptom: Symptom) -> str:
    """The id of a finding of this subject in the evaluator's cell."""
    cell = evaluator.cell
    return finding_id(
        cell.op, dict(cell.params), cell.order, cell.dtype, subject.target, subject.implementation.call, symptom.name
    )


def _finding(evaluator: Evaluator, ledger: Ledger, candidate: Candidate) -> Finding | None:
    subject = ledger.subject
    simple = shrink(evaluator, subject, candidate)
    aside = None
    for chosen in (simple, candidate) if simple is not candidate else (candidate,):
        placed = place(evaluator, subject, chosen.row, chosen.output)
        if placed is None or placed.symptom != candidate.symptom:
            placed = _as_searched(evaluator, subject, chosen)
        if placed is None:
            continue
        if chosen is candidate and _needs_its_place(evaluator, placed):
            chosen = shrink(evaluator, subject, replace(candidate, within=placed.placement))
            again = place(evaluator, subject, chosen.row, chosen.output)
            placed = again if again is not None and again.symptom == candidate.symptom else placed
        finding = _certified(evaluator, ledger, chosen, placed)
        if finding is not None and not is_listed_separately(finding):
            return finding
        aside = aside or finding  # what it shrank to may be documented where it was not
    return aside


def _needs_its_place(evaluator: Evaluator, placed: Placed) -> bool:
    """Whether a point that did not shrink among others may shrink where it fails: in a tail, say, which few rows of a call see."""
    return evaluator.op.elementwise and placed.placement.length > 1


def _as_searched(evaluator: Evaluator, subject: Subject, candidate: Candidate) -> Placed | None:
    """The placement of the search itself: inside a long batch, or in the call of its own in which it was seen."""
    placements = [Placement(length) for length in (64, 1000, ROWS)] + ([candidate.within] if candidate.within else [])
    return next((placed for at in placements if (placed := as_before(evaluator, subject, candidate, at))), None)


def _certified(evaluator: Evaluator, ledger: Ledger, candidate: Candidate, placed: Placed, call_index: int = 1) -> Finding | None:
    row, output = candidate.row, candidate.output
    single = {name: values[0] for name, values in row.exact().items()}
    confirmation = convention_of(evaluator.op, row, output, evaluator.cell.order, framework_of(ledger.subject.target))
    if confirmation is None:
        with evaluator.clock.phase("oracle"):
            confirmation = confirm(evaluator.function, single, output)
    if not confirmation.agrees:
        return None
    answers, own = answers_at(evaluator, ledger.subject, row, output, placed.placement, call_index)
    if own is None or not own.class_.is_finding or own.symptom != candidate.symptom:
        return None
    own, rule = _measured(evaluator, own, confirmation), evaluator.references.rule(row)
    suspect = Suspect(
        evaluator.function,
        rule,
        single,
        output,
        own.value,
        own.class_,
        own.symptom,
        own.excess,
        evaluator.references.modulus(row, output),
    )
    with evaluator.clock.phase("oracle"):
        class_ = certify(suspect, confirmation).class_
    if not class_.is_finding:
        return None
    finding = _compose(evaluator, ledger, candidate, placed, confirmation, answers, own, class_, confirmation.near, rule.limit)
    if class_ is Class.inaccurate:
        finding = replace(finding, reason=limit_of_whom(rule.limit, ledger.subject.implementation))
    label = label_of(
        evaluator, ledger.subject, Element(row, own.outputs, output, own.symptom, placed.placement, confirmation.near)
    )
    return labelled(finding, label.name, label.reason)


def _measured(evaluator: Evaluator, own: Own, confirmation: Confirmation) -> Own:
    """The answer with its error against the confirmed truth: the judge's is only as sharp as its verdict needed, in ulps of a number that
    may have been indistinguishable from 0."""
    exact = confirmation.exact
    if (
        exact is None
        or not math.isfinite(own.value)
        or not math.isfinite(own.ulps)
        or abs(exact) >= evaluator.format.overflow_threshold
    ):
        return own
    return replace(own, ulps=evaluator.format.error_exact(own.value, exact))


def recertified(
    evaluator: Evaluator, subject: Subject, row: Batch, output: int, symptom: Symptom, placement: Placement, call_index: int
) -> Finding | None:
    """The finding of a case that is known, certified as what a search finds; None where it does not show this symptom, or is not proved."""
    known = Candidate(row, output, Class.unstable, symptom, math.nan, math.inf, 0)
    return _certified(
        evaluator, Ledger(evaluator.cell, subject), known, Placed(placement, Class.unstable, symptom, math.nan), call_index
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


def answers_at(
    evaluator: Evaluator,
    subject: Subject,
    row: Batch,
    output: int,
    placement: Placement,
    call_index: int = 1,
    without: Subject | None = None,
    *,
    peers: bool = True,
) -> tuple[list[Answer], Own | None]:
    """Every subject's and every peer's answer to these bits at this placement, in the nth of equal calls, but of those that are out, and of
    `without`; the subject's own as numbers."""
    answers: list[Answer] = []
    own = None
    for other in (*evaluator.subjects, *(evaluator.peers.answering(evaluator) if peers else ())):
        if other == without or evaluator.calls.is_disabled(other):
            continue
        at, purpose = _asked(evaluator, subject, other, row, placement)
        with evaluator.peers.charging(other):
            outcome = [evaluator.run_placed(row, other, at, purpose).outcomes[0] for _ in range(call_index)][-1]
        if outcome.answers is None or outcome.judged is None:
            unsupported = outcome.error.startswith(RECORD_ERRORS) or (
                evaluator.peers.refuses(evaluator, other) and not outcome.died
            )
            if outcome.error and not unsupported:
                raised = (math.nan, "nan", math.inf, Class.unstable.name, outcome.died or Symptom.exception.name)
                answers.append(Answer(other.target, other.implementation.call, *raised))
            continue
        position = at.position
        verdicts = outcome.judged.verdicts
        value = float(outcome.answers[position, output])
        class_, symptom = Class(int(verdicts.classes[position, output])), Symptom(int(verdicts.symptoms[position, output]))
        ulps = float(verdicts.ulps[position, output])
        answers.append(Answer(other.target, other.implementation.call, value, value.hex(), ulps, class_.name, symptom.name))
        if other == subject:
            own = Own(value, class_, symptom, ulps, float(verdicts.excess[position, output]), outcome.answers[position])
    return answers, own


def _asked(evaluator: Evaluator, subject: Subject, other: Subject, row: Batch, placement: Placement) -> tuple[Placement, Purpose]:
    """Where the row stands in the call of another subject or of a peer, and what its shape counts as: a shape that it has compiled already."""
    only = evaluator.shapes.only_length(other, row)
    if other == subject:
        return placement, "proof"
    if only is not None:
        return Placement(only, 0), "place" if other in evaluator.subjects else "peer"
    closed = evaluator.calls.lengths(other) is not None
    return Placement(64, 0) if closed and placement.length not in (1, 64) else placement, "place"


def avoidable_by(answers: Sequence[Answer], subject: Subject) -> list[str]:
    """The targets where another call, or the same call, got these bits right; not those that a flush to zero excuses and that are farther
    off."""
    own = (subject.target, subject.implementation.call)
    error = next((a.ulps for a in answers if (a.target, a.implementation) == own), math.inf)
    others = [a for a in answers if a.class_ == Class.ok.name and (a.target, a.implementation) != own]
    return sorted({a.target for a in others if not a.ulps >= error or a.ulps == 0})


def _compose(
    evaluator: Evaluator, ledger: Ledger, candidate: Candidate, placed: Placed, confirmation: Confirmation, answers: list[Answer],
    own: Own, class_: Class, truth: float, standard: AccuracyLimit,
) -> Finding:  # fmt: skip
    cell, subject, row = evaluator.cell, ledger.subject, candidate.row
    value, symptom, ulps, excess = own.value, own.symptom, own.ulps, own.excess
    avoidable = avoidable_by(answers, subject)
    finite = all(np.isfinite(v.astype(np.float64)).all() for v in row.inputs.values())
    case = row.case(0)
    limited = evaluator.op.accuracy != "accumulating"
    grave = Graveness(
        class_, symptom, ulps, standard.ulps, int(reach(input_exponents(row))[0]), special_input=not finite, avoidable=bool(avoidable),
        normwise=_normwise(evaluator, row, value, truth), promised=class_ is not Class.inaccurate or bool(subject.implementation.promise),
    )  # fmt: skip
    return Finding(
        id=identity(evaluator, subject, symptom), op=cell.op, params=dict(cell.params), order=cell.order, dtype=cell.dtype,
        target=subject.target, implementation=subject.implementation.call, symptom=symptom.name, class_=class_.name, ulps=ulps,
        excess=excess, condition=_condition(evaluator, row, candidate.output, truth), limit=standard.ulps if limited else None,
        severity=severity(grave, evaluator.format),
        case={"dtype": case.dtype, "inputs": case.inputs, "placement": vars(placed.placement)},
        worst=candidate.output, reference=confirmation.value, output=value, output_hex=value.hex(), avoidable_by=avoidable,
        certified_by=confirmation.certified_by, answers=answers, extent=ledger.extent(symptom), profile=ledger.profile(),
        note=_note(placed),
    )  # fmt: skip


def _normwise(evaluator: Evaluator, row: Batch, value: float, truth: float) -> bool:
    """Whether the error is within 16 n u max(1, |x|_inf), the normwise bound of log-sum-exp and softmax (BHH 2021, 3 and 4)."""
    if not evaluator.op.normwise_bound or not math.isfinite(value) or not math.isfinite(truth) or evaluator.cell.order != "value":
        return False
    x = row.exact()[evaluator.op.inputs[0].name]
    return bool(abs(value - truth) <= 16 * x.size * evaluator.format.unit_roundoff * max(1.0, float(np.abs(x).max())))


def _condition(evaluator: Evaluator, row: Batch, output: int, truth: float) -> float:
    if not all(np.isfinite(v).all() for v in row.exact().values()) or truth == 0 or not math.isfinite(truth):
        return math.nan
    with evaluator.clock.phase("oracle"):
        amplified = evaluator.references.amplified(row, output)
    with np.errstate(over="ignore"):
        return float(amplified / abs(truth))


def _note(placed: Placed) -> str:
    parts = []
    if placed.right_at:
        shown = ", ".join(str(n) for n in placed.right_at[:6])
        parts.append(f"inconsistent: right at length {shown}, wrong from length {placed.placement.length}")
    if placed.placement.stride > 1:
        parts.append(f"only strided (stride {placed.placement.stride})")
    return "; ".join(parts)
