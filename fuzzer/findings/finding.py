"""Finding and Run: the nouns that the store keeps and the reports read. Plain data; JSON-ready fields."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.findings.target_cell import TargetCell

#: The lanes of a profile beside its binades, in place of an exponent: rows whose numbers are all zero, rows with an infinity, rows with a
#: NaN.
ZERO, INFINITE, NOT_A_NUMBER = -math.inf, math.inf, math.nan
#: c of the error model: excesses up to it are explained by conditioning (measured: true defects have 68 and more, all else 10.6
#: at most).
EXCESS_THRESHOLD = 16.0


@dataclass(frozen=True)
class Answer:
    """What one target answered at the finding's case, at the finding's worst element. ulps may be inf or nan."""

    target: str
    implementation: str
    output: float
    output_hex: str
    ulps: float
    class_: str
    symptom: str


@dataclass(frozen=True)
class Finding:
    """One defect of one implementation on one target: its minimal case, extent and history."""

    #: The stable slug.
    id: str
    #: Its name in the catalogue.
    op: str
    #: Of the cell, in the op's order.
    params: dict[str, Any]
    #: value, grad, jvp or grad2.
    order: str
    #: The format of inputs and outputs.
    dtype: str
    #: Its full name.
    target: str
    #: The call, as the catalogue writes it.
    implementation: str
    #: How it looks: precision, zero, wrong_sign, inf, nan, ... (judge.verdict.Symptom).
    symptom: str
    #: unstable or inaccurate.
    class_: str
    #: The error in ulps of the dtype; inf for wrong special values.
    ulps: float
    #: E of the error model.
    excess: float
    #: sum_j |x_j d_j f / f|.
    condition: float
    #: T in ulps; None where nobody publishes one.
    limit: float | None
    #: What findings are ranked by (judge.severity).
    severity: float
    #: {"dtype", "inputs": {name: hex or nested lists}, "placement": {"length","position","stride"}}; of symptom inconsistent also "right":
    #: {"placement", "output", "output_hex"}, another placement of the same bits and the right answer there, and "nth" where the answer of
    #: the nth equal call is meant (absent: the first).
    case: dict[str, Any]
    #: Index of the judged element in the flat output (C order; for grad: the gradients of the differentiable inputs in order, flattened and
    #: concatenated).
    worst: int
    #: The truth there, decimal, at least 20 digits (or nan, inf, -inf).
    reference: str
    #: The target's answer there.
    output: float
    #: Its C99 hex.
    output_hex: str
    #: Targets that got the same bits right.
    avoidable_by: list[str]
    #: "arb+mpmath", for example.
    certified_by: str
    #: Every target at the same bits.
    answers: list[Answer]
    #: {"share": of judged elements that fail like this, "count", "judged": the elements judged, "low", "high": the least and the greatest
    #: finite number of all inputs where seen, "inputs": {name: [low, high]} of each, nan where none is finite, "special": how many lie in a
    #: row with an infinity or a NaN}.
    extent: dict[str, Any] = field(default_factory=dict)
    #: [[exponent, worst ulps, worst excess, count], ...], rising, by the exponent of the row's number farthest from 1, over all inputs,
    #: zeros aside; in its place ZERO for rows of zeros alone, INFINITE and NOT_A_NUMBER for rows with such a number.
    profile: list[list[float]] = field(default_factory=list)
    #: A remark, for instance of the placement.
    note: str = ""
    #: new, known, worse, better, fixed, not-run.
    status: str = "new"
    #: The starts of the first and the last run that has it.
    first_seen: str = ""
    #: The start of the last run that has it.
    last_seen: str = ""
    #: "" of a defect, else documented, composed or flush (findings.label)
    label: str = ""
    #: Why, in one line, with the page or the record.
    reason: str = ""
    #: "confirmed" where the finding's stand-alone script was run and showed the defect, "unconfirmed" where it did not, which is a fault of
    #: ulpfuzz, "" where it was not run yet.
    script: str = ""
    #: The line that it ended with.
    script_says: str = ""

    @property
    def bits_lost(self) -> float:
        """log2 of the error over its limit: of ulps over T, or, for ops without an ulp limit, of the excess over its threshold.

        inf for a wrong special value, nan where neither is known, negative within the limit. Comparable between runs of the same
        op and order.
        """
        error, limit = (self.ulps, self.limit) if self.limit else (self.excess, EXCESS_THRESHOLD)
        if math.isnan(error) or math.isinf(self.ulps):
            return self.ulps if math.isinf(self.ulps) else math.nan
        return math.log2(error / limit) if error > 0 else -math.inf


@dataclass(frozen=True)
class CellSummary(TargetCell):
    """What a run learned of one cell on one target (all its implementations): counts of elements by class, the worst.

    compared: elements evaluated at several positions, lengths and strides; differing: those whose bits differ there within the limits.
    """

    verdicts: int
    classes: dict[str, int]
    worst_ulps: float
    worst_excess: float
    profile: list[list[float]] = field(default_factory=list)
    compared: int = 0
    differing: int = 0


@dataclass(frozen=True)
class Run:
    """One campaign."""

    #: Short and sortable.
    id: str
    #: Of everything random.
    seed: int
    #: ISO 8601, UTC.
    started: str
    #: As it was given.
    budget: str
    #: running, finished or interrupted.
    state: str = "running"
    #: From its start to its end.
    seconds: float = 0.0
    #: Elements judged.
    verdicts: int = 0
    #: Cells reached.
    cells: int = 0
    #: Cells of the plan.
    cells_planned: int = 0
    #: Elements by the tier that knew their truth.
    by_tier: dict[str, int] = field(default_factory=dict)
    #: Seconds by phase.
    by_phase: dict[str, float] = field(default_factory=dict)
    #: Versions, devices, CPU, thread counts, flush policies, targets.
    environment: dict[str, Any] = field(default_factory=dict)
