"""Payload: the nouns as typed records in the store, and back.

A record is JSON text of a noun's fields in their order: nothing is sorted, since the order of a case's inputs is that of the call's arguments.
The store is read by Python alone, so its JSON keeps Python's `Infinity` and `NaN`: a param `ord=inf` must come back as a number, which the
strings of strict_json could not tell from text, nor msgspec's own JSON from null. Tuples come back as lists.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from ulpfuzz.fuzzer.findings.fact import Fact, Sweep
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.restore import restored
from ulpfuzz.fuzzer.findings.schema import StoreError
from ulpfuzz.fuzzer.findings.shapes import check

Noun = TypeVar("Noun", Finding, CellSummary, Run, Fact, Sweep)


class Damaged(StoreError):
    """A record that is none; the message names it."""


def encode(noun: Finding | CellSummary | Run | Fact | Sweep) -> str:
    """The record of a noun; every float round-trips bit for bit, signs and payloads of NaN aside. Raises TypeError for what has no JSON form."""
    return json.dumps(msgspec.to_builtins(noun, enc_hook=_plain))


def decode(kind: type[Noun], text: str, name: str = "") -> Noun:
    """The noun that `encode` wrote, now or in an earlier version: with params and inputs in the order of its op (findings.restore).

    Unknown keys (written by a later minor version) are ignored. name: of the record, for messages. Raises Damaged for a record that is none, and
    names what is wrong in it.
    """
    try:
        noun = msgspec.convert(json.loads(text), kind)
        check(noun)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        what = " ".join(filter(None, ("the store holds a damaged", kind.__name__, name)))
        raise Damaged(f"{what}: {error}") from error
    return noun if isinstance(noun, (Run, Sweep)) else restored(noun)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return float(plain) if type(plain) is type(value) else plain
    raise TypeError(f"no JSON form for {type(value).__name__}: {value!r}")
