"""The HTML report: an index that tells every defect, pages on demand, nothing of the network."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from planted_findings import planted, run, summary

from ulpfuzz.fuzzer.defects.case_file import Advice, CaseFile, Diagnosis, Interval, OrdinaryShare, Statement
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.reports import build, write
from ulpfuzz.reports.html import files, render, unpacked
from ulpfuzz.reports.model import Report
from ulpfuzz.reports.plots import Peer, profile_svg

VECTOR = {"dtype": "float32", "inputs": {"x": ["0x1p+0"] * 300}, "placement": {"length": 8, "position": 7, "stride": 2}}
GELU = "torch-gelu-grad-float32-nan-cd34"


def findings() -> list:
    gelu = planted(
        id=GELU, op="gelu", order="grad", target="torch:cpu:eager", implementation="torch.nn.functional.gelu(x)", symptom="nan",
        output=math.nan, output_hex="nan", case=VECTOR, avoidable_by=[], note="<b>bold</b> & co",
    )  # fmt: skip
    return [planted(), gelu]


def report() -> Report:
    cells = [summary(), summary(op="gelu", order="grad", target="torch:cpu:eager", worst_excess=3.0, worst_ulps=2.0)]
    return build(run(), findings(), cells, fixed=[planted(id="gone")], baseline="r1")


def worked_on() -> CaseFile:
    """What casework might know of the planted softplus."""
    name = planted().id
    return CaseFile(
        defect=name, face=name, key="k", simplest=planted().case, simplest_output="inf", simplest_reference="100.0",
        ordinary={"inputs": {"x": "0x1.6800000000000p+6"}}, ordinary_output="inf", ordinary_reference="90.0",
        ordinary_share=OrdinaryShare(12, 100_000, 6e-5, 2e-4, "x: logits"),
        extent=(Interval("x", "0x1.62e430p+6", "0x1.fffffep+127", False, True, 1000, 1000),),
        diagnosis=Diagnosis("overflow", "exp(x) overflows", True, "exp(x) leaves float32.", evidence=(
            Statement("wider", "float64, the same call: 0.4 ulps", supports="overflow"),)),
        advice=(Advice("rewrite", "np.logaddexp(x, 0)", "Shifts by the larger argument.", "logsumexp", 10_000, math.inf, 0.9, 100_000,
                       math.inf, 0.8, "100.0"),),
    )  # fmt: skip


def defect(**changes: object) -> Defect:
    f = planted()
    values: dict = {
        "id": f.id, "title": "softplus(100) = inf", "framework": "numpy", "kind": "ordinary", "score": 0.9, "rank": 1, "face": f.id,
        "members": (f.id,), "ops": ("softplus",), "calls": (f.implementation,), "dtypes": ("float32",), "orders": ("value",),
    }  # fmt: skip
    return Defect(**{**values, **changes})


def pages(report: Report) -> dict[str, str]:
    chunks = [text for path, text in files(report).items() if path.startswith("pages/")]
    return {name: page for chunk in chunks for name, page in unpacked(chunk).items()}


def rows(text: str) -> list[list]:
    found = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert found
    told: list[list] = json.loads(found[1])["rows"]
    return told


def test_the_index_tells_every_defect_and_the_pages_the_rest() -> None:
    text = render(report())
    assert {row[0] for row in rows(text)} == {planted().id, GELU}
    assert "softplus(100) = inf, true value 100.0 (float32, numpy)" in text
    assert "1 planned cell not reached" in text
    told = pages(report())
    for expected in (
        f"ulpfuzz repro {GELU}",
        "position 7 of 8 equal rows, every 2 elements in memory",
        "… 292 more …",
        "&lt;b&gt;bold&lt;/b&gt; &amp; co",
    ):
        assert expected in told[GELU], expected
    assert "np.log(np.exp(x) + 1)" in told[planted().id]
    assert "sys.exit(0 if" in told[planted().id]
    assert "Since r1" in told["run"]


def test_what_casework_found_is_shown() -> None:
    made = build(run(), findings(), [summary()], defects=[defect()], case_files={planted().id: worked_on()})
    page = pages(made)[planted().id]
    for expected in (
        "0.012 %",
        "logits",
        "exp(x) overflows",
        "confirmed by experiment",
        "float64, the same call: 0.4 ulps",
        "np.logaddexp(x, 0)",
        "<strong>0.9</strong>",
        "88.72",
        "1,000 of 1,000 points between fail",
        'class="failing"',
    ):
        assert expected in page, expected
    assert rows(render(made))[0][11:13] == ["overflow", 0.00012]


def test_what_changed_stands_first_then_everyday_defects() -> None:
    members = [planted(id=f"numpy-softplus-{k}") for k in range(4)]
    told = [
        defect(id=m.id, face=m.id, members=(m.id,), kind=kind, status=status)
        for m, kind, status in zip(
            members, ("flush", "ordinary", "range", "special"), ("known", "known", "new", "fixed"), strict=True
        )
    ]
    with_baseline = build(run(), members, [], defects=told, baseline="r1")
    assert [e.defect.kind for e in with_baseline.defects] == ["range", "special", "ordinary", "flush"]
    assert [e.defect.kind for e in build(run(), members, [], defects=told).defects] == ["ordinary", "range", "special", "flush"]


def test_two_thousand_defects_fit_in_a_megabyte() -> None:
    line = "layer_norm_affine(x=[-3.4e38, 3.4e38, 3.4e38], w=[1, 0, 1], eps=0.001, …) = 5.96e-8, true value 1.414 (float32, tf)"
    face = planted()
    many = [defect(id=f"tensorflow-layer_norm_affine-value-float32-precision-{k:06d}", title=line, rank=k) for k in range(2000)]
    made = build(run(), [face], [summary()], defects=many)
    assert len(made.defects) == 2000
    assert len(render(made).encode()) < 1_000_000


def test_the_pages_ask_nothing_of_the_network() -> None:
    for text in (render(report()), *pages(report()).values()):
        bare = re.sub(r"<script.*?</script>", "", text, flags=re.S)
        sources = re.findall(r'(?:src|href|action)="([^"]*)"|url\(([^)]*)\)|@import', bare)
        assert all(a.startswith(("#", "repro/", "data:")) for a, b in sources if a or b)


def test_data_cannot_end_the_script_that_holds_it() -> None:
    evil = planted(op="</script><script>alert(1)</script>", target="mine:cpu:eager")
    assert "</script><script>alert" not in render(build(run(), [evil], [summary()]))


def test_a_run_without_findings_reads_well() -> None:
    text = render(build(run(verdicts=0), [], []))
    assert "No findings, and nothing was judged." in text
    assert 'class="ranked"' not in text


def test_a_report_replaces_the_pages_of_the_last(tmp_path: Path) -> None:
    write(report(), tmp_path, ["html"])
    (tmp_path / "pages" / "17.js").write_text("")
    (tmp_path / "repro" / "mine.py").write_text("")
    write(report(), tmp_path, ["html"])
    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["00.js", "run.js"]
    assert (tmp_path / "repro" / "mine.py").exists()


def test_the_map_names_what_ordinary_users_meet() -> None:
    made = build(run(), findings(), [summary()], defects=[defect()], case_files={planted().id: worked_on()})
    text = render(made)
    drawing = text[text.index('<svg class="heat"') : text.index("</svg>", text.index('<svg class="heat"')) + 6]
    tree = ElementTree.fromstring(drawing)
    assert [a.attrib["href"] for a in tree.iter("a")] == [f"#d={planted().id}"]
    assert "0.012 %" in [t.text for t in tree.iter("text")]


@pytest.mark.parametrize(
    "profile",
    [
        [],
        [[3, 0.5, 0.5, 1]],
        [[e, math.inf, math.nan, 1] for e in range(5)],
        [[e, 10.0 ** (e % 9), 1.0, 1] for e in range(-1074, 1024)],
        [[-1099.0, 2.0, 1.0, 1], [3.0, 1.0, 1.0, 1], [1099.0, math.inf, math.inf, 1]],
    ],
)
def test_profiles_of_any_shape_are_drawn(profile: list[list[float]]) -> None:
    svg = profile_svg(planted(profile=profile), [Peer("a peer", [[2.0, 1.0, 1.0, 1], [5.0, 3.0, 1.0, 1]])])
    if not profile:
        assert svg == ""
        return
    ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "1099" not in svg.replace("109.9", "")
    assert len(svg) < 14_000
