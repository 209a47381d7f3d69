"""Queue: which defects are worked on, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ulpfuzz.fuzzer.casework.case_task import CaseTask
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.identity import digest, framework_of
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.reports.script import definition_source


def queue_of(
    defects: Iterable[Defect], findings: Mapping[str, Finding], case_files: Mapping[str, CaseFile], run: Run
) -> list[CaseTask]:
    """A task per defect that has no case file, or one that rests on something else now (key_of); the gravest first, of one score the
    frameworks in turn, so that a short time gives each its first page. Defects whose op the catalogue has no more are left out."""
    tasks = []
    for defect in sorted(defects, key=lambda d: (-d.score, d.rank, d.framework, d.id)):
        face = findings[defect.face]
        try:
            key = key_of(face, run)
        except UnknownName:
            continue
        known = case_files.get(defect.id)
        if known is None or known.key != key:
            tasks.append(CaseTask(defect.id, key, face))
    return tasks


def key_of(face: Finding, run: Run) -> str:
    """What a case file rests on: the face's bits and place, the framework's version in the run, the definition with all that it needs. Raises
    UnknownName for an op that the catalogue has no more."""
    versions = run.environment.get("versions", {})
    source = definition_source(op_named(face.op).definition).text
    return digest("case file", face.id, face.case, face.worst, str(versions.get(framework_of(face.target), "")), source)[:16]
