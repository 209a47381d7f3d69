"""The functional of a finding of symptom joint: what is wrong of its outputs is a sum over some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.oracles.functionals import FUNCTIONALS, Functional, to_double


@dataclass(frozen=True)
class Together:
    """Which sum over which outputs."""

    #: Its name in oracles.functionals.FUNCTIONALS.
    name: str
    #: The outputs, in the order of Finding.worst.
    outputs: range
    #: What an ulp of each output does to the sum, in absolute terms: the unit of the finding's error.
    ulp: float

    @property
    def functional(self) -> Functional:
        return FUNCTIONALS[self.name]

    def of(self, outputs: NDArray[Any]) -> float:
        """The sum over a row of outputs, rounded once to binary64; nan where one of them is no number."""
        own = np.asarray(outputs[self.outputs.start : self.outputs.stop], np.float64)
        return to_double(self.functional.exact(own.tolist())) if np.isfinite(own).all() else float("nan")


def together(finding: Finding) -> Together | None:
    """What a finding says of its outputs together; None of a finding of one output."""
    record = finding.case.get("functional")
    return record and Together(str(record["name"]), range(*record["outputs"]), float.fromhex(record["ulp"]))


def answer_of(finding: Finding, outputs: NDArray[Any]) -> float:
    """What a row of outputs answers in the place of `Finding.output`: its element, or the functional of them."""
    joint = together(finding)
    return float(outputs[finding.worst]) if joint is None else joint.of(outputs)
