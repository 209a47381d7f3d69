"""The commands `ulpfuzz db`: what is done to a database as a whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, Db, DbTimeout, Json
from ulpfuzz.fuzzer.errors import UserError

app = typer.Typer(help="The database: its size, its schema, what may go, what is taken from another.", no_args_is_help=True)

_UNITS = {"h": 3600.0, "d": 86400.0, "w": 604800.0}


@app.command()
def upgrade(db: Db = DEFAULT_DB, db_timeout: DbTimeout = None) -> None:
    """Bring a database of an older ulpfuzz to today's schema, and compress what it holds."""
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.findings.tables import SCHEMA_VERSION
    from ulpfuzz.fuzzer.findings.upkeep import pack, sizes

    with Store(db, create=False, timeout=db_timeout) as store:
        database = store.database
        if database.read_only:
            raise UserError(f"{database.name} is read-only")
        before, was = database.opened_version, sizes(database).total
        packed = pack(database)
        if packed:
            database.shrink()
        now = sizes(database).total
    print(f"schema {before} -> {SCHEMA_VERSION}" if before != SCHEMA_VERSION else f"schema {SCHEMA_VERSION} already")
    if packed:
        print(f"{packed} records compressed: {size_of(was)} -> {size_of(now)}")


@app.command()
def size(as_json: Json = False, db: Db = DEFAULT_DB) -> None:
    """Bytes of the database, by table and by run."""
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.findings.upkeep import sizes

    with Store(db, create=False) as store:
        found = sizes(store.database)
    if as_json:
        print_json("db-size", found)
        return
    from ulpfuzz.fuzzer.cli.screen import console, grid

    screen = console()
    table = grid("table", "size")
    for name, count in sorted(found.tables.items(), key=lambda item: -item[1]):
        table.add_row(name, size_of(count))
    table.add_row("all", size_of(found.total))
    screen.print(table)
    screen.print()
    runs = grid("run", "started", "state", "shards", "cells", "findings", "size")
    for run in found.runs:
        counts = (str(run.rows.get(name, 0)) for name in ("shards", "cells", "findings"))
        runs.add_row(run.id, run.started, run.state, *counts, size_of(run.bytes))
    screen.print(runs)


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option("--keep", metavar="N", min=1, help="How many of the latest runs stay.")] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="TIME", help="Runs that started longer ago go (90d, 12w, 36h).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, remove nothing.")] = False,
    db: Db = DEFAULT_DB,
    db_timeout: DbTimeout = None,
) -> None:
    """Remove what old runs hold. The last record of every finding stays, and all that is known of defects."""
    seconds = None if older_than is None else _age(older_than)
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.findings.upkeep import prune as pruned
    from ulpfuzz.fuzzer.findings.upkeep import sizes

    with Store(db, create=False, timeout=db_timeout) as store:
        before = sizes(store.database)
        done = pruned(store.database, keep, seconds, dry_run=dry_run)
        after = sizes(store.database).total
    rows = ", ".join(f"{count} {name}" for name, count in done.rows.items() if count)
    if not done.runs:
        print("nothing to prune")
        return
    print(
        f"{'would prune' if dry_run else 'pruned'} {len(done.runs)} of {len(before.runs)} runs ({', '.join(done.runs)}): {rows}"
    )
    if done.kept:
        print(f"{done.kept} findings stay that no later run has")
    if not dry_run:
        print(f"{size_of(before.total)} -> {size_of(after)}: {size_of(max(0, before.total - after))} freed")


@app.command()
def merge(
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The database that is taken: a file, or a URL.")],
    db: Db = DEFAULT_DB,
    db_timeout: DbTimeout = None,
) -> None:
    """Take the runs, findings and defects of another database, a rescue file for example. It stays as it is; the same twice changes nothing."""
    from ulpfuzz.fuzzer.findings.database import file_of
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.findings.union import another, take

    url = other if "://" in other else f"sqlite:///{Path(other).absolute()}"
    theirs, own = file_of(url), file_of(db)
    if theirs is not None and own is not None and theirs.exists() and own.exists() and theirs.samefile(own):
        raise UserError(f"{other} is the database itself")
    with another(url, db_timeout) as store_of_theirs, Store(db, timeout=db_timeout) as store:
        taken = take(store, store_of_theirs)
    for what, names in (("taken", taken.runs), ("completed", taken.completed), ("there already", taken.same)):
        if names:
            print(f"{len(names)} {'run' if len(names) == 1 else 'runs'} {what}: {', '.join(names)}")
    if taken.defects:
        print(f"{taken.defects} {'defect' if taken.defects == 1 else 'defects'} taken or completed")


def _age(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", text.strip())
    if match is None:
        raise UserError(f"not an age: {text!r}; examples: 90d, 12w, 36h")
    return float(match[1]) * _UNITS[match[2]]


def size_of(count: float) -> str:
    """Bytes in a unit that leaves a short number."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
