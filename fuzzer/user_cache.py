"""The user's cache: the folder of what costs more to compute than to read back. Whatever lies there may be deleted at any time."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: Names the folder; OFF, or empty: nothing outlives the command.
VARIABLE, OFF = "ULPFUZZ_CACHE", "off"
#: Its folders: programs that JAX compiled, the oracle's memory of the grid, and environments with other releases of frameworks (`point.releases`).
JAX, ORACLE, RELEASES = FOLDERS = ("jax", "oracle", "releases")
#: Seconds after which a file that was not used goes.
SECONDS = 60 * 24 * 3600.0
#: Beyond its bytes a folder loses the files used longest ago, down to this share of them: else every command would look for a few.
SHARE = 0.75
#: Seconds between two looks at the bounds, and how long before the last look a file may have been begun that was not finished then.
EACH, BEGUN = 3600.0, 600.0
#: Its time is that of the last look.
_LOOKED = "looked"


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


def empty(environment: Mapping[str, str] = os.environ) -> None:
    """Deletes what ulpfuzz keeps in the user's cache."""
    folder = user_cache(environment)
    if folder is None:
        return
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)


def made(folder: Path) -> bool:
    """Makes the folder, for the user alone (what lies there is trusted, compiled programs too); whether there is one that can be written, and
    by nobody else: one of another user's, or that others may write, is not used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@cache
def machine() -> str:
    """A hash of the model of the CPU and its features, as the system names them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0].splitlines()
    except OSError:
        lines = []
    told = [
        line for line in lines if line.partition(":")[0].strip() in ("vendor_id", "model name", "flags", "Features", "CPU part")
    ]
    return hashlib.sha256("\n".join([platform.machine(), platform.processor(), *told]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _File:
    path: str
    bytes: int
    #: Seconds of the clock: when it was written, and when it was written or read last, as far as the file system says.
    written: float
    used: float


def tidy(folder: Path, most: int, is_broken: Callable[[str], bool] | None = None, now: float | None = None) -> None:
    """Keeps the bounds of `most` bytes and SECONDS in a folder and those below it, and takes out what was not written to its end; at most once
    in EACH seconds. Several processes may do so at once, and others may write. is_broken: says it of the path of a file."""
    now = time.time() if now is None else now
    mark = folder / _LOOKED
    try:
        last = mark.stat().st_mtime
    except OSError:
        last = 0.0
    if 0 <= now - last < EACH:
        return
    try:
        mark.touch()
        os.utime(mark, (now, now))
    except OSError:
        return  # what cannot be written to is somebody else's to bound
    files = sorted(_files(folder), key=lambda file: file.used)
    left = sum(file.bytes for file in files)
    most = most if left <= most else int(most * SHARE)
    for file in files:
        old = now - file.used > SECONDS
        if old or left > most or (is_broken is not None and file.written > last - BEGUN and is_broken(file.path)):
            left -= file.bytes
            _remove(file.path)


def _files(folder: Path) -> Iterator[_File]:
    """The files of a folder and those below it, but the mark."""
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            try:
                found = os.stat(path)
            except OSError:
                continue  # another process took it out
            if name != _LOOKED:
                yield _File(path, found.st_size, found.st_mtime, max(found.st_mtime, found.st_atime))


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return  # it is gone, or somebody else's
