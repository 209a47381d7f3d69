"""Imported: calls back when a framework has been imported, so that a trace need not import one that the program does not use."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class WhenImported(importlib.abc.MetaPathFinder):
    """On sys.meta_path from `start` to `stop`: calls `then` with the name of each of these top-level modules once it has been executed."""

    def __init__(self, names: Sequence[str], then: Callable[[str], None]) -> None:
        self.names, self.then = set(names), then

    def start(self) -> None:
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in self.names:
            return None
        self.names.discard(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Told(spec.loader, fullname, self.then)
        return spec


class _Told(importlib.abc.Loader):
    """A loader that says when it is done, and is itself again then."""

    def __init__(self, loader: importlib.abc.Loader, name: str, then: Callable[[str], None]) -> None:
        self.loader, self.name, self.then = loader, name, then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        self.then(self.name)
