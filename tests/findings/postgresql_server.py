"""A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket in it, run by a user that is not root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

#: Where Debian keeps the programs of a server, which are not on the PATH.
DEBIAN = Path("/usr/lib/postgresql")
#: The user as which Debian's package runs a server; PostgreSQL refuses root.
USER = "postgres"


class NoServer(Exception):
    """No server can be started here; says why."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database, as long as the context lasts. Raises NoServer."""
    programs = _programs()
    as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="ulpfuzz-pg-", dir="/tmp"))  # a socket's path has room for some hundred characters
    try:
        if as_user:
            shutil.chown(folder, USER)
        data = folder / "data"

        def run(program: str, *arguments: str) -> None:
            command = [*as_user, str(programs / program), *arguments]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)
            if done.returncode:
                raise NoServer(f"{program}: {(done.stderr or done.stdout).strip()}")

        run("initdb", "-D", str(data), "-A", "trust", "-U", "ulpfuzz", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        started = subprocess.run(
            [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, timeout=120, check=False,
        )  # fmt: skip
        if started.returncode:
            raise NoServer(f"pg_ctl: {(folder / 'log').read_text() if (folder / 'log').exists() else 'no log'}")
        try:
            run("createdb", "-h", str(folder), "-U", "ulpfuzz", "tests")
            yield f"postgresql://ulpfuzz@/tests?host={quote(str(folder), safe='')}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder with initdb and pg_ctl. Raises NoServer."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise NoServer("no psycopg: pip install 'ulpfuzz[postgresql]'") from None
    on_path = shutil.which("initdb")
    if on_path and shutil.which("pg_ctl"):
        return Path(on_path).resolve().parent
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0)
    if not found:
        raise NoServer("no PostgreSQL server program here (Debian package postgresql)")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        raise NoServer("PostgreSQL refuses root, and there is no runuser")
    return found[-1].parent
