"""Program: the steps that a framework itself takes from the inputs to the answer, each number beside its exact value."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.casework.diagnosis.culprit import Culprit
from ulpfuzz.fuzzer.defects.case_file import Statement


@dataclass(frozen=True)
class Program:
    """calls: the primitive calls in order. reproduces: whether its result is the answer. culprit: None where its exact evaluation is wrong as
    well, or no step is."""

    calls: tuple[str, ...]
    reproduces: bool
    culprit: Culprit | None
    statement: Statement
