"""ShapeBudget: the number of shapes that subjects see in an evaluator where each is compiled: up to a second in a compiled mode, and in eager
JAX 10 to 40 ms for each op of a call, of which half is left where XLA's part is read back."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.cell import Subject
from ulpfuzz.fuzzer.frameworks.backends.modes import COMPILED, compiles_shapes
from ulpfuzz.fuzzer.frameworks.backends.padding import one_shape, padded_rows, rows_in
from ulpfuzz.fuzzer.frameworks.targets.target import target_named

#: What a call is for: the search; a place in a call (alone, replayed, or a peer's answer beside a finding); the proof of a finding. In a visit of
#: one shape what is replayed, and what peers answer, have purposes of their own.
Purpose = Literal["search", "place", "proof", "replay", "peer"]

#: Distinct shapes of a subject by purpose. The searches of a cell measured had one for each vector length, three or four in a round
#: and those of the cases replayed; rows alone and in a call of 64 have one more each. A proof must not fail for want of a shape, yet
#: a shard must end.
LIMITS: dict[Purpose, int] = {"search": 6, "place": 4, "proof": 12, "replay": 4, "peer": 4}
#: The same in a visit of one shape, the first that the search gives a subject. Cases that are replayed have shapes of their own, and so have the
#: findings of others that a peer answers.
ONE: dict[Purpose, int] = {"search": 1, "place": 0, "proof": 0, "replay": 4, "peer": 3}


class ShapeBudget:
    """Counts the shapes that each subject has seen; the same batches in the same order are admitted alike in every run.

    order: of the cell. one: a visit of one shape for each subject that compiles for every shape, eager ones too; set before the first batch.
    """

    def __init__(self, order: str = "value") -> None:
        self.order = order
        self.one = False
        self._seen: defaultdict[tuple[str, str], dict[tuple[tuple[int, ...], ...], Purpose]] = defaultdict(dict)

    def compiles(self, subject: Subject) -> bool:
        """Whether every shape costs the subject a compilation or a trace, at the order of the cell."""
        target = target_named(subject.target)
        return compiles_shapes(target.framework, target.mode, self.order)

    def only_length(self, subject: Subject, batch: Batch) -> int | None:
        """The rows of every call of the subject in a visit of one shape, for rows like these; None where it may have any number."""
        if not (self.one and self.compiles(subject)):
            return None
        return one_shape(batch)

    def admits(self, subject: Subject, batch: Batch, purpose: Purpose, placed: int = 0) -> bool:
        """Whether the subject may run this batch, or its rows in calls of `placed` rows: always where its mode does not compile or it
        has seen the shape, else while the purpose has shapes left."""
        target = target_named(subject.target)
        if target.mode not in COMPILED and not (self.one and self.compiles(subject)):
            return True
        rows = placed or padded_rows(batch.rows, rows_in(target.mode, batch))
        shape = tuple((rows, *values.shape[1:]) for values in batch.inputs.values())
        seen = self._seen[subject.target, subject.implementation.call]
        if shape in seen:
            return True
        if sum(of == purpose for of in seen.values()) >= (ONE if self.one else LIMITS)[purpose]:
            return False
        seen[shape] = purpose
        return True
