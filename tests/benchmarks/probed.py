"""Probed: every recorded case, on its recorded bits, through the catalogue's call of the same API, judged as `ulpfuzz probe` judges.

Where a case is not a finding, it is not the search that missed it: the judge excuses it, the oracle cannot decide, or the catalogue has no such
call. Each case gives a line of JSON in the file of details (ULPFUZZ_PROBED, default probed.jsonl in the working folder): its id, what became of
it and why. Workers that have imported the frameworks once probe the cases; one that does not answer in time is ended, and the next starts. Records of
JAX without 64-bit numbers are of JAX as its users start it, so what the default target does not show is asked of `;x64=off` too.
"""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.connection
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from tests.benchmarks.expressed import Expressed, NotExpressibleError, expressed
from tests.benchmarks.known_defects import KnownDefect, listed
from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment
from ulpfuzz.fuzzer.point.answered import Answered, Probe
from ulpfuzz.fuzzer.point.probe import probe
from ulpfuzz.fuzzer.proof.label import COMPOSED

GOAL = 0.97
WORKERS = 2
#: Seconds of a case, compiling included: a vector of thousands of numbers takes a minute on a quiet machine, by two targets.
PATIENCE = 300.0
#: What may become of a case, the best first: a case is what the best of its answers is.
OUTCOMES = ("finding", "labelled", "undecided", "ill_conditioned", "ok", "hang", "not expressible", "broken")
#: The symptom of answers that are wrong together.
JOINT = "joint"


@dataclass(frozen=True)
class Probed:
    """What became of a case. outcome: of OUTCOMES. said: the symptom of a finding, or why it is none."""

    id: str
    outcome: str
    said: str
    api: str
    target: str
    order: str
    dtype: str
    op: str = ""
    params: str = ""
    call: str = ""
    output: str = ""
    truth: str = ""
    observed: str = ""
    ulps: str = ""
    excess: str = ""
    condition: str = ""
    command: str = ""
    seconds: float = 0.0


def measures() -> Iterator[Measure]:
    defects = listed()
    if not defects:
        return
    rows = sorted(probed(defects), key=lambda row: (OUTCOMES.index(row.outcome), row.id))
    path = Path(os.environ.get("ULPFUZZ_PROBED", "probed.jsonl"))
    path.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
    counts = Counter(row.outcome for row in rows)
    told = {outcome: float(counts[outcome]) for outcome in OUTCOMES}
    told["slowest_seconds"] = max(row.seconds for row in rows)
    yield Measure(
        "known defects probed on their own bits that are findings", counts["finding"] / len(rows), "share", GOAL, detail=told
    )


def probed(defects: list[KnownDefect], workers: int = WORKERS) -> Iterator[Probed]:
    """What became of each, as it becomes known."""
    waiting = sorted(defects, key=lambda defect: (defect.target, defect.record["id"]), reverse=True)
    running: dict[Connection, _Worker] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            worker = _Worker()
            running[worker.pipe] = worker
            worker.give(waiting.pop())
        for pipe in multiprocessing.connection.wait(list(running), timeout=1.0):
            worker = running[pipe]  # type: ignore[index]
            yield worker.answer()
            if worker.lives and waiting:
                worker.give(waiting.pop())
            else:
                worker.end()
                del running[worker.pipe]
        for worker in [w for w in running.values() if time.monotonic() - w.since > PATIENCE]:
            worker.end()
            del running[worker.pipe]
            yield _none(worker.defect, "hang", f"no answer within {PATIENCE:g} s")


class _Worker:
    """A process that probes one case after another."""

    def __init__(self) -> None:
        spawned = multiprocessing.get_context("spawn")
        self.pipe, far = spawned.Pipe()
        self.process = spawned.Process(target=_work, args=(far,), daemon=True)
        self.process.start()
        far.close()
        self.lives = True

    def give(self, defect: KnownDefect) -> None:
        self.defect, self.since = defect, time.monotonic()
        self.pipe.send(defect)

    def answer(self) -> Probed:
        try:
            return self.pipe.recv()  # type: ignore[no-any-return]
        except EOFError:
            self.lives = False
            return _none(self.defect, "hang", "the call ended its process")

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    prepare_environment()
    while True:
        try:
            defect = pipe.recv()
        except EOFError:
            return
        start = time.monotonic()
        row = _probed(defect)
        pipe.send(Probed(**{**asdict(row), "seconds": round(time.monotonic() - start, 3)}))


def _none(defect: KnownDefect, outcome: str, said: str) -> Probed:
    return Probed(defect.record["id"], outcome, said, defect.record["op"], defect.target, defect.order, defect.dtype)


def _probed(defect: KnownDefect) -> Probed:
    try:
        case = expressed(defect)
    except NotExpressibleError as error:
        return _none(defect, "not expressible", str(error))
    found = _answered(defect, case)
    if found.outcome != "finding" and defect.framework == "jax" and not defect.sixty_four:
        again = _answered(defect, replace(case, target=f"{case.target};x64=off"))
        found = min(found, again, key=lambda row: OUTCOMES.index(row.outcome))
    return found


def _answered(defect: KnownDefect, case: Expressed) -> Probed:
    try:
        answers = probe(case.op, case.dtype, case.inputs, case.params, case.order, case.target)
    except UserError as error:
        return _none(defect, "not expressible", str(error))
    except Exception as error:  # a bench counts what is broken and goes on
        return _none(defect, "broken", f"{type(error).__name__}: {error}")
    return _best(defect, case, answers)


def _best(defect: KnownDefect, case: Expressed, answers: Probe) -> Probed:
    """The best of the answers of the API's calls where the truth is the recorded one."""
    rows = []
    for answered in answers.targets:
        if answered.implementation in case.calls:
            rows.append(_row(defect, case, answers, answered, answered.worst if case.place is None else case.place))
    return min(rows, key=lambda row: OUTCOMES.index(row.outcome)) if rows else _none(defect, "not expressible", "no call was run")


def _row(defect: KnownDefect, case: Expressed, answers: Probe, answered: Answered, place: int) -> Probed:
    facts = {"output": "", "ulps": "", "excess": ""}
    if answered.error:
        outcome = "finding" if answered.raised.is_finding else "undecided"
        said = answered.symptom.name if outcome == "finding" else answered.reason
    else:
        outcome, said = _outcome(answered, place)
        facts = {name: f"{values[place]!r}" for name, values in
                 (("output", answered.outputs), ("ulps", answered.ulps), ("excess", answered.excess))}  # fmt: skip
    return Probed(
        defect.record["id"], outcome, said, defect.record["op"], case.target, defect.order, defect.dtype, case.op,
        json.dumps(case.params, default=str), answered.implementation, truth=answers.reference[place],
        observed=str(defect.record["observed"]), condition=f"{answers.condition!r}", command=_command(case), **facts,
    )  # fmt: skip


def _outcome(answered: Answered, place: int) -> tuple[str, str]:
    class_, label = answered.classes[place], answered.labels[place]
    if class_.is_finding:
        excused = label.name not in ("", COMPOSED)
        return ("labelled", f"{label.name}: {label.reason}") if excused else ("finding", answered.symptoms[place].name)
    jointly = [k for k in answered.failing if answered.symptoms[k].name == JOINT and not answered.labels[k].name]
    if jointly:  # no element alone accuses, all together do
        return "finding", JOINT
    return class_.name, answered.reason if place == answered.worst else class_.name


def _command(case: Expressed) -> str:
    """The same probe as a user types it."""
    given = json.dumps(case.inputs, default=str)
    order = "" if case.order == "value" else f" --orders {case.order}"
    params = f" --params '{json.dumps(case.params)}'" if case.params else ""
    command = f"ulpfuzz probe {case.op} --dtypes {case.dtype}{order}{params} --targets {case.target} --inputs '{given}'"
    return command if len(command) < 2000 else ""
