"""Trust: which ulpfuzz.toml of a working folder may start programs. The user allows a file as it stands; changed, it must be allowed again."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ulpfuzz.fuzzer.errors import UserError

#: A line for each file that was allowed: the sha256 of its content, a blank, its path.
_ALLOWED = "trusted"


def user_settings(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the user's own settings: ulpfuzz in $XDG_CONFIG_HOME (XDG Base Directory Specification; a relative path counts as none), in
    ~/Library/Application Support on macOS, else in ~/.config."""
    named = Path(environment.get("XDG_CONFIG_HOME", ""))
    if named.is_absolute():
        return named / "ulpfuzz"
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    return home / ("Library/Application Support" if sys.platform == "darwin" else ".config") / "ulpfuzz"


def is_allowed(path: str, content: bytes) -> bool:
    """Whether the user has allowed that file with that content. A list that somebody else may write allows nothing."""
    listed = user_settings() / _ALLOWED
    try:
        if any(not _own(place) for place in (listed.parent, listed)):
            return False
        return _line(path, content) in listed.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def allow(path: str, content: bytes) -> None:
    """Notes that the user has allowed the file as it stands. Raises UserError where that cannot be kept."""
    listed = user_settings() / _ALLOWED
    line = _line(path, content)
    if is_allowed(path, content):
        return
    try:
        listed.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _own(listed.parent) or (listed.exists() and not _own(listed)):
            raise UserError(f"{listed} can be written by others, or belongs to one; it allows nothing")
        with os.fdopen(os.open(listed, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    except OSError as error:
        raise UserError(f"cannot keep it in {listed}: {error.strerror or error}") from None


def _line(path: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()} {os.path.realpath(path)!r}"


def _own(place: Path) -> bool:
    """Whether it is the user's, and nobody else can write it. On Windows the folder of a user is."""
    if not hasattr(os, "getuid"):
        return True
    found = place.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
