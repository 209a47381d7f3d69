"""The command `coverage`: what of the frameworks' public surface the catalogue fuzzes."""

from __future__ import annotations

from typing import Annotated

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import Json


def coverage(
    missing: Annotated[bool, typer.Option("--missing", help="List the callables that no op covers.")] = False,
    as_json: Json = False,
) -> None:
    """Which public callables of the installed frameworks the catalogue covers; imports the frameworks."""
    from ulpfuzz.fuzzer.catalog.coverage import MODULES, ledger, totals, unexplained
    from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment

    prepare_environment()
    rows = ledger()
    told = totals(rows)
    if as_json:
        print_json("coverage", {"totals": told, "rows": rows})
        return
    from ulpfuzz.fuzzer.cli.screen import console, grid

    screen = console()
    if missing:
        table = grid("callable", "why")
        for row in rows:
            if row.status == "missing":
                table.add_row(row.api, row.reason or "unexplained")
        screen.print(table)
    table = grid("namespace", "public", "covered", "alias", "excluded", "missing", "share")
    for module in MODULES:
        mine = [row for row in rows if _module_of(row.api, list(MODULES)) == module]
        if mine:
            counts = totals(mine)
            numbers = [str(counts[name]) for name in ("public", "covered", "alias", "excluded", "missing")]
            table.add_row(module, *numbers, f"{counts['share']:.1%}")
    screen.print(table)
    screen.print(
        f"{told['covered'] + told['alias']} of {told['public'] - told['excluded']} callables that compute with floats "
        f"({told['share']:.1%}); {told['excluded']} excluded, {len(unexplained(rows))} unexplained"
    )


def _module_of(api: str, modules: list[str]) -> str:
    return max((m for m in modules if api.startswith(m + ".")), key=len, default="")
