"""Shrink: the simplest row that shows the same class and symptom: fewer elements, then simpler numbers. The placement comes later."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, concatenate
from ulpfuzz.fuzzer.catalog.axes import size_of
from ulpfuzz.fuzzer.catalog.op import Input
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.inputs.shapes import length_in, output_count, variables
from ulpfuzz.fuzzer.inputs.structures import holds
from ulpfuzz.fuzzer.proof.axes import axis_cuts, cut_along, moved_along
from ulpfuzz.fuzzer.search.ledger import Candidate

#: Candidates per framework call (one compiled shape); of rows with NaN or infinities (each a limit of its own); calls per finding.
CALL, SPECIAL_CALL, CALLS = 64, 12, 40
#: Binades from 1 as far as numbers are ordinary: activations, logits, weights and lengths lie within 2^-12..2^12 (defects.rank).
ORDINARY = 12
#: The excess may fall to the power of LOSS below it: a simple case is worth more than the last bits of error.
LOSS = 64.0


def shrink(evaluator: Evaluator, subject: Subject, candidate: Candidate) -> Candidate:
    """A candidate no more complex that the judge gives the same class and symptom, in the same kind of call. Deterministic; a
    shrunk candidate is left as it is, unless the calls ran out, or the time of the run."""
    solo = evaluator.of_one(subject, replace(evaluator.caps, arb_effort=0.03, limit_rows=SPECIAL_CALL))
    best = candidate
    calls = CALLS
    while calls > 0 and not evaluator.deadlines.past:
        simpler = None
        for rows in _chunks(_simpler(best, solo)):
            if calls <= 0:
                break
            calls -= 1
            kept = _kept(solo, rows, best, candidate)
            if kept:
                simpler = kept[0]
                joined = merged(best, kept, evaluator.format)
                if joined is not None:
                    calls -= 1
                    simpler = next(iter(_kept(solo, ((joined, simpler.output),), best, candidate)), simpler)
                break
        if simpler is None:
            return best
        best = simpler
    return best


def _chunks(items: Iterator[tuple[Batch, int]]) -> Iterator[tuple[tuple[Batch, int], ...]]:
    """Runs of at most CALL items of one shape, and SPECIAL_CALL where numbers are not finite."""
    current: list[tuple[Batch, int]] = []
    shape: Any = None
    for item in items:
        now = tuple(v.shape[1:] for v in item[0].inputs.values())
        most = CALL if _finite(item[0]) else SPECIAL_CALL
        if current and (len(current) >= most or now != shape):
            yield tuple(current)
            current = []
        shape = now
        current.append(item)
    if current:
        yield tuple(current)


def _finite(row: Batch) -> bool:
    return all(np.isfinite(values.astype(np.float64)).all() for values in row.inputs.values())


def _kept(evaluator: Evaluator, rows: Sequence[tuple[Batch, int]], best: Candidate, original: Candidate) -> list[Candidate]:
    """The rows, in their order, that fail as the original does, about as badly."""
    batch = concatenate([row for row, _ in rows])
    (outcome,) = evaluator.run(batch, within=original.within).outcomes
    if outcome.judged is None:
        return []
    verdicts = outcome.judged.verdicts
    least = least_excess(original)
    kept = []
    for i, (row, output) in enumerate(rows):
        same = verdicts.classes[i, output] == original.class_ and verdicts.symptoms[i, output] == original.symptom
        excess = float(verdicts.excess[i, output])
        if same and not excess < least:
            kept.append(replace(best, row=row, output=output, ulps=float(verdicts.ulps[i, output]), excess=excess))
    return kept


def least_excess(original: Candidate) -> float:
    """The power of LOSS at or below the excess, so that a shrunk candidate has the same bound; 0 for wrong infinities and NaNs."""
    if not math.isfinite(original.ulps) or not 1 <= original.excess < math.inf:
        return 0.0
    return float(LOSS ** math.floor(math.log(original.excess, LOSS)))


def merged(best: Candidate, kept: list[Candidate], fmt: Format) -> Batch | None:
    """All changes of single numbers that were kept, each number's simplest, in one row; None where there is but one."""
    inputs = {name: values.copy() for name, values in best.row.inputs.items()}
    changed: set[tuple[str, int]] = set()
    for candidate in kept:
        if any(v.shape != inputs[n].shape for n, v in candidate.row.inputs.items()):
            return None
        for name, values in candidate.row.inputs.items():
            differ = np.flatnonzero(fmt.bits(values).reshape(-1) != fmt.bits(best.row.inputs[name]).reshape(-1))
            for index in differ:
                if (name, int(index)) not in changed:
                    changed.add((name, int(index)))
                    inputs[name].reshape(-1)[index] = values.reshape(-1)[index]
    return Batch(best.row.dtype, inputs) if len(changed) > 1 else None


def _simpler(candidate: Candidate, evaluator: Evaluator) -> Iterator[tuple[Batch, int]]:
    """Rows that are simpler than the candidate's, the simplest first."""
    yield from _shorter(candidate, evaluator)
    yield from _narrower(candidate, evaluator)
    yield from _plainer(candidate, evaluator)


def _shorter(candidate: Candidate, evaluator: Evaluator) -> Iterator[tuple[Batch, int]]:
    """Fewer elements of the vectors, all vectors cut alike, the failing output kept: windows, then all but one element."""
    row, op = candidate.row, evaluator.op
    vectors = [i.name for i in op.inputs if i.stored == ("n",)]
    if not vectors or any(i.varies and i.name not in vectors for i in op.inputs):
        return
    length = row.inputs[vectors[0]].shape[1]
    outputs = output_count(op, dict(evaluator.cell.params), length)
    for fewer in sorted(
        n
        for n in {1, 2, 3, length // 2, length - 1}
        if op.least_length(evaluator.cell.order) <= n < length and _cheap(n, evaluator)
    ):
        left_over = output_count(op, dict(evaluator.cell.params), fewer)  # of rfft, or of differences, neither as many nor as few
        same_shape = outputs == length and left_over == fewer
        for left in _cuts(length, fewer, candidate.output % length):
            output = _moved(candidate.output, length, left, vectors, evaluator, same_shape)
            if output is None or (evaluator.cell.order in ("value", "jvp") and output >= left_over):
                continue
            inputs = {n: (v[:, left] if n in vectors else v) for n, v in row.inputs.items()}
            if not all(holds(row.format, i, inputs[i.name]) for i in op.inputs):
                continue
            if COTANGENT in inputs:
                inputs[COTANGENT] = inputs[COTANGENT][:, left if same_shape else slice(left_over)]
            if TANGENT in inputs:
                inputs[TANGENT] = inputs[TANGENT][:, _variables_left(evaluator, vectors, length, left)]
            yield Batch(row.dtype, inputs), output


def _narrower(candidate: Candidate, evaluator: Evaluator) -> Iterator[tuple[Batch, int]]:
    """Of an op with several axes, fewer elements along one of them, the failing output kept: the axes in turn, windows of each."""
    op, order, params = evaluator.op, evaluator.cell.order, dict(evaluator.cell.params)
    for name in op.axis_names if op.result is not None else ():
        least = op.least_length(order) if name == "n" else 1
        sizes = length_in(op, candidate.row.inputs)
        assert sizes is not None
        size = size_of(sizes, name)
        for fewer in sorted(n for n in {1, 2, 3, size // 2, size - 1} if least <= n < size and _cheap(n, evaluator)):
            for left in axis_cuts(op, params, order, sizes, name, candidate.output, fewer):
                row = cut_along(op, params, candidate.row, name, left)
                output = moved_along(op, params, order, sizes, name, left, candidate.output)
                if output is not None and all(holds(row.format, i, row.inputs[i.name]) for i in op.inputs):
                    yield row, output


def _cuts(length: int, fewer: int, place: int) -> list[list[int]]:
    """Which elements stay: windows of `fewer`, or the failing place with another; all but one."""
    if fewer == length - 1:
        return [[i for i in range(length) if i != gone] for gone in range(length)][:CALL]
    step = max(1, (length - fewer) // 24)
    windows = [list(range(start, start + fewer)) for start in range(0, length - fewer + 1, step)]
    beside = [sorted({place, other}) for other in range(length) if other != place][:32] if fewer == 2 else []
    return [list(cut) for cut in dict.fromkeys(tuple(cut) for cut in windows + beside)]


def _moved(output: int, length: int, left: list[int], vectors: list[str], evaluator: Evaluator, same_shape: bool) -> int | None:
    """The index of the failing output after the cut; None where it is gone."""
    if evaluator.cell.order in ("value", "jvp"):  # outputs as of the value
        kept = left if same_shape else [output]
        return (kept.index(output) if same_shape else output) if output in kept else None
    kept = _variables_left(evaluator, vectors, length, left)
    return kept.index(output) if output in kept else None


def _variables_left(evaluator: Evaluator, vectors: list[str], length: int, left: list[int]) -> list[int]:
    """The numbers that the op is differentiated by, of those before the cut, which are still there: elements of vectors, and scalars."""
    return [i for i, (name, index) in enumerate(variables(evaluator.op, length)) if name not in vectors or index in left]


def _cheap(length: int, evaluator: Evaluator) -> bool:
    """Whether the framework takes vectors of this length without compiling one more shape."""
    closed = evaluator.calls.lengths(evaluator.subjects[0])
    return closed is None or length in closed


def _plainer(candidate: Candidate, evaluator: Evaluator) -> Iterator[tuple[Batch, int]]:
    """All numbers of an input alike or rounded, then each number alone, the most complex first, replaced by simpler ones."""
    row = candidate.row
    fmt = row.format
    specs = {i.name: i for i in evaluator.op.inputs}
    for name, values in row.inputs.items():
        if values.size > 1:
            flat = [float(v) for v in values.reshape(-1)]
            for many in simple_rows(flat, fmt, specs.get(name)):
                simple = np.asarray(many, np.float64).astype(fmt.dtype).reshape(values.shape)
                if name not in specs or holds(fmt, specs[name], simple):
                    yield _with(row, name, simple), candidate.output
    numbers = [(name, index, float(x)) for name, values in row.inputs.items() for index, x in enumerate(values.reshape(-1))]
    numbers.sort(key=lambda number: weight(number[2], fmt), reverse=True)
    for name, index, x in numbers[:24]:
        for value in simple_values(x, fmt, specs.get(name)):
            changed = row.inputs[name].copy()
            changed.reshape(-1)[index] = value
            if name not in specs or holds(fmt, specs[name], changed):
                yield _with(row, name, changed), candidate.output


def simple_rows(flat: list[float], fmt: Format, spec: Input | None) -> Iterator[list[float]]:
    """Simpler vectors than `flat`: one value everywhere, one value but for the worst, all rounded to few digits."""
    heaviest = max(range(len(flat)), key=lambda i: weight(flat[i], fmt))
    before = complexity(flat, fmt)
    for value in simple_values(flat[heaviest], fmt, spec)[:6]:
        yield [value] * len(flat)
    for value in simple_values(flat[heaviest], fmt, spec)[:4]:
        yield [x if i == heaviest or weight(x, fmt) <= weight(value, fmt) else value for i, x in enumerate(flat)]
    for digits in (1, 2, 3):
        decimals = [float(f"{x:.{digits}g}") if math.isfinite(x) else x for x in flat]
        rounded = [float(v) for v in fmt.round(np.asarray(decimals)).astype(np.float64)]
        inside = all(_allowed(x, spec) or x == y for x, y in zip(rounded, flat, strict=True))
        if inside and complexity(rounded, fmt) < before:
            yield rounded


def complexity(numbers: Sequence[float], fmt: Format) -> tuple[int, int]:
    """How many numbers are far from 1 (`ORDINARY`), and the digits of all."""
    weights = [weight(x, fmt) for x in numbers]
    return sum(w[0] for w in weights), sum(w[1] for w in weights)


def _with(row: Batch, name: str, values: Any) -> Batch:
    return Batch(row.dtype, {**row.inputs, name: values})


def simple_values(x: float, fmt: Format, spec: Input | None) -> list[float]:
    """Simpler numbers of the format than x, inside the input's domain, the simplest first; simplicity is `_weight`."""
    options = [0.0, 1.0, -1.0, 2.0, -2.0]
    if math.isfinite(x) and x != 0:
        options += _near(x, fmt)
    rounded = {float(v) for v in fmt.round(np.asarray(options, dtype=np.float64)).astype(np.float64)}
    fit = [v for v in rounded if _allowed(v, spec) and math.isfinite(v) and (v == 0 or abs(v) >= min(abs(x), fmt.min_normal))]
    return sorted((v for v in fit if weight(v, fmt) < weight(x, fmt)), key=lambda v: (weight(v, fmt), v))


def _near(x: float, fmt: Format) -> list[float]:
    """x to fewer bits and digits, the integers beside it, and powers of ten from 1 to beyond x."""
    mantissa, exponent = math.frexp(x)
    lengths = [bits for bits in (1, 2, 3, 4, 6, 8, 12, 16, 20) if bits < fmt.precision]
    with np.errstate(over="ignore"):  # the largest numbers round up to infinity, which is then left out
        near = [float(np.ldexp(round(mantissa * 2**bits), exponent - bits)) for bits in lengths]
    if 1 <= abs(x) < 2**20:
        near += [float(round(x)), math.floor(x), math.ceil(x)]
    near += [float(f"{x:.{digits}g}") for digits in (1, 2, 3, 4)]
    decade = math.floor(math.log10(abs(x)))
    powers = {decade // 8, decade // 4, decade // 2, decade * 3 // 4, decade - 2, decade - 1, decade, decade + 1, decade + 2}
    near += [math.copysign(float(f"1e{power}"), x) for power in powers]
    return near


def _allowed(x: float, spec: Input | None) -> bool:
    return spec is None or (spec.low <= x <= spec.high and (not spec.integers or x.is_integer()))


def weight(x: float, fmt: Format) -> tuple[int, int, float, int]:
    """Whether it is far from 1 (`ORDINARY`), its decimal digits in its format, its distance from 1 in magnitude, its sign. Infinities and
    NaN weigh most.

    Ordinary numbers come first: a user understands laplace.logpdf(800) = 0, but not the same zero at scale 2^-53, which is one digit shorter.
    """
    if x == 0:
        return (0, 0, 0.0, int(math.copysign(1.0, x) < 0))
    if not math.isfinite(x):
        return (2, 10, float(math.isnan(x)), int(x < 0))
    return _weight_of_finite(x, fmt)


@lru_cache(maxsize=1 << 16)
def _weight_of_finite(x: float, fmt: Format) -> tuple[int, int, float, int]:
    distance = abs(math.log2(abs(x)))
    return (int(distance > ORDINARY), _digits(x, fmt), distance, int(x < 0))


def _digits(x: float, fmt: Format) -> int:
    """The significant decimal digits that identify the number in its format; at most nine."""
    if fmt.real in ("float32", "float64"):  # numpy knows the shortest decimals of its own formats, 50 times as fast
        shortest = np.format_float_scientific(fmt.dtype.type(x), unique=True, trim="-")
        return min(9, len(shortest.partition("e")[0].lstrip("-").replace(".", "")))
    counts = (digits for digits in range(1, 9) if float(fmt.round(np.asarray(float(f"{x:.{digits - 1}e}")))) == x)
    return next(counts, 9)
