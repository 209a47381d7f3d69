"""Memory: what the oracle found out of single rows, kept on disk from run to run.

A run starts with the points of the grid, which are the same in every run, and limits, Arb and condition numbers are found a row at a time. What
is kept is a pure function of its key, and the caps count it as if it were computed: verdicts are the same with a full, an empty or no memory.

    keep_in(folder)                                # once in a process; without it nothing is kept or read
    remembered("limit", function, key, compute, form)
    with keeping(): ...                            # what is computed inside is worth keeping
    tabulated("pieces", key, compute, form)        # of no one function: always worth keeping
    save()                                         # after a task

One file for each function, and for each table: a checksum, then what is known, by the hash of what was asked. A file's name is a hash of the
function, of the source of the oracle and of the versions of the libraries it rests on, so what was computed otherwise is never found; a broken file
is as none. Processes need no lock: a file is written under another name and renamed, and of two that write at once one loses its news.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import math
import os
import struct
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.oracles.definitions import definition
from ulpfuzz.oracles.function import Function

T = TypeVar("T")

#: Bytes of a file, and functions whose files one process holds. A first visit fills 2 to 14 kB (measured), at most 97.
FILE_BYTES, FUNCTIONS = 1 << 18, 16
#: Bytes of a table's file, and the share of its entries that must be new before it is written anew: it is read and written as a whole.
TABLE_BYTES, NEWS = 1 << 23, 1 / 16
#: What every file begins with: the form of the files, in its number.
_MAGIC = b"ulpfuzz oracle 1"
_HASH = 16
_LENGTH = struct.Struct("<I")
#: What the oracle's numbers rest on beside its own source.
_LIBRARIES = ("numpy", "mpmath", "gmpy2", "python-flint")


@dataclass(frozen=True)
class Form(Generic[T]):
    """How a result is written: `read(write(result)) == result`, to the bit."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T]


class _Known:
    """What is known of one function, or stands in one table. room: bytes of its file; news: what its file does not have yet."""

    def __init__(self, path: Path, room: int) -> None:
        self.path, self.room = path, room
        self.entries = _read(path)
        self.bytes = sum(map(_size, self.entries.values()))
        self.news: dict[bytes, bytes] = {}

    def learn(self, key: bytes, written: bytes) -> None:
        """Keeps a result, while the file has room: what came first, the grid, stays."""
        if self.bytes + _size(written) <= self.room:
            self.bytes += _size(written)
            self.entries[key] = self.news[key] = written


class _Memory:
    """The state of a process. A file that cannot be written ends the writing: a disk may be full."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.writes = True
        self.depth = 0
        self.held: OrderedDict[Function, _Known] = OrderedDict()
        self.tables: dict[str, _Known] = {}

    def of(self, function: Function) -> _Known | None:
        """What is known of a function; None where nothing is kept of it."""
        if self.folder is None:
            return None
        known = self.held.get(function)
        if known is None:
            name = _name(function)
            if name is None:
                return None
            known = self.held[function] = _Known(self.folder / name[:2] / name, FILE_BYTES)
            while len(self.held) > FUNCTIONS:
                self.save(self.held.popitem(last=False)[1])
        self.held.move_to_end(function)
        return known

    def table(self, name: str) -> _Known | None:
        """A table; None where nothing is kept."""
        if self.folder is None:
            return None
        known = self.tables.get(name)
        if known is None:
            hashed = hashlib.sha256(f"{_source()}\0{name}".encode()).hexdigest()[:32]
            known = self.tables[name] = _Known(self.folder / hashed[:2] / hashed, TABLE_BYTES)
        return known

    def save(self, known: _Known) -> None:
        """Writes the news of one file, beside what other processes have written since."""
        if not known.news or not self.writes:
            return
        entries = _read(known.path)
        size = sum(map(_size, entries.values()))
        for key, written in known.news.items():
            if key not in entries and size + _size(written) <= known.room:
                entries[key] = written
                size += _size(written)
        known.news.clear()
        try:
            _write(known.path, entries)
        except OSError:
            self.writes = False


_memory = _Memory()


def keep_in(folder: Path | None) -> None:
    """Names the folder, which need not exist; None: nothing is kept or read any more. What was learned before is saved where it was."""
    if folder != _memory.folder:
        save()
        _memory.held.clear()
        _memory.tables.clear()
        _memory.folder, _memory.writes = folder, True


@contextmanager
def keeping() -> Iterator[None]:
    """What is computed inside is kept; outside, what is known is read and nothing is kept, for other points do not come again."""
    _memory.depth += 1
    try:
        yield
    finally:
        _memory.depth -= 1


def save() -> None:
    """Writes what was learned and not written yet."""
    for known in _memory.held.values():
        _memory.save(known)
    for known in _memory.tables.values():
        if len(known.news) > NEWS * len(known.entries):
            _memory.save(known)


def remembered(what: str, function: Function, key: bytes, compute: Callable[[], T], form: Form[T], *, keep: bool = False) -> T:
    """What `compute` gives, read back where it is known.

    what, key: name what is computed of the function, with all that it depends on beside the source of the oracle. keep: whether to keep the
    result outside of `keeping` too.
    """
    known = _memory.of(function)
    if known is None:
        return compute()
    asked = hashlib.blake2b(what.encode() + b"\0" + key, digest_size=_HASH).digest()
    written = known.entries.get(asked)
    if written is not None:
        return form.read(written)
    result = compute()
    if keep or _memory.depth:
        known.learn(asked, form.write(result))
    return result


def tabulated(table: str, key: bytes, compute: Callable[[], T], form: Form[T]) -> T:
    """What `compute` gives, read back where it stands in the table. What it gives may depend on the key and the oracle's source alone."""
    known = _memory.table(table)
    if known is None:
        return compute()
    asked = hashlib.blake2b(key, digest_size=_HASH).digest()
    written = known.entries.get(asked)
    if written is not None:
        return form.read(written)
    result = compute()
    known.learn(asked, form.write(result))
    return result


def read_table(table: str) -> None:
    """Reads a table now, so that processes that are forked later share it."""
    _memory.table(table)


def row_key(single: Mapping[str, NDArray[np.float64]]) -> bytes:
    """The names, shapes and bits of one row's inputs."""
    arrays = [(name, np.asarray(values, np.float64)) for name, values in single.items()]
    return b"".join(f"{name}{values.shape}\0".encode() + values.tobytes() for name, values in arrays)


# Forms


def _words(x: np.longdouble) -> bytes:
    """A number as two words of binary64 and an exponent, which hold every bit of x87's extended precision."""
    with np.errstate(all="ignore"):
        part, exponent = np.frexp(np.longdouble(x))
        high = float(part)
        low = float(part - np.longdouble(high)) if math.isfinite(high) else 0.0
    return _WORDS.pack(high, low, int(exponent))


def _number(written: bytes) -> np.longdouble:
    high, low, exponent = _WORDS.unpack(written)
    return np.longdouble(np.ldexp(np.longdouble(high) + np.longdouble(low), exponent))


_WORDS = struct.Struct("<ddi")
#: A number of numpy's extended precision.
EXTENDED: Form[np.longdouble] = Form(_words, _number)


# Files


def _size(written: bytes) -> int:
    return _HASH + _LENGTH.size + len(written)


def _read(path: Path) -> dict[bytes, bytes]:
    """What a file has; nothing where there is none, or another's, or a broken one."""
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    head, body = content[: len(_MAGIC) + _HASH], content[len(_MAGIC) + _HASH :]
    if head != _MAGIC + _checksum(body):
        return {}
    entries, at = {}, 0
    while at < len(body):
        start = at + _HASH + _LENGTH.size
        (length,) = _LENGTH.unpack_from(body, at + _HASH)
        entries[body[at : at + _HASH]] = body[start : start + length]
        at = start + length
    return entries


def _write(path: Path, entries: dict[bytes, bytes]) -> None:
    """Replaces a file as a whole. Raises OSError."""
    body = b"".join(key + _LENGTH.pack(len(written)) + written for key, written in entries.items())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _checksum(body) + body)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(name)
        raise


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH).digest()


# What a function is


def _name(function: Function) -> str | None:
    """The name of its file. None for a definition of another package, whose source, with all that it calls, is not known here."""
    if not getattr(definition(function.definition), "__module__", "").startswith(f"{__package__}."):
        return None
    return hashlib.sha256(f"{_source()}\0{function!r}".encode()).hexdigest()[:32]


@cache
def _source() -> str:
    """A hash of all that the oracle computes by: its source, definitions and arithmetics, Python, and the libraries."""
    total = hashlib.sha256(f"{sys.version} {[_version(name) for name in _LIBRARIES]}".encode())
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""
