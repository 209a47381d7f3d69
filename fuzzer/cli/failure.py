"""Failure: what the user reads of an exception, in one line; of a fault of ours, where its traceback is kept."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import traceback

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.passwords import without_passwords


def told(error: Exception) -> str:
    """The line: a UserError's own message, a framework's that does not start, the system's about a file; else an internal error, what it is
    called, and the file that holds its traceback. No password of a URL stands in it."""
    text = without_passwords(" ".join(str(error).split()))
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else text or type(error).__name__
    if _is_users(error):
        return text or type(error).__name__
    what = f"internal error: {type(error).__name__}" + (f": {text}" if text else "")
    return f"{what}; please report this to ulpfuzz with {_kept(error)}"


def _is_users(error: Exception) -> bool:
    from ulpfuzz.fuzzer.frameworks.framework import FrameworkError

    return isinstance(error, (UserError, FrameworkError))


def _kept(error: Exception) -> str:
    """Where the traceback is: a file that only this user can read, made anew, or standard error where none can be made."""
    import ulpfuzz

    about = f"ulpfuzz {ulpfuzz.__version__}, Python {platform.python_version()}, {platform.platform()}"
    trace = "".join(traceback.format_exception(error))
    whole = without_passwords(f"{about}\n{shlex.join(sys.argv)}\n\n{trace}")
    try:
        descriptor, path = tempfile.mkstemp(prefix="ulpfuzz-", suffix=".traceback")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(whole)
    except OSError:
        print(whole, file=sys.stderr)
        return "the traceback above"
    return f"the traceback in {path}"
