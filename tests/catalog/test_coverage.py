"""The ledger: every public callable has a row, and an upgrade that brings one is noticed."""

from __future__ import annotations

import types
from typing import Any

import pytest

from ulpfuzz.fuzzer.catalog import coverage
from ulpfuzz.fuzzer.catalog.coverage import MODULES, Row, totals, unexplained
from ulpfuzz.fuzzer.catalog.exclusions import EXCLUDED, REASONS
from ulpfuzz.fuzzer.frameworks.targets.target import installed, prepare_environment


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    missing = [name for name in ("torch", "tensorflow", "jax") if not installed(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    prepare_environment()
    return coverage.ledger()


def test_nothing_is_unexplained(rows: list[Row]) -> None:
    """Fails when an upgrade brings a callable: cover it, or list it in fuzzer/catalog/exclusions.py."""
    assert not unexplained(rows)


def test_nine_tenths_of_what_computes_with_floats_is_covered(rows: list[Row]) -> None:
    assert totals(rows)["share"] >= 0.9


def test_each_callable_has_one_row(rows: list[Row]) -> None:
    assert len({row.api for row in rows}) == len(rows)
    for row in rows:
        assert (row.status in ("covered", "alias")) == bool(row.op)
        assert row.status != "excluded" or row.reason in REASONS


def test_reasons_are_those_of_the_closed_list() -> None:
    assert set(EXCLUDED) <= set(MODULES)
    assert {reason for reasons in EXCLUDED.values() for reason in reasons} <= set(REASONS)


def test_a_new_callable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a namespace with a covered call, its synonym, an excluded one, and one that nobody knows."""

    def cosine(x: Any) -> Any:
        return x

    module = types.SimpleNamespace(cos=cosine, cosine=cosine, diagonal=lambda x: x, brand_new=lambda x: x, Type=int)
    monkeypatch.setattr(coverage, "MODULES", {"torch": "torch"})
    monkeypatch.setattr(coverage.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(coverage, "_resolve", lambda name, package: module)
    told = {row.api: row for row in coverage.ledger()}
    assert {api: row.status for api, row in told.items()} == {
        "torch.cos": "covered", "torch.cosine": "alias", "torch.diagonal": "excluded", "torch.brand_new": "missing",
    }  # fmt: skip
    assert unexplained(list(told.values())) == ["torch.brand_new"]
    assert told["torch.cosine"].reason == "as torch.cos"
