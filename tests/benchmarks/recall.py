"""Recall over time: which of a list of real defects (known_defects.py) one run has found after one, two and ten minutes.

A defect counts as found when a finding names the same framework, call, order and dtype; one that a compiler showed, when the finding is of a
compiled target of that framework, and any other when it is of an eager one. Nothing of the list but the names of the ops is told to the run, which
visits the default targets. What two baselines find in as many worker-seconds: `baselines`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.cpu_share import CpuShare
from tests.benchmarks.known_defects import Found, KnownDefect, listed, ops_of, selected
from tests.benchmarks.measure import Measure, nothing_compiled, temporary_store
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Progress, Settings

#: Seconds of the run at which it is looked at, and the share of the list that is found by then.
GOALS = {60.0: 0.75, 120.0: 0.88, 600.0: 0.95}
SECONDS = tuple(GOALS)
WORKERS = 2
#: (seconds, what is found by then, verdicts, the processors' share that the workers got)
Look = tuple[float, set[Found], int, float]


def measures() -> Iterator[Measure]:
    defects = listed()
    if not defects:
        return
    for mark, (seconds, found, verdicts, cpu) in zip(SECONDS, _run(defects), strict=True):
        told = {"seconds": seconds, "verdicts": float(verdicts), "defects": float(len(defects)), "cpu_share": cpu}
        for name, some in (("eager", [d for d in defects if not d.compiled]), ("compiled", [d for d in defects if d.compiled])):
            if some:
                told[f"{name}_share"] = _share(some, found)
        yield Measure(f"recall after {mark:g} s of {WORKERS} workers", _share(defects, found), "share", GOALS[mark], detail=told)


def _share(defects: list[KnownDefect], found: set[Found]) -> float:
    return sum(any(map(defect.named_by, found)) for defect in defects) / len(defects)


def _run(defects: list[KnownDefect]) -> list[Look]:
    """One run of ten minutes, looked at on its way, after the first task that ends beyond each of SECONDS."""
    dtypes, orders = selected(defects)
    settings = Settings(
        Budget(seconds=SECONDS[-1]),
        ops=",".join(op.name for op in ops_of(defects)),
        dtypes=dtypes,
        orders=orders,
        seed=1,
        workers=WORKERS,
    )
    looks: list[Look] = []
    with nothing_compiled(), temporary_store() as store, CpuShare() as cpu:

        def found() -> set[Found]:
            (run, *_) = store.runs()
            return {(f.target, f.implementation, f.order, f.dtype) for f in store.findings(run.id)}

        def watch(progress: Progress) -> None:
            while len(looks) < len(SECONDS) - 1 and progress.seconds >= SECONDS[len(looks)]:
                looks.append((progress.seconds, found(), progress.verdicts, cpu.share))

        run = run_campaign(settings, store, watch)
        while len(looks) < len(SECONDS):
            looks.append((run.seconds, found(), run.verdicts, run.environment.get("cpu_share", cpu.share)))
    return looks
