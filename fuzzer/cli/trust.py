"""The command trust: it lets the ulpfuzz.toml of a folder start programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ulpfuzz.fuzzer.errors import UserError


def trust(
    file: Annotated[Path, typer.Argument(help="The file; read it first.")] = Path("ulpfuzz.toml"),
) -> None:
    """Let an ulpfuzz.toml start the interpreters, and set the variables, that it names. Changed, it asks again."""
    from ulpfuzz.fuzzer.frameworks.targets.config import read, started
    from ulpfuzz.fuzzer.frameworks.targets.trust import allow

    if not file.is_file():
        raise UserError(f"{file} is no file")
    path = str(file.absolute())
    config, content = read(path, file.stat().st_mtime_ns, str(file))
    allow(path, content)
    for line in started(config):
        print(line)
    print(f"{file} is trusted as it stands")
