"""Task: what the engine runs. A shard of a campaign, a chunk of a sweep, the work on a defect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, Self, TypeVar

R = TypeVar("R", bound="Result")


@dataclass(frozen=True)
class Death:
    """How a worker process ended in the middle of a task."""

    #: crash or hang.
    symptom: str
    #: In one line.
    how: str
    #: The target and the call that it was making; empty outside of framework calls.
    target: str = ""
    call: str = ""


@dataclass(frozen=True)
class Result:
    """What a task learned. task: its id; cell: the key of its cell. failure: one line where the task itself broke; died: it broke because
    its process ended. deaths: of the processes that ended before it was run to its end. wall, cpu: seconds that it took, and that it had of a
    processor. missing: targets that no worker has, and why; they were not called."""

    task: str
    cell: str
    failure: str = ""
    died: bool = False
    deaths: tuple[Death, ...] = ()
    wall: float = 0.0
    cpu: float = 0.0
    missing: tuple[tuple[str, str], ...] = ()

    def with_deaths(self, deaths: Sequence[Death]) -> Self:
        return replace(self, deaths=tuple(deaths))

    def with_times(self, wall: float, cpu: float) -> Self:
        return replace(self, wall=wall, cpu=cpu)


class Task(Protocol):
    """A pure function of its fields. call_timeout: seconds that a framework call may take. waits: whether it mostly waits for processes of
    its own, so that it needs no core."""

    @property
    def id(self) -> str: ...

    @property
    def call_timeout(self) -> float: ...

    @property
    def waits(self) -> bool: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Full names of the targets that it must call, each once; others may answer beside them."""

    def only(self, targets: Collection[str]) -> Any:
        """The part of it that needs these alone, some of `needs`."""

    def joined(self, results: Sequence[Any]) -> Any:
        """Its Result of those of its parts."""

    def run(self) -> Any:
        """The Result, in this process."""

    def after(self, death: Death, deaths: int) -> Any:
        """What is run in its place where its process died, which was its `deaths`-th; None where there is nothing left to try."""

    def leaving_out(self, deaths: Sequence[Death]) -> Any:
        """The same without the calls that ended the workers of tasks before it in its group, where that leaves something to run."""

    def broken(self, failure: str, *, died: bool = False) -> Any:
        """The Result of a task that broke."""


#: The failure of a task that still ran at the time at which it was to be ended (`ends`, where a task has that).
OUT_OF_TIME = "the time of the run was over"
#: The failure of a task of which nothing was run, for no worker has any of its targets; see Result.missing.
NOT_JUDGED = "not judged: no worker has its targets"


def not_judged(target: str, why: str) -> str:
    """The line that says so of a target (Result.missing)."""
    return f"{target} was not judged, or not everywhere: no worker of the cluster has it ({why})"


def united(results: Sequence[R]) -> R:
    """One result of those of the parts of a task, which share nothing: numbers are added, collections joined. It fails where a part fails."""
    first, *others = results
    values = {}
    for name in (f.name for f in fields(first) if f.name not in ("task", "cell")):
        value = getattr(first, name)
        for other in (getattr(each, name) for each in others):
            value = _added(value, other)
        values[name] = value
    return replace(first, **values)


def _added(value: Any, other: Any) -> Any:
    if isinstance(value, dict):
        both = {name: value[name] + other[name] for name in value.keys() & other.keys() if isinstance(value[name], (int, float))}
        return {**value, **other, **both}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value or other
    return value + other


class Single:
    """Mixed into a task that stands in a group of its own, needs a core, and has no parts."""

    waits = False

    def leaving_out(self, deaths: Sequence[Death]) -> Self:
        """The same: no task comes before it."""
        return self

    def only(self, targets: Collection[str]) -> Self:
        """The same: it needs one target at most."""
        return self

    def joined(self, results: Sequence[R]) -> R:
        """That of its only part."""
        return united(results)


@dataclass(frozen=True)
class Isolable(Single):
    """Mixed into such a task whose calls may be made in processes of their own."""

    #: See Shard.isolated.
    isolated: bool = field(default=False, kw_only=True)

    def after(self, death: Death, deaths: int) -> Self | None:
        """The same with every target in a process of its own, once."""
        return replace(self, isolated=True) if deaths == 1 and not self.isolated else None


def failure_of(error: BaseException) -> str:
    """An exception as a `Result.failure`: its type and the first line of its message."""
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"
