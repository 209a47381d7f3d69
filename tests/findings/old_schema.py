"""Databases as they were before Alembic: schema 3, and 2 and 1, which had fewer tables. Written out, for the code of that time is gone."""

from __future__ import annotations

import json

from sqlalchemy import create_engine, text

#: Table -> its columns, and the schema that brought it.
TABLES = {
    "schema_version": (1, "version INTEGER NOT NULL PRIMARY KEY"),
    "runs": (
        1,
        "id VARCHAR(64) NOT NULL PRIMARY KEY, started VARCHAR(40) NOT NULL, seed VARCHAR(40) NOT NULL, "
        "state VARCHAR(20) NOT NULL, payload TEXT NOT NULL",
    ),
    "shards": (
        1,
        "run_id VARCHAR(64) NOT NULL REFERENCES runs (id), shard_id VARCHAR(200) NOT NULL, payload TEXT NOT NULL, "
        "PRIMARY KEY (run_id, shard_id)",
    ),
    "findings": (
        1,
        'run_id VARCHAR(64) NOT NULL REFERENCES runs (id), id VARCHAR(300) NOT NULL, op VARCHAR(100) NOT NULL, "order" VARCHAR(20) '
        "NOT NULL, dtype VARCHAR(20) NOT NULL, target VARCHAR(100) NOT NULL, symptom VARCHAR(30) NOT NULL, class VARCHAR(30) NOT "
        "NULL, severity FLOAT, payload TEXT NOT NULL, PRIMARY KEY (run_id, id)",
    ),
    "cells": (
        1,
        "run_id VARCHAR(64) NOT NULL REFERENCES runs (id), key VARCHAR(64) NOT NULL, payload TEXT NOT NULL, "
        "PRIMARY KEY (run_id, key)",
    ),
    "sweeps": (
        2,
        "id VARCHAR(64) NOT NULL PRIMARY KEY, started VARCHAR(40) NOT NULL, state VARCHAR(20) NOT NULL, payload TEXT NOT NULL",
    ),
    "stretches": (
        2,
        "sweep_id VARCHAR(64) NOT NULL REFERENCES sweeps (id), stretch_id VARCHAR(200) NOT NULL, payload TEXT NOT NULL, "
        "PRIMARY KEY (sweep_id, stretch_id)",
    ),
    "facts": (
        2,
        "key VARCHAR(64) NOT NULL PRIMARY KEY, op VARCHAR(100) NOT NULL, dtype VARCHAR(20) NOT NULL, payload TEXT NOT NULL",
    ),
    "defects": (3, "id VARCHAR(300) NOT NULL PRIMARY KEY, payload TEXT NOT NULL"),
    "case_files": (
        3,
        "defect VARCHAR(300) NOT NULL PRIMARY KEY, face VARCHAR(300) NOT NULL, key VARCHAR(64) NOT NULL, payload TEXT NOT NULL",
    ),
}
INDEXES = {
    "ix_runs_started": (1, "runs (started)"),
    "ix_findings_id": (1, "findings (id)"),
    "ix_sweeps_started": (2, "sweeps (started)"),
}


def make_old(url, version, finding):
    """Makes a database of that schema with a run "old" that has one finding, whose payload is text as it was then."""
    import msgspec

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    run = {"id": "old", "seed": 7, "started": "2026-11-01T02:00:00+00:00", "budget": "5m", "state": "finished"}
    with engine.begin() as connection:

        def execute(statement, **values):
            connection.execute(text(statement), values)

        for name, (since, columns) in TABLES.items():
            if since <= version:
                execute(f"CREATE TABLE {name} ({columns})")
        for name, (since, at) in INDEXES.items():
            if since <= version:
                execute(f"CREATE INDEX {name} ON {at}")
        execute("INSERT INTO schema_version VALUES (:v)", v=version)
        execute(
            "INSERT INTO runs VALUES ('old', :started, '7', 'finished', :payload)",
            started=run["started"],
            payload=json.dumps(run),
        )
        fields = ("id", "op", "order", "dtype", "target", "symptom")
        execute(
            "INSERT INTO findings VALUES ('old', :id, :op, :order, :dtype, :target, :symptom, :class_, :severity, :payload)",
            **{name: getattr(finding, name) for name in fields},
            class_=finding.class_,
            severity=finding.severity,
            payload=json.dumps(msgspec.to_builtins(finding)),
        )
    engine.dispose()
