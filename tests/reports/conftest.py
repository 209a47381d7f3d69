"""Planted findings make up their calls. That scripts are written of calls of the catalogue alone is a test of tests/security."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ulpfuzz.reports.model import Report


@pytest.fixture(scope="module", autouse=True)
def _every_call_is_known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ulpfuzz.reports.minimal_script.is_known", lambda finding: True)
        patch.setattr("ulpfuzz.reports.script.checked", lambda finding: None)
        yield


@pytest.fixture(autouse=True)
def _the_report_is_of_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contracts import check
    from ulpfuzz.reports import json_report

    plain = json_report.render

    def checked(report: Report) -> str:
        text = plain(report)
        check("report", text)
        return text

    monkeypatch.setattr(json_report, "render", checked)
