"""Compilations: what JAX compiles is kept between runs, in the user's cache, within bounds.

JAX writes and reads the folder itself (JAX, "Persistent compilation cache"). Its own bound, jax_compilation_cache_max_size, looks at every file
at every write, under a lock, and stops writing for good where a process was killed between two files; so the bounds are kept here
(user_cache.tidy). JAX writes in place: what a killed process left unfinished would never be replaced, so it is looked for here too.
"""

from __future__ import annotations

import atexit
import importlib.metadata
import shutil
import zlib
from collections.abc import MutableMapping

from ulpfuzz.fuzzer.own_folders import new_folder
from ulpfuzz.fuzzer.user_cache import JAX, machine, made, tidy, user_cache

#: JAX's variables: the folder, and the seconds from which a compilation is kept (by default one: no op of eager mode takes that long).
COMPILATIONS, _KEPT_FROM = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
#: Bytes of the folder. A program has 4 kB, and a first visit compiles ten (measured): all cells take half of them at most.
BYTES = 1 << 30


def keep_compilations(environment: MutableMapping[str, str]) -> None:
    """Names the folder of JAX's programs in the variables, which JAX reads when it is imported; processes started from here share it.

    A folder that the user named (JAX_COMPILATION_CACHE_DIR) is left to the user. Without a cache of the user's the folder ends with this process.
    """
    environment.setdefault(_KEPT_FROM, "0")
    if COMPILATIONS in environment:
        return
    cache = user_cache(environment)
    folder = None if cache is None else cache / JAX / _of_this_machine()
    if cache is None or folder is None or not made(folder):
        environment[COMPILATIONS] = new_folder("jax")
        atexit.register(shutil.rmtree, environment[COMPILATIONS], ignore_errors=True)
        return
    environment[COMPILATIONS] = str(folder)
    tidy(cache / JAX, BYTES, _is_broken)


def _of_this_machine() -> str:
    """jaxlib's version and a hash of the CPU: XLA compiles for its features, and programs for others may end the process."""
    try:
        version = importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    return f"{version}-{machine()}"


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
