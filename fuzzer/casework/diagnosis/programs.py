"""Programs: the frameworks whose own steps can be watched, and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.culprit import RIGHT, Culprit, culprit_of
from ulpfuzz.fuzzer.casework.diagnosis.jax_program import watched as jax_watched
from ulpfuzz.fuzzer.casework.diagnosis.naive import UNKNOWN, bits_of
from ulpfuzz.fuzzer.casework.diagnosis.observed import Observed
from ulpfuzz.fuzzer.casework.diagnosis.program import Program
from ulpfuzz.fuzzer.casework.diagnosis.step import Step, chain, decimal, lost
from ulpfuzz.fuzzer.casework.diagnosis.tensorflow_program import watched as tensorflow_watched
from ulpfuzz.fuzzer.casework.diagnosis.torch_program import watched as torch_watched
from ulpfuzz.fuzzer.casework.diagnosis.tracked import Tracker
from ulpfuzz.fuzzer.defects.case_file import Statement
from ulpfuzz.fuzzer.frameworks.backends.expression import placed
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

#: Framework -> what runs a call and tells a tracker of each primitive. Only eager targets in this process are watched.
WATCHED: Mapping[str, Callable[[Tracker, Callable[[], Any]], Any]] = {
    "torch": torch_watched,
    "tensorflow": tensorflow_watched,
    "jax": jax_watched,
}
#: Numbers of the case at most: each is a step in several arithmetics.
NUMBERS = 4096


def program_of(bench: Bench, answer: float) -> Program | None:
    """The program of a bench's call at its case; None where the framework cannot be watched, or the case is large."""
    target = target_named(bench.subject.target)
    if target.framework not in WATCHED or target.mode != "eager" or target.runs_in_host:
        return None
    batch = bench.evaluator.ordered(bench.batch)
    if batch.width * bench.placement.length > NUMBERS:
        return None
    shown = placed(batch, replace(bench.placement, stride=1))
    m = Observed(bench.format, bits_of(bench.single, bench.format))
    tracker = Tracker(m, {name: np.asarray(values) for name, values in shown.inputs.items()})
    framework = bench.evaluator.calls.framework(bench.subject)
    call = bench.evaluator.calls.described(bench.subject)
    try:
        with np.errstate(all="ignore"):
            values = WATCHED[target.framework](tracker, lambda: framework.evaluate_placed(call, batch, bench.placement))
            result = _result(tracker, values[bench.placement.position], bench.output, answer)
            return None if result is None else _read(bench, tracker, result, answer)
    except (FrameworkError, RuntimeError, *UNKNOWN):
        return None


def _result(tracker: Tracker, row: Any, output: int, answer: float) -> Step | None:
    """The step of the answer: the output's place in the last array that holds the row's numbers about it. A gradient is several arrays."""
    values = np.asarray(row, np.float64).ravel()
    for steps in reversed(list(tracker.known.values())):
        flat = steps.ravel()
        for size in dict.fromkeys((values.size, flat.size)):
            if not 0 < size <= min(flat.size, values.size):
                continue
            own = np.asarray([s.value for s in flat[:size]], np.float64)
            for start in range(max(0, output - size + 1), min(output, values.size - size) + 1):
                if np.array_equal(own, values[start : start + size], equal_nan=True):
                    step: Step = flat[output - start]
                    return step if step.value == answer or (math.isnan(answer) and math.isnan(step.value)) else None
    return None


def _read(bench: Bench, tracker: Tracker, result: Step, answer: float) -> Program | None:
    m, fmt = tracker.m.mp, bench.format
    calls = tuple(tracker.calls)
    truth = m.lift(bench.truth.near)
    culprit = culprit_of(result, fmt, m)
    computed = [s for s in chain(result) if s.computed]
    if len(computed) <= 1 and (culprit is None or culprit.cause == "unknown"):
        return None
    names = f"{bench.subject.target.split(':')[0]}'s own {len(computed)} steps"
    if culprit is not None:
        text = f"{names}, each beside its exact value: {culprit.step}"
        return Program(calls, True, culprit, Statement("parts", text, culprit.cause if culprit.cause != "unknown" else ""))
    if tracker.opaque:
        text = f"{names} pass through {tracker.opaque[-1]}, which nobody looks into"
        return Program(calls, False, None, Statement("parts", text))
    if lost(float(m.double(result.exact)[0]), truth, m) > RIGHT * fmt.unit_roundoff:
        clamp = next((s for s in computed if s.operation == "clamp"), None)
        text = (
            f"{names}, evaluated exactly, give {decimal(result.exact, m, 9)} too: the formula is another, no rounding is to blame"
        )
        if clamp is not None:
            found = Culprit("clamp", clamp.text, "clamp", math.inf)
            return Program(calls, True, found, Statement("parts", f"{text}; {clamp.text}", "clamp"))
        return Program(calls, True, None, Statement("parts", text))
    return Program(calls, True, None, Statement("parts", f"{names} are right, each within a few roundings"))
