"""Names that become paths: a report is written into its folder and nowhere else, whatever ids the database holds."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hostile import TEXTS, known
from hypothesis import given
from hypothesis import strategies as st
from planted_findings import run

from ulpfuzz import reports
from ulpfuzz.fuzzer.findings.file_name import LONGEST, file_name
from ulpfuzz.reports.writer import ReportError


@given(st.text())
def test_a_file_name_is_one_part_of_a_path(name: str) -> None:
    made = file_name(name, ".py")
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.py", made)
    assert len(made) <= LONGEST + 3


@given(st.text(), st.text())
def test_two_names_never_become_one(one: str, other: str) -> None:
    assert one == other or file_name(one) != file_name(other)


def test_an_id_of_ours_is_its_own_name() -> None:
    assert file_name("torch-silu-value-float32-zero-3k9f0a", ".py") == "torch-silu-value-float32-zero-3k9f0a.py"


def written(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("name", [*TEXTS, "../../../evil", "/evil", "..", ".", "", "repro/../../evil"])
def test_no_id_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "down" / "report"
    report = reports.build(run(), [known(id=name)], [], scripts={name: "print()\n"})
    paths = reports.write(report, out)
    assert written(tmp_path) == {path for path in paths if path.is_file()}
    assert all(path.resolve().is_relative_to(out) for path in paths)
    assert len([path for path in paths if path.suffix == ".py"]) == 1


def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    out, kept = tmp_path / "report", tmp_path / "kept"
    (out / "repro").mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    name = known().id
    for place in ("report.html", "report.md", f"repro/{name}.py"):
        (out / place).symlink_to(kept)
    os.link(kept, out / "report.json")
    reports.write(reports.build(run(), [known()], [], scripts={name: "print()\n"}), out)
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not any((out / place).is_symlink() for place in ("report.html", "report.md", f"repro/{name}.py"))


@pytest.mark.parametrize("below", ["pages", "repro"])
def test_a_link_in_the_place_of_a_folder_is_refused(below: str, tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "report", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "00.js").write_text("mine", encoding="utf-8")
    (out / below).symlink_to(elsewhere)
    with pytest.raises(ReportError, match=f"{below}: it is a link"):
        reports.write(reports.build(run(), [known()], [], scripts={known().id: "print()\n"}), out)
    assert [path.name for path in written(elsewhere)] == ["00.js"]
