"""Options that are arrays: written in JSON, in files (`@x.npy`, `x=@run.npz:logits,weight=@w.npy`), or on standard input (`-`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.cli.json_option import FORMS, json_object, nearest_file
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.point.array_files import Arrays, read_arrays, read_file, written
from ulpfuzz.fuzzer.point.named_arrays import array_named, merged

_NAMED = re.compile(r"([A-Za-z_]\w*)=@?(.+)", re.DOTALL)
_JSON = ("{", "[", '"')


def arrays_option(option: str, text: str, *, bare: bool = False) -> Arrays:
    """The arrays of an option.

    text: a JSON object of numbers by name; `@FILE` or `@FILE:KEY`, an array of a file; `NAME=@FILE[:KEY]`, several of them separated by commas; or
    `-`, standard input. bare: a file may be written without @. Raises UserError in one line.
    """
    if text == "-":
        source = f"{option} of standard input"
        return read_arrays(read_file(sys.stdin.buffer, source), source)
    if text.startswith("@"):
        return _file(option, text[1:])
    parts = [_NAMED.fullmatch(part.strip()) for part in text.split(",")]
    if all(parts) and not Path(text).exists():
        return merged(option, {match[1]: _one(option, match[2]) for match in parts if match})
    if not bare:
        return Arrays(option, json_object(option, text, exact=True))
    return written(text.encode(), option) if text.lstrip().startswith(_JSON) else _file(option, text)


def _one(option: str, text: str) -> Any:
    arrays = _file(option, text)
    if len(arrays.arrays) != 1:
        raise UserError(
            f"{arrays.source} holds {', '.join(list(arrays.arrays)[:8]) or 'no array'}; {text}:KEY says which is meant"
        )
    return next(iter(arrays.arrays.values()))


def _file(option: str, text: str) -> Arrays:
    """What a file holds, or its array of a key."""
    path, _, key = text.rpartition(":")
    whole = not path or Path(text).exists()
    source = f"{option} of {text if whole else path}"
    try:
        arrays = read_arrays(read_file(text if whole else path, source), source)
    except OSError as error:
        raise UserError(f"{option} @{text}: {nearest_file(Path(text if whole else path), error)}; {FORMS}") from None
    return arrays if whole else Arrays(arrays.source, {key: array_named(arrays, key)}, named=False)
