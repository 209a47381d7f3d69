"""Explained: a finding of a test as its reader needs it: its case shrunk to ordinary numbers, why it happens, what helps, within some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ulpfuzz.fuzzer.casework.advice.advise import advise
from ulpfuzz.fuzzer.casework.bench import Bench
from ulpfuzz.fuzzer.casework.diagnosis.diagnose import diagnose
from ulpfuzz.fuzzer.casework.simplest import WHOLE_CALL, simplest
from ulpfuzz.fuzzer.defects.case_file import Advice, Diagnosis
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.testing.assertion import Assertion
from ulpfuzz.fuzzer.testing.limit import BEYOND
from ulpfuzz.fuzzer.testing.ordinary import is_ordinary
from ulpfuzz.oracles.arithmetic.time_limit import ending

T = TypeVar("T")

#: Seconds for all of it: a search for a rewrite is ended then, which has LEAST in any case. What comes before it is bounded by counts.
SECONDS, LEAST = 3.0, 0.5
#: Points around the case, and everyday rows, that a rewrite is judged on.
POINTS = 256


@dataclass(frozen=True)
class Explained:
    """A finding, and what is known of it."""

    finding: Finding
    diagnosis: Diagnosis | None = None
    advice: tuple[Advice, ...] = ()


def explained(finding: Finding, assertion: Assertion, seconds: float = SECONDS) -> Explained:
    """The finding at its simplest case (among ordinary numbers, where the assertion is of these), with its diagnosis, and the rewrites of the same
    framework that were tried and help. What breaks on the way, or is not found in time, is left out: the finding stands without it."""
    until = time.monotonic() + seconds
    if finding.reason == BEYOND:
        return Explained(finding)
    with np.errstate(all="ignore"):
        simple = _or_none(lambda: simplest(finding)) or finding
        if assertion.inputs == "ordinary" and not is_ordinary(case_of(simple).batch()).all():
            simple = finding
        if simple.symptom in WHOLE_CALL:
            return Explained(simple)
        diagnosis = _or_none(lambda: diagnose(simple, Bench.of(simple)))
        with ending(max(until, time.monotonic() + LEAST)):
            advice = _or_none(lambda: advise(simple, POINTS, others=False))
    return Explained(simple, diagnosis, advice or ())


def _or_none(work: Callable[[], T]) -> T | None:
    """What the work gives; None where it breaks. A function under test may do anything when it is watched or called otherwise."""
    try:
        return work()
    except Exception:
        return None
