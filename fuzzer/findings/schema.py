"""Schema: a database's version, told or made today's. Alembic takes the steps; it is imported only where there are any to take."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, text

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import tables

#: Of PostgreSQL's advisory lock for changes of the schema; any number that nobody else takes.
_LOCK = 0x756C7066


class StoreError(UserError):
    """The store cannot be opened, read or written; the message is one line for the user."""


def version_of(connection: Connection, name: str) -> int:
    """The version of the schema; 0 where there are no tables. name: of the database, for messages.

    Raises StoreError for a newer schema, a damaged one, and a database of another program.
    """
    present = set(inspect(connection).get_table_names())
    if "schema_version" in present:
        version = connection.scalar(select(tables.schema_version.c.version))
        if not isinstance(version, int) or version < 1:
            raise StoreError(f"{name} has no valid schema version; it is damaged or not ulpfuzz's")
        if version > tables.SCHEMA_VERSION:
            raise StoreError(
                f"{name} has schema {version} of a newer ulpfuzz (this one knows {tables.SCHEMA_VERSION}); upgrade ulpfuzz"
            )
        return version
    ours = present & set(tables.metadata.tables)
    if ours or (present and connection.dialect.name == "sqlite"):
        raise StoreError(f"{name} is not an ulpfuzz database: it holds other tables ({', '.join(sorted(present)[:4])})")
    return 0


def make_current(connection: Connection, name: str) -> int:
    """Makes the tables, or takes the steps that a store of an older schema lacks, in the transaction of the connection, which must be one that
    writes; returns the version before. What the store holds stays as it is. Raises StoreError."""
    if connection.dialect.name == "postgresql":  # two first runs at once; on SQLite the transaction itself keeps them apart
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    before = version_of(connection, name)
    if before == 0:
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.schema_version).values(version=tables.SCHEMA_VERSION))
        _alembic(connection, "stamp")
    elif before < tables.SCHEMA_VERSION:
        _alembic(connection, "upgrade")
    return before


def _alembic(connection: Connection, command: str) -> None:
    """Alembic's `stamp head` or `upgrade head` on this connection, without a file alembic.ini."""
    import alembic.command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    getattr(alembic.command, command)(config, "head")
