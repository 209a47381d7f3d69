"""Commands that fuzz: run and nightly."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.campaign import (
    SWEPT_FROM,
    after_sweep,
    executed,
    kept_defects,
    resumed,
    run_for,
    selection_of,
    settings_of,
)
from ulpfuzz.fuzzer.cli.defects import FAIL_ON, check_fail_on
from ulpfuzz.fuzzer.cli.implementations import As, Framework, Impl, Inputs, Limit, tested_instead
from ulpfuzz.fuzzer.cli.json_output import print_json
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
    with_db,
)
from ulpfuzz.fuzzer.cli.outputs import Junit, Notify, Sarif, Summary, outputs
from ulpfuzz.fuzzer.cli.summary import summary
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.signals import exit_status, heard

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.findings.finding import Finding, Run


_Baseline = Annotated[
    str,
    typer.Option(
        "--baseline",
        metavar="RUN",
        help="The run to compare with; `latest`: the last that finished, of the same selection if there is one.",
    ),
]
_Resume = Annotated[
    str | None, typer.Option("--resume", metavar="[RUN]", help="Continue a run, by default the latest that did not finish.")
]
_FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="WHAT", help=f"Exit status 1 where the run shows such a defect: {', '.join(FAIL_ON)}."),
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
    resume: _Resume = None,
    fail_on: _FailOn = None,
    sarif: Sarif = None,
    junit: Junit = None,
    summary_file: Summary = None,
    known_issues: KnownIssuesFile = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
    db_timeout: DbTimeout = None,
    impl: Impl = None,
    computes: As = None,
    framework: Framework = None,
    limit: Limit = None,
    inputs: Inputs = None,
) -> None:
    """Fuzz: generate, run, judge, keep the findings, and print what was found."""
    check_fail_on(fail_on)
    if tested_instead(dict(locals())):
        return
    also = outputs(sarif, junit, summary_file, db=db)
    chosen = checked(ops, targets, dtypes, orders, budget) | limits(case_timeout, memory_limit)
    from ulpfuzz.fuzzer.cli.night import broken, with_known_issues
    from ulpfuzz.fuzzer.findings import known_issues as issues
    from ulpfuzz.fuzzer.findings.store import Store

    known = issues.known_issues(known_issues)
    with Store(db, create=resume is None, timeout=db_timeout) as store:
        past = resumed(store, resume) if resume else None
        settings = settings_of(chosen, budget or "10m", seed, workers, scheduler, past, given=budget)
        record = run_for(settings, store, quiet=as_json)
        found, cells = store.findings(record.id), store.cells(record.id)
        defects = with_known_issues(kept_defects(store, record, None), found, known)
        found = executed(settings, store, record, found, defects)
        if also.wanted:
            from ulpfuzz.fuzzer.cli.report import report_of

            also.write(report_of(store, record, None, None))
    faults = broken(record, cells)
    if as_json:
        print_json("run", {**_contract(record, found, defects), "broken": faults})
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
    from ulpfuzz.fuzzer.cli.night import announced, broken, lines, upgrades, with_known_issues
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
        settings = settings_of(chosen, budget, seed, workers, scheduler, None)
        before = finished_before(store, None, selection_of(settings)) if baseline == "latest" else _judged(store.run(baseline))
        settings = replace(settings, baseline=before)
        if sweep or (sweep is None and (settings.budget.seconds or 0.0) >= SWEPT_FROM):
            settings = after_sweep(settings, store, quiet=as_json)
        reruns: dict[str, dict[str, int]] = {}
        record = run_for(settings, store, quiet=as_json, reruns=reruns)
        comparison = compare(store, record.id, before)
        found, cells = with_status(store.findings(record.id), comparison), store.cells(record.id)
        found = ever_seen(store, record, found, known_defects(store))
        defects = with_known_issues(kept_defects(store, record, before, reruns), found, known)
        expired = expire(store, record)
        compared = store.run(before) if before else None
        faults = broken(record, cells, compared if settings.targets is None else None)
        upgraded = upgrades(record, compared, defects)
        paths = write_report(store, record, before, out, ("html", "md", "json"), SCRIPT_SECONDS, also)
    fresh = [f for f in plain(found) if f.status == "new"]
    quieted = sum(known.match(f) is not None for f in fresh)
    # What this night has only not run again may be there still.
    fixed = [i.url for i in known.fixed([*found, *comparison.not_run], cells)]
    if as_json:
        told = {**_contract(record, found, defects), "baseline": before, "statuses": comparison.counts(), "broken": faults}
        told["expired"] = [d.id for d in expired]
        told["upgraded"] = [
            {
                "name": u.name,
                "from": u.before,
                "to": u.now,
                **{status: [d.id for d in some] for status, some in u.changed.items()},
            }
            for u in upgraded
        ]
        told["known_issues"] = {"fixed": fixed, "expired": [i.url for i in known.expired]}
        told["report"] = [str(p) for p in paths if p.suffix != ".py"]
        told["findings"] |= {"new": len(fresh), "known_issues": quieted}
        print_json("nightly", told)
    else:
        _tell(faults)
        summary(record, found, defects, cells, db, comparison)
        for line in [*lines(defects, record, expired), *(line for upgrade in upgraded for line in upgrade.lines)]:
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
    """The id of a run that may be a baseline. Raises UserError for one that judged nothing or was pruned: against it all would be new."""
    from ulpfuzz.fuzzer.findings.history import whole

    if not whole(run).verdicts:
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


def _fails(fail_on: str, found: Sequence[Finding], defects: Sequence[Defect]) -> bool:
    """Whether the run shows what `--fail-on` names: a defect of everyday inputs, one that is proved unstable, or any; not such as people have
    called known or wontfix."""
    from ulpfuzz.fuzzer.defects.defect import SETTLED
    from ulpfuzz.fuzzer.defects.history import ABSENT, UNSTEADY
    from ulpfuzz.fuzzer.findings.label import plain

    quiet = (*SETTLED, *UNSTEADY)
    open_ = [d for d in defects if d.state not in quiet and d.status not in ABSENT and not d.known_issue]
    if fail_on == "ordinary":
        return any(d.kind == "ordinary" for d in open_)
    of_open = {member for d in open_ for member in d.members}
    return any(f.id in of_open and (fail_on == "any" or f.class_ == "unstable") for f in plain(found))


def _contract(record: Run, found: Sequence[Finding], defects: Sequence[Defect]) -> dict[str, Any]:
    """The documented JSON of a run. Of the findings "total" and "new" count those without a label; each label has a count of its own. Of the
    defects those count that the run shows."""
    from ulpfuzz.fuzzer.defects.history import ABSENT, ANNOUNCED
    from ulpfuzz.fuzzer.findings.label import counts, plain
    from ulpfuzz.fuzzer.findings.strict_json import jsonable

    own = plain(found)
    shown = [d for d in defects if d.status not in ABSENT]
    fresh = sum(d.status in ANNOUNCED for d in shown)
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
