"""Behaviour: what findings of one cause have in common beside the call."""

from __future__ import annotations

from typing import NamedTuple

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.defects.kind import kind_of
from ulpfuzz.fuzzer.defects.place import place_of
from ulpfuzz.fuzzer.findings.finding import Finding

#: How a wrong answer of an everyday case looks: digits lost, up to all of them, or a number where there is none, and the reverse.
_LOOKS = {
    "precision": "digits", "zero": "digits", "wrong_sign": "digits", "out_of_range": "digits", "internal_flush": "digits",
    "nan": "overflow", "inf": "overflow",
}  # fmt: skip
#: Of very large inputs an intermediate overflow answers inf, NaN, or zero where something is divided by it.
_LOOKS_OF_LARGE = {**_LOOKS, "zero": "overflow", "wrong_sign": "overflow", "out_of_range": "overflow"}
#: From here on inputs are very large: cubes overflow from a third of the format's exponents on, while what an addend of 1 loses is lost at
#: 2^p already, a tenth of them.
_VERY_LARGE = 1 / 4


class Behaviour(NamedTuple):
    """What findings of one cause have in common beside the call: equal behaviours may be joined, others never are."""

    kind: str
    side: str
    look: str


def behaviour_of(finding: Finding) -> Behaviour:
    """How a finding behaves: its kind, the side of the format where its case lies, how its answer looks."""
    kind = kind_of(finding)
    if kind in ("crash", "hang", "exception", "nondeterministic", "inconsistent", "compiled", "device"):
        return Behaviour(kind, "", finding.symptom)
    place = place_of(finding)
    overflows = place.side == "infinite" or (place.side == "large" and place.beyond >= _VERY_LARGE)
    looks = _LOOKS_OF_LARGE if overflows else _LOOKS
    look = looks.get(finding.symptom, finding.symptom)
    return Behaviour(kind, place.side, look)


def algorithm_of(finding: Finding) -> tuple[str, ...]:
    """The params that choose an algorithm: texts (approximate="tanh"), where they are not the op's default."""
    record = ops().get(finding.op)
    usual = {name: values[0] for name, values in record.params.items() if values} if record else {}
    return tuple(f"{n}={v}" for n, v in sorted(finding.params.items()) if isinstance(v, str) and v != usual.get(n))
