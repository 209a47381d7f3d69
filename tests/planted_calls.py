"""A call that the catalogue does not have, in it: a stored call is run, or written into a script, only where the catalogue has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ulpfuzz.fuzzer.catalog.op import Implementation
from ulpfuzz.fuzzer.catalog.registry import ops


def plant_call(monkeypatch: pytest.MonkeyPatch, op: str, framework: str, call: str) -> str:
    """The call, which the op has in that framework from now on, in this process, until the test ends."""
    record = ops()[op]
    more = (*record.implementations, Implementation(framework, call))
    monkeypatch.setitem(ops(), op, replace(record, implementations=more))
    return call
