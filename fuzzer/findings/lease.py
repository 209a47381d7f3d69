"""Lease: which process runs a run. It is renewed while the process lives, so that a run whose process died can be resumed, and no other."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil
from sqlalchemy import Connection, delete, select, update

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.database import Database
from ulpfuzz.fuzzer.findings.schema import StoreError

#: Seconds between two beats, and after how many without one a process is taken for dead: clocks of hosts may differ by a minute or two.
BEAT, STALE = 30.0, 300.0
#: Seconds by which what the system tells of a process's start may differ between two readings.
_SAME_START = 2.0


@dataclass(frozen=True)
class Lease:
    """A process that runs a run."""

    #: Its name on the network.
    host: str
    #: The process's number there.
    process: int
    #: When the process started, in seconds since 1970: numbers of processes are used again.
    began: float

    @classmethod
    def own(cls) -> Lease:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    def ended(self) -> bool:
        """Whether the process is known to have ended; of one on another host that is never known."""
        if self.host != socket.gethostname():
            return False
        try:
            return bool(abs(psutil.Process(self.process).create_time() - self.began) > _SAME_START)
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False


def take(connection: Connection, run_id: str) -> Lease:
    """Makes this process the one that runs the run. Raises StoreError where another one still does."""
    leases, mine = tables.leases, Lease.own()
    row = connection.execute(select(leases).where(leases.c.run_id == run_id).with_for_update()).one_or_none()
    if row is not None:
        holder = Lease(row.host, row.process, row.began)
        if holder != mine and time.time() - row.beat < STALE and not holder.ended():
            raise StoreError(
                f"run {run_id} still runs: process {holder.process} on {holder.host}; end it first, or wait until it has ended"
            )
        connection.execute(delete(leases).where(leases.c.run_id == run_id))
    connection.execute(
        leases.insert().values(run_id=run_id, host=mine.host, process=mine.process, began=mine.began, beat=time.time())
    )
    return mine


def check(connection: Connection, run_id: str, mine: Lease) -> None:
    """Raises StoreError where the lease is another's by now."""
    leases = tables.leases
    row = connection.execute(select(leases).where(leases.c.run_id == run_id)).one_or_none()
    if row is None or (row.host, row.process) != (mine.host, mine.process):
        who = "nobody" if row is None else f"process {row.process} on {row.host}"
        raise StoreError(f"run {run_id} was taken over by {who} while this process did not answer; nothing more of it is kept")


def release(connection: Connection, run_id: str, mine: Lease) -> None:
    leases = tables.leases
    connection.execute(
        delete(leases).where(leases.c.run_id == run_id, leases.c.host == mine.host, leases.c.process == mine.process)
    )


class Beating:
    """Renews a lease from a thread of its own, as long as the context lasts: one shard may take minutes."""

    def __init__(self, database: Database, run_id: str, mine: Lease) -> None:
        self._database, self._run_id, self._mine = database, run_id, mine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def __enter__(self) -> None:
        if self._database.shared:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)

    def _beat(self) -> None:
        leases, mine = tables.leases, self._mine
        at = (leases.c.run_id == self._run_id) & (leases.c.host == mine.host) & (leases.c.process == mine.process)
        while not self._over.wait(BEAT):
            with suppress(StoreError), self._database.transaction(write=True) as connection:  # a shard's commit tells of it
                connection.execute(update(leases).where(at).values(beat=time.time()))
