"""Guess: which framework a function is of, by its type, its decorators and the names that its code reads; and what it is called. Imports none."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType

from ulpfuzz.fuzzer.errors import UserError

#: The framework of packages, by their first name.
PACKAGES = {
    "torch": "torch", "triton": "torch", "torchvision": "torch", "jax": "jax", "jaxlib": "jax", "flax": "jax", "equinox": "jax",
    "tensorflow": "tensorflow", "keras": "tensorflow", "tensorflow_probability": "tensorflow", "numpy": "numpy", "scipy": "numpy",
}  # fmt: skip
#: How deep functions that a function calls are read.
DEPTH = 4


def framework_guessed(function: object) -> str:
    """One of torch, tensorflow, jax and numpy: that which its code names, else that which its module imports. Raises UserError where nothing shows,
    or more than one of the first three."""
    found = dict.fromkeys(_frameworks(function, DEPTH, set())) or dict.fromkeys(_beside(function))
    large = [name for name in found if name != "numpy"]
    if len(large) == 1:
        return large[0]
    if not large and found:
        return "numpy"
    name = display_name(function)
    seen = f"it names {', '.join(large)}" if large else "it names none"
    raise UserError(f"which framework's function is {name}? {seen}; say framework='torch', 'tensorflow', 'jax' or 'numpy'")


def display_name(function: object) -> str:
    """What its author calls a function: the end of its qualified name, or the class of an object."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if not isinstance(name, str):
        return type(function).__name__
    owner = getattr(function, "__self__", None)
    plain = name.rpartition("<locals>.")[2]
    if isinstance(owner, type) and "." in name:  # an inherited classmethod says whose it is called on
        plain = f"{owner.__name__}.{name.rpartition('.')[2]}"
    return "f" if plain == "<lambda>" else plain


def _frameworks(value: object, depth: int, seen: set[int]) -> Iterator[str]:
    """Of all that a value rests on."""
    if id(value) in seen or depth < 0:
        return
    seen.add(id(value))
    if isinstance(value, ModuleType):
        yield from _of_package(value.__name__)
    elif isinstance(value, functools.partial):
        yield from _frameworks(value.func, depth, seen)
    elif isinstance(value, FunctionType):
        yield from _of_package(value.__module__ or "")
        yield from _of_code(value, depth, seen)
    else:
        yield from _of_object(value, depth, seen)


def _of_object(value: object, depth: int, seen: set[int]) -> Iterator[str]:
    """A class, a method, a module of layers, or what a decorator made: by the packages of its classes, and what it wraps."""
    classes = value.__mro__ if isinstance(value, type) else type(value).__mro__
    for cls in classes:
        yield from _of_package(cls.__module__)
    yield from _of_package(str(getattr(value, "__module__", None) or ""))
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        yield from _frameworks(owner, depth, seen)
    if isinstance(value, MethodType):
        yield from _frameworks(value.__func__, depth, seen)
    wrapped = getattr(value, "__wrapped__", None)
    if wrapped is not None:
        yield from _frameworks(wrapped, depth, seen)


def _of_code(function: FunctionType, depth: int, seen: set[int]) -> Iterator[str]:
    cells = (cell.cell_contents for cell in function.__closure__ or () if _filled(cell))
    for value in cells:
        yield from _frameworks(value, depth - 1, seen)
    names = list(dict.fromkeys(_names(function.__code__)))
    for name in names:
        if name in function.__globals__:
            value = function.__globals__[name]
            yield from _frameworks(value, depth - 1, seen)
            if isinstance(value, ModuleType) and not list(_of_package(value.__name__)):  # kernels.softmax, of a project
                for attribute in (vars(value)[n] for n in names if n in vars(value)):
                    yield from _frameworks(attribute, depth - 1, seen)
        elif not hasattr(builtins, name):
            yield from _of_package(name)  # imported inside
    if (wrapped := getattr(function, "__wrapped__", None)) is not None:
        yield from _frameworks(wrapped, depth, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _beside(function: object) -> Iterator[str]:
    """Of the modules that the function's own module imports: `1 / x` names nothing, and is of what its file is about."""
    for value in getattr(function, "__globals__", {}).values():
        if isinstance(value, ModuleType):
            yield from _of_package(value.__name__)


def _filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that is bound later
        return False


def _of_package(name: str) -> Iterator[str]:
    framework = PACKAGES.get(name.partition(".")[0])
    if framework:
        yield framework
