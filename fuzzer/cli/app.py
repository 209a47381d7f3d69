"""The application: its commands, and how every failure is reported: one line on stderr, exit status 2, no traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from ulpfuzz.fuzzer.cli import (
    bisect,
    coverage,
    db,
    deepstability,
    defects,
    inspect,
    probe,
    report,
    run,
    schema,
    sweep,
    trace,
    triage,
    trust,
    work,
)
from ulpfuzz.fuzzer.cli.failure import told
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.fuzzer.passwords import without_passwords
from ulpfuzz.fuzzer.signals import exit_status, lasting_output, unwritten

#: Set to 1, exceptions come with their tracebacks.
DEBUG = "ULPFUZZ_DEBUG"
#: typer's exceptions with a message for the user, wherever it takes them from: its base class of all usage errors.
_USAGE: Any = typer.BadParameter.__mro__[2]


class Commands(TyperGroup):
    """The group of all commands. Turns exceptions into one line and an exit status: 2 for errors, 128 and the signal's number
    after Ctrl-C (130), SIGTERM and SIGHUP."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        given = _normalised(list(sys.argv[1:] if args is None else args)) or ["--help"]
        options["standalone_mode"] = False
        options["prog_name"] = "ulpfuzz"
        try:
            status = super().main(given, *rest, **options)
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_closed_pipe()
        except Exception as error:
            if os.environ.get(DEBUG) == "1":
                raise
            _fail(error)
        except KeyboardInterrupt:
            print("ulpfuzz: interrupted", file=sys.stderr)
            sys.exit(exit_status())
        for name, broken in unwritten.items():
            if not isinstance(broken, BrokenPipeError):
                print(f"ulpfuzz: {name} could not be written: {broken.strerror}; the run is kept", file=sys.stderr)
                sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # caught here, because typer would end with 1
            _leave_closed_pipe()


def _leave_closed_pipe() -> NoReturn:
    """Ends well: who read has seen enough, as in `ulpfuzz findings | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


#: Options as they were written before every command wrote them alike: they still work, and no help shows them.
_OLD_SPELLINGS = {"--op": "--ops", "--dtype": "--dtypes", "--target": "--targets", "--order": "--orders"}


def _normalised(args: list[str]) -> list[str]:
    """The arguments with old spellings of options as today's; `--resume` alone means `--resume latest`."""
    written = []
    for i, argument in enumerate(args):
        if argument == "--resume" and (i + 1 == len(args) or args[i + 1].startswith("-")):
            argument = "--resume=latest"
        option, equals, value = argument.partition("=")
        written.append(_OLD_SPELLINGS.get(option, option) + equals + value)
    return written


def _fail(error: Exception) -> NoReturn:
    print(f"ulpfuzz: {one_line(without_passwords(_line(error)))}", file=sys.stderr)
    sys.exit(2)


def _line(error: Exception) -> str:
    """What the user needs to know of an exception, in one line."""
    if isinstance(error, _USAGE):
        return " ".join(error.format_message().split())
    if isinstance(error, typer.Abort):
        return "interrupted"
    return told(error)


app = typer.Typer(
    cls=Commands, name="ulpfuzz", pretty_exceptions_enable=False, rich_markup_mode="rich",
    help="Finds numerically unstable implementations in PyTorch, TensorFlow and JAX; proves each against the exact result.",
    epilog=f"Errors are one line and exit status 2; {DEBUG}=1 shows the traceback.",
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        import ulpfuzz

        print(f"ulpfuzz {ulpfuzz.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


for _panel, _commands in (
    ("Fuzz", (run.run, run.nightly, work.work, sweep.sweep, deepstability.deepstability)),
    (
        "Look",
        (
            defects.defects,
            triage.triage,
            inspect.findings,
            inspect.show,
            report.repro,
            report.report,
            report.compare,
            bisect.bisect,
        ),
    ),
    (
        "Ask",
        (
            probe.probe,
            probe.judge,
            trace.trace,
            inspect.ops,
            inspect.targets,
            trust.trust,
            coverage.coverage,
            sweep.facts,
            schema.schema,
        ),
    ),
):
    for _command in _commands:
        # What has a run to keep, and an exit status that tells of it, does both whoever reads on.
        app.command(rich_help_panel=_panel)(lasting_output()(_command) if _panel == "Fuzz" else _command)
app.add_typer(db.app, name="db", rich_help_panel="Look")
