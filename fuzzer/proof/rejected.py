"""Rejected: exceptions that check an argument, where the argument is outside its domain or at the edge of it. Counted, never findings.

Three things together: the type is one that frameworks use for checks; the message speaks of an argument; and the point has something to
object to: a number that is infinite or NaN, at or beside an end of the op's domain, outside the documented one, or in an order that a
structure forbids; or vectors shorter than those that are searched. An exception at an ordinary point stays a finding whatever it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Input
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.shapes import length_in, reaches
from ulpfuzz.fuzzer.inputs.structures import holds
from ulpfuzz.fuzzer.judge.contract import facts_at

#: Types that frameworks raise where they check an argument: Python's and numpy's, torch's, TensorFlow's; jax raises Python's.
_TYPES = frozenset(
    [
        "ValueError",
        "RuntimeError",
        "IndexError",
        "LinAlgError",
        "_LinAlgError",
        "InvalidArgumentError",
        "OutOfRangeError",
        "XlaRuntimeError",
    ]
)
#: Words with which they say what they object to.
_ABOUT = re.compile(
    r"\b(expected|expects?|must|should|cannot|can't|can not|invalid|constraint|contains?|not (met|allowed|satisfied|positive|finite|sorted)|"
    r"non-?(negative|positive|zero|finite)|negative|positive|finite|nans?|infs?|infinite|zero|singular|out of (range|bounds)|outside|"
    r"greater|less|larger|smaller|between|sorted|monotonic\w*|increasing|domain|definite|condition)\b",
    re.IGNORECASE,
)
#: Ulps from an end of the domain within which a number is at the edge of it.
_BESIDE = 4


@dataclass(frozen=True)
class Rejected:
    """A call that rejects an argument in a cell, the first line of what it said, and what the argument was."""

    cell: str
    target: str
    call: str
    message: str
    reason: str


def rejection(evaluator: Evaluator, subject: Subject, row: Batch, message: str) -> str:
    """Why an exception of a call at a batch of one row is a check of an argument, in one line; "" where it is none."""
    kind, _, text = message.partition(": ")
    if kind.rpartition(".")[2] not in _TYPES or not _ABOUT.search(text):
        return ""
    objection = objection_to(evaluator, subject, row)
    return f"rejects an argument: {objection}" if objection else ""


def objection_to(evaluator: Evaluator, subject: Subject, row: Batch) -> str:
    """What a check of arguments may object to at a point; "" at an ordinary one."""
    params, device = dict(evaluator.cell.params), evaluator.calls.target(subject).device
    for fact in facts_at(evaluator.op, subject.implementation, params, row, evaluator.cell.order, device):
        if fact.open:
            return f"{fact.what}; {fact.source}"
    sizes = length_in(evaluator.op, row.inputs)
    if sizes is not None and not reaches(sizes, evaluator.op.min_length):
        return f"vectors of less than {evaluator.op.min_length} numbers"
    exact = row.exact()
    for name, values in exact.items():
        if not np.isfinite(values).all():
            return f"{name} holds {'NaN' if np.isnan(values).any() else 'an infinity'}"
    for spec in evaluator.op.inputs:
        said = _edge(spec, exact[spec.name], evaluator.format)
        if said or not holds(evaluator.format, spec, row.inputs[spec.name]):
            return said or f"{spec.name} is not {spec.structure}"
    return ""


def ordinary_rows(evaluator: Evaluator, batch: Batch) -> NDArray[np.bool_]:
    """The rows of a batch whose numbers are finite and away from every end of their domain."""
    ordinary = np.ones(batch.rows, np.bool_)
    for name, values in batch.exact().items():
        spec = next((i for i in evaluator.op.inputs if i.name == name), Input(name))
        flat = values.reshape(batch.rows, -1)
        ordinary &= ~(~np.isfinite(flat) | (flat < spec.low) | (flat > spec.high) | _beside(spec, flat, evaluator.format)).any(
            axis=1
        )
    return ordinary


def _edge(spec: Input, values: NDArray[np.float64], fmt: Format) -> str:
    if ((values < spec.low) | (values > spec.high)).any():
        return f"{spec.name} is outside its domain [{spec.low:g}, {spec.high:g}]"
    if _beside(spec, values, fmt).any():
        return f"{spec.name} is at an end of its domain [{spec.low:g}, {spec.high:g}]"
    return ""


def _beside(spec: Input, values: NDArray[np.float64], fmt: Format) -> NDArray[np.bool_]:
    """Which numbers are at a finite end of the domain, or so near that a rounding or a flush brings them there."""
    beside = np.zeros(values.shape, np.bool_)
    for end in (spec.low, spec.high):
        if np.isfinite(end):
            beside |= np.abs(values - end) <= max(_BESIDE * float(fmt.ulp(np.asarray(end))), fmt.min_normal)
    return beside
