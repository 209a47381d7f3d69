"""ulpfuzz.trace is there at once, and costs nothing until it is asked for."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_imports_no_part_of_it() -> None:
    script = "import sys, ulpfuzz; print(sorted(m for m in sys.modules if m.startswith('ulpfuzz')), 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['ulpfuzz'] False"


def test_the_package_has_it_and_no_other_name() -> None:
    script = "import ulpfuzz; print(ulpfuzz.trace.__module__); ulpfuzz.nothing"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ulpfuzz.fuzzer.trace.trace"
    assert "module 'ulpfuzz' has no attribute 'nothing'" in done.stderr
