"""Tables: the schema of the store. A change of it is a step in `migrations/versions`, and raises SCHEMA_VERSION."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Dialect, Float, ForeignKey, Integer, LargeBinary, MetaData, Table, Text, TypeDecorator

#: The number of the last step of `migrations`. A store with a higher number was written by a newer ulpfuzz and is refused; one with a lower
#: number is brought here step by step.
SCHEMA_VERSION = 4
#: The oldest schema that can be read where nothing can be written: it lacks only what writers use.
READABLE_FROM = 3

#: zlib's level for payloads: of the findings of a run it leaves 34 % in 0.10 ms each; level 1 leaves 36 %, in 0.07 ms.
LEVEL = 6
#: The first byte of what zlib writes at LEVEL. JSON text, which schema 3 kept as it was, begins otherwise.
ZLIB = 0x78


class Packed(TypeDecorator[str]):
    """JSON text, compressed by zlib in the database; text that was kept as it is (schemas before 4) is read too.

    What cannot be unpacked comes back as a text that is no JSON, so that a reader finds that one record damaged, not the whole list.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else zlib.compress(value.encode(), LEVEL)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        return _unpacked  # not LargeBinary's own: SQLite hands text of older schemas as text


def _unpacked(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    data = bytes(value)
    try:
        return (zlib.decompress(data) if data[:1] == bytes([ZLIB]) else data).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        return f"cannot be unpacked: {error}"


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started", Text, nullable=False, index=True),
    Column("seed", Text, nullable=False),  # text: a seed may be wider than 64 bits
    Column("state", Text, nullable=False),
    Column("payload", Packed, nullable=False),
)

shards = Table(
    "shards",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("shard_id", Text, primary_key=True),
    Column("payload", Packed, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("id", Text, primary_key=True, index=True),
    Column("op", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("dtype", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("symptom", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("severity", Float),
    Column("payload", Packed, nullable=False),
)

cells = Table(
    "cells",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("payload", Packed, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("payload", Packed, nullable=False),
)

stretches = Table(
    "stretches",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("stretch_id", Text, primary_key=True),
    Column("payload", Packed, nullable=False),
)

#: What the latest sweep of each call, on each target and version of its framework, found over all inputs.
facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("op", Text, nullable=False),
    Column("dtype", Text, nullable=False),
    Column("payload", Packed, nullable=False),
)

#: What is known of defects beyond one run: their names, what became one with them, what people say of them.
defects = Table(
    "defects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payload", Packed, nullable=False),
)

#: What casework knows of each defect.
case_files = Table(
    "case_files",
    metadata,
    Column("defect", Text, primary_key=True),
    Column("face", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", Packed, nullable=False),
)

#: Who runs a run, so that nobody else resumes it meanwhile (findings.lease).
leases = Table(
    "leases",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("began", Float, nullable=False),
    Column("beat", Float, nullable=False),
)

#: The starts of the first and the last run that had a finding, of runs that were pruned: what was seen once is not new again.
pruned = Table(
    "pruned",
    metadata,
    Column("id", Text, primary_key=True),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
)
