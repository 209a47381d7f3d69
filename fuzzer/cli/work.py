"""The command work: casework on the defects of a run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import (
    DEFAULT_DB,
    CaseTimeout,
    Db,
    InsecureCluster,
    Json,
    MemoryLimit,
    Scheduler,
    Workers,
    limits,
    listed,
)
from ulpfuzz.fuzzer.signals import exit_status

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.casework.casework import Worked


def work(
    run: Annotated[str, typer.Argument(help="A run's id, a beginning of it, or `latest`.")] = "latest",
    budget: Annotated[str, typer.Option("--budget", metavar="TIME", help="How long: 90s, 10m, 1h. What was begun is finished.")] = "10m",
    defect: Annotated[
        str | None,
        typer.Option("--defect", metavar="D,...", help="These defects only, by id, a beginning of it or a member's; again if need be."),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    insecure_cluster: InsecureCluster = False,
    case_timeout: CaseTimeout = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:  # fmt: skip
    """Work on the defects of a run, the gravest first: simplest and everyday case, extent, diagnosis, advice that was tried."""
    from ulpfuzz.fuzzer.campaign.budget import seconds_of
    from ulpfuzz.fuzzer.casework.casework import CaseworkSettings, run_casework
    from ulpfuzz.fuzzer.cli.progress import working
    from ulpfuzz.fuzzer.findings.store import Store

    settings = CaseworkSettings(
        seconds_of(budget, "a time for casework"), listed(defect), (os.cpu_count() or 1) if workers is None else workers, scheduler,
        **limits(case_timeout, memory_limit),
    )  # fmt: skip
    with Store(db, create=False) as store:
        record = store.run(run)
        with working() as watch:
            worked = run_casework(store, record, settings, watch)
    if as_json:
        print_json("work", {"run": record.id, **contract(worked)})
    else:
        print_worked(worked, run)
    if worked.interrupted:
        raise typer.Exit(exit_status())


def contract(worked: Worked) -> dict[str, object]:
    """The documented JSON of casework."""
    return {
        "due": worked.due, "worked": worked.done, "gone": worked.gone, "faults": worked.faults, "seconds": round(worked.seconds, 3),
        "left": worked.left,
    }  # fmt: skip


def print_worked(worked: Worked, run: str) -> None:
    """What was done, and what to type next."""
    line = f"{worked.done} defects worked on in {worked.seconds:.0f} s"
    if worked.gone:
        line += f"; {len(worked.gone)} do not fail any more"
    if worked.left > 0:
        line += f"; {worked.left} left: ulpfuzz work {run}"
    print(line)
    for fault in worked.faults[:5]:
        print(f"a fault of ulpfuzz: {fault}", file=sys.stderr)
