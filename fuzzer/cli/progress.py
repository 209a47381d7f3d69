"""Progress of a run on stderr: a live display on a terminal, a plain line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.campaign.settings import Progress
    from ulpfuzz.fuzzer.casework.casework import Worked
    from ulpfuzz.fuzzer.sweep.sweep import SweepProgress

#: Seconds between plain lines.
EVERY = 10.0


@dataclass(frozen=True)
class Watches:
    """What a run calls after every shard, and what its casework calls after every defect."""

    campaign: Callable[[Progress], None]
    casework: Callable[[Worked], None]


@contextmanager
def watching() -> Iterator[Watches]:
    """The watches of a run; the live display is gone when the block ends."""
    if not sys.stderr.isatty():
        lines = _Lines(_line, _line_since), _Lines(_casework_line, _casework_since)
        with _ticking(*lines):
            yield Watches(*lines)
        return
    from rich.console import Console
    from rich.live import Live

    display = _Display()
    with Live(display, console=Console(stderr=True), refresh_per_second=4, transient=True):
        yield Watches(display, display.work)


@contextmanager
def sweeping() -> Iterator[Callable[[SweepProgress], None]]:
    """Gives the function that `run_sweep` calls after every chunk: a bar on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(_sweep_line)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda p: bar.update(
            task, total=p.planned, completed=p.inputs, description=f"{p.cells_done} of {p.cells} cells, {p.current}"
        )


@contextmanager
def working() -> Iterator[Callable[[Worked], None]]:
    """Gives the function that casework calls after every defect: one line that changes on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(_casework_line)
        return
    from rich.console import Console

    with Console(stderr=True).status("working on the gravest defects") as status:
        yield lambda worked: status.update(_casework_line(worked))


@contextmanager
def judging() -> Iterator[Callable[[str, int, int], None]]:
    """Gives the function that takes how many rows were judged, or certified, of how many: a bar on a terminal, plain lines elsewhere. What takes
    less than EVERY seconds prints nothing there."""
    if not sys.stderr.isatty():
        began = time.monotonic()
        due = began + EVERY

        def line(stage: str, done: int, rows: int) -> None:
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + EVERY
                print(f"{_clock(time.monotonic() - began)}, {done:,} of {rows:,} rows {stage}", file=sys.stderr, flush=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda stage, done, rows: bar.update(
            task, total=rows, completed=done, description=f"{done:,} of {rows:,} rows {stage}"
        )


@contextmanager
def _ticking(*lines: _Lines) -> Iterator[None]:
    """Inside, the lines that were told last go on: nothing is silent for longer than EVERY seconds."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(1.0):
            max(lines, key=lambda line: line.at).tick()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Lines:
    """Plain lines: the first report, then one every EVERY seconds, also where nothing new is reported: `still` is called then with the latest
    report and the seconds since. Each new failure of a shard is printed once."""

    def __init__(self, line: Callable[[Any], str], still: Callable[[Any, float], str] | None = None) -> None:
        self._line, self._still = line, still
        self._next = 0.0
        self._failures: set[str] = set()
        self._latest: Any = None
        self.at = 0.0

    def tick(self) -> None:
        """Prints a line where the last one is EVERY seconds old."""
        now = time.monotonic()
        if self._latest is not None and self._still is not None and now >= self._next:
            self._next = now + EVERY
            print(self._still(self._latest, now - self.at), file=sys.stderr, flush=True)

    def __call__(self, progress: Progress | SweepProgress | Worked) -> None:
        for failure in progress.failures:
            if failure not in self._failures:
                self._failures.add(failure)
                print(f"failed: {failure}", file=sys.stderr, flush=True)
        now = time.monotonic()
        self._latest, self.at = progress, now
        if now >= self._next:
            self._next = now + EVERY
            print(self._line(progress), file=sys.stderr, flush=True)


class _Display:
    """A bar over the budget's time, or over the cells where it is in verdicts, and a line below."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._casework = ""
        self._at = self._start = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        self._progress, self._at = progress, time.monotonic()

    def work(self, worked: Worked) -> None:
        """Casework comes after the last shard: its line stands in place of the cell."""
        self._casework = _casework_line(worked)

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        if self._progress is None:
            return Text(f"starting, {_clock(time.monotonic() - self._start)}; frameworks take some seconds to load", style="dim")
        p, since = self._progress, time.monotonic() - self._at
        seconds = p.seconds + since
        if p.seconds_left is None:
            bar = ProgressBar(total=max(1, p.cells_planned), completed=p.cells_done, width=40)
        else:
            bar = ProgressBar(total=p.seconds + p.seconds_left, completed=min(seconds, p.seconds + p.seconds_left), width=40)
        left = None if p.seconds_left is None else max(0.0, p.seconds_left - since)
        lines: list[Any] = [bar, Text(_line(p, seconds, left)), Text(self._casework or p.current, style="dim")]
        return Group(*lines, *(Text(f"failed: {failure}", style="red") for failure in p.failures))


def _line(p: Progress, seconds: float | None = None, left: float | None = None) -> str:
    left = p.seconds_left if left is None else left
    parts = [
        _clock(p.seconds if seconds is None else seconds),
        f"{p.findings} {'finding' if p.findings == 1 else 'findings'}",
        f"{p.verdicts:,} verdicts",
        f"{p.verdicts_per_second:,.0f}/s",
        f"{p.cells_done} of {p.cells_planned} cells",
    ]
    return ", ".join(parts) + (f", {_clock(left)} left" if left is not None else "")


def _line_since(p: Progress, since: float) -> str:
    """The latest report, some seconds later."""
    return _line(p, p.seconds + since, None if p.seconds_left is None else max(0.0, p.seconds_left - since))


def _casework_since(w: Worked, since: float) -> str:
    return f"{_clock(w.seconds + since)}, casework: {w.done + len(w.gone)} of {w.due} defects"


def _sweep_line(p: SweepProgress) -> str:
    left = f", {_clock(p.seconds_left)} left" if p.inputs else ""
    return f"{_clock(p.seconds)}, {p.inputs / max(1, p.planned):.1%}, {p.cells_done} of {p.cells} cells{left}"


def _casework_line(w: Worked) -> str:
    return f"{_clock(w.seconds)}, casework: {w.done + len(w.gone)} of {w.due} defects, now {w.current}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
