"""Trial: runs a batch through every subject of a cell and judges every element. The innermost loop of ulpfuzz."""

from __future__ import annotations

import copy
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.binades import Binades, Extremes
from fuzzer.campaign.cell import Cell, Subject
from fuzzer.campaign.conditions import Alike, Conditions
from fuzzer.campaign.death import Death
from fuzzer.campaign.peers import Peers
from fuzzer.campaign.shape_budget import Purpose, ShapeBudget
from fuzzer.campaign.watchdog import calling
from fuzzer.case import COTANGENT, DIRECTIONS, Batch, Placement
from fuzzer.catalog.functions import function_of
from fuzzer.frameworks.framework import Framework, FrameworkDied, FrameworkError, Job
from fuzzer.frameworks.host import Hosted
from fuzzer.frameworks.padding import EAGER_ROWS
from fuzzer.frameworks.target import Target, flush_policy, framework_for, framework_of, target_named
from fuzzer.inputs.shapes import chain_of
from fuzzer.judge.contract import accepted_by_contract, documented, kinds_by_contract, on_one_side, wrong_zero_signs
from fuzzer.judge.limits import Standard, standard_for
from fuzzer.judge.overflow import Overflow
from fuzzer.judge.screen import Screened, moduli, needs_more, of_those, screen
from fuzzer.judge.stability import certify
from fuzzer.judge.ulps import yardstick
from fuzzer.judge.verdict import Class
from oracles import oracle
from oracles.arithmetic.mp import ending
from oracles.conditioning import amplification
from oracles.question import Caps, Question, Tally, alike
from oracles.reference import Reference


@dataclass(frozen=True)
class Outcome:
    """What one subject answered to a batch and what the judge screened; error is the framework's message where it raised or died
    (died: crash or hang), now or in an earlier call of the shard.

    Neither answers nor error: the batch was not run, for its shape is one too many for a mode that compiles (ShapeBudget).
    """

    subject: Subject
    answers: NDArray[Any] | None = None
    screened: Screened | None = None
    error: str = ""
    died: str = ""


@dataclass(frozen=True)
class Judgement:
    """A batch, its truth, and every subject's outcome."""

    batch: Batch
    truth: Reference
    outcomes: list[Outcome]

    @cached_property
    def binades(self) -> Binades:
        """The rows sorted by the binary exponent of their input, once for all subjects."""
        return Binades.of(self.batch)

    def extremes(self, screened: Screened) -> Extremes:
        """The worst errors of one of the outcomes, once for all subjects with the same answers."""
        if id(screened) not in self._extremes:
            self._extremes[id(screened)] = Extremes.of(screened, self.binades)
        return self._extremes[id(screened)]

    @cached_property
    def _extremes(self) -> dict[int, Extremes]:
        return {}


#: A subject, its answers, and the message where it raised.
Answered = tuple[Subject, NDArray[Any] | None, str]


class Clock:
    """Seconds by phase (framework, compile, oracle, judge, generation, search, certify) and verdicts made.

    A second goes to the innermost phase that is open and to no other, so the phases partition the time under the outermost one.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.verdicts = 0
        self.tally = Tally()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The seconds spent inside belong to `name`, except those of phases opened inside."""
        self._settle()
        self._open.append(name)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def move(self, seconds: float, source: str, to: str) -> None:
        """So many seconds of the phase `source`, which is open or was, belong to another."""
        self.seconds[source] -= seconds
        self.seconds[to] += seconds

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


#: FrameworkErrors that speak of the record or the framework's reach, not of the op (frameworks.expression): never a finding.
RECORD_ERRORS = ("DtypeMismatch", "ShapeMismatch", "Unsupported")


#: The share of a shard's own seconds that it searches; the rest proves and shrinks.
SEARCHING = 0.6


#: A batch of a campaign may cost the oracle so much beyond its vectorised tiers; what is left is counted as undecided.
CAPS = Caps(arb_effort=0.1, limit_rows=64, limit_effort=0.15)
#: Ball tests of one screen, of elements whose conditioning nobody knows: at equal eigenvalues, at the edge of a domain.
BALLS = 4
#: Rows that a trial remembers the truth of.
REMEMBERED = 16
#: A search that has less than so many seconds is in a hurry.
LITTLE = 8.0
#: Where a search has its own seconds, these caps end with it; but so many seconds of the clock are left to each batch; and to the proof of all
#: that a search in a hurry found.
LEAST_ORACLE, PROVING = 0.25, 10.0


class Trial:
    """One cell with its subjects, ready to run. Keeps no results; `clock` counts time and verdicts.

    searching: whether the search is on, whose seconds (`seconds`) end the oracle too.
    alone: every target in a process of its own. A subject whose process dies is out: it is called no more, every call of it raises
    FrameworkDied at once, and `deaths` holds its first death. peers: who is asked about findings alone.
    """

    def __init__(
        self,
        cell: Cell,
        subjects: Sequence[Subject],
        caps: Caps | None = None,
        *,
        alone: bool = False,
        until: float | None = None,
        seconds: float | None = None,
        clock: Clock | None = None,
        peers: Peers | None = None,
    ) -> None:
        self.cell = cell
        self.op = cell.record
        self.subjects = list(subjects)
        self.caps = caps or CAPS
        self.clock = clock or Clock()
        self.shapes = ShapeBudget()
        self.params = dict(cell.params)  # of the definition
        self.function = function_of(self.op, self.params, cell.order)
        self.alone = alone
        self.peers = peers or Peers(cell)
        self.seconds = seconds
        self._run_until = self._until = self._search_until = math.inf if until is None else until
        self._proof_until = math.inf
        self.searching = False
        self.deaths: dict[Subject, Death] = {}
        self.longest: defaultdict[Subject, float] = defaultdict(float)  # seconds of its longest call that came back
        self._died: Counter[Subject] = Counter()
        self._last: dict[Subject, str] = {}  # symptom of the death that the last call was
        self._lives = 1
        self._targets: dict[str, Target] = {}
        self._conditions: tuple[Batch, Conditions] | None = None
        self._rows: dict[tuple[Any, ...], tuple[Reference, Conditions]] = {}

    @cached_property
    def format(self) -> Any:
        from fuzzer.formats import format_named

        return format_named(self.cell.dtype)

    def framework(self, subject: Subject) -> Framework:
        return framework_for(self.target(subject), alone=self.alone)

    def target(self, subject: Subject) -> Target:
        """The subject's, read once."""
        if subject.target not in self._targets:
            self._targets[subject.target] = target_named(subject.target)
        return self._targets[subject.target]

    def job(self, subject: Subject) -> Job:
        return Job(self.op, subject.implementation, dict(self.cell.params), self.cell.order)

    def ordered(self, batch: Batch) -> Batch:
        """The batch with its inputs in the op's order, which calls and definitions take by position. Raises ValueError for other inputs."""
        return batch.ordered(self.function.inputs)

    def held_to(self, definition: str, constants: Mapping[str, Any], *, differentiate: bool = True) -> Trial:
        """A trial whose truth is another definition, of the same inputs and params and these constants; its verdicts are nobody's. Without
        differentiate its outputs are the derivative themselves."""
        other = copy.copy(self)
        other.op = replace(self.op, definition=definition)
        other.params = {**self.params, **constants}
        function = function_of(other.op, other.params, self.cell.order)
        other.function = function if differentiate else replace(function, order="value")
        other.clock, other._conditions, other._rows = Clock(), None, {}
        return other

    def standard(self, batch: Batch) -> Standard:
        """The standard for the length of this batch's vectors."""
        return standard_for(self.op, self.cell.order, self.format, chain_of(self.op, batch.inputs))

    def run(self, batch: Batch, *, within: Placement | None = None, per_call: int = 0) -> Judgement:
        """Evaluates every subject on the batch and judges every element.

        within: each row in a framework call of its own, placed so. per_call: so many rows in a call (frameworks that compile per shape get
        all of them in one, unless it is the least of their shapes). Neither: one call. Subjects of compiled modes are left out where
        the shape is one too many.
        """
        batch = self.ordered(batch)
        purpose: Purpose = "search" if within is None else "place"
        placed = 0 if within is None else within.length
        answers: list[Answered] = []
        for subject in self.subjects:
            if self.shapes.admits(subject, batch, purpose, placed):
                answers.append(self.called(subject, partial(self._answers, subject, batch, within, per_call)))
            else:
                answers.append((subject, None, ""))
        return self.judge(batch, answers)

    def called(self, subject: Subject, answers: Callable[[], NDArray[Any]]) -> Answered:
        """What its calls answer, or the message of a FrameworkError."""
        with self.clock.phase("framework"):
            try:
                return subject, answers(), ""
            except FrameworkError as error:
                return subject, None, str(error)

    @contextmanager
    def _compiling_apart(self, framework: Framework) -> Iterator[None]:
        """The seconds that the framework compiles inside belong to the phase compile."""
        before = _compile_seconds(framework)
        try:
            yield
        finally:
            took = _compile_seconds(framework) - before
            self.clock.move(took, "framework", "compile")
            if self.seconds is not None:  # as starting is not
                self._search_until = min(self._run_until, self._search_until + took)
                self._until = min(self._run_until, self._until + took)

    def _answers(self, subject: Subject, batch: Batch, within: Placement | None, per_call: int) -> NDArray[Any]:
        if within is not None:
            rows = [self.call(subject, batch.take(slice(i, i + 1)), within) for i in range(batch.rows)]
            return np.stack([row[within.position] for row in rows])
        if not per_call or not (self.framework(subject).lengths is None or self._has_shape(subject, per_call)):
            return self.call(subject, batch)
        starts = range(0, batch.rows, per_call)
        return np.concatenate([self.call(subject, batch.take(slice(start, start + per_call))) for start in starts])

    def _has_shape(self, subject: Subject, rows: int) -> bool:
        """Whether calls of so many rows are of a shape that is compiled in any case."""
        return self.target(subject).mode == "eager" and rows == EAGER_ROWS[0]

    def call(self, subject: Subject, batch: Batch, placement: Placement | None = None) -> NDArray[Any]:
        """One call of the subject's framework, inside the clock's phase `framework`: the batch, or its one row placed; the time that it
        compiled is counted apart. Raises FrameworkError; FrameworkDied where it dies, or is out."""
        if self.is_out(subject):
            death = self.deaths[subject]
            self._last[subject] = death.symptom
            raise FrameworkDied(death.message, death.symptom)
        self._last[subject] = ""
        framework = self.framework(subject)
        if isinstance(framework, Hosted):
            framework.start()  # whatever it takes, it is not the call's time
        began = time.perf_counter()
        try:
            with self._compiling_apart(framework):
                answers = self.attempt(subject, batch, placement)
        except FrameworkDied as died:
            self.deaths.setdefault(subject, Death(died.symptom, str(died), batch, placement))
            self._died[subject] += 1
            self._last[subject] = died.symptom
            raise
        self.longest[subject] = max(self.longest[subject], time.perf_counter() - began)
        return answers

    def attempt(self, subject: Subject, batch: Batch, placement: Placement | None = None) -> NDArray[Any]:
        """Like `call`, of a subject that may be out, and whose death is not remembered."""
        framework, job, batch = self.framework(subject), self.job(subject), self.ordered(batch)
        with calling(hosted=isinstance(framework, Hosted)):
            if placement is None:
                return framework.evaluate(job, batch)
            return framework.evaluate_placed(job, batch, placement)

    def begin(self) -> None:
        """The shard's own seconds count from here: what a framework takes to start, or to compile, is not theirs."""
        if self.seconds is not None:
            now = time.time()
            self._search_until = min(self._until, now + self.seconds * SEARCHING)
            self._until = min(self._until, now + self.seconds)

    @property
    def hurried(self) -> bool:
        """Whether its search has little time."""
        return self.seconds is not None and self.seconds < LITTLE

    @property
    def run_over(self) -> bool:
        """Whether the time of the run is over."""
        return time.time() >= self._run_until

    @property
    def seconds_left(self) -> float:
        """Of the run."""
        return self._run_until - time.time()

    @property
    def late(self) -> bool:
        """Whether the time of the run, or of the shard, is over."""
        return time.time() >= self._until

    @property
    def search_over(self) -> bool:
        """Whether no more is searched: what is left of a shard's own time is for what was found."""
        return time.time() >= self._search_until

    @property
    def oracle_until(self) -> float:
        """When the oracle begins no further row beyond its vectorised tiers."""
        if not self.searching or self.seconds is None:
            return self._proof_until
        return max(self._search_until, time.time() + LEAST_ORACLE)

    def _caps_now(self) -> Caps:
        return replace(self.caps, until=self.oracle_until)

    @contextmanager
    def searched(self) -> Iterator[None]:
        """The search is on inside."""
        self.searching = True
        try:
            with self.clock.phase("search"):
                yield
        finally:
            self.searching = False

    @contextmanager
    def proving(self) -> Iterator[None]:
        """What was found is proved inside, whatever it takes; after a search in a hurry within PROVING seconds of the oracle's slow tiers."""
        self._proof_until = time.time() + PROVING if self.hurried else math.inf
        self._rows.clear()  # what the search had no time to learn of a row is not what the proof is held to
        with self.clock.phase("certify"), ending(self._proof_until):
            yield

    def is_out(self, subject: Subject) -> bool:
        """Whether the subject died as often as it may."""
        return self._died[subject] >= self._lives

    def end_hosts(self, subjects: Iterable[Subject]) -> None:
        """Ends the processes that the targets of these subjects run in; their memory is wanted for the next shard."""
        for target in {subject.target for subject in subjects}:
            framework = framework_for(target_named(target), alone=self.alone)
            if isinstance(framework, Hosted):
                framework.end()

    def revive(self, lives: int) -> None:
        """Lets every subject die `lives` times more before it is out, for what certifies its findings starts its process anew."""
        self._lives = max(self._died.values(), default=0) + lives

    def run_placed(self, batch: Batch, subject: Subject, placement: Placement, purpose: Purpose = "proof") -> Judgement:
        """One row, placed, through one subject: the judgement has a row per position."""
        batch = self.ordered(batch)
        answered: Answered = (subject, None, "")
        if self.shapes.admits(subject, batch, purpose, placement.length):
            answered = self.called(subject, partial(self.call, subject, batch, placement))
        given = answered[1]
        truth, known = self._row(batch, [] if given is None else _distinct(given))
        repeated = truth.take(np.zeros(placement.length, np.int64))
        return self.judge(
            batch.repeat(placement.length), [answered], repeated, Alike(known, np.zeros(placement.length, np.int64))
        )

    def _row(self, row: Batch, answers: list[NDArray[Any]]) -> tuple[Reference, Conditions]:
        """The truth, as sharp as the answers need, and the conditions of a batch of one row; the last few rows are remembered, for a finding is
        tried in many places and by many subjects."""
        key = tuple((name, values.shape, values.tobytes()) for name, values in row.inputs.items())
        truth, known = self._rows.pop(key, (None, None))
        if truth is None or not truth.accepts.all() or needs_more(answers, truth, self.format, self.standard(row)).any():
            truth = self.truth(row, answers)
        known = known or self._conditions_of(row, row.exact(), truth.shape[1])
        self._rows[key] = truth, known
        while len(self._rows) > REMEMBERED:
            self._rows.pop(next(iter(self._rows)))
        return truth, known

    def truth(self, batch: Batch, answers: list[NDArray[Any]], *, settle: bool = False) -> Reference:
        """The oracle's answer, as sharp as the answers need; settle: to say that none is a finding, not whether it is right."""
        standard, fmt = self.standard(batch), self.format
        inputs = batch.exact()
        with self.clock.phase("judge"):
            answers = _different(answers)

        with self.clock.phase("oracle"):
            climb = oracle.ask(Question(self.function, inputs, fmt.precision, self._caps_now(), self.clock.tally))
            known = self._conditions_of(batch, inputs, climb.reference.shape[1])
            bounds = [self.clock.phase("oracle")(bound) for bound in ((known.least, known.sharper) if settle else ())]
            while climb.goes_on:
                rows = climb.rows
                with self.clock.phase("judge"):
                    least = [of_those(bound, rows) for bound in bounds]
                    asked = answers if len(rows) == batch.rows else [given[rows] for given in answers]  # all, as they stand
                    needed = needs_more(asked, climb.sharpened, fmt, standard, least)
                climb.sharpen(needed)
        return climb.reference

    def amplified(self, row: Batch, output: int) -> Any:
        """sum_j |x_j d_j f| of an output of a batch of one finite row, as the op's errors are measured; nan where unknown. Of binary64 in extended
        precision."""
        normwise = self.op.whole == "all"
        found = amplification(self.function, row.exact(), np.array([output]), self.format.precision, normwise=normwise)
        return found[0]

    def modulus(self, row: Batch, output: int) -> float:
        """What an output of a batch of one row is measured against beside itself (screen.moduli); 0 where nothing is."""
        whole = self.standard(row).whole
        if not whole:
            return 0.0
        return float(moduli(self.truth(row, []).value, whole, self.format)[0, output])

    def judge(
        self, batch: Batch, answers: list[Answered], truth: Reference | None = None, known: Conditions | None = None
    ) -> Judgement:
        """The judgement of given answers (None where the framework raised or was not asked)."""
        batch = self.ordered(batch)
        standard, fmt = self.standard(batch), self.format
        if truth is None:
            truth = self.truth(batch, [given for _, given, _ in answers if given is not None], settle=True)
        inputs = batch.exact()
        known = known or self._conditions_of(batch, inputs, truth.shape[1])
        asked = (known.amplification, known.likely, known.least, known.sharper)
        conditions, likely, *least = map(self.clock.phase("oracle"), asked)
        with self.clock.phase("judge"):
            subnormal = self._subnormal_rows(inputs)
            directions = _magnitudes(inputs)
            yard = yardstick(truth, fmt, standard.ulps)
            known.beside_is(yard.ulp / (2 * fmt.unit_roundoff))

        flushed_truth: Reference | None = None
        read = np.zeros(truth.shape[0], np.bool_)

        def flushed(rows: NDArray[np.int64]) -> Reference:
            nonlocal flushed_truth
            flushed_truth = flushed_truth or Reference.unknown(*truth.shape)
            fresh = rows[~read[rows]]
            if len(fresh):
                zeroed = {
                    n: np.where(np.abs(v[fresh]) < fmt.min_normal, np.copysign(0.0, v[fresh]), v[fresh])
                    for n, v in inputs.items()
                }
                with self.clock.phase("oracle"):
                    first, back = alike(zeroed)
                    different = {name: values[first] for name, values in zeroed.items()}
                    found = oracle.reference(self.function, different, precision=fmt.precision, caps=self._caps_now()).take(back)
                found.accepts[...] |= kinds_by_contract(self.op, zeroed, self.cell.order)[:, np.newaxis]
                flushed_truth.put(fresh, found)
                read[fresh] = True
            return flushed_truth.take(rows)

        overflow = Overflow(self.function, inputs, truth.shape[1], fmt, partial(self._lower, inputs))
        excused = self.clock.phase("oracle")(overflow.excused)
        proved = self.clock.phase("oracle")(partial(self._proved, inputs, truth, standard))
        outcomes: list[Outcome] = []
        seen: list[tuple[NDArray[Any], object, Screened]] = []
        for subject, given, message in answers:
            if given is None:
                outcomes.append(Outcome(subject, error=message, died=self._last.get(subject, "") if message else ""))
                continue
            framework = self.framework(subject)
            # The policy is measured once in a process, by calls of the framework.
            with self.clock.phase("framework"), self._compiling_apart(framework), calling(hosted=isinstance(framework, Hosted)):
                policy = flush_policy(self.target(subject), self.cell.dtype, self.alone)
            self.clock.verdicts += given.size
            # Many calls of a framework end in one kernel: what has the same bits, held to the same, has the same verdicts.
            held_to = (policy, framework_of(subject.target) if self.cell.order != "value" else "")
            with self.clock.phase("judge"):
                known_as = next((s for other, to, s in seen if to == held_to and _same_bits(other, given)), None)
            if known_as is not None:
                outcomes.append(Outcome(subject, given, known_as))
                continue
            with self.clock.phase("judge"):
                contract = accepted_by_contract(self.op, batch, given, self.cell.order)
                if (
                    contract is not None and policy.inputs and subnormal.any()
                ):  # the record says what is right at the zeros that are read
                    as_read = Batch(batch.dtype, {n: _zeroed(v, fmt) for n, v in batch.inputs.items()})
                    read_so = accepted_by_contract(self.op, as_read, given, self.cell.order)
                    contract = contract if read_so is None else contract | read_so
                signs = wrong_zero_signs(self.op, batch, given, self.cell.order)
                held = documented(self.op, batch, given.shape[1], self.cell.order, framework_of(subject.target))
                answered = on_one_side(self.op, batch, given, truth.value, self.cell.order)
                found = screen(
                    answered, truth, fmt, standard, conditions, policy, subnormal, flushed, contract, signs, yard, held, least, directions,
                    likely, excused, proved,
                )  # fmt: skip
            seen.append((given, held_to, found))
            outcomes.append(Outcome(subject, given, found))
        return Judgement(batch, truth, outcomes)

    def _lower(self, inputs: dict[str, NDArray[np.float64]], order: str, rows: NDArray[np.int64]) -> Reference:
        """The truth at a lower order of rows with these inputs."""
        function = function_of(self.op, self.params, order)
        taken = [*function.inputs, *([COTANGENT] if order == "grad" and COTANGENT in inputs else [])]
        some = {name: inputs[name][rows] for name in taken}
        return oracle.reference(function, some, precision=self.format.precision, caps=self._caps_now())

    def _proved(
        self, inputs: dict[str, NDArray[np.float64]], truth: Reference, standard: Standard, rows: NDArray[np.int64],
        outs: NDArray[np.int64], answers: NDArray[np.float64],
    ) -> NDArray[np.uint8]:  # fmt: skip
        """The classes that the ball test proves of the first few of these elements, whose errors are surely beyond T."""
        classes = np.full(len(rows), Class.undecided, np.uint8)
        sizes = (
            moduli(truth.value[rows], standard.whole, self.format) if standard.whole else np.zeros((len(rows), truth.shape[1]))
        )
        for place, (row, output) in enumerate(zip(rows.tolist()[:BALLS], outs.tolist(), strict=False)):
            single = {name: values[row] for name, values in inputs.items()}
            near = float(truth.value[row, output] + truth.low[row, output])
            classes[place] = certify(
                self.function, single, output, float(answers[place]), near, self.format, standard, math.inf, Class.unstable,
                float(sizes[place, output]),
            )  # fmt: skip
        return classes

    def _conditions_of(self, batch: Batch, inputs: dict[str, NDArray[np.float64]], outputs: int) -> Conditions:
        """Of the batch asked last they are kept."""
        if self._conditions is None or self._conditions[0] is not batch:
            self._conditions = (batch, self.conditions(inputs, outputs))
        return self._conditions[1]

    def conditions(self, inputs: dict[str, NDArray[np.float64]], outputs: int) -> Conditions:
        """The conditions of rows with these inputs, nothing of which is known yet."""
        normwise = self.op.whole == "all"
        return Conditions(self.function, inputs, outputs, self.format.precision, normwise=normwise, until=self.oracle_until)

    def _subnormal_rows(self, inputs: dict[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
        rows = np.zeros(len(next(iter(inputs.values()))), np.bool_)
        for values in inputs.values():
            small = (np.abs(values) < self.format.min_normal) & (values != 0)
            rows |= small.reshape(len(rows), -1).any(axis=1)
        return rows


def _zeroed(values: NDArray[Any], fmt: Any) -> NDArray[Any]:
    """The numbers, subnormal ones as zeros of their sign."""
    exact = values.astype(np.float64)
    return np.where(np.abs(exact) < fmt.min_normal, np.copysign(0.0, exact), exact).astype(values.dtype)


def _magnitudes(inputs: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Per row the largest magnitudes of its cotangent and tangent, multiplied; 1 where it has none."""
    product = np.ones(len(next(iter(inputs.values()))))
    for name in DIRECTIONS:
        if name in inputs:
            with np.errstate(over="ignore"):
                product = product * np.abs(inputs[name]).reshape(len(product), -1).max(axis=1)
    return product


def _compile_seconds(framework: Framework) -> float:
    """0 for a plugin's framework that does not count them."""
    return float(getattr(framework, "compile_seconds", 0.0))


def _different(answers: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Without those that are another's to the bit."""
    found: list[NDArray[Any]] = []
    for given in answers:
        if not any(_same_bits(given, other) for other in found):
            found.append(given)
    return found


#: Of long answers every so many numbers are compared first: others differ there already.
STEP = 61


def _same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two answers are the same to the bit; -0 is not 0, nor a NaN another."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    kind = np.dtype(f"u{a.dtype.itemsize}")
    one, two = (np.ascontiguousarray(v).view(kind).reshape(-1) for v in (a, b))
    return bool((one[::STEP] == two[::STEP]).all() and (one == two).all())


def _distinct(given: NDArray[Any]) -> list[NDArray[Any]]:
    """The different rows among the answers at all positions, each as a batch of one."""
    raw = np.ascontiguousarray(given).view(np.uint8).reshape(len(given), -1)
    return [given[i : i + 1] for i in np.sort(np.unique(raw, axis=0, return_index=True)[1])[:8]]
