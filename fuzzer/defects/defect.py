"""Defect: what a user acts on. Plain data; JSON-ready fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: ordinary: wrong within everyday inputs. range: something on the way over- or underflows while the truth is a normal number. special: at an
#: infinity, a NaN or a pole. accuracy: small but above a published limit. compiled: eager is right on the same bits.
Kind = Literal[
    "ordinary",
    "range",
    "special",
    "flush",
    "accuracy",
    "inconsistent",
    "exception",
    "crash",
    "hang",
    "nondeterministic",
    "compiled",
    "device",
]
KINDS: tuple[Kind, ...] = (
    "ordinary", "crash", "hang", "nondeterministic", "compiled", "device", "range", "inconsistent", "accuracy", "special", "exception", "flush",
)  # fmt: skip

#: Kinds that come first, whatever their score: what ordinary users meet, and what ends or shakes a process. The others are appendices.
FIRST_PAGE: tuple[Kind, ...] = ("ordinary", "crash", "hang", "nondeterministic")

#: open: a run shows it, and nobody has said anything. known, wontfix: people say so. fixed: its cases were run again, and passed, or people
#: say so. reopened: it was fixed, and fails again. flaky, unreproducible: of its re-runs in fresh processes some failed, or none.
State = Literal["open", "known", "wontfix", "fixed", "reopened", "flaky", "unreproducible"]
STATES: tuple[State, ...] = ("open", "known", "wontfix", "fixed", "reopened", "flaky", "unreproducible")
#: What people may say (`ulpfuzz triage`).
TRIAGE: tuple[State, ...] = ("known", "wontfix", "fixed", "open")
#: Of these what makes a defect no news, whatever a run shows.
SETTLED: tuple[State, ...] = ("known", "wontfix")


@dataclass(frozen=True)
class Defect:
    """A fault of one framework: findings that share cause and kernel, across calls, dtypes, orders, params and aliases."""

    #: That of its oldest member. Ids are never reused; `merged` holds those of defects that became this one.
    id: str
    #: The headline of its face.
    title: str
    framework: str
    kind: Kind
    #: From 0 to 1, of its best member: what ordinary users meet comes first (defects.rank). Above 1/2 only where casework measured it.
    score: float
    #: From 1 within its framework.
    rank: int
    #: The id of the finding that shows it best: ordinary inputs first, then fewest bits.
    face: str
    #: Ids of its findings, the face first.
    members: tuple[str, ...]
    ops: tuple[str, ...]
    calls: tuple[str, ...]
    dtypes: tuple[str, ...]
    orders: tuple[str, ...]
    #: Targets that answer rightly at the face's bits.
    avoidable_by: tuple[str, ...] = ()
    #: Why the members are one defect, a line each: "the same wrong bits at the same case: torch.a, torch.b".
    because: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    state: State = "open"
    #: The starts of the first and the last run that saw a member.
    first_seen: str = ""
    last_seen: str = ""
    #: One of defects.history.STATUSES: new is what no earlier run has seen, whichever run it is compared with.
    status: str = ""
    #: Versions of the framework that it was seen in.
    versions: tuple[str, ...] = ()
    #: The defects of other frameworks at the same op and symptom.
    similar: tuple[str, ...] = field(default=())
    #: What people said of it; see Known.
    triage: dict[str, Any] = field(default_factory=dict)
    #: Where it was last seen failing, and proved passing; see Known.
    observed: dict[str, dict[str, str]] = field(default_factory=dict)
    #: How often its face failed and passed in fresh processes before it was announced; empty where it was not run again.
    rerun: dict[str, int] = field(default_factory=dict)
    #: The link of the record of known issues that all its findings fit; "" where none does.
    known_issue: str = ""
