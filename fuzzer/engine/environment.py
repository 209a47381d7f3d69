"""The environment of a run: what its findings depend on beside the seed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ulpfuzz
from ulpfuzz.fuzzer.frameworks.targets.launch import interpreter_of, python_of, version_of
from ulpfuzz.fuzzer.frameworks.targets.target import Target

_LIBRARIES = ("numpy", "scipy", "mpmath", "python-flint", "gmpy2", "hypothesis", "ml_dtypes")


def fingerprint(targets: Sequence[Target], settings: Any) -> dict[str, Any]:
    """Versions, CPU and its vector capabilities, thread counts, selection. Imports no framework."""
    versions = {"ulpfuzz": ulpfuzz.__version__}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    versions.update({t.framework: version_of(t) or "" for t in targets if not t.host})
    versions.update({f"{t.framework}@{t.host}": version_of(t) or "" for t in targets if t.host})
    return {
        "versions": versions,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpu": _cpu(),
        "targets": [str(t) for t in targets],
        "hosts": {str(t): _host(t) for t in targets if t.runs_in_host},
        "threads": 1,
        "selection": {"ops": settings.ops, "dtypes": list(settings.dtypes), "orders": list(settings.orders)},
        "workers": settings.workers,
        "case_timeout": settings.case_timeout,
        "memory_limit": settings.memory_limit,
        "cores": os.cpu_count(),
    }


def _host(target: Target) -> dict[str, Any]:
    """What a target that runs apart runs in; its switches take effect or it does not start."""
    python = interpreter_of(target).version if target.host else sys.version.split()[0]
    return {
        "framework": version_of(target) or "",
        "interpreter": python_of(target),
        "python": python,
        "switches": dict(target.switches),
    }


def _cpu() -> dict[str, Any]:
    """Model and the vector extensions that kernels dispatch on (Linux; elsewhere what Python knows)."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return {"model": platform.processor() or platform.machine(), "flags": []}
    fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
    trimmed = {k.strip(): v.strip() for k, v in fields.items()}
    flags = trimmed.get("flags", trimmed.get("Features", "")).split()
    wanted = [f for f in flags if f.startswith(("avx", "amx", "sse4", "fma", "sve", "asimd", "f16c"))]
    return {"model": trimmed.get("model name", platform.machine()), "flags": wanted}
