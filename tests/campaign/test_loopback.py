"""A run listens on this machine alone, and answers nobody: its parts speak within its process, and through sockets in a folder of its user's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from ulpfuzz.fuzzer.engine.engine import engine
from ulpfuzz.fuzzer.engine.task import Result

LOOPBACK = {"127.0.0.1", "::1"}
#: A user of the machine who is not the campaign's.
STRANGER = 1001
#: Tries to have the cluster run code. Ports of HTTP must serve nothing.
INTRUDER = """
import os, socket, sys
from distributed import Client

def comes(port, seconds):
    try:
        with Client(f"tcp://127.0.0.1:{port}", timeout=seconds, set_as_default=False) as client:
            return f"uid {client.run_on_scheduler(os.getuid)}"
    except (OSError, TimeoutError):
        return "refused"

comes(9, 0.1)  # imports what another user may not be able to read
if sys.argv[1]:
    os.setgid(int(sys.argv[1])), os.setuid(int(sys.argv[1]))

def http(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        asked.sendall(b"GET /info/main/workers.html HTTP/1.0\\r\\n\\r\\n")
        try:
            return asked.recv(100).decode("latin-1").partition("\\n")[0].strip()
        except OSError:
            return ""

for port in sys.argv[2:]:
    told = http(int(port))
    if told.startswith("HTTP/"):
        print("http", "refused" if " 404 " in told else told)
        continue
    print("tcp", comes(port, 2))
"""


class Idle:
    """A task; when it is done the cluster is up."""

    id, waits, call_timeout = "idle", False, 60.0

    def run(self) -> Result:
        return Result("idle", "")

    def leaving_out(self, deaths: object) -> Idle:
        return self


def _listening(root: psutil.Process) -> set[tuple[str, int]]:
    found = set()
    for process in (root, *root.children(recursive=True)):
        try:
            sockets = process.net_connections("inet")
        except psutil.Error:
            continue
        found |= {(s.laddr.ip, s.laddr.port) for s in sockets if s.status == psutil.CONN_LISTEN or s.type != 1}
    return found


@pytest.fixture(scope="module")
def ports() -> Iterator[set[tuple[str, int]]]:
    """Address and port of every socket that listens while a run of one worker is on."""
    before = _listening(psutil.Process())
    with engine(1, None) as execute:
        assert [result.task for result in execute([[Idle()]], lambda: False)] == ["idle"]
        yield _listening(psutil.Process()) - before


def test_every_listening_socket_is_of_the_loopback_alone(ports: set[tuple[str, int]]) -> None:
    assert ports, "what listens for HTTP cannot be left out"
    assert {address for address, _ in ports} <= LOOPBACK


@pytest.mark.parametrize("stranger", [False, True])
def test_a_client_is_refused(ports: set[tuple[str, int]], stranger: bool) -> None:
    if stranger and os.getuid() != 0:
        pytest.skip("only root can become another user")
    user, asked = (str(STRANGER) if stranger else ""), [str(port) for _, port in sorted(ports)]
    done = subprocess.run(
        [sys.executable, "-c", INTRUDER, user, *asked], cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    told = [line.split() for line in done.stdout.splitlines()]
    assert {tuple(said) for _, *said in told} == {("refused",)}, done
    assert {kind for kind, *_ in told} == {"http"}
