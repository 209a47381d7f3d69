"""Hypothesis strategies: `cases` for one point, `recipes` for thousands, `explore` for the campaign.

    from hypothesis import given
    from ulpfuzz.fuzzer.catalog.registry import op_named
    from ulpfuzz.fuzzer.inputs.strategies import cases, recipes

    @given(cases(op_named("digamma"), "float32"))
    def test_one_point(case):
        x = case.batch().inputs["x"]                            # shape (1,)
        ...

    @given(recipes(op_named("digamma"), "float32", rows=4096))
    def test_many_points(recipe):
        x = recipe.expand(op_named("digamma"), dtype="float32").inputs["x"]        # shape (4096,)
        ...

Integers are drawn, never floats: Hypothesis's optimiser climbs by adding to integers, and an ordinal step is an ulp. They are
drawn above an offset that no source file contains, because Hypothesis mixes constants found in the imported local modules into
small integers: without it the sequence of a seed would depend on which modules a process happens to have imported.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Case, Params
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.inputs import matrices, relations, vectors
from ulpfuzz.fuzzer.inputs.recipe import COTANGENTS, TANGENTS, Draw, Landmarks, Recipe
from ulpfuzz.fuzzer.inputs.regions import REGIONS, bounds, regions_of, special_values
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, numbers_in_row, reaches
from ulpfuzz.fuzzer.inputs.structures import satisfy

DrawFunction = Callable[[st.SearchStrategy[Any]], Any]
T = TypeVar("T")

#: Added to every integer drawn, see the module's docstring. An expression, so that it is no literal of this file either.
_OFFSET = 0x5EED << 90
#: Examples per run of @given: enough for target() to climb, few enough to stop soon after a budget ends.
CHUNK = 200
#: Rows of a vector recipe: at least these, however long the vectors.
LEAST_ROWS = 32


def recipes(
    op: Op,
    dtype: str,
    *,
    order: str = "value",
    params: Params | None = None,
    rows: int = 4096,
    landmarks: Landmarks | None = None,
    lengths: Sequence[Sizes] | None = None,
    specials: bool = True,
) -> st.SearchStrategy[Recipe]:
    """A strategy of Recipe for this op and dtype.

    rows: numbers per input: a recipe of vectors of length n has rows/n rows, at least 32 (and one shape per length). lengths:
    those to draw from (default: usual_lengths, from the op's min_length on). specials: whether a
    few recipes hold NaN, infinities and points outside the domain. The recipe must be expanded with the same landmarks. Shrinks
    toward one region, no relation and the shortest vectors. Raises UnknownName for a dtype, UserError where no length is left.
    """
    fmt = format_named(dtype)
    return _recipes(op, fmt, order, rows, _plan(op, fmt, landmarks or {}, lengths, specials), (1 << 48) - 1)


@st.composite
def _recipes(draw: DrawFunction, op: Op, fmt: Format, order: str, rows: int, plan: _Plan, last_seed: int) -> Recipe:
    length = _pick(draw, plan.lengths)
    draws = tuple(_draw_input(draw, spec, fmt, menu, plan.specials) for spec, menu in zip(op.inputs, plan.menus, strict=True))
    relation, pair = "independent", (0, 1)
    if plan.pairs:
        pair = _pick(draw, plan.pairs)
        relation = _pick(draw, tuple(relations.PAIRS if op.inputs[pair[0]].scalar else vectors.BETWEEN))
    share = 10 if plan.specials and _integer(draw, 0, 7) == 7 else 0
    taken = direction_counts(op, op.default_params(), order, length)
    cotangent = _pick(draw, tuple(COTANGENTS)) if COTANGENT in taken else "ones"
    tangent = _pick(draw, TANGENTS) if TANGENT in taken else "ones"
    numbers = numbers_in_row(op, length)
    seed = _integer(draw, 0, last_seed)
    return Recipe(seed, max(min(rows, LEAST_ROWS), rows // numbers), draws, relation, pair, length, share, cotangent, tangent)


def cases(
    op: Op,
    dtype: str,
    *,
    order: str = "value",
    params: Params | None = None,
    landmarks: Landmarks | None = None,
    lengths: Sequence[Sizes] | None = None,
    specials: bool = True,
) -> st.SearchStrategy[Case]:
    """A strategy of single points: each number an ordinal drawn as an integer inside a region.

    Every number is inside its input's domain, except that, where `specials`, about one number in twenty is a special value.
    Vectors are short by default (at most 8 elements; `lengths` overrides). Derivatives of ops that are not elementwise add
    the cotangent and the tangent that they take.
    """
    fmt = format_named(dtype)
    chosen = lengths or _short_lengths(op)
    plan = _plan(op, fmt, landmarks or {}, chosen, specials)
    return _cases(op, fmt, order, dict(op.default_params() if params is None else params), landmarks or {}, plan)


@st.composite
def _cases(
    draw: DrawFunction, op: Op, fmt: Format, order: str, params: dict[str, Any], landmarks: Landmarks, plan: _Plan
) -> Case:
    length = _pick(draw, plan.lengths)
    inputs: dict[str, Any] = {}
    for spec, menu in zip(op.inputs, plan.menus, strict=True):
        shape = spec.sizes(length)
        marks = tuple(landmarks.get(spec.name, ()))
        numbers = [_number(draw, spec, fmt, menu, marks, plan.specials) for _ in range(math.prod(shape))]
        inputs[spec.name] = satisfy(fmt, spec, np.asarray(numbers, dtype=np.float64).astype(fmt.dtype).reshape((1, *shape)))
    for name, count in direction_counts(op, params, order, length).items():
        weights = [float(_integer(draw, -8, 8)) for _ in range(count)]
        inputs[name] = np.asarray([weights]).astype(fmt.dtype)
    return Batch(fmt.name, inputs).case(0)


def explore(
    op: Op,
    dtype: str,
    *,
    seed: int,
    examples: int,
    judge: Callable[[Recipe], float],
    order: str = "value",
    params: Params | None = None,
    rows: int = 4096,
    landmarks: Landmarks | None = None,
    lengths: Sequence[Sizes] | None = None,
    specials: bool = True,
) -> None:
    """Calls `judge` with `examples` recipes and climbs toward the scores it returns (hypothesis.target).

    The same arguments and the same scores give the same recipes, in this process or another. Each has a seed of its own, which
    is not climbed: the optimiser would spend its calls on noise. A score may be infinite; NaN means
    nothing to climb. What `judge` raises, KeyboardInterrupt included, ends the exploration and propagates as it is, without a
    second call.
    """
    done = chunk = 0
    raised: list[Exception] = []
    fmt = format_named(dtype)
    strategy = _recipes(op, fmt, order, rows, _plan(op, fmt, landmarks or {}, lengths, specials), 0)

    def test(recipe: Recipe) -> None:
        nonlocal done
        done += 1
        try:
            score = judge(replace(recipe, seed=_derived(salt, done)))
        except Exception as error:
            raised.append(error)
            raise _Stop from error
        if not math.isnan(score):
            target(min(max(score, -sys.float_info.max), sys.float_info.max))

    while done < examples:
        before, salt = done, _derived(seed, op.name, dtype, order, chunk)
        quiet = settings(
            max_examples=min(CHUNK, examples - done), database=None, deadline=None, derandomize=False,
            phases=[Phase.generate, Phase.target], suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        try:
            with _sources_unread():
                seeded(salt)(quiet(given(strategy)(test)))()
        except _Stop:
            raise raised[0] from raised[0].__cause__
        chunk += 1
        if done == before:
            return


@contextmanager
def _sources_unread() -> Iterator[None]:
    """Keeps Hypothesis from reading the source files of all imported local modules for constants, a quarter of a second in each process and
    again for every module imported since: none of them lies where integers are drawn here."""
    read = getattr(providers, "_get_local_constants", None)
    known = getattr(providers, "_local_constants", None)
    if read is None or known is None:  # another version of Hypothesis
        yield
        return
    providers._get_local_constants = lambda: known
    try:
        yield
    finally:
        providers._get_local_constants = read


def variants(op: Op, dtype: str, recipe: Recipe, count: int) -> list[Recipe]:
    """The recipe and others, `count` in all, that differ from it in their seeds, in the regions that numbers come from, and in how those of
    vectors and matrices are arranged; each takes the regions of the input's domain, and the arrangements, in turn."""
    fmt, drawn = format_named(dtype), [recipe]
    for k in range(1, count):
        draws = [_rearranged(fmt, spec, draw, k) for spec, draw in zip(op.inputs, recipe.draws, strict=True)]
        drawn.append(replace(recipe, draws=tuple(draws), seed=_derived(recipe.seed, k)))
    return drawn


#: A cousin's window is 2^WIDER times as wide as the one before: what is beside a window that the optimiser narrows.
WIDER = 2


def _rearranged(fmt: Format, spec: Input, draw: Draw, steps: int) -> Draw:
    """The draw with its regions and arrangement `steps` further down their lists, without arrangements of special values."""
    names = regions_of(fmt, (spec.low, spec.high))
    moved = tuple(names[(names.index(name) + steps) % len(names)] if name in names else name for name in draw.regions)
    draw = replace(draw, regions=moved, spread=min(draw.spread + steps * WIDER, fmt.width - 4))
    names = () if spec.scalar else _arrangements(spec, specials=False)
    if draw.arrangement not in names:
        return draw
    return replace(draw, arrangement=names[(names.index(draw.arrangement) + steps) % len(names)])


def draw_recipes(op: Op, dtype: str, *, seed: int, count: int, **options: Any) -> list[Recipe]:
    """`count` recipes, the same for the same arguments; options are those of `recipes`."""
    drawn: list[Recipe] = []

    def collect(recipe: Recipe) -> float:
        drawn.append(recipe)
        return math.nan

    explore(op, dtype, seed=seed, examples=count, judge=collect, **options)
    return drawn[:count]


class _Stop(BaseException):
    """Ends a run of @given at once: Hypothesis would call the judge again to reproduce an Exception."""


def _derived(*parts: Any) -> int:
    """48 bits that depend on all parts and on nothing else."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big")


class _Plan:
    """What a strategy chooses from, worked out once. specials: whether it draws special values."""

    def __init__(
        self, menus: list[tuple[str, ...]], lengths: tuple[Sizes, ...], pairs: tuple[tuple[int, int], ...], specials: bool
    ) -> None:
        self.menus, self.lengths, self.pairs, self.specials = menus, lengths, pairs, specials


def _plan(op: Op, fmt: Format, landmarks: Landmarks, lengths: Sequence[Sizes] | None, specials: bool) -> _Plan:
    usual = usual_lengths(op)
    allowed = {n for n in lengths or usual if reaches(n, op.min_length)}
    chosen = usual if not op.varies else tuple(sorted(allowed, key=lambda n: (numbers_in_row(op, n), str(n))))
    if not chosen:
        raise UserError(
            f"op {op.name!r} needs vectors of at least {op.min_length} elements; lengths given: {list(lengths or usual)}"
        )
    menus = []
    for spec in op.inputs:
        names = regions_of(fmt, (spec.low, spec.high), tuple(landmarks.get(spec.name, ())))
        menus.append(names + tuple(n for n in ("landmarks", "everyday") if n in names))
    return _Plan(menus, chosen, tuple(_pairs(op)), specials and not op.raises_outside_domain)


def _pairs(op: Op) -> Iterator[tuple[int, int]]:
    """Two real scalars or two real vectors of the same size."""
    for (i, a), (j, b) in itertools.permutations(enumerate(op.inputs), 2):
        if a.stored == b.stored and len(a.stored) < 2 and not a.complex:
            yield i, j


def usual_lengths(op: Op) -> tuple[Sizes, ...]:
    """The lengths n, or sizes of several axes, that are fuzzed: the op's own; else those of matrices where a row has n x n numbers, of vectors
    where it has n."""
    if not op.varies:
        return (1,)
    if op.axes:
        return op.shapes
    twice = any(sum(isinstance(axis, str) for axis in i.axes) > 1 for i in op.inputs)
    return op.lengths or (matrices.ORDERS if twice else vectors.LENGTHS)


def _short_lengths(op: Op) -> list[Sizes]:
    """Those of single points: vectors of at most 8 numbers, or the op's least; the usual sizes of several axes."""
    if op.axes:
        return [op.shapes[0]]
    return [*(n for n in usual_lengths(op) if not reaches(n, max(8, op.min_length) + 1)), op.min_length]


def _draw_input(draw: DrawFunction, spec: Input, fmt: Format, menu: tuple[str, ...], specials: bool) -> Draw:
    arrangement = "elements"
    if not spec.scalar:
        arrangement = _pick(draw, _arrangements(spec, specials))
    strata = _integer(draw, 0, 3)
    if strata == 3:
        low, high = bounds(fmt, (spec.low, spec.high))
        spread = _integer(draw, 0, fmt.width - 4)
        return Draw((), arrangement, low + _position(draw, high - low), spread)
    return Draw(tuple(_pick(draw, menu) for _ in range(strata + 1)), arrangement)


def _position(draw: DrawFunction, last: int) -> int:
    """An integer of [0, last] as digits of 16 bits, the leading one drawn last.

    Hypothesis's optimiser moves an integer by at most 2^20 at a time and begins with the last one drawn.
    """
    position, bits = 0, last.bit_length()
    cuts = [*range(bits % 16, bits, 16), bits] if bits % 16 else list(range(0, bits + 1, 16))
    if cuts[0]:
        position = _integer(draw, 0, (1 << cuts[0]) - 1)
    for low, high in itertools.pairwise(cuts):
        position |= _integer(draw, 0, min((1 << (high - low)) - 1, last >> low)) << low
    return min(position, last)


@lru_cache(maxsize=256)
def _arrangements(spec: Input, specials: bool) -> tuple[str, ...]:
    if spec.arrangements:
        return spec.arrangements
    if spec.square:
        return tuple(matrices.ARRANGEMENTS)
    banned = set() if (spec.low, spec.high) == (0.0, 1.0) else set(vectors.PROBABILITIES)
    if not (specials and spec.draws_special_values) or spec.low != -math.inf:
        banned |= vectors.SPECIAL
    return tuple(name for name in vectors.ARRANGEMENTS if name not in banned)


def _number(
    draw: DrawFunction, spec: Input, fmt: Format, menu: tuple[str, ...], marks: tuple[float, ...], specials: bool
) -> float:
    """One number: a region, a span of it, then an ordinal of the span or one within the region's spread of it."""
    domain = (spec.low, spec.high)
    if specials and spec.draws_special_values and _integer(draw, 0, 19) == 19:
        return float(_pick(draw, tuple(special_values(fmt, domain))))
    low, high = bounds(fmt, domain)
    region = REGIONS[_pick(draw, menu)]
    spans = region.spans_in(fmt, domain, marks)
    first, last = (int(o) for o in spans[_integer(draw, 0, len(spans) - 1)])
    ordinal = first + _position(draw, last - first)
    spread = region.spread(fmt)
    if spread:
        reach = (1 << _integer(draw, 0, spread)) - 1
        ordinal += _integer(draw, -reach, reach)
    value = float(fmt.from_ordinals(np.asarray([min(max(ordinal, low), high)]))[0])
    if spec.integers:
        value = float(np.clip(np.rint(value), math.ceil(max(low, spec.low)) if math.isfinite(spec.low) else -fmt.max,
                              math.floor(spec.high) if math.isfinite(spec.high) else fmt.max))  # fmt: skip
    return value


def _integer(draw: DrawFunction, low: int, high: int) -> int:
    """An integer of [low, high], uniform, the same for the same seed whatever modules are imported."""
    return low if low == high else int(draw(_integers(low, high))) - _OFFSET


@lru_cache(maxsize=4096)
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(_OFFSET + low, _OFFSET + high)


def _pick(draw: DrawFunction, choices: Sequence[T]) -> T:
    return choices[_integer(draw, 0, len(choices) - 1)]
