"""The command `schema`: what the JSON of each command holds."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    name: Annotated[
        str | None, typer.Argument(help="What `ulpfuzz schema` alone lists: run, nightly, defects, report, ...")
    ] = None,
) -> None:
    """The JSON Schema of what a command prints with --json, or of report.json; without a name, the list of them."""
    from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS
    from ulpfuzz.fuzzer.cli.contracts.schema import schema_named

    if name is not None:
        print(json.dumps(schema_named(name), indent=2, ensure_ascii=False))
        return
    from ulpfuzz.fuzzer.cli.screen import console, grid

    table = grid("schema", "of")
    for one, contract in CONTRACTS.items():
        table.add_row(one, contract.command)
    console().print(table)
