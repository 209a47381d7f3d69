"""The command `triage`: what people say of a defect, and the list of what has a state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, Db, Json
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.defects.identity import Known
    from ulpfuzz.fuzzer.findings.store import Store


def triage(
    defect: Annotated[
        str | None, typer.Argument(metavar="[DEFECT]", help="Its id, a beginning of it, or the last part; none: list all that have a state.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="known, wontfix, fixed or open.")] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where it was reported.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which known or wontfix holds: 2027-01-31; then it is open again.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="One line for the team.")] = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:  # fmt: skip
    """Say of a defect that it is known, will not be fixed, is fixed, or is open; or list what has a state."""
    said = _checked(state, url, until, note)
    if defect is None and (said or state is not None):
        raise UserError("triage needs the DEFECT that is meant; `ulpfuzz defects` lists them")
    from ulpfuzz.fuzzer.defects.memory import known_defects, save_known
    from ulpfuzz.fuzzer.findings.store import Store

    with Store(db, create=False) as store:
        known = known_defects(store)
        if defect is None:
            shown = [d for d in known.values() if d.state != "open" or d.triage]
        else:
            shown = [_said(_named(known, defect), state, said)]
            if said or state is not None:
                save_known(store, shown)
        records = [_record(store, d) for d in sorted(shown, key=lambda d: (d.state, d.id))]
    if as_json:
        print_json("triage", records)
        return
    for record in records:
        print(_line(record))
    if not records:
        print("no defect has a state; `ulpfuzz triage DEFECT --state known --url URL` gives it one")


def _checked(state: str | None, url: str | None, until: str | None, note: str | None) -> dict[str, str]:
    """What is said beside the state. Raises UserError, UnknownName in one line."""
    from ulpfuzz.fuzzer.defects.defect import SETTLED, TRIAGE
    from ulpfuzz.fuzzer.formats import UnknownName

    if state is not None and state not in TRIAGE:
        raise UnknownName("--state", state, TRIAGE)
    if url and not url.startswith(("https://", "http://")):
        raise UserError(f"--url is not a link: {url!r}; example: https://github.com/pytorch/pytorch/issues/1")
    if note and "\n" in note:
        raise UserError("--note is one line")
    if until:
        if state is not None and state not in SETTLED:
            raise UserError(f"--until goes with --state known or wontfix, not {state}")
        try:
            last = date.fromisoformat(until)
        except ValueError:
            raise UserError(f"--until is not a date: {until!r}; example: 2027-01-31") from None
        if last < datetime.now(UTC).date():
            raise UserError(f"--until {until} is past")
        until = last.isoformat()
    return {name: value for name, value in (("url", url), ("until", until), ("note", note)) if value is not None}


def _named(known: dict[str, Known], name: str) -> Known:
    """The defect of that id, or a beginning of it, or of its last part, or that has a finding or a merged defect of that name. Raises
    UnknownName, which names the nearest."""
    from ulpfuzz.fuzzer.findings.identity import resolve

    owners = {m: d for d in known.values() for m in (*d.merged, *d.members)} | known
    ids = [*known]
    try:
        return known[resolve(name, ids, "defect")]
    except ValueError:
        if not any(other.startswith(name) or other.rpartition("-")[2].startswith(name) for other in owners):
            raise
    return owners[resolve(name, owners, "defect")]


def _said(before: Known, state: str | None, said: dict[str, str]) -> Known:
    """The record with what is said. What is empty is taken back; a state that is given anew holds without an end, unless one is said."""
    from ulpfuzz.fuzzer.defects.defect import SETTLED

    triage = {**before.triage, **said}
    if state is not None:
        triage = {name: value for name, value in triage.items() if name not in ("expired", "was")}
        if "until" not in said:
            triage.pop("until", None)
    triage = {name: value for name, value in triage.items() if value}
    changed: Any = {} if state is None else {"state": state, "since": ""}
    now = replace(before, triage=triage, **changed)
    if "until" in triage and now.state not in SETTLED:
        raise UserError(f"--until goes with --state known or wontfix; {before.id} is {now.state}")
    return now


def _record(store: Store, known: Known) -> dict[str, Any]:
    """The documented JSON of a line."""
    from ulpfuzz.fuzzer.defects.memory import finding_named, title_of
    from ulpfuzz.fuzzer.formats import UnknownName

    try:
        title = title_of(finding_named(store, known.id))
    except UnknownName:  # its runs were removed from the store
        title = ""
    told = {name: known.triage.get(name, "") for name in ("url", "until", "note", "expired")}
    return {
        "id": known.id, "state": known.state, **told, "title": title, "members": list(known.members), "first_seen": known.first_seen,
        "observed": known.observed, "rerun": known.rerun,
    }  # fmt: skip


def _line(record: dict[str, Any]) -> str:
    rerun = record["rerun"]
    parts = [
        f"until {record['until']}" if record["until"] else "",
        f"expired {record['expired']}" if record["expired"] else "",
        record["url"],
        f"failed {rerun['failed']} of {rerun['failed'] + rerun['passed']} re-runs" if rerun.get("passed") else "",
        record["note"],
    ]
    return "  ".join([f"{record['state']:<14}", record["id"], *filter(None, parts)])
