"""Options that several commands share."""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from ulpfuzz.fuzzer.errors import UserError

DEFAULT_DB = "sqlite:///ulpfuzz.db"
#: Python, numpy and the oracles take 200 MiB of it before a framework is loaded.
_LEAST_MEMORY = 512 << 20

Db = Annotated[
    str, typer.Option("--db", envvar="ULPFUZZ_DB", metavar="URL", help="Where findings are kept: SQLite or PostgreSQL, by URL.")
]
DbTimeout = Annotated[
    str | None,
    typer.Option(
        "--db-timeout",
        envvar="ULPFUZZ_DB_TIMEOUT",
        metavar="TIME",
        help="How long to wait where another program has locked the database. Default: 5m.",
    ),
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
Orders = Annotated[
    str | None,
    typer.Option(
        "--orders",
        metavar="O,...",
        help="value, grad (reverse mode), jvp (forward mode), grad2 (second derivatives); default all.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, max=2**63 - 1, help="Default: drawn at random, printed and stored."),
]
#: Help of a budget.
BUDGET = "Time (90s, 10m, 1h30m) or verdicts (5k, 200M)."
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=0,
        help="Worker processes. Default: a worker per core. 0 runs in this one, "
        "for debugging: nothing protects it from a framework that crashes or hangs.",
    ),
]
CaseTimeout = Annotated[
    str | None,
    typer.Option("--case-timeout", metavar="TIME", help="A framework call that takes longer (30s, 2m) is a hang. Default: 2m."),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="BYTES",
        help="A worker that takes more memory (4GiB, 512MiB) is ended. Default: its share of nine tenths of what the machine has.",
    ),
]
Scheduler = Annotated[str | None, typer.Option("--scheduler", metavar="URL", help="A running Dask cluster: tls://HOST:8786.")]


def _allow_insecure(wanted: bool) -> bool:
    from ulpfuzz.fuzzer.engine import cluster

    cluster.insecure_allowed = wanted
    return wanted


InsecureCluster = Annotated[
    bool,
    typer.Option(
        "--insecure-cluster",
        callback=_allow_insecure,
        help="Speak without TLS with a scheduler of another machine: whoever reaches its network runs code there.",
    ),
]
KnownIssuesFile = Annotated[
    Path | None,
    typer.Option(
        "--known-issues", metavar="FILE", envvar="ULPFUZZ_KNOWN_ISSUES",
        help="Your own records of reported issues, beside the packaged ones. Default: known_issues.toml of this folder, if it is there.",
    ),
]  # fmt: skip


def seed_or_drawn(seed: int | None) -> int:
    """The given seed, or one drawn at random."""
    return secrets.randbits(32) if seed is None else seed


def bytes_of(text: str) -> int:
    """A size written as 4GiB, 512MiB or 2GB. Raises UserError in one line."""
    from dask.utils import parse_bytes

    try:
        size = parse_bytes(text.strip())
    except ValueError:
        raise UserError(f"not a size of memory: {text!r}; examples: 4GiB, 512MiB, 2GB") from None
    if size < _LEAST_MEMORY:
        raise UserError(f"a worker needs at least {_LEAST_MEMORY >> 20}MiB of memory: {text!r}")
    return int(size)


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated option."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def checked(ops: str | None, targets: str | None, dtypes: str | None, orders: str | None, budget: str | None) -> dict[str, Any]:
    """The selection, every name of it valid; said before anything slow is imported. Raises UserError, UnknownName."""
    from ulpfuzz.fuzzer.campaign.budget import Budget
    from ulpfuzz.fuzzer.catalog.op import ORDERS
    from ulpfuzz.fuzzer.catalog.registry import select
    from ulpfuzz.fuzzer.formats import UnknownName, format_named
    from ulpfuzz.fuzzer.frameworks.targets.target import targets_named

    if budget is not None:
        Budget.parse(budget)
    select(ops)
    targets_named(targets)
    for dtype in listed(dtypes):
        format_named(dtype)
    for order in listed(orders):
        if order not in ORDERS:
            raise UnknownName("order", order, ORDERS)
    return {"ops": ops, "targets": targets, "dtypes": listed(dtypes), "orders": listed(orders)}


def limits(case_timeout: str | None, memory_limit: str | None) -> dict[str, Any]:
    """What is said of how long a call may take and how much memory a worker may have. Raises UserError."""
    from ulpfuzz.fuzzer.campaign.budget import seconds_of

    return {
        "case_timeout": None if case_timeout is None else seconds_of(case_timeout, "a time that a call may take"),
        "memory_limit": None if memory_limit is None else bytes_of(memory_limit),
    }


def with_db(db: str) -> str:
    """What a command that is suggested needs to find the same store again, a password left out."""
    if db in (DEFAULT_DB, os.environ.get("ULPFUZZ_DB")):
        return ""
    from ulpfuzz.fuzzer.findings.database_url import shown

    return f" --db {shlex.quote(shown(db))}"
