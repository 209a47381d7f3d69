"""Schema 4: names of any length, payloads that may be compressed, leases of runs, what pruned runs had seen.

SQLite knows no length of a text, and its columns take bytes as well as text: there are only the new tables to make.
"""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"
branch_labels = None
depends_on = None

NAMES = {
    "runs": ("id", "started", "seed", "state"),
    "shards": ("run_id", "shard_id"),
    "findings": ("run_id", "id", "op", "order", "dtype", "target", "symptom", "class"),
    "cells": ("run_id", "key"),
    "sweeps": ("id", "started", "state"),
    "stretches": ("sweep_id", "stretch_id"),
    "facts": ("key", "op", "dtype"),
    "defects": ("id",),
    "case_files": ("defect", "face", "key"),
}


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for table, names in NAMES.items():
            for name in names:
                op.alter_column(table, name, type_=sa.Text)
            op.alter_column(table, "payload", type_=sa.LargeBinary, postgresql_using="convert_to(payload, 'UTF8')")
    op.create_table(
        "leases",
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("beat", sa.Float, nullable=False),
    )
    op.create_table(
        "pruned",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
    )
    op.execute("UPDATE schema_version SET version = 4")
