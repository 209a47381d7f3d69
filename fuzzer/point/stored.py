"""Stored: whether what a database holds of a finding may be run, or written into a script.

A database may come from anybody. What it says is data: a call is run only if the catalogue, or a plugin that is installed, has that very
call for that op; params, dtype, order and target must be names that they know; numbers must be numbers. docs/explanation/trust.md tells the whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ulpfuzz.fuzzer.case import DIRECTIONS
from ulpfuzz.fuzzer.catalog.op import ORDERS, Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.numbers import is_truth
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.fuzzer.findings.shapes import check_hex, flat
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.frameworks.backends.modes import devices_of, modes_of
from ulpfuzz.fuzzer.frameworks.targets import switches
from ulpfuzz.fuzzer.point.point import params_of
from ulpfuzz.oracles.functionals import FUNCTIONALS

#: No case of a campaign is larger: elements of its inputs, rows of its call, elements between neighbours, which of equal calls, seconds.
ELEMENTS, LENGTH, STRIDE, CALLS, PATIENCE = 1 << 24, 1 << 24, 1 << 12, 1000, 24 * 3600.0
_PLACE = re.compile(r"[A-Za-z0-9_]+(@[A-Za-z0-9_.-]{1,100})?(:[a-z0-9_]+){0,2}")
#: The texts by which a switch is set, beside those that have a list of values: flags of XLA, of which none names a file.
_FLAGS = re.compile(r"(--xla_[a-z0-9_]+(=[A-Za-z0-9_.+-]*)?)( --xla_[a-z0-9_]+(=[A-Za-z0-9_.+-]*)?)*")


def checked(finding: Finding) -> Implementation:
    """The catalogue's implementation of a stored finding's call, where everything that is run with it is known as well: params, dtype, order,
    target, case.

    Raises UserError, in one line that names the field and the nearest valid choice.
    """
    try:
        op = op_named(finding.op)
        implementation = known_call(op, finding)
        check_case(finding, op)
        _check_numbers(finding)
    except UserError as error:
        raise UserError(one_line(str(error))) from None
    return implementation


def known_call(op: Op, finding: Finding) -> Implementation:
    """The op's implementation that is exactly the stored call, with its dtype, order, params and target checked. Raises UserError."""
    check_target(finding.target)
    format_named(finding.dtype)
    if finding.order not in ORDERS:
        raise UnknownName("order", one_line(finding.order), ORDERS)
    params_of(op, finding.params)
    framework = framework_of(finding.target)
    calls = {i.call: i for i in op.of(framework)}
    if finding.implementation not in calls:
        raise UserError(
            f"{one_line(finding.id)} is not run: the catalogue has no such call of {op.name} in {framework}: "
            f"{UnknownName('call', one_line(finding.implementation)[:200], calls) if calls else 'it has none there'}"
        )
    return calls[finding.implementation]


def is_known(finding: Finding) -> bool:
    """Whether `checked` has nothing to say against it."""
    try:
        checked(finding)
    except ValueError:
        return False
    return True


def check_target(target: str) -> None:
    """Raises UserError for a text that is no target, whether or not it can run here."""
    place, _, flags = target.partition(";")
    if not _PLACE.fullmatch(place):
        raise UserError(f"{one_line(target)[:200]!r} is no target; one is written framework[@host]:device:mode[;switch=value]")
    framework, rest = framework_of(target), place.split(":")[1:]
    for kind, given, valid in zip(("device", "mode"), rest, (devices_of(framework), modes_of(framework)), strict=False):
        if given not in valid:
            raise UnknownName(f"{kind} of {framework}", given, valid)
    for name, value in switches.parsed(framework, flags) if flags else ():
        if switches.switch_named(framework, name, value).values is None and (not _FLAGS.fullmatch(value) or "dump" in value):
            raise UserError(f"the stored switch {name} of {framework} is not set: {one_line(value)[:200]!r} may name a file")


def check_case(finding: Finding, op: Op) -> None:
    """Raises UserError where the case holds anything but numbers for the op's inputs, and places of a call."""
    case, name = finding.case, one_line(finding.id)
    inputs = case.get("inputs")
    if not inputs:
        raise UserError(f"finding {name} holds no inputs")
    if not isinstance(inputs, Mapping):
        raise UserError(f"finding {name} is damaged: its inputs are none")
    for given in inputs:
        if given not in {*(i.name for i in op.inputs), *DIRECTIONS}:
            raise UnknownName(f"input of {op.name}", one_line(str(given)), [i.name for i in op.inputs])
    if sum(_size(value, name) for value in inputs.values()) > ELEMENTS:
        raise UserError(f"finding {name} is damaged: its inputs are more than {ELEMENTS:,} numbers")
    sides = [case, *([case["right"]] if isinstance(case.get("right"), Mapping) else [])]
    if case.get("right") and len(sides) == 1:
        raise UserError(f"finding {name} is damaged: its other place is none")
    for side in sides:
        placement = side.get("placement") or {}
        limits = {"length": (1, LENGTH), "position": (0, LENGTH), "stride": (1, STRIDE)}
        if not isinstance(placement, Mapping) or set(placement) - set(limits):
            raise UserError(f"finding {name} is damaged: its placement is none")
        given_places = {key: (placement[key], *limits[key]) for key in placement} | {"nth": (side.get("nth", 1), 1, CALLS)}
        for key, (place, low, high) in given_places.items():
            if not isinstance(place, int) or not low <= place <= high:
                raise UserError(f"finding {name} is damaged: its {key} is {one_line(str(place))[:80]!r}")
    patience = case.get("patience", 1.0)
    if not isinstance(patience, (int, float)) or not 0 < patience <= PATIENCE:
        raise UserError(f"finding {name} is damaged: its patience is {one_line(str(patience))[:80]!r}")
    functional = case.get("functional")
    if functional and not _is_functional(functional):
        raise UserError(f"finding {name} is damaged: its functional is none")


def _check_numbers(finding: Finding) -> None:
    """Raises UserError where the truth or the bits of an answer are no numbers."""
    right = finding.case.get("right") or {}
    name = one_line(finding.id)
    for text in filter(None, (finding.output_hex, right.get("output_hex"))):
        _size(text, name)
    if not is_truth(finding.reference) or not isinstance(right.get("output", 0.0), (int, float)):
        raise UserError(
            f"finding {name} is damaged: its truth {one_line(finding.reference)[:80]!r}, or its answer elsewhere, is no number"
        )
    if not 0 <= finding.worst < ELEMENTS:
        raise UserError(f"finding {name} is damaged: {finding.worst} is no element of its outputs")


def _size(value: Any, name: str) -> int:
    """How many numbers nested lists of hex floats hold. Raises UserError where they hold anything else."""
    count = 0
    try:
        for text in flat(value):
            check_hex(text)
            count += 1
    except ValueError as error:
        raise UserError(f"finding {name} is damaged: {one_line(str(error))}") from None
    return count


def _is_functional(record: Any) -> bool:
    try:
        first, stop = record["outputs"]
        return record["name"] in FUNCTIONALS and 0 <= first <= stop <= ELEMENTS and math.isfinite(float.fromhex(record["ulp"]))
    except (KeyError, TypeError, ValueError):
        return False
