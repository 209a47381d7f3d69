"""Search inside a cell: replay, explore (the grid, then Hypothesis recipes), intensify (zoom). Every phase feeds the same ledgers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import DIRECTIONS, Batch, Case, Placement, concatenate
from ulpfuzz.fuzzer.catalog.axes import WORK, Sizes, work_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.shape_budget import Purpose
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.frameworks.backends.padding import EAGER_ROWS, ONE_SHAPE
from ulpfuzz.fuzzer.inputs import vectors
from ulpfuzz.fuzzer.inputs.grid import grid_length, special_batch
from ulpfuzz.fuzzer.inputs.landmarks import FOUND, Found, landmarks, source
from ulpfuzz.fuzzer.inputs.recipe import Landmarks, Recipe
from ulpfuzz.fuzzer.inputs.shapes import numbers_in_row, reaches
from ulpfuzz.fuzzer.inputs.strategies import explore, usual_lengths, variants
from ulpfuzz.fuzzer.inputs.structures import satisfy
from ulpfuzz.fuzzer.search import consistency
from ulpfuzz.fuzzer.search.ledger import Ledger
from ulpfuzz.oracles import memory, oracle
from ulpfuzz.oracles.effort import ROW, evaluation_cost
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps
from ulpfuzz.oracles.tiers.lattices import SETTLED

#: Numbers of a recipe in round 0: those of one framework call, so that JAX compiles one shape.
ROWS = 4096
#: Numbers of a recipe in later rounds, and how many variants of a recipe over vectors share a call.
LATER_ROWS, VARIANTS = 16384, 4
#: Variants of a recipe where a call is light work (Search.light), so that the interpreter's overhead per number is small. Vectors get more
#: than scalars because their columns are shorter.
LIGHT_SCALAR_VARIANTS, LIGHT_VECTOR_VARIANTS = 4, 16
#: Work is light up to this many nominal seconds of Arb per number of a row (ulpfuzz.oracles.effort), above the constant cost of a row.
LIGHT_SECONDS = 20e-6
#: Rows of the first batches of a search that has little time: loops over rows cost milliseconds each.
FIRST_ROWS = (64, ONE_SHAPE)
#: The same where every shape is compiled, and of ops of numbers, whose columns are short work: one call, for each costs the oracle 20 ms
#: whatever its rows.
FIRST_ROWS_WHOLE = (ONE_SHAPE,)
#: Rows of the grid with a NaN, and with an infinity, that a search in a hurry judges: those whose truth the oracle can read in that time (Caps).
FEW = 32
#: Points of the grid that are also evaluated in a batch of one: a call costs 10 to 500 microseconds.
BATCHES_OF_ONE = 192
#: Rows of a call that ends in scalar code: vectors of 8 or 16 leave seven rows, vectors of 4 three. And how many such calls a shard makes.
TAIL_ROWS, TAIL_CALLS = 23, 32
#: Cases that a search hands on.
CORPUS = 48
#: Vector lengths by round. JAX compiles each of them for each op, so the long ones come last.
LENGTHS = ((2, 3, 17), (2, 8, 64), (1, 16, 69, 7), (3, 17, 1000))
#: The product of the axes of a shape at which derivatives are fuzzed: attention's by 600 keys has 3,006 numbers a row, 10 s of the oracle a call.
DERIVED = WORK // 8
#: The first reach of the zoom is a binade; each round divides it by this.
ZOOM_FACTOR = 8


class Spent(Exception):
    """The shard's budget of verdicts is used up."""


def lengths_of(op: Op, order: str, round_: int) -> list[Sizes]:
    """The lengths n of a round; of an op with several axes one shape, for each may be one to compile and a call of many recipes has but one:
    first the usual sizes. Derivatives have those up to DERIVED."""
    least, usual = op.least_length(order), usual_lengths(op)
    if not op.varies:
        return list(usual)
    if usual == vectors.LENGTHS:
        return [n for n in LENGTHS[min(round_, len(LENGTHS) - 1)] if n >= least] or [least]
    fit = [n for n in usual if reaches(n, least) and (order == "value" or work_of(n) <= DERIVED)] or [least]
    if op.axes:
        return [fit[round_ % len(fit)]]
    first = fit[1:3] if len(fit) > 3 else fit[:2]  # the least length is often a special case of its own
    rest = [n for n in fit if n not in first]
    return first if round_ == 0 or not rest else [rest[(2 * round_ - 2 + k) % len(rest)] for k in range(min(2, len(rest)))]


def search_lengths(evaluator: Evaluator, round_: int) -> list[Sizes]:
    """The lengths n of a search. In a visit of one shape the grid's comes first, and alone where no subject may see another."""
    lengths = lengths_of(evaluator.op, evaluator.cell.order, round_)
    if not (evaluator.shapes.one and evaluator.op.varies):
        return lengths
    own = grid_length(evaluator.op)
    return [own] if _all_compile(evaluator) else [own, *(n for n in lengths if n != own)]


def _all_compile(evaluator: Evaluator) -> bool:
    return all(map(evaluator.shapes.compiles, evaluator.subjects))


def first_rows(evaluator: Evaluator) -> tuple[int, ...]:
    """Rows of the first calls of a search in a hurry."""
    if _all_compile(evaluator) and not evaluator.shapes.one:
        return EAGER_ROWS[:1]
    return FIRST_ROWS_WHOLE if _all_compile(evaluator) or evaluator.op.elementwise else FIRST_ROWS


class Search:
    """The search of one shard: a budget of verdicts, an evaluator and a ledger per subject.

    admitted: what becomes of every batch before it is judged; it may leave rows out, or move their numbers. None: nothing.
    """

    def __init__(
        self, evaluator: Evaluator, verdicts: int, seed: int, round_: int, admitted: Callable[[Batch], Batch] | None = None
    ) -> None:
        self.evaluator = evaluator
        self.admitted = admitted or (lambda batch: batch)
        self.budget = verdicts
        self.seed = seed
        self.round = round_
        self.lengths = search_lengths(evaluator, round_)
        self.ledgers = [Ledger(evaluator.cell, subject) for subject in evaluator.subjects]
        self.errors: dict[int, tuple[str, Batch]] = {}
        self.time_limited = evaluator.deadlines.time_limited and round_ == 0
        self.rows, self.variants, self.around = ROWS, 1, ROWS  # numbers of a recipe, recipes of a call, numbers of a zoom's call
        if round_ > 0:
            self.rows, self.variants, self.around = (
                LATER_ROWS,
                self._variants,
                LATER_ROWS * (1 if evaluator.op.elementwise else VARIANTS),
            )
        self.per_call = 0  # rows of a call where each recipe is divided into several
        self._grid: Batch | None = None
        self.unanswered = 0  # elements of calls that raised, which cost time too, or were left out: else a search might not end

    @cached_property
    def light(self) -> bool:
        """Whether a call of many elements is decided by the vectorised tiers, all but a few, at little cost: in at most 32 bits, of one
        number, or by a definition of few operations."""
        evaluator, op = self.evaluator, self.evaluator.op
        if evaluator.format.width > 32:
            return False
        if op.elementwise and len(op.inputs) == 1:
            return True
        largest = max(self.lengths, key=lambda sizes: numbers_in_row(op, sizes))
        shapes = {spec.name: spec.sizes(largest) for spec in op.inputs}
        return evaluation_cost(evaluator.function, shapes, 64) <= ROW + LIGHT_SECONDS * sum(
            int(math.prod(shape)) for shape in shapes.values()
        )

    @property
    def _variants(self) -> int:
        if self.evaluator.op.elementwise:
            return LIGHT_SCALAR_VARIANTS if self.light else 1
        return LIGHT_VECTOR_VARIANTS if self.light else VARIANTS

    def feed(self, batch: Batch, *, within: Placement | None = None, per_call: int = 0) -> float:
        """Judges a batch for all subjects; returns the worst score, log2 of an error in ulps. Raises Spent with the last batch."""
        score = self._judged(batch, within, per_call)
        self._check()
        return score

    def _check(self) -> None:
        if (
            self.evaluator.clock.verdicts + self.unanswered >= self.budget
            or self.evaluator.deadlines.search_over
            or all(map(self.evaluator.calls.is_disabled, self.evaluator.subjects))
        ):
            raise Spent

    def _judged(self, batch: Batch, within: Placement | None, per_call: int = 0, purpose: Purpose | None = None) -> float:
        rows, batch = batch.rows, self.admitted(batch)
        self.unanswered += rows - batch.rows
        if not batch.rows:
            return -1074.0
        judgement = self.evaluator.run(batch, within=within, per_call=per_call, purpose=purpose)
        score = 0.0
        for number, (ledger, outcome) in enumerate(zip(self.ledgers, judgement.outcomes, strict=True)):
            if outcome.answers is None:
                self.unanswered += batch.rows * judgement.truth.shape[1]
            if outcome.error and not outcome.died:
                self.errors.setdefault(number, (outcome.error, batch))
            score = max(score, ledger.add(judgement, outcome, within=within))
        # log2 of the least binary64: below that of any error.
        return math.log2(score) if score > 0 else -1074.0

    def run(self, corpus: Sequence[Case], first: Iterable[Batch] = ()) -> None:
        """The whole search, after the replay and the batches that are to come first; ends when the budget is spent, and with a comparison of
        placements where it came beyond these."""
        with self.evaluator.searching():
            self._phases(corpus, first)
            if self._grid is not None and self._grid.rows:
                self._compare(self._grid)

    def _phases(self, corpus: Sequence[Case], first: Iterable[Batch]) -> None:
        try:
            self._replay(corpus)
            # Every case is replayed whatever that costs; only then may the budget end the search.
            if corpus or self.evaluator.deadlines.run_over:
                self._check()
            for batch in first:
                self.feed(batch)
            op, cell = self.evaluator.op, self.evaluator.cell
            if self.time_limited:
                self._time_limited_start()
            marks = self._landmarks()
            grid = self._grid = self.admitted(special_batch(op, dict(cell.params), cell.dtype, cell.order, marks))
            if self.round == 0:
                with memory.keeping():
                    self._batches_of_one(grid)
                    self._tails(grid)
                    self._generated(grid)
            # Spent is the only way out: a search without anything new still has its budget to use.
            while True:
                self._explore(marks, examples=8 if self.round == 0 else 6 if self.light else 24)
                self._zoom(rounds=5)
        except Spent:
            return

    def _time_limited_start(self) -> None:
        """The grid without landmarks, a few of its points alone, then recipes, in calls that grow: until the time is over."""
        op, cell = self.evaluator.op, self.evaluator.cell
        grid = special_batch(op, dict(cell.params), cell.dtype, cell.order)
        # Shuffled: the part of the grid for which there is time is then a sample of all of it.
        order = np.random.Generator(np.random.PCG64(self.seed)).permutation(grid.rows)
        grid = grid.take(order)
        grid = grid.take(np.flatnonzero(_affordable(grid)))
        few, start = first_rows(self.evaluator), 0
        compiled = _all_compile(self.evaluator)
        self.per_call = EAGER_ROWS[0] if compiled else 0
        with memory.keeping():
            for rows in (*few, *[few[-1] if compiled else ROWS] * (1 + grid.rows // few[-1])):
                if start < grid.rows:
                    self.feed(grid.take(slice(start, start + rows)), per_call=self.per_call)
                    start += rows
            if op.elementwise and not compiled:
                self.feed(grid.take(slice(16)), within=Placement(1))
        self._explore({}, examples=8, rows=few[-1])
        self.per_call = 0

    def _generated(self, batch: Batch) -> None:
        for start in range(0, batch.rows, ROWS):
            self.feed(batch.take(slice(start, start + ROWS)))

    def _batches_of_one(self, grid: Batch) -> None:
        """Points of the grid one by one: calls of one element never reach vector code, and long batches never leave it."""
        if self.evaluator.op.elementwise:
            count = min(grid.rows, BATCHES_OF_ONE if self.evaluator.cell.order == "value" else BATCHES_OF_ONE // 2)
            self.feed(grid.take(np.unique(np.linspace(0, grid.rows - 1, count).astype(np.int64))), within=Placement(1))

    def _tails(self, grid: Batch) -> None:
        """Points of the grid at the end of short calls, where the scalar code after the last whole vector computes them."""
        if self.evaluator.op.elementwise:
            index = np.linspace(0, grid.rows - 1, min(grid.rows, TAIL_ROWS * TAIL_CALLS) // TAIL_ROWS * TAIL_ROWS).astype(
                np.int64
            )
            index = np.random.Generator(np.random.PCG64(self.seed)).permutation(index)
            self.feed(grid.take(index), per_call=TAIL_ROWS)

    def _replay(self, corpus: Sequence[Case]) -> None:
        """Each case at the placement where it failed: alone, in a call of some length, or (cases of a search) among others. Whatever the budget."""
        groups: dict[tuple[Any, ...], list[Batch]] = {}
        for case in corpus:
            batch = case.batch()
            shapes = tuple(v.shape[1:] for v in batch.inputs.values())
            groups.setdefault((case.placement, *shapes), []).append(batch)
        for (placement, *_), batches in groups.items():
            within = None if placement.length >= ROWS else placement
            self._judged(concatenate(batches), within, purpose="replay" if self.evaluator.shapes.one else None)

    def _landmarks(self) -> Landmarks:
        with self.evaluator.clock.phase("oracle"):  # bisection over the oracle; once in a process
            return _landmarks_of(self.evaluator.function, self.evaluator.cell.dtype, self.evaluator.op.elementwise)

    def _explore(self, marks: Landmarks, examples: int, rows: int | None = None) -> None:
        cell, op = self.evaluator.cell, self.evaluator.op
        self.seed += 1

        def judge(recipe: Recipe) -> float:
            with self.evaluator.clock.phase("generation"):
                recipes = variants(op, cell.dtype, recipe, self.variants)
                batches = [r.expand(op, dict(cell.params), cell.dtype, cell.order, marks) for r in recipes]
            return self.feed(concatenate(batches), per_call=self.per_call)

        explore(
            op, cell.dtype, seed=self.seed, examples=examples, judge=judge, order=cell.order, params=dict(cell.params), rows=rows or self.rows,
            landmarks=marks, lengths=self.lengths,
        )  # fmt: skip

    def _zoom(self, rounds: int) -> None:
        """Around the worst points of every subject: all ordinals within a reach that narrows from a binade to a few ulps."""
        fmt = format_named(self.evaluator.cell.dtype)
        # A stream of its own: the seed alone would give the stream that shuffles the grid.
        rng = np.random.Generator(np.random.PCG64([self.seed, self.round, 77]))
        # As many numbers as a binade holds.
        reach = 1 << (fmt.precision - 1)
        for _ in range(rounds):
            worst_rows = self._worst_rows()
            if not worst_rows:
                return
            for group in _by_shape(worst_rows):
                with self.evaluator.clock.phase("generation"):
                    batch = _around(group, self.evaluator.op, fmt, reach, rng, self.around)
                self.feed(batch)
            reach = max(8, reach // ZOOM_FACTOR)

    def _compare(self, grid: Batch) -> None:
        """The worst points and a sample of the grid at other positions, lengths and strides: outside the budget, a bounded number of
        calls. What is wrong only there joins the candidates."""
        for batch in consistency.sample(self._worst(), grid):
            compared = consistency.compare(self.evaluator, batch, seed=self.seed, round_=self.round, without=list(self.errors))
            for comparison in compared:
                ledger = self.ledgers[comparison.number]
                if comparison.error and not self.evaluator.calls.is_disabled(self.evaluator.subjects[comparison.number]):
                    self.errors.setdefault(comparison.number, (comparison.error, batch))
                for judgement, placement in comparison.wrong:
                    ledger.add(judgement, judgement.outcomes[0], within=placement)
                ledger.inconsistent += comparison.inconsistent
                ledger.compared += comparison.compared
                ledger.differing += comparison.differing

    def _worst_rows(self) -> list[Batch]:
        return [batch for ledger in self.ledgers for batch in _ranked(ledger)]

    def _worst(self) -> list[Batch]:
        """The worst points of every subject in turn, wrong infinities and NaNs too."""
        lists = []
        for ledger in self.ledgers:
            failing = [ledger.best(symptom)[0].row for symptom in sorted(ledger.candidates, reverse=True)]
            lists.append(failing + _ranked(ledger))
        return [row for turn in zip_longest(*lists) for row in turn if row is not None]

    def corpus(self) -> list[Case]:
        """The worst points, for the next round and the other targets."""
        return [replace(row.case(0), placement=Placement(ROWS)) for row in self._worst()[:CORPUS]]


def _affordable(grid: Batch) -> NDArray[np.bool_]:
    """The rows of numbers, and of those with a NaN, and of those with an infinity, the first FEW: each costs the oracle milliseconds, and of several
    inputs they are two thirds of a grid."""
    rows = [v.reshape(grid.rows, -1) for v in grid.exact().values()]
    nan = np.logical_or.reduce([np.isnan(v).any(axis=1) for v in rows])
    infinite = np.logical_or.reduce([np.isinf(v).any(axis=1) for v in rows]) & ~nan
    return np.asarray((~nan | (np.cumsum(nan) <= FEW)) & (~infinite | (np.cumsum(infinite) <= FEW)))


def _ranked(ledger: Ledger) -> list[Batch]:
    """The worst rows of a subject, worst first."""
    return [batch for _, batch in sorted(ledger.worst_rows.values(), key=lambda pair: -pair[0])[:6]]


@lru_cache(maxsize=512)
def _landmarks_of(function: Function, dtype: str, elementwise: bool) -> Landmarks:
    fmt = format_named(dtype)
    # Landmarks steer the search and prove nothing: one that is missed costs a few points, so a fifth of the usual effort, and no audit.
    caps = Caps(arb_rows=256, arb_effort=0.1, limit_rows=8, audit_share=0.0)

    def search() -> Found:
        points = landmarks(
            function, fmt, lambda inputs: oracle.reference(function, inputs, precision=min(fmt.precision, 24), caps=caps),
            elementwise=elementwise,
        )  # fmt: skip
        return Found({name: tuple(values) for name, values in points.items()}, dict(SETTLED.get(function, {})))

    asked = f"{dtype} {elementwise} {caps} {source()}".encode()
    found = memory.remembered("landmarks", function, asked, search, FOUND, keep=True)
    SETTLED.setdefault(function, {}).update(found.lattices)
    return found.marks


def _by_shape(batches: list[Batch]) -> list[list[Batch]]:
    groups: dict[tuple[tuple[int, ...], ...], list[Batch]] = {}
    for batch in batches:
        groups.setdefault(tuple(v.shape[1:] for v in batch.inputs.values()), []).append(batch)
    return list(groups.values())


def _around(group: list[Batch], op: Op, fmt: Format, reach: int, rng: np.random.Generator, numbers: int) -> Batch:
    """About `numbers` numbers around the rows of `group`: each number moved by up to `reach` ordinals, or left, inside its domain."""
    base = concatenate(group)
    width = base.width
    copies = max(1, numbers // max(1, width) // base.rows)
    spread = base.repeat(copies)
    specs = {i.name: i for i in op.inputs}
    inputs = {}
    for name, values in spread.inputs.items():
        if name in DIRECTIONS or specs[name].integers:
            inputs[name] = values
            continue
        step = rng.integers(-reach, reach + 1, values.shape)
        # Of several numbers three in ten stay: an error that hangs on a relation between two is lost when both move.
        step[rng.random(values.shape) < (0.3 if len(spread.inputs) > 1 or width > 1 else 0.0)] = 0
        moved = fmt.from_ordinals(np.clip(fmt.ordinals(values) + step, -fmt.max_ordinal, fmt.max_ordinal))
        wide = moved.astype(np.float64)
        fits = (wide >= specs[name].low) & (wide <= specs[name].high) & np.isfinite(values.astype(np.float64))
        inputs[name] = satisfy(fmt, specs[name], np.where(fits, moved, values))
    return Batch(spread.dtype, inputs)
