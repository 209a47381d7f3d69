"""Listening to PyTorch: every ATen call of this thread, backward passes included, where torch dispatches it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

#: Makes a call (kernel, arguments, keywords) and returns its result. No call that it makes itself is heard.
Make = Callable[[Any, Any, Any], Any]


def heard(make: Make) -> AbstractContextManager[Any]:
    """Inside it `make` stands in the place of every ATen call. torch.compile runs nothing compiled there: it falls back to eager."""
    dispatch: ModuleType = importlib.import_module("torch.utils._python_dispatch")

    class Mode(dispatch.TorchDispatchMode):  # type: ignore[name-defined, misc]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return make(func, args, kwargs or {})

    mode: AbstractContextManager[Any] = Mode()
    return mode


def unheard() -> AbstractContextManager[Any]:
    """Inside it nobody listens."""
    dispatch: ModuleType = importlib.import_module("torch.utils._python_dispatch")
    silent: AbstractContextManager[Any] = dispatch._disable_current_modes()
    return silent
