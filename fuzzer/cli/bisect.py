"""The command `bisect`: the release of a framework that brought a defect, or mended it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import DEFAULT_DB, Db, Json
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.findings.finding import Finding
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.point.bisect import Bisection, Tried
    from ulpfuzz.fuzzer.point.releases import Versions


def bisect(
    defect: Annotated[str, typer.Argument(help="A defect's or finding's id, a beginning of it, or the last part of it.")],
    versions: Annotated[
        str,
        typer.Option("--versions", metavar="PACKAGE==A..B", help="A range of releases, or a list of them, PACKAGE==A,B,C."),
    ],
    as_json: Json = False,
    db: Db = DEFAULT_DB,
) -> None:
    """Find the release that brought or mended a defect, in environments that are made for it and kept in the user's cache."""
    from ulpfuzz.fuzzer.findings.identity import framework_of
    from ulpfuzz.fuzzer.findings.store import Store
    from ulpfuzz.fuzzer.frameworks.targets.config import config
    from ulpfuzz.fuzzer.point.bisect import bisected
    from ulpfuzz.fuzzer.point.releases import Versions, releases_of
    from ulpfuzz.fuzzer.point.stored import checked

    asked = Versions.parse(versions)
    with Store(db, create=False) as store:
        finding = _face(store, defect)
    framework = framework_of(finding.target)
    if framework != asked.framework:
        raise UserError(f"{finding.id} is a defect of {framework}, and --versions names {asked.package}")
    config()  # before anything is installed: an ulpfuzz.toml may have a mistake, and a call may be none that is run
    checked(finding)
    releases = releases_of(asked)
    if not as_json:
        print(f"{finding.id}: {len(releases)} releases of {asked.package}, {releases[0]} to {releases[-1]}", flush=True)

    def judge(release: str) -> Tried:
        judged = _judged(finding, asked, release)
        if not as_json:
            print(line_of(judged), flush=True)
        return judged

    found = bisected(releases, judge)
    if not any(each.word != "skip" for each in found.tried):
        raise UserError(f"none of the {len(releases)} releases can be judged; the last: {found.tried[-1].message}")
    if as_json:
        print_json("bisect", _as_json(finding, asked, releases, found))
    else:
        print(sentence(asked.package, found))


def _face(store: Store, name: str) -> Finding:
    """The finding that shows the defect best, with the case that `show` shows; of a finding's id, the finding. Raises UnknownName."""
    from ulpfuzz.fuzzer.defects.memory import as_shown, defect_with, finding_named

    finding = finding_named(store, name)
    defect = defect_with(store, finding)
    if defect is not None and finding.id == defect.id:
        finding = store.finding(defect.face)
    (shown,) = as_shown(store, [finding])
    return shown


def _judged(finding: Finding, asked: Versions, release: str) -> Tried:
    from ulpfuzz.fuzzer.point.bisect import Tried, tried
    from ulpfuzz.fuzzer.point.releases import NoRelease, python_with

    try:
        python = python_with(asked.package, release)
    except NoRelease as error:
        return Tried(release, "skip", message=" ".join(str(error).split()))
    return tried(finding, release, python)


def line_of(judged: Tried) -> str:
    """A release in one line: verdict, answer and error, or why it cannot be judged."""
    from ulpfuzz.fuzzer.findings import numbers
    from ulpfuzz.fuzzer.findings.one_line import one_line

    if judged.word == "skip":
        return f"  {judged.release:<10} skip  {one_line(judged.message, 200)}"
    answer = f"answer {judged.answer:.9g} ({judged.answer_hex}), {numbers.measure(judged.ulps)} ulps, {judged.class_}"
    return f"  {judged.release:<10} {judged.word:<4}  {answer}"


def sentence(package: str, found: Bisection) -> str:
    """The result in words."""
    if not found.change:
        first, *others = [each for each in found.tried if each.word != "skip"]
        if not others:
            return f"no change to find: {package} {first.release} alone can be judged, and is {first.word}"
        word = first.word
        return f"no change: {package} is {word} in the first and in the last release that can be judged"
    what = "first bad" if found.change == "brought" else "first good"
    other = "good" if found.change == "brought" else "bad"
    text = f"{found.change}: {package} {found.after} is the {what} release, {found.before} the last {other} one"
    if found.between:
        text += f"; or one between them that cannot be judged: {', '.join(found.between)}"
    return text


def _as_json(finding: Finding, asked: Versions, releases: list[str], found: Bisection) -> dict[str, Any]:
    tried = [
        {"release": t.release, "verdict": t.word, "answer": t.answer, "answer_hex": t.answer_hex, "ulps": t.ulps, "class": t.class_,
         "symptom": t.symptom, "message": t.message}
        for t in found.tried
    ]  # fmt: skip
    return {
        "finding": finding.id, "package": asked.package, "releases": releases, "change": found.change or None,
        "first_bad": found.after if found.change == "brought" else None, "last_good": found.before if found.change == "brought" else None,
        "first_good": found.after if found.change == "mended" else None, "last_bad": found.before if found.change == "mended" else None,
        "between": found.between, "tried": tried,
    }  # fmt: skip
