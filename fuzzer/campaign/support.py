"""Support: which subjects compute a cell at all. What a framework does not support is data of the run, never a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from fuzzer.campaign.cell import Subject
from fuzzer.campaign.evaluator import RECORD_ERRORS, Evaluator
from fuzzer.campaign.search import ROWS
from fuzzer.case import Batch
from fuzzer.formats import format_named
from fuzzer.frameworks.backends.padding import EAGER_ROWS
from fuzzer.frameworks.framework import FrameworkError
from fuzzer.frameworks.targets.target import target_named
from fuzzer.inputs.recipe import Draw, Recipe
from fuzzer.inputs.regions import regions_of
from fuzzer.inputs.shapes import numbers_in_row
from fuzzer.inputs.strategies import LEAST_ROWS


@dataclass(frozen=True)
class Unsupported:
    """A call that a target does not support in a cell, and the first line of what it said."""

    cell: str
    target: str
    call: str
    message: str


def unsupported_of(trial: Evaluator, lengths: Sequence[int]) -> dict[Subject, Unsupported]:
    """The subjects whose framework does not start, and those that raise on ordinary inputs where nobody promised support.

    A record promises values and gradients, eager: what it promises wrongly shows in the search, as an exception. Forward mode, second
    derivatives and compiled modes are tried once, with a batch of a shape that the search uses anyway; lengths: its vector lengths. A
    subject that dies of it is not among these: that is a death.
    """
    found = {}
    for subject in trial.subjects:
        message = _refusal(trial, subject, lengths)
        if message:
            found[subject] = _of(trial, subject, message)
    return found


def misrecorded_of(trial: Evaluator, errors: Mapping[int, tuple[str, Batch]]) -> dict[Subject, Unsupported]:
    """The subjects that said in the search that their record promises too much; errors: by a subject's number its first message."""
    told = {trial.subjects[number]: message for number, (message, _) in errors.items() if message.startswith(RECORD_ERRORS)}
    return {subject: _of(trial, subject, message) for subject, message in told.items()}


def _of(trial: Evaluator, subject: Subject, message: str) -> Unsupported:
    return Unsupported(trial.cell.key, subject.target, subject.implementation.call, message)


def _refusal(trial: Evaluator, subject: Subject, lengths: Sequence[int]) -> str:
    with trial.clock.phase("framework"):
        try:
            trial.calls.framework(subject).start()
        except FrameworkError as error:
            return str(error)
    if trial.cell.order in ("value", "grad") and target_named(subject.target).mode == "eager":
        return ""
    batch = ordinary(trial, lengths[0])
    if not trial.shapes.admits(subject, batch, "search"):
        return ""
    *_, message = trial.calls.answered(subject, partial(trial.calls.call, subject, batch))
    return "" if subject in trial.calls.deaths else message


def ordinary(trial: Evaluator, length: int) -> Batch:
    """Numbers of everyday magnitude inside the domain, in a shape of the search's: as many rows as a recipe of that length has."""
    op, fmt = trial.op, format_named(trial.cell.dtype)
    draws = []
    for spec in op.inputs:
        names = regions_of(fmt, (spec.low, spec.high))
        draws.append(Draw(("everyday",) if "everyday" in names else names[:1]))
    rows = max(LEAST_ROWS, ROWS // numbers_in_row(op, length))
    if trial.deadlines.time_limited:
        rows = min(rows, EAGER_ROWS[0])
    return Recipe(0, rows, tuple(draws), length=length).expand(op, dict(trial.cell.params), trial.cell.dtype, trial.cell.order)
