"""Cluster: the workers of a running Dask cluster, those that can run this program's tasks, and what each has; they may come late, and go."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ulpfuzz.fuzzer.engine.node import Campaign, described, introduce, packed
from ulpfuzz.fuzzer.engine.task import failure_of
from ulpfuzz.fuzzer.errors import UserError

#: Seconds within which a cluster must have a worker, at the start and later.
PATIENCE = 30.0
#: Seconds in which a worker has introduced itself: it imports the frameworks, and may be busy with what others sent.
INTRODUCED = 300.0
#: Seconds after the first worker in which others may bring the targets that it lacks.
SETTLED = 5.0
#: Seconds between two looks at the workers; for each thousand workers so many more, for all of them are listed.
LOOK, LOOK_PER_THOUSAND = 1.0, 4.0
#: Seconds within which the scheduler answers a question, or it is lost.
ANSWERED = 30.0
#: Seconds without a heartbeat after which a worker is not waited for: it was stopped, or its network is gone. Heartbeats come every half second, of a
#: thousand workers every six (distributed.scheduler.heartbeat_interval).
SILENT = 20.0
#: Seconds between two questions for the heartbeats.
LISTEN = 5.0
#: Seconds in which the workers end what they have of a campaign that is over.
PARTING = 5.0
#: Seconds in which workers tell their versions, and how many of them are asked together.
ASKED, TOGETHER = 5.0, 32
#: Groups in a row that break on a worker, whatever is in them, after which it gets no more.
FAULTS = 3

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


@dataclass(frozen=True)
class Worker:
    """A worker that is used: its address, its threads, and the campaign's targets that it has."""

    address: str
    threads: int
    targets: frozenset[str]


class Cluster:
    """The workers that a client's scheduler has, as far as they are of the same build as this process, and what each of them has.

    A worker is asked for its versions by Dask's own exchange, which needs nothing of ours there: one that cannot import what it is sent loses its
    connection. Then it introduces itself (node.introduce), by a task that only it may run: who comes late or is stopped holds up nobody. One of
    another build is told once on standard error and gets no group; one that lacks a target, or has another version of its framework, gets no
    group that needs it. A thread of its own looks at the workers all the time.
    """

    def __init__(self, client: Any, address: str, campaign: Campaign) -> None:
        from distributed.versions import get_versions

        self.client, self.address, self.campaign = client, address, campaign
        #: Why nothing goes on, in one line; empty while all is well.
        self.lost = ""
        self._own = described(campaign)
        self._own_by_dask = _of_dask(get_versions(packages=["ulpfuzz"]))
        self._lock = threading.Lock()
        self._used: dict[str, Worker] = {}
        self._asked: dict[str, Any] = {}  # by address: the introduction, which is on its way
        self._mute: dict[str, float] = {}  # by address: when it is asked again, for it has not answered
        self._refused: dict[str, str] = {}  # by address: why
        self._said: set[str] = set()
        #: (target, line, what is not said again) of workers that lack it, until it is known which targets nobody has: of these that alone is said.
        self._unsaid: list[tuple[str, str, str]] | None = []
        self._lacks: dict[str, str] = {}  # by target: why a worker does not have it
        self._heard: dict[str, tuple[float, float]] = {}  # by address: its last heartbeat, and since when that is the last
        self._faults: dict[str, int] = {}
        self._looked = time.monotonic()  # when the scheduler answered last
        self._listened = self._looked

    # What there is

    @property
    def workers(self) -> list[Worker]:
        """Those that are used, in the order in which they came."""
        with self._lock:
            return list(self._used.values())

    @property
    def threads(self) -> int:
        """Groups that run at once."""
        return sum(worker.threads for worker in self.workers)

    def why_not(self, target: str) -> str:
        """Why no worker has a target, as one of them said it."""
        return self._lacks.get(target, "no worker was asked")

    # Looking

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Inside, the workers are looked at all the time. Raises SchedulerError where there is none within PATIENCE seconds, and says which targets
        none of them has."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), daemon=True, name="cluster")
        thread.start()
        try:
            self.wait()
            yield
        finally:
            over.set()
            thread.join(PATIENCE / 10)

    def _watch(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                self.look()
                self._looked = time.monotonic()
            except Exception:  # the connection is lost: the client says how in its own way
                if self.client.status not in ("running", "connecting"):
                    self.lost = f"the scheduler at {self.address} was lost"
            # The first ones are waited for.
            over.wait(LOOK * (1 + LOOK_PER_THOUSAND * len(self._used) / 1000) if self._used else min(LOOK, 0.1))

    def wait(self) -> None:
        """Until there is a worker, and for SETTLED seconds more until each target has one; says which still have none, for they are not judged.
        Raises SchedulerError after PATIENCE seconds without a worker, which says what was there."""
        began, since = time.monotonic(), None
        while True:
            self.check()
            workers = self.workers
            if workers:
                since = since or time.monotonic()
                absent, waited = self._absent(workers), time.monotonic() - since
                if not absent or (waited >= SETTLED and not self._is_asking()) or waited >= PATIENCE:
                    break
            else:
                since = None
                if time.monotonic() - began >= (INTRODUCED if self._is_asking() else PATIENCE):
                    raise SchedulerError(self._nobody())
            time.sleep(0.05)
        with self._lock:
            unsaid, self._unsaid = self._unsaid or [], None
            self._said |= {once for name, _, once in unsaid if name in absent}
        for name in absent:
            self._say(
                f"no worker of the scheduler at {self.address} has {name} ({self.why_not(name)}): it is not judged until one has"
            )
        for name, line, once in unsaid:
            if name not in absent:
                self._say(line, once)

    def check(self) -> None:
        """Raises SchedulerError where the scheduler was lost, or does not answer any more."""
        if self.lost or time.monotonic() - self._looked > ANSWERED:
            raise SchedulerError(self.lost or f"the scheduler at {self.address} has not answered for {ANSWERED:g} s")

    def check_scheduler(self) -> None:
        """Raises SchedulerError where the scheduler is of another version: it reads what is sent to the workers."""
        versions = self.client.sync(self.client.scheduler.versions, packages=["ulpfuzz"])
        why = _unlike(_of_dask(versions), self._own_by_dask)
        if why:
            raise SchedulerError(
                f"the scheduler at {self.address} cannot be used: it {why}; start it where its workers are installed"
            )

    def _absent(self, workers: Collection[Worker]) -> list[str]:
        return [name for name in self.campaign.targets if not any(name in worker.targets for worker in workers)]

    def _is_asking(self) -> bool:
        with self._lock:
            return bool(self._asked)

    def _nobody(self) -> str:
        with self._lock:
            refused = next(iter(self._refused.values()), "")
        if refused:
            return f"no worker of the scheduler at {self.address} can be used: {refused}"
        return f"the scheduler at {self.address} has had no worker for {PATIENCE:g} s; start one: dask worker {self.address}"

    def look(self) -> None:
        """Learns which workers have come, introduced themselves, gone, or fallen silent."""
        there: dict[str, int] = self.client.nthreads()
        self._listen(there)
        silent = {address for address, (_, since) in self._heard.items() if time.monotonic() - since > SILENT}
        with self._lock:
            known: tuple[dict[str, Any], ...] = (self._used, self._asked, self._refused, self._faults, self._mute)
            for by_address in known:
                for address in [a for a in by_address if a not in there or a in silent]:
                    del by_address[address]
            new = [a for a in there if not (a in self._asked or a in self._used or a in self._refused or a in silent)]
            new = [a for a in new if time.monotonic() >= self._mute.get(a, 0.0)]
            answered = {address: future for address, future in self._asked.items() if future.done()}
        for address, versions in self._versions_of(new).items():
            self._ask(address, versions)
        for address, future in answered.items():
            self._learn(address, there.get(address, 1), future)

    def _listen(self, there: Collection[str]) -> None:
        """Notes by address the last heartbeat, by the scheduler's clock, and since when it is the last, by this one's."""
        now = time.monotonic()
        if now - self._listened < LISTEN:
            return
        self._listened = now
        for address, told in self.client.scheduler_info(n_workers=-1)["workers"].items():
            seen = float(told.get("last_seen", 0.0))
            if self._heard.get(address, (None, 0.0))[0] != seen:
                self._heard[address] = seen, now
        for address in [a for a in self._heard if a not in there]:
            del self._heard[address]

    # Who they are

    def _versions_of(self, addresses: Sequence[str]) -> dict[str, dict[str, str]]:
        """The versions of workers; of one that does not answer none. Asked together, and where one of them holds up the others, each by itself."""

        async def asked(some: Sequence[str]) -> dict[str, Any]:
            ask = self.client.scheduler.broadcast(
                msg={"op": "versions", "packages": ["ulpfuzz"]}, workers=list(some), on_error="ignore"
            )
            try:
                told: dict[str, Any] = await asyncio.wait_for(ask, ASKED)
                return {address: _of_dask(told[address]) if isinstance(told.get(address), dict) else {} for address in some}
            except (OSError, TimeoutError):
                return (
                    {address: versions for one in some for address, versions in (await asked([one])).items()}
                    if some[1:]
                    else {some[0]: {}}
                )

        async def every() -> list[dict[str, Any]]:
            return await asyncio.gather(*(asked(addresses[k : k + TOGETHER]) for k in range(0, len(addresses), TOGETHER)))

        return {
            address: versions for told in (self.client.sync(every) if addresses else []) for address, versions in told.items()
        }

    def _ask(self, address: str, versions: dict[str, str]) -> None:
        """Has a worker introduce itself, where it is of the right version."""
        if not versions:
            with self._lock:
                self._mute[address] = time.monotonic() + SILENT
            return
        why = _unlike(versions, self._own_by_dask)
        if why:
            self._refuse(address, why)
            return
        future = self.client.submit(
            introduce, self._own["build"], packed(self.campaign), key=f"ulpfuzz introduction {self.campaign.token} {address} {time.monotonic()}",
            workers=[address], allow_other_workers=False, pure=False, priority=1, retries=0,
        )  # fmt: skip
        with self._lock:
            self._asked[address] = future

    def _learn(self, address: str, threads: int, future: Any) -> None:
        """Takes a worker by its introduction, or refuses it."""
        with self._lock:
            if self._asked.pop(address, None) is None:
                return  # it has gone meanwhile
        try:
            told = future.result(timeout=PATIENCE)
        except Exception as error:
            self._refuse(address, f"cannot say what it has: {failure_of(error)}")
            return
        why = _unlike(told, self._own)
        if why:
            self._refuse(address, why)
            return
        targets = self._targets_of(address, told["targets"])
        with self._lock:
            self._used[address] = Worker(address, threads, targets)

    def _refuse(self, address: str, why: str) -> None:
        line = f"worker {address} is not used: it {why}"
        with self._lock:
            self._refused[address] = line
        self._say(line)

    def _targets_of(self, address: str, told: dict[str, tuple[str, str]]) -> frozenset[str]:
        """The campaign's targets that a worker has, in the version of this process: a finding is one of that version."""
        has = set()
        for name, (version, reason) in told.items():
            own = self._own["targets"][name][0]
            if not reason and _public(version) != _public(own):
                reason = f"its version there is {version or 'unknown'} instead of {own or 'unknown'}"
            if reason:
                line, once = f"worker {address} makes no calls of {name}: {reason}", f"{name} {reason}"
                with self._lock:
                    self._lacks.setdefault(name, reason)
                    waits = self._unsaid is not None
                    if self._unsaid is not None:
                        self._unsaid.append((name, line, once))
                if not waits:
                    self._say(line, once)
            else:
                has.add(name)
        return frozenset(has)

    def _say(self, line: str, once: str = "") -> None:
        """On standard error; what says the same of a further worker is not said again."""
        with self._lock:
            if (once or line) in self._said:
                return
            self._said.add(once or line)
        print(f"ulpfuzz: {line}", file=sys.stderr, flush=True)

    def fault(self, address: str, error: BaseException | None) -> None:
        """A group broke on a worker, or (None) did not. One that breaks every group would get all of them, for it is always idle."""
        with self._lock:
            self._faults[address] = 0 if error is None else self._faults.get(address, 0) + 1
            if error is None or self._faults[address] < FAULTS or self._used.pop(address, None) is None:
                return
            why = f"worker {address} is not used any more: {FAULTS} groups in a row broke there, the last one by {failure_of(error)}"
            self._refused[address] = why
        self._say(why)

    def leave(self, ended: Callable[[str], None]) -> None:
        """Has each worker end what it has of the campaign; does not wait for one that does not answer."""
        addresses = [worker.address for worker in self.workers]

        def tell() -> None:
            with contextlib.suppress(Exception):
                self.client.run(ended, self.campaign.token, workers=addresses, on_error="ignore")

        if addresses and self.client.status == "running":
            thread = threading.Thread(target=tell, daemon=True, name="leave")
            thread.start()
            thread.join(PARTING)


def _unlike(told: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """How a process differs from this one; "" where it does not."""
    unlike = [
        f"{words} {told.get(name) or 'not at all'} instead of {own[name]}"
        for name, words in (("ulpfuzz", "ulpfuzz"), ("python", "Python"))
        if told.get(name) != own[name]
    ]
    if unlike:
        return f"has {' and '.join(unlike)}"
    if told.get("build") != own.get("build"):
        return f"has another build of ulpfuzz {own['ulpfuzz']}: {told.get('build')} instead of {own.get('build')}"
    return ""


def _public(version: str) -> str:
    """Without the label of a build (2.13.0+cpu): a GPU's worker has another build than a coordinator without one."""
    return version.partition("+")[0]


def _of_dask(versions: dict[str, Any]) -> dict[str, str]:
    """The versions of ulpfuzz and of Python (two numbers) as Dask tells them."""
    python = ".".join(str(versions.get("host", {}).get("python", "")).split(".")[:2])
    return {"ulpfuzz": str(versions.get("packages", {}).get("ulpfuzz") or ""), "python": python}
