"""at_once: targets in processes of their own start and answer at the same time, so that one that hangs keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.calls import Calls

T = TypeVar("T")


def at_once(calls: Calls, subjects: Sequence[Subject], called: Callable[[Subject], T]) -> list[T]:
    """`called` of every subject, in their order: those of different targets at once where each has a process of its own, else one after the
    other. Ctrl-C ends the processes."""
    if not calls.isolated:
        return [called(subject) for subject in subjects]
    of_target: dict[str, list[Subject]] = {}
    for subject in subjects:
        of_target.setdefault(subject.target, []).append(subject)
    pool = ThreadPoolExecutor(len(of_target))
    try:
        answered = list(pool.map(lambda same: [called(subject) for subject in same], of_target.values()))
    except BaseException:  # Ctrl-C: nobody waits for what hangs
        pool.shutdown(wait=False, cancel_futures=True)
        calls.end_hosts(subjects)
        raise
    pool.shutdown()
    given = dict(zip(of_target, map(iter, answered), strict=True))
    return [next(given[subject.target]) for subject in subjects]
