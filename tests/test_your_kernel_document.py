"""docs/how-to/your-kernel.md: the failure that it shows is the one that the function has. Its examples are run with all others (tests/documents)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.documents.examples import examples_of

PAGE = Path(__file__).parents[1] / "docs/how-to/your-kernel.md"


def test_the_failure_is_the_one_that_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ulpfuzz.testing import UnstableError, assert_stable

    (source,) = [example.text for example in examples_of(PAGE) if example.file == "softmax_np.py"]
    (tmp_path / "softmax_np.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("ulpfuzz.fuzzer.testing.assertion.BUDGET", "20k")
    (shown,) = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {}
    sys.path_importer_cache.clear()
    exec("from softmax_np import naive_softmax", namespace)
    try:
        with pytest.raises(UnstableError) as failure:
            assert_stable(namespace["naive_softmax"], "softmax")
    finally:
        sys.modules.pop("softmax_np")
    said = str(failure.value).splitlines()
    lines = [line for line in shown.splitlines() if "..." not in line and "helps" not in line and "scipy" not in line]
    assert [line for line in lines if line not in said] == []
    assert failure.value.script is not None
    assert failure.value.script.parent.name == ".ulpfuzz"
