"""Grouping: findings that share cause and kernel become one defect, by evidence that stands in their records.

A rule joins two findings, with its reason, where they are of one framework and show the same behaviour (`behaviour_of`): the same kind in
the same place of the format, in the same way. The rules, in the order of their evidence:

a. the same wrong bits on the same case, or the same errors everywhere, from several calls or targets: one kernel;
b. one call at another dtype, other params, or with another symptom of the same behaviour; or wrong all the way between two cases;
c. a derivative whose value is wrong on the same bits, or another derivative of the same call in the same place;
d. a call that rests on a function of the framework that has a finding of its own: the same function in two ops, or a formula around it.

What only looks alike stays apart: two calls of which one is right where the other is wrong are two kernels, whatever else they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from ulpfuzz.fuzzer.defects.behaviour import Behaviour, algorithm_of, behaviour_of
from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.place import place_of, without_directions
from ulpfuzz.fuzzer.defects.primitive import Primitives, primitives_of
from ulpfuzz.fuzzer.defects.profile import corresponding, errors_alike, wrong_between
from ulpfuzz.fuzzer.defects.rank import is_ours
from ulpfuzz.fuzzer.defects.union import Union
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.headline import SILENT
from ulpfuzz.fuzzer.findings.identity import digest, framework_of
from ulpfuzz.fuzzer.findings.label import counted


class Key(NamedTuple):
    """Where a call was made: findings of one key differ in what they called, and in which dtype and with which params."""

    framework: str
    target: str
    order: str
    #: The params that choose an algorithm: texts (approximate="tanh"), where they are not the op's default.
    algorithm: tuple[str, ...]
    behaviour: Behaviour


@dataclass
class Grouping:
    """Findings being grouped. `note` says of two names that they are one, and why."""

    findings: Mapping[str, Finding]
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    extremes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.extremes = {name: place_of(f).extremes for name, f in self.findings.items()}
        self.behaviours = {name: behaviour_of(f) for name, f in self.findings.items()}
        self.union = Union(self.findings)

    def key(self, finding: Finding) -> Key:
        framework, behaviour = framework_of(finding.target), self.behaviours[finding.id]
        return Key(framework, finding.target, finding.order, algorithm_of(finding), behaviour)

    def primitives(self, finding: Finding) -> Primitives:
        return primitives_of(finding.op, finding.implementation)

    def chain(
        self, of: Callable[[Finding], Hashable], why: Callable[[Finding, Finding], str],
        where: Callable[[Finding, Finding], bool] = lambda *_: True,
    ) -> None:  # fmt: skip
        """Joins all findings for which `of` gives the same, None aside, to the first of them that has the same extreme inputs, if `where`."""
        groups: dict[Hashable, list[Finding]] = defaultdict(list)
        for finding in self.findings.values():
            if (at := of(finding)) is not None:
                groups[at].append(finding)
        for together in groups.values():
            for first, *others in self._by_extremes(together):
                for other in others:
                    if where(first, other):
                        self.union.join(first.id, other.id, why(first, other))

    def _by_extremes(self, findings: Sequence[Finding]) -> Iterable[list[Finding]]:
        """The findings by which of their inputs are extreme: the least of these sets, and with each what has more beside it.

        x at the end of the format and w at the end of the format are two causes, though the same call overflows; where x and w are both
        there, nothing tells which it is, and the finding stays alone with its like. Where no input is extreme, the inputs tell nothing.
        """
        sets = {self.extremes[f.id] for f in findings}
        least = [s for s in sets if not any(other < s for other in sets)]
        groups: dict[Hashable, list[Finding]] = defaultdict(list)
        for finding in findings:
            own = self.extremes[finding.id]
            within = [s for s in least if s <= own]
            at = within[0] if len(within) == 1 else own
            # What overflows to infinity and divides (zero, another sign) joins by more than some of its extreme inputs.
            groups[
                at if own == at or finding.symptom not in ("zero", "wrong_sign", "out_of_range") else (own, finding.symptom)
            ].append(finding)
        return groups.values()


def group(findings: Iterable[Finding], case_files: Mapping[str, CaseFile] | None = None) -> list[tuple[list[str], list[str]]]:
    """The ids of the findings of each defect, sorted, with the reasons why they are one; what is listed apart (documented, flush) in none.

    case_files: by the id of a face; a diagnosis that names a step joins more. The same whatever the order of the findings.
    """
    grouping = Grouping({f.id: f for f in sorted(counted(findings), key=lambda f: f.id)})
    _one_kernel(grouping)
    _one_answer(grouping)
    _same_call(grouping)
    _same_stretch(grouping)
    _same_loss(grouping)
    _derivatives(grouping)
    _same_function(grouping)
    _formulas(grouping)
    if case_files:
        _same_diagnosis(grouping, case_files)
    return grouping.union.sets()


# a. One kernel


def _one_kernel(grouping: Grouping) -> None:
    """Calls of one op on targets of one framework that answer alike, and that no case tells apart: the same wrong bits at the same case, or the
    same errors to the last digit everywhere they were judged."""
    by_subject: dict[Subject, list[Finding]] = defaultdict(list)
    apart: set[tuple[Subject, Subject]] = set()
    for finding in grouping.findings.values():
        by_subject[_subject(finding)].append(finding)
    for finding in grouping.findings.values():
        for answer in _own_answers(finding):
            others = by_subject.get(_subject(finding, answer.target, answer.implementation), ())
            if answer.class_ == "ok" or any(errors_alike(finding.profile, other.profile) is False for other in others):
                apart.add(_pair(finding, answer))
    for finding in grouping.findings.values():
        for answer in _own_answers(finding):
            if answer.class_ == "ok" or _pair(finding, answer) in apart:
                continue
            for other in by_subject.get(_subject(finding, answer.target, answer.implementation), ()):
                if grouping.behaviours[other.id] != grouping.behaviours[finding.id]:
                    continue
                alike = errors_alike(finding.profile, other.profile)
                bits = _value_bits(answer.output_hex) == _value_bits(finding.output_hex)
                if alike or (bits and alike is None):
                    grouping.union.join(finding.id, other.id, _kernel_reason(finding, other, bits=bits))


def _one_answer(grouping: Grouping) -> None:
    """Two elements of one call's answer to the same bits."""
    grouping.chain(
        lambda f: (_subject(f), _point(f)) if f.symptom not in SILENT else None,
        lambda one, other: f"two elements of one answer: {one.symptom} and {other.symptom} of {one.implementation}",
        where=lambda one, other: one.worst != other.worst,
    )


class Subject(NamedTuple):
    """One call on one target at one cell."""

    op: str
    params: str
    order: str
    dtype: str
    target: str
    call: str


def _subject(finding: Finding, target: str = "", call: str = "") -> Subject:
    return Subject(
        finding.op, digest(finding.params), finding.order, finding.dtype, target or finding.target, call or finding.implementation
    )


def _own_answers(finding: Finding) -> list[Answer]:
    """The answers of the finding's own framework at its case, by other calls or on other targets."""
    framework, subject = framework_of(finding.target), (finding.target, finding.implementation)
    return [a for a in finding.answers if framework_of(a.target) == framework and (a.target, a.implementation) != subject]


def _pair(finding: Finding, answer: Answer) -> tuple[Subject, Subject]:
    """Two subjects of one cell, in an order that does not depend on whose finding it is; whatever params and dtype."""
    one, other = sorted((_subject(finding), _subject(finding, answer.target, answer.implementation)))
    return one._replace(params="", dtype=""), other._replace(params="", dtype="")


def _value_bits(text: str) -> str:
    """The bits of an answer, of a zero without its sign."""
    return text.lstrip("-") if text.endswith("0x0.0p+0") else text


def _kernel_reason(one: Finding, other: Finding, *, bits: bool) -> str:
    what = "the same wrong bits at the same case" if bits else "the same errors wherever both were judged"
    if one.implementation == other.implementation:
        return f"{what}: {one.target}, {other.target}"
    return f"{what}: {one.implementation}, {other.implementation}"


# b. One call


def _same_call(grouping: Grouping) -> None:
    """One call of one op at other dtypes, params, or with another symptom of the same behaviour."""
    grouping.chain(lambda f: (grouping.key(f), f.op, f.implementation), _call_reason)


def _call_reason(one: Finding, other: Finding) -> str:
    what = (
        "in both dtypes" if one.dtype != other.dtype else "with other params" if one.params != other.params else "by its symptoms"
    )
    return f"one call behaves alike {what}: {one.dtype} {one.symptom}, {other.dtype} {other.symptom}"


def _same_stretch(grouping: Grouping) -> None:
    """One call that is wrong all the way from one finding's case to another's: digits that go step by step, down to none."""
    cells: dict[Hashable, list[Finding]] = defaultdict(list)
    for finding in grouping.findings.values():
        behaviour = grouping.behaviours[finding.id]
        if behaviour.look == "digits" and behaviour.side in ("everyday", "large", "small"):
            cells[_subject(finding)].append(finding)
    for first, *others in cells.values():
        for other in others:
            outside = place_of(first).outside, place_of(other).outside
            shared = outside[0] & outside[1] or not all(outside)
            if shared and wrong_between(first, other):
                reason = (
                    f"wrong all the way from one case to the other: {first.symptom} and {other.symptom} of {first.implementation}"
                )
                grouping.union.join(first.id, other.id, reason)


def _same_loss(grouping: Grouping) -> None:
    """One call that loses its digits in two dtypes, at corresponding places of both."""
    calls: dict[Hashable, list[Finding]] = defaultdict(list)
    for finding in grouping.findings.values():
        behaviour = grouping.behaviours[finding.id]
        if behaviour.look == "digits" and behaviour.kind in ("ordinary", "range"):
            calls[_subject(finding)._replace(dtype="")].append(finding)
    for findings in calls.values():
        for one, other in combinations(findings, 2):
            if one.dtype != other.dtype and corresponding(one, other):
                reason = (
                    f"one call loses its digits at corresponding places: {one.dtype} {one.symptom}, {other.dtype} {other.symptom}"
                )
                grouping.union.join(one.id, other.id, reason)


# c. Derivatives


def _derivatives(grouping: Grouping) -> None:
    """A derivative and the value on the same bits; derivatives of one call that behave alike."""
    values: dict[Hashable, Finding] = {}
    for finding in grouping.findings.values():
        if finding.order == "value":
            values.setdefault(_point(finding), finding)
    for finding in grouping.findings.values():
        if finding.order != "value" and (value := values.get(_point(finding))) is not None:
            grouping.union.join(
                finding.id, value.id, f"wrong on the same bits as its value: {finding.order} of {finding.implementation}"
            )

    def derivative(finding: Finding) -> Hashable | None:
        if finding.order == "value":
            return None
        return (grouping.key(finding)._replace(order=""), finding.op, finding.implementation)

    grouping.chain(derivative, lambda one, other: f"derivatives of one call behave alike: {one.order}, {other.order}")


def _point(finding: Finding) -> Hashable:
    """A call at a point, whichever derivative, and by whichever directions, is taken there."""
    return (_subject(finding)._replace(order=""), digest(without_directions(finding.case.get("inputs", {}))))


# d. One function


def _same_function(grouping: Grouping) -> None:
    """Ops whose calls are the same function of the framework."""

    def of(finding: Finding) -> Hashable | None:
        primitives = grouping.primitives(finding)
        return (grouping.key(finding), primitives.functions[0]) if primitives.alone else None

    grouping.chain(of, lambda one, other: f"one function, {grouping.primitives(one).functions[0]}: {one.op}, {other.op}")


def _formulas(grouping: Grouping) -> None:
    """Formulas around a function that has a finding of the same behaviour. Of several functions the innermost: its is the first bad step.

    Digits that a formula of ours loses are its own, whatever the functions in it lose."""
    of_function: dict[tuple[Key, str], list[Finding]] = defaultdict(list)
    for finding in grouping.findings.values():
        primitives = grouping.primitives(finding)
        if primitives.alone:
            of_function[grouping.key(finding), primitives.functions[0]].append(finding)
    for finding in grouping.findings.values():
        primitives = grouping.primitives(finding)
        if primitives.alone or (grouping.behaviours[finding.id].look == "digits" and is_ours(finding)):
            continue
        for function in primitives.functions:
            if (found := of_function.get((grouping.key(finding), function))) is not None:
                reason = f"{finding.op} rests on {function}, which behaves alike: {found[0].op}"
                grouping.union.join(finding.id, found[0].id, reason)
                break


def _same_diagnosis(grouping: Grouping, case_files: Mapping[str, CaseFile]) -> None:
    """Findings that were worked on and whose confirmed first bad step is the same function of the framework."""
    steps: dict[str, str] = {}
    for file in case_files.values():
        if file.diagnosis is not None and file.diagnosis.confirmed and file.diagnosis.step:
            steps[file.face] = file.diagnosis.step

    def of(finding: Finding) -> Hashable | None:
        step = steps.get(finding.id)
        if step is None:
            return None
        return (
            framework_of(finding.target),
            finding.target,
            finding.op,
            grouping.primitives(finding).functions,
            step.partition(":")[0],
        )

    grouping.chain(of, lambda one, _: f"the same first bad step: {steps[one.id]}")
