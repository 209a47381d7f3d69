"""Verdicts on rows of a traced step, by the judge and the proof that every finding has: what is not proved does not accuse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Implementation, Op
from ulpfuzz.fuzzer.evaluation.clock import Clock
from ulpfuzz.fuzzer.evaluation.references import References
from ulpfuzz.fuzzer.judge.contract import facts_at
from ulpfuzz.fuzzer.judge.judge import judge
from ulpfuzz.fuzzer.judge.policy import Policy
from ulpfuzz.fuzzer.judge.proof import Suspect, certify
from ulpfuzz.fuzzer.judge.verdict import Class, Symptom
from ulpfuzz.oracles.question import Caps

#: What a sample of rows may cost the oracle beyond its vectorised tiers.
CAPS = Caps(arb_effort=1.0, limit_rows=64, limit_effort=0.3)
#: Elements that are certified, the worst first, until one is proved wrong.
PROOFS = 4
#: What a trace does not speak of: subnormal numbers and signs of zeros, which settings of the process decide, and sums over a row.
_NOT_OURS = (Symptom.joint, Symptom.flush, Symptom.signed_zero)


@dataclass(frozen=True)
class Verdict:
    """What is known of some answers. judged: elements that were decided; wrong: of these the judge's own count; the rest of the worst that is
    proved: nothing of it where class_ is no finding."""

    judged: int
    wrong: int
    #: The largest error in ulps of a decided element; inf for a wrong kind.
    ulps: float
    class_: Class = Class.ok
    symptom: Symptom = Symptom.none
    #: Of the proved element: its inputs, the answer, the truth in digits.
    case: Mapping[str, Any] | None = None
    answer: float = math.nan
    truth: str = ""

    @property
    def proved(self) -> bool:
        return self.class_.is_finding


@dataclass(frozen=True)
class Judged:
    """What is judged: an op at its params and order, over rows of it. implementation: the framework's call, of which nothing is accused where the
    framework's own page says something else of the point; None of an expression."""

    op: Op
    params: Mapping[str, Any]
    order: str
    batch: Batch
    implementation: Implementation | None = None

    def verdict(self, answers: NDArray[Any], among: NDArray[np.bool_] | None = None, least: Class = Class.inaccurate) -> Verdict:
        """On answers of shape (rows, outputs) in the batch's dtype; only on those elements, where a mask is given. least: the least class that is
        proved."""
        function = function_of(self.op, self.params, self.order)
        batch = self.batch.ordered(function.inputs)
        references = References(self.op, function, batch.dtype, Clock(), lambda: CAPS)
        evidence = references.evidence(batch, [answers])
        evidence.amplifications.added_to(evidence.scale.ulp / (2 * references.format.unit_roundoff))
        framework = "" if self.implementation is None else self.implementation.framework
        verdicts = judge(answers, evidence.rule, evidence, Policy(framework=framework)).verdicts
        among = np.ones(answers.shape, np.bool_) if among is None else among
        decided = among & (verdicts.classes != Class.undecided)
        wrong = among & (verdicts.classes >= Class.inaccurate)
        plain = wrong | (among & (verdicts.classes == Class.ok) & (verdicts.ulps <= evidence.rule.limit.ulps))
        sizes = np.where(plain, np.where(wrong & np.isnan(verdicts.ulps), np.inf, verdicts.ulps), -1.0)
        worst = max(0.0, float(sizes.max(initial=0.0)))
        found = Verdict(int(decided.sum()), int(wrong.sum()), worst)
        for row, output in sorted(np.argwhere(wrong).tolist(), key=lambda at: -sizes[at[0], at[1]])[:PROOFS]:
            symptom = Symptom(int(verdicts.symptoms[row, output]))
            if symptom in _NOT_OURS:
                continue
            one = batch.take(slice(row, row + 1))
            if self.implementation is not None and facts_at(self.op, self.implementation, self.params, one, self.order):
                continue
            single = {name: values[0] for name, values in one.exact().items()}
            answer = float(answers[row, output])
            suspect = Suspect(
                function, evidence.rule, single, output, answer, Class(int(verdicts.classes[row, output])), symptom,
                float(verdicts.excess[row, output]), references.modulus(one, output), references.kept(one),
            )  # fmt: skip
            proof = certify(suspect)
            if proof.class_.is_finding and proof.class_ >= least:
                case = one.case(0).inputs
                return Verdict(found.judged, found.wrong, worst, proof.class_, symptom, case, answer, proof.confirmation.value)
        return found
