"""CpuShare: the share of the processor time that processes got of what they asked for, read from the kernel's own accounts.

A figure of seconds measured on a starved machine is one of the machine. Linux counts for every thread the nanoseconds that it ran and those that it
was ready and waited for a processor (Documentation/scheduler/sched-stats.rst, /proc/PID/task/TID/schedstat): the share is ran / (ran + waited).
"""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

#: Seconds between two readings: what a process did after the last one before its end is not counted.
EVERY = 1.0


@dataclass(frozen=True)
class Spent:
    """Nanoseconds that threads ran, and waited ready to run."""

    ran: int
    waited: int


class CpuShare:
    """Inside `with`, watches the processes that this one has started and starts, and those that they start; this process itself does not count."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._known: dict[tuple[int, float, str], Spent] = {}
        self._before = Spent(0, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._lock = threading.Lock()

    def __enter__(self) -> CpuShare:
        self._read()
        self._before = self._total()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    @property
    def share(self) -> float:
        """Since the start, 0 to 1; nan where the kernel keeps no such accounts or nothing ran."""
        self._read()
        now = self._total()
        ran, waited = now.ran - self._before.ran, now.waited - self._before.waited
        return ran / (ran + waited) if ran else math.nan

    @property
    def seconds(self) -> float:
        """Processor seconds of these processes since the start."""
        self._read()
        return (self._total().ran - self._before.ran) / 1e9

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self._read()

    def _read(self) -> None:
        with self._lock, suppress(psutil.NoSuchProcess):
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    for thread, spent in _threads(process.pid).items():
                        self._known[process.pid, process.create_time(), thread] = spent

    def _total(self) -> Spent:
        with self._lock:
            return Spent(sum(s.ran for s in self._known.values()), sum(s.waited for s in self._known.values()))


def _threads(pid: int) -> dict[str, Spent]:
    found = {}
    with suppress(OSError):
        for folder in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError, ValueError):
                ran, waited, _ = (folder / "schedstat").read_text().split()
                found[folder.name] = Spent(int(ran), int(waited))
    return found
