"""What people see of a case file: why, whom it hurts, where it starts and ends, what helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from ulpfuzz.fuzzer.cli.screen import facts_table
from ulpfuzz.fuzzer.defects.case_file import Advice, CaseFile, Interval
from ulpfuzz.fuzzer.findings import numbers

#: Statements of experiments that are shown.
_SHOWN = 8


def case_whole(file: CaseFile | None, dtype: str) -> Group:
    """The case file of a defect, part by part; that it was not worked on where there is none. dtype: of its face."""
    if file is None:
        return Group(Text("\nnot worked on yet: no cause, extent or advice is known", style="dim"))
    rows = [*_why(file), *_whom(file, dtype), *_where(file, dtype), *_helps(file), *(("fault", f) for f in file.faults)]
    return Group(Text(""), facts_table(rows))


def _why(file: CaseFile) -> list[tuple[str, str]]:
    if not file.fails:
        return [("today", "the face does not fail any more")]
    if file.diagnosis is None:
        return []
    diagnosis = file.diagnosis
    proof = "confirmed" if diagnosis.confirmed else "not confirmed"
    rows = [("cause", f"{diagnosis.cause.replace('_', ' ')} ({proof}): {diagnosis.text}")]
    statements = [s.outcome for s in diagnosis.evidence]
    rows += [("experiments" if not i else "", line) for i, line in enumerate(statements[:_SHOWN])]
    return rows + ([("", f"... and {len(statements) - _SHOWN} more")] if len(statements) > _SHOWN else [])


def _whom(file: CaseFile, dtype: str) -> list[tuple[str, str]]:
    rows = []
    if (share := file.ordinary_share) is not None:
        rows.append((
            "everyday inputs",
            f"{numbers.share(share.share)} of {numbers.count(share.samples)} are wrong (95 %: {numbers.share(share.low)} to "
            f"{numbers.share(share.high)}); {share.distribution}",
        ))  # fmt: skip
    if file.ordinary:
        output = float.fromhex(file.ordinary_output)
        truth = numbers.contrast(output, file.ordinary_reference)[1]
        where = _inputs(file.ordinary, dtype)
        rows.append(("for instance", f"{numbers.decimal(output, dtype)} at {where}, true value {truth}"))
    return rows


def _inputs(case: Mapping[str, Any], dtype: str) -> str:
    def text(value: Any) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(text(v) for v in value[:4]) + (", ..." if len(value) > 4 else "") + "]"
        return numbers.decimal(float.fromhex(value), dtype)

    return ", ".join(f"{name} = {text(value)}" for name, value in case["inputs"].items())


def _where(file: CaseFile, dtype: str) -> list[tuple[str, str]]:
    return [("wrong where" if not i else "", _interval(interval, dtype)) for i, interval in enumerate(file.extent)]


def _interval(interval: Interval, dtype: str) -> str:
    low, high = (numbers.decimal(float.fromhex(end), dtype) for end in (interval.low, interval.high))
    right = interval.judged - interval.failing
    beyond = f"; {right} of {interval.judged} points between are right" if right else ""
    return f"{interval.input} from {low} to {high}, the rest as in the case{beyond}"


def _helps(file: CaseFile) -> list[tuple[str, str]]:
    rows = []
    for i, advice in enumerate(file.advice):
        rows += [("what helps" if not i else "", advice.call), ("", _measured(advice))]
    return rows


def _measured(advice: Advice) -> str:
    near = _change(advice.worst_ulps_before, advice.worst_ulps_after, advice.verified_on, "points around the case")
    everyday = _change(advice.everyday_ulps_before, advice.everyday_ulps_after, advice.everyday_on, "everyday inputs")
    return f"{advice.text} Worst error: {near}{f'; {everyday}' if advice.everyday_on else ''}"


def _change(before: float, after: float, count: int, points: str) -> str:
    return f"{numbers.measure(before)} -> {numbers.measure(after)} ulps on {numbers.count(count)} {points}"
