"""Known defects: the records of a list of real defects, and the names by which the catalogue may call what each of them calls.

The list is not part of ulpfuzz: ULPFUZZ_DEFECTS names a file of JSON lines. What is read of a record: `id`, `framework`, `op` (the name of the call),
`dtype`, `mode` (MODES), `call` (the expression), `input` (name -> {dtype, shape, values}), `reference` (decimals of the truth), `observed`.
"""

from __future__ import annotations

import json
import os
import pydoc
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.catalog import coverage
from ulpfuzz.fuzzer.catalog.op import ORDERS, Implementation, Op
from ulpfuzz.fuzzer.catalog.registry import ops as catalogue

FRAMEWORKS = {"pytorch": "torch"}
#: Mode of a record -> order, and whether a compiler saw the call.
MODES = {
    "eager": ("value", False), "grad": ("grad", False), "grad2": ("grad2", False), "jvp": ("jvp", False),
    "jit": ("value", True), "graph": ("value", True), "xla": ("value", True), "compile": ("value", True),
    "gradjit": ("grad", True),
}  # fmt: skip
#: The mode of each framework's targets that compiles as the records' helpers do: torch.compile, jit_compile=True, jax.jit.
COMPILED = {"torch": "compile", "tensorflow": "xla", "jax": "jit"}


#: What a finding names: full name of the target, call, order, dtype.
Found = tuple[str, str, str, str]


@dataclass(frozen=True)
class KnownDefect:
    """One record. names: of the call, as the ledger and the catalogue's expressions may write it."""

    framework: str
    names: frozenset[str]
    order: str
    dtype: str
    compiled: bool
    record: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def target(self) -> str:
        return f"{self.framework}:cpu:{COMPILED[self.framework] if self.compiled else 'eager'}"

    @property
    def sixty_four(self) -> bool:
        """Whether an input is of 64-bit numbers (of 128-bit complex ones)."""
        return any(spec["dtype"] in ("float64", "complex128", "int64") for spec in self.record["input"].values())

    def calls(self, implementation: Implementation) -> bool:
        """Whether a call of the catalogue is of the framework and names what the record names."""
        return implementation.framework == self.framework and bool(self.names & coverage.names_in(implementation.call))

    def named_by(self, found: Found) -> bool:
        """Whether a finding is of the same framework, call, order and dtype, and of a compiled mode as the defect is or is not."""
        target, call, order, dtype = found
        framework, compiled = target.partition(":")[0], not target.partition(";")[0].endswith(":eager")
        same = (framework, compiled, order, dtype) == (self.framework, self.compiled, self.order, self.dtype)
        return same and bool(self.names & coverage.names_in(call))


def listed() -> list[KnownDefect]:
    """The defects of the file that ULPFUZZ_DEFECTS names; [] with a line on standard error where there is none."""
    path = os.environ.get("ULPFUZZ_DEFECTS", "")
    if not Path(path).is_file():
        print("not measured: ULPFUZZ_DEFECTS names no file of known defects", file=sys.stderr)
        return []
    aliases = {row.api: row.reason.removeprefix("as ") for row in coverage.ledger() if row.status == "alias"}
    return [_known(json.loads(line), aliases) for line in Path(path).read_text().splitlines() if line.strip()]


def _known(record: Mapping[str, Any], aliases: Mapping[str, str]) -> KnownDefect:
    api = re.sub(r"^(.*kl_divergence)\(.*\)$", r"\1", record["op"])
    order, compiled = MODES[record["mode"]]
    compiled = compiled or MODES.get(record.get("path", ""), ("", False))[1]
    names = frozenset({api, aliases.get(api, api), *_spellings(api)})
    return KnownDefect(FRAMEWORKS.get(record["framework"], record["framework"]), names, order, record["dtype"], compiled, record)


@cache
def _public() -> dict[str, object]:
    return dict(coverage.public_callables())


def _spellings(api: str) -> list[str]:
    """The names that the ledger has for an object of a namespace that it does not enumerate: tf.reduce_mean is tf.math.reduce_mean."""
    same = None if api in _public() else pydoc.locate(re.sub(r"^tf\.", "tensorflow.", api))
    return [name for name, value in _public().items() if same is not None and value is same]


def ops_of(defects: Iterable[KnownDefect]) -> list[Op]:
    """The ops one of whose calls is named by a defect, in catalogue order."""
    names = {name for defect in defects for name in defect.names}
    return [op for op in catalogue().values() if any(names & coverage.names_in(i.call) for i in op.implementations)]


def selected(defects: Iterable[KnownDefect]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The dtypes and orders of the defects, values before derivatives."""
    chosen = list(defects)
    return tuple(sorted({d.dtype for d in chosen})), tuple(sorted({d.order for d in chosen}, key=ORDERS.index))
