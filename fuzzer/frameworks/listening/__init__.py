"""Listening: a framework's primitive calls, heard one by one where it makes them."""

from __future__ import annotations

from typing import Any, TypeAlias

#: A framework's own object: a kernel, its arguments, its results. mypy does not read the frameworks' sources.
Foreign: TypeAlias = Any
