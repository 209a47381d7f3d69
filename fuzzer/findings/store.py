"""Store: the memory of all runs. SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from ulpfuzz.fuzzer.findings import lease, tables
from ulpfuzz.fuzzer.findings.database import Database, StoreError
from ulpfuzz.fuzzer.findings.defect_records import DefectRecords
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.identity import UnresolvedName, cell_key, resolve
from ulpfuzz.fuzzer.findings.lease import Lease
from ulpfuzz.fuzzer.findings.merge import merge_cells, merge_findings
from ulpfuzz.fuzzer.findings.patterns import matches
from ulpfuzz.fuzzer.findings.payload import decode, encode
from ulpfuzz.fuzzer.findings.records import inserted
from ulpfuzz.fuzzer.findings.seen import dated, seen_in
from ulpfuzz.fuzzer.findings.sweep_records import SweepRecords
from ulpfuzz.fuzzer.formats import UnknownName

__all__ = ["FILTERS", "Store", "StoreError"]

#: What `Store.findings` can be narrowed by, beside `new`.
FILTERS = ("op", "dtype", "target", "symptom", "class", "order")


class Store(DefectRecords, SweepRecords):
    """Runs, their shards, cells and findings; defects, case files; sweeps, facts.

    url: `sqlite:///file.db` or `postgresql://...`. create: whether a missing file and its tables are made; commands that only
    read pass False. timeout, read_only: as of Database. Raises StoreError, here and in every method, with one line that says what is wrong. A
    list leaves out records that are damaged, and says on standard error which.
    """

    def __init__(self, url: str, *, create: bool = True, timeout: str | None = None, read_only: bool = False) -> None:
        super().__init__(Database(url, create=create, timeout=timeout, read_only=read_only))
        self._leases: dict[str, Lease] = {}

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # Writing

    def start_run(self, run: Run, *, resumed: bool = False) -> None:
        """Records a run that begins. One of that id that is there already is refused, unless it is resumed: it keeps its start, gets the new
        state, and must have the same seed."""
        with self._database.transaction(write=True) as connection:
            row = {"started": run.started, "seed": str(run.seed), "state": run.state, "payload": encode(run)}
            if inserted(connection, tables.runs, id=run.id, **row):
                return
            there = connection.execute(select(tables.runs.c.payload).where(tables.runs.c.id == run.id)).scalar_one()
            before = decode(Run, there, run.id)
            if before.seed != run.seed:
                raise StoreError(f"run {run.id} is there already, with seed {before.seed} instead of {run.seed}")
            if not resumed:
                raise StoreError(f"run {run.id} is there already; continue it with --resume {run.id}")
            self._write_run(connection, replace(before, state=run.state))

    @contextmanager
    def lease(self, run_id: str) -> Iterator[None]:
        """Says, as long as the context lasts, that this process runs the run. Raises StoreError where another one does; that one's results are
        refused when it was taken for dead and is not."""
        with self._database.transaction(write=True) as connection:
            mine = self._leases[run_id] = lease.take(connection, run_id)
        beating = lease.Beating(self._database, run_id, mine)
        try:
            with beating:
                yield
        finally:
            del self._leases[run_id]
            with suppress(StoreError), self._database.transaction(write=True) as connection:
                lease.release(connection, run_id, mine)

    def finish_run(self, run: Run) -> None:
        """Records the state, counts and environment that a run ended with, or has so far. Its start stays that of start_run."""
        with self._database.transaction(write=True) as connection:
            started = connection.execute(select(tables.runs.c.started).where(tables.runs.c.id == run.id)).scalar()
            if started is None:
                raise StoreError(f"run {run.id} was never started")
            self._write_run(connection, replace(run, started=started))

    def save_shard(
        self, run_id: str, shard_id: str, payload_json: str, cells: Iterable[CellSummary], findings: Iterable[Finding]
    ) -> bool:
        """Commits all that a shard learned, or nothing. Returns False, and changes nothing, if the run has that shard already."""
        with self._database.transaction(write=True) as connection:
            # The lock of the run's row keeps two writers of one run apart on PostgreSQL; SQLite has one writer anyhow.
            if connection.execute(select(tables.runs.c.id).where(tables.runs.c.id == run_id).with_for_update()).scalar() is None:
                raise StoreError(f"run {run_id} was never started")
            if run_id in self._leases:
                lease.check(connection, run_id, self._leases[run_id])
            added = inserted(connection, tables.shards, run_id=run_id, shard_id=shard_id, payload=payload_json)
            if not added:
                return False
            self.merge_into(connection, run_id, cells, findings)
            return True

    def merge_into(self, connection: Connection, run_id: str, cells: Iterable[CellSummary], findings: Iterable[Finding]) -> None:
        """Adds cells and findings, of shards that the run had not, to what it knows of them, in a transaction that is open."""
        for cell in cells:
            self._merge_cell(connection, run_id, cell)
        for finding in findings:
            self._merge_finding(connection, run_id, finding)

    def save_scripts(self, run_id: str, ran: Iterable[Finding]) -> None:
        """Keeps of findings of a run what their scripts said (script, script_says), and nothing else of them."""
        with self._database.transaction(write=True) as connection:
            for finding in ran:
                at = (tables.findings.c.run_id == run_id) & (tables.findings.c.id == finding.id)
                there = connection.execute(select(tables.findings.c.payload).where(at)).scalar()
                if there is not None:
                    kept = replace(decode(Finding, there, finding.id), script=finding.script, script_says=finding.script_says)
                    connection.execute(update(tables.findings).where(at).values(payload=encode(kept)))

    def _write_run(self, connection: Connection, run: Run) -> None:
        values = {"state": run.state, "payload": encode(run)}
        connection.execute(update(tables.runs).where(tables.runs.c.id == run.id).values(**values))

    def _merge_cell(self, connection: Connection, run_id: str, cell: CellSummary) -> None:
        key = cell_key(cell.op, cell.params, cell.order, cell.dtype, cell.target, cell.implementation)
        if inserted(connection, tables.cells, run_id=run_id, key=key, payload=encode(cell)):
            return
        at = (tables.cells.c.run_id == run_id) & (tables.cells.c.key == key)
        before = connection.execute(select(tables.cells.c.payload).where(at)).scalar_one()
        merged = merge_cells(decode(CellSummary, before, key), cell)
        connection.execute(update(tables.cells).where(at).values(payload=encode(merged)))

    def _merge_finding(self, connection: Connection, run_id: str, finding: Finding) -> None:
        if inserted(connection, tables.findings, run_id=run_id, id=finding.id, **_columns(finding)):
            return
        at = (tables.findings.c.run_id == run_id) & (tables.findings.c.id == finding.id)
        before = connection.execute(select(tables.findings.c.payload).where(at)).scalar_one()
        merged = merge_findings(decode(Finding, before, finding.id), finding)
        connection.execute(update(tables.findings).where(at).values(**_columns(merged)))

    # Reading

    def has_shard(self, run_id: str, shard_id: str) -> bool:
        shards = tables.shards
        with self._database.transaction() as connection:
            query = select(shards.c.shard_id).where(shards.c.run_id == run_id, shards.c.shard_id == shard_id)
            return connection.execute(query).scalar() is not None

    def shard_ids(self, run_id: str) -> list[str]:
        """Of every committed shard of a run, sorted."""
        with self._database.transaction() as connection:
            return sorted(connection.execute(select(tables.shards.c.shard_id).where(tables.shards.c.run_id == run_id)).scalars())

    def shard_payloads(self, run_id: str) -> dict[str, str]:
        """Shard id -> payload of every committed shard of a run, in the order of the ids."""
        with self._database.transaction() as connection:
            query = select(tables.shards.c.shard_id, tables.shards.c.payload).where(tables.shards.c.run_id == run_id)
            return dict(sorted((shard, payload) for shard, payload in connection.execute(query)))

    def runs(self) -> list[Run]:
        """All runs, the latest first."""
        with self._database.transaction() as connection:
            query = select(tables.runs.c.payload).order_by(tables.runs.c.started.desc(), tables.runs.c.id.desc())
            return self._decoded(Run, connection.execute(query.add_columns(tables.runs.c.id)))

    def run(self, name: str = "latest") -> Run:
        """The run of that id, or whose id begins so, or the latest. Raises UnknownName, which names the nearest id."""
        runs = self.runs()
        if not runs:
            raise UnresolvedName(f"unknown run {name!r}; the store holds no runs")
        if name == "latest":
            return runs[0]
        by_id = {run.id.lower(): run for run in runs}
        return by_id[resolve(name, by_id, kind="run")]

    def cells(self, run_id: str) -> list[CellSummary]:
        """What the run learned of each cell on each target and implementation, in the order of their names."""
        with self._database.transaction() as connection:
            query = select(tables.cells.c.payload, tables.cells.c.key).where(tables.cells.c.run_id == run_id)
            cells = self._decoded(CellSummary, connection.execute(query))
        return sorted(
            cells, key=lambda c: (c.op, sorted(map(str, c.params.items())), c.order, c.dtype, c.target, c.implementation)
        )

    def finding_ids(self, runs: Iterable[str]) -> set[str]:
        """The ids of all findings of these runs; no record is decoded."""
        with self._database.transaction() as connection:
            query = select(tables.findings.c.id)
            return {name for run in runs for name in connection.execute(query.where(tables.findings.c.run_id == run)).scalars()}

    def findings(
        self, run_id: str, *, new: bool | None = None, ids: Collection[str] | None = None, **filters: str | None
    ) -> list[Finding]:
        """The findings of a run, gravest first (severity, then id).

        ids: only those of them that have these ids; the others' records are not decoded.
        filters: op, dtype, target, symptom, class (or class_), order; each a name, a pattern with * and ?, or several separated
        by commas. new: only those that no earlier run has (True), or that one has (False). status is `new` or `known` in that
        sense (history.compare compares with one baseline), first_seen and last_seen are the starts of the first and last run of
        all that have the finding.
        """
        where = [tables.findings.c.run_id == run_id]
        for name, patterns in filters.items():
            column = name.rstrip("_")
            if column not in FILTERS:
                raise UnknownName("filter", name, FILTERS)
            if patterns:
                where.append(matches(tables.findings.c[column], patterns))
        with self._database.transaction() as connection:
            query = select(tables.findings.c.payload, tables.findings.c.id).where(*where)
            rows = (row for row in connection.execute(query) if ids is None or row.id in ids)
            found = self._decoded(Finding, rows, chosen=ids is not None)
            seen = seen_in(self._database, connection, run_id)
        found = [dated(finding, seen) for finding in found if finding.id in seen]
        if new is not None:
            found = [finding for finding in found if (finding.status == "new") is new]
        return sorted(found, key=lambda f: (-f.severity if f.severity == f.severity else float("inf"), f.id))

    def finding(self, name: str, run_id: str | None = None) -> Finding:
        """A finding by id, or an unambiguous beginning of it or of its last part, from a run, or from the latest that has it.

        Raises UnknownName, which names the nearest id.
        """
        findings, runs = tables.findings, tables.runs
        with self._database.transaction() as connection:
            query = select(findings.c.id).distinct()
            ids = connection.execute(query if run_id is None else query.where(findings.c.run_id == run_id)).scalars().all()
            full = resolve(name, ids)
            rows = select(findings.c.payload, runs.c.id).join(runs, runs.c.id == findings.c.run_id)
            rows = rows.where(findings.c.id == full).order_by(runs.c.started.desc(), runs.c.id.desc())
            if run_id is not None:
                rows = rows.where(runs.c.id == run_id)
            payload, holder = connection.execute(rows.limit(1)).one()
            return dated(decode(Finding, payload, full), seen_in(self._database, connection, holder, full))


def _columns(finding: Finding) -> dict[str, Any]:
    names = ("op", "order", "dtype", "target", "symptom", "severity")
    return {**{name: getattr(finding, name) for name in names}, "class": finding.class_, "payload": encode(finding)}
