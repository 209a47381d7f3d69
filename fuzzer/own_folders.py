"""Folders: temporary folders that say whose they are, so that what a killed process left is removed by the next run.

The name holds the process that made it: the machine since it started, and there the namespace of process ids (containers may share a folder for
temporary files, and see each other's processes not at all), then the process's id and its start, for ids are used again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

#: What a folder is of.
KINDS = ("fork", "host", "jax", "dask")
#: Where folders lie whose path must be short.
SHORT = "/tmp"
_NAME = re.compile(rf"ulpfuzz-(?:{'|'.join(KINDS)})-([0-9a-f]{{8}})-(\d+)-(\d+)-.+")


def new_folder(kind: str, *, longest: int | None = None) -> str:
    """A new temporary folder of this process, which only its user can open. longest: characters that its path may have, for a socket's is short
    by the system's rule (108 bytes); where it would be longer it lies in SHORT."""
    pid = os.getpid()
    prefix = f"ulpfuzz-{kind}-{_realm()}-{pid}-{_started(pid) or 0}-"
    folder = tempfile.mkdtemp(prefix=prefix)
    if longest is not None and len(os.fsencode(folder)) > longest:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix=prefix, dir=SHORT)
    return folder


def sweep(*, own: bool = False) -> list[str]:
    """Removes the folders of this user whose process is dead, and those of this process where `own`; their paths. Folders of another machine or
    another namespace of process ids are left, for nobody here knows who lives there."""
    removed = []
    places = dict.fromkeys((tempfile.gettempdir(), SHORT))
    for path in (path for place in places for path in Path(place).glob("ulpfuzz-*")):
        name = _NAME.fullmatch(path.name)
        if name is None or name[1] != _realm() or not _is_ours(path):
            continue
        pid, started = int(name[2]), int(name[3])
        if _started(pid) == started and not (own and pid == os.getpid()):
            continue
        shutil.rmtree(path, ignore_errors=True)
        removed.append(str(path))
    return removed


def _is_ours(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.lstat().st_uid == os.getuid() and path.is_dir() and not path.is_symlink()
    return False


@cache
def _realm() -> str:
    """A hash of what a process id means something in."""
    told = [os.uname().nodename]
    with contextlib.suppress(OSError):
        told = [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]


def _started(pid: int) -> int | None:
    """When a process started, in a unit of the system's; None where there is none, or only what is left of one."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[19])
    if Path("/proc/self/stat").exists():
        return None
    import psutil

    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).create_time() * 100)
    return None
