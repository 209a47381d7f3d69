"""Known issues: findings that were reported upstream, listed separately until their record expires."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, FRAMEWORKS, ORDERS
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

#: What a record can match: field of the finding -> its closed list of choices, where it has one.
MATCHABLE: dict[str, tuple[str, ...]] = {
    "id": (),
    "op": (),
    "framework": FRAMEWORKS,
    "target": (),
    "implementation": (),
    "dtype": ALL_DTYPES,
    "order": ORDERS,
    "symptom": tuple(s.name for s in Symptom),
    "class": tuple(c.name for c in Class),
}
_CELL_FIELDS = ("op", "framework", "target", "implementation", "dtype", "order")
_KEYS = ("match", "url", "reason", "expires")


class KnownIssueError(UserError):
    """A record that cannot be used; the message names the file and the entry."""


@dataclass(frozen=True)
class KnownIssue:
    """One record. match: field -> pattern (`*`, `?`, `[...]`); all must fit. expires: the last day on which it matches."""

    match: dict[str, str]
    url: str
    reason: str
    expires: date

    def fits(self, finding: Finding) -> bool:
        return all(fnmatchcase(_field(finding, name), pattern) for name, pattern in self.match.items())

    def may_concern(self, cell: CellSummary) -> bool:
        """Whether a finding of this cell could match."""
        return all(fnmatchcase(_field(cell, name), self.match[name]) for name in _CELL_FIELDS if name in self.match)


@dataclass(frozen=True)
class KnownIssues:
    """The records of a file on a day: those in force, and those expired, which match no more and are reported as expired."""

    active: tuple[KnownIssue, ...]
    expired: tuple[KnownIssue, ...]

    def match(self, finding: Finding) -> KnownIssue | None:
        """The first record in force that fits."""
        return next((issue for issue in self.active if issue.fits(finding)), None)

    def fixed(self, findings: Sequence[Finding], cells: Iterable[CellSummary]) -> list[KnownIssue]:
        """The records in force that fit no finding of a run although one of their cells was run: fixed upstream, or never true.

        A record that names a finding's id or class still needs a cell that its other fields fit.
        """
        ran = [cell for cell in cells if cell.verdicts]
        quiet = [issue for issue in self.active if not any(issue.fits(f) for f in findings)]
        return [issue for issue in quiet if any(issue.may_concern(cell) for cell in ran)]


#: The variable that names a team's own file, and the file of the working folder that is read where neither it nor an option does.
VARIABLE, OWN = "ULPFUZZ_KNOWN_ISSUES", "known_issues.toml"


def known_issues(path: Path | None = None, *, today: date | None = None) -> KnownIssues:
    """The records of the corpus with those of the user's own file, which come first: of `path`, else of the file that the environment names,
    else of known_issues.toml in the working folder where there is one. Raises KnownIssueError, also for a named file that is not there."""
    named = os.environ.get(VARIABLE, "")
    own = path or (Path(named) if named else Path(OWN) if Path(OWN).is_file() else None)
    packaged = load_known_issues(today=today)
    if own is None:
        return packaged
    mine = load_known_issues(own, today=today)
    return KnownIssues((*mine.active, *packaged.active), (*mine.expired, *packaged.expired))


def load_known_issues(path: Path | None = None, *, today: date | None = None) -> KnownIssues:
    """The records of a TOML file (default: the corpus's known_issues.toml), as of a day (default: today).

    Raises KnownIssueError: the file, the entry, what is wrong, and the nearest valid choice.
    """
    source = path if path is not None else files("ulpfuzz.corpus").joinpath("known_issues.toml")
    name = str(path) if path is not None else "corpus/known_issues.toml"
    try:
        data = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise KnownIssueError(f"{name}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnownIssueError(f"{name}: not valid TOML: {error}") from None
    if surplus := sorted(set(data) - {"issue"}):
        raise KnownIssueError(f"{name}: unknown table {surplus[0]!r}; records are [[issue]]")
    records = data.get("issue", [])
    if not isinstance(records, list):
        raise KnownIssueError(f"{name}: [issue] is one table; records are [[issue]]")
    issues = [_issue(record, f"{name}, issue {number}") for number, record in enumerate(records, start=1)]
    day = today if today is not None else date.today()
    return KnownIssues(tuple(i for i in issues if i.expires >= day), tuple(i for i in issues if i.expires < day))


def _issue(record: Any, where: str) -> KnownIssue:
    if not isinstance(record, dict):
        raise KnownIssueError(f"{where}: not a table")
    _check_names(record, _KEYS, "key", where)
    for key in _KEYS:
        if key not in record:
            raise KnownIssueError(f"{where}: {key} is missing")
    match, url, reason, expires = (record[key] for key in _KEYS)
    if not isinstance(match, dict) or not match:
        raise KnownIssueError(f"{where}: match is not a table of at least one of {', '.join(MATCHABLE)}")
    _check_names(match, tuple(MATCHABLE), "match", where)
    for name, pattern in match.items():
        if not isinstance(pattern, str) or not pattern:
            raise KnownIssueError(f"{where}: match.{name} is not a name or pattern: {pattern!r}")
        choices = MATCHABLE[name]
        if choices and not any(fnmatchcase(choice, pattern) for choice in choices):
            raise KnownIssueError(f"{where}: match.{name} = {pattern!r} fits nothing; {_nearest(pattern, choices)}")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise KnownIssueError(f"{where}: url is not a link: {url!r}")
    if not isinstance(reason, str) or not reason.strip():
        raise KnownIssueError(f"{where}: reason is empty")
    if type(expires) is not date:
        raise KnownIssueError(f"{where}: expires is not a date such as 2027-01-31 (without quotes): {expires!r}")
    return KnownIssue(dict(match), url, reason.strip(), expires)


def _check_names(given: dict[str, Any], valid: tuple[str, ...], kind: str, where: str) -> None:
    for name in given:
        if name not in valid:
            raise KnownIssueError(f"{where}: unknown {kind} {name!r}; {_nearest(name, valid)}")


def _nearest(given: str, choices: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(given, choices, n=1, cutoff=0.4)
    return f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(choices)}"


def _field(subject: Finding | CellSummary, name: str) -> str:
    if name == "framework":
        return framework_of(subject.target)
    return str(getattr(subject, "class_" if name == "class" else name))
