"""Joint proof: what is shown of a row whose answers the judge calls wrong together, `certify` of a functional of theirs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.functional import Judged, bends, functionals_of, most_steps, roundings_of_outputs
from ulpfuzz.fuzzer.judge.proof import Suspect, certify
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.oracles import rigorous, roundings
from ulpfuzz.oracles.confirmation import Confirmation, confirm
from ulpfuzz.oracles.functionals import to_double

#: Bits in which the outputs' truths are enclosed, for the sizes of their ulps.
BITS = 192


@dataclass(frozen=True)
class JointProof:
    """What is proved of one functional of a row's answers."""

    class_: Class
    #: Of the functional.
    confirmation: Confirmation
    judged: Judged
    #: The functional of the answers, rounded to binary64.
    answer: float
    #: What an ulp of each output does to the functional, in absolute terms (functional.roundings_of_outputs).
    spread: float
    #: The error, in units of that.
    ulps: float
    #: The error beside half of that, and the roundings of inputs and steps.
    excess: float
    #: sum_j |x_j dF/dx_j|, from above.
    amplification: float

    def of(self, answers: NDArray[np.float64]) -> tuple[float, float]:
        """(the functional of a row of answers, its error in the units of `ulps`); not numbers where an answer is none."""
        own = answers[self.judged.outputs.start : self.judged.outputs.stop]
        exact = self.confirmation.exact
        if exact is None or not np.isfinite(own).all():
            return math.nan, math.inf
        value = self.judged.functional.exact(own.tolist())
        return to_double(value), to_double(abs(value - exact)) / self.spread

    @property
    def sentence(self) -> str:
        """What is wrong, in words."""
        own, truth = self.judged.outputs, self.confirmation.near
        what = (
            f"the {self.judged.functional.words} of outputs {own.start} to {own.stop - 1} is {self.answer:.6g}, not {truth:.6g}"
        )
        return f"each output is right for inputs nearby, but all of them for none: {what}"

    @property
    def record(self) -> dict[str, object]:
        """As a finding's case keeps it."""
        outputs = self.judged.outputs
        return {"name": self.judged.name, "outputs": [outputs.start, outputs.stop], "ulp": self.spread.hex()}


def certify_joint(suspect: Suspect, answers: NDArray[np.float64]) -> JointProof | None:
    """The proof for a row of answers of which the suspect's is one: of the functionals over its group the first that is certified as unstable,
    else the one with the largest excess; None where nothing is known of any.

    As for an element the truth is enclosed by Arb and confirmed by mpmath, and the functional's range over inputs within k ulps, widened by T
    ulps of each output and c times the roundings of a textbook's steps, excludes the answers': no input nearby has these outputs.
    """
    proofs = []
    for proof in _proofs(suspect, answers):
        if proof.class_.is_finding:
            return proof
        proofs.append(proof)
    return max(proofs, key=lambda proof: proof.excess, default=None)


def _proofs(suspect: Suspect, answers: NDArray[np.float64]) -> Iterator[JointProof]:
    shapes = {name: np.shape(values) for name, values in suspect.single.items()}
    if not np.isfinite(answers).all():
        return
    truths = rigorous.enclose(suspect.function, suspect.single, BITS)
    if len(truths.balls) != len(answers) or not all(ball.is_finite() for ball in truths.balls):
        return
    near = np.array([rigorous.split(ball)[0] for ball in truths.balls])
    for judged in functionals_of(suspect.rule, suspect.function, shapes, len(answers)):
        if suspect.output in judged.outputs:
            proof = _proof(suspect, judged, answers, near)
            if proof is not None:
                yield proof


def _proof(suspect: Suspect, judged: Judged, answers: NDArray[np.float64], near: NDArray[np.float64]) -> JointProof | None:
    fmt, limit = suspect.rule.format, suspect.rule.limit
    function = replace(suspect.function, functional=judged.name)
    part, own = judged.functional, slice(judged.outputs.start, judged.outputs.stop)
    with np.errstate(all="ignore"):
        beside, size = (float(np.abs(part.terms(values[own])).sum()) for values in (near, answers))
        spread = float(roundings_of_outputs(near, part, limit, fmt, judged.outputs))
    if not math.isfinite(beside) or not math.isfinite(size) or not 0 < spread < math.inf:
        return None
    exact = part.exact(answers[own].tolist())
    confirmation = confirm(function, suspect.single, judged.group, kept=suspect.kept, beside=beside)
    if confirmation.exact is None:
        return None
    rows = {name: np.asarray(values)[np.newaxis] for name, values in suspect.single.items()}
    inputs, steps = (float(size[0]) for size in roundings.sizes(function, rows, judged.group, fmt.precision))
    error, u, most = to_double(abs(exact - confirmation.exact)), fmt.unit_roundoff, most_steps(limit, fmt)
    answer, excess = float(exact), error / (spread / 2 + u * (inputs + steps))
    # What the answers' own functional loses when it is rounded to binary64, too: the range is compared with that number.
    room = limit.ulps * spread + most * u * steps + abs(answer) * 2.0**-52 + _bends(suspect, judged, near)
    whole = replace(
        suspect, function=function, output=judged.group, answer=answer, class_=Class.unstable, excess=excess, room=room,
        rule=replace(suspect.rule, limit=replace(limit, strict=False, error_norm="")),
    )  # fmt: skip
    class_ = certify(whole, confirmation).class_ if excess > most and math.isfinite(room) else Class.ill_conditioned
    return JointProof(class_, confirmation, judged, answer, spread, error / spread, excess, inputs)


def _bends(suspect: Suspect, judged: Judged, near: NDArray[np.float64]) -> float:
    """See functional.bends; 0 of a plain sum."""
    if not judged.functional.term:
        return 0.0
    rows = {name: np.asarray(values)[np.newaxis] for name, values in suspect.single.items()}

    def sizes(_: str, output: int, __: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return roundings.sizes(suspect.function, rows, output, suspect.rule.format.precision)

    return float(bends(judged, near[np.newaxis], sizes, np.zeros(1, np.int64), suspect.rule)[0])
