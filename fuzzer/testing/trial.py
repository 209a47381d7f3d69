"""Trial: one order of an assertion searched, and what was found, certified: by the search and the proofs of a campaign."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Case
from ulpfuzz.fuzzer.casework.ordinary import everyday_batches
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.evaluation.deadlines import Deadlines
from ulpfuzz.fuzzer.evaluation.evaluator import RECORD_ERRORS, Evaluator
from ulpfuzz.fuzzer.evaluation.grid_memory import remembering
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.label import is_listed_separately
from ulpfuzz.fuzzer.inputs.grid import grid_length
from ulpfuzz.fuzzer.inputs.shapes import length_in, output_count
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.proof.failures import failures_of
from ulpfuzz.fuzzer.proof.verdict_to_finding import findings_of
from ulpfuzz.fuzzer.search.search import Search, search_lengths
from ulpfuzz.fuzzer.search.support import FEW, ordinary
from ulpfuzz.fuzzer.testing.assertion import Assertion
from ulpfuzz.fuzzer.testing.kernel import Kernel
from ulpfuzz.fuzzer.testing.limit import beyond_limit
from ulpfuzz.fuzzer.testing.ordinary import only_ordinary

#: Verdicts of one round of a search, at least: the first, with the grid, takes about as many. And how many rounds there are at most, each with other
#: lengths of vectors.
ROUND, ROUNDS = 50_000, 4
#: The same where every shape of a call is compiled, half a second of a gradient in JAX.
COMPILED_ROUND = 200_000
#: Everyday rows that are judged before the search; those of more numbers cost the oracle a second, or more of a derivative.
EVERYDAY, LONGEST, LONGEST_DERIVED = 256, 512, 64
#: The share of a budget in verdicts that they may take.
EVERYDAY_SHARE = 0.1
#: What a budget in time has of verdicts.
WITHOUT_END = 1 << 60


@dataclass
class Beside:
    """What another call of the op showed on the same bits."""

    subject: Subject
    findings: list[Finding] = field(default_factory=list)
    verdicts: int = 0
    worst_ulps: float = 0.0
    #: Why it was not run, where it was not.
    error: str = ""


@dataclass
class Outcome:
    """What one order of an assertion showed."""

    order: str
    #: Certified, the gravest first; what is set aside by its label (documented, flush) is none.
    findings: list[Finding] = field(default_factory=list)
    #: The worst answer that is proved to be off by more than the assertion's limit; none where none is, or no limit is set.
    beyond_limit: list[Finding] = field(default_factory=list)
    #: Elements judged, of all rounds; the largest error in ulps that was seen.
    verdicts: int = 0
    worst_ulps: float = 0.0
    #: The worst points, to replay first the next time.
    cases: list[Case] = field(default_factory=list)
    #: Of those that were tried beside the function.
    beside: list[Beside] = field(default_factory=list)

    @property
    def failing(self) -> list[Finding]:
        """What the assertion fails by: what is proved unstable, else what is beyond its limit."""
        return [f for f in self.findings if f.class_ == Class.unstable.name] or self.beyond_limit


def tried(kernel: Kernel, assertion: Assertion, order: str, beside: Sequence[Subject] = ()) -> Outcome:
    """The assertion tried at one order, its share of the budget long. beside: other calls of the op, judged on the same bits.

    Deterministic where the budget is in verdicts. Raises UserError where the function cannot be called as the op: in one line that says how it was
    called.
    """
    cell = Cell(assertion.op.name, tuple(assertion.params.items()), assertion.dtype, order)
    seconds = assertion.budget.seconds
    until = None if seconds is None else time.monotonic() + seconds / len(assertion.orders)
    evaluator = Evaluator(cell, [kernel.subject, *beside], deadlines=Deadlines(until))
    _check_call(kernel, evaluator)
    admitted = only_ordinary(assertion.op) if assertion.inputs == "ordinary" else None
    outcome = Outcome(order, beside=[Beside(subject) for subject in beside])
    corpus = list(assertion.cases.get(order, ()))
    with remembering(), np.errstate(all="ignore"):
        for number, verdicts in enumerate(_rounds(assertion, evaluator.shapes.compiles(kernel.subject))):
            search = _searched(evaluator, assertion, number, verdicts * len(evaluator.subjects), corpus, admitted)
            _take_in(outcome, evaluator, search, kernel, assertion)
            corpus = search.corpus()
            if outcome.failing or evaluator.deadlines.run_over:
                break
    if not outcome.verdicts:
        raise UserError(f"no {assertion.inputs} input of {assertion.op.name} was found; inputs='all' searches the whole format")
    outcome.cases = corpus
    outcome.findings.sort(key=lambda f: (f.class_ != Class.unstable.name, -f.severity, f.id))
    return outcome


def _rounds(assertion: Assertion, compiled: bool) -> Iterator[int]:
    """The verdicts of each round, for one subject; compiled: whether each shape of its calls is."""
    least = COMPILED_ROUND if compiled else ROUND
    if assertion.budget.verdicts is None:
        yield from [4 * least] * (ROUNDS - 1)
        yield WITHOUT_END
        return
    left = max(1, assertion.budget.verdicts // len(assertion.orders))
    share = max(least, left // ROUNDS)
    for number in range(ROUNDS):
        taken = left if number == ROUNDS - 1 else min(share, left)
        if taken:
            yield taken
        left -= taken


def _searched(
    evaluator: Evaluator, assertion: Assertion, number: int, verdicts: int, corpus: Sequence[Case], admitted: Callable[[Batch], Batch] | None
) -> Search:  # fmt: skip
    key = f"{assertion.seed} {evaluator.cell.key} {number}".encode()
    seed = int.from_bytes(hashlib.sha256(key).digest()[:6], "big")
    until = evaluator.clock.verdicts + verdicts
    search = Search(evaluator, until, seed, number, admitted)
    compiled = evaluator.shapes.compiles(evaluator.subjects[0])
    if compiled:
        search.lengths = _two(evaluator, search.lengths)
    everyday = _everyday(evaluator, verdicts) if number == 0 else iter(())
    search.run(corpus, islice(everyday, 1 if compiled else None))
    return search


def _two(evaluator: Evaluator, lengths: list[Sizes]) -> list[Sizes]:
    """That of the grid, which is seen in any case, and the longest."""
    return lengths if len(lengths) < 2 else list(dict.fromkeys([grid_length(evaluator.op), lengths[-1]]))


def _everyday(evaluator: Evaluator, verdicts: int) -> Iterator[Batch]:
    """Everyday rows of several lengths, the longest first: each a call."""
    left, longest = EVERYDAY_SHARE * verdicts, LONGEST if evaluator.cell.order == "value" else LONGEST_DERIVED
    for batch in everyday_batches(evaluator.cell, evaluator.function, EVERYDAY):
        outputs = output_count_of(evaluator, batch)
        rows = min(batch.rows, int(left / max(1, outputs)))
        if rows and batch.width <= longest:
            yield batch.take(slice(0, rows))
            left -= rows * outputs


def output_count_of(evaluator: Evaluator, batch: Batch) -> int:
    """Numbers that one row of the batch gives, of a value."""
    length = length_in(evaluator.op, batch.inputs)
    return output_count(evaluator.op, dict(evaluator.cell.params), 1 if length is None else length)


def _take_in(outcome: Outcome, evaluator: Evaluator, search: Search, kernel: Kernel, assertion: Assertion) -> None:
    """What the round's ledgers kept, certified; of the function alone."""
    message, batch = search.errors.get(0, ("", None))
    if message.startswith(RECORD_ERRORS):
        raise UserError(_cannot(kernel, evaluator, message, batch))
    own, *others = search.ledgers
    evaluator.calls.reset_crashes(1)
    with evaluator.proving():
        found, *of_others = findings_of(evaluator, search.ledgers, {})
        errors = {number: error for number, error in search.errors.items() if number == 0}
        found = [*found, *failures_of(evaluator, errors, math.inf, None).findings]
        if assertion.limit is not None:
            outcome.beyond_limit = beyond_limit(evaluator, own, assertion.limit)
    _add(outcome.findings, found)
    outcome.verdicts += own.verdicts
    outcome.worst_ulps = max(outcome.worst_ulps, own.worst_ulps)
    for number, (beside, ledger, theirs) in enumerate(zip(outcome.beside, others, of_others, strict=True), 1):
        _add(beside.findings, theirs)
        beside.verdicts += ledger.verdicts
        beside.worst_ulps = max(beside.worst_ulps, ledger.worst_ulps)
        beside.error = search.errors.get(number, ("",))[0]


def _add(findings: list[Finding], found: Sequence[Finding]) -> None:
    """One for each symptom: the first round's stands. What a page documents or a flush explains is none."""
    known = {f.symptom for f in findings}
    findings += [f for f in found if not is_listed_separately(f) and f.symptom not in known]


def _check_call(kernel: Kernel, evaluator: Evaluator) -> None:
    """One call on ordinary numbers. Raises UserError where it raises, or answers in another shape or dtype."""
    lengths = search_lengths(evaluator, 0)
    if evaluator.shapes.compiles(kernel.subject):
        lengths = _two(evaluator, lengths)
    batch = evaluator.ordered(ordinary(evaluator, lengths[0]))
    if evaluator.calls.lengths(kernel.subject) is None:
        batch = batch.take(slice(0, FEW))
    _, answers, message = evaluator.calls.answered(kernel.subject, lambda: evaluator.calls.call(kernel.subject, batch))
    if answers is None:
        raise UserError(_cannot(kernel, evaluator, message, batch))
    outputs = output_count_of(evaluator, batch)
    if evaluator.cell.order == "value" and answers.shape[1] != outputs:
        raise UserError(
            _cannot(
                kernel, evaluator, f"it returned {answers.shape[1]} numbers a row, where {evaluator.op.name} has {outputs}", batch
            )
        )


def _cannot(kernel: Kernel, evaluator: Evaluator, message: str, batch: Batch | None) -> str:
    shapes = (
        ""
        if batch is None
        else ", ".join(f"{n} of shape {v.shape}" for n, v in batch.inputs.items() if n in evaluator.function.inputs)
    )
    order = evaluator.cell.order
    what = (
        "" if order == "value" else f"; it has no {order} that the framework knows, and orders=('value',) tests the value alone"
    )
    what = what if message.startswith("Unsupported") else ""
    rows = "a row each" if kernel.batched else "called row by row"
    called = f"called as {kernel.shown(kernel.call)} with {shapes} {evaluator.cell.dtype}, {rows}"
    return f"{kernel.name} cannot be tested as {evaluator.op.name}: {message} ({called}){what}"
