"""Contracts: JSON that the program prints, compared with its schema; every key must be one that the schema names."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema

from ulpfuzz.fuzzer.cli.contracts.schema import schema_named


def check(name: str, text: str) -> None:
    """Raises jsonschema.ValidationError for a text that is not of the schema."""
    _validator(name).validate(json.loads(text))


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_closed(schema_named(name)))


def _closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name: what a later version may add, this one must describe."""
    if isinstance(schema, dict):
        one = {key: _closed(value) for key, value in schema.items()}
        return {**one, "additionalProperties": False} if "properties" in schema and schema.get("type") == "object" else one
    return [_closed(value) for value in schema] if isinstance(schema, list) else schema
