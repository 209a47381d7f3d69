"""Load: a function by its name, as a command line says it: mypackage.kernels:fast_softmax, or kernels.py:fast_softmax."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.backends.expression import described
from ulpfuzz.fuzzer.frameworks.own_functions import OwnFunction

_FORM = "a function is named module:function, for example mypackage.kernels:fast_softmax"


def loaded(name: str) -> OwnFunction:
    """The function of that name; the working folder is searched first. Its module is imported: it is code that the user named. Raises UserError in
    one line, UnknownName with the nearest name of the module."""
    module_name, separator, path = name.strip().partition(":")
    if not separator or not module_name or not path:
        raise UserError(f"{name!r}: {_FORM}")
    module = _module(module_name)
    value: Any = module
    for part in path.split("."):
        found = getattr(value, part, None)
        if found is None:
            raise UnknownName(f"function of {module_name}", path, _callables(value))
        value = found
    if not callable(value):
        raise UserError(f"{name} is no function but {type(value).__name__}")
    function: OwnFunction = value
    return function


def _module(name: str) -> ModuleType:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        return _of_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(f"{name} cannot be imported: {error}; from {here} it is looked for as Python does") from None
    except Exception as error:
        raise UserError(f"{name} cannot be imported: {described(error)}") from None


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UserError(f"no such file: {path}")
    if str(path.parent.resolve()) not in sys.path:
        sys.path.insert(0, str(path.parent.resolve()))  # what it imports beside it
    return importlib.import_module(path.stem)


def _callables(value: Any) -> list[str]:
    return [name for name in dir(value) if not name.startswith("_") and callable(getattr(value, name, None))]
