"""File names: what a name that was read from a database becomes where a file is named after it."""

from __future__ import annotations

import hashlib
import re

#: Characters of a name beside its suffix; file systems take 255 bytes.
LONGEST = 120
_OTHER = re.compile(r"[^A-Za-z0-9._-]")


def file_name(name: str, suffix: str = "") -> str:
    """The name as one part of a path: letters, digits and `._-` alone, not hidden, at most LONGEST characters before the suffix.

    A name that is so already is kept. Of every other one the rest is replaced, and a hash of the whole is added: two names never become one.
    """
    kept = _OTHER.sub("_", name).lstrip(".-")[:LONGEST]
    if kept == name and kept:
        return kept + suffix
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{kept[: LONGEST - 17]}-{mark}{suffix}" if kept else f"{mark}{suffix}"
