"""Joint findings: the answers of all targets, and what the finding keeps, by the functional that was proved to be wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.judge.joint_proof import JointProof


def as_together(answer: Answer, outputs: NDArray[np.float64], proof: JointProof) -> Answer:
    """A target's answer with the functional of all its outputs in the place of one of them."""
    value, ulps = proof.of(outputs)
    return replace(answer, output=value, output_hex=value.hex(), ulps=ulps)


def with_functional(finding: Finding, proof: JointProof) -> Finding:
    """The finding with what its case keeps of the functional; nobody publishes a limit for one."""
    truth = proof.confirmation
    condition = proof.amplification / abs(truth.near) if truth.near else math.nan
    note = "; ".join(filter(None, (finding.note, proof.sentence)))
    return replace(
        finding, limit=None, note=note, condition=condition, ulps=proof.ulps, excess=proof.excess, output=proof.answer, output_hex=proof.answer.hex(),
        reference=truth.value, certified_by=truth.certified_by, case={**finding.case, "functional": proof.record},
    )  # fmt: skip
