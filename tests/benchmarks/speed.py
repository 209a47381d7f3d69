"""Speed of the campaign's inner loop against the naive loop, on the same machine in the same run.

ulpfuzz's verdicts are those of a shard of round 1: recipes over every region, then the zoom, through all installed frameworks; its search,
judge, oracle and frameworks are all inside the time. Imports, jax's compilations and the op's landmarks come before, on both sides.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from tests.benchmarks import naive
from tests.benchmarks.measure import Measure, cpu_seconds
from ulpfuzz.fuzzer.campaign.plan import SECOND
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.search.search import Search

FLOAT32 = ("exp", "log1p", "sin", "tanh", "erf", "lgamma", "digamma", "sigmoid", "gelu")
FLOAT64 = ("exp", "log1p", "tanh", "asinh", "sigmoid")
#: The float64 functions that are no elementary ones: Taylor pieces in extended precision, or Arb row by row.
FLOAT64_SPECIAL = ("erf", "erfc", "erfinv", "lgamma", "digamma", "gelu")
GOAL_FLOAT32, GOAL_FLOAT64, GOAL_GRADIENT = 10_000.0, 100.0, 100.0
SOFTMAX_LENGTH, LAYER_NORM_LENGTH, LOGSUMEXP_LENGTH, SOLVE_SIZE = 16, 64, 16, 4
#: Seconds of the naive loop per op, and verdicts per subject of ulpfuzz's shard and of its warm-up.
NAIVE_SECONDS, VERDICTS, WARM = 1.5, SECOND, SECOND


class Searched:
    """One search of a cell by the campaign's own code, timed.

    seconds: of processor time; evaluator: its clock tells the phases; lengths: of vectors, None for those of a campaign.
    """

    def __init__(self, op: str, dtype: str, order: str = "value", lengths: list[int] | None = None) -> None:
        self.cell = Cell(op, tuple(op_named(op).default_params().items()), dtype, order)
        self.lengths = lengths
        self._search(seed=7, verdicts=WARM)
        start = cpu_seconds()
        self.search = self._search(seed=1, verdicts=VERDICTS)
        self.seconds = cpu_seconds() - start
        self.evaluator = self.search.evaluator
        self.verdicts = self.evaluator.clock.verdicts

    def _search(self, seed: int, verdicts: int) -> Search:
        subjects = subjects_of(self.cell, targets_named(None))
        search = Search(Evaluator(self.cell, subjects), verdicts * len(subjects), seed, 1)
        search.lengths = self.lengths or search.lengths
        search.run(())
        return search

    @property
    def rate(self) -> float:
        """Verdicts per second of one core."""
        return self.verdicts / self.seconds

    @property
    def undecided(self) -> float:
        """The share of the verdicts that the oracle's caps left undecided."""
        return sum(ledger.classes["undecided"] for ledger in self.search.ledgers) / self.verdicts


class Costs:
    """Where the time of several searches went."""

    def __init__(self) -> None:
        self.phases: Counter[str] = Counter()
        self.tier_seconds: Counter[str] = Counter()
        self.tier_elements: Counter[str] = Counter()
        self.verdicts = 0

    def add(self, searched: Searched) -> None:
        clock = searched.evaluator.clock
        self.phases.update(clock.seconds)
        self.tier_seconds.update(clock.tally.seconds)
        self.tier_elements.update(clock.tally.elements)
        self.verdicts += searched.verdicts

    def measures(self, title: str) -> Iterator[Measure]:
        """ns per verdict by phase, wall time; ns per element that a tier answered, by tier."""
        split = {name: 1e9 * seconds / self.verdicts for name, seconds in sorted(self.phases.items())}
        yield Measure(f"{title}: cost of a verdict", sum(split.values()), "ns", detail=split)
        for tier, seconds in sorted(self.tier_seconds.items()):
            told = {"ns_per_verdict": 1e9 * seconds / self.verdicts, "elements": float(self.tier_elements[tier])}
            yield Measure(
                f"{title}: oracle {tier}", 1e9 * seconds / max(1, self.tier_elements[tier]), "ns per element", detail=told
            )


def measures() -> Iterator[Measure]:
    costs = Costs()
    yield from _unary("float32", FLOAT32, GOAL_FLOAT32, "float32 unary", costs)
    yield from costs.measures("float32 unary")
    costs = Costs()
    yield from _unary("float64", FLOAT64, GOAL_FLOAT64, "float64 unary", costs)
    yield from costs.measures("float64 unary")
    costs = Costs()
    yield from _unary("float64", FLOAT64_SPECIAL, GOAL_FLOAT64, "float64 special", costs)
    yield from costs.measures("float64 special")
    softmax, layer_norm = SOFTMAX_LENGTH, LAYER_NORM_LENGTH
    yield from _rows(f"float32 softmax rows of {softmax}", "softmax", "value", softmax, naive.softmax_rate, 1000.0)
    yield from _rows(f"float32 layer_norm rows of {layer_norm}", "layer_norm", "value", layer_norm, naive.layer_norm_rate, 300.0)
    length = LOGSUMEXP_LENGTH
    title = f"float32 logsumexp gradient, rows of {length}"
    yield from _rows(title, "logsumexp", "grad", length, naive.logsumexp_gradient_rate, GOAL_GRADIENT)
    size = SOLVE_SIZE
    yield from _rows(f"float32 solve, {size} by {size}", "solve", "value", size, naive.solve_rate, None)
    yield from _gradients()


def _unary(dtype: str, ops: tuple[str, ...], goal: float, title: str, costs: Costs) -> Iterator[Measure]:
    """The ratio per op, then its median over the ops."""
    ratios = []
    for op in ops:
        searched, loop = _beside(partial(Searched, op, dtype), partial(naive.unary_rate, op, dtype), NAIVE_SECONDS)
        costs.add(searched)
        ratios.append(searched.rate / loop)
        yield Measure(f"{title}: {op} against the naive loop", ratios[-1], "ratio", goal, detail=_told(searched, loop))
    yield Measure(f"{title}: median against the naive loop", statistics.median(ratios), "ratio", goal)


def _beside(search: Callable[[], Searched], rate: Callable[[float], float], seconds: float) -> tuple[Searched, float]:
    """A search, and the rate of a naive loop for so many seconds, half of them before it and half after: a machine's speed changes by the
    minute."""
    before = rate(seconds / 2)
    searched = search()
    return searched, (before + rate(seconds / 2)) / 2


def _told(searched: Searched, loop: float) -> dict[str, float]:
    return {"ulpfuzz_per_second": searched.rate, "naive_per_second": loop, "undecided": searched.undecided}


def _rows(
    title: str, op: str, order: str, length: int, rate: Callable[[int, float], float], goal: float | None
) -> Iterator[Measure]:
    """The ratio for an op of vectors of one length (or of square matrices of that size)."""
    search = partial(Searched, op, "float32", order, lengths=[length])
    searched, loop = _beside(search, partial(rate, length), 2 * NAIVE_SECONDS)
    yield Measure(f"{title} against the naive loop", searched.rate / loop, "ratio", goal, detail=_told(searched, loop))
    costs = Costs()
    costs.add(searched)
    yield from costs.measures(title)


def _gradients() -> Iterator[Measure]:
    costs = Costs()
    for op in ("exp", "tanh", "sigmoid", "lgamma"):
        costs.add(Searched(op, "float32", "grad"))
    yield from costs.measures("float32 unary gradients")
