"""The command line: parse, call, print. Every command imports what it needs when it runs, so that starting is quick."""

from __future__ import annotations


def main() -> None:
    """The entry point of the `ulpfuzz` command; ends the process with the command's exit status."""
    from ulpfuzz.fuzzer.cli.app import app

    app()
