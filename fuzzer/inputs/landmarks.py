"""Landmarks: the critical points of a function of scalars, computed from its oracle's answers, never typed in.

Defects sit in thin strips beside the points where a result changes its nature: where it overflows or leaves the normal range,
crosses zero, has a pole or stops being defined, saturates at a bound, becomes the identity, or turns. Each is returned as two
neighbouring numbers of the format on whose sides the oracle's answer is of another kind.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Floats, Format, Ordinals
from ulpfuzz.fuzzer.inputs.regions import bounds, special_grid
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.limits.accepted import ACCEPTED, Accepted
from ulpfuzz.oracles.memory import Form
from ulpfuzz.oracles.reference import FINITE, Reference

Oracle = Callable[[dict[str, NDArray[np.float64]]], Reference]
Codes = NDArray[np.int64]
T = TypeVar("T")

#: Values at which the other inputs are held while one moves.
HELD = (1.0, 2.0, 0.5)
#: The most landmarks per input, and turning points among them.
LIMIT, TURNS = 200, 32
#: Points of the first look: uniform over all ordinals, and over those of everyday magnitude (2^-10 to 2^10).
OVERALL, EVERYDAY = 1024, 2048
#: Values that neighbouring points of the first look share, the most frequent ones: candidates for a bound of saturation.
_PLATEAUS = 6
_UNKNOWN = -1


@dataclass(frozen=True)
class Found:
    """The landmarks of a function, by input; and the lattices of poles that were settled on the way to them, which later questions rely on."""

    marks: dict[str, tuple[float, ...]]
    lattices: dict[int, tuple[Accepted, ...]]


def _written(found: Found) -> bytes:
    marks = {name: [value.hex() for value in values] for name, values in found.marks.items()}
    return json.dumps([marks, {pattern: ACCEPTED.write(right).hex() for pattern, right in found.lattices.items()}]).encode()


def _read(written: bytes) -> Found:
    marks, lattices = json.loads(written)
    return Found(
        {name: tuple(map(float.fromhex, values)) for name, values in marks.items()},
        {int(pattern): ACCEPTED.read(bytes.fromhex(right)) for pattern, right in lattices.items()},
    )


#: As the oracle's memory keeps it.
FOUND: Form[Found] = Form(_written, _read)


@cache
def source() -> str:
    """A hash of what landmarks depend on beside the oracle: of the modules of inputs and formats."""
    folder = Path(__file__).parent
    return hashlib.sha256(
        b"".join(p.read_bytes() for p in [*sorted(folder.glob("*.py")), folder.parent / "formats.py"])
    ).hexdigest()


@dataclass(frozen=True)
class _Change:
    """Two ordinals, ascending, at which output `column` has different codes."""

    low: int
    high: int
    before: int
    after: int
    column: int

    @property
    def kind(self) -> tuple[int, int, int]:
        return self.column, self.before, self.after


def landmarks(
    function: Function, fmt: Format, reference: Oracle, *, elementwise: bool = True, limit: int = LIMIT
) -> dict[str, list[float]]:
    """Per input, ascending: numbers of the format on either side of every change of kind that the search sees, at most `limit`.

    reference: the truth at exact binary64 inputs of shape (rows,), outputs (rows, k). The kind of a result is what the oracle
    accepts (a number, NaN, an infinity), its class in the format (zero, subnormal, normal, overflow), its sign, whether it rounds
    to a value shared by a whole stretch (saturation) or to +-x. A few thousand points are looked at, changes between neighbours
    are bisected, all at once, down to adjacent numbers; turning points by ternary search. Changes closer together than
    the first look's points can be missed; nothing is guaranteed. Deterministic; 20 to 140 calls of the oracle per input and held
    value, of a few thousand points once and then at most a few hundred. Functions of vectors (not elementwise) have none: {}.
    """
    if not elementwise:
        return {}
    domains = function.domains or tuple((-math.inf, math.inf) for _ in function.inputs)
    marks: dict[str, list[float]] = {}
    for name, domain in zip(function.inputs, domains, strict=True):
        batches = []
        for held in HELD if len(function.inputs) > 1 else HELD[:1]:
            others = {n: min(max(held, low), high) for n, (low, high) in zip(function.inputs, domains, strict=True) if n != name}
            batches.append(_Line(function.inputs, name, fmt, others, reference).landmarks(domain, limit))
        ordinals = sorted(set(_in_turn(batches, limit)))
        marks[name] = [float(v) for v in fmt.from_ordinals(np.asarray(ordinals, dtype=np.int64))]
    return marks


class _Line:
    """One input moving while the others are held."""

    def __init__(self, names: tuple[str, ...], name: str, fmt: Format, others: dict[str, float], reference: Oracle) -> None:
        self.names, self.name, self.fmt, self.others, self.reference = names, name, fmt, others, reference
        self.plateaus: list[NDArray[np.float64]] = []

    def landmarks(self, domain: tuple[float, float], limit: int) -> list[int]:
        """Ordinals, the most telling first."""
        grid = _first_look(self.fmt, domain)
        truth = self._ask(grid)
        self.plateaus = [_shared(self.fmt, grid, self._rounded(truth, c)) for c in range(truth.shape[1])]
        codes = self._codes(grid, truth)
        changes = [
            _Change(int(grid[i]), int(grid[i + 1]), int(codes[i, c]), int(codes[i + 1, c]), c)
            for i, c in np.argwhere((codes[1:] != codes[:-1]) & (codes[1:] != _UNKNOWN) & (codes[:-1] != _UNKNOWN))
        ]
        chosen = self._by_kind(changes, limit // 2)
        edges = [o for change in self._by_kind(self._bisect(chosen, limit), limit // 2) for o in (change.low, change.high)]
        return list(dict.fromkeys([*edges, *self._turns(grid, truth)]))[:limit]

    def _ask(self, ordinals: Ordinals) -> Reference:
        x = self.fmt.from_ordinals(ordinals).astype(np.float64)
        return self.reference({n: x if n == self.name else np.full(len(x), self.others[n]) for n in self.names})

    def _rounded(self, truth: Reference, column: int) -> Floats:
        """The truth in the format, NaN where it is no number or not known."""
        known = ((truth.accepts[:, column] & FINITE) != 0) & np.isfinite(truth.radius[:, column])
        return self.fmt.round(np.where(known, truth.value[:, column] + truth.value_lo[:, column], np.nan))

    def _codes(self, ordinals: Ordinals, truth: Reference) -> Codes:
        """The kind of each result as a number, _UNKNOWN where the oracle does not know; shape (rows, outputs)."""
        x = self.fmt.from_ordinals(ordinals).astype(np.float64)
        columns = []
        for c in range(truth.shape[1]):
            accepts = truth.accepts[:, c].astype(np.int64)
            result = self._rounded(truth, c).astype(np.float64)
            size = np.abs(result)
            # 0 no number, 1 zero, 2 subnormal, 3 normal, 4 overflow
            kind = (size >= 0) * 1 + (size > 0) * 1 + (size >= self.fmt.min_normal) * 1 + (size > self.fmt.max) * 1
            negative = np.signbit(truth.value[:, c]) & (size > 0)
            alike = np.where(result == x, 1, np.where(result == -x, 2, 0))
            for number, value in enumerate(self.plateaus[c]):
                alike = np.where(result == value, 3 + number, alike)
            code = ((accepts * 5 + kind) * 2 + negative) * (3 + _PLATEAUS) + alike
            lost = (accepts == 0) | (((accepts & FINITE) != 0) & np.isnan(result))
            columns.append(np.where(lost, _UNKNOWN, code))
        return np.stack(columns, axis=1)

    def _bisect(self, changes: list[_Change], limit: int) -> list[_Change]:
        """The changes narrowed to adjacent ordinals; one that turns out to be several is split, up to `limit` of them."""
        done: list[_Change] = []
        while changes:
            done += [c for c in changes if c.high - c.low == 1]
            changes = [c for c in changes if c.high - c.low > 1]
            if not changes:
                break
            middles = np.asarray([(c.low + c.high) // 2 for c in changes], dtype=np.int64)
            codes = self._codes(middles, self._ask(middles))
            halves: list[_Change] = []
            for change, middle, row in zip(changes, middles.tolist(), codes.tolist(), strict=True):
                code = row[change.column]
                if code == _UNKNOWN:
                    continue
                left = _Change(change.low, middle, change.before, code, change.column)
                right = _Change(middle, change.high, code, change.after, change.column)
                split = [half for half in (left, right) if half.before != half.after]
                halves += split if len(done) + len(halves) < limit else split[:1]
            changes = halves
        return done

    def _turns(self, grid: Ordinals, truth: Reference) -> list[int]:
        """Turning points: a result rises on one side and falls on the other. Those of everyday magnitude come first."""
        turns: list[int] = []
        for c in range(truth.shape[1]):
            known = ((truth.accepts[:, c] & FINITE) != 0) & np.isfinite(truth.radius[:, c])
            value = np.where(known & np.isfinite(truth.value[:, c]), truth.value[:, c], np.nan)
            with np.errstate(all="ignore"):
                rise = np.sign(np.diff(value))
            at = np.flatnonzero(rise[1:] * rise[:-1] < 0) + 1
            at = np.asarray(sorted(at.tolist(), key=lambda i: self._remoteness(int(grid[i])))[:TURNS], dtype=np.int64)
            low, high, sign = grid[at - 1].copy(), grid[at + 1].copy(), rise[at - 1]
            while len(at) and (high - low > 2).any():
                third = (high - low) // 3
                left, right = low + third, high - third
                answer = self._ask(np.concatenate([left, right])).value[:, c] * np.concatenate([sign, sign])
                ahead = answer[: len(at)] > answer[len(at) :]
                moving = high - low > 2
                high = np.where(moving & ahead, right, high)
                low = np.where(moving & ~ahead, left + (third == 0), low)
            turns += [int(o) for pair in zip(low, high, strict=True) for o in pair]
        return turns

    def _by_kind(self, changes: list[_Change], limit: int) -> list[_Change]:
        """At most `limit` changes, every kind in turn, within a kind those of everyday magnitude first."""
        kinds: dict[tuple[int, int, int], list[_Change]] = {}
        for change in changes:
            kinds.setdefault(change.kind, []).append(change)
        return _in_turn([sorted(kinds[k], key=lambda c: (self._remoteness(c.low), c.low)) for k in sorted(kinds)], limit)

    def _remoteness(self, ordinal: int) -> int:
        """The distance of a number's exponent from that of 1."""
        return abs((abs(ordinal) >> (self.fmt.precision - 1)) + self.fmt.emin - 1)


def _first_look(fmt: Format, domain: tuple[float, float]) -> Ordinals:
    """Ascending ordinals inside the domain: everywhere, everyday magnitudes, integers and half-integers, the special grid."""
    low, high = bounds(fmt, domain)
    near, far = (int(fmt.ordinals(fmt.round(np.asarray([v])))[0]) for v in (2.0**-10, 2.0**10))
    everyday = [near + (far - near) * i // (EVERYDAY // 2) for i in range(EVERYDAY // 2 + 1)]
    halves = fmt.ordinals(fmt.round(np.arange(-64, 64.5, 0.5)))
    special = fmt.ordinals(special_grid(fmt, domain, specials=False))
    points = {low + (high - low) * i // OVERALL for i in range(OVERALL + 1)}
    points.update(everyday, (-o for o in everyday), halves.tolist(), special.tolist())
    return np.asarray(sorted(o for o in points if low <= o <= high), dtype=np.int64)


def _shared(fmt: Format, ordinals: Ordinals, rounded: Floats) -> NDArray[np.float64]:
    """The finite nonzero values that neighbouring points share over more than 2^(p/2) ulps, the most frequent first."""
    values = rounded.astype(np.float64)
    same = (values[1:] == values[:-1]) & np.isfinite(values[1:]) & (values[1:] != 0)
    distinct, counts = np.unique(values[1:][same & (np.diff(ordinals) > 1 << fmt.precision // 2)], return_counts=True)
    return np.asarray(distinct[np.argsort(-counts, kind="stable")][:_PLATEAUS])


def _in_turn(lists: Iterable[list[T]], limit: int) -> list[T]:
    """One item of each list in turn, up to `limit`."""
    rounds = itertools.zip_longest(*lists)
    return list(itertools.islice((item for row in rounds for item in row if item is not None), limit))
