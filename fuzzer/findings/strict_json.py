"""Strict JSON: what users and scripts get. Valid for every parser, also where a number is infinite or NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def jsonable(value: Any) -> Any:
    """The value as dicts, lists, strings, numbers, booleans and None.

    Non-finite floats become the strings "inf", "-inf" and "nan" (RFC 8259 has no such numbers). Dataclasses become dicts by field
    name without a trailing underscore (`class_` is "class"); numpy scalars and arrays become numbers and lists. Raises TypeError
    for anything else.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else repr(float(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return [jsonable(item) for item in items]
    if hasattr(value, "tolist"):  # numpy; ml_dtypes scalars have it too
        plain = value.tolist()
        return jsonable(float(plain) if type(plain) is type(value) else plain)
    raise TypeError(f"no JSON form for {type(value).__name__}: {value!r}")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Strict JSON text of a value; see `jsonable` for what becomes of dataclasses and non-finite numbers."""
    return json.dumps(jsonable(value), indent=indent, allow_nan=False, ensure_ascii=False)
