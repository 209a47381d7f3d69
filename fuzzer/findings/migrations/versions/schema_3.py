"""Schema 3, and what schemas 1 and 2 lack of it: before Alembic a store got the tables that it had not."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    present = set(sa.inspect(op.get_bind()).get_table_names())

    def table(name: str, *columns: sa.Column[Any]) -> None:
        if name not in present:
            op.create_table(name, *columns)

    def payload() -> sa.Column[Any]:
        return sa.Column("payload", sa.Text, nullable=False)

    table(
        "runs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("started", sa.String(40), nullable=False, index=True),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        payload(),
    )
    table(
        "shards",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("shard_id", sa.String(200), primary_key=True),
        payload(),
    )
    table(
        "findings",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("id", sa.String(300), primary_key=True, index=True),
        sa.Column("op", sa.String(100), nullable=False),
        sa.Column("order", sa.String(20), nullable=False),
        sa.Column("dtype", sa.String(20), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("symptom", sa.String(30), nullable=False),
        sa.Column("class", sa.String(30), nullable=False),
        sa.Column("severity", sa.Float),
        payload(),
    )
    table(
        "cells",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        payload(),
    )
    table(
        "sweeps",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("started", sa.String(40), nullable=False, index=True),
        sa.Column("state", sa.String(20), nullable=False),
        payload(),
    )
    table(
        "stretches",
        sa.Column("sweep_id", sa.String(64), sa.ForeignKey("sweeps.id"), primary_key=True),
        sa.Column("stretch_id", sa.String(200), primary_key=True),
        payload(),
    )
    table(
        "facts",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("op", sa.String(100), nullable=False),
        sa.Column("dtype", sa.String(20), nullable=False),
        payload(),
    )
    table("defects", sa.Column("id", sa.String(300), primary_key=True), payload())
    table(
        "case_files",
        sa.Column("defect", sa.String(300), primary_key=True),
        sa.Column("face", sa.String(300), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        payload(),
    )
    op.execute("UPDATE schema_version SET version = 3")
