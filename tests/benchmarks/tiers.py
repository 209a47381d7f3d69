"""What the vectorised tiers certify: the share of elements whose verdict needs no row-by-row arithmetic, per op and regime of inputs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.catalog.axes import size_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.targets.target import targets_named
from ulpfuzz.fuzzer.inputs.recipe import Draw, Recipe
from ulpfuzz.fuzzer.inputs.shapes import numbers_in_row, reaches
from ulpfuzz.fuzzer.inputs.strategies import usual_lengths
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles.question import Caps

GOAL = 0.97
DTYPES = ("float32", "bfloat16", "float16")
#: Numbers per input and regime, and the seconds that a call on them may take.
NUMBERS, CALL_TIMEOUT = 512, 20.0
#: Nothing climbs: what the vectorised tiers leave stays undecided.
VECTORISED = Caps(arb_rows=0, limit_rows=0, audit_share=0.0)
#: Regime -> (region of every number, arrangement of vectors, of square matrices, relation of two inputs).
REGIMES = {
    "everyday": ("everyday", "elements", "elements", "independent"),
    "bits": ("bits", "elements", "elements", "independent"),
    "scaled": ("thresholds", "near_sqrt_max", "extreme_scale", "binary_multiple"),
    "offset": ("integers", "offset", "near_identity", "large_nearly_equal"),
    "cancellation": ("zero_and_one", "cancelling_pairs", "near_singular", "near_equal"),
    "subnormal": ("subnormal", "elements", "elements", "independent"),
    "wide": ("bits", "geometric", "graded", "huge_and_tiny"),
}
WORST = 20


def measures() -> Iterator[Measure]:
    """Per op the share over all dtypes and regimes, its regimes in the detail; then the medians and the worst twenty."""
    shares: dict[str, float] = {}
    regimes: defaultdict[str, list[float]] = defaultdict(list)
    host.limit(CALL_TIMEOUT, None)
    for op in ops().values():
        found = _shares(op)
        if not found:
            continue
        shares[op.name] = statistics.fmean(found.values())
        for regime, share in found.items():
            regimes[regime].append(share)
        yield Measure(f"certified by vectorised tiers: {op.name}", shares[op.name], "share", detail=found)
    yield Measure(
        "certified by vectorised tiers: median over the catalogue", statistics.median(shares.values()), "share", GOAL,
        detail={regime: statistics.median(found) for regime, found in regimes.items()},
    )  # fmt: skip
    worst = sorted(shares, key=lambda name: shares[name])[:WORST]
    least = statistics.fmean(shares[name] for name in worst)
    yield Measure(
        "certified by vectorised tiers: the worst twenty ops", least, "share", detail={name: shares[name] for name in worst}
    )


def _shares(op: Op) -> dict[str, float]:
    """Per regime the share certified, mean over the dtypes."""
    told: defaultdict[str, list[float]] = defaultdict(list)
    for dtype in DTYPES:
        if dtype not in op.dtypes:
            continue
        cell = Cell(op.name, tuple(op.default_params().items()), dtype, "value")
        subjects = subjects_of(cell, targets_named("*:cpu:eager"))
        if not subjects:
            continue
        evaluator = Evaluator(
            cell, subjects[:1], VECTORISED, isolated=True
        )  # in a host: some calls do not return from some inputs
        for number, regime in enumerate(REGIMES):
            share = _share(evaluator, _recipe(op, regime, number))
            if share is not None:
                told[regime].append(share)
    return {regime: statistics.fmean(found) for regime, found in told.items()}


def _recipe(op: Op, regime: str, seed: int) -> Recipe:
    region, line, square, relation = REGIMES[regime]
    lengths = usual_lengths(op)
    length = lengths[0] if op.axes else next((n for n in lengths if reaches(n, 4)), lengths[-1])
    draws = tuple(Draw((region,), square if spec.square else line) for spec in op.inputs)
    related = len(op.inputs) == 2 and all(spec.scalar for spec in op.inputs)
    numbers = numbers_in_row(op, length) if op.axes else size_of(length, "n") if op.varies else 1
    return Recipe(seed, max(16, NUMBERS // numbers), draws, relation if related else "independent", length=length)


def _share(evaluator: Evaluator, recipe: Recipe) -> float | None:
    """The share of one batch's elements that are decided; None where the framework raises or does not return."""
    (subject,) = evaluator.subjects
    batch = recipe.expand(evaluator.op, dict(evaluator.cell.params), evaluator.cell.dtype)
    try:
        answers = evaluator.calls.call(subject, batch)
    except FrameworkError:
        return None
    (outcome,) = evaluator.judge(batch, [(subject, answers, "")]).outcomes
    assert outcome.judged is not None
    return float((outcome.judged.verdicts.classes != Class.undecided).mean())
