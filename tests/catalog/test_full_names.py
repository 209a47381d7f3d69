"""Every call of the catalogue can be found by a text search for the function's full name, in the module of its family."""

from __future__ import annotations

import importlib
import inspect
import re

from ulpfuzz.fuzzer.catalog import families
from ulpfuzz.fuzzer.catalog.registry import catalogue

#: A dotted name of a framework, as expressions spell it.
FULL_NAME = re.compile(r"(?<![\w.])(?:torch|tf|jax|jnp|np|scipy)(?:\.\w+)+")


def hidden_names(expression: str, source: str) -> list[str]:
    """The framework's names in an expression that do not stand literally in the source."""
    return [name for name in FULL_NAME.findall(expression) if not re.search(re.escape(name) + r"\b", source)]


def test_every_name_stands_literally_in_the_module_of_the_family() -> None:
    sources = {
        family: inspect.getsource(importlib.import_module(f"{families.__name__}.{family}"))
        for family in {op.family for op in catalogue().values()}
    }
    hidden = {
        (op.name, name)
        for op in catalogue().values()
        for implementation in op.implementations
        for name in hidden_names(implementation.call, sources[op.family])
    }
    assert hidden == set()


def test_a_name_that_is_put_together_is_noticed() -> None:
    call = "torch.special.erfcx(x) + torch.exp(x)"
    assert hidden_names(call, 'f"torch.special.{name}(x) + torch.exp(x)"') == ["torch.special.erfcx"]
    assert hidden_names("tf.math.erf(x)", '"tf.math.erfc(x)"') == ["tf.math.erf"]
    assert hidden_names(call, repr(call)) == []
