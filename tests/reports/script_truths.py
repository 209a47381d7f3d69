"""Scripts run in this process with no framework: what they recompute of their truth, and what they say of it."""

from __future__ import annotations

import io
import math
import random
import re
import sys
import types
from contextlib import redirect_stdout
from typing import Any
from unittest import mock

import mpmath
import numpy as np

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.inputs.structures import satisfy
from ulpfuzz.oracles.confirmation import Confirmation, confirm
from ulpfuzz.oracles.function import COTANGENT, TANGENT
from ulpfuzz.reports.script import script_for

ORDINARY = (0.75, 1.5, -2.5, 0.25, 3.0, -0.625, 5.75, 0.5, -1.25, 2.0, 0.125, 12.5)
#: Exit status of a script whose truths disagree, and what stands for a traceback.
DISAGREES, RAISES = 3, 99


def executed(text: str) -> tuple[int, str]:
    """A script's exit status and what it prints, with frameworks that answer nonsense: any status but DISAGREES and RAISES says that the truth
    was recomputed."""
    asked = re.findall(r"^ *import ((?:torch|tensorflow|jax|scipy)[\w.]*)", text, re.MULTILINE)
    names = {".".join(name.split(".")[: k + 1]) for name in asked for k in range(name.count(".") + 1)}
    fakes: dict[str, Any] = {name: mock.MagicMock(__version__="0") for name in names}
    said = io.StringIO()
    precision, divisions = mpmath.mp.prec, (mpmath.mpf.__truediv__, mpmath.mpf.__rtruediv__)
    module = types.ModuleType("__main__")
    try:
        with redirect_stdout(said), mock.patch.dict(sys.modules, fakes), mock.patch.dict("os.environ"):
            exec(compile(text, "script.py", "exec"), vars(module))
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except Exception as error:
        said.write(f"{type(error).__name__}: {error}")
        status = RAISES
    finally:
        mpmath.mp.prec = precision
        mpmath.mpf.__truediv__, mpmath.mpf.__rtruediv__ = divisions
    return status, said.getvalue()


def point(op: Op, order: str, fmt: Format, seed: int) -> dict[str, Any]:
    """Ordinary numbers of the domain for every input, and directions where the order takes them."""
    rng = random.Random(f"{op.name} {order} {seed}")
    usual = [n for n in op.lengths if n <= 6] or [n for n in range(2, 6) if n >= op.min_length] or [op.min_length]
    length = usual[0]
    inputs = {entry.name: _numbers(rng, entry, length, fmt) for entry in op.inputs}
    if order != "value" and not op.elementwise:
        single = {name: np.asarray(value) for name, value in inputs.items()}
        outputs = confirmed_outputs(op, single)
        moving = sum(np.size(inputs[i.name]) for i in op.inputs if i.differentiable)
        if order in ("grad", "grad2"):
            inputs[COTANGENT] = [rng.choice(ORDINARY) for _ in range(outputs)]
        if order in ("jvp", "grad2"):
            inputs[TANGENT] = [rng.choice(ORDINARY) for _ in range(moving)]
    return inputs


def confirmed_outputs(op: Op, single: dict[str, Any]) -> int:
    from ulpfuzz.oracles.arithmetic.taped import TapedMp

    m = TapedMp(64)

    def lift(value: Any) -> Any:
        return [lift(v) for v in value] if np.ndim(value) else m.lift(float(value))

    return len(function_of(op, op.default_params(), "value").outputs(m, {name: lift(v) for name, v in single.items()}))


def _numbers(rng: random.Random, entry: Input, length: int, fmt: Format) -> Any:
    sizes = entry.sizes(length)

    def number() -> float:
        while True:
            value = rng.choice(ORDINARY) * (1 if rng.random() < 0.5 else 0.875)
            value = float(math.floor(abs(value))) % 2 if entry.integers else value
            if entry.low < value < entry.high or (entry.integers and entry.low <= value <= entry.high):
                return value
            if math.isfinite(entry.high - entry.low):
                value = entry.low + (entry.high - entry.low) * rng.randint(1, 15) / 16
                return float(math.floor(value)) if entry.integers else value
            if math.isfinite(entry.low):
                return entry.low + abs(value)
            if math.isfinite(entry.high):
                return entry.high - abs(value)

    numbers = np.asarray([number() for _ in range(math.prod(sizes))]).reshape((1, *sizes))
    real = format_named(fmt.real)
    return real.round(satisfy(real, entry, numbers)).astype(np.float64)[0].tolist()


def finding_at(op: Op, order: str, dtype: str, inputs: dict[str, Any], worst: int, truth: Confirmation | None = None) -> Finding:
    """A finding of an op's first call that has this order, with the oracle's truth and an answer that is planted."""
    call = next((i for i in op.implementations if i.supports(dtype, order, op.default_params())), None)
    if call is None:
        raise LookupError(f"no framework has {op.name} at {dtype}, {order}")
    single = {name: np.asarray(value, np.float64) for name, value in inputs.items()}
    truth = truth or confirm(function_of(op, op.default_params(), order), single, worst)
    return Finding(
        id=f"planted-{op.name}", op=op.name, params=op.default_params(), order=order, dtype=dtype, target=f"{call.framework}:cpu:eager",
        implementation=call.call, symptom="precision", class_="unstable", ulps=1000.0, excess=1000.0, condition=1.0, limit=8.0, severity=1.0,
        case={"dtype": dtype, "inputs": dict(sorted((n, _hex(v)) for n, v in inputs.items()))}, worst=worst, reference=truth.value,
        output=1.0, output_hex="0x1p+0", avoidable_by=[], certified_by=truth.certified_by, answers=[],
    )  # fmt: skip


def _hex(value: Any) -> Any:
    return [_hex(v) for v in value] if isinstance(value, list) else float(value).hex()


def ordinary(op: Op, order: str, dtype: str) -> Finding:
    """A finding at an ordinary point where the truth is a number that Arb and mpmath have. Raises LookupError where no call or point is found."""
    for seed in range(12):
        inputs = point(op, order, format_named(dtype), seed)
        single = {name: np.asarray(value, np.float64) for name, value in inputs.items()}
        truth = confirm(function_of(op, op.default_params(), order), single, 0)
        if truth.agrees and truth.certified_by.startswith("arb") and truth.exact is not None:
            return finding_at(op, order, dtype, inputs, 0, truth)
    raise LookupError(f"no ordinary point of {op.name}")


def script_of(finding: Finding) -> str:
    return script_for(finding, {"numpy": "0"})
