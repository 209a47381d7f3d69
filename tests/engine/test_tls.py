"""A cluster that speaks TLS, by the certificates that deploy/certificates.sh makes: on this machine, and across two network namespaces, which is
what two machines are to it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from dask_processes import PACKAGE, STARTED, Processes
from tasks import Deed

from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.engine.engine import SchedulerError, engine

SCRIPT = PACKAGE / "deploy/certificates.sh"
#: What the coordinator does in its namespace: tasks at the address that it is given.
COORDINATOR = """
import json, sys
from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.errors import UserError
from tasks import Deed
cluster.PATIENCE = 120.0
try:
    with engine(1, sys.argv[1]) as execute:
        print(json.dumps([[r.task, r.failure, r.where] for r in execute([[Deed(k)] for k in range(4)], lambda: False)]))
except UserError as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None or not SCRIPT.exists():
        pytest.skip("openssl, or deploy/certificates.sh beside the package, is not there: no certificates can be made")
    made = tmp_path / "tls"
    subprocess.run(["bash", str(SCRIPT), str(made)], check=True, capture_output=True)
    assert {path.name: path.stat().st_mode & 0o077 for path in made.iterdir()} == {"ca.pem": 0, "cert.pem": 0, "key.pem": 0}
    return made


def _settings(folder: Path) -> dict[str, str]:
    names = {"ca-file": "ca.pem", "client.cert": "cert.pem", "client.key": "key.pem"}
    return {f"distributed.comm.tls.{name}": str(folder / file) for name, file in names.items()}


def test_a_cluster_by_tls(tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", STARTED)
    processes = Processes(tmp_path, certificates)
    try:
        processes.scheduler()
        processes.worker("by tls")
        with dask.config.set(_settings(certificates)), engine(1, processes.address) as execute:
            assert [result.where for result in execute([[Deed(1)]], lambda: False)] == [(((), "by tls"),)]
        # Who has no certificate of the authority, or speaks without TLS, is refused; in one line.
        for settings, address in (({}, processes.address), (_settings(certificates), processes.address.replace("tls", "tcp"))):
            with (
                dask.config.set(settings),
                pytest.raises(SchedulerError, match="no Dask scheduler answers at") as refused,
                engine(1, address),
            ):
                pass
            assert "\n" not in str(refused.value)
    finally:
        processes.end()


@pytest.fixture
def namespaces() -> Iterator[tuple[str, str]]:
    """Two network namespaces with an address each, 10.213.0.1 and 10.213.0.2, joined by a cable."""
    first, second = "ulpfuzz-test-a", "ulpfuzz-test-b"
    commands = [
        *(f"ip netns add {name}" for name in (first, second)),
        f"ip -n {first} link add cable type veth peer name cable netns {second}",
        f"ip -n {first} addr add 10.213.0.1/24 dev cable", f"ip -n {second} addr add 10.213.0.2/24 dev cable",
        *(f"ip -n {name} link set {device} up" for name in (first, second) for device in ("lo", "cable")),
    ]  # fmt: skip
    if shutil.which("ip") is None:
        pytest.skip("ip (iproute2) is not installed: no network namespaces")
    try:
        for command in commands:
            done = subprocess.run(command.split(), text=True, capture_output=True, check=False)
            if done.returncode:
                pytest.skip(f"no rights for network namespaces here: {done.stderr.strip()}")
        yield first, second
    finally:
        for name in (first, second):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def test_a_cluster_across_network_namespaces(tmp_path: Path, certificates: Path, namespaces: tuple[str, str]) -> None:
    here, there = namespaces
    processes = Processes(tmp_path, certificates, host="10.213.0.1", namespace=here, port=8786)
    try:
        processes.scheduler()
        processes.worker("there", namespace=there)
        done = processes.run(COORDINATOR, processes.address)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [[f" {k}", "", [[[], "there"]]] for k in range(4)]
        done = processes.run(COORDINATOR, processes.address.replace("tls", "tcp"))
        assert "on another machine, and speaks without TLS" in json.loads(done.stdout)
    finally:
        processes.end()
