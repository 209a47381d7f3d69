"""The table of coverage: families by what was judged, and how many planned cells were not reached."""

from __future__ import annotations

from planted_findings import summary

from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.reports.coverage_table import coverage_of


def test_families_count_cells_once_and_name_what_was_not_reached() -> None:
    cells = [summary(), summary(target="torch:cpu:eager"), summary(order="grad"), summary(op="gone_from_the_catalogue")]
    table = {row.family: row for row in coverage_of(cells, ["softplus float16 value", "standardize[eps=1e-05] float32 grad"])}
    row = table[op_named("softplus").family]
    assert (len(row.ops), len(row.reached), row.verdicts, row.undecided, row.beyond) == (1, 2, 15_000, 21, 3 * 1983)
    assert row.missed["value"] == 1
    assert row.planned == len(row.reached) + row.missed.total()
    assert table[op_named("standardize").family].missed["grad"] == 1
    assert table["other"].ops == {"gone_from_the_catalogue"}
