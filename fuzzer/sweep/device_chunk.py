"""A chunk of binary32 inputs judged where the target computes: inputs, answers, balls and comparisons never leave the device.

What is correctly rounded, or surely within T, is counted there; the rest, a small part, comes to the CPU and is judged as everywhere.
A framework that runs on a device lives in a host: the chunk goes there as two numbers, and the counts and the rest come back.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.findings.fact import PartialResult, joined
from ulpfuzz.fuzzer.formats import FLOAT32
from ulpfuzz.fuzzer.frameworks.framework import Call, DeviceSweep, Framework, FrameworkError, out_of_memory
from ulpfuzz.fuzzer.judge.verdict import Class
from ulpfuzz.fuzzer.sweep.tight_reference import SHARP
from ulpfuzz.oracles.arithmetic.ball64_torch import TorchBall64
from ulpfuzz.oracles.function import Function

#: Inputs of one call on a device: what keeps a GPU busy, in half a gigabyte of columns; and the fewest, where its memory is short.
CALL, SHORT = 1 << 22, 1 << 16


@dataclass(frozen=True)
class Scan:
    """What a device has judged of a chunk. sure: what the inputs contribute that it could decide; rest: the numbers of the others,
    ascending; answers: what the call gave for those, (rows, 1)."""

    sure: PartialResult
    rest: NDArray[np.int64]
    answers: NDArray[np.float32]


def scan(framework: Framework, call: Call, first: int, count: int, limit: float) -> Scan | None:
    """The inputs `first` to `first + count` through a call, judged where the framework's tensors live, in this process or in the framework's
    host.

    limit: T in ulps, TIE allowed for. None where nothing is resident there, or the balls enclose nothing: the chunk is then judged on the
    CPU. Raises FrameworkError.
    """
    data = framework.apply(scanned, call, first, count, limit)
    if data is None:
        return None
    sure, rest, answers = data
    return Scan(PartialResult(**sure), np.frombuffer(rest, np.int64), np.frombuffer(answers, np.float32).reshape(-1, 1))


def scanned(framework: Framework, call: Call, first: int, count: int, limit: float) -> tuple[dict[str, Any], bytes, bytes] | None:
    """A Scan as data that travel; see `scan`. A call whose columns do not fit into the device's memory is divided."""
    device_sweep = framework.device_sweep(call)
    if device_sweep is None:
        return None
    try:
        op = op_named(call.op.name)
    except ValueError:  # known to the campaign's process alone
        return None
    lane = _Lane(device_sweep, function_of(op, dict(call.params), call.order), limit)
    parts, at, size = [], first, CALL
    while at < first + count:
        try:
            part = lane.call(at, min(size, first + count - at))
        except (FrameworkError, RuntimeError) as error:
            if not out_of_memory(str(error)):
                raise
            part, size = None, size // 4
            if size >= SHORT:
                continue
        if part is None:
            return None
        parts.append(part)
        at += size
    sure = dataclasses.asdict(joined(part.sure for part in parts))
    return sure, np.concatenate([p.rest for p in parts]).tobytes(), np.concatenate([p.answers for p in parts]).tobytes()


@dataclass(frozen=True)
class _Lane:
    """One call of one target over its device."""

    device_sweep: DeviceSweep
    function: Function
    limit: float

    def call(self, first: int, count: int) -> Scan | None:
        torch = self.device_sweep.torch
        x = self.device_sweep.inputs(first, count)
        answers = self.device_sweep.answers(x)
        judged = self._judged(x, answers)
        if judged is None:
            return None
        right, wrong, gap, unsure, ulp = judged
        ok, off = int(right.sum()), int(wrong.sum())
        partial_result = PartialResult(inputs=ok + off, elements=ok + off, classes={Class.ok.name: ok + off}, rounded_wrong=off)
        counted = wrong if off else right
        if off or ok:
            ulps = torch.where(counted, gap / ulp, -1.0)
            k = int(torch.argmax(ulps))
            most = float(torch.where(counted, (gap + unsure) / ulp, 0.0).max())
            partial_result = replace(
                partial_result, worst=float(ulps[k]), at=first + k, answer=float(answers[k]), most=max(0.5, most) if ok else most,
            )  # fmt: skip
        rest = torch.nonzero(~(right | wrong)).ravel()
        return Scan(partial_result, first + rest.cpu().numpy().astype(np.int64), answers[rest].cpu().numpy().reshape(-1, 1))

    def _judged(self, x: Any, answers: Any) -> tuple[Any, Any, Any, Any, Any] | None:
        """(correctly rounded, surely not and surely within T, error, its uncertainty, ulp) per input; None where nothing is known.

        Only finite inputs with a sharp ball whose rounding is certain are in either of the first two.
        """
        torch = self.device_sweep.torch
        m = TorchBall64(torch, self.device_sweep.device)
        (name,) = self.function.inputs
        outputs = [m.num(n) for n in self.function.outputs(m, {name: m.lift(x, FLOAT32.precision)})]
        if len(outputs) != 1 or m.kinks is not None or m.touched_removable is not None:
            return None
        (ball,) = outputs
        mid, rad = torch.broadcast_to(ball.mid, x.shape), torch.broadcast_to(ball.radius(), x.shape)
        known = torch.isfinite(x) & torch.isfinite(mid) & torch.isfinite(rad)
        if ball.bad is not None:
            known &= ~ball.bad
        if not known.any():
            return None
        known &= rad <= (abs(mid) * (SHARP * 2.0**-FLOAT32.precision)).clip(SHARP * FLOAT32.min_subnormal, None)
        spread = torch.where(rad == 0, 0.0, abs(mid) * 2.0**-52 + rad * (1 + 2.0**-40) + 2.0**-1074)
        low, high = (mid - spread).to(torch.float32), (mid + spread).to(torch.float32)
        known &= low == high
        right = known & (answers == low)
        gap, unsure, ulp = self._error(mid, rad, answers)
        wrong = known & ~right & (gap + unsure <= self.limit * ulp) & ~torch.isnan(answers)
        return right, wrong, gap, unsure, ulp

    def _error(self, mid: Any, rad: Any, answers: Any) -> tuple[Any, Any, Any]:
        """The same as judge.ulps.error: an infinity, and a truth beyond the overflow threshold, count as the threshold."""
        torch = self.device_sweep.torch
        top = float(FLOAT32.overflow_threshold)
        value = mid.clip(-top, top)
        unsure = torch.where(abs(mid) - rad >= top, 0.0, rad)
        biased = ((value.view(torch.int64) >> 52) & 0x7FF).clip(FLOAT32.emin + 1023, None)
        ulp = ((biased - (FLOAT32.precision - 1)) << 52).view(torch.float64)
        return abs(answers.to(torch.float64).clip(-top, top) - value), unsure, ulp
