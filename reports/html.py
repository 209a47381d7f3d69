"""The report as a folder of pages that need no network: report.html is the index, pages/NN.js hold the pages of the defects.

Browsers refuse to fetch a file beside a page that was opened from a file, but they load scripts: each file of `pages` is one call of a
function, with a gzip'd JSON object (id -> HTML) in base64, and is loaded when a defect of it is opened.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any

from markupsafe import Markup

from ulpfuzz.fuzzer.defects.defect import KINDS
from ulpfuzz.fuzzer.defects.history import CHANGED
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.headline import SILENT
from ulpfuzz.reports.coverage_table import coverage_of
from ulpfuzz.reports.defect_entry import KIND_WORDS, DefectEntry
from ulpfuzz.reports.defect_page import PageContext, context_of, page_values
from ulpfuzz.reports.heat_map import heat_map, legend
from ulpfuzz.reports.model import Report

#: Defects in one file of pages: a click loads some 60 kB.
CHUNK = 24


def render(report: Report) -> str:
    """The index alone."""
    return files(report)["report.html"]


def files(report: Report) -> dict[str, str]:
    """Path in the report's folder -> text: the index, and the pages of defects and of the run in chunks."""
    context = context_of(report)
    chunks = list(_chunks(report.defects))
    at = {e.defect.id: f"{number:02d}" for number, chunk in enumerate(chunks) for e in chunk}
    told: dict[str, str] = {"report.html": _index(report, at)}
    for number, chunk in enumerate(chunks):
        pages = {e.defect.id: _defect_html(e, context) for e in chunk}
        told[f"pages/{number:02d}.js"] = packed(f"{number:02d}", pages)
    told["pages/run.js"] = packed("run", {"run": _run_html(report)})
    return told


def packed(name: str, pages: Mapping[str, str]) -> str:
    """A script that hands a chunk of pages to the index."""
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    data = base64.b64encode(gzip.compress(text.encode("utf-8", "backslashreplace"), 6, mtime=0)).decode("ascii")
    return f'ulpfuzzPages("{name}","{data}");\n'


def unpacked(script: str) -> dict[str, str]:
    """The pages in such a script."""
    found: dict[str, str] = json.loads(gzip.decompress(base64.b64decode(script.split('"')[3])))
    return found


def _chunks(entries: Iterable[DefectEntry]) -> Iterable[list[DefectEntry]]:
    iterator = iter(entries)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _index(report: Report, at: Mapping[str, str]) -> str:
    kinds = {kind: sum(e.defect.kind == kind for e in report.defects) for kind in KINDS}
    text: str = _template("report.html.j2").render(
        report=report,
        run=report.run,
        kinds={kind: count for kind, count in kinds.items() if count},
        kind_words=KIND_WORDS,
        changed={
            status: count
            for status in CHANGED
            if report.baseline and (count := sum(e.defect.status == status for e in report.defects))
        },
        data=_json(
            {
                "compared": bool(report.baseline),
                "changed": CHANGED,
                "kinds": KIND_WORDS,
                "rows": [row_of(e, at) for e in report.defects],
            }
        ),
        shares=any(not math.isnan(e.share) for e in report.defects),
        heat=Markup(heat_map(report.defects, report.cells)),
        legend=legend(),
        coverage=coverage_of(report.cells, report.run.environment.get("cells_not_reached", [])),
        style=_asset("report.css"),
        behaviour=_asset("report.js"),
        numbers=numbers,
    )
    return text


def row_of(entry: DefectEntry, at: Mapping[str, str]) -> list[Any]:
    """A defect in the index's data; the order of the fields is that of FIELDS in report.js."""
    d = entry.defect
    share = None if math.isnan(entry.share) else round(entry.share, 9)
    return [
        d.id, d.title, d.framework, d.kind, d.rank, round(d.score, 3), d.status, d.state, " ".join(d.ops), " ".join(d.dtypes),
        " ".join(d.orders), entry.cause, share, len(d.members), int(bool(d.avoidable_by)), at[d.id],
    ]  # fmt: skip


def _defect_html(entry: DefectEntry, context: PageContext) -> str:
    text: str = _template("defect.html.j2").render(**page_values(entry, context))
    return text


def _run_html(report: Report) -> str:
    text: str = _template("run.html.j2").render(
        report=report,
        run=report.run,
        numbers=numbers,
        silent=SILENT,
        listed_elsewhere=(
            "unsupported",
            "rejected",
            "targets_detail",
            "hosts",
            "targets",
            "cells_not_reached",
            "cells_unsupported",
        ),
    )
    return text


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    source = Environment(
        loader=PackageLoader("ulpfuzz.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source.filters |= {
        "count": numbers.count,
        "measure": numbers.measure,
        "witness": numbers.witness,
        "duration": numbers.duration,
        "share": numbers.share,
        "hexadecimal": numbers.hexadecimal,
        "is_mapping": lambda value: isinstance(value, dict),
        "words": lambda value: str(value).replace("_", " "),
    }
    return source.get_template(name)


def _asset(name: str) -> Markup:
    return Markup(resources.files("ulpfuzz.reports").joinpath("templates", name).read_text(encoding="utf-8"))


def _json(value: Any) -> Markup:
    """JSON that may stand inside a script element: no "<" that could end it."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
