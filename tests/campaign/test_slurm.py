"""Nights on a real Slurm cluster of one node: by deploy/slurm/night.py, and by the script for one node in docs/how-to/nightly.md."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from content import content

from tests.campaign.test_run import settings_of
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.findings.store import Store

pytestmark = pytest.mark.usefixtures("planted")

ROOT = Path(__file__).parents[2]
if not (ROOT / "deploy").is_dir():
    pytest.skip("deploy/ is a folder of the clone", allow_module_level=True)
#: Seconds after which a job has surely failed, on a busy machine.
LONGEST = 300.0
OPS, BUDGET = "faulty_exp,faulty_calm", "100k"
NIGHT = f"--ops {OPS} --targets faulty --dtypes float32 --orders value --seed 5"


@pytest.fixture
def environment(slurm: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """What a user's shell has, and the jobs that are submitted from it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    paths = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    return {**os.environ, **slurm, "PYTHONPATH": paths, "TMPDIR": str(temporary)}


def jobs(environment: dict[str, str], *states: str) -> list[str]:
    """Ids of the jobs in these states, or that are not over."""
    chosen = ["--states", ",".join(states)] if states else []
    return _said(["squeue", "-h", "-o", "%i", *chosen], environment).split()


def wait_for(condition: Any, told: Any) -> None:
    until = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < until, told()
        time.sleep(0.5)


def _said(command: list[str], environment: dict[str, str], folder: Path | None = None) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, text=True, capture_output=True, timeout=LONGEST, check=True)
    return done.stdout


def equal_to_a_run_here(url: str, tmp_path: Path, state: str = "finished") -> None:
    settings = settings_of(BUDGET, ops=OPS, orders=("value",))
    with Store(url, create=False) as there, Store(f"sqlite:///{tmp_path / 'here.db'}") as here:
        (run,) = there.runs()
        assert run.state == state
        assert content(there, run) == content(here, run_campaign(settings, here))


def test_a_night_by_jobs_of_which_one_is_cancelled(environment: dict[str, str], tmp_path: Path) -> None:
    if importlib.util.find_spec("dask_jobqueue") is None:
        pytest.skip("dask-jobqueue, which submits the workers, is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificates")
    subprocess.run(["bash", str(ROOT / "deploy/certificates.sh"), str(tmp_path / "tls")], check=True, capture_output=True)
    url = f"sqlite:///{tmp_path / 'there.db'}"
    jobs_of = "--tls tls --jobs 2 --cores 1 --memory 2GB --walltime 00:20:00 --partition night"
    program = [sys.executable, str(ROOT / "deploy/slurm/night.py"), *jobs_of.split()]
    words = [*program, "--", *NIGHT.split(), "--budget", BUDGET, "--db", url]
    said = tmp_path / "said"
    with said.open("w") as out:
        night = subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: night.poll() is not None or len(jobs(environment, "RUNNING")) == 2, said.read_text)
            _said(["scancel", jobs(environment)[-1]], environment)
            assert night.wait(LONGEST) == 1, said.read_text()  # something is new
        finally:
            night.terminate()
            night.wait()
    assert "internal error" not in said.read_text()
    wait_for(lambda: not jobs(environment), lambda: "jobs are left")
    equal_to_a_run_here(url, tmp_path)


def script(tmp_path: Path, budget: str) -> Path:
    """The script for one node, of less than a real night needs."""
    text = (ROOT / "docs/how-to/nightly.md").read_text()
    (found,) = [block for block in re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "#SBATCH" in block]
    smaller = {"--cpus-per-task=32": "--cpus-per-task=1", "--mem=96G": "--mem=2G", "--budget 7h": f"--budget {budget} {NIGHT}"}
    for whole, small in smaller.items():
        assert whole in found
        found = found.replace(whole, small)
    program = tmp_path / ".venv/bin/ulpfuzz"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ulpfuzz "$@"\n')
    program.chmod(0o755)
    path = tmp_path / "night.sbatch"
    path.write_text(found)
    return path


def test_a_night_of_one_node(environment: dict[str, str], tmp_path: Path) -> None:
    (job,) = re.findall(r"\d+", _said(["sbatch", str(script(tmp_path, BUDGET))], environment, tmp_path))
    log = tmp_path / f"night-{job}.log"
    wait_for(lambda: not jobs(environment), log.read_text)
    assert "new, never seen before" in log.read_text()
    assert "State=COMPLETED" in _said(["scontrol", "show", "job", job], environment).replace("JobState", "State")
    assert (tmp_path / "summary.md").exists()
    equal_to_a_run_here(f"sqlite:///{tmp_path / 'ulpfuzz.db'}", tmp_path)


def test_a_night_of_one_node_that_is_too_long_keeps_what_it_found(environment: dict[str, str], tmp_path: Path) -> None:
    (job,) = re.findall(r"\d+", _said(["sbatch", str(script(tmp_path, "7h"))], environment, tmp_path))
    log = tmp_path / f"night-{job}.log"
    wait_for(lambda: log.exists() and "findings" in log.read_text(), lambda: log.read_text() if log.exists() else "no log")
    _said(["scancel", "--signal=INT", job], environment)  # what #SBATCH --signal=INT@600 sends
    wait_for(lambda: not jobs(environment), log.read_text)
    with Store(f"sqlite:///{tmp_path / 'ulpfuzz.db'}", create=False) as store:
        (run,) = store.runs()
        assert run.state == "interrupted"
        assert run.verdicts > 0
