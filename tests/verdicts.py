"""The guard of a change that must change no verdict: records every verdict of a run with a fixed seed, and compares two records.

    python -m tests.verdicts record old.npz        # in the old checkout, then in the new one; --quick: minutes instead of half an hour
    python -m tests.verdicts compare old.npz new.npz

The run is a campaign in this process (`--workers 0`) with a budget in verdicts: every family of ops, every order, the four real formats and
the complex ones, some cells of each, through the targets that take little time to start. A record holds, for every answer judged, what
identifies it (cell, target, call, inputs, answers) and what was said (class, symptom, ulps, excess), to the bit. Quick: of the same cells a part
of the special grid and two recipes, judged without a search.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.plan import FIRST
from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.catalog.op import ORDERS
from ulpfuzz.fuzzer.catalog.registry import ops, select
from ulpfuzz.fuzzer.cell import cells_of, subjects_of
from ulpfuzz.fuzzer.evaluation import evaluator
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.inputs.grid import special_batch
from ulpfuzz.fuzzer.inputs.strategies import draw_recipes
from ulpfuzz.fuzzer.judge.verdict import Class

DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
#: Ops of one slice (a dtype and an order) by the targets that they run on; JAX compiles for every shape, so it has few.
TARGETS = (("torch,numpy", 12), ("tensorflow", 5), ("jax:cpu:eager", 2))
#: Verdicts that each call of a cell has in the budget; its search takes whole batches, and so somewhat more.
VERDICTS = 1000
#: Rows of a batch of the quick record.
GRID = 64
FIELDS = ("classes", "symptoms", "ulps", "excess")


def slices(times: int) -> Iterator[tuple[str, str, str, list[str]]]:
    """(dtype, order, targets, names of ops): the catalogue, spread over the slices in its own order, so that every family is in many of them;
    of each slice TARGETS' counts so many times."""
    for count, (dtype, order) in enumerate(itertools.product(DTYPES, ORDERS)):
        able = [op.name for op in ops().values() if dtype in op.dtypes and order in op.orders]
        for targets, wanted in TARGETS:
            step = max(1, len(able) // (times * wanted))
            chosen = able[(7 * count) % step :: step][: times * wanted]
            if chosen:
                yield dtype, order, targets, chosen


class Recorder:
    """What the judge said, answer by answer."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.rows: list[int] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in FIELDS}
        self.occurrences: Counter[str] = Counter()

    def judged(self, cell: str, judgement: Any) -> None:
        digest = hashlib.sha256()
        for name, values in sorted(judgement.batch.inputs.items()):
            digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
        for outcome in judgement.outcomes:
            if outcome.judged is None:
                continue
            mine = digest.copy()
            mine.update(np.ascontiguousarray(outcome.answers).tobytes())
            subject = outcome.subject
            key = f"{cell} | {subject.target} | {subject.implementation.call} | {mine.hexdigest()[:20]}"
            self.occurrences[key] += 1
            self.keys.append(f"{key} | {self.occurrences[key]}")
            verdicts = outcome.judged.verdicts
            self.rows.append(verdicts.classes.size)
            for name in FIELDS:
                self.columns[name].append(np.ravel(getattr(verdicts, name)).copy())

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        np.savez_compressed(path, keys=np.asarray(self.keys), rows=np.asarray(self.rows), **arrays)


def _campaign(settings: Settings) -> None:
    """A campaign of one op, of VERDICTS for each of its calls and cells; nothing where no target computes it."""
    cells, verdicts = first_visit(settings)
    if not cells:
        return
    budget = Budget(verdicts=max(1, verdicts * VERDICTS // FIRST))
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/guard.db") as store:
        run_campaign(replace(settings, budget=budget), store)


def _batches(settings: Settings) -> None:
    """A part of the special grid and two recipes of each cell of an op."""
    (op,) = select(settings.ops)
    targets = targets_named(settings.targets)
    for cell in cells_of([op], settings.dtypes, settings.orders, targets):
        params, dtype, order = dict(cell.params), cell.dtype, cell.order
        subjects = subjects_of(cell, targets)
        if not subjects:
            continue
        one = evaluator.Evaluator(cell, subjects)
        grid = special_batch(op, params, dtype, order, limit=1024)
        one.run(grid.take(np.arange(0, grid.rows, max(1, grid.rows // GRID))))
        for recipe in draw_recipes(op, dtype, seed=2026, count=2, order=order, params=params, rows=GRID, lengths=(2, 5)):
            one.run(recipe.expand(op, params, dtype, order).take(slice(0, GRID)))


def record(path: Path, *, quick: bool) -> int:
    """Runs the slices and writes the record."""
    recorder, judge = Recorder(), evaluator.Evaluator.judge

    def judging(self: Any, *arguments: Any, **options: Any) -> Any:
        judgement = judge(self, *arguments, **options)
        recorder.judged(self.cell.key, judgement)
        return judgement

    evaluator.Evaluator.judge = judging  # type: ignore[method-assign]
    seen: set[str] = set()
    run = _batches if quick else _campaign
    for dtype, order, targets, names in slices(3 if quick else 1):
        seen |= set(names)
        began, before = time.perf_counter(), sum(recorder.rows)
        for name in names:
            run(Settings(Budget(verdicts=1), name, targets, (dtype,), (order,), seed=2026, workers=0))
        took = time.perf_counter() - began
        print(
            f"{dtype:10} {order:5} {targets:13} {len(names):3} ops {sum(recorder.rows) - before:9,} verdicts {took:6.1f} s",
            flush=True,
        )
    recorder.save(path)
    print(f"{len(seen)} ops, {sum(recorder.rows):,} verdicts of {len(recorder.keys):,} calls")
    return 0


def compare(old: Path, new: Path) -> int:
    """Prints what changed; exit status 1 where anything did."""
    with np.load(old) as first, np.load(new) as second:
        before, after = _by_key(first), _by_key(second)
    status, changed = 0, Counter[str]()
    for missing, where in ((before.keys() - after.keys(), "new"), (after.keys() - before.keys(), "old")):
        if missing:
            status = 1
            cells = Counter(key.split(" | ")[0] for key in missing)
            print(f"{len(missing)} calls are not in the {where} record, of {len(cells)} cells: {', '.join(sorted(cells)[:8])}")
    total = 0
    for key in before.keys() & after.keys():
        total += len(before[key]["classes"])
        different = np.zeros(len(before[key]["classes"]), np.bool_)
        for name in FIELDS:
            a, b = before[key][name], after[key][name]
            different |= ~((a == b) | ((a != a) & (b != b)))
        if different.any():
            status = 1
            at = int(np.flatnonzero(different)[0])
            changed[key.split(" | ")[0]] += int(different.sum())
            if len(changed) <= 20:
                print(f"{key}, element {at}: {_said(before[key], at)} -> {_said(after[key], at)}")
    print(f"{total:,} verdicts compared, {sum(changed.values()):,} changed in {len(changed)} cells")
    return status


def _by_key(stored: Any) -> dict[str, dict[str, Any]]:
    ends = np.cumsum(stored["rows"])
    columns = {name: stored[name] for name in FIELDS}
    return {
        key: {name: column[end - count : end] for name, column in columns.items()}
        for key, end, count in zip(stored["keys"].tolist(), ends.tolist(), stored["rows"].tolist(), strict=True)
    }


def _said(verdicts: dict[str, Any], at: int) -> str:
    class_, symptom, ulps, excess = (verdicts[name][at] for name in FIELDS)
    return f"{Class(class_).name} symptom {symptom} {ulps!r} ulps excess {excess!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("path", type=Path)
    recording.add_argument("--quick", action="store_true")
    comparing = commands.add_parser("compare")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    chosen = parser.parse_args(arguments)
    return record(chosen.path, quick=chosen.quick) if chosen.command == "record" else compare(chosen.old, chosen.new)


if __name__ == "__main__":
    sys.exit(main())
