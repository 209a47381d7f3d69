"""Shapes: what the free parts of stored records hold. A database may come from anybody: what has another shape is a damaged record, which is
said where it is read, so that no reader of a finding or a run meets it.

The classes below are never made; msgspec checks records against them. Keys that they do not name are let through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Required, TypedDict

import msgspec

from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.fact import Fact, Sweep
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.oracles.functionals import FUNCTIONALS

#: Columns of a profile.
_LANE = 4
#: No format has larger exponents; binary64's go to 1,074.
_EXPONENT = 20_000.0


#: Of a placement's parts the least that there is.
_LEAST = {"length": 1, "position": 0, "stride": 1}


class _Placement(TypedDict, total=False):
    length: int
    position: int
    stride: int


class _Right(TypedDict, total=False):
    placement: Required[_Placement]
    output: Required[float]
    output_hex: Required[str]
    nth: int


class _Functional(TypedDict):
    name: str
    outputs: tuple[int, int]
    ulp: str


class _Case(TypedDict, total=False):
    dtype: str
    inputs: Required[dict[str, Any]]
    placement: _Placement | None
    right: _Right | None
    functional: _Functional | None
    nth: int
    patience: float


class _Extent(TypedDict, total=False):
    share: float
    count: int
    judged: int
    special: int
    low: float | str
    high: float | str
    inputs: dict[str, tuple[float, float]]


class _Selection(TypedDict, total=False):
    ops: str | None
    dtypes: list[str]
    orders: list[str]


class _Fate(TypedDict, total=False):
    id: Required[str]
    bits_lost: float | str


class _Replayed(TypedDict, total=False):
    baseline: str
    findings: dict[str, _Fate]
    in_vain: list[str]
    due: int
    reached: int


class _Environment(TypedDict, total=False):
    versions: dict[str, Any]
    targets: list[str]
    targets_detail: dict[str, dict[str, Any]] | list[dict[str, Any]]
    hosts: dict[str, dict[str, Any]]
    cpu: dict[str, Any] | str
    selection: _Selection
    case_timeout: float | None
    memory_limit: float | None
    modes: list[str]
    failures: list[str]
    in_vain: list[str]
    cells_not_reached: list[str]
    cells_unsupported: list[str]
    unsupported: list[dict[str, str]]
    rejected: list[dict[str, Any]]
    replayed: _Replayed
    cells_by_part: dict[str, int]
    cpu_share: float | None
    unaccounted_share: float | None


def check(record: object) -> None:
    """Raises ValueError, in one line, for a finding, a cell, a fact, a run or a sweep whose free parts have another shape. Other records have
    none."""
    if isinstance(record, (Run, Sweep)):
        _check(record.environment, _Environment, "environment")
        for fate in record.environment.get("replayed", {}).get("findings", {}).values():
            _number(fate.get("bits_lost", "none" if fate["id"] else 0.0), "replayed: bits_lost")
        return
    if isinstance(record, (Finding, CellSummary, Fact)) and record.dtype not in numbers.DTYPES:
        raise ValueError(f"dtype: {record.dtype[:80]!r} is none")
    if isinstance(record, (Finding, CellSummary)):
        _check_profile(record.profile)
    if isinstance(record, Fact):
        _check(record.intervals, list[tuple[float, float]], "intervals")
        check_hex(*record.at.values())
        _check_truth(record.reference)
    if isinstance(record, Finding):
        _check_extent(record.extent)
        check_case(record.case)
        check_hex(*filter(None, [record.output_hex]))
        _check_truth(record.reference or "none")
        if record.worst < 0:
            raise ValueError(f"worst: {record.worst} is no element")
        if record.limit is not None and not 0 < record.limit < math.inf:
            raise ValueError(f"limit: {record.limit} ulps are none")


def _check_profile(profile: list[list[float]]) -> None:
    for lane in profile:
        if len(lane) != _LANE:
            raise ValueError("profile: a row that has not four numbers")
        if math.isfinite(lane[0]) and abs(lane[0]) > _EXPONENT:
            raise ValueError(f"profile: no format has the exponent {lane[0]:g}")


def check_case(case: dict[str, Any]) -> None:
    """The same of the case of a finding."""
    _check(case, _Case, "case")
    for side in (case, case.get("right") or {}):
        for name, place in (side.get("placement") or {}).items():
            if name not in _LEAST or place < _LEAST[name]:
                raise ValueError(f"placement: {name[:80]!r} is {place}")
    right, functional = (case.get(name) or {} for name in ("right", "functional"))
    if functional and (functional["name"] not in FUNCTIONALS or not 0 <= functional["outputs"][0] <= functional["outputs"][1]):
        raise ValueError(f"functional: {functional['name'][:80]!r} of outputs {functional['outputs']} is none")
    check_hex(*filter(None, (right.get("output_hex"), functional.get("ulp"))))
    for value in case.get("inputs", {}).values():
        check_hex(*flat(value))


def _check_extent(extent: dict[str, Any]) -> None:
    _check(extent, _Extent, "extent")
    for name in ("low", "high"):
        _number(extent.get(name, 0.0), f"extent: {name}")


def _number(value: float | str, name: str) -> None:
    try:
        float(value)
    except ValueError:
        raise ValueError(f"{name} is no number: {str(value)[:80]!r}") from None


def _check_truth(text: str) -> None:
    if not numbers.is_truth(text):
        raise ValueError(f"reference: {text[:80]!r} is no number")


def _check(part: object, shape: Any, name: str) -> None:
    try:
        msgspec.convert(part, shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None


def check_hex(*texts: str) -> None:
    """Raises ValueError for a text that is no C99 hex float of binary64's range, nan or an infinity."""
    for text in texts:
        try:
            float.fromhex(text)
        except (ValueError, OverflowError):
            raise ValueError(f"{text[:80]!r} is no number") from None


def flat(value: Any) -> Iterator[str]:
    """The numbers of an input of a case, nested lists of equal lengths in C order, as texts. Raises ValueError for anything else."""
    if isinstance(value, str):
        yield value
        return
    if not isinstance(value, list):
        raise ValueError(f"{str(value)[:80]!r} is no number of an input")
    shapes = {_shape(item) for item in value}
    if len(shapes) > 1:
        raise ValueError("an input whose rows have different lengths")
    for item in value:
        yield from flat(item)


def _shape(value: Any) -> int:
    """The length of a list; -1 of a number."""
    return len(value) if isinstance(value, list) else -1
