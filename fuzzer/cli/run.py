"""Commands that fuzz: run and nightly."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.defects import FAIL_ON, check_fail_on
from ulpfuzz.fuzzer.cli.options import (
    BUDGET,
    DEFAULT_DB,
    CaseTimeout,
    Db,
    DbTimeout,
    Dtypes,
    InsecureCluster,
    Json,
    KnownIssuesFile,
    MemoryLimit,
    Ops,
    Orders,
    Scheduler,
    Seed,
    Targets,
    Workers,
    checked,
    limits,
    seed_or_drawn,
    with_db,
)
from ulpfuzz.fuzzer.cli.outputs import Junit, Notify, Sarif, Summary, outputs
from ulpfuzz.fuzzer.cli.summary import summary
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.signals import exit_status, heard, lasting_output

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.campaign.settings import Settings
    from ulpfuzz.fuzzer.casework.casework import Worked
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

_Baseline = Annotated[
    str,
    typer.Option(
        "--baseline",
        metavar="RUN",
        help="The run to compare with; `latest`: the last that finished, of the same selection if there is one.",
    ),
]
_Sweep = Annotated[
    bool | None,
    typer.Option(
        "--sweep/--no-sweep",
        help="First run every bfloat16 number through the ops of one number. Default: where the budget is an hour or more.",
    ),
]


def run(
    ops: Ops = None,
    targets: Targets = None,
    dtypes: Dtypes = None,
    orders: Orders = None,
    budget: Annotated[str | None, typer.Option("--budget", help=f"{BUDGET} Default: 10m, or the resumed run's.")] = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    insecure_cluster: InsecureCluster = False,
    case_timeout: CaseTimeout = None,
    memory_limit: MemoryLimit = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="[RUN]", help="Continue a run, by default the latest that did not finish.")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="WHAT", help=f"Exit status 1 where the run shows such a defect: {', '.join(FAIL_ON)}."),
    ] = None,
    sarif: Sarif = None,
    junit: Junit = None,
    summary_file: Summary = None,
    known_issues: KnownIssuesFile = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
    db_timeout: DbTimeout = None,
) -> None:
    """Fuzz: generate, run, judge, keep the findings, and print what was found."""
    check_fail_on(fail_on)
    also = outputs(sarif, junit, summary_file, db=db)
    chosen = checked(ops, targets, dtypes, orders, budget) | limits(case_timeout, memory_limit)
    from ulpfuzz.fuzzer.cli.night import broken, with_known_issues
    from ulpfuzz.fuzzer.findings import known_issues as issues
    from ulpfuzz.fuzzer.findings.store import Store

    known = issues.known_issues(known_issues)
    with Store(db, create=resume is None, timeout=db_timeout) as store:
        past = _resumed(store, resume) if resume else None
        settings = _settings(chosen, budget or "10m", seed, workers, scheduler, past, given=budget)
        record = _campaign(settings, store, quiet=as_json)
        found, cells = store.findings(record.id), store.cells(record.id)
        defects = with_known_issues(_kept(store, record, None), found, known)
        found = _executed(settings, store, record, found, defects)
        if also.wanted:
            from ulpfuzz.fuzzer.cli.report import report_of

            also.write(report_of(store, record, None, None))
    faults = broken(record, cells)
    if as_json:
        print(json.dumps({**_contract(record, found, defects), "broken": faults}, ensure_ascii=False, allow_nan=False))
    else:
        _tell(faults)
        summary(record, found, defects, cells, db)
    _fail_broken(record, faults)
    _stop_if_interrupted(record, db)
    if fail_on and _fails(fail_on, found, defects):
        raise typer.Exit(1)


def nightly(
    ops: Ops = None,
    targets: Targets = None,
    dtypes: Dtypes = None,
    orders: Orders = None,
    budget: Annotated[str, typer.Option("--budget", help=BUDGET)] = "8h",
    baseline: _Baseline = "latest",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes.")] = Path("ulpfuzz-report"),
    sweep: _Sweep = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    insecure_cluster: InsecureCluster = False,
    case_timeout: CaseTimeout = None,
    memory_limit: MemoryLimit = None,
    sarif: Sarif = None,
    junit: Junit = None,
    summary_file: Summary = None,
    notify: Notify = None,
    known_issues: KnownIssuesFile = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
    db_timeout: DbTimeout = None,
) -> None:
    """The night's run: exit status 1 on defects that no run of the database has seen before, 0 on none, 2 on errors. Writes the report."""
    chosen = checked(ops, targets, dtypes, orders, budget) | limits(case_timeout, memory_limit)
    from ulpfuzz.fuzzer.cli.night import announced, broken, lines, with_known_issues
    from ulpfuzz.fuzzer.cli.report import SCRIPT_SECONDS, finished_before, writable, write_report
    from ulpfuzz.fuzzer.defects.history import ever_seen
    from ulpfuzz.fuzzer.defects.memory import expire, known_defects
    from ulpfuzz.fuzzer.findings import known_issues as issues
    from ulpfuzz.fuzzer.findings.history import compare, with_status
    from ulpfuzz.fuzzer.findings.label import plain
    from ulpfuzz.fuzzer.findings.store import Store

    known = issues.known_issues(known_issues)
    writable(out)
    also = outputs(sarif, junit, summary_file, notify, db)
    with Store(db, timeout=db_timeout) as store:
        settings = _settings(chosen, budget, seed, workers, scheduler, None)
        before = finished_before(store, None, _selection(settings)) if baseline == "latest" else _judged(store.run(baseline))
        settings = replace(settings, baseline=before)
        if sweep or (sweep is None and (settings.budget.seconds or 0.0) >= SWEPT_FROM):
            settings = _after_sweep(settings, store, quiet=as_json)
        reruns: dict[str, dict[str, int]] = {}
        record = _campaign(settings, store, quiet=as_json, reruns=reruns)
        comparison = compare(store, record.id, before)
        found, cells = with_status(store.findings(record.id), comparison), store.cells(record.id)
        found = ever_seen(store, record, found, known_defects(store))
        defects = with_known_issues(_kept(store, record, before, reruns), found, known)
        expired = expire(store, record)
        faults = broken(record, cells, store.run(before) if before and settings.targets is None else None)
        paths = write_report(store, record, before, out, ("html", "md", "json"), SCRIPT_SECONDS, also)
    fresh = [f for f in plain(found) if f.status == "new"]
    quieted = sum(known.match(f) is not None for f in fresh)
    # What this night has only not run again may be there still.
    fixed = [i.url for i in known.fixed([*found, *comparison.not_run], cells)]
    if as_json:
        told = {**_contract(record, found, defects), "baseline": before, "statuses": comparison.counts(), "broken": faults}
        told["expired"] = [d.id for d in expired]
        told["known_issues"] = {"fixed": fixed, "expired": [i.url for i in known.expired]}
        told["report"] = [str(p) for p in paths if p.suffix != ".py"]
        told["findings"] |= {"new": len(fresh), "known_issues": quieted}
        print(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _tell(faults)
        summary(record, found, defects, cells, db, comparison)
        for line in lines(defects, record, expired):
            print(line)
        _known_issues(quieted, fixed, [i.url for i in known.expired])
        print(f"The report: {(out / 'report.html').resolve()}")
    _fail_broken(record, faults)
    _stop_if_interrupted(record, db)
    _exit(record, announced(defects, found), faults)


def _stop_if_interrupted(record: Run, db: str) -> None:
    """Ends the command of a run that was interrupted, with one line that says how to go on, and the signal's exit status. An error where the run
    judged nothing of what was planned."""
    if record.state == "failed":
        raise UserError(f"run {record.id} judged nothing: {_first_failure(record)}")
    if record.state == "interrupted":
        print(f"ulpfuzz: interrupted; `ulpfuzz run --resume {record.id}{with_db(db)}` goes on", file=sys.stderr)
    if record.state == "interrupted" or heard():  # the latter in the casework of a run that has finished
        raise typer.Exit(exit_status())


def _judged(run: Run) -> str:
    """The id of a run that may be a baseline. Raises UserError for one that judged nothing: against it all would be new."""
    if not run.verdicts:
        raise UserError(f"run {run.id} judged nothing, so it is no baseline; `--baseline latest` takes the last that did")
    return run.id


def _tell(faults: Sequence[str]) -> None:
    """What broke comes first: what follows cannot be trusted."""
    for line in faults:
        print(f"BROKEN: {line}")


def _fail_broken(record: Run, faults: Sequence[str]) -> None:
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UserError(f"run {record.id} is broken: {faults[0]}{more}")


def _exit(record: Run, alarming: Sequence[Defect], faults: Sequence[str]) -> None:
    """An error where something broke; exit status 1 on alarming defects; an error where the night judged nothing."""
    _fail_broken(record, faults)
    if not record.verdicts:
        raise UserError(f"run {record.id} judged nothing: {_first_failure(record)}")
    if alarming:
        raise typer.Exit(1)


def _resumed(store: Store, name: str) -> Run:
    if name != "latest":
        return store.run(name)
    unfinished = [run for run in store.runs() if run.state not in ("finished", "pruned")]
    if not unfinished:
        raise UserError("every run has finished: there is none to resume")
    return unfinished[0]


def _settings(
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


def _after_sweep(settings: Settings, store: Store, *, quiet: bool) -> Settings:
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


def _selection(settings: Settings) -> Selection:
    """As a run with these settings records it."""
    from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

    told = {"ops": settings.ops, "dtypes": list(settings.dtypes), "orders": list(settings.orders)}
    return told, [str(target) for target in targets_named(settings.targets)]


@lasting_output()
def _campaign(settings: Settings, store: Store, *, quiet: bool, reruns: dict[str, dict[str, int]] | None = None) -> Run:
    """Runs it, then what comes after with the same workers. reruns: takes, by defect, what its re-runs in fresh processes gave; None: none is
    run again."""
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.campaign.run import first_visit, run_campaign
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

        return run_campaign(settings, store, watches.campaign, afterwards if settings.casework or reruns is not None else None)


def _casework(
    settings: Settings, execute: Any, store: Store, record: Run, watch: Callable[[Worked], None], spent: float
) -> None:  # fmt: skip
    """Works on the gravest defects of a run in what is left of its time. spent: seconds of that time that are gone already."""
    from ulpfuzz.fuzzer.casework.casework import CaseworkSettings, due, work

    whole = settings.budget.seconds or 0.0
    limits = CaseworkSettings(
        max(0.0, min(whole * settings.casework, whole - record.seconds) - spent), workers=settings.workers, case_timeout=settings.case_timeout,
        memory_limit=settings.memory_limit,
    )  # fmt: skip
    work(execute, due(store, record, limits), store, limits.seconds, watch)


def _executed(settings: Settings, store: Store, record: Run, found: list[Finding], defects: Sequence[Defect]) -> list[Finding]:
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


def _kept(
    store: Store, record: Run, baseline: str | None, reruns: dict[str, dict[str, int]] | None = None
) -> list[Defect]:  # fmt: skip
    """The defects of a run that has ended, by names that the store keeps, in the states that the run has given them."""
    from ulpfuzz.fuzzer.defects.memory import defects_of, keep

    defects = defects_of(store, record.id, baseline)
    keep(store, defects, record, reruns)
    return defects_of(store, record.id, baseline) if reruns else defects


def _fails(fail_on: str, found: Sequence[Finding], defects: Sequence[Defect]) -> bool:
    """Whether the run shows what `--fail-on` names: a defect of everyday inputs, one that is proved unstable, or any; not such as people have
    called known or wontfix."""
    from ulpfuzz.fuzzer.findings.label import plain

    quiet = ("known", "wontfix", "flaky", "unreproducible")
    open_ = [d for d in defects if d.state not in quiet and d.status not in ("fixed", "not-run") and not d.known_issue]
    if fail_on == "ordinary":
        return any(d.kind == "ordinary" for d in open_)
    of_open = {member for d in open_ for member in d.members}
    return any(f.id in of_open and (fail_on == "any" or f.class_ == "unstable") for f in plain(found))


def _contract(record: Run, found: Sequence[Finding], defects: Sequence[Defect]) -> dict[str, Any]:
    """The documented JSON of a run. Of the findings "total" and "new" count those without a label; each label has a count of its own. Of the
    defects those count that the run shows."""
    from ulpfuzz.fuzzer.findings.label import counts, plain
    from ulpfuzz.fuzzer.findings.strict_json import jsonable

    own = plain(found)
    shown = [d for d in defects if d.status not in ("fixed", "not-run")]
    fresh = sum(d.status in ("new", "reopened") for d in shown)
    environment = record.environment
    nobody = environment.get("cells_unsupported", [])
    told = {
        "run": record.id, "state": record.state, "seed": record.seed, "budget": record.budget, "seconds": record.seconds,
        "verdicts": record.verdicts, "cells": record.cells, "cells_not_reached": record.cells_planned - record.cells - len(nobody),
        "cells_unsupported": nobody, "findings": {"total": len(own), "new": sum(f.status == "new" for f in own), **counts(found)},
        "defects": {"total": len(shown), "new": fresh, "ordinary": sum(d.kind == "ordinary" for d in shown)},
        "verdicts_per_second": record.verdicts / record.seconds if record.seconds > 0 else 0.0,
        "by_tier": record.by_tier, "by_phase": record.by_phase, "failures": environment.get("failures", []),
        "unsupported": environment.get("unsupported", []), "rejected": environment.get("rejected", []),
        "cpu_share": environment.get("cpu_share"), "unaccounted_share": environment.get("unaccounted_share"),
        "cells_by_part": environment.get("cells_by_part", {}),
    }  # fmt: skip
    return {name: jsonable(value) for name, value in told.items()}


def _known_issues(quieted: int, fixed: Sequence[str], expired: Sequence[str]) -> None:
    if quieted:
        print(f"{quieted} of the new findings are known upstream (known_issues.toml): no alarm")
    for url in fixed:
        print(f"FIXED: {url} shows no more")
    for url in expired:
        print(f"expired record of a known issue: {url}")


def _first_failure(record: Run) -> str:
    failures = record.environment.get("failures", [])
    return failures[0] if failures else "no shard ended within the budget"
