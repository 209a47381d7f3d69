"""Planted findings for the tests of reports: a small factory, no fuzzing."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run

#: log(exp(x) + 1) overflows in float32 above 88.7; the true softplus(100) is 100 + 3.72e-44.
SOFTPLUS_100 = "100.0000000000000000000000000000000000000000000372007597602083596"


def planted(**changes: Any) -> Finding:
    """numpy's naive softplus, inf where the truth is 100; any field may be changed."""
    target = changes.get("target", "numpy:cpu:eager")
    implementation = changes.get("implementation", "np.log(np.exp(x) + 1)")
    fields: dict[str, Any] = {
        "id": "numpy-softplus-value-float32-inf-ab12",
        "op": "softplus",
        "params": {},
        "order": "value",
        "dtype": "float32",
        "target": target,
        "implementation": implementation,
        "symptom": "inf",
        "class_": "unstable",
        "ulps": float("inf"),
        "excess": float("inf"),
        "condition": 1.0,
        "limit": 4.0,
        "severity": 41.5,
        "case": {
            "dtype": "float32",
            "inputs": {"x": "0x1.9000000000000p+6"},
            "placement": {"length": 1, "position": 0, "stride": 1},
        },
        "worst": 0,
        "reference": SOFTPLUS_100[:42],
        "output": float("inf"),
        "output_hex": "inf",
        "avoidable_by": ["torch:cpu:eager"],
        "certified_by": "arb+mpmath",
        "answers": [
            Answer("torch:cpu:eager", "torch.nn.functional.softplus(x)", 100.0, "0x1.9000000000000p+6", 0.0, "ok", "none"),
            Answer(target, implementation, float("inf"), "inf", float("inf"), "unstable", "inf"),
        ],
        "extent": {"share": 0.25, "count": 1234, "low": "88.72284", "high": "3.4028235e+38"},
        "profile": [[e, 0.9, 0.5, 100] for e in range(-20, 6)] + [[6, float("inf"), float("inf"), 321]],
        "first_seen": "r1",
        "last_seen": "r2",
    }
    return Finding(**{**fields, **changes})


def summary(**changes: Any) -> CellSummary:
    fields: dict[str, Any] = {
        "op": "softplus",
        "params": {},
        "order": "value",
        "dtype": "float32",
        "target": "numpy:cpu:eager",
        "implementation": "np.log(np.exp(x) + 1)",
        "verdicts": 5000,
        "classes": {"ok": 3000, "ill_conditioned": 10, "undecided": 7, "inaccurate": 0, "unstable": 1983},
        "worst_ulps": float("inf"),
        "worst_excess": float("inf"),
    }
    return CellSummary(**{**fields, **changes})


def run(**changes: Any) -> Run:
    fields: dict[str, Any] = {
        "id": "r2",
        "seed": 7,
        "started": "2026-01-02T03:04:05Z",
        "budget": "10m",
        "state": "done",
        "seconds": 601.0,
        "verdicts": 5000,
        "cells": 3,
        "cells_planned": 4,
        "by_tier": {"ball64": 4800, "arb": 190, "mpmath": 10},
        "by_phase": {"explore": 300.0, "zoom": 250.0, "shrink": 51.0},
        "environment": {
            "versions": {"numpy": "2.4.6", "torch": "2.13.0"},
            "cpu": {"name": "test", "features": ["avx2", "fma"]},
            "threads": 1,
        },
    }
    return Run(**{**fields, **changes})


def text_of(report: Any) -> str:
    """The index and every page of a report, one after another."""
    from ulpfuzz.reports.html import files, unpacked

    written = files(report)
    pages = [page for path, chunk in written.items() if path.startswith("pages/") for page in unpacked(chunk).values()]
    return "".join([written["report.html"], *pages])
