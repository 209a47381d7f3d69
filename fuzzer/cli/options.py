"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_DB = "sqlite:///ulpfuzz.db"

Db = Annotated[
    str, typer.Option("--db", envvar="ULPFUZZ_DB", metavar="URL", help="Where findings are kept: SQLite or PostgreSQL, by URL.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts, documented and stable.")]
Ops = Annotated[str | None, typer.Option("--ops", metavar="PATTERN,...", help="Ops by name or pattern; default all.")]
Targets = Annotated[
    str | None,
    typer.Option(
        "--targets",
        metavar="T,...",
        help="framework[@host][:device[:mode]][;switch=value...], patterns, or names of ulpfuzz.toml; default all installed.",
    ),
]
Dtypes = Annotated[
    str | None, typer.Option("--dtypes", metavar="D,...", help="float16, bfloat16, float32, float64; default all.")
]
Orders = Annotated[str | None, typer.Option("--orders", metavar="O,...", help="value, grad; default both.")]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, max=2**63 - 1, help="Default: drawn at random, printed and stored."),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=0, help="Worker processes; 0 runs in this one. Default: a worker per core."),
]
Scheduler = Annotated[str | None, typer.Option("--scheduler", metavar="URL", help="A running Dask scheduler, tcp://...")]


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated option."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
