"""Restore: records as the catalogue orders them, and as this version writes them.

Stores written before 2026-11-28 hold the inputs and params of a case sorted by name. A call takes its inputs by position and a cell is named by
its params in order, so what is read is put into the order of the op.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ulpfuzz.fuzzer.case import in_order
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.finding import INFINITE, NOT_A_NUMBER, ZERO, CellSummary, Finding

Record = TypeVar("Record", Finding, CellSummary, Fact)
#: What was written then for the exponent of a zero, and of an infinity or NaN; no format has numbers there.
_OLD_LANES = {-1099.0: ZERO, 1099.0: INFINITE}


def restored(record: Record) -> Record:
    """The record with its params and inputs in the order of its op, cotangent and tangent last; what the catalogue does not know by these
    names (an op, an input, a param that it has no more) stays as it is."""
    op = ops().get(record.op)
    changes: dict[str, Any] = {"params": _params(op, record.params)}
    if isinstance(record, Fact):
        changes["at"] = _inputs(op, record.at)
    else:
        changes["profile"] = _profile(record.profile)
    if isinstance(record, Finding) and "inputs" in record.case:
        changes["case"] = {**record.case, "inputs": _inputs(op, record.case["inputs"])}
    return replace(record, **changes)


def _inputs(op: Op | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if op is None:
        return dict(inputs)
    try:
        return in_order(inputs, [i.name for i in op.inputs])
    except ValueError:  # the op has other inputs by now
        return dict(inputs)


def _params(op: Op | None, params: Mapping[str, Any]) -> dict[str, Any]:
    if op is None or set(op.params) != set(params):
        return dict(params)
    return {name: params[name] for name in op.params}


def _profile(profile: list[list[float]]) -> list[list[float]]:
    if not any(abs(row[0]) == 1099.0 or math.isnan(row[0]) for row in profile):
        return profile
    return [[NOT_A_NUMBER if math.isnan(row[0]) else _OLD_LANES.get(row[0], row[0]), *row[1:]] for row in profile]
