"""Listening to TensorFlow: every op where it is executed eagerly, gradients included. A tf.function is opaque."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from ulpfuzz.fuzzer.frameworks.listening import Foreign

#: Told of an op's type, its inputs, its attributes by name and its outputs.
Hear = Callable[[str, Sequence[Foreign], dict[str, Foreign], Sequence[Foreign]], None]


@contextmanager
def heard(hear: Hear) -> Iterator[None]:
    """Inside it `hear` is told of every op; not of those that it runs itself. What it raises is raised at the end."""
    callbacks: ModuleType = importlib.import_module("tensorflow.python.framework.op_callbacks")
    busy = False
    failed: list[Exception] = []

    def called(
        op_type: Foreign, inputs: Foreign, attrs: Foreign, outputs: Foreign, op_name: Foreign = None, graph: Foreign = None
    ) -> None:
        nonlocal busy
        if graph is not None or busy or failed:
            return
        busy = True
        try:
            name = op_type.decode() if isinstance(op_type, bytes) else str(op_type)
            hear(name, inputs, dict(zip(attrs[::2], attrs[1::2], strict=True)), outputs)
        except Exception as error:  # TensorFlow would make its own of it
            failed.append(error)
        finally:
            busy = False

    callbacks.add_op_callback(called)
    try:
        yield
    finally:
        callbacks.remove_op_callback(called)
    if failed:
        raise failed[0]
