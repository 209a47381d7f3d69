"""Database: a URL opened and checked, every failure reported in one line."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database_url import shown, without_secrets
from ulpfuzz.fuzzer.findings.schema import StoreError, make_current, version_of

__all__ = ["TIMEOUT", "Database", "Gone", "StoreError", "TooOld", "copy_file", "file_of", "timeout_of"]

#: How long a command waits for another one's transaction, where neither --db-timeout nor this variable says it.
TIMEOUT, TIMEOUT_VARIABLE = "5m", "ULPFUZZ_DB_TIMEOUT"
#: Seconds after which a command that waits says so.
NOTICE = 5.0
#: Seconds between two attempts to reach a server that does not answer any more.
AGAIN = 2.0
#: Seconds in which a PostgreSQL server answers, or is not there.
CONNECT_TIMEOUT = 30

_EXAMPLES = "for example sqlite:///ulpfuzz.db or postgresql://user@host/name"
_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


class Gone(StoreError):
    """The file of the database was deleted, moved or replaced while it was open."""


def timeout_of(text: str | None) -> float:
    """Seconds of a time written as 30s, 5m, 1h30m or a number of seconds; of None, the environment's or TIMEOUT. Raises StoreError."""
    given = (text if text is not None else os.environ.get(TIMEOUT_VARIABLE) or TIMEOUT).strip()
    match = _TIME.fullmatch(given)
    if not given or match is None:
        raise StoreError(f"not a time to wait for the database: {given!r}; examples: 30s, 5m, 1h")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


class TooOld(StoreError):
    """The schema is one that must be brought to today's before it can be read, and nothing may be written."""


class Database:
    """An opened database whose tables exist and are of this version.

    url: SQLAlchemy's; sqlite or postgresql. create: whether a missing SQLite file is made. timeout: how long a transaction of another program
    is waited for, as `timeout_of` reads it. read_only: nothing is written, the schema stays as it is. So it is, without create, with a SQLite
    file that cannot be written (a share or folder that is read-only). Raises StoreError, TooOld.
    """

    def __init__(self, url: str, *, create: bool = True, timeout: str | None = None, read_only: bool = False) -> None:
        parsed = _parse(url)
        self.name = parsed.database if parsed.get_backend_name() == "sqlite" and parsed.database else shown(parsed)
        self._url = parsed
        self._timeout = timeout_of(timeout)
        self._told = False
        #: The file of a SQLite database; None of any other.
        self.file = _file(parsed)
        self.read_only = read_only
        if self.file is not None:
            _check_file(self.file, create and not read_only)
            self.read_only = read_only or (not create and not _writable(self.file))
        self.engine = self._engine()
        if create and self.file is not None:
            self._write_ahead()
        self._identity: tuple[int, int] | None = None
        #: The version of the schema when it was opened; 0 of a database that had none.
        self._opened = False
        self.opened_version = self._check_schema(create)
        self._opened = True
        self._identity = self._seen_file()

    def _check_schema(self, create: bool) -> int:
        with self.transaction() as connection:
            version = version_of(connection, self.name)
        if version == tables.SCHEMA_VERSION:
            return version
        if version == 0 and not create:
            raise StoreError(f"{self.name} holds no runs; `ulpfuzz run` makes them")
        if self.read_only:
            if version < tables.READABLE_FROM:
                raise TooOld(f"{self.name} has schema {version} of an older ulpfuzz and is read-only: copy it, and open the copy")
            return version
        with self.transaction(write=True) as connection:
            return make_current(connection, self.name)

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end and rolled back on any exception. Database errors become StoreError.

        On SQLite a writer takes the write lock at the start, so that what it reads stays true until it commits. It raises Gone, and commits
        nothing, where the file is no longer the one that was opened: what is written to a file without a name is lost.
        """
        if write and self.read_only:
            raise StoreError(f"{self.name} is read-only")
        try:
            with self._connected().execution_options(ulpfuzz_write=write) as connection, connection.begin():
                yield connection
                if write:
                    self._check_identity()
        except SQLAlchemyError as error:
            if write:
                self._check_identity()
            raise StoreError(f"{self.name}: {self._reason(error)}") from None

    def _connected(self) -> Connection:
        """A connection. A server that was there before, and is not now (it is started again, or the network is gone), is waited for as a lock is."""
        until = time.monotonic() + self._timeout
        while True:
            try:
                return self.engine.connect()
            except OperationalError:
                if not self._opened or self._url.get_backend_name() == "sqlite" or time.monotonic() >= until:
                    raise
                self._tell("does not answer")
                time.sleep(min(AGAIN, max(0.0, until - time.monotonic())))

    @property
    def shared(self) -> bool:
        """Whether other processes, and threads of this one, can open it too: not what is in memory."""
        return not (self._url.get_backend_name() == "sqlite" and self.file is None)

    def _seen_file(self) -> tuple[int, int] | None:
        try:
            status = self.file.stat() if self.file is not None else None
        except OSError:
            return None
        return None if status is None else (status.st_dev, status.st_ino)

    def _check_identity(self) -> None:
        if self._identity is not None and self._seen_file() != self._identity:
            raise Gone(f"{self.name} was deleted, moved or replaced while it was open")

    def copy_to(self, path: Path) -> None:
        """Writes all that was committed to a new SQLite file, also where the file of this one has no name any more. Raises StoreError."""
        try:
            raw = self.engine.raw_connection()
            try:
                with sqlite3.connect(path) as target:
                    source: Any = raw.driver_connection
                    source.backup(target)
            finally:
                raw.close()
        except Exception as error:  # the driver's own exceptions: not SQLAlchemy's on a raw connection
            raise StoreError(f"{path}: {self._reason(error)}") from None

    def shrink(self) -> None:
        """Gives the room of what was deleted back to the file system. Raises StoreError."""
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                if self.file is not None:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: {self._reason(error)}") from None

    def _write_ahead(self) -> None:
        """WAL: readers never wait for the run that writes. A property of the file, which cannot be set inside a transaction."""
        try:
            raw = self.engine.raw_connection()
            try:
                with self._waiting():
                    raw.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                raw.close()
        except Exception as error:  # the driver's own exceptions: not SQLAlchemy's on a raw connection
            raise StoreError(f"{self.name}: {self._reason(error)}") from None

    def close(self) -> None:
        self.engine.dispose()

    def _engine(self) -> Engine:
        options: dict[str, Any] = {}
        sqlite = self._url.get_backend_name() == "sqlite"
        if sqlite:
            options["connect_args"] = {"timeout": self._timeout, "check_same_thread": False}
            if self.read_only and self.file is not None:
                options["creator"] = _reader(self.file, self._timeout)
            if _in_memory(self._url):
                options["poolclass"] = StaticPool
        else:
            options["pool_pre_ping"] = True  # of a server that was started again meanwhile no connection is left
            if "connect_timeout" not in self._url.query:
                options["connect_args"] = {"connect_timeout": CONNECT_TIMEOUT}
        try:
            engine = create_engine(self._url, **options)
        except NoSuchModuleError:
            raise StoreError(f"unknown database driver {self._url.drivername!r}; {_EXAMPLES}") from None
        except ImportError as error:
            raise StoreError(
                f"{shown(self._url)} needs the Python package {error.name!r}: pip install 'ulpfuzz[postgresql]'"
            ) from None
        except (SQLAlchemyError, TypeError, ValueError) as error:
            raise StoreError(f"{shown(self._url)}: {self._reason(error)}") from None
        if sqlite:
            event.listen(engine, "connect", _configure)
            event.listen(engine, "begin", self._begin)
        else:
            event.listen(engine, "connect", self._limit)
            event.listen(engine, "before_cursor_execute", self._before_statement)
            event.listen(engine, "after_cursor_execute", _after_statement)
            event.listen(engine, "handle_error", _after_error)
        return engine

    # Waiting for another program

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            return  # VACUUM, which no transaction may hold
        if not connection.get_execution_options().get("ulpfuzz_write", False):
            connection.exec_driver_sql("BEGIN")
            return
        with self._waiting():
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _limit(self, connection: Any, _record: Any) -> None:
        """PostgreSQL waits as long as SQLite for a lock; a statement that a lock does not hold up may take twice as long."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(self._timeout * 1000)}")
            cursor.execute(f"SET statement_timeout = {2 * round(self._timeout * 1000)}")
        connection.commit()

    def _before_statement(self, connection: Connection, *_: Any) -> None:
        if connection.get_execution_options().get("ulpfuzz_write", False):
            timer = self._waiting()
            timer.__enter__()
            connection.info["ulpfuzz_waiting"] = timer

    def _waiting(self) -> _Notice:
        return _Notice(self._tell)

    def _tell(self, why: str = "is locked by another program") -> None:
        if not self._told:
            self._told = True
            print(
                f"ulpfuzz: {self.name} {why}; waiting up to {self._timeout:g} s (--db-timeout)",
                file=sys.stderr, flush=True,
            )  # fmt: skip

    def _reason(self, error: BaseException) -> str:
        """The driver's own first line, or what it means."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        text = without_secrets(str(cause).strip(), self._url)
        line = text.splitlines()[0] if text else type(cause).__name__
        if "database is locked" in line or "lock timeout" in line or "statement timeout" in line:
            return f"locked by another program for {self._timeout:g} s; try again later, or wait longer with --db-timeout"
        if self.read_only and "unable to open" in line:
            return (
                "its latest changes (-wal) can be read only where its folder can be written: copy both files, and open the copy"
            )
        return line


class _Notice:
    """Calls `tell` where what stands inside takes longer than NOTICE."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._timer = threading.Timer(NOTICE, tell)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _after_statement(connection: Connection, *_: Any) -> None:
    timer = connection.info.pop("ulpfuzz_waiting", None)
    if timer is not None:
        timer.__exit__()


def _after_error(context: Any) -> None:
    if context.connection is not None:
        _after_statement(context.connection)


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


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None of any other. Raises StoreError for what is no URL."""
    return _file(_parse(url))


def _file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or _in_memory(url) or str(url.database).startswith("file:"):
        return None
    return Path(str(url.database)).absolute()


def _check_file(path: Path, create: bool) -> None:
    """Says what is wrong with a SQLite path before SQLite says `unable to open database file`."""
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
    elif create and not _writable(path):
        raise StoreError(f"{path} or its folder is not writable; choose another with --db")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _reader(path: Path, timeout: float) -> Callable[[], sqlite3.Connection]:
    """Opens a file to read it. One that cannot be written is read as it is where no changes wait in its write-ahead log: SQLite's own way would
    make files beside it, even to read. Another program may write to one that can be."""
    log = path.with_name(path.name + "-wal")
    immutable = "" if _writable(path) or (log.exists() and log.stat().st_size) else "&immutable=1"
    address = f"file:{quote(str(path))}?mode=ro{immutable}"
    return lambda: sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False)


def copy_file(path: Path, to: Path, timeout: float) -> None:
    """Writes all that was committed to a SQLite file to a new one, and leaves it as it is. Raises StoreError."""
    try:
        with closing(_reader(path, timeout)()) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None


def _configure(connection: Any, _record: Any) -> None:
    """Transactions are begun by `_begin`, not by the driver (SQLAlchemy, "Serializable isolation with pysqlite")."""
    connection.isolation_level = None
    connection.text_factory = lambda data: data.decode(errors="replace")  # a damaged record must not hide the others
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
