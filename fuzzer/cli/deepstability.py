"""The command that replays the study DeepStability."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import BUDGET, Json, Seed, Targets, Workers, seed_or_drawn, with_db
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.campaign.replay import Outcome, Replayed

_DB = "sqlite:///deepstability.db"


def deepstability(
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="N,...", help="Rows of the study, as in 5,11-16; default all.")
    ] = None,
    budget: Annotated[str, typer.Option("--budget", help=BUDGET)] = "10m",
    seed: Seed = None,
    workers: Workers = None,
    today: Annotated[
        bool,
        typer.Option(
            "--today", help="Fuzz the ops that the rows speak of in the installed frameworks instead: a Markdown table."
        ),
    ] = False,
    targets: Targets = None,
    as_json: Json = False,
    db: Annotated[str, typer.Option("--db", metavar="URL", help="Where its findings are kept.")] = _DB,
) -> None:
    """Replay the defects of DeepStability (ICSE 2022): the old methods must be found, the right ones must stay silent."""
    from ulpfuzz.fuzzer.campaign.budget import Budget

    wanted, asked = _rows(rows), Budget.parse(budget)
    from ulpfuzz.fuzzer.campaign.replay import contract, replay
    from ulpfuzz.fuzzer.cli.progress import watching
    from ulpfuzz.fuzzer.findings.store import Store

    if targets and not today:
        raise UserError("--targets goes with --today: the historical methods have a target of their own")
    if today:
        _today(wanted, asked, seed_or_drawn(seed), targets, workers, db, as_json)
        return

    with Store(db) as store, watching() as watches:
        told = replay(wanted, asked, seed_or_drawn(seed), store, workers=workers, watch=watches.campaign)
    if as_json:
        print_json("deepstability", contract(told))
    else:
        _told(told, db)


def _today(
    wanted: list[int] | None, budget: Budget, seed: int, targets: str | None, workers: int | None, db: str, as_json: bool
) -> None:  # fmt: skip
    from ulpfuzz.fuzzer.campaign.run import run_campaign
    from ulpfuzz.fuzzer.campaign.settings import Settings
    from ulpfuzz.fuzzer.cli.progress import watching
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.frameworks.targets.registry import installed
    from ulpfuzz.reports.maxima import FRAMEWORKS
    from ulpfuzz.reports.today import markdown, ops_of_the_study, still_unstable

    names = [name for name, indices in ops_of_the_study().items() if wanted is None or set(indices) & set(wanted)]
    if not names:
        raise UserError("none of these rows speaks of an op of the catalogue")
    settings = Settings(
        budget,
        ops=",".join(names),
        targets=targets or ",".join(f"{name}:cpu:eager" for name in FRAMEWORKS if installed(name)),
        orders=("value", "grad", "grad2"),
        seed=seed,
    )
    if workers is not None:
        settings = replace(settings, workers=workers)
    with Store(db) as store, watching() as watches:
        run = run_campaign(settings, store, watches.campaign)
        found = still_unstable(store.findings(run.id))
    if as_json:
        print_json("deepstability-today", [still.as_dict() for still in found])
    else:
        print(markdown(run, found))


def _rows(text: str | None) -> list[int] | None:
    """5,11-16 as numbers. Raises UserError."""
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise UserError(f"not rows of the study: {text!r}; example: 5,11-16")
        found += range(int(first), int(last or first) + 1)
    return found


def _told(told: Replayed, db: str) -> None:
    from ulpfuzz.corpus.historic.rows import REASONS
    from ulpfuzz.fuzzer.campaign.replay import contract
    from ulpfuzz.fuzzer.cli.screen import console

    out = console()
    for row in told.rows:
        where = f"{row.row.index:4} {row.row.op:34}"
        if row.unstable is None or row.stable is None:
            if row.row.replayable != "no":
                out.print(
                    f"{where} {row.row.replayable}, not replayed: {REASONS[row.row.reason]}",
                    highlight=False,
                )
            continue
        fix = "" if row.fix is None else f"; the fix: {'incomplete, ' + _case(row.fix) if row.fix.flagged else 'silent'}"
        right = "silent" if row.stable.silent else "not judged" if not row.stable.verdicts else f"FLAGGED, {_case(row.stable)}"
        found = f"found, {_case(row.unstable)}" if row.unstable.flagged else "NOT FOUND"
        out.print(f"{where} {found}; the right method: {right} ({row.stable.verdicts} verdicts){fix}", highlight=False)
    totals = contract(told)["totals"]
    out.print(
        f"{totals['replayed']} rows of {len(told.rows)} replayed ({totals['yes']} can be, {totals['partly']} partly, {totals['no']} not): "
        f"{totals['flagged']} old methods found, {totals['silent']} right ones silent; seed {told.run.seed}, {told.run.seconds:.0f} s",
        highlight=False,
    )
    out.print(f"One of them: ULPFUZZ_PLUGINS=ulpfuzz.corpus.historic ulpfuzz findings{with_db(db)}", highlight=False)


def _case(outcome: Outcome) -> str:
    """The gravest finding in a few words."""
    finding = outcome.finding
    if finding is None:
        return ""
    inputs = ", ".join(f"{name} = {_number(value)}" for name, value in finding.case["inputs"].items())
    return f"{finding.symptom} at {inputs if len(inputs) <= _MOST else inputs[: _MOST - 3] + '...'}"


#: Letters of a case in a line.
_MOST = 60


def _number(value: Any) -> str:
    """A C99 hex number, or nested lists of them, in decimal."""
    return f"{float.fromhex(value):.6g}" if isinstance(value, str) else f"[{', '.join(map(_number, value))}]"
