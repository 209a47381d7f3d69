"""A stretch of binary32 inputs judged where the target computes: inputs, answers, balls and comparisons never leave the device.

What is correctly rounded, or surely within T, is counted there; the rest, a small part, comes to the CPU and is judged as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.campaign.sharp_truth import SHARP
from fuzzer.findings.fact import Share, joined
from fuzzer.formats import FLOAT32
from fuzzer.frameworks.resident import Resident
from fuzzer.judge.verdict import Class
from oracles.arithmetic.ball64_torch import TorchBall64
from oracles.function import Function

#: Inputs of one call on a device: what keeps a GPU busy, in half a gigabyte of columns.
CALL = 1 << 22
#: (numbers of inputs, answers (rows, 1)) -> what they contribute, judged on the CPU.
Judge = Callable[[NDArray[np.int64], NDArray[Any]], Share]


@dataclass(frozen=True)
class DeviceLane:
    """One call of one target over its device. limit: T in ulps, TIE allowed for; judge: for what the device leaves."""

    resident: Resident
    function: Function
    limit: float
    judge: Judge

    def share(self, first: int, count: int) -> Share | None:
        """What the inputs `first` to `first + count` contribute; None where the balls know nothing of the function. Raises FrameworkError."""
        parts = []
        for start in range(first, first + count, CALL):
            part = self._call(start, min(CALL, first + count - start))
            if part is None:
                return None
            parts.append(part)
        return joined(parts)

    def _call(self, first: int, count: int) -> Share | None:
        torch = self.resident.torch
        x = self.resident.inputs(first, count)
        answers = self.resident.answers(x)
        judged = self._judged(x, answers)
        if judged is None:
            return None
        right, wrong, gap, unsure, ulp = judged
        ok, off = int(right.sum()), int(wrong.sum())
        share = Share(inputs=ok + off, elements=ok + off, classes={Class.ok.name: ok + off}, rounded_wrong=off)
        counted = wrong if off else right
        if off or ok:
            ulps = torch.where(counted, gap / ulp, -1.0)
            k = int(torch.argmax(ulps))
            most = float(torch.where(counted, (gap + unsure) / ulp, 0.0).max())
            share = replace(
                share, worst=float(ulps[k]), at=first + k, answer=float(answers[k]), most=max(0.5, most) if ok else most,
            )  # fmt: skip
        rest = torch.nonzero(~(right | wrong)).ravel().cpu().numpy()
        if not len(rest):
            return share
        answered = answers.cpu().numpy()[rest].reshape(-1, 1)
        return joined([share, self.judge(first + rest.astype(np.int64), answered)])

    def _judged(self, x: Any, answers: Any) -> tuple[Any, Any, Any, Any, Any] | None:
        """(correctly rounded, surely not and surely within T, error, its uncertainty, ulp) per input; None where nothing is known.

        Only finite inputs with a sharp ball whose rounding is certain are in either of the first two.
        """
        torch = self.resident.torch
        m = TorchBall64(torch, self.resident.device)
        (name,) = self.function.inputs
        found = [m.num(n) for n in self.function.outputs(m, {name: m.lift(x, FLOAT32.precision)})]
        if len(found) != 1 or m.kinks is not None or m.touched_removable is not None:
            return None
        (ball,) = found
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
        """As judge.ulps.error: an infinity, and a truth beyond the overflow threshold, count as the threshold."""
        torch = self.resident.torch
        top = float(FLOAT32.overflow_threshold)
        value = mid.clip(-top, top)
        unsure = torch.where(abs(mid) - rad >= top, 0.0, rad)
        biased = ((value.view(torch.int64) >> 52) & 0x7FF).clip(FLOAT32.emin + 1023, None)
        ulp = ((biased - (FLOAT32.precision - 1)) << 52).view(torch.float64)
        return abs(answers.to(torch.float64).clip(-top, top) - value), unsure, ulp
