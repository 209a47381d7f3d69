"""Entry: a finding as every format tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.file_name import file_name
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.headline import SILENT, Array, arrays_of, element_of, headline, quantity, vouched
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.one_line import command_of
from ulpfuzz.reports.extent import extent_text
from ulpfuzz.reports.study import Similar, similar_rows


@dataclass(frozen=True)
class Entry:
    """A finding as every format tells it."""

    finding: Finding
    headline: str
    arrays: list[Array]
    where: str
    script: str

    @property
    def framework(self) -> str:
        return framework_of(self.finding.target)

    @property
    def command(self) -> str:
        return command_of(self.finding.id)

    @property
    def script_name(self) -> str:
        return file_name(self.finding.id, ".py")

    @property
    def output(self) -> str:
        return numbers.decimal(self.finding.output, self.finding.dtype)

    @property
    def limit_text(self) -> str:
        limit = self.finding.limit
        if limit is not None and self.finding.class_ == "inaccurate" and self.finding.reason and not self.finding.label:
            return f"{numbers.measure(limit)} ulps of {self.finding.dtype}: {self.finding.reason}"
        if limit is None:
            return "none for this op: judged by stability alone (no nearby input has this answer)"
        return f"{numbers.measure(limit)} ulps of {self.finding.dtype}: the accuracy limit of the op's class"

    @property
    def vouched(self) -> str:
        """Who vouches for the truth."""
        return vouched(self.finding)

    @property
    def executed(self) -> str:
        """What its script said when it was run."""
        return f"{self.finding.script}: {self.finding.script_says}" if self.finding.script else "not run yet"

    @property
    def extent(self) -> str:
        """Where it was seen, in words."""
        return extent_text(self.finding)

    @property
    def silent(self) -> str:
        """What the call did instead of answering; "" where it answered."""
        return SILENT.get(self.finding.symptom, "")

    @property
    def quantity(self) -> str:
        """Which derivative is meant, in words; "" for a value."""
        return "" if self.finding.order == "value" else quantity(self.finding, self.where, self.arrays)

    @property
    def placement_text(self) -> str:
        case = self.finding.case
        return _placed(case.get("placement") or {}, int(case.get("nth", 1)), bool(case.get("nth")))

    @property
    def right(self) -> tuple[str, str, str] | None:
        """Of a finding of two placements: the answer, its bits, and the placement where the same bits are right."""
        told = self.finding.case.get("right")
        if not told:
            return None
        where = _placed(told["placement"], int(told.get("nth", 1)), bool(self.finding.case.get("nth") or told.get("nth")))
        return numbers.decimal(float(told["output"]), self.finding.dtype), str(told["output_hex"]), where

    @cached_property
    def similar_rows(self) -> Similar | None:
        """What the study DeepStability knows of such findings."""
        return similar_rows(self.finding)

    @property
    def answers(self) -> list[Answer]:
        """Every target's answer, the finding's own first."""
        own = (self.finding.target, self.finding.implementation)
        return sorted(self.finding.answers, key=lambda a: ((a.target, a.implementation) != own, a.target, a.implementation))


def _placed(placed: Mapping[str, Any], call_index: int, repeated: bool) -> str:
    length, position, stride = (int(placed.get(k, d)) for k, d in (("length", 1), ("position", 0), ("stride", 1)))
    text = "alone in its call" if length == 1 else f"position {position} of {length} equal rows"
    text += ", contiguous" if stride == 1 else f", every {stride} elements in memory"
    return text + (f", in the {'first' if call_index == 1 else 'second'} of two equal calls" if repeated else "")


def entry_of(finding: Finding, text: str = "", differentiable: Sequence[str] | None = None) -> Entry:
    arrays = arrays_of(finding)
    where = element_of(finding, arrays, differentiable)
    return Entry(finding, headline(finding, arrays, where), arrays, where, text)
