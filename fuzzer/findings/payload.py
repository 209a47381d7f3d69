"""Payload: the nouns as text in the store, and back.

The store is read by Python alone, so its JSON keeps Python's `Infinity` and `NaN`: a param `ord=inf` must come back as a number,
which the strings of strict_json could not tell from text. Tuples come back as lists.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from fuzzer.findings.fact import Fact, Sweep
from fuzzer.findings.finding import Answer, CellSummary, Finding, Run

Noun = TypeVar("Noun", Finding, CellSummary, Run, Fact, Sweep)


def encode(noun: Finding | CellSummary | Run | Fact | Sweep) -> str:
    """The JSON text of a noun; every float round-trips bit for bit, NaN payloads aside."""
    return json.dumps(_plain(noun), sort_keys=True, default=_plain)


def decode(kind: type[Noun], text: str) -> Noun:
    """The noun that `encode` wrote. Unknown keys (written by a later minor version) are ignored."""
    names = {f.name for f in fields(kind)}
    values = {name: value for name, value in json.loads(text).items() if name in names}
    if "answers" in values:
        values["answers"] = [Answer(**answer) for answer in values["answers"]]
    return kind(**values)


def _plain(value: Any) -> Any:
    if is_dataclass(value):  # dataclasses.asdict would copy every number of a profile first, ten times the cost of the JSON
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return float(plain) if type(plain) is type(value) else plain
    raise TypeError(f"no JSON form for {type(value).__name__}: {value!r}")
