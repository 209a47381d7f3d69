#!/usr/bin/env python3
"""A night on a Slurm cluster: Dask's scheduler here, its workers as jobs, `ulpfuzz nightly` beside the scheduler. All of them end together.

    deploy/certificates.sh ~/ulpfuzz-tls
    python deploy/slurm/night.py --tls ~/ulpfuzz-tls --jobs 20 --cores 32 --memory 96GB --walltime 08:00:00 -- --budget 7h --out report
    python deploy/slurm/night.py --tls ~/ulpfuzz-tls --print          # the job script of a worker; nothing is started or submitted

To be run where jobs may be submitted from and where the workers' nodes reach this host: a login node, or a job of one core. The folder of the
certificates and the environment of this interpreter must be on a file system that the nodes share. What stands behind -- goes to `ulpfuzz nightly`,
whose exit status is this program's. Needs dask-jobqueue.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A night of ulpfuzz on a Slurm cluster.")
    parser.add_argument(
        "--tls", type=Path, required=True, help="the folder with ca.pem, cert.pem and key.pem (deploy/certificates.sh)"
    )
    parser.add_argument("--jobs", type=int, default=4, help="jobs, each a worker on a node of its own (4)")
    parser.add_argument("--cores", type=int, default=32, help="cores of a job (32)")
    parser.add_argument("--memory", default="96GB", help="memory of a job (96GB): 3 GB for each core")
    parser.add_argument("--walltime", default="08:00:00", help="of a job (08:00:00)")
    parser.add_argument("--partition", help="Slurm's -p")
    parser.add_argument("--account", help="Slurm's -A")
    parser.add_argument("--directive", action="append", default=[], help='a further line for sbatch, such as "--gres=gpu:1"')
    parser.add_argument("--logs", default="ulpfuzz-workers", help="the folder of the workers' logs (ulpfuzz-workers)")
    parser.add_argument("--print", action="store_true", help="print the job script and end")
    parser.add_argument("night", nargs="*", help="behind --: arguments of ulpfuzz nightly")
    chosen = parser.parse_args()
    for name in ("ca.pem", "cert.pem", "key.pem"):
        if not (chosen.tls / name).is_file():
            parser.error(f"{chosen.tls} has no {name}; make it by deploy/certificates.sh {chosen.tls}")
    return chosen


def tls_variables(folder: Path) -> dict[str, str]:
    """Dask's settings for a process of the cluster, as variables of its environment."""
    there = folder.resolve()
    prefix = "DASK_DISTRIBUTED__COMM"
    roles = {
        f"{prefix}__TLS__{role}__{kind}": str(there / f"{kind.lower()}.pem")
        for role in ("CLIENT", "SCHEDULER", "WORKER")
        for kind in ("CERT", "KEY")
    }
    return {f"{prefix}__TLS__CA_FILE": str(there / "ca.pem"), f"{prefix}__REQUIRE_ENCRYPTION": "True", **roles}


def main() -> int:
    chosen = arguments()
    os.environ.update(tls_variables(chosen.tls))  # before Dask is imported, which reads them then
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        print("night.py: dask-jobqueue is not installed; pip install dask-jobqueue", file=sys.stderr)
        return 2
    from distributed.security import Security

    with SLURMCluster(
        cores=chosen.cores, processes=1, memory=chosen.memory, walltime=chosen.walltime, queue=chosen.partition, account=chosen.account,
        job_extra_directives=chosen.directive, log_directory=chosen.logs, job_name="ulpfuzz-worker", security=Security(), protocol="tls://",
        # A worker that finds no scheduler for ten minutes gives its node back; ulpfuzz serves no page.
        death_timeout=600, worker_extra_args=["--no-dashboard"], scheduler_options={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        job_script_prologue=["set -euo pipefail"], silence_logs=50,
    ) as cluster:  # fmt: skip
        if chosen.print:
            print(cluster.job_script(), end="")
            return 0
        cluster.scale(jobs=chosen.jobs)
        # It begins once a worker is there; others are used as they come.
        cluster.wait_for_workers(1)
        command = [sys.executable, "-m", "ulpfuzz", "nightly", "--scheduler", cluster.scheduler_address, *chosen.night]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
