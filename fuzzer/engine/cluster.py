"""Cluster: the workers of a running Dask cluster, those that can run this program's tasks; they may come late, and go."""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ulpfuzz.fuzzer.errors import UserError

#: Seconds within which a cluster must have a worker, at the start and later.
PATIENCE = 30.0
#: Seconds between two looks at the workers.
LOOK = 3.0


#: Whether the user said that a cluster without TLS may be used (--insecure-cluster).
insecure_allowed = False


class SchedulerError(UserError):
    """The Dask scheduler cannot be reached, or has no worker that can be used; one line."""


def check_secure(address: str) -> None:
    """Raises SchedulerError where a scheduler of another machine would be spoken to without TLS: it, and whoever is between, would run code here and
    on the workers."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls" or insecure_allowed or _is_loopback(parts.hostname or ""):
        return
    raise SchedulerError(
        f"the scheduler at {address} is on another machine, and speaks without TLS: use tls:// (Dask's distributed.comm.tls settings), or say "
        "--insecure-cluster"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Cluster:
    """The workers that a client's scheduler has, as far as they are of the same kind as this process.

    A worker is asked what it is before its first task, by Dask's own exchange of versions, which needs nothing of ours there: it must have the same
    ulpfuzz, and the same minor version of Python. One that does not is told once on standard error, and has no task.
    """

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        #: Why nothing goes on, in one line; empty while all is well.
        self.lost = ""
        self._threads: dict[str, int] = {}  # by address, of the workers that are used
        self._refused: dict[str, str] = {}  # by address: why
        self._lock = threading.Lock()

    @property
    def workers(self) -> list[str]:
        """The addresses of the workers that are used."""
        with self._lock:
            return list(self._threads)

    @property
    def slots(self) -> int:
        """Tasks that run at once."""
        with self._lock:
            return sum(self._threads.values())

    def wait(self) -> None:
        """Until there is a worker. Raises SchedulerError after PATIENCE seconds, which says what was there."""
        until = time.monotonic() + PATIENCE
        while True:
            self.look()
            if self.workers:
                return
            if time.monotonic() >= until:
                raise SchedulerError(self._nobody())
            time.sleep(min(1.0, LOOK))

    def _nobody(self) -> str:
        if self._refused:
            return f"no worker of the scheduler at {self.address} can be used: {next(iter(self._refused.values()))}"
        return f"the scheduler at {self.address} has had no worker for {PATIENCE:g} s; start one: dask worker {self.address}"

    def look(self) -> None:
        """Learns which workers have come and gone."""
        there = {address: int(w["nthreads"]) for address, w in self.client.scheduler_info(n_workers=-1)["workers"].items()}
        if set(there) - set(self._threads) - set(self._refused):
            for address, why in self._unfit(set(there)).items():
                if address not in self._refused:
                    print(f"ulpfuzz: {why}", file=sys.stderr, flush=True)
                self._refused[address] = why
        with self._lock:
            self._threads = {address: threads for address, threads in there.items() if address not in self._refused}

    def _unfit(self, there: set[str]) -> dict[str, str]:
        """By address why a worker cannot be used."""
        versions = self.client.get_versions(packages=["ulpfuzz"])
        own = _kind(versions["client"])
        unfit = {}
        for address in there:
            kind = _kind(versions["workers"].get(address))
            if kind != own:
                names = zip(("ulpfuzz", "Python"), kind, own, strict=True)
                unlike = " and ".join(
                    f"{name} {his or 'not at all'} instead of {mine}" for name, his, mine in names if his != mine
                )
                unfit[address] = f"worker {address} is not used: it has {unlike}"
        return unfit

    @contextmanager
    def watched(self, futures: Any) -> Iterator[None]:
        """Inside, the workers are looked at every LOOK seconds; where there is none for PATIENCE seconds, or no scheduler, what is out is
        cancelled (`futures()`), and `lost` says why."""
        over = threading.Event()

        def watch() -> None:
            since = time.monotonic()
            while not over.wait(LOOK):
                try:
                    self.look()
                except Exception:  # the connection is lost: the client says how in its own way
                    if self.client.status not in ("running", "connecting"):
                        self.lost = f"the scheduler at {self.address} was lost"
                if self.workers:
                    since = time.monotonic()
                elif time.monotonic() - since > PATIENCE:
                    self.lost = self._nobody()
                if self.lost:
                    with contextlib.suppress(Exception):
                        self.client.cancel(futures(), force=True)
                    return

        thread = threading.Thread(target=watch, daemon=True, name="cluster")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(LOOK)


def _kind(versions: Any) -> tuple[str, str]:
    """The versions of ulpfuzz and of Python, of the latter the first two numbers."""
    if not isinstance(versions, dict):
        return "", ""
    python = ".".join(str(versions.get("host", {}).get("python", "")).split(".")[:2])
    return str(versions.get("packages", {}).get("ulpfuzz") or ""), python
