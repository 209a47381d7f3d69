"""Case arrays: the inputs of a finding's case, flat and exact, and which element of its outputs was judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_record import COTANGENT, TANGENT
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together

#: Symptoms of calls that gave no answer, and what they did instead.
SILENT = {"exception": "raises", "crash": "ends the process", "hang": "does not return"}
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
    """Which element was judged, where derivatives are taken by `differentiable`, in this order (default: by all, in the order of the case):
    "", "[3]", for a gradient or Hessian-vector product the input it belongs to, "x[3]", and for a second
    derivative of an elementwise op both: "x and y" (of the derivative by x, that by y), "x" where they are the same. Of several outputs together
    the input that they all belong to, "x", or ""."""
    named = {a.name: a for a in arrays if a.name not in (COTANGENT, TANGENT)}
    inputs = [named[name] for name in (named if differentiable is None else differentiable) if name in named]
    elementwise = not any(a.shape for a in inputs)
    joint = together(finding)
    if joint is not None:
        starts = accumulate([0, *(len(a.hexes) for a in inputs)])
        own = {start: array.name for start, array in zip(starts, inputs, strict=False)}
        return own.get(joint.outputs.start, "") if finding.order in ("grad", "grad2") else ""
    if finding.order == "value" or (finding.order == "jvp" and not elementwise):
        return f"[{finding.worst}]" if finding.worst else ""
    if finding.order == "grad2" and elementwise and inputs:
        first, second = divmod(finding.worst, len(inputs))
        if first < len(inputs):
            names = dict.fromkeys((inputs[first].name, inputs[second].name))
            return " and ".join(names)
    offset = finding.worst
    for array in inputs:
        if offset < len(array.hexes):
            index = [str(i) for i in _unravel(offset, array.shape)]
            return array.name + (f"[{', '.join(index)}]" if index else "")
        offset -= len(array.hexes)
    return f"[{finding.worst}]"


def quantity(finding: Finding, where: str, arrays: Sequence[Array]) -> str:
    """What was computed, in words: a call, or which derivative of it. where: see element_of."""
    joint = together(finding)
    if joint is not None:
        return f"{joint.functional.words} of the {_element_quantity(finding, where, arrays)}"
    return _element_quantity(finding, where, arrays)


def _element_quantity(finding: Finding, where: str, arrays: Sequence[Array]) -> str:
    call = finding.implementation
    if finding.order == "value":
        return call + where
    if finding.order == "grad":
        return f"gradient of {call} with respect to {where}"
    directed = any(a.name == TANGENT for a in arrays)
    if finding.order == "jvp":
        return (
            f"Jacobian-vector product of {call}{where}"
            if directed
            else f"forward-mode derivative of {call} with respect to {where}"
        )
    if finding.order == "grad2":
        return (
            f"Hessian-vector product of {call} at {where}" if directed else f"second derivative of {call} with respect to {where}"
        )
    return f"{finding.order} of {call} at {where}"


def vouched(finding: Finding) -> str:
    """Who vouches for the truth, in words: a limit is no enclosure, and says so."""
    if finding.certified_by == "limit" and finding.reference == "nan" and _has_nan(finding.case["inputs"]):
        return "numbers put for NaN change it; not enclosed by Arb"
    if finding.certified_by == "limit":
        return "a limit: what the definition tends to along several paths, which agree; not enclosed by Arb"
    return finding.certified_by


def _has_nan(value: Any) -> bool:
    """Whether a number of a case's inputs, nested as they are stored, is NaN."""
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    return any(map(_has_nan, value)) if isinstance(value, (list, tuple)) else value == "nan"


def _unravel(offset: int, shape: tuple[int, ...]) -> list[int]:
    index = []
    for size in reversed(shape):
        offset, place = divmod(offset, size)
        index.append(place)
    return index[::-1]
