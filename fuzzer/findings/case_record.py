"""Case records: the case of a finding as the store keeps it, and back; its inputs may hold a COTANGENT and a TANGENT beside the op's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Case, Placement
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding

__all__ = ["COTANGENT", "TANGENT", "case_from", "case_of", "record_of"]


def record_of(case: Case) -> dict[str, Any]:
    """The case as `Finding.case` holds it, its inputs in their order."""
    return {"dtype": case.dtype, "inputs": dict(case.inputs), "placement": vars(case.placement).copy()}


def case_from(record: Mapping[str, Any]) -> Case:
    """The case that `record_of` made; alone in its call where no placement is given."""
    return Case(record["dtype"], dict(record["inputs"]), Placement(**(record.get("placement") or {})))


def case_of(finding: Finding) -> Case:
    """The finding's case. Raises UserError where the record holds none."""
    if not finding.case.get("inputs"):
        raise UserError(f"finding {finding.id} holds no inputs")
    return case_from({**finding.case, "dtype": finding.dtype})
