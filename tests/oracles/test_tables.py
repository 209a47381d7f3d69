"""Every tier of the oracle against tables that others computed: what it claims holds, and it leaves no more open than is recorded.

The vectorised tiers take whole tables; of the others, which cost a row at a time, the fast tests take a few rows and the slow ones all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from tests.oracles.tables import FOLDER, Table, load, names, settings
from tests.oracles.tables.tiers import COLUMNS, ROW_BY_ROW, SHARES, STEP, TIERS_MEASURED, contains, measured, together
from ulpfuzz.oracles.arithmetic.pieces import pieces
from ulpfuzz.oracles.reference import FINITE, Reference

#: Evaluations of a table in a tier that builds pieces of a function on demand: each call builds a limited number, and later calls reuse
#: them.
PASSES = {"ball80": 6}
#: Rows of a table in the fast tests of a tier that works a row at a time.
FEW = {"taylor": 2, "arb": 6, "limit": 1, "reference": 6}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    pieces.cache_clear()  # how wide extended precision is depends on which pieces were made before
    with np.errstate(all="ignore"):
        yield


def check(name: str, tier: str) -> None:
    for last in (False,) * (PASSES.get(tier, 1) - 1) + (True,):
        parts = [(table, measured(table, tier)) for table in (t.every(STEP.get(tier, 1)) for t in load(name))]
        assert not [violation for _, m in parts for violation in m.violations]
        over = []
        for share, now in together(parts).items():
            recorded = float(dict(pair.split("=") for pair in settings(name)[share].split())[tier])
            over += [f"{share} of {name} by {tier}: {now:.3f}, {recorded} recorded"] if now > recorded + 0.0005 else []
        if not over:
            return
        assert not last, over


@pytest.mark.parametrize("tier", COLUMNS)
@pytest.mark.parametrize("name", names())
def test_vectorised_tiers(name: str, tier: str) -> None:
    check(name, tier)


@pytest.mark.parametrize("tier", ROW_BY_ROW)
@pytest.mark.parametrize("name", names())
def test_a_few_rows_of_the_other_tiers(name: str, tier: str) -> None:
    tables = load(name)
    for table in (tables[0], tables[-1])[: len(tables)]:
        assert not measured(table.every(math.ceil(table.rows / FEW[tier])), tier).violations


@pytest.mark.slow
@pytest.mark.parametrize("tier", ROW_BY_ROW)
@pytest.mark.parametrize("name", names())
def test_all_rows_of_the_other_tiers(name: str, tier: str) -> None:
    check(name, tier)


# The tables and the comparison themselves


def claim(value: float, radius: float, accepts: int = FINITE) -> Reference:
    truth = Reference.unknown(1, 1)
    truth.value[0, 0], truth.radius[0, 0], truth.accepts[0, 0], truth.value_lo[0, 0] = value, radius, accepts, 0.0
    return truth


@pytest.mark.parametrize(
    ("truth", "value", "expected"),
    [
        (claim(1.0, 0.0), Fraction(1), True),
        (claim(1.0, 2.0**-60), 1 + Fraction(1, 2**50), False),
        (claim(1.0, 2.0**-50), 1 + Fraction(1, 2**50), True),
        (claim(math.inf, 0.0), Fraction(2) ** 1024, True),
        (claim(math.inf, 0.0), Fraction(2) ** 1023, False),
        (claim(math.nan, 0.0, 2), Fraction(1), False),
        (claim(math.nan, math.inf, 0), Fraction(1), True),
    ],
)
def test_a_claim_that_does_not_hold_is_seen(truth: Reference, value: Fraction, expected: bool) -> None:
    assert contains(truth, 0, value, Fraction(0)) is expected


def test_a_tier_that_is_wrong_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    (table,) = load("exp")
    right = COLUMNS["ball64"]

    def wrong(rows: Table) -> Reference:
        truth = right(rows)
        truth.value[...] *= 1 + 2.0**-40
        return truth

    monkeypatch.setitem(TIERS_MEASURED, "ball64", wrong)
    assert len(measured(table, "ball64").violations) > table.rows / 2


def test_the_tables_are_small_and_have_sources() -> None:
    assert len(names()) > 70
    assert sum(path.stat().st_size for path in FOLDER.glob("*.tsv")) < 1_500_000
    for name in names():
        assert {"source", "licence", *SHARES} <= set(settings(name)), name
        assert sum(table.rows for table in load(name)) >= 2, name
