"""Listening to PyTorch: every ATen call of this thread, backward passes included, where torch dispatches it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType

from ulpfuzz.fuzzer.frameworks.listening import Foreign

#: Makes a call (kernel, arguments, keywords) and returns its result. No call that it makes itself is heard.
Make = Callable[[Foreign, Foreign, Foreign], Foreign]


def heard(make: Make) -> AbstractContextManager[Foreign]:
    """Inside it `make` stands in the place of every ATen call. torch.compile runs nothing compiled there: it falls back to eager."""
    dispatch: ModuleType = importlib.import_module("torch.utils._python_dispatch")

    class Mode(dispatch.TorchDispatchMode):  # type: ignore[name-defined, misc]
        def __torch_dispatch__(self, func: Foreign, types: Foreign, args: Foreign = (), kwargs: Foreign = None) -> Foreign:
            return make(func, args, kwargs or {})

    mode: AbstractContextManager[Foreign] = Mode()
    return mode


def unheard() -> AbstractContextManager[Foreign]:
    """Inside it nobody listens."""
    dispatch: ModuleType = importlib.import_module("torch.utils._python_dispatch")
    silent: AbstractContextManager[Foreign] = dispatch._disable_current_modes()
    return silent
