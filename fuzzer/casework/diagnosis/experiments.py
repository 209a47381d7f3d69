"""Experiments: the finding's call made again, otherwise. Each says in one line what it gave, and what that speaks for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement, concatenate
from ulpfuzz.fuzzer.casework.bench import Answers, Bench, wider
from ulpfuzz.fuzzer.casework.diagnosis.naive import Around
from ulpfuzz.fuzzer.defects.case_file import Statement
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import target_named
from ulpfuzz.fuzzer.judge.verdict import Class

#: Neighbours in ulps, and powers of two that all inputs are multiplied by.
STEPS = (-8, -1, 1, 8)
SCALES = (-64, -16, -4, -1, 1, 2)
#: A constant that was rounded to binary32 is wrong by a relative error of up to 2^-25, seen through a function of it in 2^-20 to 2^-32.
CONSTANT_ERRORS = (2.0**-32, 2.0**-20)
#: Nine tenths of its errors lie within this factor: the constant's error is always the same, what is made of it is not.
CONSTANT_SPREAD = 4.0
#: Lengths and strides at which a vector body, a tail and a strided kernel are met.
PLACES = (Placement(1), Placement(64, 0), Placement(17, 16), Placement(16, 0, 2))


class Experiments:
    """All about one finding, each made once.

    now: what the call answers today at the case and in its place. Everything else is compared with it.
    """

    def __init__(self, bench: Bench, finding: Finding) -> None:
        self.bench, self.finding = bench, finding
        nth = int(finding.case.get("nth", 1))
        self.now = [bench.placed() for _ in range(nth)][-1]

    @property
    def position(self) -> int:
        return self.bench.placement.position

    @property
    def answer(self) -> float:
        """Today's answer; nan where the call raised."""
        return math.nan if self.now.error else float(self.now.values[self.position, self.bench.output])

    @property
    def still_wrong(self) -> bool:
        """Whether the answer is wrong today."""
        return not self.now.error and bool(self.now.are_wrong(self.bench.output)[self.position])

    @property
    def truth(self) -> float:
        return self.bench.truth.near

    # Repeated calls

    def repeated(self) -> Iterator[Statement]:
        """The same call on the same bits, with other calls in between: memory that nobody wrote to differs."""
        seen = {self._bits(self.now)}
        for _ in range(3):
            try:
                self.bench.raw(self.bench.neighbours(STEPS))
            except FrameworkError:
                return
            seen.add(self._bits(self.bench.placed()))
        if self.finding.symptom == "nondeterministic" or len(seen) > 1:
            yield Statement(
                "repeated", f"the same call gives {max(2, len(seen))} different answers to the same bits", "uninitialised"
            )
        else:
            yield Statement("repeated", "the same call gives the same answer 4 times", "", "uninitialised")

    def _bits(self, answers: Answers) -> bytes:
        return b"" if answers.error else answers.values[self.position, self.bench.output].tobytes()

    # Another dtype

    def wide(self) -> Iterator[Statement]:
        """The same call in the wider dtype, cast back."""
        dtype = wider(self.bench.batch.dtype)
        if not dtype or dtype not in self.bench.op.dtypes:
            return
        bench = self.bench
        try:
            raised = bench.with_dtype(dtype)
            found = raised.raw(raised.batch)
        except (FrameworkError, ValueError):
            yield Statement("wider", f"{dtype}: the call does not take it")
            return
        judged = bench.judged(bench.batch, found)
        ulps, value = float(judged.ulps[0, bench.output]), float(found[0, bench.output])
        if judged.are_right(bench.output)[0]:
            yield Statement("wider", f"{dtype}, the same call: {value:.9g}, right ({ulps:.2g} ulps)", "", "branch")
        else:
            said = "not much better" if not math.isfinite(ulps) or ulps > 1e3 else "better"
            yield Statement("wider", f"{dtype}, the same call: {value:.9g}, still {ulps:.3g} ulps off, {said}")

    # Other inputs

    @cached_property
    def _around(self) -> tuple[Batch, Answers] | None:
        """Neighbours, then scaled inputs, in one call."""
        bench = self.bench
        kept = {i.name for i in bench.op.inputs if not i.integers}
        scaled = {}
        for name, values in bench.batch.exact().items():
            factors = np.reshape([2.0**k for k in SCALES], (len(SCALES), *([1] * (values.ndim - 1))))
            rows = np.repeat(values, len(SCALES), axis=0)
            with np.errstate(all="ignore"):
                scaled[name] = bench.format.round(rows * factors if name in kept else rows)
        batch = concatenate([bench.neighbours(STEPS), Batch(bench.batch.dtype, scaled)])
        answers = bench.answers(batch)
        return None if answers.error else (batch, answers)

    @cached_property
    def around(self) -> Around:
        """The rows about the case of which the judge knows whether the answer is wrong."""
        if self._around is None:
            return Around(())
        batch, answers = self._around
        classes, output, exact = answers.classes[:, self.bench.output], self.bench.output, batch.exact()
        rows = []
        for row in range(batch.rows):
            if classes[row] == Class.undecided:
                continue
            single = {name: values[row] for name, values in exact.items()}
            answer = float(answers.values[row, output])
            wrong = bool(classes[row] >= Class.inaccurate)
            rows.append((single, answer, self._truth_by(answer, float(answers.ulps[row, output])), wrong))
        return Around(tuple(rows))

    def _truth_by(self, answer: float, ulps: float) -> float:
        """About where the truth is, from the size of the error: enough to compare sizes of errors."""
        if not math.isfinite(answer) or not math.isfinite(ulps):
            return self.truth
        return answer + ulps * float(self.bench.format.ulp(np.asarray(answer)))

    def neighbours(self) -> Iterator[Statement]:
        if self._around is None:
            return
        batch, answers = self._around
        if all(np.isin(v[:1], (0, np.inf, -np.inf)).all() or np.isnan(v[:1]).all() for v in batch.exact().values()):
            return  # zeros, infinities and NaNs have no neighbours here
        output = self.bench.output
        wrong, right = answers.are_wrong(output), answers.are_right(output)
        near = wrong[: len(STEPS)]
        line = f"{near.sum()} of {len(STEPS)} neighbours within 8 ulps are wrong"
        yield Statement("neighbours", line, "branch" if right[: len(STEPS)].all() and self.bench.op.elementwise else "")
        at = [f"2^{k}" for k, bad in zip(SCALES, wrong[len(STEPS) :], strict=True) if bad]
        ok = [f"2^{k}" for k, good in zip(SCALES, right[len(STEPS) :], strict=True) if good]
        if at or ok:
            yield Statement(
                "scaled", f"all inputs times {', '.join(at) or 'none'}: wrong; times {', '.join(ok) or 'none'}: right"
            )

    def stuck(self) -> Iterator[Statement]:
        """Whether the answer stays what it is while the truth moves with the inputs: a clamp holds it."""
        if self._around is None or not math.isfinite(self.answer) or self.answer == 0:
            return
        _, answers = self._around
        output = self.bench.output
        moved = slice(len(STEPS), None)
        wrong, values = answers.are_wrong(output)[moved], answers.values[moved, output]
        same = wrong & (values == self.answer)
        if same.sum() >= 2 and same.sum() == wrong.sum():
            yield Statement(
                "scaled", f"the answer stays {self.answer:.9g} at {same.sum()} scaled inputs while the truth moves", "clamp"
            )

    def constant(self) -> Iterator[Statement]:
        """Whether a binary64 answer has an error of binary32's size, at the case and about it."""
        if self.bench.format.real != "float64" or self._around is None:
            return
        _, answers = self._around
        output = self.bench.output
        wrong = answers.are_wrong(output)
        with np.errstate(all="ignore"):
            errors = (
                np.append(answers.ulps[wrong, output], self.now.ulps[self.position, output])
                * 2.0
                * self.bench.format.unit_roundoff
            )
        low, high = CONSTANT_ERRORS
        inside = (errors >= low) & (errors <= high)
        spread = np.quantile(errors, 0.9) / max(np.quantile(errors, 0.1), 1e-300)
        if len(errors) >= 5 and inside.mean() >= 0.8 and spread <= CONSTANT_SPREAD:
            shown = f"relative errors {errors.min():.1g} to {errors.max():.1g} at {len(errors)} points"
            yield Statement("neighbours", f"{shown}: those of binary32, in a binary64 call", "constant")

    def swallowed(self) -> Iterator[Statement]:
        """Whether a NaN among the inputs does not reach a result that it decides."""
        names = [name for name, values in self.bench.single.items() if np.isnan(values).any()]
        if self.finding.symptom == "missed_nan" and names and not math.isnan(self.answer):
            line = f"the NaN in {', '.join(names)} does not reach the result: a comparison or a choice swallows it"
            yield Statement("special", line, "branch")

    # Flushing

    def flushed(self) -> Iterator[Statement]:
        """The call and the truth with subnormal inputs as zeros; and whether the result is subnormal."""
        bench, fmt = self.bench, self.bench.format
        exact = bench.batch.exact()
        subnormal = any((np.abs(v)[v != 0] < fmt.min_normal).any() for v in exact.values())
        if self.answer == 0 and 0 < abs(self.truth) < fmt.min_normal:
            yield Statement("flush", f"the truth {self.truth:.3g} is a subnormal number, the answer is 0", "flush")
        if not subnormal:
            return
        other = bench.with_batch(bench.batch.flushed())
        answers = other.answers()
        if answers.error:
            return
        same = answers.values[0, bench.output].tobytes() == np.float64(self.answer).tobytes()
        nan = math.isnan(self.answer) and math.isnan(answers.values[0, bench.output])
        if (same or nan) and answers.are_right(bench.output)[0]:
            yield Statement(
                "flush", "with its subnormal inputs as zeros the call gives the same answer, and there it is right", "flush"
            )

    # Elsewhere

    def places(self) -> Iterator[Statement]:
        """The same bits at other lengths, positions and strides."""
        bench = self.bench
        free = bench.evaluator.calls.lengths(bench.subject) is None
        right: list[str] = []
        wrong: list[str] = []
        for placement in PLACES if free else PLACES[:2]:
            answers = bench.placed(placement)
            if answers.error:
                continue
            at = f"length {placement.length}" + (f", stride {placement.stride}" if placement.stride > 1 else "")
            (wrong if answers.are_wrong(bench.output).any() else right if answers.are_right(bench.output).all() else []).append(
                at
            )
        if self.finding.symptom == "inconsistent" or (right and (wrong or self.still_wrong)):
            shown = self.finding.note or f"right at {'; '.join(right)}; wrong at {'; '.join(wrong) or 'its own place'}"
            yield Statement("layout", shown, "kernel")
        elif wrong:
            yield Statement("layout", f"wrong wherever the bits stand: {'; '.join(wrong)}", "", "kernel")

    def eager(self) -> Iterator[Statement]:
        """Of a compiled target: the same call, eager."""
        target = target_named(self.bench.subject.target)
        if target.mode == "eager":
            return
        answers = self.bench.with_target(str(replace(target, mode="eager", switches=()))).placed()
        if answers.error:
            return
        value = answers.values[self.position, self.bench.output]
        if answers.are_right(self.bench.output)[self.position]:
            yield Statement("eager", f"eager, the same bits: {value:.9g}, right", "compiler")
        else:
            yield Statement("eager", f"eager, the same bits: {value:.9g}, not right either", "", "compiler")

    def value(self) -> Iterator[Statement]:
        """Of a derivative: whether the value is right on the same bits."""
        if self.bench.cell.order == "value" or "value" not in self.bench.op.orders:
            return
        answers = self.bench.with_order("value").answers()
        if answers.error:
            return
        classes: NDArray[np.uint8] = answers.classes[0]
        if (classes <= Class.ill_conditioned).all():
            yield Statement("value", "the value is right on the same bits", "derivative")
        elif (classes >= Class.inaccurate).any():
            yield Statement("value", "the value is wrong on the same bits too", "", "derivative")

    def peers(self) -> Iterator[Statement]:
        """What the finding's record says of the others."""
        right = sorted({a.target for a in self.finding.answers if a.class_ == "ok" and a.target != self.finding.target})
        own = sorted(
            {a.implementation for a in self.finding.answers if a.class_ == "ok" and a.target == self.finding.target}
            - {self.finding.implementation}
        )
        if own:
            yield Statement("peers", f"right on the same bits, in the same framework: {own[0]}")
        if right:
            yield Statement("peers", f"right on the same bits: {', '.join(right)}")
