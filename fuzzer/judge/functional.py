"""Functionals of an op's outputs: which are judged, and how far those of the answers may be from the truth's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import TANGENT
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.evidence import Rows, Sizes
from ulpfuzz.fuzzer.judge.limits import HALF, AccuracyLimit
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.oracles.function import Function
from ulpfuzz.oracles.functionals import FUNCTIONALS, Functional

#: Outputs of which a functional that is no plain sum is judged: each takes a derivative of its own.
MOST_OUTPUTS = 64


@dataclass(frozen=True)
class Judged:
    """One functional over one group of outputs."""

    #: Its name in FUNCTIONALS.
    name: str
    #: The number of the group, among those of the function (Function.groups).
    group: int
    #: The outputs that it sums over.
    outputs: range

    @property
    def functional(self) -> Functional:
        return FUNCTIONALS[self.name]


def functionals_of(rule: Rule, function: Function, shapes: Mapping[str, tuple[int, ...]], outputs: int) -> Iterator[Judged]:
    """What is judged of `outputs` answers together: of each group their sum, of a value also what the record names. shapes: of a row's inputs.

    None where errors are measured normwise, for nothing is promised of the numbers then; of numbers with a modulus only what the record names.
    """
    norm, order = rule.limit.error_norm, rule.order
    # Without a direction second derivatives and forward mode give a number for each pair of an input and an output, which make no sum.
    directed = order in ("value", "grad") or TANGENT in shapes
    if norm == "all" or not directed:
        return
    names = (*(("sum",) if not norm else ()), *(rule.op.functionals if order == "value" else ()))
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    for group, members in enumerate(function.groups(sizes, outputs) if names else ()):
        if len(members) > 1:
            for name in names:
                yield Judged(name, group, members)


def roundings_of_outputs(
    truth: NDArray[np.float64], functional: Functional, limit: AccuracyLimit, fmt: Format, outputs: range
) -> NDArray[np.float64]:
    """sum_i |g'(y_i)| ulp(y_i) over these outputs, numbers of the last axis, for terms g: what an ulp of each output does to the functional.

    No ulp counts as less than the least normal number, for what is flushed is a row's own affair; of numbers with a modulus as less than that of
    the modulus.
    """
    sizes = np.abs(truth)
    if limit.error_norm == "parts":
        pairs = sizes.reshape(*sizes.shape[:-1], -1, 2)
        sizes = np.repeat(np.hypot(pairs[..., 0], pairs[..., 1]), 2, axis=-1).reshape(truth.shape)
    ulps = np.maximum(fmt.ulp(np.minimum(sizes, fmt.max)), fmt.min_normal)
    return np.asarray((functional.slopes(truth) * ulps)[..., outputs.start : outputs.stop].sum(axis=-1))


def bends(
    judged: Judged, truth: NDArray[np.float64], sizes: Callable[[str, int, Rows], tuple[Sizes, Sizes]], rows: Rows, rule: Rule
) -> NDArray[np.float64]:
    """What errors of the outputs do to the functional beyond the first order, where a textbook's steps may make them: outputs that are zero, made
    of steps that are large, have squares whose slope is zero too. Infinite of more than MOST_OUTPUTS outputs.

    truth: rows by outputs. sizes: Further.roundings. rows: of the batch, those of `truth`.
    """
    total, most = np.zeros(len(truth)), most_steps(rule.limit, rule.format)
    if len(judged.outputs) > MOST_OUTPUTS:
        return total + np.inf
    with np.errstate(all="ignore"):
        for output in judged.outputs:
            moved = most * rule.format.unit_roundoff * sizes("", output, rows)[1]
            total = total + judged.functional.bends(truth[:, output] + moved.astype(np.float64), truth[:, output])
    return np.where(np.isnan(total), np.inf, total)


def most_steps(limit: AccuracyLimit, fmt: Format) -> float:
    """How many times the roundings of a textbook's evaluation an error may be: c, an eighth of it in 16-bit formats, whose kernels compute in
    binary32 and round what they store, as the ball test's neighbourhood has it (limits); never less than 4."""
    return max(4.0, limit.excess / 8) if fmt.name in HALF else limit.excess
