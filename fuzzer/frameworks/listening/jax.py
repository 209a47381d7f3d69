"""Listening to JAX: every primitive where it is evaluated, one by one, with jit disabled; derivatives included.

Without jit XLA fuses nothing across primitives, so that a number may differ from the compiled call's by a rounding. Loops and branches run as
Python's, and are heard inside.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

from ulpfuzz.fuzzer.frameworks.listening import Foreign

#: Told of a primitive, its arguments, its params and its result.
Hear = Callable[[Foreign, Foreign, Foreign, Foreign], None]


@contextmanager
def heard(hear: Hear) -> Iterator[None]:
    """Inside it `hear` is told of every primitive that this process evaluates."""
    jax: ModuleType = importlib.import_module("jax")
    core: ModuleType = importlib.import_module("jax._src.core")
    plain = core.EvalTrace.process_primitive

    def process(trace: Foreign, primitive: Foreign, args: Foreign, params: Foreign) -> Foreign:
        out = plain(trace, primitive, args, params)
        hear(primitive, args, params, out)
        return out

    core.EvalTrace.process_primitive = process
    try:
        with jax.disable_jit():
            yield
    finally:
        core.EvalTrace.process_primitive = plain
