"""Makes the tables from the sources' own files: `python -m tests.oracles.tables.collect boost glibc gsl [op ...]`.

boost, glibc, gsl: folders of Boost.Math's libs/math/test, glibc's math and GSL's source. What is taken over is numbers: inputs that are binary64
numbers to the last printed digit, and values; a third of a table's rows are the ends of its inputs and values, the others are spread evenly.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tests.oracles.tables import DIGITS, FOLDER, header_of

#: Rows of a table at most.
ROWS = 240
#: Decimal exponents beyond which a value says no more than that it leaves binary64's range.
FARTHEST = 5000
BOOST = "Boost.Math 1.81.0, libs/math/test"
GLIBC = "glibc 2.36, math/auto-libm-test-out-*"
GSL = "GSL 2.7.1, specfunc and cdf tests"
LICENCES = {BOOST: "Boost Software License 1.0", GLIBC: "LGPL 2.1", GSL: "GPL 3"}
#: Words between which a line of Boost's tables holds numbers, and a call of GSL's tests.
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"

Row = tuple[tuple[str, ...], tuple[str, str]]  # inputs as written, lower and upper end of the value as written


@dataclass(frozen=True)
class Taken:
    """Rows of a source for an op. columns: where each input stands among the source's numbers; value: where the value stands. inputs, result: maps
    of the numbers, where the op's argument or value is another exact function of the source's."""

    source: str
    files: tuple[str, ...]
    columns: tuple[int, ...]
    value: int
    inputs: Callable[..., tuple[Fraction, ...]] = lambda *x: x
    result: Callable[[Fraction], Fraction] = lambda y: y
    params: tuple[str, ...] = ()
    keep: Callable[..., bool] = lambda *x: True
    width: int = 0  # numbers of a row, where a file has arrays of several functions


@dataclass(frozen=True)
class Recipe:
    op: str
    inputs: tuple[str, ...]
    taken: tuple[Taken, ...]
    order: str = "value"
    given: dict[str, Any] = field(default_factory=dict)


def boost_rows(folder: Path, name: str) -> Iterator[list[str]]:
    text = re.sub(r":\s*SC_\([^()]*\)", "", (folder / name).read_text())  # what stands for a number that a format cannot hold
    for line in re.findall(r"\{\s*\{?([^{}]*SC_[^{}]*)\}?\s*\}?", text):
        numbers = re.findall(rf"(?:SC_|BOOST_MATH_\w+)\(\s*(?:T,\s*\d+,\s*)?({_NUMBER})\s*\)", line)
        if numbers and len(numbers) == line.count("("):
            yield numbers


def glibc_rows(folder: Path, name: str) -> Iterator[tuple[list[str], str, str]]:
    """(inputs, value rounded down, value rounded up) of binary128 at inputs that the line of binary64 has too."""
    exact: set[tuple[str, ...]] = set()
    down: dict[tuple[str, ...], str] = {}
    with (folder / f"auto-libm-test-out-{name}").open() as lines:
        for line in lines:
            if not line.startswith("= "):
                continue
            left, value, *_ = line.split(" : ")
            _, _, mode, form, *numbers = left.split()
            key = tuple(numbers)
            if form == "binary64":
                exact.add(key)
            elif form == "binary128" and key in exact and mode == "downward":
                down[key] = value.split()[0]
            elif form == "binary128" and key in down and mode == "upward":
                yield list(key), down.pop(key), value.split()[0]


def gsl_rows(folder: Path, function: str) -> Iterator[list[str]]:
    for path in sorted([*folder.glob("specfunc/test*.c"), *folder.glob("cdf/test*.c")]):
        for arguments, value in re.findall(
            rf"{function}\s*,\s*\(([^()&]*?),?\s*(?:&r)?\s*\)\s*,\s*({_NUMBER})\s*,", path.read_text()
        ):
            numbers = [a.strip() for a in arguments.split(",") if a.strip() not in ("", "m")]
            if all(re.fullmatch(_NUMBER, n) for n in numbers):
                yield [*numbers, value]


def fraction(text: str) -> Fraction:
    if "0x" in text:
        mantissa, _, exponent = text.replace("0x", "").partition("p")
        whole, _, part = mantissa.partition(".")
        digits = int(whole + part, 16) if "-" not in whole else -int(whole[1:] + part, 16)
        return Fraction(digits) * Fraction(2) ** (int(exponent) - 4 * len(part))
    return Fraction(Decimal(text))


def digits(text: str) -> int:
    return len(text.partition("e")[0].partition("E")[0].replace(".", "").lstrip("-+0"))


def binary64(text: str) -> Fraction | None:
    """The binary64 number that is written so, to the last digit; None where there is none."""
    exact = fraction(text)
    try:
        near = Fraction(float(exact))
    except OverflowError:
        return None
    off, count = abs(exact - near), digits(text)
    return near if off == 0 or (count >= 24 and off <= abs(exact) * Fraction(10) ** (1 - count)) else None


def read(taken: Taken, folders: dict[str, Path]) -> Iterator[tuple[tuple[Fraction, ...], Fraction, Fraction]]:
    """(inputs, lower end, upper end) of the values."""
    for name in taken.files:
        if taken.source == GLIBC:
            for numbers, low, high in glibc_rows(folders[GLIBC], name):
                if all("inf" not in v and "NaN" not in v and "neg" not in v for v in (low, high)):
                    yield tuple(map(fraction, numbers)), fraction(low), fraction(high)
            continue
        whole = list(boost_rows(folders[BOOST], name) if taken.source == BOOST else gsl_rows(folders[GSL], name))
        usual = sorted(digits(r[taken.value]) for r in whole if len(r) > taken.value)
        for row in whole:
            if len(row) <= max((*taken.columns, taken.value)) or (taken.width and len(row) != taken.width):
                continue
            numbers = [binary64(row[k]) for k in taken.columns]
            count = digits(row[taken.value])
            middle = usual[len(usual) // 2]
            exact = taken.source == BOOST and count <= 3  # trailing zeros are not written
            if any(n is None for n in numbers) or not (
                exact or count >= (16 if taken.source == GSL else max(16, min(middle - 4, 30)))
            ):
                continue
            if abs(int((row[taken.value].lower() + "e0").split("e")[1])) > FARTHEST:
                continue
            value = fraction(row[taken.value])
            last = 10 if taken.source == GSL and count < 19 else 1  # values of a binary64 program, printed
            off = 0 if exact else abs(value) * last * Fraction(10) ** (1 - count)
            yield tuple(numbers), value - off, value + off  # type: ignore[arg-type]


def decimal(value: Fraction, count: int) -> str:
    """To that many significant digits, in scientific notation."""
    if value == 0:
        return "0." + "0" * (count - 1) + "e+00"
    exponent = math.floor(_log10(abs(value)))
    scaled = round(abs(value) * Fraction(10) ** (count - 1 - exponent))
    if scaled >= 10**count:
        exponent += 1
        scaled = round(abs(value) * Fraction(10) ** (count - 1 - exponent))
    if scaled < 10 ** (count - 1):
        exponent -= 1
        scaled = round(abs(value) * Fraction(10) ** (count - 1 - exponent))
    text = str(scaled)
    return f"{'-' if value < 0 else ''}{text[0]}.{text[1:]}e{exponent:+03d}"


def _log10(value: Fraction) -> float:
    def log10(number: int) -> float:
        shift = max(0, number.bit_length() - 1000)
        return math.log10(number >> shift) + shift * math.log10(2)

    return log10(value.numerator) - log10(value.denominator)


def written(low: Fraction, high: Fraction) -> str | None:
    """The value with as many digits (14 to DIGITS) as leave it known to two units of the last; None where fewer are known."""
    value = (low + high) / 2
    if low == high == 0:
        return decimal(value, DIGITS)
    if value == 0:
        return None
    for count in (DIGITS, 22, 19, 17, 16, 15, 14):
        text = decimal(value, count)
        exponent = int(text.partition("e")[2])
        unit = Fraction(10) ** (exponent - count + 1)
        if max(abs(low - fraction(text)), abs(high - fraction(text))) <= 2 * unit:
            return text
    return None


def selected(rows: list[Any], columns: int) -> list[Any]:
    """ROWS of them: for each input and the value the least and greatest in magnitude, then evenly."""
    if len(rows) <= ROWS:
        return rows
    keys: list[Callable[[Any], Any]] = [lambda r, k=k: (abs(r[1][k]), r[1][k]) for k in range(columns)]
    keys.append(lambda r: abs(r[2]))
    chosen: dict[int, None] = {}
    share = ROWS // (6 * len(keys))
    orders = [sorted(range(len(rows)), key=lambda i, key=key: key(rows[i])) for key in keys]
    for order in orders:
        for i in [*order[:share], *order[-share:]]:
            chosen[i] = None
    for k, order in enumerate(orders):
        rest = [i for i in order if i not in chosen]
        wanted = max(0, (ROWS - len(chosen)) // (len(orders) - k))
        for i in np.linspace(0, len(rest) - 1, wanted).astype(int).tolist() if rest and wanted else []:
            chosen[rest[i]] = None
    return [rows[i] for i in sorted(chosen)]


def rows_of(recipe: Recipe, folders: dict[str, Path]) -> tuple[list[Any], list[str]]:
    rows: dict[tuple[Any, ...], Any] = {}
    sources: list[str] = []
    for taken in recipe.taken:
        before = len(rows)
        for numbers, low, high in read(taken, folders):
            if not taken.keep(*numbers):
                continue
            count = len(taken.params)
            params, inputs = tuple(int(n) for n in numbers[:count]), taken.inputs(*numbers[count:])
            if any(_exact(x) is None for x in inputs):
                continue
            try:
                low, high = sorted((taken.result(low), taken.result(high)))
            except ZeroDivisionError:
                continue
            text = written(low, high)
            if text is not None:
                rows.setdefault(
                    (params, inputs), (params, tuple(_exact(x) for x in inputs), text and abs((low + high) / 2), text)
                )
        if len(rows) > before:
            sources += [f"{taken.source}: {', '.join(taken.files)} ({LICENCES[taken.source]})"]
    return selected(list(rows.values()), len(recipe.inputs)), sources


def _exact(x: Fraction) -> float | None:
    try:
        near = float(x)
    except OverflowError:
        return None
    return near if Fraction(near) == x else None


def main(boost: str, glibc: str, gsl: str, *names: str) -> None:
    from tests.oracles.tables.recipes import RECIPES

    folders = {BOOST: Path(boost), GLIBC: Path(glibc), GSL: Path(gsl)}
    for recipe in RECIPES:
        key = recipe.op if recipe.order == "value" else f"{recipe.op}.{recipe.order}"
        if names and key not in names:
            continue
        rows, sources = rows_of(recipe, folders)
        params = next((t.params for t in recipe.taken), ())
        lines = [
            *header_of(recipe.op, recipe.order, recipe.given, sources),
            "\t".join([*(f"params.{p}" for p in params), *recipe.inputs, "value"]),
        ]
        for values, inputs, _, text in rows:
            lines.append("\t".join([*map(str, values), *(x.hex() for x in inputs), text]))
        print(f"{key}: {len(rows)} rows of {len(sources)} sources")
        if rows:
            (FOLDER / f"{key}.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
