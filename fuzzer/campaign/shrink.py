"""Shrink: the simplest row that shows the same class and symptom: fewer elements, then simpler numbers. Placement is kept until last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fuzzer.campaign.cell import Subject
from fuzzer.campaign.ledger import Candidate
from fuzzer.campaign.trial import Trial
from fuzzer.case import COTANGENT, Batch, concatenate
from fuzzer.catalog.op import Input
from fuzzer.formats import Format
from fuzzer.inputs.shapes import output_count

#: Candidates per framework call (one compiled shape) and calls per finding.
CALL, CALLS = 64, 10
#: The excess may fall by this factor while shrinking: a simple case is worth more than the last bit of error.
LOSS = 64.0


def shrink(trial: Trial, subject: Subject, candidate: Candidate) -> Candidate:
    """A candidate no more complex that the screen gives the same class and symptom. Deterministic."""
    solo = Trial(trial.cell, [subject], replace(trial.caps, arb_effort=0.03, limit_rows=16))
    solo.clock = trial.clock
    best = candidate
    calls = CALLS
    while calls > 0:
        found = None
        for rows in _chunks(_simpler(best, trial)):
            if calls <= 0:
                break
            calls -= 1
            found = _first_kept(solo, list(rows), best, candidate)
            if found is not None:
                break
        if found is None:
            return best
        best = found
    return best


def _chunks(items: Iterator[tuple[Batch, int]]) -> Iterator[tuple[tuple[Batch, int], ...]]:
    """Runs of at most CALL items of one shape."""
    current: list[tuple[Batch, int]] = []
    shape: Any = None
    for item in items:
        now = tuple(v.shape[1:] for v in item[0].inputs.values())
        if current and (len(current) == CALL or now != shape):
            yield tuple(current)
            current = []
        shape = now
        current.append(item)
    if current:
        yield tuple(current)


def _first_kept(trial: Trial, rows: list[tuple[Batch, int]], best: Candidate, original: Candidate) -> Candidate | None:
    batch = concatenate([row for row, _ in rows])
    (outcome,) = trial.run(batch, alone=original.alone).outcomes
    if outcome.screened is None:
        return None
    verdicts = outcome.screened.verdicts
    for i, (row, output) in enumerate(rows):
        same = verdicts.classes[i, output] == original.class_ and verdicts.symptoms[i, output] == original.symptom
        excess = float(verdicts.excess[i, output])
        if same and not excess * LOSS < original.excess:
            return replace(best, row=row, output=output, ulps=float(verdicts.ulps[i, output]), excess=excess)
    return None


def _simpler(candidate: Candidate, trial: Trial) -> Iterator[tuple[Batch, int]]:
    """Rows that are simpler than the candidate's, the simplest first."""
    yield from _shorter(candidate, trial)
    yield from _plainer(candidate, trial)


def _shorter(candidate: Candidate, trial: Trial) -> Iterator[tuple[Batch, int]]:
    """Fewer elements of the vectors, all vectors cut alike, the failing output kept."""
    row, op = candidate.row, trial.op
    vectors = [n for n, v in row.inputs.items() if v.ndim == 2 and n != COTANGENT]
    if not vectors:
        return
    length = row.inputs[vectors[0]].shape[1]
    params = dict(trial.cell.params)
    same_shape = output_count(op, params, length) == length
    # one output: everything may go; n outputs: the failing one must stay
    for fewer in sorted({n for n in (1, 2, 3, length // 2, length - 1) if op.min_length <= n < length}):
        for start in sorted({0, length - fewer, min(candidate.output % length, length - fewer)}):
            if trial.cell.order == "value" and same_shape and not start <= candidate.output < start + fewer:
                continue
            cut = slice(start, start + fewer)
            inputs = {n: (v[:, cut] if n in vectors else v) for n, v in row.inputs.items()}
            if COTANGENT in inputs and same_shape:
                inputs[COTANGENT] = inputs[COTANGENT][:, cut]
            output = _moved(candidate.output, length, start, fewer, trial)
            if output is not None:
                yield Batch(row.dtype, inputs), output


def _moved(output: int, length: int, start: int, fewer: int, trial: Trial) -> int | None:
    """Where the failing output stands after the cut."""
    if trial.cell.order == "value":
        return output - start if output_count(trial.op, dict(trial.cell.params), length) == length else output
    number, place = divmod(output, length)
    return number * fewer + place - start if start <= place < start + fewer else None


def _plainer(candidate: Candidate, trial: Trial) -> Iterator[tuple[Batch, int]]:
    """Each number alone replaced by simpler ones: zero, one, small integers, fewer significant bits, an exponent toward 0."""
    row = candidate.row
    fmt = row.format
    specs = {i.name: i for i in trial.op.inputs}
    for name, values in row.inputs.items():
        flat = values.reshape(-1)
        whole = _simple_values(float(flat[0]), fmt, specs.get(name))
        if flat.size > 1:
            for value in whole[:4]:
                yield _with(row, name, np.full_like(values, value)), candidate.output
        for index in range(min(flat.size, 24)):
            for value in _simple_values(float(flat[index]), fmt, specs.get(name)):
                changed = values.copy()
                changed.reshape(-1)[index] = value
                yield _with(row, name, changed), candidate.output


def _with(row: Batch, name: str, values: Any) -> Batch:
    return Batch(row.dtype, {**row.inputs, name: values})


def _simple_values(x: float, fmt: Format, spec: Input | None) -> list[float]:
    """Simpler numbers of the format than x, inside the input's domain, the simplest first; simplicity is `_weight`."""
    if not math.isfinite(x) or x == 0:
        return []
    options = [0.0, 1.0, -1.0, 2.0, -2.0, math.copysign(10.0, x), math.copysign(100.0, x)]
    mantissa, exponent = math.frexp(x)
    for bits in (1, 2, 3, 4, 6, 8, 12, 16, 20):
        if bits < fmt.precision:
            options.append(math.ldexp(round(mantissa * 2**bits), exponent - bits))
    if 1 <= abs(x) < 2**20:
        options += [float(round(x)), math.floor(x), math.ceil(x)]
    options += [float(f"{x:.{digits}g}") for digits in (1, 2, 3, 4)]
    low, high = (spec.low, spec.high) if spec else (-math.inf, math.inf)
    rounded = {float(v) for v in fmt.round(np.asarray(options, dtype=np.float64)).astype(np.float64)}
    fit = [v for v in rounded if low <= v <= high and math.isfinite(v) and (not (spec and spec.integers) or v == round(v))]
    return sorted((v for v in fit if _weight(v, fmt) < _weight(x, fmt)), key=lambda v: _weight(v, fmt))


def _weight(x: float, fmt: Format) -> tuple[int, float, int]:
    """Decimal digits needed to say the number in its format, its distance from 1 in magnitude, its sign."""
    if x == 0:
        return (0, 0.0, 0)
    for digits in range(1, 18):
        if float(fmt.round(np.asarray(float(f"{x:.{digits - 1}e}")))) == x:
            break
    return (min(digits, 9), abs(math.log2(abs(x))), int(x < 0))
