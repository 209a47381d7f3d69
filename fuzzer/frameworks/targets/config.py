"""Config: the file ulpfuzz.toml, which names targets of this machine: interpreters, devices, modes and switches."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.one_line import one_line
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.targets.trust import is_allowed

FILE = "ulpfuzz.toml"
#: Names another file.
VARIABLE = "ULPFUZZ_CONFIG"

_KEYS = ("name", "framework", "device", "mode", "python", "switches", "environment")
_TOP = ("target", "default")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class ConfigError(UserError):
    """A mistake in ulpfuzz.toml; the message names the file and the table."""


@dataclass(frozen=True)
class Spec:
    """One [[target]] table."""

    #: As the user calls the target.
    name: str
    #: Its framework.
    framework: str
    #: Where it computes.
    device: str = "cpu"
    #: eager, or a compiler's.
    mode: str = "eager"
    #: The interpreter that it runs in; empty: this one.
    python: str = ""
    #: `name=value;name=value`.
    switches: str = ""
    #: Variables that the host gets beside its own.
    environment: tuple[tuple[str, str], ...] = ()
    #: The file and table that says so, for messages.
    where: str = ""


@dataclass(frozen=True)
class Config:
    """The tables by name, and the targets that are meant where none are named (empty: all frameworks that are installed)."""

    specs: dict[str, Spec] = field(default_factory=dict)
    default: tuple[str, ...] = ()


_declared: Config | None = None


def declare(config: Config) -> None:
    """From now on this process knows these targets and reads no file: for workers, whose working folder is another."""
    global _declared  # noqa: PLW0603 # a declaration holds for the whole process
    _declared = config


@contextmanager
def declared(config: Config) -> Iterator[None]:
    """`declare` for the time of a block."""
    global _declared  # noqa: PLW0603
    before, _declared = _declared, config
    try:
        yield
    finally:
        _declared = before


def forget() -> None:
    """Takes back `declare`, and what was read."""
    global _declared  # noqa: PLW0603
    _declared = None
    read.cache_clear()


def config() -> Config:
    """What was declared, or else the file: ULPFUZZ_CONFIG's, or ulpfuzz.toml in the working folder; without one nothing.

    Raises ConfigError, also for a file of the working folder that would start programs and that the user has not allowed (targets.trust): a
    folder may come from anybody. The file that ULPFUZZ_CONFIG names was named by the user.
    """
    if _declared is not None:
        return _declared
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else Path(FILE)
    if not path.is_file():
        if named:
            raise ConfigError(f"{VARIABLE} names {named}, which is no file")
        return Config()
    found, written = read(str(path.absolute()), path.stat().st_mtime_ns, named or FILE)
    if not named and (lines := started(found)) and not is_allowed(str(path.absolute()), written):
        raise ConfigError(f"{FILE} of this folder is not trusted: {one_line(lines[0])}; read it, then allow it by: ulpfuzz trust")
    return found


def started(config: Config) -> list[str]:
    """What the tables start or set, a line each: an interpreter, variables of the environment, flags of a compiler, which may name files."""
    lines = []
    for spec in config.specs.values():
        flags = [part for part in spec.switches.split(";") if part.strip().startswith("xla")]
        told = [
            *([f"starts {spec.python}"] if spec.python else []),
            *(f"sets {name}" for name, _ in spec.environment),
            *(f"sets {f}" for f in flags),
        ]
        lines += [f"target {spec.name} {each}" for each in told]
    return lines


@cache
def read(path: str, _modified: int, shown: str) -> tuple[Config, bytes]:
    """The tables of a file, and its bytes. shown: what messages call it. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            written = file.read()
        content = tomllib.loads(written.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown} is not TOML: {error}") from None
    for key in content:
        _known("key", key, _TOP, shown)
    tables, default = content.get("target", []), content.get("default", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{shown}: target must be a list of tables, written [[target]]")
    if not isinstance(default, list) or not all(isinstance(name, str) for name in default):
        raise ConfigError(f'{shown}: default must be a list of targets, for example ["torch", "jax"]')
    specs: dict[str, Spec] = {}
    for number, table in enumerate(tables, start=1):
        spec = _spec(table, f"{shown}, target {number}", Path(path).parent)
        if spec.name in specs:
            raise ConfigError(f"{spec.where}: the name {spec.name!r} stands twice")
        specs[spec.name] = spec
    return Config(specs, tuple(default)), written


def _spec(table: Mapping[str, Any], where: str, folder: Path) -> Spec:
    for key in table:
        _known("key", key, _KEYS, where)
    for key in ("name", "framework"):
        if key not in table:
            raise ConfigError(f"{where}: {key} is missing")
    for key in ("name", "framework", "device", "mode", "python"):
        if key in table and (not isinstance(table[key], str) or not table[key]):
            raise ConfigError(f"{where}: {key} must be a text, not {table[key]!r}")
    if not _NAME.fullmatch(table["name"]):
        raise ConfigError(f"{where}: a name is made of letters, digits and -_. and not {table['name']!r}")
    switches = table.get("switches", "")
    if isinstance(switches, Mapping):
        switches = ";".join(f"{name}={_written(value, f'{where}: switch {name}')}" for name, value in switches.items())
    if not isinstance(switches, str):
        raise ConfigError(f'{where}: switches must be a table or a text such as "threads=2;tf32=off"')
    environment = table.get("environment", {})
    if not isinstance(environment, Mapping):
        raise ConfigError(f"{where}: environment must be a table of variables")
    for name, value in environment.items():
        if not isinstance(value, str):
            raise ConfigError(f"{where}: variable {name} must be a text, not {value!r}")
    variables = tuple(environment.items())
    python = table.get("python", "")
    if python:
        # Not resolved: the interpreter of a virtual environment is a link, and is that environment's only under its own name.
        python = os.path.normpath(folder / Path(python).expanduser())
    return Spec(
        table["name"],
        table["framework"],
        table.get("device", "cpu"),
        table.get("mode", "eager"),
        python,
        switches,
        variables,
        where,
    )


def _written(value: Any, what: str) -> str:
    """A scalar of TOML as a switch or variable has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (str, int)):
        return str(value)
    raise ConfigError(f"{what} must be a text or a number, not {value!r}")


def _known(kind: str, name: str, valid: Sequence[str], where: str) -> None:
    if name not in valid:
        raise ConfigError(f"{where}: {UnknownName(kind, name, valid)}")
