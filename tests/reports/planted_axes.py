"""Planted findings of every order, mode and kind of target, for the tests of reports: no fuzzing."""

from __future__ import annotations

import math
from typing import Any

from planted_findings import planted, run, summary

from ulpfuzz.fuzzer.findings.finding import Answer, Finding, Run

VECTOR = {"x": ["0x1p+0", "0x1p-3", "-0x1p+1"], "cotangent": ["0x1p+0"], "tangent": ["0x1p+0", "0x0p+0", "0x1p+0"]}
TWO = {"x": "0x1p+0", "y": "0x1.8p+1"}


def _case(inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"dtype": "float32", "inputs": inputs, "placement": {"length": 1, "position": 0, "stride": 1}, **more}


def findings() -> list[Finding]:
    """One of each: orders, modes, switches, a host, a crash, a hang, two placements."""
    third = {"length": 9, "position": 8, "stride": 1}
    right = {"placement": {"length": 1, "position": 0, "stride": 1}, "output": 2.7182817, "output_hex": "0x1.5bf0a80000000p+1"}
    digits = {"symptom": "precision", "ulps": 8123.0, "excess": 5100.0, "output": 2.75, "output_hex": "0x1.6p+1",
              "reference": "2.718281828459045235360287471352662497757"}  # fmt: skip
    dead = {"output": math.nan, "output_hex": "nan", "ulps": math.inf, "excess": math.inf, "condition": math.nan, "limit": None,
            "reference": "", "certified_by": ""}  # fmt: skip
    died = [Answer("torch:cpu:eager", "torch.exp(x)", 2.7182817, "0x1.5bf0a80000000p+1", 0.4, "ok", "none"),
            Answer("jax@old:cpu:jit", "jnp.exp(x)", math.nan, "nan", math.inf, "unstable", "crash")]  # fmt: skip
    return [
        planted(),
        planted(id="torch-pow-grad2-float32-precision-aa01", op="pow", order="grad2", target="torch:cpu:compile", worst=1,
                implementation="torch.pow(x, y)", case=_case(TWO), **digits),
        planted(id="jax-logsumexp-grad2-float32-precision-aa02", op="logsumexp", order="grad2", target="jax:cuda:jit", worst=1,
                implementation="jax.scipy.special.logsumexp(x, axis=-1)", case=_case(VECTOR), **digits),
        planted(id="tensorflow-exp-jvp-float32-precision-aa03", op="exp", order="jvp", target="tensorflow:cpu:xla;onednn=off",
                implementation="tf.exp(x)", case=_case({"x": "0x1p+0"}), **digits),
        planted(id="torch-gelu-grad-float32-nan-aa04", op="gelu", order="grad", target="torch:cpu:eager;mkldnn=off",
                implementation="torch.nn.functional.gelu(x)", symptom="nan", output=math.nan, output_hex="nan"),
        planted(id="torch-exp-value-float32-inconsistent-aa05", op="exp", target="torch:cpu:eager", implementation="torch.exp(x)",
                note="the same bits are right at length 1 (answer 2.71828175), wrong from length 9, position 8",
                **{**digits, "symptom": "inconsistent", "case": {**_case({"x": "0x1p+0"}, right=right), "placement": third}}),
        planted(id="jax-exp-value-float32-crash-aa06", op="exp", target="jax@old:cpu:jit", implementation="jnp.exp(x)",
                symptom="crash", answers=died, note="killed by signal 6 (SIGABRT)", case=_case({"x": "0x1p+0"}), **dead),
        planted(id="tensorflow-digamma-grad2-float32-hang-aa07", op="digamma", order="grad2", target="tensorflow:cpu:graph",
                implementation="tf.math.digamma(x)", symptom="hang", answers=[], note="no answer within 30 s",
                case=_case({"x": "-0x1p+0"}), **dead),
    ]  # fmt: skip


def axes_run() -> Run:
    """A run over those targets."""
    targets = sorted({f.target for f in findings()})
    host = {
        "target": "jax@old:cpu:jit",
        "version": "0.4.30",
        "interpreter": "/opt/old/bin/python",
        "python": "3.9.18",
        "switches": {},
    }
    missing = {"cell": "cumsum float32 jvp", "target": "torch:cpu:compile", "call": "torch.cumsum(x, dim=-1)",
               "message": "Unsupported: inductor has no forward mode of cumsum"}  # fmt: skip
    environment = {**run().environment, "targets": targets, "targets_detail": [host], "unsupported": [missing]}
    return run(by_phase={"framework": 300.0, "oracle": 250.0, "compile": 83.0}, environment=environment)


def axes_cells() -> list[Any]:
    return [summary(compared=480, differing=12)] + [
        summary(op=f.op, order=f.order, target=f.target, implementation=f.implementation, worst_excess=3.0)
        for f in findings()[1:]
    ]
