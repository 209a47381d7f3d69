"""The report as one HTML file that needs no network: styles, script, plotly.js and every number are inside."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.headline import SILENT, Array
from ulpfuzz.reports import plots
from ulpfuzz.reports.model import Report

#: What the table of findings can be filtered by; a facet with a single value is not offered.
_FILTERS = ("framework", "target", "op", "order", "dtype", "symptom", "class", "status")


def render(report: Report) -> str:
    """The page. Plots of findings are inline SVG; plotly draws the heat map alone, and is left out where there is none."""
    figure = plots.heat_map(report) if report.heat else None
    text: str = _template().render(
        report=report,
        run=report.run,
        figure=_json(figure),
        plotly=_plotly() if figure else "",
        style=_asset("report.css"),
        behaviour=_asset("report.js"),
        filters=[(name, sorted({_facet(e, name) for e in report.entries})) for name in _FILTERS],
        facet=_facet,
        facets=_FILTERS,
        long_arrays=_json(
            {
                e.finding.id: {a.name: a.hexes for a in e.arrays if a.long}
                for e in (*report.entries, *report.composed)
                if any(a.long for a in e.arrays)
            }
        ),
        profile=lambda finding: Markup(plots.profile_svg(finding)),
        numbers=numbers,
        silent=SILENT,
        told_apart=("unsupported", "rejected", "targets_detail", "hosts", "targets"),
        environment=report.run.environment,
    )
    return text


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    source = Environment(
        loader=PackageLoader("ulpfuzz.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source.filters |= {
        "count": numbers.count,
        "measure": numbers.measure,
        "witness": numbers.witness,
        "duration": numbers.duration,
        "hexadecimal": numbers.hexadecimal,
        "is_mapping": lambda value: isinstance(value, dict),
        "array": _array_text,
    }
    return source.get_template("report.html.j2")


def _facet(entry: Any, name: str) -> str:
    if name == "framework":
        return str(entry.framework)
    return str(getattr(entry.finding, "class_" if name == "class" else name))


def _array_text(array: Array) -> str:
    return array.describe if array.shape else ""


def _asset(name: str) -> Markup:
    return Markup(resources.files("ulpfuzz.reports").joinpath("templates", name).read_text(encoding="utf-8"))


def _json(value: Any) -> Markup:
    """JSON that may stand inside a script element: no "<" that could end it."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@cache
def _plotly() -> Markup:
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())
