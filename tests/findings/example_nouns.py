"""Findings made up for the tests of the store."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.identity import finding_id


def a_run(number: int, **changes: Any) -> Run:
    values: dict[str, Any] = {
        "id": f"202611{number:02d}-{number:04x}",
        "seed": 7,
        "started": f"2026-11-{number:02d}T02:00:00+00:00",
    }
    return Run(**{**values, "budget": "5m", **changes})


def a_finding(**changes: Any) -> Finding:
    """A finding whose id follows from its fields."""
    call = "torch.nn.functional.silu(x)"
    values: dict[str, Any] = {
        "op": "silu",
        "params": {},
        "order": "value",
        "dtype": "float32",
        "target": "torch:cpu:eager",
        "implementation": call,
        "symptom": "zero",
        "class_": "unstable",
        "ulps": 1e5,
        "excess": 2e5,
        "condition": 89.0,
        "limit": 4.0,
        "severity": 30.0,
        "case": {
            "dtype": "float32",
            "inputs": {"x": "-0x1.6433340000000p+6"},
            "placement": {"length": 1, "position": 0, "stride": 1},
        },
        "worst": 0,
        "reference": "-1.9e-37",
        "output": -0.0,
        "output_hex": "-0x0.0p+0",
        "avoidable_by": ["numpy:cpu:eager"],
        "certified_by": "arb+mpmath",
        "answers": [Answer("torch:cpu:eager", call, -0.0, "-0x0.0p+0", float("inf"), "unstable", "zero")],
    }
    values.update(changes)
    identity = ("op", "params", "order", "dtype", "target", "implementation", "symptom")
    values.setdefault("id", finding_id(*(values[name] for name in identity)))
    return Finding(**values)


def a_cell(finding: Finding, **changes: Any) -> CellSummary:
    """The cell that a finding is of."""
    names = ("op", "params", "order", "dtype", "target", "implementation")
    values = {name: getattr(finding, name) for name in names}
    measured = {"verdicts": 1000, "classes": {"ok": 990, "unstable": 10}, "worst_ulps": 12.5, "worst_excess": 300.0}
    return CellSummary(**{**values, **measured, **changes})
