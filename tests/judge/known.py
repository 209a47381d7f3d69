"""Evidence made up for a test: a truth, an amplification that is the same everywhere, and what is said of single rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.planted_framework import batch_of
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.reference import Reference


class Amplified:
    """Implements Amplifications: one number, which is its own bounds."""

    def __init__(self, value: float) -> None:
        self.value = value

    def amplification(self, rows: Rows, _: Rows) -> NDArray[Any]:
        return np.full(len(rows), self.value)

    lower_bound = tight_lower_bound = probable_upper_bound = amplification

    def of_rows(self, _: Rows) -> Amplified:
        return self

    def added_to(self, _: NDArray[Any]) -> None: ...


class Said:
    """Implements Further: what is right for flushed inputs; nothing else is known."""

    def __init__(self, flushed: Reference | None = None) -> None:
        self.read_as_zero = flushed

    def flushed(self, rows: Rows) -> Reference:
        return self.read_as_zero or Reference.unknown(len(rows), 1)

    def excused(self, rows: Rows, outputs: Rows, nan: Mask, beyond: Mask) -> tuple[Mask, Mask]:
        return np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)

    def beside_exact_roots(self, rows: Rows, distances: NDArray[Any], top: NDArray[Any]) -> Mask:
        return np.zeros(len(rows), np.bool_)

    def ball_test(self, rows: Rows, outputs: Rows, answers: NDArray[Any]) -> NDArray[np.uint8]:
        return np.full(len(rows), Class.undecided, np.uint8)

    def out_of_range(self, rows: Rows, outputs: Rows, answers: NDArray[Any]) -> Mask:
        return np.zeros(len(rows), np.bool_)


def rule_of(op: str, order: str = "value", dtype: str = "float32", length: int = 1) -> Rule:
    record, fmt = op_named(op), format_named(dtype)
    return Rule(record, order, fmt, accuracy_limit(record, order, fmt, length))


def evidence_of(
    truth: Reference, rule: Rule, batch: Batch | None = None, amplification: float = 0.0, flushed: Reference | None = None
) -> Evidence:
    """Of one row; batch: by default every input is 1."""
    batch = batch or batch_of(rule.format.name, **{spec.name: 1.0 for spec in rule.op.inputs})
    return Evidence(batch, truth, rule, Amplified(amplification), Said(flushed))
