"""Whole arrays as a person reads them: the calls, the histogram of errors, the worst rows, and which rows are defects."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ulpfuzz.fuzzer.cli.screen import console, grid, styled
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.headline import Array, array_of
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.point.account import KIND, UNKNOWN
from ulpfuzz.fuzzer.point.judged_rows import CallRows, Index, JudgedRows, RowTold, RowVerdict, bin_text
from ulpfuzz.fuzzer.point.row_judge import index_text

#: Above 2^10 ulps the bins are joined by tens of powers: 2^20, 2^30.
JOINED = 10
#: Widest bar of the histogram, in characters; rows of which all places are listed.
BAR, LISTED = 40, 20
#: Digits of a truth beside an answer, by the bits of the format: some more than it has.
_DIGITS = {8: 8, 11: 8, 24: 14, 53: 24}


def print_rows(judged: JudgedRows) -> None:
    """Prints it to standard output."""
    screen = console()
    _heading(screen, judged)
    screen.print(_calls(judged))
    screen.print(Text("\nelements by error in ulps", style="dim"))
    screen.print(_histogram(judged.calls))
    for row in judged.worst:
        _worst(screen, judged, row)
    screen.print()
    alike: dict[tuple[object, ...], tuple[CallRows, list[str]]] = {}
    for number, call in enumerate(judged.calls, 1):
        said = tuple(call.defects), tuple(call.suspects), call.uncertified, call.judged == 0
        alike.setdefault(said, (call, []))[1].append(_name(number, call, judged.calls))
    for call, names in alike.values():
        _defects(screen, call, f"{', '.join(names)}: ", judged.rows)
    if judged.interrupted:
        screen.print("interrupted: what was judged until then is told, and nothing was certified after it", style="yellow")


def _heading(screen: Console, judged: JudgedRows) -> None:
    params = ", ".join(f"{name}={value}" for name, value in judged.params.items())
    screen.print(Text(f"{judged.op}{f' ({params})' if params else ''}, {judged.order}, {judged.dtype}", style="bold"))
    axes = f", {' by '.join(map(str, judged.shape))}," if len(judged.shape) > 1 else ""
    each = "1 number" if judged.outputs == 1 else f"{judged.outputs:,} numbers"
    limit = "no limit in ulps: judged by stability" if judged.limit is None else f"limit {judged.limit:g} ulps"
    screen.print(f"{judged.rows:,} rows{axes} each answered by {each}; {limit}\n", style="dim")


def _name(number: int, call: CallRows, calls: Sequence[CallRows]) -> str:
    """What a call is named by below the first table: the target, with a number where several are its."""
    return call.target if sum(other.target == call.target for other in calls) == 1 else f"{number} {call.target}"


def _calls(judged: JudgedRows) -> Table:
    names = [c.name for c in Class]
    present = {name for call in judged.calls for name in call.rows}
    shown = [name for name in names if name in present or name in ("ok", "unstable")] + sorted(present - {*names})
    not_proved = any(call.uncertified for call in judged.calls)
    table = grid("target", "call", "rows judged", *shown, *(["not certified"] if not_proved else []), "worst error", "in row", "")
    for number, call in enumerate(judged.calls, 1):
        counts = [Text(f"{call.rows.get(name, 0):,}" if call.rows.get(name) else "·", style=styled(name).style) for name in shown]
        suspects = [f"{call.uncertified:,}" if call.uncertified else "·"] if not_proved else []
        table.add_row(
            _name(number, call, judged.calls), Text(call.implementation), f"{call.judged:,}", *counts, *suspects,
            numbers.measure(call.worst_ulps), index_text(call.worst_row), Text(call.error),
        )  # fmt: skip
    for column in table.columns[2:-2]:
        column.justify = "right"
    return table


def _joined(histogram: Counter[int]) -> Counter[int]:
    """The histogram with its bins above 2^JOINED joined."""
    joined: Counter[int] = Counter()
    for key, count in histogram.items():
        ten = math.ceil(key / JOINED) * JOINED
        joined[key if key <= JOINED or key >= KIND else ten] += count
    return joined


def _histogram(calls: Sequence[CallRows]) -> Table:
    bins = [_joined(call.histogram) for call in calls]
    keys = sorted(set().union(*bins))
    single = len(calls) == 1
    table = grid("up to", *(_name(number, call, calls) for number, call in enumerate(calls, 1)), *([""] if single else []))
    most = max((count for one in bins for count in one.values()), default=1)
    for key in keys:
        name = {KIND: "wrong kind", UNKNOWN: "not known"}.get(key, bin_text(key) if key <= JOINED else f"2^{key}")
        bar = [Text("█" * max(1, round(BAR * bins[0][key] / most)), style="dim")] if single else []
        table.add_row(name, *(f"{one[key]:,}" if one[key] else "·" for one in bins), *bar)
    for column in table.columns[: 1 + len(calls)]:
        column.justify = "right"
    return table


def _worst(screen: Console, judged: JudgedRows, row: RowTold) -> None:
    screen.print()
    place = f"row {index_text(row.index)}" if row.index else "the row"
    for number, (name, value) in enumerate(row.inputs.items()):
        array = array_of(name, value, judged.dtype)
        screen.print(
            Text(place if not number else " " * len(place), style="bold"), Text(f"{name} = {array.decimal_text}{_extent(array)}")
        )
    several = len(judged.calls) > 1
    table = grid(*(["target", "call"] if several else []), "answer", "truth", "ulps", "condition", "verdict", "note")
    for verdict in row.verdicts:
        named: list[Text | str] = [verdict.target, Text(verdict.implementation)] if several else []
        table.add_row(*named, *_cells(judged, verdict))
    screen.print(table)
    if row.right:
        screen.print(f"not wrong there: {', '.join(row.right)}", style="dim")


def _extent(array: Array) -> str:
    """Of an array that is abbreviated the least and the greatest number, and how many are none."""
    if not array.long:
        return ""
    values = np.asarray([float.fromhex(text) for text in array.hexes])
    finite = values[np.isfinite(values)]
    ends = (
        f", from {numbers.decimal(finite.min(), array.dtype)} to {numbers.decimal(finite.max(), array.dtype)}"
        if len(finite)
        else ""
    )
    return ends + (f", {len(values) - len(finite)} not finite" if len(finite) < len(values) else "")


def _cells(judged: JudgedRows, verdict: RowVerdict) -> list[Text | str]:
    said = styled(verdict.shown)
    if verdict.class_.is_finding:
        said.append(f", {verdict.symptom.name}")
    if verdict.error:
        return [
            "",
            "",
            "",
            "",
            said,
            Text(f"{verdict.error}; {verdict.reason}" if verdict.reason != verdict.error else verdict.error),
        ]
    fmt = format_named(format_named(judged.dtype).real)
    element = f"{verdict.element} " if verdict.element else ""
    truth = numbers.truth(verdict.reference, _DIGITS[fmt.precision])
    return [
        Text(f"{element}{numbers.decimal(verdict.answer, fmt.name)}"), Text(truth), numbers.measure(verdict.ulps),
        numbers.measure(verdict.condition), said, Text(verdict.reason),
    ]  # fmt: skip


def _defects(screen: Console, call: CallRows, lead: str, rows: int) -> None:
    right = "no row is wrong" if call.judged == rows else f"none of the {call.judged:,} rows that were judged is wrong"
    if call.defects:
        screen.print(Text(f"{lead}{_rows(len(call.defects))} certified to be wrong: {_places(call.defects)}", style="red"))
    if call.uncertified:
        screen.print(
            f"{lead}{_rows(call.uncertified)} more judged wrong, not certified: {_places(call.suspects, call.uncertified)}; "
            "--proofs N certifies more"
        )  # fmt: skip
    if not call.defects and not call.uncertified:
        screen.print(f"{lead}{right}" if call.judged else f"{lead}no row was judged", style="green" if call.judged else "yellow")


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _places(rows: Sequence[Index], count: int = 0) -> str:
    shown = ", ".join(index_text(row) or "the only one" for row in rows[:LISTED])
    more = (count or len(rows)) - min(len(rows), LISTED)
    return shown + (f", and {more:,} more" if more else "")
