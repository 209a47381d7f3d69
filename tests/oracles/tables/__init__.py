"""Tables of reference values that others computed: facts (inputs, value, source), one file a function and order.

A file: lines that start with # (the function, its order, where the numbers are from, what each tier is known to leave open), a line with the names
of the columns, then a row a point: params as they are, inputs in hexadecimal, the value in decimals, right to two units of its last digit.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles.function import Function

FOLDER = Path(__file__).parent
#: Significant digits of a value, where its source has as many.
DIGITS = 25
#: A value is right to so many units of its last digit: half a unit of rounding, and half a unit in the last place of binary64 where that is what
#: the source has (16 digits).
UNITS = 2


@dataclass(frozen=True)
class Table:
    """The rows of a file with the same params: inputs (rows,), values and how far off they may be, as exact rationals."""

    name: str
    function: Function
    inputs: dict[str, NDArray[np.float64]]
    values: tuple[Fraction, ...]
    off: tuple[Fraction, ...]

    @property
    def rows(self) -> int:
        return len(self.values)

    def take(self, rows: Sequence[int]) -> Table:
        index = np.asarray(rows, np.int64)
        return Table(
            self.name, self.function, {n: v[index] for n, v in self.inputs.items()},
            tuple(self.values[i] for i in rows), tuple(self.off[i] for i in rows),
        )  # fmt: skip

    def every(self, step: int) -> Table:
        return self.take(range(0, self.rows, step)) if step > 1 else self

    def single(self, row: int) -> dict[str, NDArray[np.float64]]:
        return {name: values[row] for name, values in self.inputs.items()}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))


def header_of(op: str, order: str, params: dict[str, Any], sources: Sequence[str]) -> list[str]:
    record = op_named(op)
    lines = [f"# {op}({', '.join(i.name for i in record.inputs)}), order {order}"]
    lines += [f"# params {params!r}"] if params else []
    lines += [f"# source {source}" for source in sources]
    return [*lines, "# licence the numbers are facts and free; the sources that print them have the licences named"]


def settings(name: str) -> dict[str, str]:
    """What a table's header says, by the first word of its lines."""
    found: dict[str, str] = {}
    with (FOLDER / f"{name}.tsv").open() as lines:
        for line in lines:
            if not line.startswith("# "):
                break
            key, _, rest = line[2:].strip().partition(" ")
            found[key] = rest
    return found


@cache
def load(name: str) -> tuple[Table, ...]:
    """A file's rows, one Table for each set of params."""
    lines = [line for line in (FOLDER / f"{name}.tsv").read_text().splitlines() if not line.startswith("#")]
    columns, *rows = (line.split("\t") for line in lines)
    op_name, _, order = name.partition(".")
    op = op_named(op_name)
    given = ast.literal_eval(settings(name).get("params", "{}"))
    count = sum(c.startswith("params.") for c in columns)
    tables = []
    for values, group in groupby(sorted(rows, key=lambda r: r[:count]), key=lambda r: r[:count]):
        params = {**op.default_params(), **given, **{c[7:]: int(v) for c, v in zip(columns, values, strict=False)}}
        listed = list(group)
        inputs = {
            c: np.asarray([float.fromhex(r[k]) for r in listed])
            for k, c in enumerate(columns[:-1])
            if not c.startswith("params.")
        }
        texts = [r[-1] for r in listed]
        tables.append(
            Table(name, function_of(op, params, order or "value"), inputs, tuple(map(Fraction, texts)), tuple(map(_off, texts)))
        )
    return tuple(tables)


def _off(text: str) -> Fraction:
    mantissa, _, exponent = text.partition("e")
    places = len(mantissa.partition(".")[2])
    return UNITS * Fraction(10) ** (int(exponent) - places) if Fraction(text) else Fraction(0)
