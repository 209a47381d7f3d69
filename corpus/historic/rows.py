"""Row: a commit of the study, and whether it can be replayed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Of the study's columns, in our words.
ROOT_CAUSES = ("overflow", "precision", "underflow", "invalid", "other")
PATCH_CLASSES = ("rewrite", "algorithm", "precision", "check", "limit_range", "other", "test_only")


@dataclass(frozen=True)
class Row:
    """index: of the database, 1 to 252. replayable: yes, partly or no. op: canonical name, "" where there is none. reason: why it cannot be
    replayed, or not wholly."""

    index: int
    library: str
    commit: str
    topic1: str
    topic2: str
    root_cause: str
    patch_class: str
    op: str
    order: str
    replayable: str
    reason: str


@cache
def rows() -> dict[int, Row]:
    """All rows by their index."""
    text = (files("corpus") / "deepstability.csv").read_text(encoding="utf-8")
    found = [Row(int(line.pop("index")), **line) for line in csv.DictReader(text.splitlines())]
    return {row.index: row for row in found}
