"""Coverage: every public callable of the frameworks, and what the catalogue has of it.

A callable is covered by the ops one of whose calls names it; an alias of a covered one (the same object, the same function in another
namespace of the framework, or listed in exclusions.ALIASES); excluded for a reason of a closed list; or missing. Types are no functions:
of classes only the distributions and losses count, by their methods.
"""

from __future__ import annotations

import ast
import fnmatch
import importlib
import importlib.util
import inspect
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ulpfuzz.fuzzer.catalog.exclusions import ALIASES, EXCLUDED, MISSING
from ulpfuzz.fuzzer.catalog.registry import ops

Status = Literal["covered", "alias", "excluded", "missing"]

#: The namespaces that are enumerated, as users write them, by package; and of each its package.
_SPACES = {
    "torch": "torch torch.special torch.nn.functional torch.linalg torch.fft torch.distributions",
    "tensorflow": "tf.math tf.nn tf.linalg tf.signal tf.image tf.quantization tf.keras.losses tf.keras.activations",
    "jax": "jax.numpy jax.numpy.linalg jax.lax jax.nn jax.scipy.special jax.scipy.stats jax.scipy.linalg jax.numpy.fft",
}
MODULES: dict[str, str] = {name: package for package, names in _SPACES.items() for name in names.split()}
#: What a distribution computes.
_METHODS = ("log_prob", "cdf", "icdf", "entropy")
_SHORT = {"jnp": "jax.numpy", "tensorflow": "tf"}


@dataclass(frozen=True)
class Row:
    """A public callable, what the ledger says of it, by which op (of an alias: the op of what it is an alias of), and why."""

    api: str
    status: Status
    op: str = ""
    reason: str = ""


def ledger() -> list[Row]:
    """A row for every public callable of the installed frameworks, by namespace. Imports them."""
    found = dict(public_callables())
    named = _named_in_calls()
    owners: dict[int, str] = {}
    for api, value in found.items():
        if api in named:
            owners.setdefault(id(value), api)
    return [_row(api, value, named, owners, found) for api, value in found.items()]


def totals(rows: list[Row]) -> dict[str, float]:
    """Counts by status; share: of those that compute with floats (covered, aliases, missing) what is covered."""
    counts = Counter(row.status for row in rows)
    numerical = len(rows) - counts["excluded"]
    share = (counts["covered"] + counts["alias"]) / numerical if numerical else 0.0
    return {"public": len(rows), **{s: counts[s] for s in ("covered", "alias", "excluded", "missing")}, "share": share}


def unexplained(rows: list[Row]) -> list[str]:
    """Callables that are missing without a reason: an upgrade brought them."""
    return [row.api for row in rows if row.status == "missing" and not row.reason]


def _row(api: str, value: object, named: Mapping[str, list[str]], owners: Mapping[int, str], found: Mapping[str, object]) -> Row:
    if api in named:
        return Row(api, "covered", ", ".join(named[api]))
    other = _other(api, value, named, owners, found)
    if other:
        return Row(api, "alias", ", ".join(named[other]), f"as {other}")
    reason = _excluded(api)
    return Row(api, "excluded", "", reason) if reason else Row(api, "missing", "", MISSING.get(api, ""))


def _other(
    api: str, value: object, named: Mapping[str, list[str]], owners: Mapping[int, str], found: Mapping[str, object]
) -> str:
    """The covered call that this one is an alias of; empty where it is none."""
    if api in ALIASES:
        return ALIASES[api] if ALIASES[api] in named else ""
    if id(value) in owners:
        return owners[id(value)]
    if api.endswith("_") and api[:-1] in named:  # in place
        return api[:-1]
    framework, name = api.split(".", 1)[0], api.rsplit(".", 1)[1]
    if framework != "torch" or not isinstance(value, types.BuiltinFunctionType):
        return ""
    # torch.special.digamma and torch.digamma are two bindings of one function of the dispatcher
    for module in ("torch", "torch.special", "torch.nn.functional", "torch.linalg"):
        twin = f"{module}.{name.removeprefix('linalg_')}"
        if twin != api and twin in named and isinstance(found.get(twin), types.BuiltinFunctionType):
            return twin
    return ""


def _excluded(api: str) -> str:
    module = max((m for m in EXCLUDED if api.startswith(m + ".")), key=len, default="")
    name = api[len(module) + 1 :]
    for reason, patterns in EXCLUDED.get(module, {}).items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split()):
            return reason
    return ""


def _named_in_calls() -> dict[str, list[str]]:
    """Full names of the callables that the catalogue's expressions call -> the ops, in catalogue order."""
    found: dict[str, list[str]] = {}
    for op in ops().values():
        for implementation in op.implementations:
            for name in names_in(implementation.call):
                if op.name not in found.setdefault(name, []):
                    found[name].append(op.name)
    return found


@cache
def names_in(call: str) -> frozenset[str]:
    """Dotted names in an expression, as the ledger writes them; a method of a class that is constructed counts as Class.method."""
    found = set()
    for node in ast.walk(ast.parse(call, mode="eval")):
        dotted = _dotted(node)
        if dotted:
            head, _, rest = dotted.partition(".")
            found.add(f"{_SHORT.get(head, head)}.{rest}" if rest else head)
    return frozenset(found)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        value = node.value
        inner = _dotted(value.func if isinstance(value, ast.Call) else value)  # torch.distributions.Normal(...).cdf
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def public_callables() -> Iterator[tuple[str, object]]:
    """(name, object) of every public callable of the installed frameworks that is no type; of distributions their methods."""
    for module, package in MODULES.items():
        if importlib.util.find_spec(package) is None:
            continue
        yield from _of_module(module, _resolve(module, package))


def _resolve(module: str, package: str) -> object:
    value: object = importlib.import_module(package)
    parts = module.split(".")[1:]
    for number, part in enumerate(parts):
        if package == "jax":
            importlib.import_module(".".join(["jax", *parts[: number + 1]]))
        value = getattr(value, part)
    return value


def _of_module(module: str, value: object) -> Iterator[tuple[str, object]]:
    for name in sorted(getattr(value, "__all__", None) or dir(value)):
        member = getattr(value, name, None)
        if name.startswith("_") or not callable(member):
            if isinstance(member, types.ModuleType) and module == "jax.scipy.stats" and not name.startswith("_"):
                yield from ((f"{module}.{name}.{n}", getattr(member, n)) for n in _functions(member))
            continue
        if isinstance(member, type):
            yield from _of_class(module, name, member)
        elif not _foreign(member):
            yield f"{module}.{name}", member


def _functions(module: types.ModuleType) -> list[str]:
    return sorted(n for n, v in vars(module).items() if not n.startswith("_") and callable(v) and not isinstance(v, type))


def _of_class(module: str, name: str, member: type) -> Iterator[tuple[str, object]]:
    if module == "torch.distributions":
        for method in _METHODS:
            if method in vars(member) and name not in (
                "Distribution",
                "ExponentialFamily",
                "Independent",
                "TransformedDistribution",
            ):
                yield f"{module}.{name}.{method}", vars(member)[method]
    elif module == "tf.keras.losses":
        yield f"{module}.{name}", member


def _foreign(member: object) -> bool:
    """Whether a name is another package's, left over in the namespace (typing's, dataclasses')."""
    home = inspect.getmodule(member)
    return home is not None and home.__name__.split(".")[0] in (
        "typing",
        "dataclasses",
        "importlib",
        "math",
        "warnings",
        "collections",
    )
