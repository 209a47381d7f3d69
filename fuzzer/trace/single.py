"""Single: one call that is wrong by itself."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.trace.verdicts import Verdict


@dataclass(frozen=True)
class Single:
    """expression: the op of the catalogue, as `softmax(x)`. text: what is wrong, in a few words."""

    expression: str
    text: str
    verdict: Verdict
