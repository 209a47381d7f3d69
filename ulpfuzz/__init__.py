"""ulpfuzz: a differential fuzzing harness that judges deep-learning frameworks against proven truth.

The parts are ulpfuzz.fuzzer, ulpfuzz.oracles, ulpfuzz.corpus and ulpfuzz.reports. In a clone they are links to the folders of these names at the top
level of the repository; in a wheel they are the folders themselves. Importing this package imports no part, no framework and no oracle.

For tests of one's own: ulpfuzz.testing, and here `cases`, `reference` and `ulps`; for a NaN in training: `trace`. They are imported when
they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.testing.truth import cases, reference, ulps
    from ulpfuzz.fuzzer.trace.trace import trace

__version__ = "0.2.0"
__all__ = ["__version__", "cases", "reference", "trace", "ulps"]

#: Names of this package by the module that has them.
_LAZY = dict.fromkeys(("cases", "reference", "ulps"), "ulpfuzz.fuzzer.testing.truth") | {"trace": "ulpfuzz.fuzzer.trace.trace"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'ulpfuzz' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
