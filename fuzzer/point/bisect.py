"""Bisect: the release of a framework that brought a defect or mended it, by a binary search with a verdict on the defect's own bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.config import Config, Spec, config, declare, forget
from ulpfuzz.fuzzer.frameworks.targets.target import forget as end_hosts
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.judge.verdict import Symptom
from ulpfuzz.fuzzer.point.reproduce import CALL_TIMEOUT, reproduce

#: skip: the release cannot be judged (no wheel for this Python, the import fails, the call is missing, the oracle does not decide).
Word = Literal["bad", "good", "skip"]
#: Symptoms of a call that gave no answer; where the defect is another, they say nothing of it.
_SILENT = ("exception", "crash", "hang")
#: What a call raises that a release does not have.
_MISSING = ("AttributeError", "ImportError", "ModuleNotFoundError", "NotImplementedError", "Unsupported")


@dataclass(frozen=True)
class Tried:
    """A release and what it did at the defect's bits. answer, answer_hex, ulps, class_, symptom are those of that release (nan and "" where
    there is none); message: one line."""

    release: str
    word: Word
    answer: float = math.nan
    answer_hex: str = ""
    ulps: float = math.nan
    class_: str = ""
    symptom: str = ""
    message: str = ""


@dataclass(frozen=True)
class Bisection:
    """What a search found.

    change: "brought" where `before` is good and `after`, the next judged release, is bad; "mended" the other way round; "" where the first and
    the last judged release are alike, or nothing could be judged. between: releases between the two that cannot be judged: the change may
    be in any of them. tried: the releases that were judged, in their own order.
    """

    change: Literal["brought", "mended", ""]
    before: str
    after: str
    between: tuple[str, ...]
    tried: tuple[Tried, ...]


def bisected(releases: Sequence[str], judge: Callable[[str], Tried]) -> Bisection:
    """Searches a rising list of releases, judging each at most once.

    The ends come first, moved inwards past what cannot be judged; where they differ, the middle of what is left, as `git bisect` does: one that
    cannot be judged is left out and the nearest to the middle is next. Of several changes it finds one, and it is a true one: `before` and
    `after` were both judged.
    """
    known: dict[int, Tried] = {}

    def word(at: int) -> Word:
        if at not in known:
            known[at] = judge(releases[at])
        return known[at].word

    def result(change: Literal["brought", "mended", ""], low: int, high: int) -> Bisection:
        names = (releases[low], releases[high]) if change else ("", "")
        between = tuple(releases[low + 1 : high]) if change else ()
        return Bisection(change, *names, between, tuple(known[at] for at in sorted(known)))

    high = next((at for at in reversed(range(len(releases))) if word(at) != "skip"), -1)
    low = next((at for at in range(high) if word(at) != "skip"), high)
    if low == high or word(low) == word(high):
        return result("", low, high)
    change: Literal["brought", "mended"] = "brought" if word(high) == "bad" else "mended"
    # Invariant: low and high were judged and differ.
    while candidates := [at for at in range(low + 1, high) if at not in known]:
        middle = min(candidates, key=lambda at: abs(2 * at - low - high))
        if word(middle) == "skip":
            continue
        if word(middle) == word(low):
            low = middle
        else:
            high = middle
    return result(change, low, high)


def tried(finding: Finding, release: str, python: str) -> Tried:
    """What a finding does in the framework of that interpreter, in a host of its own, judged as `repro` judges. Never raises for what the
    release does or lacks: it is a skip then."""
    place, colon, rest = finding.target.partition(":")
    target = target_named(f"{place.partition('@')[0]}{colon}{rest}")  # the host where it was found need not be known any more
    name = f"bisect-{release}"
    before = config()
    spec = Spec(name, target.framework, target.device, target.mode, python, where="bisect")
    try:
        declare(Config({**before.specs, name: spec}, before.default))
        there = replace(target, host=name)
        now = reproduce(replace(finding, target=str(there)), case_timeout=float(finding.case.get("patience", CALL_TIMEOUT)))
    except (UserError, FrameworkError, ValueError) as error:
        return Tried(release, "skip", message=" ".join(str(error).split()))
    finally:
        end_hosts()
        forget()
        if before.specs or before.default:
            declare(before)
    told = now.now
    word: Word = "bad" if now.still_fails else "good" if told.class_ in ("ok", "ill_conditioned") else "skip"
    message = now.message
    if told.symptom in _SILENT and (told.symptom != finding.symptom or told.note.startswith(_MISSING)):
        word, message = "skip", f"the call gives no answer: {told.note or Symptom[told.symptom].name}"
    return Tried(release, word, told.output, told.output_hex, told.ulps, told.class_, told.symptom, " ".join(message.split()))
