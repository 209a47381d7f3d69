"""Settings kept: the process that a test runs in is its owner's; what the frameworks' backends set for a search is set back."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType

from ulpfuzz.fuzzer.frameworks.framework import Framework
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_for, in_this_process

_LOGGERS = ("jax", "tensorflow")


@contextmanager
def started_here(target: Target, dtype: str) -> Iterator[Framework]:
    """The target's framework, ready in this process; at the end, environment, threads, precision of JAX and log levels are what they were.

    JAX keeps its own setting of jax_enable_x64 for every dtype but float64, which needs it. torch records gradients inside, whatever is set
    outside. Raises UserError, FrameworkError.
    """
    with ExitStack() as stack:
        for kept in (_environment, _levels, _jax, _torch):
            stack.enter_context(kept())
        for name in _LOGGERS:  # of a function that TensorFlow traces anew for every shape it would tell each time
            logging.getLogger(name).setLevel(logging.ERROR)
        wide = _x64()
        with in_this_process():
            framework = framework_for(target)
            framework.start()
            if (torch := sys.modules.get("torch")) is not None and target.framework == "torch":
                torch.set_num_threads(1)
                stack.enter_context(torch.enable_grad())
            if (jax := sys.modules.get("jax")) is not None and target.framework == "jax" and wide is not None:
                jax.config.update("jax_enable_x64", wide or dtype in ("float64", "complex128"))
            yield framework


@contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _levels() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _x64() -> bool | None:
    """JAX's setting, None where it is not imported yet."""
    jax: ModuleType | None = sys.modules.get("jax")
    return None if jax is None else bool(jax.config.jax_enable_x64)


@contextmanager
def _jax() -> Iterator[None]:
    before = _x64()
    try:
        yield
    finally:
        jax: ModuleType | None = sys.modules.get("jax")
        if jax is not None and before is not None:
            jax.config.update("jax_enable_x64", before)


@contextmanager
def _torch() -> Iterator[None]:
    torch: ModuleType | None = sys.modules.get("torch")
    before = None if torch is None else int(torch.get_num_threads())
    try:
        yield
    finally:
        if torch is not None and before is not None:
            torch.set_num_threads(before)
