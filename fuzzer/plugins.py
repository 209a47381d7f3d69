"""Plugins that are no installed packages: modules named in an environment variable, each of which says what it brings.

OPS: records of ops, as the entry point group `ulpfuzz.ops` has them. FRAMEWORKS: name -> "module:factory", as `ulpfuzz.frameworks` has them.
Worker processes inherit the variable.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from types import ModuleType

from ulpfuzz.fuzzer.errors import UserError

#: Names of modules, separated by commas.
VARIABLE = "ULPFUZZ_PLUGINS"


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules. Raises UserError where one cannot be imported."""
    found = []
    for name in filter(None, (part.strip() for part in os.environ.get(VARIABLE, "").split(","))):
        try:
            found.append(importlib.import_module(name))
        except ImportError as error:
            raise UserError(f"{VARIABLE}: {name}: {error}") from None
    return tuple(found)
