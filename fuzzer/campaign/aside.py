"""Aside: calls that ended a worker. Their cells go on without them; whether they crash or hang again is proved beside the search."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from ulpfuzz.fuzzer.campaign.shard import Shard
from ulpfuzz.fuzzer.engine.task import Death

#: Seconds within which a call must not return to be a hang, where the user has not said.
PROOF_TIMEOUT = 20.0


class Aside:
    """The proofs that are due. case_timeout: seconds that the user allows a call; None: PROOF_TIMEOUT."""

    def __init__(self, case_timeout: float | None) -> None:
        self.call_timeout = case_timeout or PROOF_TIMEOUT
        self._due: deque[Shard] = deque()
        self._seen: set[tuple[str, ...]] = set()

    def set(self, shard: Shard, death: Death) -> None:
        """The call that ended the worker of this shard is to be proved; once for each op and order, for its other cells die of the same."""
        key = (shard.cell.op, shard.cell.order, death.target, death.call)
        if death.target and key not in self._seen:
            self._seen.add(key)
            self.visit(shard, death.target, death.call)

    def visit(self, shard: Shard, target: str, call: str) -> None:
        """The same of a call that is only slow: once for each cell, for each is judged beside the search."""
        if (shard.cell.key, target, call) not in self._seen:
            self._seen.add((shard.cell.key, target, call))
            self._due.append(shard.proof_of(target, call, self.call_timeout))

    def due(self, until: float | None) -> Iterator[list[Shard]]:
        """A group for each proof; it has until then, whatever is left of the search. Those that come while it is read too."""
        while self._due:
            yield [replace(self._due.popleft(), until=until)]
