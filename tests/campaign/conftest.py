"""The planted framework, installed for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import faulty
import pytest


@pytest.fixture
def planted(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes `faulty`, the framework and its ops, a plugin of this process and of those that it starts."""
    folder = tmp_path_factory.mktemp("plugins")
    monkeypatch.syspath_prepend(str(folder))
    with faulty.installed_in(folder):
        yield
