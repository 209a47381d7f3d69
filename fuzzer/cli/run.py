"""Commands that fuzz: run and nightly."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from ulpfuzz.fuzzer.campaign.settings import Settings
    from ulpfuzz.fuzzer.cli.outcome import NightOutcome
    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.findings.finding import Finding, Run
    from ulpfuzz.fuzzer.findings.store import Store


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
    from ulpfuzz.fuzzer.cli.told import of_run
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
        print_json("run", of_run(record, found, defects, faults))
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
    from ulpfuzz.fuzzer.cli.night import announced
    from ulpfuzz.fuzzer.cli.outcome import outcome_of
    from ulpfuzz.fuzzer.cli.report import SCRIPT_SECONDS, writable, write_report
    from ulpfuzz.fuzzer.cli.told import of_night
    from ulpfuzz.fuzzer.findings import known_issues as issues
    from ulpfuzz.fuzzer.findings.store import Store

    known = issues.known_issues(known_issues)
    writable(out)
    also = outputs(sarif, junit, summary_file, notify, db)
    with Store(db, timeout=db_timeout) as store:
        settings = settings_of(chosen, budget, seed, workers, scheduler, None)
        settings = _swept(replace(settings, baseline=_compared_with(baseline, store, settings)), store, sweep, quiet=as_json)
        night = outcome_of(settings, store, known, quiet=as_json)
        paths = write_report(store, night.record, night.baseline, out, ("html", "md", "json"), SCRIPT_SECONDS, also)
    if as_json:
        print_json("nightly", of_night(night, paths))
    else:
        _print_night(night, db, out)
    _fail_broken(night.record, night.faults)
    _stop_if_interrupted(night.record, db)
    _exit(night.record, announced(night.defects, night.found), night.faults)


def _compared_with(baseline: str, store: Store, settings: Settings) -> str | None:
    """The id of the run that a night is compared with; None where there is none."""
    from ulpfuzz.fuzzer.cli.report import finished_before

    if baseline != "latest":
        return _judged(store.run(baseline))
    return finished_before(store, None, selection_of(settings))


def _swept(settings: Settings, store: Store, sweep: bool | None, *, quiet: bool) -> Settings:
    """The settings of what comes after the night's sweep, where it has one."""
    if sweep or (sweep is None and (settings.budget.seconds or 0.0) >= SWEPT_FROM):
        return after_sweep(settings, store, quiet=quiet)
    return settings


def _print_night(night: NightOutcome, db: str, out: Path) -> None:
    """For a person to read."""
    from ulpfuzz.fuzzer.cli.night import lines

    _tell(night.faults)
    summary(night.record, night.found, night.defects, night.cells, db, night.comparison)
    upgraded = [line for upgrade in night.upgraded for line in upgrade.lines]
    for line in [*lines(night.defects, night.record, night.expired), *upgraded]:
        print(line)
    _print_known_issues(night.quieted, night.fixed_issues, night.expired_issues)
    print(f"The report: {(out / 'report.html').resolve()}")


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


def _print_known_issues(quieted: int, fixed: Sequence[str], expired: Sequence[str]) -> None:
    if quieted:
        print(f"{quieted} of the new findings are known upstream (known_issues.toml): no alarm")
    for url in fixed:
        print(f"FIXED: {url} shows no more")
    for url in expired:
        print(f"expired record of a known issue: {url}")


def _first_failure(record: Run) -> str:
    failures = record.environment.get("failures", [])
    return failures[0] if failures else "no shard ended within the budget"
