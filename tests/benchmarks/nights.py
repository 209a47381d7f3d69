"""Nights: several nights one after another in one database, each with a seed of its own, as a user starts them.

What a night announces as new must be new: no night may announce a defect twice, nor one that shows a finding that a night before has stored. And it
must become less from night to night. `python -m tests.benchmarks.nights --nights 10 --budget 10m` prints a line per night beside the figures;
what else is given (`--targets torch`) goes to each night, and the bench of that name takes DEFAULTS.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.earlier import REPLAY_SHARE
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.defects.history import ANNOUNCED
from ulpfuzz.fuzzer.findings.store import Store

#: Twenty ops whose defects differ from framework to framework.
OPS = "exp,log1p,expm1,softplus,gelu,sigmoid,erfinv,lgamma,digamma,tan,sinh,atanh,logsumexp,softmax,log_softmax,logaddexp,norm,var,kl_div,i0"
#: How many nights, the budget of each, and its ops.
DEFAULTS = (10, "30s", OPS)
#: How far a night may go beyond its budget, as a share of it.
BEYOND = 0.05


@dataclass(frozen=True)
class Night:
    """What one night said."""

    #: The seed it had.
    seed: int
    #: Ids of the defects that it announces as new.
    new: tuple[str, ...]
    #: Of these, those that have a finding that a night before has stored.
    seen: tuple[str, ...]
    #: Defects and findings that it shows.
    defects: int
    findings: int
    #: Findings that were due to be run again, and that were.
    due: int
    again: int
    #: Seconds of the run, of the workers in replay, and of the whole command.
    seconds: float
    replay: float
    wall: float

    @property
    def line(self) -> str:
        return (
            f"seed {self.seed}: {len(self.new)} new of {self.defects} defects, {self.findings} findings; {self.seconds:.0f} s, with the report "
            f"{self.wall:.0f} s; {self.again} of {self.due} findings run again in {self.replay:.1f} worker seconds"
        )


def nights(count: int, common: Sequence[str], url: str, out: Path) -> Iterator[Night]:
    """So many nights, of seeds 1, 2, ..., in the database of that URL. common: the options that all have."""
    stored: set[str] = set()
    for seed in range(1, count + 1):
        began = time.monotonic()
        command = ["nightly", *common, "--seed", str(seed), "--out", str(out), "--db", url, "--json"]
        told = json.loads(_ulpfuzz(*command))
        wall = time.monotonic() - began
        lines = json.loads(_ulpfuzz("defects", told["run"], "--new", "--limit", "0", "--json", "--db", url))
        with Store(url, create=False) as store:
            now = {finding.id for finding in store.findings(told["run"])}
            replayed = store.run(told["run"]).environment.get("replayed", {})
        new = {line["id"]: {*line["members"]} & now for line in lines if line["status"] in ANNOUNCED}
        seen = tuple(name for name, members in new.items() if members & stored)
        stored |= now
        yield Night(
            seed, tuple(new), seen, told["defects"]["total"], told["findings"]["total"], replayed.get("due", 0), replayed.get("reached", 0),
            told["seconds"], told["by_phase"].get("rerun", 0.0), wall,
        )  # fmt: skip


def _ulpfuzz(*arguments: str) -> str:
    """What the command prints. Raises RuntimeError where it ends with an error; exit status 1 says that something is new."""
    done = subprocess.run([sys.executable, "-m", "ulpfuzz", *arguments], capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
    return done.stdout


def measured(seen: Sequence[Night], budget: str, workers: int) -> Iterator[Measure]:
    """The figures of nights that are over."""
    counts = [len(night.new) for night in seen]
    names = [name for night in seen for name in night.new]
    third = max(1, len(counts) // 3)
    detail = {f"night {number}": float(count) for number, count in enumerate(counts, 1)}
    yield Measure("nights: defects announced twice", len(names) - len(set(names)), "defects", 1, "<", detail)
    yield Measure(
        "nights: announced as new though a night before has a finding of it", sum(len(n.seen) for n in seen), "defects", 1, "<"
    )
    last, first = sum(counts[-third:]), sum(counts[:third])
    yield Measure("nights: new of the last third, of those of the first", last / max(1, first), "share", 1.0, "<")
    again = [night.again for night in seen if night.due]
    if again:
        yield Measure("nights: findings run again, in the night with fewest", min(again), "findings", 1, ">=")
    seconds = Budget.parse(budget).seconds
    if seconds is not None:
        yield Measure(
            "nights: seconds beyond the budget, at most", max(n.seconds for n in seen) / seconds - 1, "share", BEYOND, "<"
        )
        replay = max(n.replay for n in seen) / (seconds * workers)
        yield Measure("nights: replay, at most", replay, "share of the workers' time", REPLAY_SHARE + 0.01, "<")


def measures(
    count: int = DEFAULTS[0], budget: str = DEFAULTS[1], ops: str = DEFAULTS[2], *, options: Sequence[str] = ()
) -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        seen = []
        common = ["--ops", ops, "--budget", budget, *options]
        for night in nights(count, common, f"sqlite:///{Path(folder, 'nights.db')}", Path(folder, "report")):
            print(night.line, file=sys.stderr, flush=True)
            seen.append(night)
        yield from measured(seen, budget, Settings(Budget.parse(budget)).workers)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.nights", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    for name, default in zip(("nights", "budget", "ops"), DEFAULTS, strict=True):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    chosen, options = parser.parse_known_args()
    for measure in measures(chosen.nights, chosen.budget, chosen.ops, options=options):
        print(measure.line(), flush=True)


if __name__ == "__main__":
    main()
