"""Modes, devices and the environment that goes with them."""

from __future__ import annotations

import os
import sys

import pytest

import ulpfuzz.fuzzer.frameworks.backends.modes as modes
from ulpfuzz.fuzzer.frameworks.framework import FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment, variables
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_for, known_targets, target_named


def test_every_mode_is_a_target() -> None:
    for name, of in modes.MODES.items():
        for mode in of:
            assert target_named(f"{name}:cpu:{mode}") == Target(name, "cpu", mode)
    assert Target("tensorflow", "cpu", "xla") in known_targets()
    assert modes.modes_of("a_plugin") == ("eager",)
    assert set(modes.COMPILED) == {mode for of in modes.MODES.values() for mode in of} - {"eager"}


def test_torch_compile_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    monkeypatch.setenv("PATH", "")
    assert modes.compiler() == ""
    framework_for.cache_clear()
    with pytest.raises(FrameworkError, match=r"^torch.compile on the CPU needs a C\+\+ compiler"):
        framework_for(Target("torch", "cpu", "compile"))
    framework_for.cache_clear()


def test_the_users_compiler_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", f"{sys.executable} -O2")
    assert modes.compiler() == sys.executable


@pytest.mark.parametrize("name", ["torch", "tensorflow", "jax"])
def test_a_device_that_is_not_there_is_one_line(name: str) -> None:
    module = pytest.importorskip(name) and __import__(f"ulpfuzz.fuzzer.frameworks.backends.{name}", fromlist=["availability"])
    for device in ("cuda", "rocm", "mps"):
        reason = module.availability("eager", device)
        assert "\n" not in reason
    assert module.availability("eager", "cpu") == ""


@pytest.mark.parametrize("given", [None, "1", "-1"])
def test_a_gpu_gets_back_what_the_cpu_hid(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the user had hidden it."""
    monkeypatch.setattr(os, "environ", {} if given is None else {"CUDA_VISIBLE_DEVICES": given})
    prepare_environment()
    prepare_environment()
    assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["JAX_PLATFORMS"]) == ("-1", "cpu")
    there = variables("cuda", os.environ)
    assert (there["CUDA_VISIBLE_DEVICES"], there["JAX_PLATFORMS"]) == (given, "cuda,cpu")
    assert there["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert there["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.25"
    assert variables("cuda", {"XLA_PYTHON_CLIENT_MEM_FRACTION": ".5"})["XLA_PYTHON_CLIENT_MEM_FRACTION"] == ".5"


def test_what_runs_frameworks_keeps_the_memory_that_it_frees_unless_the_user_says_how() -> None:
    assert int(variables("cpu", {})["MALLOC_TRIM_THRESHOLD_"] or 0) > 2**24
    assert variables("cuda", {"MALLOC_MMAP_THRESHOLD_": "7"})["MALLOC_MMAP_THRESHOLD_"] == "7"
