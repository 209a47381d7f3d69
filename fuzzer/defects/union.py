"""Union: a partition of things by name that keeps a reason for every join (Tarjan's disjoint sets, with path halving)."""

from __future__ import annotations

from collections.abc import Iterable


class Union:
    """Sets of names. Two names are in one set where a chain of joins leads from one to the other."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parent = {name: name for name in names}
        self._reasons: dict[str, list[str]] = {}

    def root(self, name: str) -> str:
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def join(self, one: str, other: str, reason: str) -> None:
        """Puts the sets of two names together; nothing where they are together already. The root is the least name, whatever the order."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return
        self._parent[second] = first
        self._reasons[first] = [*self._reasons.get(first, []), *self._reasons.pop(second, []), reason]

    def sets(self) -> list[tuple[list[str], list[str]]]:
        """Each set's names, sorted, and the reasons for its joins, each once."""
        members: dict[str, list[str]] = {}
        for name in self._parent:
            members.setdefault(self.root(name), []).append(name)
        return [(sorted(names), list(dict.fromkeys(self._reasons.get(root, [])))) for root, names in sorted(members.items())]
