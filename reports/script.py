"""The script of a finding: stand-alone, with the op's definition and all that it needs in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.judge.limits import accuracy_limit
from ulpfuzz.fuzzer.point.stored import checked
from ulpfuzz.oracles.arithmetic.native import Native
from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.definitions import definition
from ulpfuzz.reports.definition import Definition, definition_of
from ulpfuzz.reports.reproducer import script


def script_for(
    finding: Finding,
    versions: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    setup: Sequence[str] = (),
    found_with: str = "",
) -> str:
    """The source of a stand-alone script that shows the finding, with the op's definition in it.

    versions: of the libraries at the time of the finding; the others: see ulpfuzz.reports.reproducer.script. Raises UnknownName for an op that
    the catalogue has no more, UserError for a target that no script can be written for, and for what may not be run (point.stored).
    """
    checked(finding)
    op, fmt = op_named(finding.op), format_named(finding.dtype)
    return script(
        finding,
        definition_source(op.definition),
        inputs=[i.name for i in op.inputs],
        specials={name: entry.mp for name, entry in functions().items()},
        domains={i.name: (i.low, i.high) for i in op.inputs},
        differentiable=op.differentiable_inputs,
        complex_inputs=[i.name for i in op.inputs if i.complex],
        complex_result=op.complex_result or op.error_norm == "parts",
        single=op.elementwise and _one_number(op.definition, tuple(finding.params.items()), len(op.inputs)),
        limit_source=accuracy_limit(op, finding.order, fmt).source,
        versions=dict(versions) if versions else None,
        environment=environment,
        setup=setup,
        found_with=found_with,
    )


@cache
def _one_number(name: str, params: tuple[tuple[str, Any], ...], arguments: int) -> bool:
    """Whether a definition over numbers returns one, rather than a list."""
    m = Native()
    with np.errstate(all="ignore"), suppress(Exception):
        return not isinstance(definition(name)(m, *[m.num(0.5)] * arguments, **dict(params)), (list, tuple))
    return False


@cache
def definition_source(name: str) -> Definition:
    """The source of a definition and of all that it needs. Raises ValueError where it has none."""
    return definition_of(definition(name), name=name)
