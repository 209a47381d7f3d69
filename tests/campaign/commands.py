"""The command as a user runs it: a process of its own, with the planted framework as a plugin, its own database and temporary folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faulty
import psutil

import ulpfuzz
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store, StoreError

#: Seconds after which a command has surely hung; a busy machine takes a minute to start one.
LONGEST = 240.0


def of_ops(ops: str, seed: int = 1) -> tuple[str, ...]:
    """A run of ops that need no framework, by one worker; without a budget it goes on for as long as it is let."""
    return tuple(f"run --ops {ops} --targets faulty --dtypes float32 --orders value --workers 1 --seed {seed}".split())


ENDLESS = of_ops("faulty_sleeps,faulty_calm")
#: One that has ended after its first visit of one op.
SHORT = of_ops("faulty_calm")
_CALL = "from ulpfuzz.fuzzer.cli import main; main()"


def plugins_in(folder: Path) -> Path:
    """What a command of this folder imports from first: a folder with the planted framework, made where there is none."""
    plugins = folder / "plugins"
    if not plugins.exists():
        plugins.mkdir()
        with faulty.installed_in(plugins):
            pass
    return plugins


class Command:
    """One command that runs. folder: of its database and temporary files. url: of another database."""

    def __init__(self, folder: Path, *arguments: str, url: str = "", **streams: Any) -> None:
        self.folder, self.database = folder, folder / "runs.db"
        self.url = url or f"sqlite:///{self.database}"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        paths = [str(plugins_in(folder)), str(Path(__file__).parent), str(Path(ulpfuzz.__file__).parent.parent), *sys.path[1:]]
        environment = {**os.environ, "TMPDIR": str(self.temporary), "PYTHONPATH": os.pathsep.join(paths)}
        chosen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CALL, *arguments, "--db", self.url],
            env=environment, text=True, start_new_session=True, cwd=folder, stdin=subprocess.DEVNULL, **chosen,
        )  # fmt: skip
        self.seen: dict[int, psutil.Process] = {}

    def send(self, number: int) -> None:
        """A signal to the command's foreground process group, as a terminal does."""
        self.look()
        os.killpg(self.process.pid, number)

    def look(self) -> list[psutil.Process]:
        """Its descendants; all that were ever seen are remembered."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.seen.update({process.pid: process for process in found})
        return found

    def wait_until_it_listens(self) -> None:
        """Until it has a handler of SIGTERM: what comes before is Python's own start, and the first imports."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until and self.process.poll() is None:
            status = Path(f"/proc/{self.process.pid}/status")
            if not status.exists():  # not Linux
                return
            caught = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")), "0")
            if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
                return
            time.sleep(0.02)

    def wait_for(self, shards: int) -> None:
        """Until so many shards are stored."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            self.look()
            with contextlib.suppress(StoreError), Store(self.url, create=False) as store:  # there is none yet
                runs = store.runs()
                if runs and len(store.shard_payloads(runs[0].id)) >= shards:
                    return
            time.sleep(0.2)
        raise AssertionError("nothing was stored")

    def workers(self) -> list[psutil.Process]:
        """The processes of its fork server."""
        return [p for p in self.look() if p.ppid() != self.process.pid]

    def end(self) -> tuple[int, str, str]:
        """Its exit status, and what it printed."""
        out, err = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, out or "", err or ""

    def left(self, seconds: float = 0.0) -> tuple[list[str], list[str]]:
        """Processes and temporary files of it that are there still, after so many seconds at most."""
        until = time.monotonic() + seconds
        while True:
            alive = [str(p) for p in self.seen.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
            # TorchInductor's cache is PyTorch's own, made when it is imported and kept for ever.
            files = [str(path) for path in self.temporary.iterdir() if not path.name.startswith("torchinductor_")]
            files += [str(path) for path in Path("/tmp").glob(f"ulpfuzz-*-{self.process.pid}-*")]
            if not (alive or files) or time.monotonic() >= until:
                return alive, files
            time.sleep(0.1)

    def run(self) -> Run:
        """The run that it stored last."""
        with Store(self.url) as store:
            return store.runs()[0]


@contextmanager
def command(folder: Path, *arguments: str, url: str = "", **streams: Any) -> Iterator[Command]:
    """The command, which is gone at the end of the block, whatever happened."""
    started = Command(folder, *arguments, url=url, **streams)
    try:
        yield started
    finally:
        started.look()
        for process in started.seen.values():
            if process.is_running():
                process.send_signal(signal.SIGKILL)
        started.process.kill()
        started.process.communicate()
