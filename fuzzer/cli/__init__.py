"""The command line: parse, call, print. Every command imports what it needs when it runs, so that starting is quick."""

from __future__ import annotations


def main() -> None:
    """The entry point of the `ulpfuzz` command; ends the process with the command's exit status."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # silent, until the rest can be imported
    from ulpfuzz.fuzzer.signals import leave, listen

    listen()
    try:
        from ulpfuzz.fuzzer.cli.app import app

        app()
    except KeyboardInterrupt:  # before or after what the application catches
        leave("ulpfuzz: interrupted")
    except SystemExit as leaving:
        leave(status=leaving.code)
        raise
