"""Programs: which frameworks can be watched."""

from __future__ import annotations

from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.program import Program


def program_of(bench: Bench, answer: float) -> Program | None:
    """The program of a bench's call at its case; None where the framework cannot be watched, or takes one step only."""
    return None
