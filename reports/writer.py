"""Writing a report to a folder: a file per format, the pages of the HTML report, and reproducer scripts beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.reports import json_report, markdown, sarif, summary
from ulpfuzz.reports.model import Report


class ReportError(UserError):
    """A report could not be written; the message is one line that names the file."""


def _html(report: Report) -> dict[str, str]:
    from ulpfuzz.reports import html  # jinja2 is imported only where a page is written

    return html.files(report)


def _junit(report: Report) -> dict[str, str]:
    from ulpfuzz.reports import junit  # junitparser, too

    return {"junit.xml": junit.render(report)}


#: Name of a format -> the file to open, and what writes it and the files beside it.
FORMATS: Mapping[str, tuple[str, Callable[[Report], dict[str, str]]]] = {
    "html": ("report.html", _html),
    "md": ("report.md", lambda report: {"report.md": markdown.render(report)}),
    "json": ("report.json", lambda report: {"report.json": json_report.render(report)}),
    "sarif": ("report.sarif", lambda report: {"report.sarif": sarif.render(report)}),
    "junit": ("junit.xml", _junit),
    "summary": ("summary.md", lambda report: {"summary.md": summary.render(report)}),
}


def write(report: Report, out_dir: str | Path, formats: Sequence[str] = ("html", "md", "json")) -> list[Path]:
    """Writes report.html with its folder pages, report.md, report.json, report.sarif, junit.xml, summary.md (those requested) and repro/ID.py of
    the defects' faces that have a script; returns the paths written, those of the formats first.

    The folder is made where it does not exist; pages of an earlier report in it are removed. Nothing outside it is written or removed: a link
    in the place of a file is replaced, one in the place of a folder is refused. Raises UnknownName for a format that there is none of,
    ReportError where a file cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise UnknownName("report format", name, FORMATS)
    folder = Path(out_dir)
    told: dict[str, str] = {}
    for name in formats:
        told |= FORMATS[name][1](report)
    entries = (*report.entries, *report.composed, *report.unconfirmed)
    told |= {f"repro/{entry.script_name}": entry.script for entry in entries if entry.script}
    names = [FORMATS[name][0] for name in formats]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for below in sorted({Path(place).parent for place in told} - {Path()}):
            _own_folder(folder / below)
        for stale in folder.glob("pages/*.js") if "html" in formats else ():
            stale.unlink()
    except OSError as error:
        raise ReportError(f"cannot write the report to {folder}: {error.strerror or error}") from error
    for place in sorted(told, key=lambda place: place not in names):
        path = folder / place
        try:
            path.unlink(missing_ok=True)  # a link, also a hard one, is taken away: what it leads to is somebody else's
            with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(told[place])
        except OSError as error:
            raise ReportError(f"cannot write the report to {path}: {error.strerror or error}") from error
    return [folder / place for place in sorted(told, key=lambda place: place not in names)]


def _own_folder(path: Path) -> None:
    """Makes a folder of the report. Raises ReportError where a link stands in its place, which may lead anywhere."""
    if path.is_symlink():
        raise ReportError(f"cannot write the report to {path}: it is a link; remove it, or choose another --out")
    path.mkdir(exist_ok=True)


def write_file(path: Path, text: str) -> None:
    """Writes a file of a report, and makes its folder. Raises ReportError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot write the report to {path}: {error.strerror or error}") from error
