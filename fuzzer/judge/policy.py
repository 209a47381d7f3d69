"""Policy: what one target does beside the mathematical function, measured or documented; no defect of a single op."""

from __future__ import annotations

from dataclasses import dataclass, field

from ulpfuzz.fuzzer.judge.flush import FlushPolicy


@dataclass(frozen=True)
class Policy:
    """What one target does at one dtype beside the function."""

    #: What it does with subnormal numbers, measured once.
    flush: FlushPolicy = field(default_factory=FlushPolicy)
    #: Whose documented conventions hold where there is no derivative; "" for values, which have none.
    framework: str = ""
