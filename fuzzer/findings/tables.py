"""Tables: the schema of the store."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, MetaData, String, Table, Text

#: Raised when a table changes. A store with a higher number was written by a newer ulpfuzz and is refused; one with a lower number gets
#: the tables that it lacks.
SCHEMA_VERSION = 3

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("started", String(40), nullable=False, index=True),
    Column("seed", String(40), nullable=False),  # text: a seed may be wider than 64 bits
    Column("state", String(20), nullable=False),
    Column("payload", Text, nullable=False),
)

shards = Table(
    "shards",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("shard_id", String(200), primary_key=True),
    Column("payload", Text, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("id", String(300), primary_key=True, index=True),
    Column("op", String(100), nullable=False),
    Column("order", String(20), nullable=False),
    Column("dtype", String(20), nullable=False),
    Column("target", String(100), nullable=False),
    Column("symptom", String(30), nullable=False),
    Column("class", String(30), nullable=False),
    Column("severity", Float),
    Column("payload", Text, nullable=False),
)

cells = Table(
    "cells",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("payload", Text, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("started", String(40), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("payload", Text, nullable=False),
)

stretches = Table(
    "stretches",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("stretch_id", String(200), primary_key=True),
    Column("payload", Text, nullable=False),
)

#: What the latest sweep of each call, on each target and version of its framework, found over all inputs.
facts = Table(
    "facts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("op", String(100), nullable=False),
    Column("dtype", String(20), nullable=False),
    Column("payload", Text, nullable=False),
)

#: What is known of defects beyond one run: their names, what became one with them, what people say of them.
defects = Table(
    "defects",
    metadata,
    Column("id", String(300), primary_key=True),
    Column("payload", Text, nullable=False),
)

#: What casework knows of each defect.
case_files = Table(
    "case_files",
    metadata,
    Column("defect", String(300), primary_key=True),
    Column("face", String(300), nullable=False),
    Column("key", String(64), nullable=False),
    Column("payload", Text, nullable=False),
)
