"""What a search of ten seconds finds of the largest error that a sweep over all binary32 numbers proved: found / proved.

The proved errors are those of the facts in the store of `ulpfuzz sweep` (ULPFUZZ_DB), of the installed versions; `make maxima` proves them.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.findings.fact import Fact
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.launch import version_of
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.search.search import Search

GOAL = 0.98
SECONDS = 10.0


def measures() -> Iterator[Measure]:
    ratios = []
    for fact in _proved():
        found = _found(fact)
        ratios.append(found / fact.max_ulps)
        yield Measure(
            f"found / proved: {fact.implementation}", ratios[-1], "ratio", detail={"found": found, "proved": fact.max_ulps}
        )
    if not ratios:
        print(
            "found / proved is not measured: no proved fact of float32 in the store; `make maxima` proves them", file=sys.stderr
        )
        return
    yield Measure(f"found / proved: median over {len(ratios)} calls", statistics.median(ratios), "ratio", GOAL)


def _proved() -> list[Fact]:
    """Facts of float32 with a largest error that is a number, of the installed versions."""
    with Store(os.environ.get("ULPFUZZ_DB", DEFAULT_DB)) as store:
        facts = [f for f in store.facts() if f.dtype == "float32" and f.order == "value" and f.proved]
    return [f for f in facts if math.isfinite(f.max_ulps) and f.max_ulps > 0 and f.version == version_of(target_named(f.target))]


def _found(fact: Fact) -> float:
    """The largest error in ulps that a search of the cell by this call alone meets in SECONDS."""
    cell = Cell(fact.op, tuple(fact.params.items()), fact.dtype, fact.order)
    (subject,) = (s for s in subjects_of(cell, (fact.target,)) if s.implementation.call == fact.implementation)
    warm = Search(Evaluator(cell, [subject]), 20_000, seed=7, round_=1)
    warm.run(())
    evaluator = Evaluator(cell, [subject], deadlines=Deadlines(time.monotonic() + SECONDS))
    search = Search(evaluator, 1 << 40, seed=1, round_=0)
    search.run(())
    (ledger,) = search.ledgers
    return ledger.worst_ulps
