"""RowSource: who answers many rows, and how far their judge is wanted to go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.evaluation.evaluator import Evaluator
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.judge.judge import Judged
from ulpfuzz.fuzzer.proof.label import Element, Label

#: Gets the rows of a chunk, and what was judged of each subject there; None of one that did not answer.
Each = Callable[[NDArray[np.int64], list[Judged | None]], None]


@dataclass(frozen=True)
class Given:
    """What one subject answered to a chunk: an array (rows, outputs), None where it answers nothing; by position in the chunk the messages of rows at
    which it raised; positions that it was not asked for, and why it answers no more."""

    answers: Floats | None
    raised: dict[int, str] = field(default_factory=dict)
    missing: frozenset[int] = frozenset()
    error: str = ""


class RowSource(Protocol):
    """Who answers. The evaluator's subjects are they, in order."""

    @property
    def evaluator(self) -> Evaluator:
        """Judges the answers."""

    def answers(self, rows: NDArray[np.int64], batch: Batch) -> list[Given]:
        """Of every subject, to the batch of these rows."""

    def label(self, subject: Subject, element: Element) -> Label:
        """What a wrong answer of the subject is beside (proof.label)."""

    def refused(self, subject: Subject, row: Batch, message: str) -> str:
        """Why an exception at a batch of one row is a check of an argument; "" where it is none."""


@dataclass(frozen=True)
class Wanted:
    """How far to go."""

    #: The worst rows that are told whole.
    shown: int = 5
    #: Rows of each subject that are certified, the worst first; None: see MOST_PROOFS.
    proofs: int | None = None
    #: Called after every step with what was done ("judged", "certified"), to how many rows, and of how many.
    watch: Callable[[str, int, int], None] = lambda stage, done, rows: None
    #: A context in which Ctrl-C is a KeyboardInterrupt.
    keeping: Callable[[], AbstractContextManager[None]] = nullcontext
