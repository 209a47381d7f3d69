"""Campaign: how a command's campaign is set up, run, and its defects kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ulpfuzz.fuzzer.cli.options import seed_or_drawn
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.campaign.settings import Settings
    from ulpfuzz.fuzzer.casework.casework import CaseworkSettings, Worked
    from ulpfuzz.fuzzer.cli.report import Selection
    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.findings.finding import Finding, Run
    from ulpfuzz.fuzzer.findings.store import Store

#: The format that a night sweeps, and from which budget on, in seconds.
SWEPT, SWEPT_FROM = "bfloat16", 3600.0
#: The share of a budget in time that casework has, and from which budget on, in seconds: one defect takes seconds, a framework some to start.
CASEWORK, WORKED_FROM = 0.25, 60.0
#: The first defects of a run whose scripts are run before they are shown, some more than the summary shows, and the seconds that they may take.
EXECUTED, SCRIPT_TIME = 15, 60.0


def resumed(store: Store, name: str) -> Run:
    if name != "latest":
        return store.run(name)
    from ulpfuzz.fuzzer.findings.upkeep import PRUNED

    unfinished = [run for run in store.runs() if run.state not in ("finished", PRUNED)]
    if not unfinished:
        raise UserError("every run has finished: there is none to resume")
    return unfinished[0]


def settings_of(
    chosen: dict[str, Any], budget: str, seed: int | None, workers: int | None, scheduler: str | None, past: Run | None,
    *, given: str | None = None,
) -> Settings:  # fmt: skip
    """A resumed run keeps its seed, budget and limits, and what it selected, unless it is said anew."""
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.campaign.settings import Settings

    if past is not None:
        stored = past.environment.get("selection", {})
        chosen = {**chosen, "ops": chosen["ops"] or stored.get("ops")}
        chosen["targets"] = chosen["targets"] or ",".join(past.environment.get("targets", [])) or None
        for name in ("dtypes", "orders"):
            chosen[name] = chosen[name] or tuple(stored.get(name, ()))
        for name in ("case_timeout", "memory_limit"):
            chosen[name] = chosen[name] or past.environment.get(name)
        seed = past.seed if seed is None else seed
        budget = given or past.budget
    parsed = Budget.parse(budget)
    rest: dict[str, Any] = {name: chosen[name] for name in ("dtypes", "orders", "case_timeout", "memory_limit") if chosen[name]}
    if workers is not None:
        rest["workers"] = workers
    return Settings(
        budget=parsed, ops=chosen["ops"], targets=chosen["targets"],
        seed=seed_or_drawn(seed), scheduler=scheduler, resume=past.id if past else None,
        casework=CASEWORK if (parsed.seconds or 0.0) >= WORKED_FROM else 0.0, **rest,
    )  # fmt: skip


def after_sweep(settings: Settings, store: Store, *, quiet: bool) -> Settings:
    """The settings of what comes after the night's sweep: less of the time, and its worst inputs to replay."""
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.cli.progress import sweeping
    from ulpfuzz.fuzzer.inputs.exhaustive import NotSwept
    from ulpfuzz.fuzzer.sweep.sweep import SweepSettings, run_sweep

    began = time.monotonic()
    asked = SweepSettings(
        settings.ops or "*", SWEPT, targets=settings.targets, workers=settings.workers, scheduler=settings.scheduler,
        case_timeout=settings.case_timeout, memory_limit=settings.memory_limit, eager=True,
    )  # fmt: skip
    if not quiet:
        print(f"sweeping {SWEPT} first", flush=True)
    try:
        with sweeping() as watch:
            swept = run_sweep(asked, store, watch)
    except NotSwept:
        return settings
    if swept.sweep.state == "interrupted":
        raise KeyboardInterrupt
    budget = settings.budget
    if budget.seconds is not None:
        budget = Budget(seconds=max(60.0, budget.seconds - (time.monotonic() - began)))
    return replace(settings, facts=tuple(swept.facts), budget=budget)


def selection_of(settings: Settings) -> Selection:
    """As a run with these settings records it."""
    from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

    told = {"ops": settings.ops, "dtypes": list(settings.dtypes), "orders": list(settings.orders)}
    return told, [str(target) for target in targets_named(settings.targets)]


def run_for(settings: Settings, store: Store, *, quiet: bool, reruns: dict[str, dict[str, int]] | None = None) -> Run:
    """Runs it, then what comes after with the same workers. reruns: takes, by defect, what its re-runs in fresh processes gave; None: none is
    run again."""
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
    from ulpfuzz.fuzzer.casework.casework import Beside
    from ulpfuzz.fuzzer.cli.night import confirmed_new
    from ulpfuzz.fuzzer.cli.progress import watching

    if not quiet:
        print(
            f"seed {settings.seed}, budget {settings.budget.text}" + (f", resuming {settings.resume}" if settings.resume else ""),
            flush=True,
        )
    if settings.budget.verdicts is not None:
        cells, least = first_visit(settings)
        if settings.budget.verdicts < least:
            needed = Budget(verdicts=-(-least // 1000) * 1000).text
            print(
                f"a budget of {settings.budget.text} verdicts does not visit all {cells} cells: once each takes {needed}",
                file=sys.stderr if quiet else sys.stdout, flush=True,
            )  # fmt: skip
    with watching() as watches:

        def afterwards(execute: Any, record: Run) -> None:
            began = time.monotonic()
            if reruns is not None:
                reruns.update(confirmed_new(settings, execute, store, record))
            if settings.casework:
                _casework(settings, execute, store, record, watches.casework, time.monotonic() - began)

        beside = Beside(store, _limits(settings, _casework_seconds(settings)), watches.casework) if settings.casework else None
        return run_campaign(settings, store, watches.campaign, afterwards if beside or reruns is not None else None, beside)


def _casework(
    settings: Settings, execute: Any, store: Store, record: Run, watch: Callable[[Worked], None], spent: float
) -> None:  # fmt: skip
    """Works on the gravest defects of a run in what is left of its time. spent: seconds of that time that are gone already."""
    from ulpfuzz.fuzzer.casework.casework import due, work

    whole = settings.budget.seconds or 0.0
    limits = _limits(settings, max(0.0, min(_casework_seconds(settings), whole - record.seconds) - spent))
    work(execute, due(store, record, limits), store, limits.seconds, watch)


def _casework_seconds(settings: Settings) -> float:
    return (settings.budget.seconds or 0.0) * settings.casework


def _limits(settings: Settings, seconds: float) -> CaseworkSettings:
    from ulpfuzz.fuzzer.casework.casework import CaseworkSettings

    return CaseworkSettings(
        seconds, workers=settings.workers, scheduler=settings.scheduler, case_timeout=settings.case_timeout,
        memory_limit=settings.memory_limit,
    )  # fmt: skip


def executed(settings: Settings, store: Store, record: Run, found: list[Finding], defects: Sequence[Defect]) -> list[Finding]:
    """The findings, those with what their scripts say that the run's summary shows: nothing is shown there that was not executed. Only where the
    run has time for casework."""
    from ulpfuzz.fuzzer.cli.report import scripts_of
    from ulpfuzz.fuzzer.cli.scripts import run_scripts
    from ulpfuzz.fuzzer.defects.memory import as_shown

    if not settings.casework or record.state == "interrupted":
        return found
    found = as_shown(store, found)
    faces = {f.id: f for f in found}
    shown = [faces[d.face] for d in defects[:EXECUTED] if d.face in faces]
    return run_scripts(store, record.id, found, scripts_of(shown, record.environment), SCRIPT_TIME)


def kept_defects(
    store: Store, record: Run, baseline: str | None, reruns: dict[str, dict[str, int]] | None = None
) -> list[Defect]:  # fmt: skip
    """The defects of a run that has ended, by names that the store keeps, in the states that the run has given them."""
    from ulpfuzz.fuzzer.defects.memory import defects_of, keep

    defects = defects_of(store, record.id, baseline)
    keep(store, defects, record, reruns)
    return defects_of(store, record.id, baseline) if reruns else defects
