"""Database: a URL opened and checked, every failure reported in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database_url import shown, without_secrets

#: Seconds that a writer waits for another process's transaction; a shard's takes milliseconds.
BUSY_TIMEOUT = 30.0

_EXAMPLES = "for example sqlite:///ulpfuzz.db or postgresql://user@host/name"


class StoreError(UserError):
    """The store cannot be opened, read or written; the message is one line for the user."""


class Database:
    """An opened database whose tables exist and are of this version.

    url: SQLAlchemy's; sqlite or postgresql. create: whether a missing SQLite file is made. Raises StoreError.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        parsed = _parse(url)
        self.name = parsed.database if parsed.get_backend_name() == "sqlite" and parsed.database else shown(parsed)
        self._url = parsed
        if parsed.get_backend_name() == "sqlite":
            _check_file(parsed, create)
        self.engine = _engine(parsed)
        if create and parsed.get_backend_name() == "sqlite" and not _in_memory(parsed):
            self._write_ahead()
        with self.transaction(write=create) as connection:
            _check_schema(connection, self.name, create)

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end and rolled back on any exception. Database errors become StoreError.

        On SQLite a writer takes the write lock at the start, so that what it reads stays true until it commits.
        """
        try:
            with self.engine.connect().execution_options(ulpfuzz_write=write) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: {_reason(error, self._url)}") from None

    def _write_ahead(self) -> None:
        """WAL: readers never wait for the run that writes. A property of the file, which cannot be set inside a transaction."""
        try:
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                raw.close()
        except Exception as error:  # the driver's own exceptions: not SQLAlchemy's on a raw connection
            raise StoreError(f"{self.name}: {_reason(error, self._url)}") from None

    def close(self) -> None:
        self.engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        guess = f"did you mean 'sqlite:///{shown(url)}'?" if url and "://" not in url else _EXAMPLES
        raise StoreError(f"not a database URL: {shown(url)!r}; {guess}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"unknown database {parsed.get_backend_name()!r} in {shown(parsed)}; {_EXAMPLES}")
    # SQLAlchemy 2.0 would take psycopg2, which the extra `postgresql` does not install.
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _in_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _check_file(url: URL, create: bool) -> None:
    """Says what is wrong with a SQLite path before SQLite says `unable to open database file`."""
    if _in_memory(url) or str(url.database).startswith("file:"):
        return
    path = Path(str(url.database))
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a database file")
    if not path.parent.is_dir():
        raise StoreError(f"no folder {path.parent} for the database {path.name}")
    if not path.exists():
        if not create:
            raise StoreError(f"no database {path}; `ulpfuzz run` makes one")
        if not os.access(path.parent, os.W_OK):
            raise StoreError(f"the folder {path.parent} is not writable; choose another with --db")
    elif not os.access(path, os.R_OK):
        raise StoreError(f"{path} is not readable")
    elif create and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise StoreError(f"{path} or its folder is not writable; choose another with --db")


def _engine(url: URL) -> Engine:
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": BUSY_TIMEOUT, "check_same_thread": False}
        if _in_memory(url):
            options["poolclass"] = StaticPool
    try:
        engine = create_engine(url, **options)
    except NoSuchModuleError:
        raise StoreError(f"unknown database driver {url.drivername!r}; {_EXAMPLES}") from None
    except ImportError as error:
        raise StoreError(f"{shown(url)} needs the Python package {error.name!r}: pip install 'ulpfuzz[postgresql]'") from None
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise StoreError(f"{shown(url)}: {_reason(error, url)}") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    """Transactions are begun by `_begin`, not by the driver (SQLAlchemy, "Serializable isolation with pysqlite")."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ulpfuzz_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_schema(connection: Connection, name: str, create: bool) -> None:
    present = set(inspect(connection).get_table_names())
    if "schema_version" in present:
        version = connection.scalar(select(tables.schema_version.c.version))
        if version is not None and version > tables.SCHEMA_VERSION:
            raise StoreError(
                f"{name} has schema {version} of a newer ulpfuzz (this one knows {tables.SCHEMA_VERSION}); upgrade ulpfuzz"
            )
        if version == tables.SCHEMA_VERSION:
            return
        if version is not None and 0 < version < tables.SCHEMA_VERSION:
            _upgrade(connection)
            return
        raise StoreError(f"{name} has no valid schema version; it is damaged or not ulpfuzz's")
    ours = present & set(tables.metadata.tables)
    if ours or (present and connection.dialect.name == "sqlite"):
        raise StoreError(f"{name} is not an ulpfuzz database: it holds other tables ({', '.join(sorted(present)[:4])})")
    if not create:
        raise StoreError(f"{name} holds no runs; `ulpfuzz run` makes them")
    try:
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.schema_version).values(version=tables.SCHEMA_VERSION))
    except IntegrityError:
        pass  # another process has just made them


def _upgrade(connection: Connection) -> None:
    """Adds the tables that an older store lacks; what it holds stays as it is."""
    tables.metadata.create_all(connection)
    connection.execute(update(tables.schema_version).values(version=tables.SCHEMA_VERSION))


def _reason(error: BaseException, url: URL) -> str:
    """The driver's own first line."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = without_secrets(str(cause).strip(), url)
    return text.splitlines()[0] if text else type(cause).__name__
