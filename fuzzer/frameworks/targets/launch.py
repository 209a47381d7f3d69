"""Launch: how the host of a target is started, and what its interpreter has."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.hosts.host import Backend, Hosted, importable
from ulpfuzz.fuzzer.frameworks.hosts.interpreter import Interpreter, interpreter
from ulpfuzz.fuzzer.frameworks.hosts.process import Launch, Process
from ulpfuzz.fuzzer.frameworks.targets import switches
from ulpfuzz.fuzzer.frameworks.targets.config import config
from ulpfuzz.fuzzer.frameworks.targets.environment import variables, with_flags
from ulpfuzz.fuzzer.frameworks.targets.registry import BUILTIN, installed, plugins, registered

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.frameworks.targets.target import Target


def python_of(target: Target) -> str:
    """The interpreter that the target runs in."""
    return (config().specs[target.host].python if target.host else "") or sys.executable


def version_of(target: Target) -> str | None:
    """The version of the target's framework where it is to run, or None. Imports no framework."""
    return interpreter_of(target).packages.get(target.framework) if _elsewhere(target) else installed(target.framework)


def missing_from(target: Target) -> str:
    """Why the interpreter of a target with a host is of no use to it, in one line; "" where it is. Imports no framework."""
    if not _elsewhere(target):
        return "" if installed(target.framework) is not None else f"{target.framework} is not installed"
    there = interpreter_of(target)
    needed = (target.framework, "numpy", "ml_dtypes", *(("scipy",) if target.framework == "numpy" else ()))
    absent = [name for name in needed if name not in there.packages]
    return there.reason or (f"{python_of(target)} has no {' and no '.join(absent)}" if absent else "")


def _elsewhere(target: Target) -> bool:
    """Whether its packages may differ from this process's."""
    spec = config().specs[target.host] if target.host else None
    return spec is not None and bool(spec.python or spec.environment)


def interpreter_of(target: Target) -> Interpreter:
    """What the interpreter of a target with a host has: Python, numpy, ml_dtypes, scipy, and the target's framework by its name."""
    name = target.framework
    made = importable(registered[name]) if name in registered else None
    module = made[0] if made else plugins()[name].module if name in plugins() else name
    modules = {module: BUILTIN.get(name, ("", "", ()))[2], "numpy": ("numpy",), "ml_dtypes": ("ml_dtypes",), "scipy": ("scipy",)}
    there = interpreter(python_of(target), dict(config().specs[target.host].environment), modules)
    packages = {name if package == module else package: version for package, version in there.packages.items()}
    return replace(there, packages=packages)


def in_a_host(framework: str) -> bool:
    """Whether a host can build it: not a framework that exists in this process only."""
    return framework not in registered or importable(registered[framework]) is not None


def hosted(target: Target) -> Hosted:
    """The framework of a target in a host of its own, not started yet. Raises UserError; see backend_of."""
    return Hosted(backend_of(target), Process(launch_of(target), str(target)))


def backend_of(target: Target) -> Backend:
    """What a host builds for a target. Raises UserError for a framework that exists in this process only."""
    name = target.framework
    options: dict[str, str] = {}
    if name in registered:
        location = importable(registered[name])
        if location is None:
            raise UserError(f"{name} exists in this process only: it cannot run in a host")
        module, attribute = location
    elif name in plugins():
        module, attribute = plugins()[name].module, plugins()[name].attr
    else:
        module, attribute, _ = BUILTIN[name]
        options = {"mode": target.mode, "device": target.device}
    made = switches.setting(name, target.switches)
    return Backend(name, module, attribute, options, tuple(made.before), tuple(made.after), made.reads, target.switches)


def launch_of(target: Target, device: str | None = None) -> Launch:
    """How the host of a target is started: its interpreter and what differs from this process's environment. device: see variables;
    default: the target's."""
    changes = variables(device or target.device, os.environ)
    python = python_of(target)
    paths: tuple[str, ...] = ()
    if not _elsewhere(target):
        paths = tuple(path or os.getcwd() for path in sys.path)  # the same modules as here, in the same order
    elif python != sys.executable:  # what names this interpreter's folders would be wrong in another
        changes.update(PYTHONPATH=None, PYTHONHOME=None)
    for name, value in switches.setting(target.framework, target.switches).environment.items():
        changes[name] = with_flags(changes[name], value) if name == "XLA_FLAGS" else value
    if target.host:
        changes.update(config().specs[target.host].environment)
    return Launch(python, changes, paths)
