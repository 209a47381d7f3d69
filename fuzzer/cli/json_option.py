"""Options that are JSON objects: written on the command line, in a file (`@point.json`), or on standard input (`-`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.errors import UserError

INPUTS_EXAMPLE = """for example '{"x": [1e30, "0x1.8p-3", "inf"]}'"""
#: What the options say of it.
FORMS = "JSON, @FILE or -"


def json_object(option: str, text: str | None, *, exact: bool = False) -> dict[str, Any]:
    """The JSON object of an option; {} where it is not given.

    text: the object itself; `@FILE`, a file that holds it; or `-`, standard input. exact: numbers as the strings they are written as, so that
    each is rounded once, to the format it is meant for. Raises UserError in one line.
    """
    if not text:
        return {}
    written, source = _read(option, text)
    keep: dict[str, Any] = {"parse_float": str, "parse_int": str} if exact else {}
    try:
        value = json.loads(written, parse_constant=lambda name: name if exact else float(name), **keep)
    except (json.JSONDecodeError, RecursionError) as error:
        file = f"; the file is meant by @{text}" if not source and Path(text).is_file() else ""
        raise UserError(f"{option}{source} is not JSON: {error}{file}; {INPUTS_EXAMPLE}") from None
    if not isinstance(value, dict):
        raise UserError(f"{option}{source} is not a JSON object; {INPUTS_EXAMPLE}")
    return value


def _read(option: str, text: str) -> tuple[str, str]:
    """What is to be parsed, and where it comes from, in words. Raises UserError."""
    if text == "-":
        return _decoded(option, " of standard input", sys.stdin.buffer.read()), " of standard input"
    if not text.startswith("@"):
        return text, ""
    path, source = Path(text[1:]), f" of {text[1:]}"
    try:
        return _decoded(option, source, path.read_bytes()), source
    except OSError as error:
        raise UserError(f"{option} {text}: {nearest_file(path, error)}; {FORMS}") from None


def _decoded(option: str, source: str, written: bytes) -> str:
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{option}{source} is not JSON: no text in UTF-8") from None


def nearest_file(path: Path, error: OSError) -> str:
    """Why a file cannot be read; where there is none of the name, the nearest that there is."""
    import difflib

    reason = (error.strerror or str(error)).lower()
    folder = path.parent
    if not isinstance(error, FileNotFoundError) or not folder.is_dir():
        return reason
    near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir() if entry.is_file()], 1)
    return reason + (f", did you mean @{folder / near[0]}?" if near else "")
