"""What a complete float32 sweep costs per target, against its lower limit: the framework's own time on all inputs and one evaluation of the
reference in binary64. Measured on chunks that are spread evenly over the space, and scaled to all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.special

from tests.benchmarks.measure import Measure, cpu_seconds
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.inputs.exhaustive import space_of
from ulpfuzz.fuzzer.sweep.chunk import Chunk, run_chunk
from ulpfuzz.fuzzer.sweep.tight_reference import CALL

REFERENCE: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp, "tanh": np.tanh, "lgamma": scipy.special.gammaln, "digamma": scipy.special.psi,
}  # fmt: skip
GOAL = 2.0
#: So many chunks of so many inputs: a 64th of the space.
STRETCHES, COUNT = 64, 1 << 20
GOLDEN = 0.6180339887498949


def measures() -> Iterator[Measure]:
    targets = [str(target) for target in targets_named("*:cpu:eager") if target.framework != "numpy"]
    for op in REFERENCE:
        for target in targets:
            measure = _swept(op, target)
            if measure is not None:
                yield measure


def _spread(size: int) -> list[int]:
    """Where the chunks begin: one in each of as many equal parts of the space, at another place in each (beginnings of binades, and the
    subnormals, which are an eighth of their part, would stand for more than they are)."""
    part = size // STRETCHES
    return [k * part + int((k * GOLDEN + 0.45) % 1 * (part // COUNT)) * COUNT for k in range(STRETCHES)]


def _swept(op: str, target: str) -> Measure | None:
    """The ratio to the lower limit of a sweep of the target's first call."""
    cell = Cell(op, tuple(op_named(op).default_params().items()), "float32", "value")
    calls = len(subjects_of(cell, (target,)))
    if not calls:
        return None
    space = space_of(cell.record, cell.dtype)
    firsts = _spread(space.size)
    run_chunk(Chunk(cell, (target,), 0, CALL))  # what starts and compiles once
    start, framework = cpu_seconds(), 0.0
    for first in firsts:
        framework += run_chunk(Chunk(cell, (target,), first, COUNT)).by_phase["framework"]
    seconds, start = cpu_seconds() - start, cpu_seconds()
    with np.errstate(all="ignore"):
        for first in firsts:
            for inner in range(first, first + COUNT, CALL):
                numbers = np.arange(inner, inner + CALL)
                (x,) = space.inputs(numbers).exact().values()
                REFERENCE[op](x)
    reference = cpu_seconds() - start
    whole = space.size / (STRETCHES * COUNT)
    told = {"seconds": seconds * whole, "framework": framework * whole, "reference": reference * whole, "calls": float(calls)}
    title = f"float32 sweep of {op} on {target} over its lower limit"
    return Measure(title, seconds / (framework + reference), "ratio", GOAL, "<", told)
