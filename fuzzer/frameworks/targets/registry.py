"""Registry: the frameworks that are known, and where their code is. Imports none of them."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

from ulpfuzz.fuzzer.frameworks.framework import Framework
from ulpfuzz.fuzzer.plugins import modules

Factory = Callable[[], Framework]

# name -> (module, class, distributions that install it). A module is imported when its framework is first used.
BUILTIN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "torch": ("ulpfuzz.fuzzer.frameworks.backends.torch", "Torch", ("torch",)),
    "tensorflow": (
        "ulpfuzz.fuzzer.frameworks.backends.tensorflow",
        "TensorFlow",
        ("tensorflow", "tensorflow-cpu", "tf-nightly", "tensorflow-macos"),
    ),
    "jax": ("ulpfuzz.fuzzer.frameworks.backends.jax", "Jax", ("jax",)),
    "numpy": ("ulpfuzz.fuzzer.frameworks.backends.numpy", "Numpy", ("numpy",)),
}

#: Frameworks of this process only; see target.register.
registered: dict[str, Factory] = {}


@cache
def plugins() -> dict[str, importlib.metadata.EntryPoint]:
    """The entry points of group `ulpfuzz.frameworks`, and what the modules of ulpfuzz.fuzzer.plugins bring."""
    group = "ulpfuzz.frameworks"
    points = {point.name: point for point in importlib.metadata.entry_points(group=group)}
    for module in modules():
        made = getattr(module, "FRAMEWORKS", {})
        points |= {name: importlib.metadata.EntryPoint(name, value, group) for name, value in made.items()}
    return points


def framework_names() -> list[str]:
    """The names of all frameworks that are known, installed or not: built in, plugins, registered."""
    return list(dict.fromkeys([*BUILTIN, *plugins(), *registered]))


def installed(framework: str) -> str | None:
    """The version that is installed, or None; imports nothing of the framework."""
    if framework in registered:
        return str(getattr(registered[framework], "version", "unknown"))
    if framework in plugins():
        distribution = plugins()[framework].dist
        return distribution.version if distribution else "unknown"
    if framework not in BUILTIN or importlib.util.find_spec(framework) is None:
        return None
    for distribution_name in BUILTIN[framework][2]:
        try:
            return importlib.metadata.version(distribution_name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"


def factory(framework: str) -> Any:
    """What makes a framework; imports the module that it is in."""
    if framework in registered:
        return registered[framework]
    if framework in plugins():
        return plugins()[framework].load()
    module, name, _ = BUILTIN[framework]
    return getattr(importlib.import_module(module), name)


def takes_modes(framework: str) -> bool:
    """Whether it is one of ours, made with a mode and a device, and knows every order; a plugin's factory takes no arguments."""
    return framework in BUILTIN and framework not in registered
