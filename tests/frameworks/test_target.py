"""Targets: names, what is installed, plugins, the measured flush policy."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import DTYPES, call, op, scalar
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.backends.modes import DEVICES, MODES
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError
from ulpfuzz.fuzzer.frameworks.targets import config, launch
from ulpfuzz.fuzzer.frameworks.targets import target as targets
from ulpfuzz.fuzzer.frameworks.targets.config import Config, ConfigError, Spec
from ulpfuzz.fuzzer.frameworks.targets.survey import describe
from ulpfuzz.fuzzer.frameworks.targets.switches import SWITCHES
from ulpfuzz.fuzzer.frameworks.targets.target import (
    Target,
    flush_policy,
    framework_for,
    framework_of,
    supported,
    target_named,
    targets_named,
)  # fmt: skip
from ulpfuzz.fuzzer.judge.flush import FlushPolicy


class Planted:
    """A fake framework that evaluates with numpy and flushes as it is told."""

    name = "planted"
    version = "7.1"
    orders = ("value",)
    lengths: tuple[int, ...] | None = None

    def __init__(self, inputs: bool = False, outputs: bool = False, from_length: int = 1) -> None:
        self.switches = {"planted": True}
        self.policy = FlushPolicy(inputs, outputs)
        self.from_length = from_length

    def evaluate(self, call: Call, batch: Batch) -> NDArray[Any]:
        if batch.dtype == "bfloat16":
            raise FrameworkError("TypeError: no bfloat16 here")
        tiny = batch.format.min_normal
        values = {k: flushed(v, tiny) if self._flushes(batch, self.policy.inputs) else v for k, v in batch.inputs.items()}
        result = np.asarray(eval(call.implementation.call, dict(values)))
        result = flushed(result, tiny) if self._flushes(batch, self.policy.outputs) else result
        return result.reshape(batch.rows, -1)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(call, batch.repeat(placement.length))

    def _flushes(self, batch: Batch, policy: bool) -> bool:
        return policy and batch.rows >= self.from_length


def flushed(values: NDArray[Any], tiny: float) -> NDArray[Any]:
    return np.where(np.abs(values) < tiny, np.zeros_like(values), values)


@pytest.fixture
def planted() -> Iterator[Target]:
    targets.register("planted", Planted)
    yield Target("planted")
    targets.unregister("planted")


@pytest.mark.parametrize("text", ["torch", "torch:cpu", "torch:cpu:eager", " torch:cpu "])
def test_names(text: str) -> None:
    assert target_named(text) == Target("torch")
    assert str(target_named(text)) == "torch:cpu:eager"
    assert target_named(str(Target("jax"))) == Target("jax")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pytorch", "unknown framework 'pytorch'; did you mean 'torch'?"),
        ("tensorflow:gpu", "unknown device 'gpu'; did you mean 'cpu'?"),
        ("jax:cpu:eagre", "unknown mode 'eagre'; did you mean 'eager'?"),
        ("torch:cpu:eager:x", "unknown target 'torch:cpu:eager:x'; did you mean 'torch:cpu:eager'?"),
        ("", "unknown framework ''; valid:"),
    ],
)
def test_a_wrong_name_names_the_nearest(text: str, message: str) -> None:
    with pytest.raises(UnknownName) as caught:
        target_named(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


VALUES = {None: st.just("--xla_a=true --xla_b=2"), (): st.integers(1, 64).map(str)}


@st.composite
def any_target(draw: st.DrawFn) -> Target:
    framework = draw(st.sampled_from(sorted(MODES)))
    mine = [switch for switch in SWITCHES if switch.framework == framework]
    chosen = draw(st.lists(st.sampled_from(mine), unique_by=lambda switch: switch.name)) if mine else []
    pairs = [(s.name, draw(VALUES[s.values] if s.values in VALUES else st.sampled_from(s.values))) for s in chosen]
    return Target(
        framework, draw(st.sampled_from(DEVICES[framework])), draw(st.sampled_from(MODES[framework])), tuple(sorted(pairs)),
        draw(st.sampled_from(["", f"other-{framework}"])),
    )  # fmt: skip


@pytest.fixture
def hosts() -> Iterator[None]:
    """A host of each framework, in this interpreter."""
    specs = [Spec(f"other-{name}", name, mode=MODES[name][-1], where="planted") for name in MODES]
    config.declare(Config({spec.name: spec for spec in specs}))
    yield
    config.forget()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=any_target())
def test_a_name_and_its_target_are_one(hosts: None, target: Target) -> None:
    assert target_named(str(target)) == target
    assert framework_of(str(target)) == target.framework
    assert target.runs_in_host == (target.device != "cpu" or bool(target.switches) or bool(target.host))


def test_a_table_of_the_configuration_is_a_target(hosts: None) -> None:
    table = Target("jax", mode="jit", host="other-jax")
    assert target_named("other-jax") == target_named("jax@other-jax") == target_named("jax@other-jax:cpu:jit") == table
    assert target_named("jax@other-jax:cpu:eager") == replace(table, mode="eager")
    assert target_named("jax@other-jax;threads=2") == replace(table, switches=(("threads", "2"),))
    assert table in targets.known_targets()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jax@othr-jax", "unknown host of jax 'othr-jax'; did you mean 'other-jax'?"),
        ("jax@other-torch", "unknown host of jax 'other-torch'; did you mean 'other-jax'?"),
        ("other-jaxx", "unknown framework 'other-jaxx'; did you mean 'other-jax'?"),
        ("torch;mkldn=off", "unknown switch of torch 'mkldn'; did you mean 'mkldnn'?"),
        ("torch;mkldnn=of", "unknown value of torch's switch mkldnn 'of'; did you mean 'off'?"),
        ("torch;threads=two", "torch's switch threads takes a number of threads from 1 on, not 'two'"),
        ("torch;mkldnn", "a switch is written name=value, not 'mkldnn'"),
        ("torch;tf32=on;tf32=off", "the switch tf32 stands twice"),
        ("numpy;threads=2", "numpy has no switches; threads=2 can be none"),
        ("numpy:cpu:jit", "unknown mode 'jit'; valid: eager"),
        ("torch:cpu:xla", "unknown mode 'xla'; "),
    ],
)
def test_a_wrong_host_or_switch_names_the_nearest(hosts: None, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        target_named(text)
    assert "\n" not in str(caught.value)


def test_without_a_configuration_there_is_no_host() -> None:
    config.declare(Config())
    try:
        with pytest.raises(ValueError, match=r"unknown host of jax 'old'; ulpfuzz\.toml names none"):
            target_named("jax@old")
    finally:
        config.forget()


def test_patterns(hosts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "installed", lambda name: None if name == "jax" else "1")
    monkeypatch.setattr(targets, "missing_from", lambda target: "")
    assert targets_named("torch:cpu:*") == [Target("torch"), Target("torch", mode="compile")]
    assert targets_named("t*w:*:e*") == [Target("tensorflow")], "a pattern that names no device stands for the CPU"
    assert targets_named("torch:cuda:*") == [Target("torch", "cuda"), Target("torch", "cuda", "compile")]
    assert targets_named("jax*") == [Target("jax", mode="jit", host="other-jax")], "jax itself is not installed"
    assert targets_named("other-t*,torch") == [
        Target("torch", mode="compile", host="other-torch"), Target("tensorflow", mode="xla", host="other-tensorflow"), Target("torch")
    ]  # fmt: skip
    with pytest.raises(UnknownName, match="unknown target 'torhc:\\*'; did you mean 'torch"):
        targets_named("torhc:*")


def test_the_configuration_may_say_what_is_meant_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    config.declare(Config({"other": Spec("other", "numpy")}, ("other", "numpy")))
    try:
        assert targets_named(None) == [Target("numpy", host="other"), Target("numpy")]
        config.declare(Config({"torch": Spec("torch", "numpy", where="planted, target 1")}))
        with pytest.raises(ConfigError, match=r"^planted, target 1: torch is the name of a framework$"):
            targets.known_targets()
        config.declare(Config({"old": Spec("old", "nunpy", where="planted, target 1")}))
        with pytest.raises(ConfigError, match=r"^planted, target 1: unknown framework 'nunpy'; did you mean 'numpy'"):
            target_named("old")
    finally:
        config.forget()


def test_lists_of_targets() -> None:
    assert targets_named("numpy, numpy:cpu") == [Target("numpy")]
    everything = targets_named(None)
    assert Target("numpy") in everything
    assert all(targets.installed(t.framework) for t in everything)


def test_what_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (targets, launch):
        monkeypatch.setattr(module, "installed", lambda name: None if name == "jax" else "1")
    assert Target("jax") not in targets_named(None)
    with pytest.raises(ValueError, match=r"^jax is not installed; pip install 'ulpfuzz\[jax\]'$"):
        targets_named("torch,jax")
    framework_for.cache_clear()
    told = describe(Target("jax"))
    assert (told["available"], told["version"], told["flush"]) == (False, None, {})
    assert told["reason"] == "jax is not installed; pip install 'ulpfuzz[jax]'"


def test_asking_for_versions_imports_no_framework() -> None:
    script = (
        "import sys; from ulpfuzz.fuzzer.frameworks.targets.target import targets_named, supported; targets_named(None);"
        "print(sorted({'torch', 'tensorflow', 'jax', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_environment_keeps_the_users_xla_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"XLA_FLAGS": "--xla_dump_to=d --xla_cpu_multi_thread_eigen=true"})
    targets.prepare_environment()
    targets.prepare_environment()
    assert os.environ["XLA_FLAGS"] == "--xla_dump_to=d --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    assert os.environ["JAX_ENABLE_X64"] == "1"
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ


def test_a_framework_is_started_once() -> None:
    assert framework_for(Target("numpy")) is framework_for(target_named("numpy:cpu"))


def test_a_framework_that_does_not_start_is_described(planted: Target) -> None:
    def broken() -> Any:
        raise ImportError("libgone.so: cannot open\nsecond line")

    targets.register("planted", broken)
    with pytest.raises(FrameworkError, match=r"^ImportError: libgone.so: cannot open$"):
        framework_for(planted)
    assert describe(planted)["reason"] == "ImportError: libgone.so: cannot open"


def test_a_registered_framework_is_a_target(planted: Target) -> None:
    assert target_named("planted:cpu:eager") == planted
    assert planted in targets_named(None)
    assert planted in targets.known_targets()
    assert describe(planted) == {
        "target": "planted:cpu:eager",
        "available": True,
        "version": "7.1",
        "reason": "",
        "flush": {"float16": "keeps", "bfloat16": "unsupported", "float32": "keeps", "float64": "keeps"},
        "switches": {"planted": True},
        "python": f"{sys.executable} ({platform.python_version()})",
    }


def test_an_unregistered_framework_is_none() -> None:
    with pytest.raises(UnknownName, match="unknown framework 'planted'"):
        target_named("planted")


@pytest.mark.parametrize("from_length", [1, 2])
@pytest.mark.parametrize("outputs", [False, True])
@pytest.mark.parametrize("inputs", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_planted_flush_is_measured(inputs: bool, outputs: bool, from_length: int, dtype: str) -> None:
    assert flush_policy(Planted(inputs, outputs, from_length), dtype) == FlushPolicy(inputs, outputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["torch", "tensorflow", "jax", "numpy"])
def test_the_policy_of_installed_frameworks_is_measured(name: str, dtype: str) -> None:
    if targets.installed(name) is None:
        pytest.skip(f"{name} is not installed")
    policy = flush_policy(Target(name), dtype)
    assert isinstance(policy, FlushPolicy)
    assert flush_policy(Target(name), dtype) is policy


def test_supported_reads_the_record(planted: Target) -> None:
    record = op(
        "probe",
        [scalar("x")],
        torch=[
            "torch.exp(x)",
            call("torch.exp(x).mul(1)", dtypes=("float32",), grad=False),
            call("torch.other(x)", when={"n": (2,)}),
        ],
        numpy="np.exp(x)",
        params={"n": (1, 2)},
    )

    def calls(name: str, dtype: str, order: str, n: int) -> list[str]:
        return [i.call for i in supported(record, Target(name), dtype, order, {"n": n})]

    assert calls("torch", "float32", "value", 1) == ["torch.exp(x)", "torch.exp(x).mul(1)"]
    assert calls("torch", "float64", "value", 2) == ["torch.exp(x)", "torch.other(x)"]
    assert calls("torch", "float32", "grad", 1) == ["torch.exp(x)"]
    assert calls("torch", "float32", "grad2", 1) == ["torch.exp(x)"]
    assert calls("numpy", "float32", "grad2", 1) == []
    assert calls("numpy", "float32", "value", 1) == ["np.exp(x)"]
    assert calls("numpy", "float32", "grad", 1) == []
    assert calls("planted", "float32", "value", 1) == []
