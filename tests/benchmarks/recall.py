"""Recall over time: which of a list of real defects a run has found after one, three and ten minutes, and what two baselines find in as
many worker-seconds: the naive loop, and uniform random bits with ulpfuzz's own judge.

The list is not part of ulpfuzz: ULPFUZZ_DEFECTS names a file of JSON lines with `framework`, `op` (the name of the call), `dtype` and
`mode`. A defect counts as found when a finding names the same framework, call, order and dtype. Nothing of the list but the names of the
ops is told to the run. The baselines prove nothing: a first element that they call wrong counts.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import pydoc
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import Measure, nothing_compiled, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings
from ulpfuzz.fuzzer.catalog import coverage
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.catalog.registry import ops as catalogue
from ulpfuzz.fuzzer.cell import Cell, Subject, cells_of, subjects_of
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment, targets_named
from ulpfuzz.fuzzer.inputs.recipe import Draw, Recipe
from ulpfuzz.fuzzer.search.search import Search, Spent
from ulpfuzz.oracles.arithmetic.mp import ending
from ulpfuzz.oracles.confirmation import by_mpmath

GOAL = 0.90
MINUTES = (1.0, 3.0, 10.0)
WORKERS = 2
FRAMEWORKS = {"pytorch": "torch"}
EAGER = "*:cpu:eager"
#: Seconds after which a call of a baseline hangs (tf.math.betainc, for one).
HANG = 10.0
ORDERS = {"grad": "grad", "gradjit": "grad", "grad2": "grad2"}
#: (framework, call, order, dtype)
Named = tuple[str, str, str, str]


@dataclass(frozen=True)
class Defect:
    framework: str
    names: frozenset[str]
    order: str
    dtype: str

    def named_by(self, found: Named) -> bool:
        framework, call, order, dtype = found
        same = (framework, order, dtype) == (self.framework, self.order, self.dtype)
        return same and bool(self.names & coverage.names_in(call))


def measures() -> Iterator[Measure]:
    listed = os.environ.get("ULPFUZZ_DEFECTS", "")
    if not Path(listed).is_file():
        print("recall is not measured: ULPFUZZ_DEFECTS names no file of known defects", file=sys.stderr)
        return
    defects = _defects(Path(listed))
    ops = sorted(_ops_of(defects))
    dtypes = tuple(sorted({defect.dtype for defect in defects}))
    orders = tuple(sorted({defect.order for defect in defects}, reverse=True))
    for name, run in (("ulpfuzz run", _campaign), ("uniform random bits", _uniform), ("the naive loop", _naive)):
        for minutes, found, verdicts in run(ops, dtypes, orders):
            share = sum(any(map(defect.named_by, found)) for defect in defects) / len(defects)
            goal = GOAL if run is _campaign and minutes == MINUTES[-1] else None
            told = {"verdicts": float(verdicts), "defects": float(len(defects)), "ops": float(len(ops))}
            yield Measure(f"recall after {minutes:g} min of {WORKERS} workers: {name}", share, "share", goal, detail=told)


def _defects(path: Path) -> list[Defect]:
    aliases = {row.api: row.reason.removeprefix("as ") for row in coverage.ledger() if row.status == "alias"}
    public = dict(coverage.public_callables())
    found = []
    for line in path.read_text().splitlines():
        record = json.loads(line)
        api = re.sub(r"^(.*kl_divergence)\(.*\)$", r"\1", record["op"])
        framework = FRAMEWORKS.get(record["framework"], record["framework"])
        names = frozenset({api, aliases.get(api, api), *_spellings(api, public)})
        found.append(Defect(framework, names, ORDERS.get(record["mode"], "value"), record["dtype"]))
    return found


def _spellings(api: str, public: Mapping[str, Any]) -> list[str]:
    """The names that the ledger has for an object of a namespace that it does not enumerate: tf.reduce_mean is tf.math.reduce_mean."""
    same = None if api in public else pydoc.locate(re.sub(r"^tf\.", "tensorflow.", api))
    return [name for name, value in public.items() if same is not None and value is same]


def _ops_of(defects: Iterable[Defect]) -> set[str]:
    """The ops one of whose calls is named by a defect."""
    names = {name for defect in defects for name in defect.names}
    return {op.name for op in catalogue().values() if any(names & coverage.names_in(i.call) for i in op.implementations)}


Told = Iterator[tuple[float, set[Named], int]]


def _campaign(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...]) -> Told:
    """One run of ten minutes, looked at on its way."""
    with nothing_compiled(), temporary_store() as store:
        seen: list[tuple[float, set[Named], int]] = []

        def found() -> set[Named]:
            (run, *_) = store.runs()
            return {(f.target.partition(":")[0], f.implementation, f.order, f.dtype) for f in store.findings(run.id)}

        def watch(progress: Progress) -> None:
            if len(seen) < len(MINUTES) - 1 and progress.seconds >= 60 * MINUTES[len(seen)]:
                seen.append((MINUTES[len(seen)], found(), progress.verdicts))

        budget = Budget(seconds=60 * MINUTES[-1])
        run = run_campaign(
            Settings(budget, ops=",".join(ops), dtypes=dtypes, orders=orders, seed=1, workers=WORKERS), store, watch
        )
        yield from seen
        yield MINUTES[-1], found(), run.verdicts


#: Searches a cell for some seconds in a round: what was called wrong, and how many verdicts that took.
Spend = Callable[[Cell, list[Subject], float, int], tuple[set[Named], int]]


def _in_slices(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...], spend: Spend) -> Told:
    """WORKERS processes, each with its part of the cells; every cell gets its share of the seconds up to each of MINUTES."""
    cells = cells_of([op_named(op) for op in ops], dtypes, orders, targets_named(EAGER))
    parts = [cells[k::WORKERS] for k in range(WORKERS)]
    found: set[Named] = set()
    verdicts, before = 0, 0.0
    spawned = multiprocessing.get_context("spawn")
    with nothing_compiled(), ProcessPoolExecutor(WORKERS, spawned, prepare_environment) as pool:
        for number, minutes in enumerate(MINUTES):
            seconds = 60 * (minutes - before)
            for named, count in pool.map(_slice, parts, [seconds] * WORKERS, [spend] * WORKERS, [number] * WORKERS):
                found, verdicts = found | named, verdicts + count
            before = minutes
            yield minutes, set(found), verdicts


def _slice(cells: list[Cell], seconds: float, spend: Spend, number: int) -> tuple[set[Named], int]:
    host.limit(HANG, None)
    targets = targets_named(EAGER)
    found: set[Named] = set()
    verdicts, ends = 0, time.monotonic() + seconds
    for k, cell in enumerate(cells):
        share = (ends - time.monotonic()) / (len(cells) - k)
        if share > 0:
            named, count = spend(cell, subjects_of(cell, targets), share, number)
            found, verdicts = found | named, verdicts + count
    return found, verdicts


def _named(cell: Cell, subject: Subject) -> Named:
    return subject.target.partition(":")[0], subject.implementation.call, cell.order, cell.dtype


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


def _spend_on_bits(cell: Cell, subjects: list[Subject], seconds: float, round_: int) -> tuple[set[Named], int]:
    evaluator = Evaluator(cell, subjects, deadlines=Deadlines(time.time() + seconds, seconds), isolated=True)
    evaluator.deadlines.begin()
    search = _Bits(evaluator, 1 << 40, seed=round_ << 20, round_=round_)
    search.run(())
    return {_named(cell, ledger.subject) for ledger in search.ledgers if ledger.candidates}, evaluator.clock.verdicts


def _naive(ops: list[str], dtypes: tuple[str, ...], orders: tuple[str, ...]) -> Told:
    return _in_slices(ops, dtypes, orders, _spend_naively)


def _spend_naively(cell: Cell, subjects: list[Subject], seconds: float, round_: int) -> tuple[set[Named], int]:
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
                with ending(time.time() + ends - time.monotonic()):
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
