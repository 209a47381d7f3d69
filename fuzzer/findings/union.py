"""Union: what another database holds is taken into this one: `take` from `another`. The same twice changes nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database import TooOld, copy_file, file_of, timeout_of
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding
from ulpfuzz.fuzzer.findings.payload import Damaged, decode
from ulpfuzz.fuzzer.findings.schema import StoreError
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.findings.upkeep import OF_RUNS

#: Tables of which a row is taken where its key is not there: the newer of two facts cannot be told, so ours stays.
_WHERE_MISSING = (tables.sweeps, tables.stretches, tables.facts, tables.case_files)


@dataclass(frozen=True)
class Taken:
    """What `take` took."""

    #: Runs that were not there.
    runs: list[str]
    #: Runs that were there in part.
    completed: list[str]
    #: Runs that were there already.
    same: list[str]
    #: Defects that were not there, or of which more is known now.
    defects: int


@contextmanager
def another(url: str, timeout: str | None = None) -> Iterator[Store]:
    """A store to take from, which stays as it is: one of a schema that cannot be read as it is, is read from a copy of its file. Raises
    StoreError."""
    try:
        with Store(url, create=False, timeout=timeout, read_only=True) as store:
            yield store
        return
    except TooOld:
        file = file_of(url)
        if file is None:
            raise
    with tempfile.TemporaryDirectory(prefix="ulpfuzz-") as folder:
        copy = Path(folder, file.name)
        copy_file(file, copy, timeout_of(timeout))
        with Store(f"sqlite:///{copy}", create=False) as store:
            yield store


def take(store: Store, other: Store) -> Taken:
    """Takes the runs of another store with their shards, cells and findings, its defects and case files, sweeps and facts: all of it or, where
    StoreError is raised, nothing.

    A run that both have is one run: where one of them has shards that the other lacks, it is completed. It is refused where the ids are of
    different runs (start, seed), where a shard has two results, and where each has shards of its own beside common ones: what the cells count
    could not be added without counting the common ones twice.
    """
    runs: list[str] = []
    completed: list[str] = []
    same: list[str] = []
    with other.database.transaction() as theirs, store.database.transaction(write=True) as ours:
        for row in theirs.execute(select(tables.runs).order_by(tables.runs.c.started, tables.runs.c.id)).mappings():
            there = ours.execute(select(tables.runs).where(tables.runs.c.id == row["id"])).mappings().one_or_none()
            if there is None:
                ours.execute(tables.runs.insert().values(**row))
                _copy(theirs, ours, row["id"])
                runs.append(row["id"])
                continue
            if (there["started"], there["seed"]) != (row["started"], row["seed"]):
                raise StoreError(
                    f"run {row['id']} of {other.database.name} is another run than the one of that id in {store.database.name}"
                )
            (completed if _complete(store, theirs, ours, row) else same).append(row["id"])
        for table in _WHERE_MISSING:
            _add_missing(theirs, ours, table)
        changed = _defects(theirs, ours)
        if "pruned" in _present(theirs):
            _pruned(theirs, ours)
    return Taken(runs, completed, same, changed)


def _copy(theirs: Connection, ours: Connection, run_id: str) -> None:
    for table in OF_RUNS:
        rows = [dict(row) for row in theirs.execute(select(table).where(table.c.run_id == run_id)).mappings()]
        if rows:
            ours.execute(table.insert(), rows)


def _complete(store: Store, theirs: Connection, ours: Connection, row: Any) -> bool:
    """Adds to a run what the other store has of it; whether that was anything."""
    run_id, shards = row["id"], tables.shards
    query = select(shards.c.shard_id, shards.c.payload).where(shards.c.run_id == run_id)
    mine, further = ({row.shard_id: row.payload for row in c.execute(query)} for c in (ours, theirs))
    for shard in mine.keys() & further.keys():
        if mine[shard] != further[shard]:
            raise StoreError(f"run {run_id} has two results of its shard {shard}: it was continued in both databases")
    if further.keys() <= mine.keys():
        return False
    if mine.keys() <= further.keys() and mine:
        for table in OF_RUNS:
            ours.execute(delete(table).where(table.c.run_id == run_id))
        ours.execute(update(tables.runs).where(tables.runs.c.id == run_id).values(state=row["state"], payload=row["payload"]))
        _copy(theirs, ours, run_id)
        return True
    if mine.keys() & further.keys():
        raise StoreError(f"run {run_id} was continued in both databases, each with shards of its own: they cannot be told apart")
    cells = _decoded(theirs, tables.cells, CellSummary, "key", run_id)
    findings = _decoded(theirs, tables.findings, Finding, "id", run_id)
    for shard, payload in further.items():
        ours.execute(shards.insert().values(run_id=run_id, shard_id=shard, payload=payload))
    store.merge_into(ours, run_id, cells, findings)
    return True


def _decoded(connection: Connection, table: Table, kind: Any, key: str, run_id: str) -> list[Any]:
    nouns = []
    for payload, name in connection.execute(select(table.c.payload, table.c[key]).where(table.c.run_id == run_id)):
        try:
            nouns.append(decode(kind, payload, name))
        except Damaged:
            continue  # a damaged record cannot be added to another; reading its store says which it is
    return nouns


def _present(connection: Connection) -> set[str]:
    from sqlalchemy import inspect

    return set(inspect(connection).get_table_names())


def _add_missing(theirs: Connection, ours: Connection, table: Table) -> None:
    key = list(table.primary_key.columns)
    there = {tuple(row) for row in ours.execute(select(*key))}
    rows = [dict(row) for row in theirs.execute(select(table)).mappings()]
    rows = [row for row in rows if tuple(row[column.name] for column in key) not in there]
    if rows:
        ours.execute(table.insert(), rows)


def _defects(theirs: Connection, ours: Connection) -> int:
    """Defects by their ids: of one that both know, the members of both, and what people said of ours where they said anything."""
    table = tables.defects
    mine = {row.id: row.payload for row in ours.execute(select(table.c.id, table.c.payload))}
    changed = 0
    for name, payload in theirs.execute(select(table.c.id, table.c.payload)):
        if name not in mine:
            ours.execute(table.insert().values(id=name, payload=payload))
        elif (united := _united(mine[name], payload)) != mine[name]:
            ours.execute(update(table).where(table.c.id == name).values(payload=united))
        else:
            continue
        changed += 1
    return changed


def _united(mine: str, further: str) -> str:
    if mine == further:
        return mine
    try:
        ours, theirs = json.loads(mine), json.loads(further)
        joined = {**theirs, **ours}
        for name in ("members", "merged"):
            joined[name] = list(dict.fromkeys((*ours.get(name, ()), *theirs.get(name, ()))))
        joined["first_seen"] = min(filter(None, (ours.get("first_seen"), theirs.get("first_seen"))), default="")
        if ours.get("state") == "open" and not ours.get("triage"):
            joined.update({name: theirs[name] for name in ("state", "triage") if name in theirs})
    except (ValueError, TypeError, AttributeError):
        return mine  # a damaged record: ours stays as it is
    return mine if joined == ours else json.dumps(joined)


def _pruned(theirs: Connection, ours: Connection) -> None:
    table = tables.pruned
    mine = {row.id: row for row in ours.execute(select(table))}
    for name, first, last in theirs.execute(select(table.c.id, table.c.first, table.c.last)):
        if name not in mine:
            ours.execute(table.insert().values(id=name, first=first, last=last))
        else:
            values = {"first": min(first, mine[name].first), "last": max(last, mine[name].last)}
            ours.execute(update(table).where(table.c.id == name).values(**values))
