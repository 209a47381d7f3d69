"""Rule: what the answers of one cell are judged by, for vectors of one length."""

from __future__ import annotations

from dataclasses import dataclass

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.limits import AccuracyLimit


@dataclass(frozen=True)
class Rule:
    """The same for every batch and every target."""

    #: Its record holds the contract: special values, conventions, signs of zeros.
    op: Op
    order: str
    format: Format
    limit: AccuracyLimit
