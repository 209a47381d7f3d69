"""Harvest: what the inputs of every op looked like in a real program, as an everyday distribution for the fuzzer.

Only ranges, quantiles, fitted laws and shapes are kept; no tensor leaves the program.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import ulpfuzz
from ulpfuzz.fuzzer.findings.strict_json import to_json
from ulpfuzz.fuzzer.trace.graph import TracedCall, TracedStep

Wide = NDArray[np.float64]
#: Numbers that are looked at of one tensor, evenly spaced, and that are remembered of one input.
LOOKED, REMEMBERED = 4096, 16384
#: The quantiles that are kept.
QUANTILES = (0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0)
#: Shapes that are kept of an input, the most frequent.
SHAPES = 8
#: The version of the file's form.
FORM = 1


class Inputs(Protocol):
    """Says what a call was made with."""

    framework: str

    def inputs(self, call: TracedCall) -> tuple[str, Mapping[str, NDArray[Any]], Mapping[str, tuple[int, ...]]] | None:
        """The op of the catalogue ("" where none is this kernel alone), and by input some LOOKED numbers, as the framework has them, and shapes."""


@dataclass
class _Seen:
    """One input of one op: counts, and a sample that is drawn anew with each tensor."""

    tensors: int = 0
    numbers: int = 0
    zeros: int = 0
    shapes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    sample: Wide = field(default_factory=lambda: np.zeros(0))

    def add(self, numbers: Wide, shape: tuple[int, ...], rng: np.random.Generator) -> None:
        finite = numbers[np.isfinite(numbers)]
        self.tensors, self.numbers = self.tensors + 1, self.numbers + math.prod(shape)
        self.zeros += int((finite == 0).sum())
        self.shapes[shape] += 1
        joined = np.concatenate([self.sample, finite])
        self.sample = joined if len(joined) <= REMEMBERED else rng.choice(joined, REMEMBERED, replace=False)

    def told(self) -> dict[str, Any]:
        sizes = np.abs(self.sample[self.sample != 0])
        return {
            "tensors": self.tensors,
            "numbers": self.numbers,
            "zero_share": float((self.sample == 0).mean()) if len(self.sample) else 0.0,
            "least": float(sizes.min()) if len(sizes) else 0.0,
            "quantiles": dict(zip(map(str, QUANTILES), np.quantile(self.sample, QUANTILES).tolist(), strict=True)),
            "laws": laws_of(self.sample),
            "shapes": [list(s) for s, _ in self.shapes.most_common(SHAPES)],
        }


class Harvest:
    """Collects the inputs of the calls of all steps; `write` makes the file of them."""

    def __init__(self) -> None:
        self.steps = 0
        self._seen: dict[tuple[str, str, str, str, str], _Seen] = {}
        self._rng = np.random.default_rng(0)

    def step(self, step: TracedStep, inputs: Inputs) -> None:
        """Takes up a step's forward calls."""
        self.steps += 1
        for call in step.calls:
            if call.phase == "backward" or not call.outputs or (given := inputs.inputs(call)) is None:
                continue
            op, numbers, shapes = given
            for name, values in numbers.items():
                key = (inputs.framework, op, call.kernel, name, values.dtype.name)
                self._seen.setdefault(key, _Seen()).add(values.astype(np.float64).ravel(), shapes[name], self._rng)

    def write(self, file: Path, program: str) -> None:
        """Writes the file; program: whose inputs they are. Raises OSError."""
        found = [
            {"framework": framework, "op": op, "kernel": kernel, "input": name, "dtype": dtype, **seen.told()}
            for (framework, op, kernel, name, dtype), seen in sorted(self._seen.items())
            if len(seen.sample)
        ]
        told = {"ulpfuzz_harvest": FORM, "ulpfuzz": ulpfuzz.__version__, "program": program, "steps": self.steps, "inputs": found}
        file.write_text(to_json(told, indent=1) + "\n", encoding="utf-8")


def sampled(values: Any) -> Any:
    """LOOKED numbers of a flat array of any kind, evenly spaced; all of a shorter one."""
    return values[:: max(1, len(values) // LOOKED)]


def laws_of(sample: Wide) -> list[dict[str, Any]]:
    """The law of catalog.everyday whose quantiles are nearest to the sample's: normal, uniform, lognormal or signed_lognormal."""
    numbers = sample[sample != 0]
    if len(numbers) < 2 or float(np.ptp(numbers)) == 0:
        middle = float(numbers[0]) if len(numbers) else 0.0
        return [{"name": "uniform", "a": middle, "b": middle, "weight": 1.0}]
    logs = np.log(np.abs(numbers))
    candidates = {
        "normal": (float(sample.mean()), float(sample.std())),
        "uniform": (float(sample.min()), float(sample.max())),
        "lognormal" if (numbers > 0).all() else "signed_lognormal": (float(logs.mean()), float(logs.std())),
    }
    rng = np.random.default_rng(0)
    at = np.linspace(0.01, 0.99, 99)
    own = np.quantile(sample, at)

    def apart(name: str) -> float:
        a, b = candidates[name]
        drawn = rng.uniform(a, b, 4096) if name == "uniform" else rng.normal(a, b, 4096)
        if name.endswith("lognormal"):
            drawn = np.exp(drawn) * (np.where(rng.random(4096) < (numbers < 0).mean(), -1.0, 1.0))
        return float(np.abs(np.quantile(drawn, at) - own).mean())

    best = min(candidates, key=apart)
    return [{"name": best, "a": candidates[best][0], "b": candidates[best][1], "weight": 1.0}]
