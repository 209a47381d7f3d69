"""Support: which subjects compute a cell at all. What a framework does not support is data of the run, never a finding."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.backends.padding import EAGER_ROWS
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.inputs.recipe import Draw, Recipe
from ulpfuzz.fuzzer.inputs.regions import regions_of
from ulpfuzz.fuzzer.inputs.shapes import numbers_in_row
from ulpfuzz.fuzzer.inputs.strategies import LEAST_ROWS
from ulpfuzz.fuzzer.search.search import ROWS

#: Rows of the first call where every length is as good as another.
FEW = 8
#: Seconds of a first call that may still be what a framework imports and makes at its first use.
SLOW_CALL = 2.0


@dataclass(frozen=True)
class Unsupported:
    """A call that a target does not support in a cell, and the first line of what it said."""

    cell: str
    target: str
    call: str
    message: str


@dataclass
class FirstCalls:
    """What the first call of each subject showed. unsupported: by subject. slow: those for which a first visit has no time."""

    unsupported: dict[Subject, Unsupported] = field(default_factory=dict)
    slow: list[Subject] = field(default_factory=list)


def first_calls(evaluator: Evaluator, lengths: Sequence[Sizes]) -> FirstCalls:
    """The subjects whose framework does not start, and those that raise on ordinary inputs where no record promises support; and where the
    search is capped those whose call of a few rows takes more than the cap, though it compiled nothing: a search of theirs would be tens of
    such calls (TensorFlow's eigh_tridiagonal, a loop of operations, takes 8 to 20 seconds).

    Each is tried once on ordinary inputs, with a batch of a shape that the search uses anyway, so that what a framework does at its first call
    (imports, compiling) is done; lengths: the search's vector lengths. A record promises values and gradients, eager: what it promises
    wrongly shows in the search, as an exception. A subject that dies of it is not among these: that is a crash.
    """
    found = FirstCalls()
    for subject in evaluator.subjects:
        if evaluator.deadlines.capped:
            break
        began = time.perf_counter()
        message = _refusal(evaluator, subject, lengths)
        if message:
            found.unsupported[subject] = _of(evaluator, subject, message)
        elif time.perf_counter() - began > max(SLOW_CALL, evaluator.deadlines.cap) and not evaluator.shapes.compiles(subject):
            found.slow.append(subject)
            evaluator.deadlines.cut = True
    if evaluator.calls.crashes:  # the search meets them with other inputs too
        evaluator.calls.reset_crashes(1)
    return found


def misrecorded_of(evaluator: Evaluator, errors: Mapping[int, tuple[str, Batch]]) -> dict[Subject, Unsupported]:
    """The subjects that said in the search that their record promises too much; errors: by a subject's number its first message."""
    messages = {
        evaluator.subjects[number]: message for number, (message, _) in errors.items() if message.startswith(RECORD_ERRORS)
    }
    return {subject: _of(evaluator, subject, message) for subject, message in messages.items()}


def _of(evaluator: Evaluator, subject: Subject, message: str) -> Unsupported:
    return Unsupported(evaluator.cell.key, subject.target, subject.implementation.call, message)


def _refusal(evaluator: Evaluator, subject: Subject, lengths: Sequence[Sizes]) -> str:
    with evaluator.clock.phase("framework"):
        try:
            evaluator.calls.framework(subject).start()
        except FrameworkError as error:
            return str(error)
    batch = ordinary(evaluator, lengths[0])
    only = evaluator.shapes.only_length(subject, batch)
    if evaluator.calls.lengths(subject) is None:
        batch = batch.take(slice(0, FEW))
    if not evaluator.shapes.admits(subject, batch, "search", only or 0):
        return ""
    *_, message = evaluator.calls.answered(subject, partial(evaluator.calls.answers, subject, batch, None, 0, only))
    promised = evaluator.cell.order in ("value", "grad") and target_named(subject.target).mode == "eager"
    return "" if promised or subject in evaluator.calls.crashes else message


def ordinary(evaluator: Evaluator, length: Sizes) -> Batch:
    """Numbers of everyday magnitude inside the domain, in a shape of the search's: as many rows as a recipe of that length has."""
    op, fmt = evaluator.op, format_named(evaluator.cell.dtype)
    draws = []
    for spec in op.inputs:
        names = regions_of(fmt, (spec.low, spec.high))
        draws.append(Draw(("everyday",) if "everyday" in names else names[:1]))
    rows = max(LEAST_ROWS, ROWS // numbers_in_row(op, length))
    if evaluator.deadlines.time_limited:
        rows = min(rows, EAGER_ROWS[0])
    return Recipe(0, rows, tuple(draws), length=length).expand(
        op, dict(evaluator.cell.params), evaluator.cell.dtype, evaluator.cell.order
    )
