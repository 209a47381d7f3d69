"""Kernels with planted faults, one of each cause, and right ones; a framework of numpy's that evaluates them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.backends.expression import by_row, framework_errors, function_of, placed, strided
from ulpfuzz.fuzzer.frameworks.backends.numpy import Numpy
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.fuzzer.frameworks.targets.target import register
from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define

Array = NDArray[Any]
NAME = "planted_kernels"


class Planted(InProcess):
    """Implements Framework, values only."""

    name, version = NAME, "1"
    orders = ("value",)

    def evaluate(self, call: Call, batch: Batch) -> Array:
        return self._evaluate(call, batch, 1)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Array:
        return self._evaluate(call, placed(batch, placement), placement.stride)

    def _evaluate(self, call: Call, batch: Batch, stride: int) -> Array:
        inputs = [strided(np.array(batch.inputs[i.name]), stride) for i in call.op.inputs]
        modules = {"np": np, "one": np.float32(1), **KERNELS}
        with framework_errors(), np.errstate(all="ignore"):
            return by_row(np.asarray(function_of(call, modules, Numpy())(*inputs)), batch)


register(NAME, Planted)


def _softmax(x: Array) -> Array:
    powers = np.exp(x)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _variance(x: Array) -> Array:
    n = x.dtype.type(x.shape[-1])
    total = sum((x[..., k] for k in range(1, x.shape[-1])), x[..., 0])
    squares = sum((x[..., k] * x[..., k] for k in range(1, x.shape[-1])), x[..., 0] * x[..., 0])
    return np.asarray((squares - total * total / n) / n)


_calls = itertools.count()


def _unwritten(x: Array) -> Array:
    """Another number at every call."""
    return (np.exp(x) + x.dtype.type(next(_calls))).astype(x.dtype)


def _gelu_of_binary32(x: Array) -> Array:
    from scipy.special import erfc

    return np.asarray(x / 2 * erfc(-x / np.float64(np.float32(math.sqrt(2)))))


def _in_long_calls(x: Array) -> Array:
    return np.exp(x) * x.dtype.type(1.001 if len(x) >= 8 else 1)


def _one_wrong(x: Array) -> Array:
    return np.where(x == x.dtype.type(1.5), x.dtype.type(7), np.exp(x))


def _flushing(x: Array) -> Array:
    y = np.exp(x.astype(np.float64)).astype(x.dtype)
    return np.where(np.abs(y) < np.finfo(x.dtype).tiny, 0, y).astype(x.dtype)


def _sine_of_pi(x: Array) -> Array:
    return np.sin(x.dtype.type(math.pi) * x).astype(x.dtype)


KERNELS = {
    "softmax": _softmax, "variance": _variance, "unwritten": _unwritten, "gelu_of_binary32": _gelu_of_binary32,
    "in_long_calls": _in_long_calls, "one_wrong": _one_wrong, "flushing": _flushing, "sine_of_pi": _sine_of_pi,
}  # fmt: skip


# Ops that the catalogue has not


@define("planted_cosine_distance")
def cosine_distance(m: Arithmetic[N], x: N) -> N:
    """1 - cos x; Goldberg (1991), section 1.4."""
    return 1 - m.cos(x)


@define("planted_root_difference")
def root_difference(m: Arithmetic[N], x: N) -> N:
    """sqrt(x + 1) - sqrt(x); Hamming, Numerical Methods for Scientists and Engineers, section 1.7."""
    return m.sqrt(x + 1) - m.sqrt(x)


@define("planted_quadratic")
def quadratic(m: Arithmetic[N], b: N, c: N) -> N:
    """The root (-b + sqrt(b^2 - 4 c)) / 2 of x^2 + b x + c."""
    return (-b + m.sqrt(m.square(b) - 4 * c)) / 2


@define("planted_sine_of_pi")
def sine_of_pi(m: Arithmetic[N], x: N) -> N:
    """sin(pi x)."""
    return m.sinpi(x)


@define("planted_harmonic")
def harmonic(m: Arithmetic[N], x: N) -> N:
    """x / (1 + x / 3) by way of a reciprocal: right wherever it is evaluated naively."""
    return x * (1 / (1 + x * Fraction(1, 3)))


def _op(name: str, *inputs: str) -> Op:
    return Op(name, tuple(scalar(i) for i in inputs), (), definition=name)


@contextmanager
def planted_ops() -> Iterator[None]:
    """The registry knows these ops inside, and the calls of the findings that `finding_of` makes there."""
    own = [
        _op("planted_cosine_distance", "x"), _op("planted_root_difference", "x"), _op("planted_quadratic", "b", "c"),
        _op("planted_sine_of_pi", "x"), _op("planted_harmonic", "x"),
    ]  # fmt: skip
    registry = ops()
    before = dict(registry)
    registry.update({op.name: op for op in own})
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)


def finding_of(
    op: str, call: str, dtype: str = "float32", symptom: str = "precision", target: str = NAME, **inputs: Any
) -> Finding:
    """A finding of a call at a case, as a store would hold it; only what diagnosis reads is true of it. Its op has the call, inside `planted_ops`."""
    fmt, record, framework = format_named(dtype), op_named(op), framework_of(target)
    if call not in {i.call for i in record.of(framework)}:
        ops()[op] = replace(record, implementations=(*record.implementations, Implementation(framework, call)))

    def hexed(value: Any) -> Any:
        return [hexed(v) for v in value] if isinstance(value, list) else float(fmt.round(np.asarray(value, np.float64))).hex()

    case = {"dtype": dtype, "inputs": {name: hexed(value) for name, value in inputs.items()}, "placement": {"length": 1}}
    return Finding(
        "planted", op, record.default_params(), "value", dtype, target, call, symptom,
        "unstable", math.inf, math.inf, math.nan, 4.0, 0.0, case, 0, "0", 0.0, "0x0p+0", [], "arb+mpmath", [],
    )  # fmt: skip
