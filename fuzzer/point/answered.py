"""Answered, Probe: what a probe of one point learned, as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.case import Placement
from ulpfuzz.fuzzer.findings.strict_json import jsonable
from ulpfuzz.fuzzer.judge.joint_proof import JointProof
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.fuzzer.proof.label import Label

#: What a class says of an answer, in one line, where no label says more.
REASONS = {
    Class.ok: "right, or within the limit",
    Class.ill_conditioned: "rounding the inputs explains the error",
    Class.undecided: "nothing is proved here: the oracles cannot decide within their precision and effort",
    Class.inaccurate: "beyond the accuracy limit of its class of ops, of the right answer to inputs nearby",
    Class.unstable: "the right answer of no inputs nearby, or of the wrong kind",
}


@dataclass(frozen=True)
class Answered:
    """What one implementation on one target answered: flat lists in C order, an entry per element of the result."""

    #: The full name.
    target: str
    #: The call.
    implementation: str
    #: The answers.
    outputs: list[float] = field(default_factory=list)
    #: Errors in ulps; inf for a wrong special value, nan where undecided.
    ulps: list[float] = field(default_factory=list)
    #: E of the error model; nan where it was not computed.
    excess: list[float] = field(default_factory=list)
    #: The class of each element, by name.
    classes: list[Class] = field(default_factory=list)
    #: The symptom of each element, by name.
    symptoms: list[Symptom] = field(default_factory=list)
    #: Elements beyond the limit that the target's flush-to-zero policy explains.
    flushes: list[bool] = field(default_factory=list)
    #: The element that the verdict speaks of.
    worst: int = 0
    #: Where the answers stood in their call.
    placement: Placement = field(default_factory=Placement)
    #: Another placement of the same bits gave another answer, and one of the two is a finding.
    inconsistent: bool = False
    #: Targets that are right at the worst element.
    avoidable_by: list[str] = field(default_factory=list)
    #: The framework's message where it raised; the lists are then empty.
    error: str = ""
    #: The class of the exception, where the call raised.
    raised: Class = Class.undecided
    #: Why the exception is a check of an argument, and no defect.
    refused: str = ""
    #: What the wrong elements are beside (proof.label).
    labels: list[Label] = field(default_factory=list)
    #: What was proved of the outputs together, where they are wrong together alone.
    together: JointProof | None = None
    #: crash or hang, where the call ended its process or did not return in time.
    died: str = ""
    #: Of the symptom out_of_range: which end of the op's range the worst element lies beyond, and why that is one.
    beyond: str = ""

    @property
    def class_(self) -> Class:
        """What the judge measured."""
        return self.raised if self.error else self.classes[self.worst]

    @property
    def label(self) -> Label:
        """The label of the worst element; or `rejected`, where the call rejects an argument."""
        if self.refused:
            return Label("rejected", self.refused)
        return self.labels[self.worst] if self.labels and not self.error else Label()

    @property
    def shown(self) -> str:
        """The label where there is one, else the class."""
        return self.label.name or self.class_.name

    @property
    def reason(self) -> str:
        """Why that is shown, in one line."""
        if self.died:
            return {"crash": "the call ended its process", "hang": "the call did not return in time"}[self.died]
        if self.label.name:
            return self.label.reason
        if self.error:
            return (
                "it raises where the exact result is an ordinary number"
                if self.raised.is_finding
                else f"it cannot be judged: {self.error.splitlines()[0]}"
            )
        if self.beyond:
            return self.beyond
        if self.class_ is Class.ok and self.flushes and self.flushes[self.worst]:
            return "the flush-to-zero policy of the target explains it"
        if self.together is not None and self.symptom is Symptom.joint:
            return self.together.sentence
        return REASONS[self.class_]

    @property
    def symptom(self) -> Symptom:
        if self.died:
            return Symptom[self.died]
        if self.error:
            return Symptom.exception if self.raised.is_finding else Symptom.none
        return self.symptoms[self.worst]

    @property
    def flushed(self) -> bool:
        return any(self.flushes)

    @property
    def failing(self) -> list[int]:
        return [i for i, class_ in enumerate(self.classes) if class_.is_finding]


@dataclass(frozen=True)
class Probe:
    """One point judged."""

    #: The op, at these params, dtype and order.
    op: str
    #: Of the op, in its order.
    params: dict[str, Any]
    #: The format of the inputs.
    dtype: str
    #: Of catalog.op.ORDERS.
    order: str
    #: Name -> C99 hex floats of the rounded numbers, as nested as the user's lists.
    inputs: dict[str, Any]
    #: Whether the result is one (else its only element).
    array: bool
    #: Decimals of the exact result for exactly these inputs.
    reference: list[str]
    #: How the reference was certified: "arb+mpmath", for example.
    certified_by: str
    #: sum_j |x_j d_j f / f| at the worst element, nan where unknown.
    condition: float
    #: T in ulps, None where the op has no published one.
    limit: float | None
    #: The element that the verdicts speak of first.
    worst: int
    #: One for each implementation on each target.
    targets: list[Answered]

    def to_json(self) -> dict[str, Any]:
        """The documented JSON contract of `ulpfuzz probe`. Numbers that are not finite are strings; unknown ones null."""
        one = self.reference if self.array else self.reference[0]
        members: dict[str, Any] = {
            "op": self.op, "params": self.params, "dtype": self.dtype, "order": self.order, "inputs": self.inputs,
            "reference": one, "certified_by": self.certified_by,
            "condition": None if math.isnan(self.condition) else self.condition,
        }  # fmt: skip
        if self.array:
            members["worst"] = self.worst
        members["targets"] = [self._target_json(answered) for answered in self.targets]
        return {name: jsonable(value) for name, value in members.items()}

    def _target_json(self, answered: Answered) -> dict[str, Any]:
        members: dict[str, Any] = {"target": answered.target, "implementation": answered.implementation}
        hexes = [value.hex() for value in answered.outputs]
        for name, values in (("output", answered.outputs), ("output_hex", hexes), ("ulps", answered.ulps)):
            members[name] = None if answered.error else values if self.array else values[0]
        members |= {"limit": self.limit, "class": answered.shown, "symptom": answered.symptom.name}
        members |= {"measured_class": answered.class_.name, "reason": answered.reason}
        members["avoidable_by"] = answered.avoidable_by
        if answered.error:
            return {**members, "error": answered.error}
        if self.array:
            members["worst"] = answered.worst
            members["classes"] = [
                label.name or class_.name for class_, label in zip(answered.classes, answered.labels, strict=True)
            ]
            members["symptoms"] = [symptom.name for symptom in answered.symptoms]
        members["placement"] = vars(answered.placement)
        if answered.together is not None:
            proof = answered.together
            members["functional"] = {
                **proof.record, "output": proof.answer, "reference": proof.confirmation.value, "ulps": proof.ulps, "excess": proof.excess,
            }  # fmt: skip
        if answered.inconsistent:
            members["inconsistent"] = True
        if answered.flushed:
            members["flushed"] = True
        return members
