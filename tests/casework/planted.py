"""The planted formulas as ops of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.catalog.registry import ops


@contextmanager
def planted() -> Iterator[None]:
    """tests.casework.unstable is a plugin inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plugins.VARIABLE, "tests.casework.unstable")
        for cached in (plugins.modules, ops):
            cached.cache_clear()
        yield
    for cached in (plugins.modules, ops):
        cached.cache_clear()
