"""The registry: every Op by name, from the catalogue's modules and from plugins (entry point group `ulpfuzz.ops`,
or ulpfuzz.fuzzer.plugins)."""

from __future__ import annotations

import fnmatch
import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points

from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.catalog import families
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.ranges import ranges_of
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName


@cache
def catalogue() -> dict[str, Op]:
    """The ops of the catalogue itself by name, in its order. A family module lists its records in OPS."""
    found: dict[str, Op] = {}
    for module in pkgutil.iter_modules(families.__path__):
        for record in importlib.import_module(f"{families.__name__}.{module.name}").OPS:
            ranges = record.ranges or ranges_of(record.name, record.differentiable_inputs if record.elementwise else ())
            _add(found, replace(record, family=module.name, ranges=ranges))
    return found


@cache
def ops() -> dict[str, Op]:
    """All ops by name: the catalogue's, then those of plugins."""
    found = dict(catalogue())
    for point in entry_points(group="ulpfuzz.ops"):
        for record in point.load():
            _add(found, replace(record, family=record.family or point.name))
    for plugin in plugins.modules():
        for record in getattr(plugin, "OPS", ()):
            _add(found, replace(record, family=record.family or plugin.__name__))
    return found


def _add(found: dict[str, Op], record: Op) -> None:
    if record.name in found:
        raise UserError(f"op {record.name!r} is defined twice")
    found[record.name] = record


def op_named(name: str) -> Op:
    """The op of that name. Raises UnknownName, which names the nearest valid choice."""
    try:
        return ops()[name]
    except KeyError:
        raise UnknownName("op", name, ops()) from None


def select(patterns: str | None) -> list[Op]:
    """The ops that match comma-separated shell patterns (all for None). Raises UnknownName for a pattern without a match."""
    if not patterns:
        return list(ops().values())
    chosen: dict[str, Op] = {}
    for pattern in (p.strip() for p in patterns.split(",") if p.strip()):
        matches = fnmatch.filter(ops(), pattern)
        if not matches:
            raise UnknownName("op", pattern, ops())
        chosen.update((name, ops()[name]) for name in matches)
    return list(chosen.values())
