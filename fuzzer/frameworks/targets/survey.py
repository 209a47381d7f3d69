"""Survey: every target of this machine, by one host process per framework and interpreter: whether it can run, and what it does."""

from __future__ import annotations

import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypedDict

from ulpfuzz.fuzzer.catalog.op import DTYPES
from ulpfuzz.fuzzer.frameworks.framework import Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts.fork_server import STARTUP
from ulpfuzz.fuzzer.frameworks.hosts.host import Hosted
from ulpfuzz.fuzzer.frameworks.hosts.process import Process
from ulpfuzz.fuzzer.frameworks.targets.launch import backend_of, in_a_host, interpreter_of, launch_of, python_of, version_of
from ulpfuzz.fuzzer.frameworks.targets.switches import Switches
from ulpfuzz.fuzzer.frameworks.targets.target import Target, absence, framework_for, measured_policy
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

_POLICY_WORDS = {
    FlushPolicy(False, False): "keeps",
    FlushPolicy(True, False): "flushes inputs",
    FlushPolicy(False, True): "flushes results",
    FlushPolicy(True, True): "flushes both",
}

# The accelerators that a framework reports, as an expression that gives their names.
_ROCM = "'rocm' if torch.version.hip else 'cuda'"
_DEVICES = {
    "torch": f"' '.join(([{_ROCM}] if torch.cuda.is_available() else []) + (['mps'] if torch.backends.mps.is_available() else []))",
    "tensorflow": "('rocm' if tf.test.is_built_with_rocm() else 'cuda' if tf.test.is_built_with_cuda() else 'mps')"
                  " if tf.config.list_physical_devices('GPU') else ''",
    "jax": "' '.join({{'gpu': 'rocm' if 'rocm' in d.client.platform_version.lower() else 'cuda', 'METAL': 'mps', 'mps': 'mps'}"
           ".get(d.platform, d.platform) for d in jax.devices()})",
}  # fmt: skip
_DEVICE_NAMES = {"cuda": "CUDA", "rocm": "ROCm", "mps": "Metal"}


class Described(TypedDict):
    """A target in words, for JSON; see survey."""

    target: str
    available: bool
    version: str | None
    reason: str
    flush: dict[str, str]
    switches: dict[str, object]
    python: str


#: Hosts that start at a time: each imports a framework.
_AT_ONCE = 4


def survey(targets: Sequence[Target]) -> list[Described]:
    """Each target in words, for `ulpfuzz targets --json`: {"target", "available", "version", "reason", "flush": {dtype: words},
    "switches": as read back, "python": interpreter and version}.

    available is False, and reason says why in one line, where the target cannot run. This process imports no framework and opens no
    device: hosts do, one per framework and interpreter.
    """
    descriptions: dict[Target, Described] = {target: _undescribed(target) for target in targets}
    groups: dict[tuple[str, str, Switches], list[Target]] = defaultdict(list)
    for target in targets:
        descriptions[target]["reason"] = absence(target)
        if descriptions[target]["reason"]:
            continue
        if not in_a_host(target.framework):
            descriptions[target] = _described(descriptions[target], partial(framework_for, target))
            continue
        groups[target.framework, target.host, target.switches].append(target)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for answered in pool.map(lambda group: _described_by_host(group, descriptions), groups.values()):
            descriptions.update(answered)
    return [descriptions[target] for target in targets]


def describe(target: Target) -> Described:
    """One target in words; see survey."""
    return survey([target])[0]


def _undescribed(target: Target) -> Described:
    where = python_of(target)
    version = interpreter_of(target).version if target.host and where != sys.executable else platform.python_version()
    python = f"{where} ({version})" if version else where
    return {"target": str(target), "available": False, "version": version_of(target), "reason": "", "flush": {}, "switches": {},
            "python": python}  # fmt: skip


def _described_by_host(group: Sequence[Target], descriptions: dict[Target, Described]) -> dict[Target, Described]:
    """The targets of one framework in one interpreter with the same switches. Where there is no accelerator, one process does."""
    answered: dict[Target, Described] = {}
    first = group[0]
    devices = {target.device for target in group}
    process = Process(launch_of(first, "cpu" if devices == {"cpu"} else "all"), str(first))
    present: set[str] = set()
    if devices != {"cpu"}:
        try:
            (names,) = process.ask("ask", first.framework, _DEVICES[first.framework], patience=STARTUP)
            present = set(str(names).split())
        except (FrameworkError, RuntimeError) as error:
            process.end()
            return {target: {**descriptions[target], "reason": _reason(error)} for target in group}
    for target in group:
        if target.device in present:
            answered[target] = _described(descriptions[target], partial(_hosted, target, process))
        elif target.device != "cpu":
            answered[target] = {
                **descriptions[target],
                "reason": f"{target.framework} finds no {_DEVICE_NAMES[target.device]} device",
            }
    if present & devices:
        process.end()  # what runs on the CPU does so without seeing a GPU
        process = Process(launch_of(first, "cpu"), str(first))
    for target in group:
        if target.device == "cpu":
            answered[target] = _described(descriptions[target], partial(_hosted, target, process))
    process.end()
    return answered


def _hosted(target: Target, process: Process) -> Framework:
    return Hosted(backend_of(target), process)


def _reason(error: Exception) -> str:
    text = str(error).removeprefix("Unsupported: ")
    return text.partition(" does not start: ")[2] or text


def _described(description: Described, start: Callable[[], Framework]) -> Described:
    try:
        framework = start()
        version = framework.version
    except (ValueError, FrameworkError) as error:
        return {**description, "reason": _reason(error)}
    flush = {}
    for dtype in DTYPES:
        try:
            flush[dtype] = _POLICY_WORDS[measured_policy(framework, dtype)]
        except FrameworkError:
            flush[dtype] = "unsupported"
    return {**description, "available": True, "version": version, "flush": flush, "switches": dict(framework.switches)}
