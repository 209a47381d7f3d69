"""Task: what the engine runs. A shard of a campaign, a chunk of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Result:
    """What a task learned. task: its id; cell: the key of its cell. failure: one line where the task itself broke; died: it broke because
    its process ended."""

    task: str
    cell: str
    failure: str = ""
    died: bool = False


class Task(Protocol):
    """A pure function of its fields. isolated: every target in a process of its own. call_timeout: seconds that a framework call may take."""

    @property
    def id(self) -> str: ...

    @property
    def isolated(self) -> bool: ...

    @property
    def call_timeout(self) -> float: ...

    def run(self) -> Any:
        """The Result, in this process."""

    def in_isolation(self) -> Any:
        """The same task with every target in a process of its own, so that a crash ends no more than that."""

    def broken(self, failure: str, *, died: bool = False) -> Any:
        """The Result of a task that broke."""


def failure_of(error: BaseException) -> str:
    """An exception as a `Result.failure`: its type and the first line of its message."""
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {text}"
