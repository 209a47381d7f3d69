"""Records: rows of a database as nouns, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from ulpfuzz.fuzzer.findings.database import Database
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.fuzzer.findings.payload import Damaged, Noun, decode


def inserted(connection: Connection, table: Any, **values: Any) -> bool:
    """Inserts a row, or ignores it where its key is there; whether it was inserted.

    Of an INSERT, SQLAlchemy asks a driver for the number of rows only where it is told to (preserve_rowcount); otherwise it is -1.
    """
    build: Any = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    statement = build(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount > 0


class Records:
    """What all records of a database share."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: set[str] = set()

    @property
    def database(self) -> Database:
        """For what is done to the whole of it (upkeep, union)."""
        return self._database

    def _decoded(self, kind: type[Noun], rows: Iterable[Any], *, chosen: bool = False) -> list[Noun]:
        """The nouns of rows of payload and name; of damaged ones, once each, a line on standard error. Raises Damaged where all are damaged: a list
        that is empty for that is none. chosen: the rows are some of a list, whose others may be whole; then nothing is raised."""
        nouns: list[Noun] = []
        damaged: dict[str, str] = {}
        for payload, name in rows:
            try:
                nouns.append(decode(kind, payload, name))
            except Damaged as error:
                damaged[f"{kind.__name__} {name}"] = str(error)
        if damaged and not nouns and not chosen:
            raise Damaged(next(iter(damaged.values())))
        self.tell_damaged(damaged, len(nouns) + len(damaged))
        return nouns

    def tell_damaged(self, damaged: Mapping[str, str], read: int) -> None:
        """One line on standard error of damaged records, by their names, that a list of so many leaves out; of each once."""
        if not self._told.issuperset(damaged):
            self._told.update(damaged)
            first = one_line(next(iter(damaged.values())), 400)
            print(f"ulpfuzz: {len(damaged)} of {read} left out: {first}", file=sys.stderr, flush=True)
