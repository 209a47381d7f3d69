"""Worst cases: the points at which a function did worst, kept in its project's folder and replayed first by the next test. Data only: JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.case import DIRECTIONS, Case, Params
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.findings.case_record import case_from, record_of
from ulpfuzz.fuzzer.inputs.shapes import direction_counts, length_in
from ulpfuzz.fuzzer.testing.assertion import Assertion
from ulpfuzz.fuzzer.testing.kernel import Kernel
from ulpfuzz.fuzzer.testing.script import write_whole

#: The form of the files, and the most cases of one.
FORM, MOST = 1, 48
#: The most bytes that are read: a file is as long as MOST cases of 4,096 numbers at most, and what is longer is not ours.
BYTES = 1 << 24


@dataclass(frozen=True)
class WorstCases:
    """The cases of one function as one op, at a dtype and an order: a file of the folder. Processes may read and write it at once."""

    folder: Path
    kernel: Kernel
    assertion: Assertion
    order: str

    @property
    def path(self) -> Path:
        """Named for people, and by a digest of all that tells two tests apart."""
        params = sorted((name, repr(value)) for name, value in self.assertion.params.items())
        told = (
            self.kernel.name,
            getattr(self.kernel.function, "__module__", ""),
            str(self.kernel.target),
            params,
            self.assertion.inputs,
        )
        digest = hashlib.sha256(repr(told).encode()).hexdigest()[:8]
        name = f"{self.kernel.file_name}-{self.assertion.op.name}-{self.assertion.dtype}-{self.order}-{digest}.json"
        return self.folder / "cases" / name

    def read(self) -> list[Case]:
        """The cases; none where there is no file, or what it holds is not a case of this op: it is made anew then."""
        try:
            if self.path.stat().st_size > BYTES:
                return []
            held = json.loads(self.path.read_text(encoding="utf-8"))
            if held["form"] != FORM:
                return []
            found = [_case(record, self.assertion, self.order) for record in held["cases"][:MOST]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return []
        return [case for case in found if case is not None]

    def write(self, cases: Iterable[Case]) -> None:
        """Keeps the first MOST, each once. A folder that cannot be written keeps nothing: the test says all the same what it has to say."""
        kept = list({repr(case): case for case in cases}.values())[:MOST]
        told = {
            "form": FORM, "function": self.kernel.name, "op": self.assertion.op.name, "dtype": self.assertion.dtype, "order": self.order,
            "cases": [record_of(case) for case in kept],
        }  # fmt: skip
        try:
            write_whole(self.path, json.dumps(told, indent=1) + "\n")
        except OSError:
            return


def _case(record: Mapping[str, Any], assertion: Assertion, order: str) -> Case | None:
    """The case of a record; None where it is none of this op at this order. Raises what reading anything but a record does."""
    case = case_from({**record, "dtype": assertion.dtype})
    batch = case.batch()
    names = {spec.name for spec in assertion.op.inputs}
    if not names <= set(batch.inputs) or set(batch.inputs) - names - set(DIRECTIONS):
        return None
    if not 1 <= case.placement.length <= 1 << 16 or not 0 <= case.placement.position < case.placement.length:
        return None
    return case if _fits(assertion.op, assertion.params, order, batch.inputs) else None


def _fits(op: Op, params: Params, order: str, inputs: Mapping[str, Any]) -> bool:
    """Whether the shapes are the op's, and the directions those of the order."""
    length = length_in(op, inputs)
    if length is None:
        return False
    counts = direction_counts(op, params, order, length)
    given = {name: values.shape[1:] for name, values in inputs.items() if name in DIRECTIONS}
    return given == {name: (count,) for name, count in counts.items()}
