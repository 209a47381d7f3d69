"""Dask's scheduler and workers as processes of their own, as a user starts them; in another network namespace where one is named."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from distributed import Client

import ulpfuzz
from tests.engine.tasks import WHERE

#: Seconds in which a process of Dask has started, on a busy machine.
STARTED = 120.0
PACKAGE = Path(ulpfuzz.__file__).parent.parent
_HIDDEN = """
import importlib.metadata as m, sys
class Hidden:
  def find_spec(self, name, *rest):
    if name.startswith('ulpfuzz'): raise ModuleNotFoundError(name)
old = m.version
def version(name):
  if name == 'ulpfuzz': raise m.PackageNotFoundError(name)
  return old(name)
sys.meta_path.insert(0, Hidden()); m.version = version
"""


@dataclass
class Processes:
    """A scheduler and workers. tls: the folder of their certificates. host: where the scheduler listens. paths: where else they find modules."""

    folder: Path
    tls: Path | None = None
    host: str = "127.0.0.1"
    paths: tuple[str, ...] = ()
    namespace: str = ""
    port: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://{self.host}:{self.port}"

    @property
    def certificates(self) -> list[str]:
        files = {"--tls-ca-file": "ca.pem", "--tls-cert": "cert.pem", "--tls-key": "key.pem"}
        return [part for option, name in files.items() for part in (option, str(self.tls / name))] if self.tls else []

    def scheduler(self) -> subprocess.Popen[bytes]:
        """Starts it, and waits until it listens (on this machine; in another namespace nobody asks)."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        protocol = ["--protocol", "tls"] if self.tls else []
        process = self._start("scheduler", "--host", self.host, "--port", str(self.port), "--no-dashboard", *protocol)
        until = time.monotonic() + STARTED
        while not self.namespace:
            with socket.socket() as asked:
                if asked.connect_ex((self.host, self.port)) == 0:
                    break
            assert time.monotonic() < until, "no scheduler"
            time.sleep(0.1)
        return process

    def worker(
        self, name: str = "", *, without: bool = False, package: Path = PACKAGE, plugins: Sequence[str] = (), namespace: str | None = None
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """A worker of one thread without a nanny; `without`: without ulpfuzz; plugins: modules in the folder."""
        return self._start(
            "worker", self.address, "--no-nanny", "--no-dashboard", "--nthreads", "1", without=without, package=package,
            namespace=namespace, variables={WHERE: name, "ULPFUZZ_PLUGINS": ",".join(plugins)},
        )  # fmt: skip

    def wait_for(self, workers: int) -> None:
        """Until so many workers are there."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=STARTED)

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A program in the scheduler's namespace, which has the certificates and the tests' modules."""
        return subprocess.run(
            [*self._entered(None), sys.executable, "-c", code, *arguments], cwd=self.folder, env=self._environment(PACKAGE, {}),
            text=True, capture_output=True, timeout=2 * STARTED, check=False,
        )  # fmt: skip

    def _start(
        self, what: str, *arguments: str, without: bool = False, package: Path = PACKAGE, namespace: str | None = None,
        variables: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        code = (_HIDDEN if without else "") + "from distributed.cli import dask_scheduler, dask_worker\n"
        code += f"import sys; sys.argv = ['dask', *{[*arguments, *self.certificates]!r}]\ndask_{what}.main()\n"
        process = subprocess.Popen(
            [*self._entered(namespace), sys.executable, "-c", code], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self._environment(None if without else package, variables or {}), start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def _entered(self, namespace: str | None) -> list[str]:
        name = self.namespace if namespace is None else namespace
        return ["ip", "netns", "exec", name] if name else []

    def _environment(self, package: Path | None, variables: dict[str, str]) -> dict[str, str]:
        paths = [] if package is None else [str(package), str(Path(__file__).parent), str(self.folder), *self.paths]
        tls = tls_variables(self.tls) if self.tls else {}
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "ULPFUZZ_CACHE": "off", **tls, **variables}

    def end(self) -> None:
        for process in self.started:
            rest = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()
            process.wait()
            for one in rest:
                if one.is_running():
                    one.kill()


def tls_variables(folder: Path) -> dict[str, str]:
    """Dask's settings of a client, as variables of its environment."""
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    files = {"CA_FILE": "ca.pem", "CLIENT__CERT": "cert.pem", "CLIENT__KEY": "key.pem"}
    return {prefix + name: str(folder / file) for name, file in files.items()}
