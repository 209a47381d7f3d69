"""Upkeep of a database: how large it is, and what may go: `sizes`, `pack`, `prune`."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, func, select, text, type_coerce, update
from sqlalchemy.types import LargeBinary

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database import Database
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.lease import STALE, Lease
from ulpfuzz.fuzzer.findings.payload import Damaged, decode, encode
from ulpfuzz.fuzzer.findings.schema import StoreError

#: The tables with what single runs found.
OF_RUNS = (tables.shards, tables.cells, tables.findings)
#: The state of a run of which only the last records of findings are left.
PRUNED = "pruned"
#: Rows that are rewritten at once.
_AT_ONCE = 1000


@dataclass(frozen=True)
class RunSize:
    """What one run takes."""

    id: str
    started: str
    state: str
    #: Rows by table.
    rows: dict[str, int]
    #: Bytes of their payloads, as they are kept.
    bytes: int


@dataclass(frozen=True)
class Sizes:
    """What a database takes."""

    #: Bytes of all of it: of a SQLite file with its log, of PostgreSQL's tables with their indexes.
    total: int
    #: Table -> its bytes with its indexes; of a SQLite that cannot tell, of its payloads.
    tables: dict[str, int]
    #: The latest first.
    runs: list[RunSize]


def sizes(database: Database) -> Sizes:
    """Raises StoreError."""
    with database.transaction() as connection:
        by_table = _by_table(connection)
        runs = {row.id: (row.started, row.state) for row in connection.execute(select(tables.runs))}
        rows: dict[str, dict[str, int]] = {run: {} for run in runs}
        size = dict.fromkeys(runs, 0)
        for run, payload in connection.execute(select(tables.runs.c.id, _bytes(tables.runs))):
            size[run] += payload
        for table in OF_RUNS:
            query = select(table.c.run_id, func.count(), func.sum(_bytes(table))).group_by(table.c.run_id)
            for run, count, payload in connection.execute(query):
                rows[run][table.name] = count
                size[run] += int(payload)
        total = _total(database, connection, by_table)
    order = sorted(runs, key=lambda run: (runs[run][0], run), reverse=True)
    return Sizes(total, by_table, [RunSize(run, *runs[run], rows[run], size[run]) for run in order])


def _bytes(table: Table) -> Any:
    """Of the payload, as it is kept: SQLite counts a text in characters, of which JSON has one a byte."""
    return func.length(type_coerce(table.c.payload, LargeBinary))


def _by_table(connection: Connection) -> dict[str, int]:
    names = [table.name for table in tables.metadata.sorted_tables]
    if connection.dialect.name == "postgresql":
        return {
            name: connection.execute(text("SELECT pg_total_relation_size(to_regclass(:name))"), {"name": name}).scalar() or 0
            for name in names
        }
    compiled = set(connection.exec_driver_sql("PRAGMA compile_options").scalars())
    if "ENABLE_DBSTAT_VTAB" in compiled:
        query = "SELECT m.tbl_name AS name, sum(s.pgsize) AS size FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY m.tbl_name"
        found: dict[str, int] = {row.name: row.size for row in connection.exec_driver_sql(query)}
        return {name: found.get(name, 0) for name in names}
    paid = [table for table in tables.metadata.sorted_tables if "payload" in table.c]
    found = {table.name: connection.execute(select(func.sum(_bytes(table)))).scalar() or 0 for table in paid}
    return {name: found.get(name, 0) for name in names}


def _total(database: Database, connection: Connection, by_table: dict[str, int]) -> int:
    if database.file is not None:
        parts = (database.file, database.file.with_name(database.file.name + "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    if connection.dialect.name == "postgresql":
        return sum(by_table.values())
    pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
    return int(pages * size)


def pack(database: Database) -> int:
    """Compresses the payloads that an older schema kept as text; returns how many. Raises StoreError."""
    packed = 0
    for table in tables.metadata.sorted_tables:
        if "payload" not in table.c:
            continue
        raw = type_coerce(table.c.payload, LargeBinary)
        key = list(table.primary_key.columns)
        first = func.typeof(raw) == "text" if database.file is not None else func.get_byte(raw, 0) != tables.ZLIB
        while True:
            with database.transaction(write=True) as connection:
                rows = connection.execute(select(*key, table.c.payload).where(first).limit(_AT_ONCE)).all()
                for *names, payload in rows:
                    at = [column == name for column, name in zip(key, names, strict=True)]
                    connection.execute(update(table).where(*at).values(payload=payload))
            packed += len(rows)
            if len(rows) < _AT_ONCE:
                break
    return packed


@dataclass(frozen=True)
class Pruned:
    """What `prune` removed, or would."""

    #: The ids of the runs, the oldest first.
    runs: list[str]
    #: Rows by table.
    rows: dict[str, int]
    #: The last records of findings that stay, in runs that have nothing else any more.
    kept: int


def prune(database: Database, keep: int | None, seconds: float | None, *, dry_run: bool = False) -> Pruned:
    """Removes the shards and cells of old runs, and their findings, but for the last record of each: what was found once can still be run again.
    A run without such records goes altogether. The latest run stays, and one that still runs; so does what is known of defects.

    keep: how many of the latest runs stay. seconds: how old a run is, counted from its start, that goes. Of both, a run goes to which both
    apply; with neither, StoreError is raised.
    """
    if keep is None and seconds is None:
        raise StoreError("say what may go: --keep N, --older-than 90d, or both")
    with database.transaction(write=not dry_run) as connection:
        runs = connection.execute(select(tables.runs).order_by(tables.runs.c.started.desc(), tables.runs.c.id.desc())).all()
        held = _held(connection)
        gone = [
            run for run in runs[max(1, keep or 0) :]
            if run.id not in held and (seconds is None or _age(run.started) > seconds)
        ][::-1]  # fmt: skip
        rows: dict[str, int] = {}
        kept, removed = 0, []
        for run in gone:
            staying = _remove(connection, run, rows, dry_run=dry_run)
            kept += staying
            if run.state != PRUNED or not staying:
                removed.append(run.id)
    if removed and not dry_run:
        database.shrink()
    return Pruned(removed, rows, kept)


def _held(connection: Connection) -> set[str]:
    """The runs that a process runs now."""
    rows = connection.execute(select(tables.leases)).all()
    return {
        row.run_id for row in rows
        if time.time() - row.beat < STALE and not Lease(row.host, row.process, row.began).ended()
    }  # fmt: skip


def _age(started: str) -> float:
    """Seconds since a run started; of a time that is none, no age."""
    try:
        moment = datetime.datetime.fromisoformat(started)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return (datetime.datetime.now(datetime.UTC) - moment).total_seconds()


def _remove(connection: Connection, run: Any, rows: dict[str, int], *, dry_run: bool) -> int:
    """Removes a run but for the findings that no later run has; returns how many these are."""
    findings, runs = tables.findings, tables.runs
    others, later = findings.alias(), runs.alias()
    newer = (later.c.started > run.started) | ((later.c.started == run.started) & (later.c.id > run.id))
    again = exists().where(others.c.id == findings.c.id, others.c.run_id == later.c.id, newer)
    at = {table: [table.c.run_id == run.id] for table in OF_RUNS}
    at[findings].append(again)
    for table, where in at.items():
        count = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
        rows[table.name] = rows.get(table.name, 0) + count
    total = connection.execute(select(func.count()).where(findings.c.run_id == run.id)).scalar_one()
    removed = connection.execute(select(func.count()).select_from(findings).where(*at[findings])).scalar_one()
    if dry_run:
        return int(total - removed)
    _remember(connection, connection.execute(select(findings.c.id).where(*at[findings])).scalars().all(), run.started)
    for table, where in at.items():
        connection.execute(delete(table).where(*where))
    connection.execute(delete(tables.leases).where(tables.leases.c.run_id == run.id))
    if total == removed:
        connection.execute(delete(runs).where(runs.c.id == run.id))
        rows["runs"] = rows.get("runs", 0) + 1
    elif run.state != PRUNED:
        values: dict[str, Any] = {"state": PRUNED}
        with contextlib.suppress(Damaged):
            values["payload"] = encode(replace(decode(Run, run.payload, run.id), state=PRUNED))
        connection.execute(update(runs).where(runs.c.id == run.id).values(**values))
    return int(total - removed)


def _remember(connection: Connection, names: Sequence[str], started: str) -> None:
    """Keeps that the findings were seen in a run that started then."""
    old = tables.pruned
    there = {row.id: row for row in connection.execute(select(old))}
    for name in names:
        if name not in there:
            connection.execute(old.insert().values(id=name, first=started, last=started))
        else:
            first, last = min(there[name].first, started), max(there[name].last, started)
            connection.execute(update(old).where(old.c.id == name).values(first=first, last=last))
