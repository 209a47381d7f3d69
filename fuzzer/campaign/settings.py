"""Settings: what a campaign does; and Progress, what its watcher sees."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, ORDERS
from ulpfuzz.fuzzer.findings.fact import Fact


@dataclass(frozen=True)
class Settings:
    """What a campaign does; None means everything there is."""

    #: When it ends.
    budget: Budget
    #: Names and patterns, separated by commas.
    ops: str | None = None
    #: Full names or patterns, separated by commas.
    targets: str | None = None
    #: Names of formats.
    dtypes: tuple[str, ...] = ALL_DTYPES
    #: Of catalog.op.ORDERS.
    orders: tuple[str, ...] = ORDERS
    #: Of everything random.
    seed: int = 0
    #: Worker processes; 0: in this process.
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    #: URL of a Dask scheduler; None: workers of its own.
    scheduler: str | None = None
    #: The id of a run to continue.
    resume: str | None = None
    #: The id of a run to compare with; its findings, and all that is open from runs before, are run again first. Where the time is short, what no
    #: run like this one has reached is searched first, then what was reached longest ago.
    baseline: str | None = None
    #: Of sweeps; their worst inputs are searched too.
    facts: tuple[Fact, ...] = ()
    #: Seconds that a framework call may take; None: CALL_TIMEOUT, or SHORT_CALL_TIMEOUT in a run that is short of time.
    case_timeout: float | None = None
    #: Bytes that a process may have; None: its share of the machine's memory.
    memory_limit: int | None = None
    #: The share of a budget in time that is left for casework.
    casework: float = 0.0

    @property
    def discovery_seconds(self) -> float | None:
        """Seconds of the budget in which defects are looked for; None where the budget is in verdicts."""
        return None if self.budget.seconds is None else self.budget.seconds * (1.0 - self.casework)


@dataclass(frozen=True)
class Progress:
    """What a watcher is shown after every shard."""

    #: Cells in which something was judged.
    cells_done: int
    #: Cells of the plan.
    cells_planned: int
    #: Shards that ended.
    shards_done: int
    #: Elements judged.
    verdicts: int
    #: How many there are so far.
    findings: int
    #: Since the start.
    seconds: float
    #: None where the budget is in verdicts.
    seconds_left: float | None
    #: The cell of the latest shard.
    current: str
    #: Over the whole run.
    verdicts_per_second: float
    #: Shards that broke, a line each.
    failures: tuple[str, ...] = ()
