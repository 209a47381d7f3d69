"""The engine starts wherever Python does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUN = """
from ulpfuzz.fuzzer.engine.engine import engine
if __name__ == "__main__":
    with engine(1, None) as execute:
        print(execute.workers)
"""


def test_where_pynvml_is_installed_and_the_gpus_are_hidden(tmp_path: Path) -> None:
    """Dask would ask NVML for the GPU that CUDA_VISIBLE_DEVICES=-1 names, and no worker would start."""
    (tmp_path / "pynvml.py").write_text("def nvmlInit():\n    raise RuntimeError('asked')\n")
    (tmp_path / "run.py").write_text(RUN)
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "run.py")], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
