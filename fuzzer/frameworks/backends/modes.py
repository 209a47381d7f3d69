"""Modes and devices: the ways in which each framework runs the same call. Imports no framework."""

from __future__ import annotations

import os
import shlex
import shutil

#: The modes of the frameworks that ulpfuzz brings along; any other framework runs eagerly.
MODES = {
    "torch": ("eager", "compile"),
    "tensorflow": ("eager", "graph", "xla"),
    "jax": ("eager", "jit"),
    "numpy": ("eager",),
}

#: Modes that compile (or trace) a program for every call, order and shape: shapes are few there.
COMPILED = ("compile", "graph", "xla", "jit")

#: The share of a device's memory that one process may take: three frameworks side by side, and something that is not ours.
DEVICE_SHARE = 0.25
#: Devices by the names that users give them; cuda and rocm are one device to torch and TensorFlow, built for one or the other.
DEVICES = {
    "torch": ("cpu", "cuda", "rocm", "mps"),
    "tensorflow": ("cpu", "cuda", "rocm", "mps"),
    "jax": ("cpu", "cuda", "rocm", "mps"),
    "numpy": ("cpu",),
}


def modes_of(framework: str) -> tuple[str, ...]:
    """The modes of a framework, the usual one first."""
    return MODES.get(framework, ("eager",))


def devices_of(framework: str) -> tuple[str, ...]:
    """The names of the devices that a framework may run on, here or elsewhere."""
    return DEVICES.get(framework, ("cpu",))


def compiler() -> str:
    """The path of the C++ compiler: $CXX, g++ or clang++; empty where there is none."""
    preferred = shlex.split(os.environ.get("CXX", ""))[:1]
    return next((path for name in (*preferred, "g++", "clang++") if (path := shutil.which(name))), "")


#: Frameworks that compile every op for every shape even when they run eagerly.
COMPILE_EACH_OP = ("jax",)
#: Orders that a framework traces op by op for every shape even when it runs eagerly (tf.autodiff.ForwardAccumulator: 7 to 35 ms, then 0.7 to
#: 2.7).
TRACED = {"tensorflow": ("jvp",)}


def compiles_shapes(framework: str, mode: str, order: str = "value") -> bool:
    """Whether every shape of a call of this order costs a compilation or a trace."""
    return mode in COMPILED or framework in COMPILE_EACH_OP or order in TRACED.get(framework, ())
