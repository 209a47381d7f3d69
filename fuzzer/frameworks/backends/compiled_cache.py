"""CompiledCache: compiled callables by call signature, few enough to be held, with the seconds that compiling took."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature
from ulpfuzz.fuzzer.frameworks.backends.expression import framework_message
from ulpfuzz.fuzzer.frameworks.backends.unsupported import unsupported
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError

T = TypeVar("T")  # an array of the framework's
Program: TypeAlias = Callable[..., Sequence[T]]


class CompiledCache(Generic[T]):
    """Holds the compiled callables used last, at most `capacity`; what a framework refused to compile is not compiled again.

    seconds: what compiling took: building a program, and its first call where that compiles (`lazy`). forget: where the framework
    itself keeps what it compiled, empties its caches; called after each `capacity` callables that were built, which are then dropped.
    """

    def __init__(self, capacity: int, *, lazy: bool, forget: Callable[[], object] | None = None) -> None:
        self.capacity = capacity
        self.lazy = lazy
        self.forget = forget
        self.seconds = 0.0
        self._held: OrderedDict[CallSignature, Program[T]] = OrderedDict()
        self._refused: dict[CallSignature, str] = {}
        self._built = 0

    def __len__(self) -> int:
        return len(self._held)

    def run(self, signature: CallSignature, build: Callable[[], Program[T]], arguments: Sequence[T]) -> Sequence[T]:
        """What the problem's program answers; it is built (and counted) where it is not held.

        Raises what the framework raises. A failure to compile is raised again, and costs nothing, at the next call of the same
        signature; one that says "unsupported" at any shape.
        """
        program = self._held.get(signature)
        if program is not None:
            self._held.move_to_end(signature)
            return program(*arguments)
        message = self._refused.get(signature.at_any_shape())
        if message is not None:
            raise FrameworkError(message)
        start = time.perf_counter()
        try:
            program = build()
            if not self.lazy:
                self.seconds += time.perf_counter() - start
                self._hold(signature, program)
                return program(*arguments)
            answers = program(*arguments)
        except Exception as error:
            if program is None or _of_a_compiler(error):
                self._hold(signature, _failing(error))
            if unsupported(error):
                self._refused[signature.at_any_shape()] = framework_message(error)
            raise
        finally:
            if self.lazy or program is None:
                self.seconds += time.perf_counter() - start
        self._hold(signature, program)
        return answers

    def _hold(self, signature: CallSignature, program: Program[T]) -> None:
        self._built += 1
        if self.forget is not None and self._built % self.capacity == 0:
            self._held.clear()
            self.forget()
        self._held[signature] = program
        while len(self._held) > self.capacity:
            self._held.popitem(last=False)


def _failing(error: Exception) -> Program[T]:
    message = framework_message(error)

    def failing(*arguments: T) -> Sequence[T]:
        raise FrameworkError(message)

    return failing


def _of_a_compiler(error: Exception) -> bool:
    """Whether it comes from torch's compiler, which compiles in the first call; it does not depend on the data then."""
    return any(cls.__module__.startswith(("torch._dynamo.", "torch._inductor.")) for cls in type(error).__mro__)
