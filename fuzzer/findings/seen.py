"""Seen: when the findings of a run were seen first and last, by all runs of a database."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, and_, case, func, or_, select

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database import Database
from ulpfuzz.fuzzer.findings.finding import Finding


def seen_in(
    database: Database, connection: Connection, run_id: str, finding: str | None = None
) -> dict[str, tuple[str, str, bool]]:
    """Finding id -> starts of the first and the last run that has it, and whether a run before this one does; pruned runs too."""
    findings, runs = tables.findings, tables.runs
    started = select(runs.c.started).where(runs.c.id == run_id).scalar_subquery()
    # Runs that start in the same second are distinguished by their ids, as in the order of `runs`.
    before = or_(runs.c.started < started, and_(runs.c.started == started, runs.c.id < run_id))
    of_run = select(findings.c.id).where(findings.c.run_id == run_id)
    if finding is not None:
        of_run = of_run.where(findings.c.id == finding)
    query = (
        select(findings.c.id, func.min(runs.c.started), func.max(runs.c.started), func.max(case((before, 1), else_=0)))
        .join(runs, runs.c.id == findings.c.run_id)
        .where(findings.c.id.in_(of_run))
        .group_by(findings.c.id)
    )
    seen = {name: (first, last, bool(known)) for name, first, last, known in connection.execute(query)}
    if database.opened_version == tables.READABLE_FROM and database.read_only:
        return seen  # a file of schema 3 that cannot be written has no table of what was pruned
    old = tables.pruned
    start = connection.execute(select(runs.c.started).where(runs.c.id == run_id)).scalar() or ""
    for name, earliest, latest in connection.execute(select(old.c.id, old.c.first, old.c.last).where(old.c.id.in_(of_run))):
        if name in seen:
            first, last, known = seen[name]
            seen[name] = min(first, earliest), max(last, latest), known or earliest <= start
    return seen


def dated(finding: Finding, seen: dict[str, tuple[str, str, bool]]) -> Finding:
    """The finding with what `seen_in` says of it."""
    first, last, known = seen[finding.id]
    return replace(finding, first_seen=first, last_seen=last, status="known" if known else "new")
