"""Ordinary share: how often a call is wrong over everyday inputs, and the most ordinary case at which it is."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from ulpfuzz.fuzzer.case import Batch, Case
from ulpfuzz.fuzzer.casework.comparison import CHUNK, Comparison, comparison_of, kind_of
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.everyday import everyday_lengths
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.defects.case_file import OrdinaryShare
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.inputs.everyday import described, sample, with_directions
from ulpfuzz.fuzzer.inputs.shapes import numbers_in_row
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.oracles.effort import row_operations
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.question import Caps

#: Samples of a share: an interval of Clopper and Pearson at 95 % around 0 of them ends at 3.7e-5.
SAMPLES = 100_000
#: Seconds after which no further chunk of samples is judged: incomplete gamma functions cost a hundred times what their operations say.
SECONDS = 3.0
#: Operations of the oracle's arithmetic (oracles.effort) that the samples of one length may cost; rows beyond are not drawn. Measured: 2^25
#: of them in balls of binary64 take one to two seconds.
OPERATIONS = 2.0**25
#: Operations of one row: a column of the oracle costs some 20 us whatever its rows are, and condition numbers by the tape four times a value, so
#: that a longer row costs a second for each batch and answer. Log-sum-exp is judged at 4,096 numbers, softmax at 512.
ROW_OPERATIONS = 20_000.0
#: Of a chunk of samples; a share of 1 % is known to a tenth of itself by a tenth of the samples.
CAPS = Caps(arb_effort=0.2, limit_rows=64, limit_effort=0.2)
#: Wrong rows that are tried, the most ordinary first, until one is certified: half of them are the most ordinary ones, which may be wrong by so
#: little that nothing is proved, the others stand at even distances among the rest.
PROOFS = 16


@dataclass(frozen=True)
class Ordinary:
    """A share, and the most ordinary case that was proved wrong; None where none was."""

    share: OrdinaryShare
    case: Case | None


def ordinary_share(finding: Finding, samples: int = SAMPLES) -> Ordinary | None:
    """The share of everyday rows at which the finding's call has a wrong element of the finding's kind (comparison.kind_of).

    Rows of ordinary vectors have several lengths, the longest as many as OPERATIONS allow, the shortest the rest. Undecided rows are none of the
    samples. If none of PROOFS wrong rows can be certified, or all of them are what the framework's page or a flush explains, none counts: what is not
    proved does not accuse. None where the op has no everyday
    inputs. The same finding gives the same rows, as many as SECONDS allow. Raises UserError where its op, call or target is none of this
    installation's.
    """
    comparison, subject, _ = comparison_of(finding, CAPS)
    return share_of(comparison, subject, kind_of(Symptom[finding.symptom]), samples)


def share_of(comparison: Comparison, subject: Subject, kind: Symptom, samples: int = SAMPLES) -> Ordinary | None:
    """See ordinary_share."""
    wrong = judged = 0
    failing: list[Batch] = []
    drawn_lengths = []
    until = time.monotonic() + SECONDS
    for batch in everyday_batches(comparison.cell, comparison.evaluator.function, samples):
        (measured,) = comparison.measure([subject], batch)
        judged += measured.judged
        rows = np.flatnonzero(measured.shows(kind))
        wrong += len(rows)
        drawn_lengths.append((batch.width, batch.rows))
        if len(rows):
            wrong_rows = batch.take(rows)
            failing.append(wrong_rows.take(_to_try(_plainness(wrong_rows), 4 * PROOFS)))
        if time.monotonic() > until:
            break
    if not drawn_lengths:
        return None
    case = next((row.case(0) for row in _tried(failing) if comparison.is_certified(subject, row, kind)), None)
    wrong = wrong if case is not None else 0
    low, high = clopper_pearson(wrong, judged)
    return Ordinary(OrdinaryShare(wrong, judged, low, high, _distribution(comparison.cell, drawn_lengths)), case)


def clopper_pearson(wrong: int, samples: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934); (0, 1) of no samples."""
    if not samples:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if wrong == 0 else float(beta.ppf(tail, wrong, samples - wrong + 1))
    high = 1.0 if wrong == samples else float(beta.ppf(1 - tail, wrong + 1, samples - wrong))
    return low, high


def everyday_batches(cell: Cell, function: Function, samples: int) -> Iterator[Batch]:
    """Batches of everyday rows, at most `samples` rows in all, the same for the same cell: the longest rows first, as many as OPERATIONS allow and no
    more than an even part; the shortest make up the number."""
    op = cell.record
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(cell.key.encode()).digest()[:8], "big"))
    lengths = _affordable_lengths(op, function)
    left = samples
    for position, length in enumerate(lengths):
        even = left // (len(lengths) - position)
        rows = min(even, affordable(function, {i.name: i.sizes(length) for i in op.inputs}))
        left -= rows
        while rows > 0:
            batch = sample(op, cell.dtype, rng, min(rows, CHUNK), length)
            if batch is None:
                return
            yield with_directions(op, dict(cell.params), cell.order, rng, batch)
            rows -= batch.rows


def _affordable_lengths(op: Op, function: Function) -> list[Sizes]:
    """Descending; the shortest one always."""
    lengths = sorted(everyday_lengths(op), key=lambda sizes: numbers_in_row(op, sizes), reverse=True)
    kept = [n for n in lengths if row_operations(function, {i.name: i.sizes(n) for i in op.inputs}) <= ROW_OPERATIONS]
    return kept or lengths[-1:]


def affordable(function: Function, shapes: dict[str, tuple[int, ...]]) -> int:
    """Rows of these shapes that cost no more than OPERATIONS; at least 64."""
    return max(64, math.floor(OPERATIONS / row_operations(function, shapes)))


def _plainness(batch: Batch) -> np.ndarray:
    """Per row, least of the plainest: how far its numbers are from 1, in binades, on average; zeros are plain."""
    sizes = [np.abs(v).reshape(batch.rows, -1) for v in batch.exact().values()]
    flat = np.concatenate(sizes, axis=1)
    with np.errstate(divide="ignore"):
        far = np.abs(np.log2(np.where(flat == 0, 1.0, flat)))
    return np.asarray(far.mean(axis=1) + np.log2(flat.shape[1]))


def _tried(batches: list[Batch]) -> Iterator[Batch]:
    """The rows that are tried, each as a batch of one, the plainest first."""
    places = [(batch, row) for batch in batches for row in range(batch.rows)]
    if places:
        for number in _to_try(np.concatenate([_plainness(batch) for batch in batches]), PROOFS):
            batch, row = places[number]
            yield batch.take(slice(row, row + 1))


def _to_try(plainness: np.ndarray, count: int) -> np.ndarray:
    """Indices of at most `count` rows, the plainest first: one half is the plainest of all, the other stands at even distances among the rest."""
    order, plainest = np.argsort(plainness, kind="stable"), count // 2
    if len(order) <= count:
        return order
    spread = np.linspace(plainest, len(order) - 1, count - plainest).astype(np.int64)
    return np.asarray(order[np.concatenate([np.arange(plainest), spread])])


def _distribution(cell: Cell, drawn: list[tuple[int, int]]) -> str:
    """What was sampled, in one line."""
    counts: dict[int, int] = {}
    for width, rows in drawn:
        counts[width] = counts.get(width, 0) + rows
    sizes = ", ".join(f"{rows} of {width} numbers" for width, rows in sorted(counts.items()))
    return f"{described(cell.record)}; rows: {sizes}" if cell.record.varies else described(cell.record)
