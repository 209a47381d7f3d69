"""The analyst: from steps to findings, each culprit once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.trace.compositions import Composer, Composition, composition_of, may_be_lost
from ulpfuzz.fuzzer.trace.explain import Chain, bad_from_outside, chains
from ulpfuzz.fuzzer.trace.graph import FunctionCall, TracedCall, TracedStep
from ulpfuzz.fuzzer.trace.result import Proved, TraceFinding, Tried
from ulpfuzz.fuzzer.trace.single import Single
from ulpfuzz.fuzzer.trace.verdicts import Verdict

#: Calls of one site that are looked at more closely.
TRIES = 8


class Examiner(Composer, Protocol):
    """A framework's own part of the analysis."""

    def single(self, call: TracedCall) -> Single | None:
        """A call that is proved wrong by itself on the rows of the step; None where it is right, or nobody knows."""

    def function(self, made: FunctionCall) -> Single | None:
        """A function that is proved wrong by itself, as `single`."""

    def wider(self, calls: Iterable[TracedCall]) -> Tried | None:
        """The calls made again in a wider format, each on its own arguments; None where that does not help."""


class Analyst:
    """Collects findings over the steps of one framework. spoilt: whether the step began with NaNs that an earlier step made."""

    def __init__(self, examiner: Examiner) -> None:
        self.examiner = examiner
        self.findings: list[TraceFinding] = []
        self.steps = self.calls = 0
        self.kernels: set[str] = set()
        self.spoilt = False
        self._composed: Counter[tuple[str, str, str]] = Counter()
        self._singles: Counter[tuple[str, str, str]] = Counter()

    def step(self, step: TracedStep) -> None:
        """Looks at one step. What it finds again is not said again."""
        self.steps, self.calls = self.steps + 1, self.calls + len(step.calls)
        self.kernels.update(c.kernel for c in step.calls)
        found, outside = chains(step), bad_from_outside(step)
        if outside:
            self.spoilt = True
            if not self.findings and not found:
                self._from_outside(step, outside[0].read_by[0], len(outside))
        compositions = self._compositions(step)
        for chain in found:
            self._chain(chain, compositions)
        for composition in compositions:
            if composition.verdict is not None:
                self._composition(step, composition)
        accused: set[int] = set()
        for call in self._suspects(step, self._singles):
            if (single := self.examiner.single(call)) is not None:
                accused.add(call.number)
                self._single(step, call, single)
        self._functions(step, accused)

    def _functions(self, step: TracedStep, accused: set[int]) -> None:
        """Those that are wrong although no call in them is, nor a function: the innermost is to blame."""
        for made in sorted(step.functions, key=lambda f: len(f.calls)):
            numbers = {c.number for c in made.calls}
            site = (made.name, str(made.place), made.calls[0].outputs[0].dtype)
            if numbers & accused or self._singles[site] >= TRIES or not any(c.outputs and may_be_lost(c) for c in made.calls):
                continue
            self._singles[site] += 1
            if (single := self.examiner.function(made)) is not None:
                accused |= numbers
                self._add(_of_function(step, self.examiner.framework, made, single))

    def _suspects(self, step: TracedStep, tries: Counter[tuple[str, str, str]]) -> Iterator[TracedCall]:
        """Calls that may have lost digits, of each site the first TRIES."""
        for call in step.calls:
            if call.outputs and tries[call.site] < TRIES and may_be_lost(call):
                tries[call.site] += 1
                yield call

    def _compositions(self, step: TracedStep) -> list[Composition]:
        """Those of the step; what is made of one is none of its own."""
        found: list[Composition] = []
        made_of: set[int] = set()
        suspects = {c.number for c in self._suspects(step, self._composed) if c.phase == "forward"}
        for call in step.calls:
            if any(v.call is not None and v.call.number in made_of for v in call.inputs):
                made_of.add(call.number)
            elif call.number in suspects and (one := composition_of(call, self.examiner)) is not None:
                self._composed[call.site] = TRIES
                made_of.add(call.number)
                found.append(one)
        return found

    def _add(self, finding: TraceFinding) -> None:
        if all((f.kernel, f.where, f.dtype) != (finding.kernel, finding.where, finding.dtype) for f in self.findings):
            self.findings.append(finding)

    def _chain(self, chain: Chain, compositions: list[Composition]) -> None:
        composed = next((c for c in compositions if c.call.number in chain.touched), None)
        culprit, link = chain.calls[0], chain.culprit
        tried: tuple[Tried, ...] = ()
        if composed is not None:
            compositions.remove(composed)
            tried = (composed.tried,)
        elif (wider := self.examiner.wider(chain.calls)) is not None:
            tried = (wider,)
        headline = f"{chain.kind} after {link.kernel} {link.text.split(',')[0].split(':')[0]} ({link.where})"
        self._add(TraceFinding(
            "nan" if chain.kind == "NaN" else "infinity", chain.step, self.examiner.framework, link.kernel, link.where,
            culprit.outputs[0].dtype, headline, chain.links, chain.reaches,
            None if composed is None else _proved(composed.expression, composed.verdict), tried,
        ))  # fmt: skip

    def _composition(self, step: TracedStep, found: Composition) -> None:
        call = found.call
        headline = f"{found.expression} loses digits as it is composed ({call.where})"
        self._add(TraceFinding(
            "composition", step.number, self.examiner.framework, call.kernel, call.where, call.outputs[0].dtype, headline,
            proved=_proved(found.expression, found.verdict), tried=(found.tried,),
        ))  # fmt: skip

    def _single(self, step: TracedStep, call: TracedCall, single: Single) -> None:
        headline = f"{call.kernel} is {single.verdict.class_.name} by itself: {single.text} ({call.where})"
        self._add(TraceFinding(
            "call", step.number, self.examiner.framework, call.kernel, call.where, call.outputs[0].dtype, headline,
            proved=_proved(single.expression, single.verdict),
        ))  # fmt: skip

    def _from_outside(self, step: TracedStep, reader: TracedCall, count: int) -> None:
        headline = f"NaN comes in from outside: {reader.kernel} reads it first ({reader.where})"
        reaches = f"{count} tensors that no call of this step made hold NaN: data, or weights that an earlier step spoilt"
        dtype = reader.inputs[0].dtype
        self._add(
            TraceFinding(
                "nan", step.number, self.examiner.framework, reader.kernel, reader.where, dtype, headline, reaches=reaches
            )
        )


def _of_function(step: TracedStep, framework: str, made: FunctionCall, single: Single) -> TraceFinding:
    headline = f"{made.name} is {single.verdict.class_.name} by itself: {single.text} ({made.place})"
    proved = _proved(single.expression, single.verdict)
    dtype = made.calls[0].outputs[0].dtype
    return TraceFinding("call", step.number, framework, made.name, str(made.place), dtype, headline, proved=proved)


def _proved(expression: str, verdict: Verdict | None) -> Proved | None:
    if verdict is None or verdict.case is None or verdict.class_ < Class.inaccurate:
        return None
    return Proved(expression, verdict.case, verdict.answer, verdict.truth, verdict.class_.name, verdict.symptom.name)
