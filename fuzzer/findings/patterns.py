"""Patterns: names with * and ? as conditions of a query."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_


def matches(column: ColumnElement[Any], patterns: str) -> ColumnElement[bool]:
    """Whether a column fits one of several patterns with * and ?, separated by commas."""
    choices = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
    return or_(*(column.like(_like(pattern), escape="\\") for pattern in choices))


def _like(pattern: str) -> str:
    """A shell pattern as one of SQL's LIKE."""
    literal = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return literal.replace("*", "%").replace("?", "_")
