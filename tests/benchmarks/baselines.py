"""Baselines of recall: what uniform random bits with ulpfuzz's own judge find of the list of known defects (recall.py) in as many worker-seconds as a
run, and what the naive loop finds. They prove nothing: a first element that they call wrong counts."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from tests.benchmarks.known_defects import Found, listed, ops_of, selected
from tests.benchmarks.measure import Measure, nothing_compiled
from tests.benchmarks.recall import SECONDS, WORKERS
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.cell import Cell, Subject, cells_of, subjects_of
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment, targets_named
from ulpfuzz.fuzzer.inputs.recipe import Draw, Recipe
from ulpfuzz.fuzzer.search.search import Search, Spent
from ulpfuzz.oracles.arithmetic.time_limit import ending
from ulpfuzz.oracles.confirmation import by_mpmath

EAGER = "*:cpu:eager"
#: Seconds after which a call of a baseline hangs (tf.math.betainc, for one).
HANG = 10.0
Told = Iterator[tuple[float, set[Found], int]]


def measures() -> Iterator[Measure]:
    defects = [defect for defect in listed() if not defect.compiled]
    if not defects:
        return
    dtypes, orders = selected(defects)
    ops = [op.name for op in ops_of(defects)]
    for name, run in (("uniform random bits", _uniform), ("the naive loop", _naive)):
        for seconds, found, verdicts in run(ops, dtypes, orders):
            share = sum(any(map(defect.named_by, found)) for defect in defects) / len(defects)
            told = {"verdicts": float(verdicts), "defects": float(len(defects)), "ops": float(len(ops))}
            yield Measure(
                f"recall of eager defects after {seconds:g} s of {WORKERS} workers: {name}", share, "share", detail=told
            )


#: Searches a cell for some seconds in a round: what was called wrong, and how many verdicts that took.
Spend = Callable[[Cell, list[Subject], float, int], tuple[set[Found], int]]


def _in_slices(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...], spend: Spend) -> Told:
    """WORKERS processes, each with its part of the cells; every cell gets its share of the seconds up to each of SECONDS."""
    cells = cells_of([op_named(op) for op in ops], dtypes, orders, targets_named(EAGER))
    parts = [cells[k::WORKERS] for k in range(WORKERS)]
    found: set[Found] = set()
    verdicts, before = 0, 0.0
    spawned = multiprocessing.get_context("spawn")
    with nothing_compiled(), ProcessPoolExecutor(WORKERS, spawned, prepare_environment) as pool:
        for number, until in enumerate(SECONDS):
            seconds = until - before
            for named, count in pool.map(_slice, parts, [seconds] * WORKERS, [spend] * WORKERS, [number] * WORKERS):
                found, verdicts = found | named, verdicts + count
            before = until
            yield until, set(found), verdicts


def _slice(cells: list[Cell], seconds: float, spend: Spend, number: int) -> tuple[set[Found], int]:
    host.limit(HANG, None)
    targets = targets_named(EAGER)
    found: set[Found] = set()
    verdicts, ends = 0, time.monotonic() + seconds
    for k, cell in enumerate(cells):
        share = (ends - time.monotonic()) / (len(cells) - k)
        if share > 0:
            named, count = spend(cell, subjects_of(cell, targets), share, number)
            found, verdicts = found | named, verdicts + count
    return found, verdicts


def _named(cell: Cell, subject: Subject) -> Found:
    return subject.target, subject.implementation.call, cell.order, cell.dtype


def _uniform(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...]) -> Told:
    return _in_slices(ops, dtypes, orders, _spend_on_bits)


class _Bits(Search):
    """A search that draws uniform random bits and nothing else."""

    def _phases(self, corpus: Any) -> None:
        op, cell = self.evaluator.op, self.evaluator.cell
        try:
            for seed in itertools.count(self.seed):
                length = self.lengths[seed % len(self.lengths)]
                recipe = Recipe(seed, 1024, tuple(Draw(("bits",)) for _ in op.inputs), length=length)
                self.feed(recipe.expand(op, dict(cell.params), cell.dtype, cell.order))
        except Spent:
            return


def _spend_on_bits(cell: Cell, subjects: list[Subject], seconds: float, round_: int) -> tuple[set[Found], int]:
    evaluator = Evaluator(cell, subjects, deadlines=Deadlines(time.monotonic() + seconds, seconds), isolated=True)
    evaluator.deadlines.begin()
    search = _Bits(evaluator, 1 << 40, seed=round_ << 20, round_=round_)
    search.run(())
    return {_named(cell, ledger.subject) for ledger in search.ledgers if ledger.candidates}, evaluator.clock.verdicts


def _naive(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...]) -> Told:
    return _in_slices(ops, dtypes, orders, _spend_naively)


def _spend_naively(cell: Cell, subjects: list[Subject], seconds: float, round_: int) -> tuple[set[Found], int]:
    """One row at a time of floats of any size, each answer within 4 ulps of mpmath's value or wrong (Hypothesis's own share of the time is
    left out in the loop's favour)."""
    evaluator = Evaluator(cell, subjects, isolated=True)
    rng, op, fmt = random.Random(f"{cell.key} {round_}"), evaluator.op, format_named(cell.dtype)
    length = Search(evaluator, 1, 0, 0).lengths[0]
    ends, found, verdicts = time.monotonic() + seconds, set(), 0
    while time.monotonic() < ends:
        recipe = Recipe(rng.getrandbits(40), 1, tuple(Draw(("bits",)) for _ in op.inputs), length=length)
        batch = recipe.expand(op, dict(cell.params), cell.dtype, cell.order)
        for subject in subjects:
            try:
                answers = evaluator.calls.call(subject, batch)[0]
            except FrameworkError:
                continue
            for output, answer in enumerate(answers.astype(np.float64)):
                with ending(time.monotonic() + ends - time.monotonic()):
                    truth = by_mpmath(evaluator.function, {n: v[0] for n, v in batch.exact().items()}, output, 333)
                verdicts += 1
                if truth is not None and not _near(float(answer), truth, fmt):
                    found.add(_named(cell, subject))
                if time.monotonic() >= ends:
                    return found, verdicts
    return found, verdicts


def _near(answer: float, truth: Any, fmt: Any) -> bool:
    if isinstance(truth, float):
        return answer == truth or (np.isnan(answer) and np.isnan(truth)) or bool(np.isinf(truth) and np.isinf(answer))
    if not np.isfinite(answer):
        return bool(np.isinf(answer)) and abs(truth) >= fmt.overflow_threshold
    return abs(type(truth)(answer) - truth) <= 4 * fmt.ulp_exact(truth)
