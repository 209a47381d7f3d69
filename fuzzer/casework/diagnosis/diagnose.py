"""Diagnose: from a finding to why its answer is wrong, by experiments and an ordered table of rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.culprit import Culprit
from ulpfuzz.fuzzer.casework.diagnosis.experiments import Experiments
from ulpfuzz.fuzzer.casework.diagnosis.naive import Evaluation, Match, matches
from ulpfuzz.fuzzer.casework.diagnosis.program import Program
from ulpfuzz.fuzzer.casework.diagnosis.programs import program_of
from ulpfuzz.fuzzer.defects.case_file import Cause, Diagnosis, Statement
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError


@dataclass(frozen=True)
class Evidence:
    """All that was found out about one finding. program: the framework's own steps, where they could be watched; plain: the definition's
    naive evaluation; matches: the evaluations that give the answer, the best first."""

    statements: tuple[Statement, ...]
    wrong: bool
    derivative: bool
    inconsistent: bool
    answer: float
    program: Program | None = None
    plain: Evaluation | None = None
    matches: tuple[Match, ...] = ()

    def says(self, cause: str) -> Statement | None:
        """The first statement that speaks for a cause."""
        return next((s for s in self.statements if s.supports == cause), None)

    def value_is_right(self) -> bool:
        return self.derivative and self.says("derivative") is not None


def diagnose(finding: Finding, bench: Bench | None = None) -> Diagnosis:
    """Why the finding's answer is wrong, with the outcome of every experiment that was made.

    bench: the call at its case, where the caller has it. Nothing raises where a framework does: what cannot be run says nothing. A finding
    without an answer (exception, crash, hang) has an unknown cause. Raises UserError where the finding holds no inputs, UnknownName where the
    catalogue has its op no more.
    """
    bench = bench or Bench.of(finding)
    if finding.symptom in ("exception", "crash", "hang"):
        return Diagnosis("unknown", "", False, f"The call ends in {_article(finding.symptom)} and gives no number.")
    try:
        experiments = Experiments(bench, finding)
    except FrameworkError as error:
        return Diagnosis("unknown", "", False, f"The call could not be made again: {error}")
    if experiments.now.error:
        return Diagnosis("unknown", "", False, f"The call could not be made again: {experiments.now.error}")
    return decided(evidence_of(experiments))


def evidence_of(experiments: Experiments) -> Evidence:
    """Runs every experiment once."""
    bench = experiments.bench
    statements = list(_stated(experiments))
    answer = experiments.answer
    plain, found = matches(bench, answer, experiments.around)
    program = program_of(bench, answer)
    statements[:0] = _of_naive(plain, found, answer)
    if program is not None:
        statements.insert(0, program.statement)
    derivative, inconsistent = bench.cell.order != "value", experiments.finding.symptom == "inconsistent"
    return Evidence(tuple(statements), experiments.still_wrong, derivative, inconsistent, answer, program, plain, tuple(found))


def _stated(experiments: Experiments) -> Iterator[Statement]:
    e = experiments
    parts: Sequence[Callable[[], Iterator[Statement]]] = (
        e.repeated, e.eager, e.places, e.flushed, e.wide, e.value, e.neighbours, e.stuck, e.constant, e.swallowed, e.peers,
    )  # fmt: skip
    for part in parts:
        try:
            with np.errstate(all="ignore"):
                yield from part()
        except FrameworkError:
            continue


def _of_naive(plain: Evaluation | None, found: Sequence[Match], answer: float) -> Iterator[Statement]:
    if plain is None:
        yield Statement("naive", "the definition has no steps that numpy could take in this dtype")
    elif plain.steps <= 1:
        yield Statement(
            "naive", f"the definition is one function of a table, without steps; numpy and scipy give {plain.value:.9g}"
        )
    elif not any(match.evaluation is plain for match in found):
        yield Statement(
            "naive", f"the definition's own {plain.steps} steps in this dtype give {plain.value:.9g}, not {answer:.9g}"
        )
    for match in found[:3]:
        culprit = match.evaluation.culprit
        assert culprit is not None
        around = f", and agrees at {match.agreeing} of {match.on} points around" if match.on else ""
        same = {"bits": "the same answer to the bit", "ulps": "the same answer within 4 ulps", "kind": "the same kind of answer"}
        line = f"{match.evaluation.text}: {match.evaluation.value:.9g}, {same.get(match.agreement, 'an error of the same size')}{around}"
        yield Statement("naive", f"{line}; {culprit.step}", culprit.cause)


# The rules

#: One line of the table: what must hold, and what follows.
Rule = Callable[[Evidence], Diagnosis | None]


def decided(evidence: Evidence) -> Diagnosis:
    """The first rule that applies decides. What says that there is no formula to blame stands before the formulas, and these before what only
    looks like a cause.

    1. Two answers to the same bits: uninitialised.
    2. Eager is right, compiled is wrong: compiler.
    3. Found as an inconsistency between lengths, positions or strides: kernel.
    4. Right for flushed inputs, or a subnormal truth and the answer 0: flush.
    5. The framework's own steps were watched, and one of them is the culprit: its cause. Confirmed, for these steps gave the answer.
    6. A naive evaluation gives the same answer here and around: the cause of its culprit. Confirmed.
    7. Right at other lengths, positions or strides: kernel.
    8. A binary64 answer with binary32's error everywhere: constant.
    9. An answer that does not move with the inputs: clamp.
    10. A NaN that does not reach the result, or the only wrong number among its neighbours: branch, unconfirmed.
    11. A naive evaluation with an error of the same size: the cause of its culprit, unconfirmed.
    Else unknown. In rules 5 and 6 a derivative whose value is right on the same bits has the cause `derivative` where the culprit is a NaN of
    infinities, an over- or underflow: its formula makes numbers that the value's does not need. Nothing is confirmed where the answer is not
    wrong today.
    """
    rules: tuple[Rule, ...] = (
        _uninitialised, _compiler, _inconsistent, _flush, _watched, _naive, _kernel, _constant, _clamp, _branch, _alike,
    )  # fmt: skip
    for rule in rules:
        found = rule(evidence)
        if found is not None:
            return found
    return _diagnosis(evidence, "unknown", "", False, _unexplained(evidence))


def _simple(cause: Cause, text: str, *, confirmed: bool) -> Rule:
    def rule(evidence: Evidence) -> Diagnosis | None:
        statement = evidence.says(cause)
        return None if statement is None else _diagnosis(evidence, cause, "", confirmed, text.format(statement.outcome))

    return rule


_uninitialised = _simple("uninitialised", "The result depends on memory that nobody wrote to: {}.", confirmed=True)
_compiler = _simple("compiler", "The compiler changes the numbers: {}.", confirmed=True)
_kernel = _simple("kernel", "The kernel answers by place, not by bits alone: {}.", confirmed=True)


def _inconsistent(evidence: Evidence) -> Diagnosis | None:
    return _kernel(evidence) if evidence.inconsistent else None


def _flush(evidence: Evidence) -> Diagnosis | None:
    statement = next((s for s in evidence.statements if s.supports == "flush" and s.experiment == "flush"), None)
    if statement is None:
        return None
    return _diagnosis(evidence, "flush", "", True, f"Subnormal numbers are read or written as zeros: {statement.outcome}.")


_clamp = _simple("clamp", "The call limits a number before it uses it: {}.", confirmed=True)


def _constant(evidence: Evidence) -> Diagnosis | None:
    statement = next((s for s in evidence.statements if s.supports == "constant" and s.experiment == "neighbours"), None)
    if statement is None:
        return None
    return _diagnosis(evidence, "constant", "", True, f"A number passes through binary32 on the way: {statement.outcome}.")


def _watched(evidence: Evidence) -> Diagnosis | None:
    program = evidence.program
    if program is None or not program.reproduces or program.culprit is None or program.culprit.cause == "unknown":
        return None
    return _by_culprit(evidence, program.culprit, "In the framework's own steps, ", confirmed=True)


def _naive(evidence: Evidence) -> Diagnosis | None:
    for match in evidence.matches:
        culprit = match.evaluation.culprit
        if match.confirms and culprit is not None and culprit.cause != "unknown":
            plain = match.evaluation.text == "the definition"
            prefix = "By the plain formula, " if plain else f"With {match.evaluation.text}: "
            return _by_culprit(evidence, culprit, prefix, confirmed=True)
    return None


def _branch(evidence: Evidence) -> Diagnosis | None:
    statement = evidence.says("branch")
    if statement is None or not evidence.wrong:
        return None
    if statement.experiment == "special":
        return _diagnosis(evidence, "branch", "", False, f"{statement.outcome[0].upper()}{statement.outcome[1:]}.")
    return _diagnosis(evidence, "branch", "", False, f"Only this number is wrong: {statement.outcome}.")


def _alike(evidence: Evidence) -> Diagnosis | None:
    for match in evidence.matches:
        culprit = match.evaluation.culprit
        if culprit is not None and culprit.cause != "unknown":
            return _by_culprit(evidence, culprit, f"Perhaps, with {match.evaluation.text}: ", confirmed=False)
    return None


def _by_culprit(evidence: Evidence, culprit: Culprit, prefix: str, *, confirmed: bool) -> Diagnosis:
    cause = culprit.cause
    if evidence.value_is_right() and cause in ("special", "overflow", "underflow"):
        cause = "derivative"
    return _diagnosis(evidence, cause, culprit.step, confirmed, f"{prefix}{culprit.step}.", culprit.bits_lost)


def _unexplained(evidence: Evidence) -> str:
    if evidence.program is None and evidence.plain is not None and evidence.plain.steps <= 1:
        return "One kernel computes it, whose steps nobody sees, and no textbook formula gives its answer."
    return "No experiment explains the answer."


def _diagnosis(evidence: Evidence, cause: Cause, step: str, confirmed: bool, text: str, bits_lost: float = math.nan) -> Diagnosis:
    # Of two answers one may be right: the first of them, today.
    wrong = evidence.wrong or cause == "uninitialised"
    text += "" if wrong else " The answer is not judged wrong today."
    confirmed = confirmed and wrong
    return Diagnosis(cause, step, confirmed, text, bits_lost, evidence.statements)


def _article(symptom: str) -> str:
    return f"an {symptom}" if symptom[0] in "aeiou" else f"a {symptom}"
