"""Earlier: what earlier runs found, run again on its own bits before a run searches, in a bounded share of its budget."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from ulpfuzz.fuzzer.campaign import rerun
from ulpfuzz.fuzzer.campaign.due import Due, due_again, in_cells
from ulpfuzz.fuzzer.campaign.rerun import Rerun, RerunResult, replayed, reruns
from ulpfuzz.fuzzer.campaign.schedule import Schedule
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.engine.engine import Run as Execute
from ulpfuzz.fuzzer.engine.node import Starting
from ulpfuzz.fuzzer.engine.task import NOT_JUDGED
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

#: The share of a budget that running earlier findings again may take; the rest searches for new ones. Of a budget in verdicts each is one:
#: one element of each is judged.
REPLAY_SHARE = 0.15


class Earlier:
    """What one run does with the findings of earlier ones. baseline: the id of the run that it is compared with; None: nothing is run again.
    targets: the run's, by their full names."""

    def __init__(self, settings: Settings, store: Store, baseline: str | None, targets: tuple[str, ...]) -> None:
        self.settings, self.store, self.baseline, self.targets = settings, store, baseline, targets
        self._due: list[Due] = []
        self._became: dict[str, dict[str, Any]] = {}  # by id of a finding (rerun.fate)
        self._in_vain: set[str] = set()  # ids of findings
        self._reached, self._spent = 0, 0.0  # findings that were run again, and the seconds of workers that this took

    @property
    def told(self) -> dict[str, Any]:
        """As a run's environment holds it: what became of them, as far as they were run again."""
        if not self.baseline:
            return {}
        return {"replayed": replayed(self.baseline, self._became, self._in_vain, len(self._due), self._reached)}

    def prepare(self, current: Run, cells: Iterable[Cell]) -> list[Due]:
        """What is due in these cells, in its order."""
        if self.baseline:
            self._due = in_cells(due_again(self.store, self.baseline, current), cells)
        return self._due

    def results(
        self, execute: Execute, schedule: Schedule, done: Mapping[str, str], workers: int
    ) -> Generator[RerunResult, None, None]:
        """Runs them again, as far as their share of the budget goes. done: payloads of tasks that ended before the run was resumed."""
        fresh = []
        for task in self._tasks(schedule):
            if task.id in done:
                self._count(json.loads(done[task.id]))
            else:
                fresh.append(task)
        if not fresh:
            return
        until = ends = None
        if self.settings.budget.seconds is not None:
            until = self._until(execute, schedule, REPLAY_SHARE * self.settings.budget.seconds - self._spent / max(1, workers))
            ends = min(until + rerun.LATE, schedule.ends or math.inf)
        groups = ([replace(task, until=until, ends=ends, takes=self._seconds_each)] for task in fresh)
        with closing(execute(groups, lambda: until is not None and time.monotonic() + self._seconds_each >= until)) as flow:
            for result in flow:
                if not result.failure:
                    self._count(_told(result))
                elif result.failure != NOT_JUDGED:  # which of them it was nobody knows
                    self._in_vain.update(finding.id for task in fresh if task.id == result.task for finding in task.findings)
                yield result

    def _tasks(self, schedule: Schedule) -> list[Rerun]:
        verdicts = self.settings.budget.verdicts
        due = self._due if verdicts is None else self._due[: int(REPLAY_SHARE * verdicts)]
        call_timeout = self.settings.case_timeout or CALL_TIMEOUT
        return reruns(due, self.targets, schedule.peers, call_timeout, schedule.memory_limit)

    @property
    def _seconds_each(self) -> float:
        """Of a worker, that a finding has taken so far."""
        return self._spent / max(1, self._reached)

    @staticmethod
    def _until(execute: Execute, schedule: Schedule, seconds: float) -> float:
        """The time until which findings are run again: so many seconds, which count from when a worker has started, for in a short night starting
        them takes longer than that; not beyond the search's."""
        over = schedule.until if schedule.until is not None else math.inf
        with closing(execute([[Starting()]], lambda: time.monotonic() >= over)) as flow:
            for _ in flow:
                pass
        return min(time.monotonic() + seconds, over)

    def _count(self, told: dict[str, Any]) -> None:
        self._became.update(told["became"])
        self._in_vain.update(told.get("in_vain", ()))
        self._reached += told.get("reached", len(told["became"]))
        self._spent += told.get("by_phase", {}).get("rerun", 0.0)


def payload_of(result: RerunResult) -> str:
    """What the store keeps of a task that ended, for a run that is resumed."""
    return json.dumps(_told(result))


def _told(result: RerunResult) -> dict[str, Any]:
    return {"became": result.became, "in_vain": result.in_vain, "reached": result.reached, "by_phase": result.by_phase}
