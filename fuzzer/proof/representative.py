"""Representative: the case by which discovery shows a symptom: the most everyday candidate that is surely wrong, simplified by one call.

Rank and groups of defects read the inputs of a finding, so they are chosen with care; the simplest case is casework's to find
(`proof.shrink`), which takes some hundred milliseconds, and is worked on for a defect, not for every finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.defects.kind import SLIGHT, WRONG_KIND
from ulpfuzz.fuzzer.defects.place import place_among
from ulpfuzz.fuzzer.defects.rank import inputs_weight
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.evaluation.references import row_key
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.structures import holds
from ulpfuzz.fuzzer.judge.evidence import Evidence
from ulpfuzz.fuzzer.judge.verdict import Verdicts
from ulpfuzz.fuzzer.proof.shrink import complexity, least_excess, merged, simple_rows, simple_values, weight
from ulpfuzz.fuzzer.search.ledger import Candidate
from ulpfuzz.oracles.effort import evaluation_cost

#: Rows of the one call that simplifies, the least shape of frameworks that compile for every shape, and how few are not worth a call; numbers
#: of a row that are replaced one by one, the least ordinary first; values that stand for one of them.
ROWS, LEAST, NUMBERS, VALUES = 64, 6, 12, 9
#: Nominal seconds of the oracle for that call (ulpfuzz.oracles.effort): of the rows where only Arb knows the truth or the condition number,
#: and of Arb for the truth alone. No limits are read, which may take seconds: what is not decided is no simplification.
EFFORT, ARB_EFFORT = 0.015, 0.005

Change = Mapping[str, NDArray[Any]]


def by_promise(candidates: Sequence[Candidate], params: Mapping[str, Any], limit: float) -> list[Candidate]:
    """The candidates of a symptom, what should stand for it first: by class; finite inputs before others, whose truth is a limit; everyday
    ones before others, unless little is lost (`defects.kind`); then by digits lost times how everyday the inputs are (`defects.rank`), and
    the excess. limit: in ulps."""

    def promise(candidate: Candidate) -> tuple[int, bool, bool, float, tuple[int, float, float]]:
        row, lost = candidate.row, _lost(candidate, limit)
        place = place_among({n: map(float, v.ravel()) for n, v in row.exact().items()}, params, row.format)
        ordinary = place.side == "everyday" and lost >= SLIGHT
        return int(candidate.class_), place.finite, ordinary, round(lost * inputs_weight(place), 3), candidate.rank

    return sorted(candidates, key=promise, reverse=True)


def _lost(candidate: Candidate, limit: float) -> float:
    if candidate.symptom.name in WRONG_KIND or math.isinf(candidate.ulps):
        return 1.0
    if not candidate.ulps > 0:
        return 0.0
    return min(1.0, max(0.0, math.log2(candidate.ulps / limit) / candidate.row.format.precision))


@dataclass
class Simplifier:
    """Simplifies candidates of one cell. Calls that answer the same bits, as many names of one kernel do, share the verdicts on them."""

    evaluator: Evaluator
    _verdicts: dict[tuple[Any, ...], tuple[Verdicts, Evidence]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        caps = replace(self.evaluator.caps, arb_effort=ARB_EFFORT, limit_rows=0, limit_effort=0.0, audit_share=0.0)
        self._cheap = self.evaluator.with_caps(caps)

    def simpler(self, subject: Subject, candidate: Candidate) -> Iterator[Candidate]:
        """Candidates to certify in this order: what one call with up to ROWS variants of the row shows of the same class and symptom, about as
        bad (shrink.LOSS); last the candidate itself. Where more of its numbers are everyday ones then, the first has all changes that were kept,
        which nobody has tried together."""
        fmt = self.evaluator.format
        rows = self._affordable(candidate.row)
        changes = [] if rows < LEAST or self.evaluator.deadlines.past else _changes(candidate.row, self.evaluator.op, rows)
        kept = self._kept(subject, candidate, changes) if changes else []
        if kept:
            joined = merged(candidate, kept, fmt)
            if (
                joined is not None
                and _everyday(joined) > _everyday(kept[0].row)
                and _holds(joined.inputs, self.evaluator.op, fmt)
            ):
                yield replace(candidate, row=joined, answers=None)
            yield kept[0]
        yield candidate

    def _affordable(self, row: Batch) -> int:
        """How many variants may be judged, if each costs Arb an evaluation."""
        sizes = {name: values.shape[1:] for name, values in row.inputs.items()}
        return min(ROWS, int(EFFORT / evaluation_cost(self.evaluator.function, sizes, 192)))

    def _kept(self, subject: Subject, candidate: Candidate, changes: list[Change]) -> list[Candidate]:
        """The changed rows that fail alike, the simplest first, whose evidence is remembered."""
        batch = _varied(candidate.row, changes)
        known = self._judged(subject, candidate, batch)
        if known is None:
            return []
        verdicts, evidence = known
        least, output = least_excess(candidate), candidate.output
        alike = (verdicts.classes[:, output] == candidate.class_) & (verdicts.symptoms[:, output] == candidate.symptom)
        kept = []
        for i in np.flatnonzero(alike & ~(verdicts.excess[:, output] < least)).tolist():
            row, ulps, excess = batch.take(slice(i, i + 1)), float(verdicts.ulps[i, output]), float(verdicts.excess[i, output])
            kept.append((i, replace(candidate, row=row, ulps=ulps, excess=excess, answers=None)))
        kept.sort(key=lambda item: complexity(numbers_of(item[1].row), batch.format))
        if kept:
            self.evaluator.references.remember(kept[0][1].row, evidence, kept[0][0])
        return [c for _, c in kept]

    def _judged(self, subject: Subject, candidate: Candidate, batch: Batch) -> tuple[Verdicts, Evidence] | None:
        """The verdicts on a batch of variants, in a call of a shape that was seen, and by what; None where there is none, or it raises."""
        evaluator = self._cheap
        rows = evaluator.calls.rows_without_compiling(subject, batch)
        if rows is None:
            return None
        filled = batch.take(np.arange(rows) % batch.rows)
        _, answers, _ = evaluator.calls.answered(subject, partial(evaluator.calls.call, subject, filled))
        if answers is None:
            return None
        answers = answers[: batch.rows]
        key = (row_key(candidate.row), str(evaluator.calls.flush_policy(subject)), answers.tobytes(), candidate.output)
        if key not in self._verdicts:
            evidence = evaluator.references.evidence(batch, [answers])
            judged = evaluator.judge(batch, [(subject, answers, "")], evidence).outcomes[0].judged
            assert judged is not None
            self._verdicts[key] = judged.verdicts, evidence
        return self._verdicts[key]


def _everyday(row: Batch) -> int:
    """How many numbers of a row are ordinary ones."""
    return sum(weight(x, row.format)[0] == 0 for x in numbers_of(row))


def numbers_of(row: Batch) -> list[float]:
    """All numbers of a batch of one row."""
    return [float(v) for values in row.exact().values() for v in values.ravel()]


# Variants


def _changes(row: Batch, op: Op, most: int) -> list[Change]:
    """Up to so many changes of a row: whole inputs and single numbers replaced by simpler ones, in turn."""
    fmt, specs = row.format, {i.name: i for i in op.inputs}
    numbers = [(name, i, float(x)) for name, values in row.inputs.items() for i, x in enumerate(values.reshape(-1))]
    numbers.sort(key=lambda number: weight(number[2], fmt), reverse=True)
    several = [name for name, values in row.inputs.items() if values.size > 1]
    ways = [_whole(row, name, specs.get(name)) for name in several]
    ways += [_single(row, name, i, _spread(simple_values(x, fmt, specs.get(name)))) for name, i, x in numbers[:NUMBERS]]
    if len(numbers) > 1:
        ways.append(_rounded(row, specs))
    turns = chain.from_iterable(zip_longest(*ways))
    return [change for change in turns if change is not None and _holds(change, op, fmt)][:most]


def _spread(values: list[float]) -> list[float]:
    """The two simplest, and others spread evenly up to what is nearest to the number itself."""
    if len(values) <= VALUES:
        return values
    return [values[i] for i in dict.fromkeys([0, 1, *np.linspace(2, len(values) - 1, VALUES - 2).astype(int).tolist()])]


def _whole(row: Batch, name: str, spec: Input | None) -> Iterator[Change]:
    """All numbers of an input alike, or all but the farthest from 1."""
    values, fmt = row.inputs[name], row.format
    for many in simple_rows([float(v) for v in values.reshape(-1)], fmt, spec):
        yield {name: fmt.round(np.asarray(many, np.float64)).reshape(values.shape)}


def _single(row: Batch, name: str, index: int, simpler: list[float]) -> Iterator[Change]:
    for value in simpler:
        changed = row.inputs[name].copy()
        changed.reshape(-1)[index] = value
        yield {name: changed}


def _rounded(row: Batch, specs: Mapping[str, Input]) -> Iterator[Change]:
    """All numbers to few decimal digits."""
    fmt, exact = row.format, row.exact()
    for digits in (1, 2, 3):
        change = {}
        for name, values in exact.items():
            spec = specs.get(name)
            near = np.array([float(f"{x:.{digits}g}") for x in values.ravel().tolist()]).reshape(values.shape)
            inside = spec is None or not ((near < spec.low) | (near > spec.high)).any()
            change[name] = fmt.round(near if inside else values)
        if any(change[name].tobytes() != row.inputs[name].tobytes() for name in change):
            yield change


def _varied(row: Batch, changes: Sequence[Change]) -> Batch:
    """A row per change."""
    inputs = {name: np.repeat(values, len(changes), axis=0) for name, values in row.inputs.items()}
    for i, change in enumerate(changes):
        for name, values in change.items():
            inputs[name][i] = values[0]
    return Batch(row.dtype, inputs)


def _holds(change: Change, op: Op, fmt: Format) -> bool:
    return all(holds(fmt, spec, change[spec.name]) for spec in op.inputs if spec.name in change)
