"""Rule: what the answers of one cell are judged by, for vectors of one length."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzer.catalog.op import Op
from fuzzer.formats import Format
from fuzzer.judge.limits import AccuracyLimit


@dataclass(frozen=True)
class Rule:
    """The same for every batch and every target."""

    #: Its record holds the contract: special values, conventions, signs of zeros.
    op: Op
    order: str
    format: Format
    limit: AccuracyLimit
