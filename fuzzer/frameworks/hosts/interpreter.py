"""Interpreter: what another Python has installed. It reports that itself, and imports none of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

#: Seconds in which an interpreter says what it has.
_ANSWERS = 60.0
_OLDEST = (3, 10)

_QUESTION = """
import importlib.metadata, importlib.util, json, sys
packages = {}
for module, distributions in json.loads(sys.argv[1]).items():
    try:
        if importlib.util.find_spec(module) is None:
            continue
    except (ImportError, ValueError):
        continue
    packages[module] = "unknown"
    for distribution in distributions:
        try:
            packages[module] = importlib.metadata.version(distribution)
            break
        except importlib.metadata.PackageNotFoundError:
            pass
print(json.dumps({"version": list(sys.version_info[:3]), "packages": packages}))
"""


@dataclass(frozen=True)
class Interpreter:
    """version: of Python. packages: module -> version, of the requested ones that are installed. reason: why it is of no use, or ""."""

    version: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def interpreter(python: str, environment: Mapping[str, str], modules: Mapping[str, Sequence[str]]) -> Interpreter:
    """What that interpreter is, and which of the modules it has; their distributions give the versions. Never raises."""
    requested = json.dumps({module: list(names) for module, names in modules.items()}, sort_keys=True)
    return _queried(python, tuple(sorted(environment.items())), requested)


@cache
def _queried(python: str, environment: tuple[tuple[str, str], ...], modules: str) -> Interpreter:
    if not os.path.isfile(python):
        return Interpreter(reason=f"there is no interpreter {python}")
    if not os.access(python, os.X_OK):
        return Interpreter(reason=f"{python} is not executable")
    # A variable of this process that names this interpreter's folders would be wrong there.
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        done = subprocess.run(
            [python, "-c", _QUESTION, modules], env={**inherited, **dict(environment)}, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=_ANSWERS, check=False,
        )  # fmt: skip
        reply = json.loads(done.stdout)
        version, packages = tuple(reply["version"]), dict(reply["packages"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        return Interpreter(reason=f"{python} does not answer like a Python interpreter ({type(error).__name__})")
    text = ".".join(str(part) for part in version)
    if version < _OLDEST:
        return Interpreter(text, packages, f"{python} is Python {text}; a host needs {_OLDEST[0]}.{_OLDEST[1]} or later")
    return Interpreter(text, packages)
