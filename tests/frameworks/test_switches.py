"""Switches: each is documented, read back where its framework is installed, and stays in its host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar, vector
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets import switches, target
from ulpfuzz.fuzzer.frameworks.targets.launch import hosted
from ulpfuzz.fuzzer.frameworks.targets.switches import SWITCHES, Switch, reproducer_lines
from ulpfuzz.fuzzer.frameworks.targets.target import Target, flush_policy, framework_for, target_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

DOCUMENT = Path(__file__).parents[2] / "docs/reference/targets.md"

#: Settings that show every switch and every kind of value on any CPU; two of one framework differ in each switch.
SETTINGS = [
    "torch;mkldnn=off;tf32=on;threads=2;flush=on;capability=default",
    "torch;mkldnn=on;matmul=medium;threads=1;flush=off",
    "torch;tf32=off;matmul=highest",
    "tensorflow;onednn=off;tf32=off;threads=2;xla=--xla_cpu_enable_fast_min_max=true",
    "tensorflow;onednn=on;tf32=on;threads=1",
    "jax;matmul=highest;threads=3;x64=off;xla=--xla_cpu_enable_fast_min_max=true",
    "jax;matmul=tensorfloat32;threads=1;x64=on",
]


def row(switch: Switch) -> str:
    """Its line in the table of docs/reference/targets.md."""
    return f"| {switch.framework} | `{switch.name}` | {switch.choices} | {switch.does} | {switch.source} |"


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: f"{s.framework}-{s.name}")
def test_every_switch_is_documented(switch: Switch) -> None:
    assert row(switch) in DOCUMENT.read_text(encoding="utf-8"), "docs/reference/targets.md holds the one table"


def test_every_switch_is_tried() -> None:
    tried = {(t.framework, name) for t in map(target_named, SETTINGS) for name, _ in t.switches}
    assert tried == {(s.framework, s.name) for s in SWITCHES}


@pytest.mark.parametrize("text", SETTINGS)
def test_switches_are_read_back(text: str) -> None:
    there = target_named(text)
    if target.installed(there.framework) is None:
        pytest.skip(f"{there.framework} is not installed")
    framework: Any = hosted(there)
    try:
        # A host whose framework says otherwise does not start.
        assert {name: framework.switches[name] for name, _ in there.switches} == dict(there.switches)
    finally:
        framework.end()


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
def test_a_flag_that_xla_does_not_know_is_no_defect_of_the_framework(name: str) -> None:
    if target.installed(name) is None:
        pytest.skip(f"{name} is not installed")
    framework = hosted(target_named(f"{name};xla=--xla_no_such_flag=true"))
    with pytest.raises(FrameworkError, match=r"^Unsupported: .* does not start: .*xla_no_such_flag"):
        framework.start()
    framework.end()


def test_flushing_stays_in_its_host() -> None:
    if target.installed("torch") is None:
        pytest.skip("torch is not installed")
    there = target_named("torch;flush=on")
    assert there.runs_in_host
    assert flush_policy(there, "float32").inputs
    assert flush_policy(there, "float64").outputs
    tiny = np.array([2.0**-126], np.float32) * np.float32(0.5)
    assert tiny[0] > 0, "the oracle's numpy, in this thread, keeps subnormals"
    assert flush_policy(Target("torch"), "float32") == FlushPolicy(False, False)
    target.forget()


def test_a_switch_without_effect_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = Switch("numpy", "deaf", ("on", "off"), "nothing", "'off'", "planted")
    monkeypatch.setattr(switches, "SWITCHES", (*SWITCHES, deaf))
    framework = framework_for(target_named("numpy;deaf=on"))
    words = r"^Unsupported: numpy:cpu:eager;deaf=on does not start: the switch deaf=on is off there, it has no effect$"
    with pytest.raises(FrameworkError, match=words):
        framework.evaluate(None, None)  # type: ignore[arg-type]
    assert framework_for(target_named("numpy;deaf=off")).version == np.__version__
    target.forget()


@pytest.mark.parametrize("text", SETTINGS)
def test_a_script_can_set_what_a_host_sets(text: str) -> None:
    """The lines for reproducers, run as a script would: the switches read back the same."""
    there = target_named(text)
    if target.installed(there.framework) is None:
        pytest.skip(f"{there.framework} is not installed")
    environment, setup = reproducer_lines(there.framework, there.switches)
    imports = {"torch": "import torch", "tensorflow": "import tensorflow as tf", "jax": "import jax; jax.devices()"}
    reads = switches.setting(there.framework, there.switches).reads
    lines = [imports[there.framework], *setup, *(f"print({read})" for read in reads.values())]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", **environment},
    )  # fmt: skip
    assert done.stdout.split("\n")[:-1] == [value for _, value in there.switches]


def test_no_switches_need_nothing() -> None:
    assert reproducer_lines("torch", ()) == ({}, [])


def test_settings_reach_the_calls() -> None:
    """Not the start alone: the threads that a call sees are those of the switch."""
    if target.installed("torch") is None:
        pytest.skip("torch is not installed")
    framework: Any = hosted(target_named("torch;threads=2"))
    implementation = Implementation("torch", "x * 0 + torch.get_num_threads()")
    from ulpfuzz.fuzzer.case import Batch
    from ulpfuzz.fuzzer.frameworks.framework import Call

    call = Call(Op("o", (scalar("x"),), (implementation,)), implementation, {})
    assert framework.evaluate(call, Batch("float32", {"x": np.ones(1, np.float32)}))[0, 0] == 2
    framework.end()


def test_arrays_made_of_nothing_are_binary32_where_x64_is_off() -> None:
    """JAX's default: a window is computed in binary32 there, in binary64 where x64 is on; there is no float64 then."""
    if target.installed("jax") is None:
        pytest.skip("jax is not installed")
    from ulpfuzz.fuzzer.case import Batch
    from ulpfuzz.fuzzer.frameworks.framework import Call

    window = Implementation("jax", "x * (jnp.ones(x.shape[-1]).dtype == jnp.float32)")
    call = Call(Op("window", (vector("x"),), (window,)), window, {})
    narrow, wide = (Batch(dtype, {"x": np.ones((1, 3), dtype)}) for dtype in ("float32", "float64"))
    off: Any = hosted(target_named("jax;x64=off"))
    try:
        answer = off.evaluate(call, narrow)
        with pytest.raises(FrameworkError, match=r"^Unsupported: no float64 where x64=off$"):
            off.evaluate(call, wide)
    finally:
        off.end()
    assert (answer.dtype, answer.tolist()) == (np.float32, [[1.0, 1.0, 1.0]])
    assert framework_for(Target("jax")).evaluate(call, narrow).tolist() == [[0.0, 0.0, 0.0]]
