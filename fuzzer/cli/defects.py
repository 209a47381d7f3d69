"""The command `defects`: what a run found, as defects, those that ordinary users meet first."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, Db, Json, KnownIssuesFile, Ops, listed, with_db


def defects(
    run: Annotated[str, typer.Argument(help="A run's id, a beginning of it, or `latest`.")] = "latest",
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="K,...", help="ordinary, range, special, accuracy, ...; patterns are taken.")
    ] = None,
    framework: Annotated[str | None, typer.Option("--framework", metavar="F,...", help="torch, tensorflow, jax, numpy.")] = None,
    ops: Ops = None,
    new: Annotated[bool, typer.Option("--new", help="Only those that no earlier run has seen, and that are back.")] = False,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="RUN", help="The run to compare with; default: all earlier ones.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="How many at most; 0: all. Default: 30.")] = 30,
    known_issues: KnownIssuesFile = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """The defects of a run: findings that share cause and kernel, those first that ordinary users meet."""
    _check_filters(kind, framework)
    from ulpfuzz.fuzzer.cli.night import with_known_issues
    from ulpfuzz.fuzzer.defects.defect_json import as_json as told_of
    from ulpfuzz.fuzzer.defects.history import ANNOUNCED
    from ulpfuzz.fuzzer.defects.memory import case_files, defects_of
    from ulpfuzz.fuzzer.findings import known_issues as issues
    from ulpfuzz.fuzzer.findings.store import Store

    known = issues.known_issues(known_issues)
    with Store(db, create=False) as store:
        record = store.run(run)
        in_run = store.findings(record.id)
        every = with_known_issues(defects_of(store, record.id, baseline), in_run, known)
        found = [
            d for d in every
            if _matches([d.kind], kind) and _matches([d.framework], framework) and _matches(d.ops, ops)
            and (not new or d.status in ANNOUNCED)
        ]  # fmt: skip
        shown = found[:limit] if limit else found
        files = case_files(store, [d.id for d in shown])
        faces = {f.id: f for f in in_run}
        for defect in shown if not as_json else ():  # one that is fixed has its face in the baseline
            if defect.face not in faces:
                faces[defect.face] = store.finding(defect.face)
    if ops and not any(_matches(d.ops, ops) for d in every):  # an op that the catalogue has lost may still have defects
        from ulpfuzz.fuzzer.catalog.registry import select

        select(ops)
    if as_json:
        print_json("defects", [told_of(d, files.get(d.id)) for d in shown])
        return
    from ulpfuzz.fuzzer.cli.defect_table import defects_table, kinds_table, said_of
    from ulpfuzz.fuzzer.cli.screen import console

    screen = console()
    if shown:
        screen.print(defects_table(shown, faces, screen.width))
    if len(found) > len(shown):
        screen.print(f"... and {len(found) - len(shown)} more (`--limit 0`)", style="dim")
    if found:
        screen.print()
        screen.print(kinds_table(found))
    what = "new defects" if new else "defects"
    for defect in shown:
        if words := said_of(defect):
            screen.print(f"{defect.id}: {words}", markup=False)
    screen.print(f"{len(found) or 'no'} {what} in run {record.id}, started {record.started}", markup=False)
    if shown:
        screen.print(f"ulpfuzz show {shown[0].id}{with_db(db)}", style="dim", markup=False)


def _matches(names: list[str] | tuple[str, ...], patterns: str | None) -> bool:
    wanted = listed(patterns)
    return not wanted or any(fnmatchcase(name, pattern) for name in names for pattern in wanted)


def _check_filters(kind: str | None, framework: str | None) -> None:
    """A filter that can match nothing is a typing error. Raises UnknownName."""
    from ulpfuzz.fuzzer.defects.defect import KINDS
    from ulpfuzz.fuzzer.formats import UnknownName
    from ulpfuzz.fuzzer.frameworks.targets.target import framework_names

    for what, patterns, valid in (("kind", kind, KINDS), ("framework", framework, framework_names())):
        for pattern in listed(patterns):
            if not any(fnmatchcase(name, pattern) for name in valid):
                raise UnknownName(what, pattern, valid)


#: What `--fail-on` may say.
FAIL_ON = ("ordinary", "unstable", "any")


def check_fail_on(fail_on: str | None) -> None:
    """Raises UnknownName for a word that is none of FAIL_ON."""
    if fail_on is not None and fail_on not in FAIL_ON:
        from ulpfuzz.fuzzer.formats import UnknownName

        raise UnknownName("--fail-on", fail_on, FAIL_ON)
