"""What `--json` prints: one way for all commands, so that what is printed and what its schema says cannot part."""

from __future__ import annotations

from typing import Any


def print_json(contract: str, value: Any) -> None:
    """Prints a value as strict JSON in one line. contract: the name of its schema (contracts.CONTRACTS)."""
    print(json_text(contract, value))


def json_text(contract: str, value: Any) -> str:
    """The strict JSON text of a value. The tests compare every text with the schema of its contract here."""
    from ulpfuzz.fuzzer.findings.strict_json import to_json

    return to_json(value)
