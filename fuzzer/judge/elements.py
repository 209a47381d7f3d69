"""Elements: the elements of a batch that may hold an error, and the verdicts of the judge's steps on them until now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.contract import (
    DocumentedGradient,
    accepted_by_contract,
    documented,
    wrong_zero_signs,
)
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows, Sizes
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import Array, doubles
from ulpfuzz.fuzzer.judge.verdict import Verdicts
from ulpfuzz.oracles.reference import Reference

#: (rows, outputs) of elements, as numpy.nonzero gives them.
Places = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Claims:
    """What record and page say about a target's answers, shape (rows, outputs); None: they say nothing."""

    #: Answers that the record accepts whatever the limit says.
    accepted: Mask | None
    #: Zeros of the wrong sign (contract.wrong_zero_signs), inaccurate by 0 ulps where nothing else is wrong with them.
    zero_signs: Mask | None
    #: What the framework documents where there is no derivative.
    conventions: DocumentedGradient | None

    @classmethod
    def of(cls, answers: NDArray[Any], rule: Rule, evidence: Evidence, policy: Policy) -> Claims:
        """The claims about the answers to a whole batch."""
        batch = evidence.batch
        accepted = accepted_by_contract(rule.op, batch, answers, rule.order)
        if accepted is not None and policy.flush.inputs and evidence.subnormal_rows.any():
            # The record says what is right at the zeros that are read.
            as_read = accepted_by_contract(rule.op, batch.flushed(), answers, rule.order)
            accepted = accepted if as_read is None else accepted | as_read
        return cls(
            accepted,
            wrong_zero_signs(rule.op, batch, answers, rule.order),
            documented(rule.op, batch, answers.shape[1], rule.order, policy.framework),
        )

    def masks(self) -> list[Mask]:
        """The masks that are not None."""
        held = None if self.conventions is None else self.conventions.held
        return [mask for mask in (self.accepted, self.zero_signs, held) if mask is not None]

    def take(self, rows: Rows) -> Claims:
        """The claims about these rows."""
        return Claims(
            None if self.accepted is None else self.accepted[rows],
            None if self.zero_signs is None else self.zero_signs[rows],
            None if self.conventions is None else self.conventions.take(rows),
        )


@dataclass
class Elements:
    """Arrays of shape (rows, outputs), for the rows `rows` of the batch."""

    rows: Rows
    #: The answers as doubles, those that differ across a branch cut by their sign on the truth's side.
    answers: Array
    reference: Reference
    claims: Claims
    #: |answer - y|, its uncertainty and the ulp of the format at y, in absolute terms; meaningless where the truth is no number.
    far: Array
    unsure: Array
    ulp: Array
    #: The error in ulps, nan where nothing is said, and the verdicts.
    verdicts: Verdicts
    #: Right, or wrong, whatever the ulps.
    right: Mask
    wrong: Mask
    #: The right answer is unknown.
    unknown: Mask
    #: Answers that a flush-to-zero policy explains.
    flushed: Mask
    #: Wrong as far as the steps until now know.
    suspects: Mask
    #: Infinite parts of a complex number that is an infinity, where the part has a finite value.
    half_infinite: Mask
    #: Infinite derivatives with an exact result inside the format, of a function that itself overflows, or may.
    of_overflow: Mask

    @classmethod
    def of(cls, answers: NDArray[Any], claims: Claims, evidence: Evidence, rows: Rows) -> Elements:
        """The elements of these rows, before the first step. answers, claims: of the whole batch."""
        far, unsure, ulp = evidence.error(answers)[rows], evidence.scale.radius[rows], evidence.scale.ulp[rows]
        with np.errstate(all="ignore"):
            verdicts = Verdicts.none(far / ulp)
        masks = [np.zeros(far.shape, np.bool_) for _ in range(7)]  # right to of_overflow
        return cls(
            rows, doubles(answers)[rows], evidence.reference.take(rows), claims.take(rows), far, unsure, ulp, verdicts, *masks
        )

    def in_batch(self, places: Places) -> tuple[Rows, Rows]:
        """(rows, outputs) of these elements in the batch."""
        return self.rows[places[0]], places[1]


@dataclass
class Numbers:
    """The suspects that are no wrong kinds, one after the other; an overflow counts as W, near which conditioning explains it as it would explain a
    number."""

    #: (rows, outputs) among the elements.
    places: tuple[Rows, Rows]
    answers: Array
    value: Array
    far: Array
    ulp: Array
    #: Half an ulp, in extended precision: half of the least number is none of binary64's.
    half: Sizes
    amplification: Sizes
    #: The truth is beyond the format.
    beyond: Mask

    @property
    def top(self) -> Array:
        """|y|."""
        return np.abs(self.value)
