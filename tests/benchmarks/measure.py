"""Measure: one figure of a benchmark with its goal, printed as one line of JSON."""

from __future__ import annotations

import json
import operator
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from unittest import mock

from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets.compilations import COMPILATIONS
from ulpfuzz.fuzzer.user_cache import VARIABLE

#: How a value must compare with its goal: >= for speeds and ratios, < for costs and shares.
HOLDS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<": operator.lt}


@dataclass(frozen=True)
class Measure:
    """bench: what was measured. goal None: a figure that is only told. detail: further figures of the same line."""

    bench: str
    value: float
    unit: str
    goal: float | None = None
    relation: str = ">="
    detail: dict[str, float] | None = None

    @property
    def holds(self) -> bool:
        return self.goal is None or HOLDS[self.relation](self.value, self.goal)

    def line(self) -> str:
        """{"bench", "value", "unit", "goal", "holds"}, and "detail" where there is one."""
        record = {"bench": self.bench, "value": rounded(self.value), "unit": self.unit, "goal": self.goal, "holds": self.holds}
        if self.detail:
            record["detail"] = {name: rounded(value) for name, value in self.detail.items()}
        return json.dumps(record)


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def cpu_seconds() -> float:
    """Seconds of processor time of all threads of this process: what `per second of one core` means, whatever else the machine does."""
    return process_time()


@contextmanager
def temporary_store() -> Iterator[Store]:
    """A store in a file, as a run of a user has it, that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{Path(folder) / 'bench.db'}") as store:
        yield store


@contextmanager
def nothing_compiled() -> Iterator[None]:
    """Processes started inside find nothing that others have compiled (compilations.keep_compilations) or found out of the grid
    (grid_memory.remembering): the first run on a machine."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {COMPILATIONS: folder, VARIABLE: folder}):
        yield
