"""`python -m tests.benchmarks [NAME,...]`: prints one JSON line per figure on standard output, a summary on standard error.

A bench measures: it exits 0 whether the goals hold or not. What does not hold says so in its line and in the summary.
"""

from __future__ import annotations

import importlib
import sys
import time

from ulpfuzz.fuzzer.frameworks.targets.target import prepare_environment

#: Modules of this folder, each with a function `measures`.
BENCHES = (
    "processes", "first_visits", "fuzz", "every_cell", "proof", "hangs", "speed", "overhead", "scaling", "tiers", "sweeps", "search",
    "recall", "baselines", "probed", "defects", "advice", "nights", "thousand", "traces",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    chosen = arguments[0].split(",") if arguments else BENCHES
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        print(f"unknown bench {unknown[0]!r}; valid: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    prepare_environment()
    start, missed, goals = time.perf_counter(), [], 0
    for name in chosen:
        for measure in importlib.import_module(f"tests.benchmarks.{name}").measures():
            print(measure.line(), flush=True)
            goals += measure.goal is not None
            if not measure.holds:
                missed.append(measure)
    print(f"{goals - len(missed)} of {goals} goals hold ({time.perf_counter() - start:.0f} s)", file=sys.stderr)
    for measure in missed:
        print(f"missed: {measure.bench}: {measure.value:.4g}, goal {measure.relation} {measure.goal:g}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
