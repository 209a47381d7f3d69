"""Outputs: the files and the message that a run leaves for a team's tools: SARIF, JUnit XML, a summary, a command that is told of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ulpfuzz.fuzzer.cli.options import with_db
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.reports.model import Report

#: Seconds that a command of `--notify` may take.
NOTIFIED = 60.0
#: Characters of what a failing command says that are shown.
_SAID = 200

Sarif = Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Write the defects as SARIF 2.1.0, too.")]
Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the defects as JUnit XML, too: new ones fail.")
]
Summary = Annotated[Path | None, typer.Option("--summary", metavar="FILE", help="Write one screen of Markdown, too.")]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="COMMAND",
        help="Run it at the end, without a shell: the summary on its standard input, counts in ULPFUZZ_NEW, ULPFUZZ_FIXED, ...",
    ),
]


@dataclass(frozen=True)
class Outputs:
    """What is to be written beside a report. db: the URL of the store, for the commands that the summary names."""

    sarif: Path | None = None
    junit: Path | None = None
    summary: Path | None = None
    notify: tuple[str, ...] = ()
    db: str = ""

    @property
    def wanted(self) -> bool:
        return bool(self.sarif or self.junit or self.summary or self.notify)

    def write(self, report: Report, folder: Path | None = None) -> None:
        """Writes the files and tells the command. folder: where the report lies; default: beside the SARIF file. Raises ReportError where a
        file cannot be written; what a command does is a warning at most."""
        from ulpfuzz.reports import junit, sarif, summary
        from ulpfuzz.reports.writer import write_file

        screen = summary.render(report, with_db(self.db) if self.db else "")
        if self.sarif is not None:
            place = os.path.relpath(folder, self.sarif.parent) if folder is not None else ""
            write_file(self.sarif, sarif.render(report, "" if place == "." else place))
        if self.junit is not None:
            write_file(self.junit, junit.render(report))
        if self.summary is not None:
            write_file(self.summary, screen)
        if self.notify:
            told = {"RUN": report.run.id, "STATE": report.run.state, **summary.counts(report)}
            environment = {f"ULPFUZZ_{name.upper()}": str(value) for name, value in told.items()}
            if warning := notified(self.notify, screen, environment):
                print(warning, file=sys.stderr)


def outputs(
    sarif: Path | None = None, junit: Path | None = None, summary: Path | None = None, notify: str | None = None, db: str = ""
) -> Outputs:
    """The outputs that the options name. Raises UserError in one line for a file that cannot be written and for a command that there is none of:
    said before the work, not after a night of it."""
    for option, path in (("--sarif", sarif), ("--junit", junit), ("--summary", summary)):
        if path is not None:
            _writable(option, path)
    return Outputs(sarif, junit, summary, _command(notify) if notify is not None else (), db)


def _writable(option: str, path: Path) -> None:
    place = path if path.exists() else path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    if path.is_dir():
        raise UserError(f"{option} {path}: is a folder, and must be a file")
    if not path.exists() and not place.is_dir():
        raise UserError(f"{option} {path}: {place} is a file")
    if not os.access(place, os.W_OK):
        raise UserError(f"{option} {path}: {place} is not writable")


def _command(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UserError(f"--notify {text!r} is no command: {str(error).lower()}") from None
    if not words:
        raise UserError("--notify names no command")
    if shutil.which(words[0]) is None:
        raise UserError(f"--notify: there is no program {words[0]!r} on the PATH")
    return words


def notified(command: tuple[str, ...], text: str, environment: Mapping[str, str], seconds: float = NOTIFIED) -> str:
    """Runs a command, the text on its standard input; "" where it ended well, else a warning of one line. Never raises for what it does.

    What it prints is dropped, so that `--json` stays JSON. It and its children are ended where it takes longer than that.
    """
    name = os.path.basename(command[0])
    # Files and not pipes: nobody waits for a reader that does not read, nor for a grandchild that keeps a pipe open.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(text.encode("utf-8", "backslashreplace"))
        given.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"warning: --notify: {name} did not start: {getattr(error, 'strerror', None) or error}"
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return f"warning: --notify: {name} did not end within {seconds:g} s and was ended"
        except BaseException:
            _end(process)
            raise
        if status == 0:
            return ""
        said.seek(0)
        words = " ".join(said.read(10_000).decode("utf-8", "replace").split())
        from ulpfuzz.fuzzer.findings.one_line import one_line

        how = f"exit status {status}" if status > 0 else f"signal {-status}"
        return f"warning: --notify: {name} ended with {how}" + (f": {one_line(words, _SAID)}" if words else "")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
