"""trace: which call of a training step lost the digits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import Json
from ulpfuzz.fuzzer.errors import UserError


def trace(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- python PROGRAM [ARGUMENT...]", help="The program, after `--`, as you start it."),
    ] = None,
    sampled: Annotated[
        bool,
        typer.Option("--sampled", help="Trace one step in 32 in full, and replay a step whose gradients are NaN: for long runs."),
    ] = False,
    frameworks: Annotated[
        str | None, typer.Option("--frameworks", metavar="F,...", help="Default: those that the program imports.")
    ] = None,
    harvest: Annotated[
        Path | None,
        typer.Option("--harvest", metavar="FILE", help="Write ranges, quantiles and shapes of every op's inputs, no numbers."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a training program and say which call lost the digits, with a way out that was tried on its tensors.

    Exit status: the program's own where it fails; else 1 where something was found, 0 where nothing was.
    """
    from ulpfuzz.fuzzer.trace.program import Program
    from ulpfuzz.fuzzer.trace.trace import chosen

    chosen(frameworks)
    if harvest is not None and not harvest.absolute().parent.is_dir():
        raise UserError(f"{harvest}: its folder does not exist")
    settings = {
        "mode": "sampled" if sampled else "full",
        "frameworks": frameworks,
        "harvest": None if harvest is None else str(harvest.absolute()),
    }
    status, told = Program.of(command or []).traced(settings, quiet=as_json)
    if as_json:
        print_json("trace", told["result"])
    else:
        print(told["text"])
    raise typer.Exit(status or (1 if told["result"]["findings"] else 0))
