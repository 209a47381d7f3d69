"""Memory: the defects of a run, and what the store keeps of them: `defects_of`, `keep`, `expire`, `case_files`, `save_case_file`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.defects.behaviour import behaviour_of
from ulpfuzz.fuzzer.defects.case_file import CaseFile, shown
from ulpfuzz.fuzzer.defects.defect import FIRST_PAGE, Defect
from ulpfuzz.fuzzer.defects.grouping import group
from ulpfuzz.fuzzer.defects.history import ABSENT, all_of, ever_seen, proved_fixed, status_of
from ulpfuzz.fuzzer.defects.identity import Known, named
from ulpfuzz.fuzzer.defects.kind import kind_of
from ulpfuzz.fuzzer.defects.rank import face_of, score, showing
from ulpfuzz.fuzzer.defects.state import expired, observed, settled
from ulpfuzz.fuzzer.findings.finding import Finding, Run
from ulpfuzz.fuzzer.findings.headline import arrays_of, element_of, headline
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.label import COMPOSED
from ulpfuzz.fuzzer.findings.shapes import check, check_case, check_hex
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName

Record = TypeVar("Record", CaseFile, Known)

# What is kept


def save_case_file(store: Store, case_file: CaseFile) -> None:
    """Keeps the case file of a defect, in place of the one before. Raises StoreError."""
    store.save_case_file(case_file.defect, case_file.face, case_file.key, _encoded(case_file))


def case_files(store: Store, ids: Iterable[str] | None = None) -> dict[str, CaseFile]:
    """The case files of these defects, by their ids; of all where none are named. A defect without one is left out, one that is damaged too, with a
    line on standard error. Raises StoreError."""
    wanted = None if ids is None else set(ids)
    texts = {name: text for name, text in store.case_files().items() if wanted is None or name in wanted}
    return _readable(store, CaseFile, texts)


def as_shown(store: Store, findings: Iterable[Finding]) -> list[Finding]:
    """The findings as people read them: faces that were worked on at their simplest case (case_file.shown). Raises StoreError."""
    files = {file.face: file for file in case_files(store).values()}
    return [shown(finding, files.get(finding.id)) for finding in findings]


def save_scripts(store: Store, run_id: str, ran: Sequence[Finding]) -> None:
    """Keeps what the scripts of findings said, as they were shown: of a run's findings, and in the case files whose case it was."""
    store.save_scripts(run_id, ran)
    by_id = {finding.id: finding for finding in ran}
    for file in case_files(store).values() if ran else ():
        told = by_id.get(file.face)
        if told is not None and file.certified is not None and file.certified.case == told.case:
            save_case_file(store, replace(file, script=told.script, script_says=told.script_says))


def known_defects(store: Store) -> dict[str, Known]:
    """What is kept of every defect, by its id; a damaged record is left out, with a line on standard error. Raises StoreError."""
    return _readable(store, Known, store.defects())


def keep(
    store: Store, defects: Iterable[Defect], run: Run | None = None, reruns: Mapping[str, Mapping[str, int]] | None = None
) -> None:
    """Keeps the names, members and merges of the defects, so that later runs know them by the same ids; a run calls it at its end.

    run: the run that shows them, which settles their states (state.settled). reruns: by defect what its re-runs in fresh processes gave.
    """
    known, reruns = known_defects(store), reruns or {}
    written: dict[str, str] = {}
    for defect in defects:
        before = known.get(defect.id, Known(defect.id))
        members = tuple(dict.fromkeys((*before.members, *defect.members)))
        first = min(filter(None, (before.first_seen, defect.first_seen)), default="")
        now = replace(
            before, members=members, merged=defect.merged, state=defect.state, first_seen=first, observed=defect.observed
        )
        if run is not None:
            now = settled(now, defect, run, reruns.get(defect.id, {}))
        if defect.id not in known or now != before:
            written[defect.id] = _encoded(now)
    store.save_defects(written)


def save_known(store: Store, known: Iterable[Known]) -> None:
    """Keeps what is said of defects, in place of what was. Raises StoreError."""
    store.save_defects({defect.id: _encoded(defect) for defect in known})


def expire(store: Store, run: Run) -> list[Known]:
    """The defects whose state of people's holds no more since this run: they are open from now on. Those that this run has expired before are
    among them. Raises StoreError."""
    known = known_defects(store)
    fresh = [now for defect in known.values() if (now := expired(defect, run)) is not defect]
    save_known(store, fresh)
    before = [d for d in known.values() if "expired" in d.triage and d.since == run.started]
    return sorted([*fresh, *before], key=lambda d: d.id)


def _encoded(record: CaseFile | Known) -> str:
    """JSON text as `findings.payload` writes it: fields in their order, Python's Infinity and NaN."""
    return json.dumps(msgspec.to_builtins(record))


def _readable(store: Store, kind: type[Record], texts: Mapping[str, str]) -> dict[str, Record]:
    """The records of these texts; of those that are damaged, a line on standard error."""
    records: dict[str, Record] = {}
    damaged: dict[str, str] = {}
    for name, text in texts.items():
        try:
            records[name] = _decoded(kind, text)
        except (msgspec.ValidationError, ValueError, RecursionError) as error:
            damaged[f"{kind.__name__} {name}"] = f"the store holds a damaged {kind.__name__} {name}: {error}"
    store.tell_damaged(damaged, len(texts))
    return records


def _decoded(kind: type[Record], text: str) -> Record:
    """Raises ValueError and what msgspec raises for a record that is none."""
    record = msgspec.convert(json.loads(text), kind)
    if isinstance(record, CaseFile):
        for case in filter(None, (record.simplest, record.ordinary, record.worked_on)):
            check_case(case)
        for interval in record.extent:
            check_hex(interval.low, interval.high)
        check(record.certified)
    return record


# The defects of a run


def defects_of(store: Store, run_id: str, baseline: str | None = None) -> list[Defect]:
    """The defects of a run: those of the first page (FIRST_PAGE), by score, then the others, by score; those of the catalogue's own formulas
    after all others.

    run_id, baseline: ids, beginnings of them, or `latest`. Defects whose cases the run has run again, and that passed, are there too, fixed;
    with a baseline also those that it has and the run does not, not-run. New is what was never seen before (history.ever_seen), whatever the
    baseline has. Nothing is written (`keep` does). Raises UnknownName, StoreError.
    """
    record = store.run(run_id)
    if baseline is None:
        findings = store.findings(record.id)
    else:
        findings = all_of(compare(store, record.id, baseline))
    return defects_among(store, record, findings)


def defects_among(store: Store, record: Run, findings: Sequence[Finding]) -> list[Defect]:
    """As `defects_of`, of findings of a run, and of those of its baseline that it has not, that are read already."""
    known = known_defects(store)
    findings = ever_seen(store, record, findings, known)
    findings += proved_fixed(store, record, findings, known)
    return formed(findings, [record], known, case_files(store))


def finding_named(store: Store, name: str) -> Finding:
    """The finding of that id, or, of a defect whose id is no finding's, its oldest member; as `Store.finding`. Raises UnknownName."""
    try:
        return store.finding(name)
    except UnknownName:
        kept = known_defects(store).get(name)
        if kept is None or not kept.members:
            raise
        return store.finding(kept.members[0])


def defect_with(store: Store, finding: Finding) -> Defect | None:
    """The defect of a finding in the last run that has it; None where the finding is listed apart (documented, flush)."""
    record = next((run for run in store.runs() if run.started == finding.last_seen), None)
    if record is None:
        return None
    return next((d for d in defects_of(store, record.id) if finding.id in d.members), None)


def formed(
    findings: Sequence[Finding], runs: Sequence[Run] = (), known: Mapping[str, Known] | None = None,
    files: Mapping[str, CaseFile] | None = None,
) -> list[Defect]:  # fmt: skip
    """The defects of findings, ranked. known: what is kept of defects; files: case files by the ids of their defects."""
    known, files = known or {}, files or {}
    by_id = {f.id: f for f in findings}
    groups = [([by_id[name] for name in names], reasons) for names, reasons in group(findings, files)]
    identities = named([members for members, _ in groups], known)
    versions, started = _versions(runs), runs[-1].started if runs else ""
    defects = [
        _defect(identity, members, reasons, files.get(identity.id), versions, started)
        for identity, (members, reasons) in zip(identities, groups, strict=True)
    ]
    composed = {d.id for d in defects if all(by_id[m].label == COMPOSED for m in d.members)}
    # Of equal scores first what stops a computation, then what most calls share.
    stops = {d.id for d in defects if by_id[d.face].symptom in ("nan", "inf", "crash", "hang")}
    ranked = sorted(
        defects,
        key=lambda d: (
            d.id in composed,
            d.kind not in FIRST_PAGE,
            -d.score,
            d.id not in stops,
            -len(d.calls),
            len(d.title),
            d.id,
        ),
    )
    ranks: dict[str, int] = defaultdict(int)
    placed = []
    for defect in ranked:
        ranks[defect.framework] += 1
        placed.append(replace(defect, rank=ranks[defect.framework]))
    return _with_similar(placed, by_id)


def _defect(
    identity: Known, members: Sequence[Finding], reasons: Sequence[str], file: CaseFile | None, versions: Mapping[str, str], started: str
) -> Defect:  # fmt: skip
    """started: the start of the run that shows the members; "" for none."""
    seen = [f for f in members if f.status not in ABSENT] or list(members)
    chosen = face_of(seen)
    framework, face = (
        framework_of(chosen.target),
        shown(chosen, file),
    )  # its inputs are everyday ones where a simpler case is known
    rest = sorted((f for f in members if f.id != face.id), key=showing)
    return Defect(
        id=identity.id, title=title_of(face), framework=framework, kind=kind_of(face, file), rank=0,
        score=round(max(score(f, file) for f in (face, *seen)), 4),
        face=face.id, members=(face.id, *(f.id for f in rest)), because=tuple(reasons), merged=identity.merged, state=identity.state,
        ops=_each(f.op for f in (face, *rest)), calls=_each(f.implementation for f in (face, *rest)),
        dtypes=_each(f.dtype for f in (face, *rest)), orders=_each(f.order for f in (face, *rest)),
        avoidable_by=tuple(face.avoidable_by), first_seen=identity.first_seen, last_seen=max(f.last_seen for f in members),
        status=status_of(members, identity.state, of_this_run=bool(started) and identity.since == started,
                         announced=bool(started) and identity.announced == started and identity.state == "open"),
        versions=tuple(filter(None, (versions.get(framework, ""),))), triage=identity.triage,
        observed=observed(identity.observed, members, versions, started) if started else identity.observed, rerun=identity.rerun,
    )  # fmt: skip


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def title_of(finding: Finding) -> str:
    """The headline of a finding."""
    record = ops().get(finding.op)
    arrays = arrays_of(finding)
    return headline(finding, arrays, element_of(finding, arrays, record.differentiable_inputs if record else None))


def _versions(runs: Iterable[Run]) -> dict[str, str]:
    """Framework -> its version in the runs."""
    versions: dict[str, Any] = {}
    for run in runs:
        versions.update(run.environment.get("versions", {}))
    return {name: str(version) for name, version in versions.items()}


def _with_similar(defects: Sequence[Defect], by_id: Mapping[str, Finding]) -> list[Defect]:
    """The defects, each with those of other frameworks that behave as it does at one of its ops."""
    at: dict[tuple[str, Any], list[Defect]] = defaultdict(list)
    for defect in defects:
        for op in defect.ops:
            at[op, behaviour_of(by_id[defect.face])].append(defect)
    placed = []
    for defect in defects:
        like = (other for op in defect.ops for other in at[op, behaviour_of(by_id[defect.face])])
        placed.append(replace(defect, similar=_each(other.id for other in like if other.framework != defect.framework)))
    return placed
