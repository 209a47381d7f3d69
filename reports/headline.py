"""Headlines: a finding in one line that reads like the code that would show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fuzzer.findings.finding import Finding
from reports import numbers

#: Name of the extra input that carries the cotangent of a gradient; it is part of a case but not of the call.
COTANGENT = "cotangent"
#: Longer arrays are abbreviated where a reader meets them; the whole stands in the script.
SHOWN = 8


@dataclass(frozen=True)
class Array:
    """An input of a case, flat in C order: its shape, its elements as exact hex floats."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    hexes: list[str]

    @property
    def long(self) -> bool:
        return len(self.hexes) > SHOWN

    def text(self, shown: int = SHOWN, write: Callable[[str], str] = str) -> str:
        """As it is read: 0x1p+0, or [0x1p+0, 0x1p+1], or [0x1p+0, … 998 more …, 0x1p+1]."""
        if not self.shape:
            return write(self.hexes[0])
        if len(self.hexes) <= shown:
            return "[" + ", ".join(write(h) for h in self.hexes) + "]"
        head = ", ".join(write(h) for h in self.hexes[: max(shown - 1, 1)])
        return f"[{head}, … {len(self.hexes) - max(shown - 1, 1) - 1:,} more …, {write(self.hexes[-1])}]"

    @property
    def hex_text(self) -> str:
        return self.text()

    @property
    def decimal_text(self) -> str:
        """The same in shortest decimals of the dtype."""
        return self.text(write=lambda h: numbers.decimal(float.fromhex(h), self.dtype))

    @property
    def describe(self) -> str:
        return " by ".join(map(str, self.shape)) + (" numbers" if len(self.shape) == 1 else "")


def arrays_of(finding: Finding) -> list[Array]:
    """The case's inputs, cotangent included, in order."""
    return [array_of(name, value, finding.dtype) for name, value in finding.case.get("inputs", {}).items()]


def array_of(name: str, value: Any, dtype: str) -> Array:
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else ""
    flat = [value]
    for _ in shape:
        flat = [item for group in flat for item in group]
    return Array(name, dtype, tuple(shape), [numbers.hexadecimal(v) for v in flat])


def element_of(finding: Finding, arrays: Sequence[Array], differentiable: Sequence[str] | None = None) -> str:
    """Which element was judged: "", "[3]", or for a gradient the input it belongs to: "x[3]"."""
    if finding.order == "value":
        return f"[{finding.worst}]" if finding.worst else ""
    offset = finding.worst
    for array in arrays:
        if array.name == COTANGENT or (differentiable is not None and array.name not in differentiable):
            continue
        if offset < len(array.hexes):
            index = [str(i) for i in _unravel(offset, array.shape)]
            return array.name + (f"[{', '.join(index)}]" if index else "")
        offset -= len(array.hexes)
    return f"[{finding.worst}]"


def headline(finding: Finding, arrays: Sequence[Array], where: str) -> str:
    """A line that reads like the code that would show it: gelu(x) = inf, true value 1.87e38 (float32, x = 0x1.19p+127)."""
    subject = finding.implementation + where if finding.order == "value" else f"d {finding.implementation} / d {where}"
    if finding.order not in ("value", "grad"):
        subject = f"{finding.order} of {finding.implementation} at {where}"
    inputs = ", ".join(f"{a.name} = {a.text(3)}" for a in arrays if a.name != COTANGENT)
    if finding.symptom in ("exception", "crash", "hang"):
        happened = {"exception": "raises", "crash": "ends the process", "hang": "does not return"}[finding.symptom]
        return f"{subject} {happened} ({finding.dtype}, {inputs})"
    answer, truth = numbers.contrast(finding.output, finding.reference)
    return f"{subject} = {answer}, true value {truth} ({finding.dtype}, {inputs})"


def _unravel(offset: int, shape: tuple[int, ...]) -> list[int]:
    index = []
    for size in reversed(shape):
        offset, place = divmod(offset, size)
        index.append(place)
    return index[::-1]
