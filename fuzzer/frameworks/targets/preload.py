"""Preload: the modules that a process imports once for all that it forks, by the targets that will run there."""

from __future__ import annotations

from collections.abc import Iterable

from ulpfuzz.fuzzer.frameworks.backends.jax import SUBMODULES
from ulpfuzz.fuzzer.frameworks.targets.registry import registered
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

#: By framework. Importing TensorFlow imports Keras, and JAX where it is installed.
_MODULES = {
    "torch": ("torch",),
    "tensorflow": ("tensorflow",),
    "jax": ("jax", *SUBMODULES),
    "numpy": ("scipy.special", "scipy.stats"),
}


def preloaded(targets: Iterable[str]) -> tuple[str, ...]:
    """The modules of these targets that run in a worker's own process, by their full names. Imports nothing. A plugin's is not among them, for
    it may start threads."""
    frameworks = {target_named(name).framework for name in targets if not target_named(name).runs_in_host}
    return tuple(
        module for framework, modules in _MODULES.items() if framework in frameworks - set(registered) for module in modules
    )
