"""Maxima: the largest errors that sweeps proved, ops by frameworks, as a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.numbers import witness

FRAMEWORKS = ("torch", "tensorflow", "jax")


def maxima(facts: Sequence[Fact]) -> str:
    """A row per op and params, a column per framework: the largest error in ulps of its first call, eager; `-` where none was proved."""
    rows: dict[tuple[str, str], dict[str, Fact]] = {}
    for fact in facts:
        framework, _, rest = fact.target.partition(":")
        if fact.proved and fact.order == "value" and rest.endswith(":eager") and framework in FRAMEWORKS:
            inner = ", ".join(f"{name}={value}" for name, value in fact.params.items())
            best = rows.setdefault((fact.op + (f" ({inner})" if inner else ""), fact.dtype), {})
            if framework not in best or len(fact.implementation) < len(best[framework].implementation):
                best[framework] = fact
    versions = {name: sorted({f.version for row in rows.values() for n, f in row.items() if n == name}) for name in FRAMEWORKS}
    heads = [f"{name} {', '.join(v)}".strip() for name, v in versions.items()]
    lines = [f"| op | format | {' | '.join(heads)} |", "|---|---|" + "---|" * len(heads)]
    for (op, dtype), row in sorted(rows.items()):
        cells = [_cell(row[name]) if name in row else "-" for name in FRAMEWORKS]
        lines.append(f"| {op} | {dtype} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(fact: Fact) -> str:
    if math.isnan(fact.max_ulps):
        return "-"
    at = witness(fact.at)
    size = "wrong" if math.isinf(fact.max_ulps) else f"{fact.max_ulps:.3g}" if fact.max_ulps < 1e4 else f"{fact.max_ulps:.1e}"
    return f"{size} at {at}"
