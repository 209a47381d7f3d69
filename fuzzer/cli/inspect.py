"""Commands that look: ops, targets, findings, show."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, Db, Json, listed
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.one_line import visible

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.defects.defect import Defect
    from ulpfuzz.fuzzer.findings.finding import Finding
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.frameworks.targets.survey import Described

#: Kept for `show`: long, and of little use in a list.
_LEFT_OUT = ("profile", "answers")


def ops(
    pattern: Annotated[str | None, typer.Argument(help="Names or patterns, separated by commas.")] = None,
    as_json: Json = False,
) -> None:
    """What is fuzzed: every op, its inputs, and the calls that claim to compute it."""
    from ulpfuzz.fuzzer.catalog.op import FRAMEWORKS
    from ulpfuzz.fuzzer.catalog.registry import select

    chosen = select(pattern)
    if as_json:
        print_json("ops", [_op_json(op) for op in chosen])
        return
    from ulpfuzz.fuzzer.cli.screen import console, grid

    table = grid("op", "family", "inputs", "params", "orders", *FRAMEWORKS)
    for op in chosen:
        inputs = ", ".join(i.name if i.scalar else f"{i.name} {i.kind}" for i in op.inputs)
        counts = [str(len(op.of(framework)) or "·") for framework in FRAMEWORKS]
        table.add_row(op.name, op.family, inputs, ", ".join(op.params), ", ".join(op.orders), *counts)
    screen = console()
    screen.print(table)
    screen.print(f"{len(chosen)} ops; `ulpfuzz ops --json` shows the calls")


def _op_json(op: Any) -> dict[str, Any]:
    from ulpfuzz.fuzzer.findings.strict_json import jsonable

    calls: dict[str, list[str]] = {}
    for implementation in op.implementations:
        calls.setdefault(implementation.framework, []).append(implementation.call)
    dtypes = {d for i in op.implementations for d in i.dtypes}
    told = {
        "name": op.name, "family": op.family, "topics": op.topics, "inputs": [i.name for i in op.inputs],
        "shapes": {i.name: i.kind for i in op.inputs}, "axes": {i.name: list(i.axes) for i in op.inputs},
        "domains": {i.name: [i.low, i.high] for i in op.inputs},
        "params": dict(op.params), "orders": op.orders, "dtypes": [d for d in op.dtypes if d in dtypes], "accuracy": op.accuracy,
        "ranges": [{"of": r.of, "low": r.low, "high": r.high, "source": r.source} for r in op.ranges],
        "implementations": calls, "source": op.source, "verified": op.verified,
    }  # fmt: skip
    return {name: jsonable(value) for name, value in told.items()}


def targets(as_json: Json = False) -> None:
    """Where ops can run: frameworks, devices, modes and the tables of ulpfuzz.toml; and what each does with subnormal numbers."""
    from ulpfuzz.fuzzer.frameworks.targets.survey import survey
    from ulpfuzz.fuzzer.frameworks.targets.target import known_targets

    told = survey(known_targets())
    if as_json:
        print_json("targets", told)
        return
    from rich.text import Text

    from ulpfuzz.fuzzer.cli.screen import console, grid

    table = grid("target", "version", "subnormals", "switches")
    for entry in told:
        if entry["available"]:
            switches = ", ".join(f"{name} {value}" for name, value in entry["switches"].items())
            table.add_row(entry["target"], entry["version"], _flush_words(entry["flush"]), Text(switches))
    missing = grid("not available", "why")
    for names, reason in _missing(told):
        missing.add_row(names, Text(reason))
    screen = console()
    screen.print(table)
    if missing.row_count:
        screen.print()
        screen.print(missing)
    pythons = sorted({entry["python"] for entry in told if entry["available"]})
    screen.print(f"\nin {', '.join(pythons)}" if pythons else "\nno target is available", style="dim", markup=False)


def _missing(told: Sequence[Described]) -> list[tuple[str, str]]:
    """The targets that are not available and why; all modes of a device that lack the same in one line."""
    lines: dict[tuple[str, str], list[str]] = {}
    for entry in told:
        if not entry["available"]:
            place = entry["target"].partition(";")[0].rpartition(":")[0]
            lines.setdefault((place, entry["reason"]), []).append(entry["target"].removeprefix(f"{place}:"))
    return [(f"{place}:{','.join(modes)}", reason) for (place, reason), modes in lines.items()]


def _flush_words(flush: dict[str, str]) -> str:
    """The policies of all dtypes in few words: `keeps`, or `flushes both; float16, bfloat16 keeps`."""
    dtypes: dict[str, list[str]] = {}
    for dtype, words in flush.items():
        dtypes.setdefault(words, []).append(dtype)
    if len(dtypes) == 1:
        return next(iter(dtypes))
    return "; ".join(f"{words} {', '.join(names)}" for words, names in dtypes.items())


def findings(
    run: Annotated[str, typer.Argument(help="A run's id, a beginning of it, or `latest`.")] = "latest",
    new: Annotated[bool, typer.Option("--new", help="Only those that no earlier run has.")] = False,
    op: Annotated[str | None, typer.Option("--ops", help="Names or patterns, separated by commas, as in all filters.")] = None,
    dtype: Annotated[str | None, typer.Option("--dtypes")] = None,
    target: Annotated[str | None, typer.Option("--targets", help="For example 'torch:*'.")] = None,
    symptom: Annotated[str | None, typer.Option("--symptom")] = None,
    class_: Annotated[str | None, typer.Option("--class", help="unstable or inaccurate.")] = None,
    order: Annotated[str | None, typer.Option("--orders")] = None,
    label: Annotated[
        str | None,
        typer.Option("--label", help="composed, documented or flush: only those; the last two are listed nowhere else."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever label they have.")] = False,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """The findings of a run, gravest first; those that are documented or flushes only on request."""
    from ulpfuzz.fuzzer.findings.label import as_json as told_of
    from ulpfuzz.fuzzer.findings.label import counted, flush_records, plain
    from ulpfuzz.fuzzer.findings.store import Store

    _check_filters(dtype, target, symptom, class_, order, label)
    filters = {"op": op, "dtype": dtype, "target": _whole_targets(target), "symptom": symptom, "class": class_, "order": order}
    with Store(db, create=False) as store:
        record = store.run(run)
        found = store.findings(record.id, new=True if new else None, **filters)
    if op and not found:  # an op that the catalogue has lost may still have findings
        from ulpfuzz.fuzzer.catalog.registry import select

        select(op)
    if label:
        wanted = set(listed(label))
        found = [f for f in found if any(fnmatchcase(f.label, name) for name in wanted)]
    elif not everything:
        found = counted(found)
    flushes = {record.shown.id: record for record in flush_records(found)}
    found = [f for f in found if f.label != "flush" or f.id in flushes]
    if as_json:
        whole = [flushes[f.id].as_json() if f.id in flushes else told_of(f) for f in found]
        told = [{k: v for k, v in one.items() if k not in _LEFT_OUT} for one in whole]
        print_json("findings", told)
        return
    from ulpfuzz.fuzzer.cli.screen import console, findings_table

    screen = console()
    if found:
        screen.print(findings_table(found, screen.width))
    what = "new findings" if new else "findings"
    if label:
        screen.print(f"{len(found) or 'no'} of {label} in run {record.id}, started {record.started}", markup=False)
        return
    beside = [f"{len(found) - len(plain(found))} more with a label"] if len(plain(found)) < len(found) else []
    screen.print(
        ", ".join([f"{len(plain(found)) or 'no'} {what} in run {record.id}, started {record.started}", *beside]), markup=False
    )


def _check_filters(
    dtype: str | None, target: str | None, symptom: str | None, class_: str | None, order: str | None, label: str | None
) -> None:  # fmt: skip
    """A filter that can match nothing is a typing error."""
    from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, ORDERS
    from ulpfuzz.fuzzer.findings.label import LABELS
    from ulpfuzz.fuzzer.formats import UnknownName
    from ulpfuzz.fuzzer.frameworks.targets.target import framework_names, framework_of
    from ulpfuzz.fuzzer.judge.verdict import Class, Symptom

    closed = {
        "dtype": (dtype, ALL_DTYPES),
        "symptom": (symptom, Symptom.__members__),
        "class": (class_, Class.__members__),
        "order": (order, ORDERS),
        "label": (label, LABELS),
    }
    for kind, (given, valid) in closed.items():
        for pattern in listed(given):
            if not any(fnmatchcase(name, pattern) for name in valid):
                raise UnknownName(kind, pattern, valid)
    for pattern in listed(target):
        framework = framework_of(pattern)
        if not any(fnmatchcase(name, framework) for name in framework_names()):
            raise UnknownName("framework", framework, framework_names())


def _whole_targets(text: str | None) -> str | None:
    """`torch` filters like `torch:*` and `torch@*`."""
    return ",".join(p if set(p) & set(":@*") else f"{p}:*,{p}@*" for p in listed(text)) or None


def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The id of a defect or finding, a beginning of it, or the last part of it.")
    ],
    issue: Annotated[bool, typer.Option("--issue", help="The defect's text for the issue tracker of its framework.")] = False,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """Everything about one defect and its face, or about one finding."""
    from ulpfuzz.fuzzer.defects.case_file import shown
    from ulpfuzz.fuzzer.defects.memory import case_files, defect_with, finding_named
    from ulpfuzz.fuzzer.findings.store import Store

    with Store(db, create=False) as store:
        finding = finding_named(store, name)
        defect = defect_with(store, finding)
        file = None if defect is None else case_files(store, [defect.id]).get(defect.id)
        face = store.finding(defect.face) if defect is not None and finding.id == defect.id else finding
        finding, face = shown(finding, file), shown(face, file)
        if issue:
            print(visible(_issue(store, finding, defect), keep="\n"), end="")
            return
        if as_json:
            from ulpfuzz.fuzzer.defects.defect_json import as_json as defect_json
            from ulpfuzz.fuzzer.findings.label import as_json as told_of

            print_json("show", {**told_of(finding), "defect": None if defect is None else defect_json(defect, file)})
            return
    from rich.text import Text

    from ulpfuzz.fuzzer.cli.case_screen import case_whole
    from ulpfuzz.fuzzer.cli.defect_table import defect_whole
    from ulpfuzz.fuzzer.cli.screen import console, finding_whole

    screen = console()
    if defect is not None and finding.id == defect.id:
        screen.print(defect_whole(defect))
        screen.print(case_whole(file, face.dtype))
        screen.print(Text("\nits face", style="dim"))
    screen.print(finding_whole(face, None if file is None else file.diagnosis))
    if defect is not None and finding.id != defect.id:
        how = "" if file is not None and file.face == finding.id else "; its case is as discovery certified it, not shrunk"
        screen.print(f"\none of {len(defect.members)} findings of defect {defect.id}{how}", markup=False)


def _issue(store: Store, finding: Finding, defect: Defect | None) -> str:
    """The issue text of a defect, by its face. Raises UserError for a finding that belongs to none."""
    from ulpfuzz.fuzzer.defects.case_file import shown
    from ulpfuzz.fuzzer.defects.memory import case_files
    from ulpfuzz.reports.issue import issue_text

    if defect is None:
        raise UserError(f"{finding.id} is no defect" + (f": {finding.label}, {finding.reason}" if finding.label else ""))
    run = next(run for run in store.runs() if run.started == finding.last_seen)
    members = [found for found in store.findings(run.id) if found.id in defect.members]
    file = case_files(store, [defect.id]).get(defect.id)
    return issue_text(defect, shown(store.finding(defect.face), file), file, run.environment, members)
