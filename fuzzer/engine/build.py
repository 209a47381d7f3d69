"""Build: what tells two installations of one version apart."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import ulpfuzz

#: Folders and endings of what an installation makes by itself.
_MADE = ("__pycache__",)
_COMPILED = (".pyc", ".pyo")


@cache
def build() -> str:
    """Sixteen hexadecimal digits of the package's files, names and contents (SHA-256), whatever folder it lies in and whatever was compiled. Takes
    20 ms, once a process: 3.3 MB in 520 files."""
    return digest_of(Path(ulpfuzz.__file__).parent)


def digest_of(package: Path) -> str:
    """See `build`. The folders of a clone are links."""
    digest = hashlib.sha256()
    for folder, inner, names in os.walk(package, followlinks=True):
        inner[:] = sorted(name for name in inner if name not in _MADE)
        for name in sorted(name for name in names if not name.endswith(_COMPILED)):
            path = Path(folder, name)
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]
