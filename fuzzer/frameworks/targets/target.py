"""Target: where an op runs, written framework[@host]:device:mode[;switches]; which targets there are, what they do with subnormals."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

import numpy as np

from ulpfuzz.fuzzer.case import Batch, Params, Placement
from ulpfuzz.fuzzer.catalog.op import ORDERS, Implementation, Op, scalar
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.frameworks.backends.expression import described
from ulpfuzz.fuzzer.frameworks.backends.modes import compiles_shapes, devices_of, modes_of
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.in_process import adopted
from ulpfuzz.fuzzer.frameworks.targets import switches as switch_table
from ulpfuzz.fuzzer.frameworks.targets.config import ConfigError, Spec, config
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment
from ulpfuzz.fuzzer.frameworks.targets.launch import hosted, in_a_host, missing_from
from ulpfuzz.fuzzer.frameworks.targets.registry import Factory, factory, framework_names, installed, registered, takes_modes
from ulpfuzz.fuzzer.frameworks.targets.registry import plugins as _plugins  # noqa: F401 # its cache is cleared where plugins are planted
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

__all__ = ["Target", "can_be_isolated", "flush_policy", "framework_for", "framework_names", "framework_of", "installed",
           "prepare_environment", "supported", "target_named", "targets_named"]  # fmt: skip


@dataclass(frozen=True, order=True)
class Target:
    """A framework on a device in a mode, with the library's switches set so, in a host of ulpfuzz.toml or ("") this interpreter.

    str() gives the full name, `torch:cpu:eager;mkldnn=off` or `jax@old:cpu:jit`, which `target_named` reads back.
    """

    framework: str
    device: str = "cpu"
    mode: str = "eager"
    switches: switch_table.Switches = ()
    host: str = ""

    def __str__(self) -> str:
        at = f"@{self.host}" if self.host else ""
        return f"{self.framework}{at}:{self.device}:{self.mode}" + "".join(f";{name}={value}" for name, value in self.switches)

    @property
    def runs_in_host(self) -> bool:
        """Whether it runs in a process of its own in any case: its settings would hold for everything else in this one."""
        return self.device != "cpu" or self.needs_host

    @property
    def needs_host(self) -> bool:
        """Whether no process that runs other targets too could run it: its library's switches are set when that starts, or it is another's."""
        return bool(self.switches) or bool(self.host)

    @property
    def compiles_shapes(self) -> bool:
        """Whether every shape of a call costs it a compilation."""
        return compiles_shapes(self.framework, self.mode)


def register(name: str, factory: Factory) -> None:
    """Adds a framework (or replaces one) under that name in this process.

    The factory makes a framework (in_process.InProcess), and may carry attributes `version` (a string) and `orders` (those it can compute,
    default value and grad), as a class of frameworks does. Packages do the same through the entry point group `ulpfuzz.frameworks`: the
    name, and an object that is such a factory.
    """
    registered[name] = factory
    forget()


def unregister(name: str) -> None:
    """Takes back `register`."""
    del registered[name]
    forget()


def forget() -> None:
    """Forgets the frameworks that were started, and what was measured of them; ends their hosts."""
    _started.cache_clear()
    flush_policy.cache_clear()


def target_named(text: str) -> Target:
    """The target of that name: `framework[@host][:device[:mode]][;name=value...]`, or the name of a table of ulpfuzz.toml.

    What is left out is cpu, eager, no switches; of a host, what its table says. Raises UnknownName, with the nearest choice, or
    UserError for switches that are not valid, or a mistake in ulpfuzz.toml.
    """
    place, _, switches = text.strip().partition(";")
    names, *rest = (part.strip() for part in place.split(":"))
    if names not in framework_names() and not rest and not switches and names in config().specs:
        return _declared(config().specs[names])
    framework, at, host = (part.strip() for part in names.partition("@"))
    if framework not in framework_names():
        raise UnknownName("framework", framework, _first_words())
    if not at:
        return _checked(Target(framework), rest, switches, text)
    specs = {name: spec for name, spec in config().specs.items() if spec.framework == framework}
    if host not in specs:
        raise (
            UnknownName(f"host of {framework}", host, specs)
            if specs
            else UserError(f"unknown host of {framework} {host!r}; ulpfuzz.toml names none")
        )
    default = _declared(specs[host])
    return _checked(replace(default, switches=()), rest, switches, text) if rest or switches else default


def _first_words() -> list[str]:
    """What the name of a target may begin with; a mistake in ulpfuzz.toml must not hide another in a name."""
    try:
        return [*framework_names(), *config().specs]
    except ConfigError:
        return framework_names()


def _checked(default: Target, rest: Sequence[str], switches: str, text: str) -> Target:
    """The default with this device, mode and switches."""
    devices, modes = devices_of(default.framework), modes_of(default.framework)
    if rest and rest[0] not in devices:
        raise UnknownName("device", rest[0], devices)
    if len(rest) > 1 and rest[1] not in modes:
        raise UnknownName("mode", rest[1], modes)
    if len(rest) > 2:
        raise UnknownName("target", text, [str(replace(default, device=rest[0], mode=rest[1]))])
    device, mode = [*rest, *(default.device, default.mode)[len(rest) :]]
    return replace(default, device=device, mode=mode, switches=switch_table.parsed(default.framework, switches))


def _declared(spec: Spec) -> Target:
    """The target of a table of ulpfuzz.toml. Raises ConfigError where a name in it is not valid."""
    try:
        if spec.framework not in framework_names():
            raise UnknownName("framework", spec.framework, framework_names())
        if spec.name in framework_names():
            raise UserError(f"{spec.name} is the name of a framework")
        return _checked(Target(spec.framework, host=spec.name), (spec.device, spec.mode), spec.switches, spec.name)
    except ValueError as error:
        raise ConfigError(f"{spec.where}: {error}") from None


def declared_targets() -> list[Target]:
    """The targets of ulpfuzz.toml, in its order. Raises ConfigError."""
    return [_declared(spec) for spec in config().specs.values()]


def targets_named(text: str | None) -> list[Target]:
    """The targets of a comma-separated list of names and patterns (`torch:cpu:*`, `jax*`).

    A pattern stands for what is installed here and for ulpfuzz.toml's tables; one that names no device stands for the CPU. None:
    what ulpfuzz.toml says under `default`, or else every framework that is installed, on the CPU, eager. Raises UnknownName, or
    UserError for one that is not installed (it says what to install) or whose interpreter is of no use.
    """
    names = [part.strip() for part in text.split(",") if part.strip()] if text else list(config().default)
    if not names:
        return [Target(name) for name in framework_names() if installed(name) is not None]
    targets = list(dict.fromkeys(itertools.chain.from_iterable(_meant(name) for name in names)))
    for target in targets:
        _require(target)
    return targets


def _meant(name: str) -> list[Target]:
    if not set(name) & set("*?"):
        return [target_named(name)]
    here = [target for target in known_targets() if target.host or installed(target.framework) is not None]
    device = [*name.split(":"), "", ""][1]
    matching = [
        t for t in here if (t.host or t.device in ("cpu", device)) and (fnmatchcase(str(t), name) or fnmatchcase(t.host, name))
    ]
    if not matching:
        raise UnknownName("target", name, [str(target) for target in here])
    return matching


def known_targets() -> list[Target]:
    """Every target there could be, installed or not: each framework on each device in each mode, and ulpfuzz.toml's."""
    here = [Target(name, device, mode) for name in framework_names() for device in devices_of(name) for mode in modes_of(name)]
    return here + declared_targets()


def _require(target: Target) -> None:
    reason = absence(target)
    if reason:
        raise UserError(reason)


def absence(target: Target) -> str:
    """Why the target's framework cannot be imported where it is to run, in one line; "" where it can. Imports no framework."""
    if target.host:
        reason = missing_from(target)
        return f"{config().specs[target.host].where}: {reason}" if reason else ""
    here = installed(target.framework) is not None
    return "" if here else f"{target.framework} is not installed; pip install 'ulpfuzz[{target.framework}]'"


def can_be_isolated(targets: Iterable[Target]) -> bool:
    """Whether each of them can run in a process of its own: not what is registered in this one without a name to import it by."""
    return all(in_a_host(target.framework) for target in targets)


def framework_for(target: Target, isolated: bool = False) -> Framework:
    """The framework of a target, started once in a process.

    It runs in this process if it can (CPU, no switches, this interpreter), or, isolated, always in a process of its own: then the
    result is a host.Hosted, which starts at its first use. Raises UserError where it is not installed, FrameworkError where it
    does not start.
    """
    return _started(target, isolated or (target.needs_host if _here else target.runs_in_host))


#: Whether devices are used in this process; see in_this_process.
_here = False


@contextmanager
def in_this_process() -> Iterator[None]:
    """Inside, a target with a device runs in this process too: a function of this process can be called in no other."""
    global _here  # noqa: PLW0603
    before, _here = _here, True
    try:
        yield
    finally:
        _here = before


@cache
def _started(target: Target, in_host: bool) -> Framework:
    _require(target)
    prepare_environment("cpu" if in_host else target.device)
    if in_host:
        return hosted(target)
    # The factories of plugins take no arguments: theirs run eagerly on the CPU.
    options = {"mode": target.mode, "device": target.device} if takes_modes(target.framework) else {}
    try:
        return adopted(factory(target.framework)(**options))
    except FrameworkError:
        raise
    except Exception as error:
        raise FrameworkError(described(error)) from error


framework_for.cache_clear = _started.cache_clear  # type: ignore[attr-defined]


def supported(op: Op, target: Target, dtype: str, order: str, params: Params) -> list[Implementation]:
    """The implementations of the op that claim to compute it on that target, at that dtype, order and params."""
    if order not in op.orders or order not in _orders(target.framework):
        return []
    return [implementation for implementation in op.of(target.framework) if implementation.supports(dtype, order, params)]


def _orders(framework: str) -> tuple[str, ...]:
    if takes_modes(framework):
        return ("value",) if framework == "numpy" else ORDERS
    orders: tuple[str, ...] = getattr(factory(framework), "orders", ("value", "grad"))
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
def flush_policy(where: Target | Framework, dtype: str, isolated: bool = False) -> FlushPolicy:
    """What a target does with subnormals at a dtype, measured once in a process; see measured_policy."""
    return measured_policy(framework_for(where, isolated) if isinstance(where, Target) else where, dtype)


def measured_policy(framework: Framework, dtype: str) -> FlushPolicy:
    """What a framework does with subnormals at a dtype, measured in a scalar and in a vector-length call.

    Inputs: subnormals times the largest power of two must not give zero, and must compare greater than zero. Outputs: the
    least normal number times one half must not give zero. A flush in any of the calls counts. All products are exact.
    Raises FrameworkError where the framework has no such dtype.
    """
    fmt = format_named(format_named(dtype).real)
    dtype, largest_power = fmt.name, 2.0**fmt.emax
    inputs = [
        _probe(framework, "x * y", dtype, subnormal, largest_power)
        for subnormal in (fmt.min_subnormal, fmt.min_normal / 2, fmt.min_normal - fmt.min_subnormal)
    ]
    if framework.name in _COMPARISONS:
        inputs.append(_probe(framework, _COMPARISONS[framework.name], dtype, fmt.min_subnormal, 1.0))
    return FlushPolicy(inputs=any(inputs), outputs=_probe(framework, "x * y", dtype, fmt.min_normal, 0.5))


def _probe(framework: Framework, expression: str, dtype: str, x: float, y: float) -> bool:
    """Whether an expression that is positive on these numbers is not, at any of the lengths."""
    implementation = Implementation(framework.name, expression)
    call = Call(Op("multiply", (scalar("x"), scalar("y")), (implementation,), definition="multiply"), implementation, {})
    row = Batch(dtype, {name: np.full(1, value).astype(format_named(dtype).dtype) for name, value in (("x", x), ("y", y))})
    return any(
        bool((framework.evaluate_placed(call, row, Placement(length)).astype(np.float64) <= 0).any()) for length in _PROBE_LENGTHS
    )
