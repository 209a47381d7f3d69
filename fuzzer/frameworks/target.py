"""Target: where an op runs, written framework:device:mode; which targets there are, and what they do with subnormals."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from fuzzer.case import Batch, Placement
from fuzzer.catalog.op import DTYPES, ORDERS, Implementation, Op, scalar
from fuzzer.formats import UnknownName, format_named
from fuzzer.frameworks import surroundings
from fuzzer.frameworks.expression import described
from fuzzer.frameworks.framework import Framework, FrameworkError, Job
from fuzzer.frameworks.modes import modes_of
from fuzzer.judge.flush import FlushPolicy

Factory = Callable[[], Framework]

DEVICES = ("cpu",)

# name -> (module, class, distributions that install it). No module here is imported before its framework is asked for.
_BUILTIN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "torch": ("fuzzer.frameworks.torch", "Torch", ("torch",)),
    "tensorflow": (
        "fuzzer.frameworks.tensorflow",
        "TensorFlow",
        ("tensorflow", "tensorflow-cpu", "tf-nightly", "tensorflow-macos"),
    ),
    "jax": ("fuzzer.frameworks.jax", "Jax", ("jax",)),
    "numpy": ("fuzzer.frameworks.numpy", "Numpy", ("numpy",)),
}

_registered: dict[str, Factory] = {}


def prepare_environment(device: str = "cpu") -> None:
    """See surroundings.prepare: to be called before any framework is imported."""
    surroundings.prepare(device)


@dataclass(frozen=True, order=True)
class Target:
    """A framework on a device in a mode; str() gives the full name, `torch:cpu:eager`."""

    framework: str
    device: str = "cpu"
    mode: str = "eager"

    def __str__(self) -> str:
        return f"{self.framework}:{self.device}:{self.mode}"


def register(name: str, factory: Factory) -> None:
    """Adds a framework (or replaces one) under that name in this process.

    The factory may carry attributes `version` (a string) and `orders` (those it can compute, default value and grad). Packages do
    the same through the entry point group `ulpfuzz.frameworks`: the name, and an object that is such a factory.
    """
    _registered[name] = factory
    framework_for.cache_clear()
    flush_policy.cache_clear()


def unregister(name: str) -> None:
    """Takes back `register`."""
    del _registered[name]
    framework_for.cache_clear()
    flush_policy.cache_clear()


@cache
def _plugins() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group="ulpfuzz.frameworks")}


def framework_names() -> list[str]:
    """The names of all frameworks that are known, installed or not: built in, plugins, registered."""
    return list(dict.fromkeys([*_BUILTIN, *_plugins(), *_registered]))


def target_named(text: str) -> Target:
    """The target written as framework, framework:device or framework:device:mode. Raises UnknownName, with the nearest choice."""
    framework, *rest = (part.strip() for part in text.split(":"))
    if framework not in framework_names():
        raise UnknownName("framework", framework, framework_names())
    if rest and rest[0] not in DEVICES:
        raise UnknownName("device", rest[0], DEVICES)
    if len(rest) > 1 and rest[1] not in modes_of(framework):
        raise UnknownName("mode", rest[1], modes_of(framework))
    if len(rest) > 2:
        raise UnknownName("target", text, [str(Target(framework))])
    return Target(framework, *rest)


def installed(framework: str) -> str | None:
    """The version that is installed, or None; imports nothing of the framework."""
    if framework in _registered:
        return str(getattr(_registered[framework], "version", "unknown"))
    if framework in _plugins():
        distribution = _plugins()[framework].dist
        return distribution.version if distribution else "unknown"
    if framework not in _BUILTIN or importlib.util.find_spec(framework) is None:
        return None
    for distribution_name in _BUILTIN[framework][2]:
        try:
            return importlib.metadata.version(distribution_name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"


def targets_named(text: str | None) -> list[Target]:
    """The targets of a comma-separated list; for None every framework that is installed, on the CPU, eager.

    Raises UnknownName, or ValueError for one that is not installed (it says what to install).
    """
    if not text:
        return [Target(name) for name in framework_names() if installed(name) is not None]
    targets = list(dict.fromkeys(target_named(part.strip()) for part in text.split(",") if part.strip()))
    for target in targets:
        _require(target)
    return targets


def _require(target: Target) -> None:
    if installed(target.framework) is None:
        raise ValueError(_absence(target.framework))


def _absence(framework: str) -> str:
    return f"{framework} is not installed; pip install 'ulpfuzz[{framework}]'"


def _factory(framework: str) -> Any:
    if framework in _registered:
        return _registered[framework]
    if framework in _plugins():
        return _plugins()[framework].load()
    module, name, _ = _BUILTIN[framework]
    return getattr(importlib.import_module(module), name)


@cache
def framework_for(target: Target) -> Framework:
    """The framework of a target, started once in a process.

    Raises ValueError where it is not installed, FrameworkError where it does not start.
    """
    _require(target)
    prepare_environment(target.device)
    factory = _factory(target.framework)
    # The factories of plugins take no arguments: theirs run eagerly on the CPU.
    bring_along = target.framework in _BUILTIN and target.framework not in _registered
    try:
        framework: Framework = factory(target.mode, target.device) if bring_along else factory()
    except FrameworkError:
        raise
    except Exception as error:
        raise FrameworkError(described(error)) from error
    return framework


def supported(op: Op, target: Target, dtype: str, order: str, params: Mapping[str, Any]) -> list[Implementation]:
    """The implementations of the op that claim to compute it on that target, at that dtype, order and params."""
    if order not in op.orders or order not in _orders(target.framework):
        return []
    return [implementation for implementation in op.of(target.framework) if implementation.supports(dtype, order, params)]


def _orders(framework: str) -> tuple[str, ...]:
    if framework in _BUILTIN and framework not in _registered:
        return ("value",) if framework == "numpy" else ORDERS
    orders: tuple[str, ...] = getattr(_factory(framework), "orders", ("value", "grad"))
    return orders


# A comparison takes another path than arithmetic: it may read a subnormal as it is where a product does not.
_COMPARISONS = {
    "torch": "torch.where(x > 0, y, -y)",
    "tensorflow": "tf.where(x > 0, y, -y)",
    "jax": "jnp.where(x > 0, y, -y)",
    "numpy": "np.where(x > 0, y, -y)",
}

# One element takes the scalar path of a kernel, 64 its vector body.
_PROBE_LENGTHS = (1, 64)


@cache
def flush_policy(where: Target | Framework, dtype: str) -> FlushPolicy:
    """What a target does with subnormals at a dtype, measured once in a process, in a scalar and in a vector-length call.

    Inputs: subnormals times the largest power of two must not give zero, and must compare greater than zero. Outputs: the
    least normal number times one half must not give zero. A flush in any of the calls counts. All products are exact.
    Raises FrameworkError where the framework has no such dtype.
    """
    framework = framework_for(where) if isinstance(where, Target) else where
    fmt = format_named(dtype)
    largest_power = 2.0**fmt.emax
    inputs = [
        _probe(framework, "x * y", dtype, subnormal, largest_power)
        for subnormal in (fmt.min_subnormal, fmt.min_normal / 2, fmt.min_normal - fmt.min_subnormal)
    ]
    if framework.name in _COMPARISONS:
        inputs.append(_probe(framework, _COMPARISONS[framework.name], dtype, fmt.min_subnormal, 1.0))
    return FlushPolicy(inputs=any(inputs), outputs=_probe(framework, "x * y", dtype, fmt.min_normal, 0.5))


def _probe(framework: Framework, call: str, dtype: str, x: float, y: float) -> bool:
    """Whether a call that is positive on the given numbers is not, at any of the lengths."""
    implementation = Implementation(framework.name, call)
    job = Job(Op("multiply", (scalar("x"), scalar("y")), (implementation,), definition="multiply"), implementation, {})
    row = Batch(dtype, {name: np.full(1, value).astype(format_named(dtype).dtype) for name, value in (("x", x), ("y", y))})
    return any(
        bool((framework.evaluate_placed(job, row, Placement(length)).astype(np.float64) <= 0).any()) for length in _PROBE_LENGTHS
    )


_POLICY_WORDS = {
    FlushPolicy(False, False): "keeps",
    FlushPolicy(True, False): "flushes inputs",
    FlushPolicy(False, True): "flushes results",
    FlushPolicy(True, True): "flushes both",
}


def describe(target: Target) -> dict[str, Any]:
    """A target in words, for `ulpfuzz targets --json`: starts the framework and measures its flush policy per dtype.

    available is False, and reason says why in one line, where it is not installed or does not start.
    """
    told: dict[str, Any] = {"target": str(target), "available": False, "version": installed(target.framework)}
    told.update(reason="", flush={}, switches={})
    try:
        framework = framework_for(target)
    except (ValueError, FrameworkError) as error:
        return {**told, "reason": str(error)}
    for dtype in DTYPES:
        try:
            told["flush"][dtype] = _POLICY_WORDS[flush_policy(target, dtype)]
        except FrameworkError:
            told["flush"][dtype] = "unsupported"
    return {**told, "available": True, "version": framework.version, "switches": dict(getattr(framework, "switches", {}))}


def known_targets() -> list[Target]:
    """Every target there could be, installed or not."""
    return [Target(name, device, mode) for name in framework_names() for device in DEVICES for mode in modes_of(name)]
