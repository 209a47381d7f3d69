"""Findings made up for the tests of defects: what a call does is in its fields, as a run would store them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.identity import finding_id

#: What the fields of a symptom look like where nothing else is said: answer, its bits, ulps.
_ANSWERS = {
    "nan": (math.nan, "nan", math.inf),
    "inf": (math.inf, "inf", math.inf),
    "zero": (0.0, "0x0.0p+0", 1e7),
    "precision": (1.5, "0x1.8p+0", 1e6),
    "exception": (math.nan, "nan", math.inf),
    "crash": (math.nan, "nan", math.inf),
    "missed_nan": (1.0, "0x1p+0", math.inf),
}


def a_finding(call: str = "torch.exp(x)", symptom: str = "inf", x: Any = "0x1p+3", **changes: Any) -> Finding:
    """A finding of torch's exp on the CPU; x: the inputs, by name or the one that is called x."""
    dtype = changes.get("dtype", "float32")
    output, bits, ulps = _ANSWERS[symptom]
    inputs = x if isinstance(x, dict) else {"x": x}
    values: dict[str, Any] = {
        "op": "exp", "params": {}, "order": "value", "dtype": dtype, "target": "torch:cpu:eager", "implementation": call, "symptom": symptom,
        "class_": "unstable", "ulps": ulps, "excess": 1e5, "condition": 1.0, "limit": 4.0, "severity": 30.0,
        "case": {"dtype": dtype, "inputs": inputs, "placement": {"length": 1, "position": 0, "stride": 1}},
        "worst": 0, "reference": "2.5", "output": output, "output_hex": bits, "avoidable_by": [], "certified_by": "arb+mpmath", "answers": [],
        "first_seen": "2026-11-01T00:00:00+00:00", "last_seen": "2026-11-01T00:00:00+00:00",
    }  # fmt: skip
    values.update(changes)
    identity = ("op", "params", "order", "dtype", "target", "implementation", "symptom")
    values.setdefault("id", finding_id(*(values[name] for name in identity)))
    return Finding(**values)


def answering(finding: Finding, *others: tuple[str, str, str]) -> Finding:
    """The finding with the answers of other calls at its case: (target, call, bits); bits "ok" for a right answer."""
    answers = [
        Answer(
            finding.target, finding.implementation, finding.output, finding.output_hex, finding.ulps, "unstable", finding.symptom
        )
    ]
    for target, call, bits in others:
        right = bits == "ok"
        shown = "0x1.4p+1" if right else bits
        ulps, class_, symptom = (0.1, "ok", "none") if right else (math.inf, "unstable", finding.symptom)
        answers.append(Answer(target, call, float.fromhex(shown), shown, ulps, class_, symptom))
    return replace(finding, answers=answers)


def with_profile(finding: Finding, rows: Sequence[tuple[float, float]]) -> Finding:
    """The finding with a profile: (exponent, worst ulps) by row, ten elements each."""
    return replace(finding, profile=[[at, ulps, ulps, 10.0] for at, ulps in rows])
