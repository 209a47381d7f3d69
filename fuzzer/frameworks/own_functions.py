"""Own functions: functions of this process that a call may name beside its framework's modules, such as a kernel that its author tests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

#: Of anything to anything: what is tested, or defined, by somebody else.
OwnFunction = Callable[..., Any]

_functions: dict[str, OwnFunction] = {}
#: Names that calls read otherwise: modules of the frameworks.
_TAKEN = frozenset(("torch", "tf", "jax", "jnp", "np", "scipy"))


def name_for(function: OwnFunction, wanted: str) -> str:
    """The name by which calls reach the function from now on, in this process: `wanted`, made an identifier, with a number where another function has
    it. What a framework compiled of a call is kept by the call's text, so that a name never comes to mean another function."""
    plain = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_") or "function"
    plain = f"function_{plain}" if plain[0].isdigit() else plain
    for number in itertools.count(1):
        name = plain if number == 1 else f"{plain}_{number}"
        if name not in _TAKEN and _functions.setdefault(name, function) is function:
            return name
    raise AssertionError


def own_functions() -> Mapping[str, OwnFunction]:
    """All of them, by name."""
    return _functions
