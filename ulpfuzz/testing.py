"""For tests of your own functions: docs/how-to/your-kernel.md.

from ulpfuzz.testing import assert_stable

def test_softmax() -> None:
    assert_stable(fast_softmax, "softmax")
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import matrix, scalar, tensor, vector
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.testing.failure import UnstableError
from ulpfuzz.fuzzer.testing.own_op import defined
from ulpfuzz.fuzzer.testing.stable import Report, assert_stable

__all__ = [
    "Report", "UnknownName", "UnstableError", "UserError", "assert_stable", "defined", "matrix", "scalar", "tensor", "vector",
]  # fmt: skip
