"""Cell: op x params x dtype x order, the unit of planning, budget and coverage; Subject: one implementation on one target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.target_cell import TargetCell
from ulpfuzz.fuzzer.frameworks.targets.target import Target, supported, target_named


@dataclass(frozen=True)
class Cell:
    """What is fuzzed together: every target sees the same bits."""

    op: str
    params: tuple[tuple[str, Any], ...]
    dtype: str
    order: str

    @property
    def key(self) -> str:
        """A readable name that is unique in a run: gelu[approximate=tanh] float32 grad."""
        inner = ",".join(f"{name}={value}" for name, value in self.params)
        return f"{self.op}{f'[{inner}]' if inner else ''} {self.dtype} {self.order}"

    @property
    def record(self) -> Op:
        return op_named(self.op)


def cell_of(record: Finding | TargetCell) -> Cell:
    """The cell of a finding, a fact or what a run learned of a call."""
    return Cell(record.op, tuple(record.params.items()), record.dtype, record.order)


@dataclass(frozen=True)
class Subject:
    """One call on one target: who is judged."""

    target: str
    implementation: Implementation = field(hash=False)  # it holds a dict; targets tell most subjects apart


def cells_of(ops: Iterable[Op], dtypes: Iterable[str], orders: Iterable[str], targets: Iterable[Target]) -> list[Cell]:
    """Every cell that at least one target claims to compute, float32 and default params first, in catalogue order.

    The order matters where a time budget cuts the list: what most users run comes first.
    """
    chosen = list(targets)
    found: list[tuple[tuple[int, int, int], Cell]] = []
    for order in orders:
        for dtype_rank, dtype in enumerate(sorted(dtypes, key=_PRECEDENCE.index)):
            for op in (op for op in ops if dtype in op.dtypes):
                for params_rank, params in enumerate(op.param_sets()):
                    cell = Cell(op.name, tuple(params.items()), dtype, order)
                    if subjects_of(cell, chosen):
                        found.append(((min(params_rank, 1), dtype_rank, _ORDERS_FIRST.index(order)), cell))
    return [cell for _, cell in sorted(found, key=lambda pair: pair[0])]


#: Forward mode last: of elementwise ops it computes the numbers of grad once more.
_ORDERS_FIRST = ["value", "grad", "grad2", "jvp"]
_PRECEDENCE = ["float32", "complex64", "float64", "complex128", "bfloat16", "float16"]


def subjects_of(cell: Cell, targets: Iterable[Target | str]) -> list[Subject]:
    """The implementations that claim to compute the cell, target by target."""
    op, params = cell.record, dict(cell.params)
    named = [target_named(t) if isinstance(t, str) else t for t in targets]
    return [Subject(str(t), i) for t in named for i in supported(op, t, cell.dtype, cell.order, params)]
