"""Preload: the modules that a process imports once for all that it forks, by the targets that will run there."""

from __future__ import annotations

from collections.abc import Iterable

from ulpfuzz.fuzzer.frameworks.backends.jax import SUBMODULES
from ulpfuzz.fuzzer.frameworks.targets.registry import registered
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

_BACKENDS = "ulpfuzz.fuzzer.frameworks.backends"
#: By framework, with what it imports at its first call of a kind: torch at a derivative (700 modules, two seconds), JAX at a lowering.
#: Importing TensorFlow imports Keras, and JAX where it is installed.
_MODULES = {
    "torch": ("torch", "torch._dynamo", f"{_BACKENDS}.torch", f"{_BACKENDS}.torch_derivatives"),
    "tensorflow": ("tensorflow", f"{_BACKENDS}.tensorflow"),
    "jax": ("jax", *SUBMODULES, "jax.experimental.multihost_utils", "jaxlib.mlir.dialects.mhlo", f"{_BACKENDS}.jax"),
    "numpy": ("scipy.special", "scipy.stats"),
}


def preloaded(targets: Iterable[str]) -> tuple[str, ...]:
    """The modules of these targets that run in a worker's own process, by their full names. Imports nothing. A plugin's is not among them, for
    it may start threads."""
    frameworks = {target_named(name).framework for name in targets if not target_named(name).runs_in_host}
    return tuple(
        module for framework, modules in _MODULES.items() if framework in frameworks - set(registered) for module in modules
    )
