"""Writing a report to a folder: one file per format, and a reproducer script per finding beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.reports import json_report, markdown
from ulpfuzz.reports.model import Report


class ReportError(UserError):
    """A report could not be written; the message is one line that names the file."""


def _html(report: Report) -> str:
    from ulpfuzz.reports import html  # jinja2 and plotly are imported only where a page is written

    return html.render(report)


FORMATS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "html": ("report.html", _html),
    "md": ("report.md", markdown.render),
    "json": ("report.json", json_report.render),
}


def write(report: Report, out_dir: str | Path, formats: Sequence[str] = ("html", "md", "json")) -> list[Path]:
    """Writes report.html, report.md, report.json (those requested) and repro/ID.py of every finding; returns the paths written.

    The folder is made where it does not exist. Raises UnknownName for a format that there is none of, ReportError where
    a file cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise UnknownName("report format", name, FORMATS)
    folder = Path(out_dir)
    files = {folder / FORMATS[name][0]: FORMATS[name][1](report) for name in formats}
    told = (*report.entries, *report.composed, *report.unconfirmed)
    files |= {folder / "repro" / entry.script_name: entry.script for entry in told if entry.script}
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ReportError(f"cannot write the report to {path}: {error.strerror or error}") from error
    return list(files)
