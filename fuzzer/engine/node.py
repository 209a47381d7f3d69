"""Node: what runs in the Dask worker of another machine: it introduces itself to a campaign, and runs groups by worker processes of its own."""

from __future__ import annotations

import pickle
import platform
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import ulpfuzz
from ulpfuzz.fuzzer.engine.build import build
from ulpfuzz.fuzzer.engine.task import Result, Single, failure_of
from ulpfuzz.fuzzer.engine.worker_process import ROOMS, WorkerProcesses, memory_share, run_group
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import STARTUP, ForkServer
from ulpfuzz.fuzzer.frameworks.targets.config import Config, declared
from ulpfuzz.fuzzer.frameworks.targets.launch import version_of
from ulpfuzz.fuzzer.frameworks.targets.survey import describe
from ulpfuzz.fuzzer.frameworks.targets.target import absence, framework_for, prepare_environment, target_named
from ulpfuzz.fuzzer.own_folders import sweep

#: Seconds after which the processes of a campaign that sends nothing are ended: it was killed. If it was not, they are made anew.
FORGOTTEN = 600.0


@dataclass(frozen=True)
class Campaign:
    """What a node must know of a run: its name among all, what its tasks call, what is imported for them, what they may have."""

    token: str
    #: Full names.
    targets: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    #: Bytes that a process may have; None: its share of the node.
    memory: int | None = None
    #: The targets of the sender's ulpfuzz.toml.
    config: Config = field(default_factory=Config)


_describing = threading.Lock()  # for what is declared holds for the whole process

# Who is there


def described(campaign: Campaign) -> dict[str, Any]:
    """What this process has, as plain data, which another build can read too: the versions of ulpfuzz and of Python (two numbers), the build, and
    by target of the campaign its framework's version and why it cannot be used ("" where it can). Imports no framework."""
    with _describing, declared(campaign.config):
        targets = {name: _looked_up(name) for name in campaign.targets}
    python = ".".join(platform.python_version_tuple()[:2])
    return {"ulpfuzz": ulpfuzz.__version__, "python": python, "build": build(), "targets": targets}


def _looked_up(name: str) -> tuple[str, str]:
    try:
        target = target_named(name)
        return version_of(target) or "", absence(target)
    except UserError as error:  # a plugin that is not here
        return "", str(error)


def introduce(asking: str, packed_campaign: bytes) -> dict[str, Any]:
    """`described` of the Dask worker that this is called in, once everything is imported for its tasks and each target was started: what starts
    here can be used. Takes seconds to a minute. Where the one that asks is of another build, only that is said: it could mean something else by a
    campaign."""
    if asking != build():
        return described(Campaign(""))
    campaign: Campaign = unpacked(packed_campaign)
    told = described(campaign)
    there = tuple(name for name, (_, reason) in told["targets"].items() if not reason)
    with _node(campaign) as node:
        (started,) = run_group(node.processes, (Starting(there),))
    reasons = dict(started.reasons) if not started.failure else dict.fromkeys(there, started.failure)
    told["targets"] |= {name: (told["targets"][name][0], reason) for name, reason in reasons.items()}
    return told


@dataclass(frozen=True)
class Started(Result):
    """By target why it does not start; "" where it does."""

    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Starting(Single):
    """A task: starts the frameworks of these targets, in the worker process where they run there. Without targets its result says that a worker
    process has started."""

    targets: tuple[str, ...] = ()
    call_timeout: float = STARTUP

    id = "start"
    needs: tuple[str, ...] = ()

    def run(self) -> Started:
        return Started(self.id, "", reasons=tuple((name, _why_not(name)) for name in self.targets))

    def after(self, death: object, deaths: int) -> None:
        """Nothing: a framework that ends its process when it starts is not tried again."""

    def broken(self, failure: str, *, died: bool = False) -> Started:
        return Started(self.id, "", failure, died)


def _why_not(name: str) -> str:
    target = target_named(name)
    try:
        if target.runs_in_host:
            found = describe(target)  # a device must be there, which its framework alone knows
            return "" if found["available"] else found["reason"] or "it does not start"
        framework_for(target).start()
    except (FrameworkError, UserError) as error:
        return failure_of(error).partition(": ")[2] or type(error).__name__
    return ""


# What is run


class Node:
    """The worker processes of one campaign in this Dask worker."""

    def __init__(self, campaign: Campaign) -> None:
        self.memory = campaign.memory or _share()
        self.processes = WorkerProcesses(ForkServer([*campaign.modules, *ROOMS]), campaign.config, self.memory)
        #: Groups that run now, and when the last one ended.
        self.running, self.used = 0, time.monotonic()
        #: This machine's monotonic clock less the sender's: the least difference that any group was sent and begun with. What a group waited here in
        #: the queue makes its own difference larger; the first ones find nobody before them.
        self.ahead = float("inf")

    def end(self) -> None:
        self.processes.end()
        self.processes.server.end()


_nodes: dict[str, Node] = {}
_lock = threading.Lock()


@contextmanager
def _node(campaign: Campaign) -> Iterator[Node]:
    """The campaign's processes, kept from group to group."""
    with _lock:
        if campaign.token not in _nodes:
            prepare_environment()
            sweep()
            _nodes[campaign.token] = Node(campaign)
            threading.Thread(target=_forget, args=(campaign.token,), daemon=True, name="forget").start()
        node = _nodes[campaign.token]
        node.running += 1
    try:
        yield node
    finally:
        with _lock:
            node.running -= 1
            node.used = time.monotonic()


def _forget(token: str) -> None:
    """Ends the campaign's processes once it has sent nothing for FORGOTTEN seconds."""
    while (node := _nodes.get(token)) is not None:
        time.sleep(FORGOTTEN / 10)
        with _lock:
            idle = not node.running and time.monotonic() - node.used > FORGOTTEN
            if idle:
                _nodes.pop(token, None)
        if idle:
            node.end()


def _share() -> int:
    """Bytes for each of the Dask worker's threads, of those that it may have."""
    from distributed import get_worker

    worker = get_worker()
    return memory_share(worker.state.nthreads, worker.memory_manager.memory_limit)


def run_packed(campaign: Campaign, group: bytes, sent: float) -> bytes:
    """The results of a group, both packed, by a worker process of the Dask worker that this is called in. sent: when the group was sent, by the
    sender's monotonic clock."""
    with _node(campaign) as node:
        node.ahead = min(node.ahead, time.monotonic() - sent)
        tasks = tuple(here(task, node.ahead, node.memory) for task in unpacked(group))
        return packed(run_group(node.processes, tasks))


def leave(token: str) -> None:
    """The campaign is over: ends its processes."""
    with _lock:
        node = _nodes.pop(token, None)
    if node is not None:
        node.end()


def here(task: Any, ahead: float, memory: int | None = None) -> Any:
    """The task as it is run on this node: its deadlines (`until`, `ends`) by this machine's monotonic clock, whose zero is another on every machine;
    its processes may have the node's share of memory where it has no limit of its own."""
    if not is_dataclass(task) or isinstance(task, type):
        return task
    changes = {name: at + ahead for name in ("until", "ends") if (at := getattr(task, name, None)) is not None}
    if memory is not None and getattr(task, "memory", memory) is None:
        changes["memory"] = memory
    return replace(task, **changes)


def packed(things: Any) -> bytes:
    """What `unpacked` reads back: a tenth of the bytes, for all of them pass the scheduler."""
    return zlib.compress(pickle.dumps(things, protocol=pickle.HIGHEST_PROTOCOL), 1)


def unpacked(sent: bytes) -> Any:
    """What was packed. Dask's own messages are pickles too: who can send these is trusted, or TLS says who it is."""
    return pickle.loads(zlib.decompress(sent))
