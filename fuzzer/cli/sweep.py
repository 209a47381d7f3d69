"""Commands over every input: sweep, facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

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
    Targets,
    Workers,
    checked,
    limits,
    with_db,
)
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.signals import exit_status

if TYPE_CHECKING:
    from rich.console import Console

    from ulpfuzz.fuzzer.findings.fact import Fact
    from ulpfuzz.fuzzer.sweep.sweep import Swept


def sweep(
    context: typer.Context,
    op: Annotated[str | None, typer.Argument(help="An op of one number, or names and patterns, separated by commas.")] = None,
    dtype: Annotated[str, typer.Option("--dtypes", metavar="D", help="One: float16, bfloat16 or float32.")] = "float32",
    every: Annotated[
        bool, typer.Option("--all", help="Every op of one number, and ops of two over all pairs of 8-bit numbers.")
    ] = False,
    targets: Targets = None,
    orders: Annotated[str, typer.Option("--orders", metavar="O,...", help="value, grad, jvp, grad2.")] = "value",
    params: Annotated[
        str | None, typer.Option("--params", metavar="JSON", help="Of the op; default each of its usual sets.")
    ] = None,
    first_calls: Annotated[
        bool, typer.Option("--first-calls", help="Of each target the first of its calls alone, the one that most users type.")
    ] = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    insecure_cluster: InsecureCluster = False,
    case_timeout: CaseTimeout = None,
    memory_limit: MemoryLimit = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="[SWEEP]", help="Continue a sweep, by default the latest that did not finish."),
    ] = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """Run every bit pattern of an op through every target, and prove the largest error."""
    if resume is not None and op is None and not every:
        op, dtype, orders, params, targets, first_calls = _resumed(context, db, resume)
    if (op is None) != every:
        raise UserError(
            "name an op, as in `ulpfuzz sweep tanh --dtype bfloat16`, or give --all"
            if op is None
            else "an op, or --all, not both"
        )
    chosen = checked(op or "*", targets, None, orders, None) | limits(case_timeout, memory_limit)
    from ulpfuzz.fuzzer.cli.progress import sweeping
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.sweep.sweep import SweepSettings, run_sweep

    chosen |= {"dtype": dtype, "params": _params(params), "first_calls": first_calls}
    if workers is not None:
        chosen["workers"] = workers
    del chosen["dtypes"]
    settings = SweepSettings(scheduler=scheduler, resume=resume, **chosen)
    with Store(db, create=resume is None) as store, sweeping() as watch:
        swept = run_sweep(settings, store, watch)
    if as_json:
        print_json("sweep", _contract(swept, whole=every or any(c in (op or "") for c in "*?,")))
    else:
        _told(swept, db)
    if swept.sweep.state == "interrupted":
        raise typer.Exit(exit_status())


def facts(
    ops: Annotated[str | None, typer.Argument(help="Names or patterns, separated by commas.")] = None,
    dtype: Annotated[str | None, typer.Option("--dtypes", metavar="D", help="Of this format only.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="A table of ops by frameworks, for a README.")] = False,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """What sweeps have proved: the largest error of each call over all inputs."""
    from ulpfuzz.fuzzer.findings.store import Store

    with Store(db, create=False) as store:
        found = [fact for fact in store.facts(ops) if dtype in (None, fact.dtype)]
    if as_json:
        print_json("facts", found)
    elif markdown:
        from ulpfuzz.reports.maxima import maxima

        print(maxima(found))
    elif not found:
        print("no facts; `ulpfuzz sweep tanh --dtype bfloat16` proves some in seconds")
    else:
        from ulpfuzz.fuzzer.cli.screen import console

        _table(found, console())


#: What a sweep that is resumed by its name alone has already.
_SELECTING = ("dtype", "orders", "targets", "params", "first_calls")


def _resumed(context: typer.Context, db: str, name: str) -> tuple[str, str, str, str | None, str, bool]:
    """ops, dtype, orders, params, targets and first_calls of a sweep in the store. Raises UserError."""
    from ulpfuzz.fuzzer.findings.store import Store

    for option in _SELECTING:
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise UserError(f"a resumed sweep keeps what it had: leave out --{option.replace('_', '-')}, or name its op too")
    with Store(db, create=False) as store:
        past = store.sweep(name).selection
    params = None if past["params"] is None else json.dumps(past["params"])
    targets = ",".join(past["targets"])
    return past["ops"], past["dtype"], ",".join(past["orders"]), params, targets, past.get("calls") == "first"


def _params(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        params = json.loads(text)
    except ValueError as error:
        raise UserError(f"--params is no JSON: {error}") from None
    if not isinstance(params, dict):
        raise UserError('--params is an object of names and values, as {"approximate": "tanh"}')
    return params


def _contract(swept: Swept, *, whole: bool) -> Any:
    """The documented JSON: an object per op, dtype and order; a list of them where several ops were requested."""
    told = []
    for (name, dtype, order), group in groupby(swept.facts, key=lambda f: (f.op, f.dtype, f.order)):
        some = list(group)
        told.append(
            {
                "op": name, "dtype": dtype, "order": order, "seconds": max(f.seconds for f in some), "sweep": swept.sweep.id,
                "state": swept.sweep.state, "failures": swept.sweep.failures, "targets": [_target(f) for f in some],
            }
        )  # fmt: skip
    if whole:
        return told
    empty = {"sweep": swept.sweep.id, "state": swept.sweep.state, "failures": swept.sweep.failures, "targets": []}
    return told[0] if len(told) == 1 else told or empty


_KEYS = (
    "target", "implementation", "params", "space", "proved", "inputs", "max_ulps", "bound", "at", "output", "reference", "limit",
    "not_correctly_rounded", "beyond_limit", "failing", "intervals", "flushed", "undecided", "classes", "error", "version",
)  # fmt: skip


def _target(fact: Fact) -> dict[str, Any]:
    return {key: getattr(fact, key) for key in _KEYS}


def _told(swept: Swept, db: str) -> None:
    from ulpfuzz.fuzzer.cli.screen import console
    from ulpfuzz.fuzzer.findings import numbers

    screen = console()
    sweep = swept.sweep
    screen.print(f"\nsweep {sweep.id}, {sweep.state}, {numbers.duration(sweep.seconds)}", markup=False)
    _table(swept.facts, screen)
    for failure in sweep.failures[:6]:
        screen.print(f"failed: {failure}", style="red", markup=False)
    if sweep.state == "interrupted":
        screen.print(f"ulpfuzz sweep ... --resume {sweep.id}{with_db(db)} continues it", style="dim", markup=False)


def _table(found: Sequence[Fact], screen: Console) -> None:
    from ulpfuzz.fuzzer.cli.screen import grid
    from ulpfuzz.fuzzer.findings import numbers

    for (op, dtype, order), group in groupby(found, key=lambda f: (f.op, f.dtype, f.order)):
        some = list(group)
        screen.print(f"\n{op}, {order}, {dtype}: {some[0].space}", markup=False, style="bold")
        table = grid(
            "target", "call", "inputs", "largest error", "at", "not correctly rounded", "beyond T", "failing", "undecided"
        )
        for fact in some:
            error = fact.error or ("" if fact.proved else "not proved")
            at = numbers.witness(fact.at)
            table.add_row(
                fact.target, fact.implementation, f"{fact.inputs:,}", _ulps(fact.max_ulps), at or error,
                f"{fact.not_correctly_rounded:,}", f"{fact.beyond_limit:,}", f"{fact.failing:,}",
                f"{fact.undecided:,}" + (f" {error}" if error and at else ""),
            )  # fmt: skip
        screen.print(table)
        for fact in some:
            if fact.intervals:
                shown = ", ".join(f"[{low:.9g}, {high:.9g}]" for low, high in fact.intervals[:4])
                more = f" and {len(fact.intervals) - 4} more" if len(fact.intervals) > 4 else ""
                screen.print(f"  {fact.target} {fact.implementation} fails in {shown}{more}", style="dim", markup=False)


def _ulps(value: float) -> str:
    return f"{value:.4g} ulp" if value == value else "-"
