"""Identity: which name a group of findings has as a defect, from run to run.

A defect's id is that of its oldest member, of equally old ones that which shows it best. Once kept, it stays: later members join it, and
where a group unites defects that were kept apart, the oldest goes on and the others are recorded as merged into it. No id is ever given to
another group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ulpfuzz.fuzzer.defects.defect import State
from ulpfuzz.fuzzer.defects.rank import showing
from ulpfuzz.fuzzer.findings.finding import Finding


@dataclass(frozen=True)
class Known:
    """What is kept of a defect beyond one run."""

    id: str
    #: The ids of the findings that were ever its members.
    members: tuple[str, ...] = ()
    #: The ids of the defects that became this one.
    merged: tuple[str, ...] = ()
    state: State = "open"
    #: The start of the first run that saw a member.
    first_seen: str = ""
    #: What people say of it: "url" where it was reported, "until" when the state holds, a "note"; "expired", the last day of a state that
    #: holds no more, with "was", that state.
    triage: dict[str, str] = field(default_factory=dict)
    #: The start of the run that gave it its state; "" where people did.
    since: str = ""
    #: The start of the run that first showed it to people as new, or again.
    announced: str = ""
    #: "target version" -> the starts of the last run that saw it "failed" there, and of the last that proved it "passed".
    observed: dict[str, dict[str, str]] = field(default_factory=dict)
    #: {"failed", "passed"}: of its re-runs in fresh processes before it was announced.
    rerun: dict[str, int] = field(default_factory=dict)


def named(groups: Iterable[Sequence[Finding]], known: Mapping[str, Known]) -> list[Known]:
    """The identity of each group, in its order: that of the oldest defect kept that has a member in it, else a new one.

    Where two groups hold members of one kept defect, the one with its oldest member has its name. The members are those kept and the group's.
    """
    owner = {member: name for name, defect in known.items() for member in (*defect.members, name)}
    aged = [sorted(group, key=_age) for group in groups]
    claims: dict[str, int] = {}  # kept id -> the group that bears it
    claimed: dict[int, list[str]] = {}
    by_age = sorted(known.values(), key=lambda d: (d.first_seen, d.id))
    place = {finding.id: number for number, group in enumerate(aged) for finding in group}
    for defect in by_age:
        at = next((place[member] for member in (defect.id, *defect.members) if member in place), None)
        if at is not None:
            claims[defect.id] = at
            claimed.setdefault(at, []).append(defect.id)
    taken = {*known, *(name for defect in known.values() for name in defect.merged)}
    identities = []
    for number, group in enumerate(aged):
        own = claimed.get(number, [])
        identity = own[0] if own else _new_name(group, taken)
        taken.add(identity)
        identities.append(_united(identity, group, [known[name] for name in own], owner))
    return identities


def _age(finding: Finding) -> tuple[Any, ...]:
    return finding.first_seen, *showing(finding)


def _new_name(group: Sequence[Finding], taken: set[str]) -> str:
    """The id of the oldest member; where another defect bears it, that of the next, and with a number where all are borne."""
    for finding in group:
        if finding.id not in taken:
            return finding.id
    return next(name for number in range(2, len(taken) + 3) if (name := f"{group[0].id}-{number}") not in taken)


def _united(identity: str, group: Sequence[Finding], own: Sequence[Known], owner: Mapping[str, str]) -> Known:
    """The kept defects and the group as one, under that name."""
    bearers = {identity, *(defect.id for defect in own)}
    fresh = [f.id for f in group if owner.get(f.id, identity) in bearers]
    members = dict.fromkeys([*(m for defect in own for m in defect.members), *fresh])
    merged = dict.fromkeys([*(name for d in own for name in (*d.merged, d.id) if name != identity)])
    firsts = [d.first_seen for d in own if d.first_seen] + [group[0].first_seen]
    kept = own[0] if own else Known(identity)
    return replace(kept, id=identity, members=tuple(members), merged=tuple(merged), first_seen=min(firsts))
