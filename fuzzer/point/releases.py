"""Releases: which there are of a framework, and an environment with each, made where there is none and kept in the user's cache."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.targets.registry import BUILTIN
from ulpfuzz.fuzzer.user_cache import RELEASES, SECONDS, made, user_cache

#: Packages whose releases can be searched, and the frameworks that call them: the target numpy calls scipy as well.
PACKAGES = {package: name for name, (_, _, packages) in BUILTIN.items() for package in packages} | {"scipy": "numpy"}
#: Seconds that the index may take to list releases, and an installation.
_LISTED, _INSTALLED = 120.0, 3600.0
#: Written last, with the bytes of the environment, which is not finished without it; its time is that of the last use.
_WHOLE = "ulpfuzz-whole"
#: What all environments may take: some ten of PyTorch's for CPUs, two of those with CUDA.
BYTES = 10 << 30
#: Seconds after its last use in which an environment may be in use: one release is judged in minutes.
BUSY = 6 * 3600.0
EXAMPLE = "for example torch==2.9..2.13 or jax==0.6.2,0.7.0"


class NoRelease(UserError):
    """There is no environment with that release; the message is one line."""


@dataclass(frozen=True)
class Versions:
    """What `--versions` says: a package of the index, its framework, and a list of releases, or the first and the last of a range (both in it;
    2.13 is all of 2.13.*)."""

    package: str
    framework: str
    listed: tuple[str, ...] = ()
    first: str = ""
    last: str = ""

    @classmethod
    def parse(cls, text: str) -> Versions:
        """Raises UserError in one line."""
        package, equals, rest = (part.strip() for part in text.partition("=="))
        framework = PACKAGES.get(package, "")
        if not framework:
            from ulpfuzz.fuzzer.formats import UnknownName

            raise UnknownName("package", package, PACKAGES)
        if not equals or not rest:
            raise UserError(f"--versions {text!r} names no releases; {EXAMPLE}")
        first, dots, last = (part.strip() for part in rest.partition(".."))
        named = [first, last] if dots else [part.strip() for part in rest.split(",") if part.strip()]
        try:
            ordered = sorted(dict.fromkeys(named), key=Version)
        except InvalidVersion as error:
            raise UserError(f"--versions {text!r}: {str(error).lower()}; {EXAMPLE}") from None
        if len(ordered) < 2:
            raise UserError(f"--versions {text!r} names one release, and a search needs two; {EXAMPLE}")
        return cls(package, framework, (), *ordered) if dots else cls(package, framework, tuple(ordered))


def releases_of(versions: Versions) -> list[str]:
    """The releases, rising: those listed, or those of the index for this Python in the range, without pre-releases. Raises UserError."""
    if versions.listed:
        return list(versions.listed)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", versions.package]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_LISTED, check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"the package index did not list {versions.package} within {_LISTED:g} s; {_BY_HAND}") from None
    found = re.search(r"^Available versions: (.*)$", done.stdout, re.MULTILINE)
    if found is None:
        raise UserError(f"the package index does not list {versions.package}: {_last_line(done.stderr)}; {_BY_HAND}")
    chosen = in_range(found[1].split(","), versions.first, versions.last)
    if len(chosen) < 2:
        raise UserError(
            f"the index has {len(chosen)} releases of {versions.package} from {versions.first} to {versions.last} for this Python"
        )
    return chosen


_BY_HAND = "name the releases yourself, jax==0.6.2,0.7.0"


def in_range(names: list[str], first: str, last: str) -> list[str]:
    """Those from first to last, rising, without pre-releases; what is no version is left out. last stands for all that begin with it."""
    low, high = Version(first), Version(last)
    chosen = set[Version]()
    for name in names:
        try:
            version = Version(name.strip())
        except InvalidVersion:
            continue
        within = version <= high or version.release[: len(high.release)] == high.release
        if low <= version and within and not version.is_prerelease:
            chosen.add(version)
    return [str(version) for version in sorted(chosen)]


def python_with(package: str, release: str) -> str:
    """The interpreter of an environment with that release and what a host needs beside it, made by uv where there is one, else by venv and pip;
    kept in the user's cache by release and Python, within bounds (`sweep`), or, where nothing is kept, in a folder that goes with this process.

    Raises NoRelease where it cannot be made.
    """
    folder = _folder() / f"{package}-{Version(release)}-py{sys.version_info.major}.{sys.version_info.minor}"
    python, mark = folder / "bin" / "python", folder / _WHOLE
    sweep(folder.parent)
    with _alone(folder):
        if not mark.is_file() or not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                _make(folder, python, package, f"{package}=={Version(release)}")
                mark.write_text(str(_bytes_of(folder)))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        os.utime(mark)
    return str(python)


def sweep(folder: Path, now: float | None = None) -> None:
    """Removes environments that were not used for as long as the cache keeps anything, of the others those used longest ago until they take BYTES at
    most, and what a killed process left unfinished. What was used, or begun, within BUSY seconds stays, whatever it takes: another process may
    use it."""
    now = time.time() if now is None else now
    found = [_Kept.of(path) for path in folder.iterdir() if path.is_dir()]
    left = sum(kept.bytes for kept in found)
    for kept in sorted(found, key=lambda kept: kept.used):
        idle = now - kept.used
        if idle > BUSY and (idle > SECONDS or left > BYTES or not kept.whole) and _removed(kept.path):
            left -= kept.bytes


@dataclass(frozen=True)
class _Kept:
    """An environment: its bytes, when it was used last (of one that is not whole: when it was begun), by the clock of the file system."""

    path: Path
    bytes: int
    used: float
    whole: bool

    @classmethod
    def of(cls, path: Path) -> _Kept:
        mark = path / _WHOLE
        try:
            size = mark.read_text()
            return cls(path, int(size) if size.isdigit() else _bytes_of(path), mark.stat().st_mtime, True)
        except OSError:
            return cls(path, 0, path.stat().st_mtime if path.exists() else 0.0, False)


def _removed(folder: Path) -> bool:
    """Removes an environment, unless a process makes it now."""
    try:
        with _alone(folder, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return False
    return not folder.exists()


def _bytes_of(folder: Path) -> int:
    sizes = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                sizes += os.lstat(os.path.join(at, name)).st_size
    return sizes


def _make(folder: Path, python: Path, package: str, requirement: str) -> None:
    beside = ("numpy", "ml_dtypes", *(["scipy"] if PACKAGES[package] == "numpy" else []))
    needed = [requirement, *(name for name in beside if name != package)]
    uv = shutil.which("uv")
    if uv:
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], requirement)
        _run([uv, "pip", "install", "--quiet", "--python", str(python), *needed], requirement)
    else:
        _run([sys.executable, "-m", "venv", str(folder)], requirement)
        _run([str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *needed], requirement)


def _run(command: list[str], requirement: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_INSTALLED, check=False
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRelease(f"no environment with {requirement}: {error}") from None
    if done.returncode:
        raise NoRelease(f"no environment with {requirement}: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    """What a program said last, for people; errors of pip begin with ERROR."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "it says nothing")[:300]


_temporary: list[tempfile.TemporaryDirectory[str]] = []


def _folder() -> Path:
    kept = user_cache()
    if kept is not None and made(kept / RELEASES):
        return kept / RELEASES
    if not _temporary:
        _temporary.append(tempfile.TemporaryDirectory(prefix="ulpfuzz-releases-"))
    return Path(_temporary[0].name)


@contextmanager
def _alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Of several processes that want the same environment one makes it, and the others wait, or get OSError."""
    with open(f"{folder}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
