"""Plan: which shards a run consists of, in rounds. A round depends only on the results of earlier rounds, in shard order."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ulpfuzz.fuzzer.campaign.shard import CALL_TIMEOUT, Shard
from ulpfuzz.fuzzer.case import Case
from ulpfuzz.fuzzer.catalog.op import ORDERS
from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.findings.identity import device_of
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

T = TypeVar("T")
#: Verdicts per subject of a shard in round 0: enough for the grid, eight recipes and one zoom.
FIRST = 40_000
#: Verdicts per subject in round 1, where a verdict costs a quarter; the factor of each later round; and the most that a shard gets.
SECOND, GROWTH, MOST = 640_000, 4, 10_240_000
#: Shards of a cell that may break before the rest of the run leaves it out.
FAILURES = 2


@dataclass
class CellMemory:
    """What the plan remembers of a cell."""

    #: The worst points so far, to be replayed.
    corpus: tuple[Case, ...] = ()
    #: Excess by finding id.
    known: dict[str, float] = field(default_factory=dict)
    #: Whether the last visit found something new.
    productive: bool = True
    visits: int = 0
    #: (target, call) that crashed or do not support the cell; they are not tried again in this run.
    excluded: set[tuple[str, str]] = field(default_factory=set)
    #: Whether the baseline has cases here that ended a process.
    has_crashing_cases: bool = False
    #: Shards of the cell that broke.
    failures: int = 0


def round_of(
    number: int, cells: Sequence[Cell], memory: Mapping[str, CellMemory], targets: tuple[str, ...], seed: int, call_timeout: float = CALL_TIMEOUT,
    memory_limit: int | None = None, *, visit: Visit | None = None,
) -> list[Shard]:  # fmt: skip
    """The shards of one round.

    Round 0 visits every cell once, those with cases to replay first. Later rounds visit the productive cells first, with budgets that grow;
    cells that found nothing new keep their last budget and come after. A cell that broke FAILURES times, or has no subject left, is not
    visited. Where a process ended before, round 0 runs every target in its own process, so that a crash costs no worker.
    """
    part = visit.part if visit else ""
    order = sorted(cells, key=lambda cell: (not _first(memory[cell.key], number), _turn(cell) if part else ()))
    shards = []
    for cell in order:
        past = memory[cell.key]
        if visit and (part or visit.device) and not (visit.of(cell) and subjects_of(cell, targets)):
            continue
        if past.failures >= FAILURES or (past.excluded and not _left(cell, targets, past)):
            continue
        growths = number if past.productive else max(0, number - 1)
        shards.append(
            Shard(
                cell, targets, seed, number, _verdicts(growths), past.corpus, tuple(sorted(past.known.items())),
                tuple(sorted(past.excluded)), isolated=past.has_crashing_cases and number == 0, call_timeout=call_timeout,
                memory=memory_limit, part=f"{part}@{visit.device}" if visit and visit.device else part,
            )
        )  # fmt: skip
    return shards


def _verdicts(growths: int) -> int:
    """Of a shard, per subject, that has grown so often."""
    return min(MOST, SECOND * GROWTH ** (growths - 1)) if growths else FIRST


#: Worker seconds that suffice for a visit of a cell by all targets, compiling included (measured: 2 to 10). A budget with fewer for each
#: cell visits all cells without the frameworks that compile first, because compiling costs most of a visit.
AMPLE = 20.0
#: The most seconds of a shard of a later round, in equal shares of the time left. Cells differ a thousandfold in seconds per verdict, and
#: one cell must not keep a worker until the run ends.
UNEQUAL = 4.0


#: The order of dtypes where the time may not suffice for all.
MOST_USED = ("float32", "float64", "float16", "bfloat16")
#: The dtypes that every framework visits before all others.
USUAL = MOST_USED[:2]
#: Cost of a visit by what its targets compile (_group_of), in visits that compile nothing (measured: 2 to 5; a C++ compiler takes seconds for a
#: program).
COSTS = (1.0, 3.0, 3.0, 20.0)
#: The most shards of a group.
GROUP = 8
#: Search time of a visit of values, in visits of derivatives: a verdict on a value costs least, and most known defects are of values.
VALUE_TIME = 2.0


@dataclass(frozen=True)
class Visit:
    """A part of round 0: some targets on some cells. Parts of one turn are visited side by side."""

    #: Full names.
    targets: tuple[str, ...]
    #: The letter of the part; empty if the visit is the whole round.
    part: str = ""
    #: The order of its cells; empty: all orders.
    order: str = ""
    #: The dtypes of its cells; empty: all dtypes.
    dtypes: tuple[str, ...] = ()
    #: Whether its cells have usual params (Op.default_params); None: either.
    usual: bool | None = None
    #: Cost of a visit of one cell, in visits that do not compile.
    weight: float = 1.0
    #: Search time of one cell, as a factor.
    times: float = 1.0
    #: When it comes; see first_visits.
    turn: int = 0
    #: The device of its targets, where it is not the CPU.
    device: str = ""

    @property
    def compiles_programs(self) -> bool:
        """Whether a target of it compiles whole programs."""
        return any(_group_of(target) >= WHOLE for target in self.targets)

    def by_device(self) -> list[Visit]:
        """The visit of its targets on the CPU, and one of those on each other device, which has one worker."""
        devices = dict.fromkeys(device_of([target]) for target in self.targets)
        return [
            replace(self, device=device, targets=tuple(t for t in self.targets if device_of([t]) == device))
            for device in sorted(devices)
        ]

    def of(self, cell: Cell) -> bool:
        """Whether the cell belongs to this part."""
        fits = self.order in ("", cell.order) and (not self.dtypes or cell.dtype in self.dtypes)
        return fits and (self.usual is None or self.usual is not _unusual(cell))


def first_visits(cells: Sequence[Cell], targets: tuple[str, ...], worker_seconds: float | None) -> list[Visit]:
    """How round 0 visits every cell: in one visit, or in parts where the time is short.

    The parts that find most per second come first (_part_turn): values of the USUAL dtypes without the targets that compile every op; then, side
    by side, their values with them and their gradients without; values and gradients of the other dtypes; second derivatives; forward mode. Each
    has the cells of usual params before those of others, which meet the same kernels again, and come later. With that every cell was reached;
    then come gradients and all else where every op is compiled, and modes that compile whole programs, for a visit costs most there.

    worker_seconds: the budget's seconds times the workers; None for a budget in verdicts.
    """
    if worker_seconds is None or worker_seconds >= AMPLE * len(cells):
        return [Visit(targets)]
    groups: list[list[str]] = [[] for _ in COSTS]
    for target in targets:
        groups[_group_of(target)].append(target)
    found, orders = {cell.dtype for cell in cells}, {cell.order for cell in cells}
    dtypes = [some for some in (found & set(USUAL), found - set(USUAL)) if some]
    split = [True, False] if len({_unusual(cell) for cell in cells}) > 1 else [None]
    parts = [
        _Part(some, order, k, usual)
        for some in dtypes
        for order in orders
        for k, group in enumerate(groups)
        if group
        for usual in (split if k < WHOLE else [None])
    ]
    visits: list[Visit] = []
    for part in sorted(parts, key=_part_turn):
        weight, times = COSTS[part.compiling], VALUE_TIME if part.order == "value" else 1.0
        letter = string.ascii_letters[len(visits)]
        targets_of = tuple(groups[part.compiling])
        turn = _part_turn(part)[0]
        visits.append(Visit(targets_of, letter, part.order, tuple(sorted(part.dtypes)), part.usual, weight, times, turn))
    return visits


@dataclass(frozen=True)
class _Part:
    """What cells a part of round 0 has, and by what its targets compile (_group_of)."""

    dtypes: set[str]
    order: str
    compiling: int
    usual: bool | None


#: Where a part comes by its order, and how much later for dtypes that are not USUAL, for unusual params, and where every op is compiled, or programs
#: are. Findings per worker-second of first visits, on two cores: values 12 without JAX, 3 with; on slower ones values of half precision 14 beside 7,
#: of complex numbers 7; gradients 6, of half precision 5; second derivatives 4. Values with JAX come early all the same, for what they find are
#: defects of another framework, and half precision repeats those of binary32. All else that compiles comes after the last part that does not: a
#: visit costs three times as much, and no cell waits for it.
ORDER_TURNS = {"value": 0, "grad": 2, "grad2": 5, "jvp": 8}
UNUSUAL_LATER, PARAMS_LATER, LATER = 3, 4, (0, 16, 19, 20)
#: From this group on whole programs are compiled.
WHOLE = 2


def _group_of(target: str) -> int:
    """0: it compiles nothing; 1: every op; 2: whole programs; 3: whole programs by a C++ compiler."""
    named = target_named(target)
    if named.mode == "eager":
        return 1 if named.compiles_shapes else 0
    return 3 if named.mode == "compile" else 2


def _part_turn(part: _Part) -> tuple[int, int, int]:
    """Where a part of first_visits comes."""
    usual = bool(part.dtypes & set(USUAL))
    first = usual and part.order == "value" and part.compiling == 1  # beside the others' gradients
    later = ORDER_TURNS["grad"] if first else LATER[part.compiling]
    turn = ORDER_TURNS[part.order] + (0 if usual else UNUSUAL_LATER) + (PARAMS_LATER if part.usual is False else 0) + later
    return turn, ORDERS.index(part.order), part.compiling


def groups_of(shards: Sequence[Shard], yields: Callable[[Cell], float] = lambda cell: 0.0) -> list[list[Shard]]:
    """The tasks of a part: its shards of one op together, those of usual params and those of a device apart from the others, so that a worker's
    programs, tapes and truths serve the cells that follow; at most GROUP of them, so that no worker is left with many at the end. yields: findings
    per second to be expected; the groups with most come first, else they keep the order of the shards."""
    by_op: dict[tuple[bool, str, str], list[Shard]] = {}
    for shard in shards:
        by_op.setdefault((_turn(shard.cell)[0], shard.cell.op, shard.device), []).append(shard)
    ranked = sorted(by_op.items(), key=lambda item: (item[0][0], -yields(item[1][0].cell)))
    return [some[i : i + GROUP] for _, some in ranked for i in range(0, len(some), GROUP)]


def side_by_side(parts: Sequence[Sequence[T]]) -> list[T]:
    """The items of all parts, each in its order, so that all are through by the same share at any time."""
    placed = [((number + 0.5) / len(part), item) for part in parts for number, item in enumerate(part)]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


def longest_visit(seconds_left: float, workers: int, shards: int) -> float:
    """Seconds that one of the shards of a round may take where the run's budget is in time."""
    return max(AMPLE, UNEQUAL * seconds_left * max(1, workers) / max(1, shards))


def _turn(cell: Cell) -> tuple[bool, int]:
    """Which of the cells come first where the time may not suffice for all: usual parameters, then usual dtypes."""
    return _unusual(cell), MOST_USED.index(cell.dtype) if cell.dtype in MOST_USED else len(MOST_USED)


def _unusual(cell: Cell) -> bool:
    """Whether its params are not those that users have by default."""
    return dict(cell.params) != cell.record.default_params()


def _first(past: CellMemory, number: int) -> bool:
    return past.productive if number else bool(past.corpus)


def _left(cell: Cell, targets: tuple[str, ...], past: CellMemory) -> bool:
    return any((s.target, s.implementation.call) not in past.excluded for s in subjects_of(cell, targets))
