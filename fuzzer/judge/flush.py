"""FlushPolicy: what a target does with subnormal numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlushPolicy:
    """Whether a target, at one dtype, reads subnormal inputs as zero and replaces subnormal results by zero.

    IEEE 754-2019 allows neither; x86's DAZ and FTZ bits, and compilers that set them, do both. It is a policy of the
    target, measured once, and not a defect of each op: under `inputs`, f(+-0) is right beside f(x) for a subnormal x;
    under `outputs`, +-0 is right beside a subnormal f(x).
    """

    inputs: bool = False
    outputs: bool = False
