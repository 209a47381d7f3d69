"""The user's cache: the folder of what costs more to compute than to read back. Whatever lies there may be deleted at any time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

#: Names the folder; OFF, or empty: nothing outlives the command.
VARIABLE, OFF = "ULPFUZZ_CACHE", "off"


def user_cache(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder, which need not exist: that of ULPFUZZ_CACHE, or else ulpfuzz in the user's caches; None where nothing is to be kept.

    The user's caches are $XDG_CACHE_HOME (XDG Base Directory Specification; a relative path counts as none), ~/Library/Caches on macOS
    (Apple, File System Programming Guide), else ~/.cache.
    """
    named = environment.get(VARIABLE)
    if named is not None:
        return None if named.strip().lower() in ("", OFF) else Path(named).expanduser().absolute()
    caches = Path(environment.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():
        home = Path(environment.get("HOME") or os.path.expanduser("~"))
        caches = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return caches / "ulpfuzz" if caches.is_absolute() else None


def made(folder: Path) -> bool:
    """Makes the folder, for the user alone (what lies there is trusted, compiled programs too); whether there is one that can be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
