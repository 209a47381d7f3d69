"""DefectEntry: a defect as every format tells it, with its findings and its case file; the order in which defects are listed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.defect import KINDS, Defect, Kind
from ulpfuzz.fuzzer.defects.history import CHANGED
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.headline import headline
from ulpfuzz.fuzzer.findings.identity import framework_of

#: Of a finding that stands alone as a defect, what its symptom says of the kind.
_KINDS: Mapping[str, Kind] = {
    "exception": "exception", "crash": "crash", "hang": "hang", "inconsistent": "inconsistent", "nondeterministic": "nondeterministic",
}  # fmt: skip


#: What a kind means, in the words of the index.
KIND_WORDS: Mapping[str, str] = {
    "ordinary": "wrong within everyday inputs",
    "crash": "the process ends",
    "hang": "the call does not return",
    "nondeterministic": "two answers to the same bits",
    "compiled": "eager is right on the same bits",
    "device": "the CPU is right on the same bits",
    "range": "something on the way over- or underflows while the truth is a normal number",
    "inconsistent": "the same bits are right in one place of a call, wrong in another",
    "accuracy": "small, but above a published limit",
    "special": "at infinities, NaN and poles",
    "exception": "the call raises",
    "flush": "subnormal numbers become zero",
}


@dataclass(frozen=True)
class DefectEntry:
    """A defect, the finding that shows it best, what casework knows of it, its findings (the face first), and defects like it elsewhere."""

    defect: Defect
    face: Finding
    case_file: CaseFile | None = None
    members: tuple[Finding, ...] = ()
    similar: tuple[Defect, ...] = field(default=())

    @property
    def cause(self) -> str:
        """The class of its diagnosis; "" where it was not worked on."""
        return self.case_file.diagnosis.cause if self.case_file and self.case_file.diagnosis else ""

    @property
    def share(self) -> float:
        """The share of everyday inputs that are wrong; nan where it was not measured."""
        measured = self.case_file.ordinary_share if self.case_file else None
        return measured.share if measured else math.nan


def entries_of(
    defects: Iterable[Defect], findings: Mapping[str, Finding], case_files: Mapping[str, CaseFile], *, compared: bool
) -> list[DefectEntry]:
    """The defects in the order of the index; those without a known finding are left out. compared: there is a baseline."""
    known = {d.id: d for d in defects}
    entries = []
    for each in known.values():
        defect = each
        members = tuple(findings[name] for name in defect.members if name in findings)
        if not members:
            continue
        if defect.face not in findings:  # its script did not confirm it: the next best stands for the defect
            defect = replace(defect, face=members[0].id, title=headline(members[0]))
        similar = tuple(known[name] for name in defect.similar if name in known)
        entries.append(DefectEntry(defect, findings[defect.face], case_files.get(defect.id), members, similar))
    return sorted(entries, key=lambda e: order_of(e.defect, compared=compared))


def order_of(defect: Defect, *, compared: bool = False) -> tuple[int, int, float, int, str]:
    """What the run has changed first, where it is compared, then the kinds with `ordinary` at their head, then the score."""
    order = [*CHANGED]
    changed = order.index(defect.status) if compared and defect.status in CHANGED else len(order)
    return changed, KINDS.index(defect.kind), -defect.score, defect.rank, defect.id


def alone(findings: Sequence[Finding]) -> list[Defect]:
    """Each finding as a defect of its own, by severity: for findings that nobody has grouped."""
    most = max((f.severity for f in findings if math.isfinite(f.severity)), default=1.0) or 1.0
    ranks: dict[str, int] = {}
    defects = []
    for f in findings:
        framework = framework_of(f.target)
        ranks[framework] = ranks.get(framework, 0) + 1
        score = min(max(f.severity / most, 0.0), 1.0) if math.isfinite(f.severity) else 0.0
        defects.append(
            Defect(
                id=f.id, title=headline(f), framework=framework, kind=_KINDS.get(f.symptom, "range" if math.isinf(f.ulps) else "accuracy"),
                score=round(score, 4), rank=ranks[framework], face=f.id, members=(f.id,), ops=(f.op,), calls=(f.implementation,),
                dtypes=(f.dtype,), orders=(f.order,), avoidable_by=tuple(f.avoidable_by), first_seen=f.first_seen, last_seen=f.last_seen,
                status=f.status,
            )
        )  # fmt: skip
    return defects
