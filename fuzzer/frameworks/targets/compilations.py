"""Compilations: what JAX compiles is kept between runs, in the user's cache, within bounds.

JAX writes and reads the folder itself (JAX, "Persistent compilation cache"). Its own bound, jax_compilation_cache_max_size, looks at every file
at every write, under a lock, and stops writing for good where a process was killed between two files; so the bounds are kept here, once in a
command. JAX writes in place: what a killed process left unfinished would never be replaced, so it is looked for here too.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import os
import platform
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from ulpfuzz.fuzzer.user_cache import made, user_cache

#: JAX's variables: the folder, and the seconds from which a compilation is kept (by default one: no op of eager mode takes that long).
COMPILATIONS, _KEPT_FROM = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
#: The bounds of the folder: bytes in files, and seconds since a file was last used. A program has 6 kB (measured: 1.7 MB in 275), so all cells of
#: the catalogue take a third of the bytes.
BYTES, SECONDS = 1 << 30, 60 * 24 * 3600.0
#: Beyond BYTES the files used longest ago go, down to this share of it: else every command would look for a few.
SHARE = 0.75
#: Seconds between two looks at the bounds, and how long before the last look a file may have been begun that was not finished then.
EACH, BEGUN = 3600.0, 600.0
#: Its time is that of the last look.
_LOOKED = "looked"


def keep_compilations(environment: MutableMapping[str, str]) -> None:
    """Names the folder of JAX's programs in the variables, which JAX reads when it is imported; processes started from here share it.

    A folder that the user named (JAX_COMPILATION_CACHE_DIR) is left to the user. Without a cache of the user's the folder ends with this process.
    """
    environment.setdefault(_KEPT_FROM, "0")
    if COMPILATIONS in environment:
        return
    cache = user_cache(environment)
    folder = None if cache is None else cache / "jax" / _of_this_machine()
    if cache is None or folder is None or not made(folder):
        environment[COMPILATIONS] = tempfile.mkdtemp(prefix="ulpfuzz-jax-")
        atexit.register(shutil.rmtree, environment[COMPILATIONS], ignore_errors=True)
        return
    environment[COMPILATIONS] = str(folder)
    tidy(cache / "jax")


def _of_this_machine() -> str:
    """jaxlib's version and a hash of the CPU: XLA compiles for its features, and programs for others may end the process."""
    try:
        version = importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    return f"{version}-{hashlib.sha256(_cpu().encode()).hexdigest()[:16]}"


def _cpu() -> str:
    """The model of the CPU and its features, as the system names them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0].splitlines()
    except OSError:
        lines = []
    told = [
        line for line in lines if line.partition(":")[0].strip() in ("vendor_id", "model name", "flags", "Features", "CPU part")
    ]
    return "\n".join([platform.machine(), platform.processor(), *told])


@dataclass(frozen=True)
class _File:
    path: str
    bytes: int
    #: Seconds of the clock: when it was written, and when it was written or read last, as far as the file system says.
    written: float
    used: float


def tidy(folder: Path, now: float | None = None) -> None:
    """Keeps the bounds of BYTES and SECONDS in a folder and those below it, and takes out what was not written to its end; at most once in
    EACH seconds. Several processes may do so at once, and others may write."""
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
    most = BYTES if left <= BYTES else int(BYTES * SHARE)
    for file in files:
        old = now - file.used > SECONDS
        if old or left > most or (file.written > last - BEGUN and _is_broken(file.path)):
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


def _is_broken(path: str) -> bool:
    """Whether a program was not written to its end. JAX compresses each with zlib, or with zstd where Python has it, whose frames it does not
    read itself: of those only an empty file shows."""
    if not path.endswith("-cache"):
        return False
    try:
        with open(path, "rb") as file:
            written = file.read()
    except OSError:
        return False
    if written[:1] != b"\x78":
        return not written
    stream = zlib.decompressobj()
    try:
        stream.decompress(written)
    except zlib.error:
        return True
    return not stream.eof


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return  # it is gone, or somebody else's
