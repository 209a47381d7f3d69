"""A Slurm cluster of the tests' own, of one node, which is this machine: munged, slurmctld and slurmd in a temporary folder, on free ports."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

#: Debian's packages slurmctld, slurmd, slurm-client and munge have these.
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "sinfo", "squeue", "srun")
#: Seconds in which a node is ready, on a busy machine.
READY = 60.0
_CONFIGURATION = """
ClusterName=ulpfuzz
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={controller}
SlurmdPort={node}
SlurmdParameters=config_overrides
# What needs cgroups or a database of accounts is left out: containers have neither.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={megabytes} State=UNKNOWN
PartitionName=night Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class NoSlurm(Exception):
    """No Slurm can be started here; says why."""


@contextmanager
def slurm() -> Iterator[dict[str, str]]:
    """The variables of the environment by which Slurm's commands find the cluster, as long as the context lasts. Raises NoSlurm."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        raise NoSlurm(f"no Slurm is installed: {', '.join(lacking)} are not on the PATH")
    if os.geteuid() != 0:
        raise NoSlurm("a Slurm node is started by root alone")
    if (psutil.cpu_count() or 1) < 2 or psutil.virtual_memory().total < 8 * 2**30:
        raise NoSlurm("two jobs want two cores and 8 GiB")
    folder = Path(tempfile.mkdtemp(prefix="ulpfuzz-slurm-", dir="/tmp"))  # a socket's path has room for some hundred characters
    folder.chmod(0o755)  # munge trusts no socket in a folder that others cannot enter
    try:
        variables = {"SLURM_CONF": str(folder / "slurm.conf")}
        _configure(folder)
        try:
            _start("munged", *_munge(folder))
            _start("slurmctld", "-f", variables["SLURM_CONF"])
            _start("slurmd", "-f", variables["SLURM_CONF"])
            _wait_until_ready(folder, variables)
            yield variables
        finally:
            _end(folder, variables)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _munge(folder: Path) -> list[str]:
    names = ("key-file", "socket", "pid-file", "log-file", "seed-file")
    return [
        "--force",
        *(f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in names),
    ]  # --force: of a folder in /tmp it only warns


def _configure(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        controller, node = (free.getsockname()[1] for free in (first, second))
    text = _CONFIGURATION.format(
        folder=folder, host=socket.gethostname().partition(".")[0], controller=controller, node=node,
        cores=psutil.cpu_count(), megabytes=int(0.8 * psutil.virtual_memory().total / 2**20),
    )  # fmt: skip
    (folder / "slurm.conf").write_text(text)


def _start(*command: str) -> None:
    """A daemon, which has gone to the background when its command ends. Raises NoSlurm."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=READY, check=False)
    if done.returncode:
        raise NoSlurm(f"{command[0]}: {(done.stderr or done.stdout).strip()}")


def _wait_until_ready(folder: Path, variables: dict[str, str]) -> None:
    until = time.monotonic() + READY
    while (state := _asked(variables, "sinfo", "-h", "-o", "%T")) != "idle":
        if time.monotonic() >= until:
            logs = [path.read_text()[-1000:] for path in folder.glob("slurm*.log")]
            raise NoSlurm(f"the node is not ready: {state}{''.join(logs)}")
        time.sleep(0.2)
    # What a container forbids shows in a job, not in the state of the node.
    said = _asked(variables, "srun", "--ntasks=1", "--immediate=30", "--chdir=/", "sh", "-c", "echo ran")
    if said.splitlines()[-1:] != ["ran"]:
        raise NoSlurm(f"no job runs: {said}")


def _end(folder: Path, variables: dict[str, str]) -> None:
    """Ends what still runs as a job, and the daemons, which have left their numbers in the folder."""
    _asked(variables, "scancel", "--user", "root")
    until = time.monotonic() + 10.0
    while _asked(variables, "squeue", "-h") and time.monotonic() < until:  # a step's process is no child of the node's daemon
        time.sleep(0.2)
    for name in ("slurmd.pid", "slurmctld.pid", "munge.pid"):
        with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            daemon = psutil.Process(int((folder / name).read_text()))
            daemon.terminate()
            with suppress(psutil.TimeoutExpired):
                daemon.wait(10)
                continue
            daemon.kill()


def _asked(variables: dict[str, str], *command: str) -> str:
    """What a command of Slurm prints; what it says where it fails."""
    try:
        done = subprocess.run(
            command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=READY, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{command[0]} says nothing for {READY:g} s"
    return (done.stdout + done.stderr).strip()
