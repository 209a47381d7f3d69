"""CaseFile: what casework found out about a defect. Plain data; JSON-ready fields. Every statement is the outcome of something that was run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ulpfuzz.fuzzer.findings.finding import Finding

#: The causes that an experiment can confirm, as maintainers name them; `unknown` is counted, never hidden.
Cause = Literal[
    "overflow",  # of an intermediate number, while the truth is a normal number
    "underflow",  # of an intermediate number, flushed to zero or not
    "cancellation",  # of two near-equal intermediate numbers
    "lost_addend",  # 1 + x, of a small x
    "constant",  # rounded to a narrower format
    "range_reduction",
    "branch",  # the wrong one, or a threshold in the wrong place
    "flush",  # of subnormal inputs or outputs to zero
    "accumulation",  # rounding errors of a long sum or product
    "kernel",  # a vector path, tail or layout answers otherwise than the scalar path
    "uninitialised",  # two answers to the same bits
    "compiler",  # eager is right on the same bits
    "derivative",  # its formula: 0 * inf, a division by the result, a branch of a where
    "clamp",
    "amplification",  # of an argument's rounding error, by a power or an exponential
    "special",  # infinities, or zero and infinity, that a formula combines to a NaN: inf - inf, 0 * inf
    "unknown",
]

#: The four ways out of the study DeepStability.
Way = Literal["raise_precision", "rewrite", "other_algorithm", "limit_range"]


@dataclass(frozen=True)
class Statement:
    """One experiment and its outcome."""

    #: naive, wider, neighbours, scaled, lengths, layout, positions, threads, switches, eager, value, parts, peers.
    experiment: str
    #: One line of plain English with its numbers: "float64, the same call: 1.2 ulps".
    outcome: str
    #: The cause that it speaks for; "" where it speaks for none.
    supports: str = ""
    #: The cause that it rules out; "" where it rules none out.
    refutes: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Why the answer is wrong, with the experiments that say so."""

    cause: Cause
    #: The first bad step of the definition, evaluated in the dtype: "exp(x) overflows: 2.7e+43 > 3.4e+38". "" where none is known.
    step: str
    #: Whether an experiment agrees with the framework's wrong answer (to the bit, or within some ulps), not merely with its kind.
    confirmed: bool
    #: One sentence for a maintainer.
    text: str
    #: Of the digits that the bad step cancels, in bits; nan where it cancels none.
    bits_lost: float = float("nan")
    evidence: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Advice:
    """A way out that was tried: runnable code in the framework, and what it gave."""

    way: Way
    #: Runnable over the op's inputs by name, in the framework's namespaces: "torch.log1p(x)".
    call: str
    #: One sentence: what it does and why it helps.
    text: str
    #: The rule of the rule book, the peer's call, or "".
    rule: str
    #: Points around the case on which it was judged.
    verified_on: int
    #: The largest error over these points in ulps, of the old call and of this one; inf for a wrong kind.
    worst_ulps_before: float
    worst_ulps_after: float
    #: The same over everyday inputs, and how many these were.
    everyday_on: int
    everyday_ulps_before: float
    everyday_ulps_after: float
    #: The answer at the case, as the target's dtype prints it.
    answer: str
    #: Of limit_range: {input: [low, high]} as C99 hex floats.
    range: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Interval:
    """Where an input may lie, the others as in the case, so that the answer is wrong in the same way."""

    input: str
    #: C99 hex floats: the two ends that still fail. `inf` and `-inf` are ends of their own.
    low: str
    high: str
    #: Whether the end is that of the format or the domain (nothing lies beyond), or was bisected to neighbours of which one is right.
    low_is_edge: bool
    high_is_edge: bool
    #: Points judged inside, and how many of them fail: the set need not be an interval.
    judged: int
    failing: int


@dataclass(frozen=True)
class OrdinaryShare:
    """The share of everyday inputs at which the answer is beyond its limit, with the interval of Clopper and Pearson at 95 %."""

    wrong: int
    samples: int
    low: float
    high: float
    #: What was sampled, with its source: "x: logits, N(0, 5^2) ...".
    distribution: str

    @property
    def share(self) -> float:
        return self.wrong / self.samples if self.samples else float("nan")


@dataclass(frozen=True)
class CaseFile:
    """What casework knows of one defect, by one face of it."""

    #: The id of the defect.
    defect: str
    #: The id of the finding that was worked on.
    face: str
    #: A digest of what the file rests on: the face's case, the framework's version, the definition. Another key: worked on again.
    key: str
    #: The simplest case, as `Finding.case`; output and truth there.
    simplest: dict[str, Any]
    simplest_output: str
    simplest_reference: str
    #: The most ordinary case that shows the same symptom, and its output and truth; {} and "" where none is more ordinary.
    ordinary: dict[str, Any] = field(default_factory=dict)
    ordinary_output: str = ""
    ordinary_reference: str = ""
    #: Which everyday inputs are wrong; None where the op has no everyday distribution.
    ordinary_share: OrdinaryShare | None = None
    extent: tuple[Interval, ...] = ()
    diagnosis: Diagnosis | None = None
    advice: tuple[Advice, ...] = ()
    #: "confirmed", "unconfirmed" or "": what the stand-alone script of the face at its simplest case said.
    script: str = ""
    #: Whether the face failed when it was worked on; where not, the rest is empty.
    fails: bool = True
    #: Parts of the work that broke, a line each: a fault of ulpfuzz.
    faults: tuple[str, ...] = ()
    #: Seconds of work.
    seconds: float = 0.0
    #: The face at its simplest case, as it was certified then, and the case of the face that was worked on (`shown`). None and {} in
    #: files of versions that did not keep it.
    certified: Finding | None = None
    worked_on: dict[str, Any] = field(default_factory=dict)
    #: What that script printed.
    script_says: str = ""


def shown(finding: Finding, file: CaseFile | None) -> Finding:
    """The finding as people read it: at the simplest case where it was worked on; as discovery stored it where it was not, or where its
    case is another since. What a run measured of all its elements (extent, profile), its history and its severity stay."""
    if file is None or file.certified is None or file.face != finding.id or file.worked_on != finding.case:
        return finding
    if file.certified.case == finding.case:
        return finding
    now = {name: getattr(file.certified, name) for name in _OF_A_CASE}
    return replace(finding, **now, script=file.script, script_says=file.script_says)


#: What a finding says of its case.
_OF_A_CASE = (
    "case", "worst", "class_", "ulps", "excess", "condition", "limit", "reference", "certified_by", "output", "output_hex", "answers",
    "avoidable_by", "note",
)  # fmt: skip
