"""Commands that hand on: report, repro, compare."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, CaseTimeout, Db, Json, limits, listed
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.one_line import one_line, visible

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.cli.outputs import Outputs
    from ulpfuzz.fuzzer.findings.finding import Finding, Run
    from ulpfuzz.fuzzer.findings.history import Comparison
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.reports.model import Report

#: How long a report runs scripts for by default.
SCRIPTS, SCRIPT_SECONDS = "10m", 600.0
#: See selection_of.
Selection = tuple[dict[str, Any], list[str]]


def report(
    run: Annotated[str, typer.Argument(help="A run's id, a beginning of it, or `latest`.")] = "latest",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to; made if need be.")] = Path(
        "ulpfuzz-report"
    ),
    formats: Annotated[
        str, typer.Option("--format", metavar="F,...", help="html, md, json, sarif, junit, summary.")
    ] = "html,md,json",
    baseline: Annotated[
        str,
        typer.Option(
            "--baseline", metavar="RUN", help="The run to compare with; `latest`: the last that finished before; or `none`."
        ),
    ] = "latest",
    scripts: Annotated[
        str,
        typer.Option(
            "--scripts", metavar="TIME", help="How long scripts are run for, each once, gravest finding first; or `none`."
        ),
    ] = SCRIPTS,
    db: Db = DEFAULT_DB,
) -> None:
    """Write the report of a run: its defects, with a reproducer script for each of the first, run once."""
    from ulpfuzz.fuzzer.campaign.budget import seconds_of
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.formats import UnknownName
    from ulpfuzz.reports.writer import FORMATS

    wanted = listed(formats)
    for name in wanted:
        if name not in FORMATS:
            raise UnknownName("report format", name, FORMATS)
    if not wanted:
        raise UserError(f"--format names none of {', '.join(FORMATS)}")
    seconds = 0.0 if scripts == "none" else seconds_of(scripts, "a time for scripts")
    with Store(db, create=False) as store:
        record = store.run(run)
        writable(out)
        if baseline == "none":
            before = None
        else:
            before = finished_before(store, record, selection_of(record)) if baseline == "latest" else store.run(baseline).id
        paths = write_report(store, record, before, out, wanted, seconds)
    written = [path for path in paths if path.suffix == ".py"]
    for path in paths:
        if path not in written and path.suffix != ".js":
            print(path)
    if written:
        print(f"{written[0].parent}{os.sep} ({len(written)} reproducer scripts)")


def writable(folder: Path) -> None:
    """Raises UserError in one line where no report can be written there; said before the work, not after a night of it."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise UserError(f"cannot write the report to {folder}: {place} is a file")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"cannot write the report to {folder}: {place} is not writable")


def finished_before(store: Store, record: Run | None, selection: Selection) -> str | None:
    """The id of the latest finished run before that one (before now, for None) with that selection, or else of any; or None. A run that
    judged nothing is none.

    A short run of a few ops between two nights must not make all that the night finds look new.
    """
    runs = store.runs()
    if record is not None:
        runs = runs[[run.id for run in runs].index(record.id) + 1 :]
    finished = [run for run in runs if run.state == "finished" and run.verdicts]
    alike = [run for run in finished if selection_of(run) == selection]
    return next((run.id for run in (*alike, *finished)), None)


def selection_of(record: Run) -> Selection:
    """What a run set out to reach: its ops, dtypes, orders, and its targets."""
    return record.environment.get("selection", {}), list(record.environment.get("targets", []))


def write_report(
    store: Store,
    record: Run,
    baseline: str | None,
    out: Path,
    formats: Sequence[str],
    seconds: float,
    also: Outputs | None = None,
) -> list[Path]:
    """The report of a run against a baseline run; the paths written. seconds: how long scripts are run for. also: what is written beside it.
    Raises ReportError, UnknownName."""
    from ulpfuzz import reports

    told = report_of(store, record, baseline, seconds)
    paths = reports.write(told, out, formats)
    if also is not None and also.wanted:
        also.write(told, out)
    return paths


def report_of(store: Store, record: Run, baseline: str | None, seconds: float | None) -> Report:
    """The report of a run against a baseline run. seconds: how long scripts are run for; None: none is written."""
    from ulpfuzz import reports
    from ulpfuzz.fuzzer.catalog.registry import ops
    from ulpfuzz.fuzzer.cli.scripts import run_scripts
    from ulpfuzz.fuzzer.defects.history import ever_seen
    from ulpfuzz.fuzzer.defects.memory import as_shown, case_files, defects_among, known_defects
    from ulpfuzz.fuzzer.findings.history import compare, with_status
    from ulpfuzz.reports.defect_entry import order_of

    found = store.findings(record.id)
    comparison = compare(store, record.id, baseline) if baseline else None
    if comparison is not None:
        found = with_status(found, comparison)
    found = ever_seen(store, record, found, known_defects(store))
    gone = [*comparison.fixed, *comparison.not_run] if comparison else []
    files = case_files(store)
    there = {f.id for f in (*found, *gone)}
    defects = [d for d in defects_among(store, record, [*found, *gone]) if d.face in there]
    found = as_shown(store, found)
    by_id = {f.id: f for f in found}
    first = sorted(defects, key=lambda d: order_of(d, compared=bool(baseline)))
    texts = {} if seconds is None else scripts_of([by_id[d.face] for d in first if d.face in by_id], record.environment)
    found = run_scripts(store, record.id, found, texts, seconds or 0.0)
    return reports.build(
        record, found, store.cells(record.id), fixed=comparison.fixed if comparison else (),
        not_run=comparison.not_run if comparison else (), baseline=baseline or "", scripts=texts,
        differentiable={name: op.differentiable_inputs for name, op in ops().items()}, facts=store.facts(), defects=defects, case_files=files,
    )  # fmt: skip


#: Defects whose stand-alone script a report writes, the first by rank; `repro D --script` writes that of any other. A script takes 12 ms to write and
#: 5 kB (measured on 1,476 defects), and a report is to take ten seconds and ten megabytes.
SCRIPTED = 100


def scripts_of(faces: Iterable[Finding], environment: Mapping[str, Any]) -> dict[str, str]:
    """Finding -> script, of the first faces that have one."""
    texts: dict[str, str] = {}
    for finding in faces:
        if len(texts) == SCRIPTED:
            break
        if text := _script(finding, environment):
            texts[finding.id] = text
    return texts


def _script(finding: Finding, environment: Mapping[str, Any]) -> str:
    """The reproducer with the op's definition; "" where the catalogue has the op no more or no script can be written.

    environment: of the run that the finding was seen in.
    """
    from ulpfuzz.reports.script import script_for

    try:
        return script_for(finding, _versions(finding, environment), **_settings(finding, environment))
    except ValueError:
        return ""


def _versions(finding: Finding, environment: Mapping[str, Any]) -> dict[str, str]:
    """The library versions that the finding was seen with; the framework's is that of the target's host."""
    from ulpfuzz.fuzzer.findings.identity import framework_of
    from ulpfuzz.reports.model import versions_of

    found = versions_of(environment)
    there = found.get(finding.target.partition(":")[0])
    return {**found, framework_of(finding.target): there} if there else found


def _settings(finding: Finding, environment: Mapping[str, Any]) -> dict[str, Any]:
    """What a script needs beside for a target with switches or a host. Raises UserError for switches that are none any more."""
    from ulpfuzz.fuzzer.findings.identity import framework_of
    from ulpfuzz.fuzzer.frameworks.targets.switches import parsed, reproducer_lines

    told: dict[str, Any] = {}
    place, _, switches = finding.target.partition(";")
    if switches:
        framework = framework_of(finding.target)
        told["environment"], told["setup"] = reproducer_lines(framework, parsed(framework, switches))
    host = environment.get("hosts", {}).get(finding.target)
    if host and "@" in place:
        told["found_with"] = (
            f"{framework_of(finding.target)} {host['framework']}, Python {host['python']} ({host['interpreter']})"
        )
    return told


def repro(
    finding: Annotated[str, typer.Argument(help="Its id, a beginning of it, or the last part of it.")],
    script: Annotated[
        Path | None,
        typer.Option("--script", metavar="FILE", help="Write a stand-alone script instead, and run it once; - prints it."),
    ] = None,
    case_timeout: CaseTimeout = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """Run a finding again, now: exit status 1 while it still fails, 0 when it is gone."""
    call_timeout = limits(case_timeout, None)["case_timeout"]
    from ulpfuzz.fuzzer.defects.memory import as_shown
    from ulpfuzz.fuzzer.findings.store import Store

    with Store(db, create=False) as store:
        (found,) = as_shown(store, [store.finding(finding)])
        last = next((run for run in store.runs() if run.started == found.last_seen), None)
        if script is not None:
            _write_script(store, found, last, script)
            return
    from ulpfuzz.fuzzer.point.reproduce import CALL_TIMEOUT, reproduce

    result = reproduce(found, case_timeout=call_timeout or float(found.case.get("patience", CALL_TIMEOUT)))
    if as_json:
        now = result.now
        told = {"id": found.id, "still_fails": result.still_fails, "target": now.target, "version": result.version,
                "class": now.label or now.class_, "measured_class": now.class_, "reason": now.reason,
                "symptom": now.symptom, "ulps": now.ulps, "output": now.output, "output_hex": now.output_hex,
                "reference": now.reference, "message": result.message}  # fmt: skip
        print_json("repro", told)
    else:
        print(one_line(result.message))
    raise typer.Exit(1 if result.still_fails else 0)


def _write_script(store: Store, finding: Finding, run: Run | None, path: Path) -> None:
    """Writes a finding's script, or prints it, and runs it once in a fresh interpreter; what it says goes to the store and to standard
    error."""
    from ulpfuzz.fuzzer.cli.scripts import interpreter_for, with_script
    from ulpfuzz.fuzzer.defects.memory import save_scripts
    from ulpfuzz.fuzzer.findings.identity import framework_of
    from ulpfuzz.reports.script import script_for
    from ulpfuzz.reports.script_run import run_fresh

    environment = run.environment if run else {}
    text = script_for(finding, _versions(finding, environment), **_settings(finding, environment))
    if str(path) == "-":
        print(text, end="", flush=True)
    else:
        path.write_text(text, encoding="utf-8")
        print(f"{path}: run it with Python, it needs numpy, mpmath and {framework_of(finding.target)}", flush=True)
    interpreter = interpreter_for(finding)
    told = (
        with_script(finding, run_fresh(text, interpreter))
        if interpreter
        else replace(finding, script="", script_says="no such target here")
    )
    if run is not None and told.script:
        save_scripts(store, run.id, [told])
    print(visible(f"{told.script or 'not run here'}: {told.script_says}"), file=sys.stderr)


def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A run's id, a beginning of it, or `latest`.")],
    after: Annotated[
        str | None, typer.Argument(metavar="[AFTER]", help="The run that is compared with it; with --targets default the same.")
    ] = None,
    targets: Annotated[
        str | None,
        typer.Option("--targets", metavar="A,B", help="Only target A of BEFORE against target B of AFTER: jax@old,jax."),
    ] = None,
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """What changed from one run, or one target, to another: new, worse, known, better, fixed, and not run again."""
    from ulpfuzz.fuzzer.findings.history import STATUSES
    from ulpfuzz.fuzzer.findings.history import compare as compared
    from ulpfuzz.fuzzer.findings.store import Store

    pair = listed(targets)
    if targets is not None and len(pair) != 2:
        raise UserError(f"--targets takes two targets, A,B, not {targets!r}")
    if after is None and targets is None:
        raise UserError("compare takes two runs, or a run and --targets A,B")
    with Store(db, create=False) as store:
        found = compared(store, after or before, before, (pair[0], pair[1]) if pair else None)
        versions = [store.run(run).environment for run in (found.run, found.baseline or found.run)]
    if as_json:
        print_json("compare", _comparison(found))
        return
    from ulpfuzz.fuzzer.cli.screen import console, findings_table

    screen = console()
    if found.targets is None:
        screen.print(f"run {found.run} against run {found.baseline}", markup=False)
    else:
        new, old = (f"{t}{_version(t, e)}" for t, e in zip(reversed(found.targets), versions, strict=True))
        where = f"run {found.run}" if found.run == found.baseline else f"run {found.run}, run {found.baseline}"
        screen.print(f"{new} against {old} ({where})", markup=False)
    counts = ", ".join(f"{count} {status}" for status, count in found.counts().items() if count)
    screen.print(counts or "no findings in either")
    for status in STATUSES:
        # What stayed as it was is counted, not listed.
        if status != "known" and found.of(status):
            screen.print()
            screen.print(findings_table(found.of(status), screen.width))


def _version(target: str, environment: Mapping[str, Any]) -> str:
    """ " 0.10.2", of the library that the target of a run was; "" where it is not recorded."""
    from ulpfuzz.reports.model import versions_of

    version = versions_of(environment).get(target.partition(":")[0], "")
    return f" {version}" if version else ""


def _comparison(found: Comparison) -> dict[str, Any]:
    """The documented JSON of a comparison."""
    from ulpfuzz.fuzzer.findings.history import STATUSES
    from ulpfuzz.fuzzer.findings.label import as_json

    def brief(finding: Finding) -> dict[str, Any]:
        return {name: value for name, value in as_json(finding).items() if name not in ("profile", "answers")}

    lists = {status: [brief(f) for f in found.of(status)] for status in STATUSES}
    told = {"run": found.run, "baseline": found.baseline, "targets": found.targets, "counts": found.counts()}
    return {**told, **lists}
