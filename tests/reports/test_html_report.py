"""The HTML page: what it holds, and that a browser reads it without complaint."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from planted_findings import planted, run, summary

from ulpfuzz.reports import build, write
from ulpfuzz.reports.html import render
from ulpfuzz.reports.model import Report
from ulpfuzz.reports.plots import heat_map, profile_svg

VECTOR = {"dtype": "float32", "inputs": {"x": ["0x1p+0"] * 300}, "placement": {"length": 8, "position": 7, "stride": 2}}


def report() -> Report:
    findings = [
        planted(),
        planted(
            id="torch-gelu-grad-float32-nan-cd34",
            op="gelu",
            order="grad",
            target="torch:cpu:eager",
            implementation="torch.nn.functional.gelu(x)",
            symptom="nan",
            output=math.nan,
            output_hex="nan",
            case=VECTOR,
            avoidable_by=[],
            note="<b>bold</b> & co",
        ),
    ]
    cells = [summary(), summary(op="gelu", order="grad", target="torch:cpu:eager", worst_excess=3.0, worst_ulps=2.0)]
    return build(run(), findings, cells, fixed=[planted(id="gone")], baseline="r1")


def page(text: str) -> str:
    """The page without plotly.js and the scripts."""
    return re.sub(r"<script.*?</script>", "", text, flags=re.S)


def test_the_page_tells_every_finding() -> None:
    text = render(report())
    body = page(text)
    for expected in (
        'id="numpy-softplus-value-float32-inf-ab12"',
        "np.log(np.exp(x) + 1) = inf, true value 100.0 (float32, x = 0x1.9p+6)",
        "ulpfuzz repro torch-gelu-grad-float32-nan-cd34",
        "repro/torch-gelu-grad-float32-nan-cd34.py",
        "arb+mpmath",
        "position 7 of 8 equal rows, every 2 elements in memory",
        "1 planned cell not reached",
        "… 292 more …",
        "&lt;b&gt;bold&lt;/b&gt; &amp; co",
        "Since r1",
    ):
        assert expected in body, expected
    assert text.count("Plotly.newPlot(box") == 1


def test_the_page_asks_nothing_of_the_network() -> None:
    body = page(render(report()))
    sources = re.findall(r'(?:src|href|action)="([^"]*)"|url\(([^)]*)\)|@import', body)
    assert all(a.startswith(("#", "repro/", "data:")) for a, b in sources if a or b)


def test_data_cannot_end_the_script_that_holds_it() -> None:
    evil = planted(implementation="f('</script><script>alert(1)</script>')", target="mine:cpu:eager")
    text = render(build(run(), [evil], [summary()]))
    assert "</script><script>alert" not in text


def test_a_run_without_findings_reads_well() -> None:
    body = page(render(build(run(verdicts=0), [], [])))
    assert "No findings, and nothing was judged." in body
    assert "<h2>Findings" not in body
    assert len(render(build(run(verdicts=0), [], []))) < 40_000, "plotly.js is there for nothing"


def test_the_heat_map_is_a_valid_figure() -> None:
    import plotly.graph_objects as go

    figure = heat_map(report())
    json.dumps(figure, allow_nan=False)
    traces = go.Figure(figure).data
    assert len(traces) == 2
    assert traces[0].z[list(traces[0].y).index("softplus")][list(traces[0].x).index("numpy:cpu:eager")] == 10


@pytest.mark.parametrize(
    "profile",
    [
        [],
        [[3, 0.5, 0.5, 1]],
        [[e, math.inf, math.nan, 1] for e in range(5)],
        [[e, 10.0 ** (e % 9), 1.0, 1] for e in range(-1074, 1024)],
    ],
)
def test_profiles_of_any_shape_are_drawn(profile: list[list[float]]) -> None:
    svg = profile_svg(planted(profile=profile))
    if not profile:
        assert svg == ""
        return
    ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert len(svg) < 14_000


@pytest.mark.browser
def test_a_browser_draws_every_axis(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from planted_axes import axes_cells, axes_run, findings

    [html, *_] = write(build(axes_run(), findings(), axes_cells()), tmp_path, ["html"])
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
               f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000", "--dump-dom"]  # fmt: skip
    done = subprocess.run([*command, html.as_uri()], check=False, capture_output=True, text=True, timeout=120)
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    dom = page(done.stdout)
    assert "8 findings</output>" in dom
    assert all(title in dom for title in ("forward mode", "second derivative"))
    assert dom.count('class="hm"') == 4 or "heatmaplayer" in dom, "the heat map is not drawn"


@pytest.mark.browser
def test_a_browser_opens_the_page_without_complaint(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    [html, *_] = write(report(), tmp_path, ["html"])
    quiet = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000", "--dump-dom"]
    done = subprocess.run(
        check=False,
        args=[*command, f"{html.as_uri()}#torch-gelu-grad-float32-nan-cd34"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not complaints
    dom = page(done.stdout)
    assert re.search(r'<details class="case" id="torch-gelu-grad-float32-nan-cd34" open', dom), "the anchored case is not open"
    assert "2 findings</output>" in dom
    assert dom.count('class="hm"') == 2 or "heatmaplayer" in dom, "the heat map is not drawn"
