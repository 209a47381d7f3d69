"""judge_answers: answers that somebody else computed, judged row by row as a framework's are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.judge.flush import FlushPolicy


@dataclass(frozen=True)
class Terms:
    """How far the judge goes, and what holds beside the mathematical function."""

    #: A framework whose pages hold (documented thresholds, conventions of gradients), as for its own first call of the op; "": nobody's.
    contract: str = ""
    #: What the implementation may do with subnormal numbers.
    flush: FlushPolicy = field(default_factory=FlushPolicy)
    #: The worst rows that are told whole, with truth and condition number.
    shown: int = 5
    #: Rows that are certified, the worst first; None: as many as take about 20 seconds, at most 256. 0: nothing is proved, errors are measured alone.
    proofs: int | None = None
    #: Called after every chunk with the rows judged and all rows.
    watch: Callable[[int, int], None] = lambda judged, rows: None


def judge_answers(cell: Cell, inputs: Mapping[str, Any], answers: Any, terms: Terms = Terms()) -> Any:  # frozen
    """Judges answers to a cell (op, params, dtype, order; see `cell_of`) that were computed elsewhere.

    inputs: name -> array of the op's inputs, of any leading axes (rows) that broadcast together, the trailing ones the op's; for derivatives of ops
    that are not elementwise also `cotangent` and `tangent` (default ones). Numbers must be numbers of the cell's dtype; torch, jax, TensorFlow
    and ml_dtypes arrays are taken as numpy.asarray takes them. answers: an array of the same leading axes and the result's shape; of a derivative the
    array for the one differentiable input, or name -> array for each of them.

    Returns a JudgedAnswers: `.ulps`, `.classes`, `.symptoms`, arrays shaped as the answers (name -> array where answers was a mapping): errors in ulps
    of the dtype (inf for a wrong special value, nan where undecided), codes of Class and Symptom as the judge measured them; `.rows`, the
    JudgedRows: counts by class, histogram, the worst rows with truth, condition number and verdict, and which rows are defects, each certified
    (docs/error-model.md) up to `terms.proofs`. Ctrl-C ends the work early and keeps what was judged.

    Raises UserError in one line: unknown names, shapes that do not fit, numbers that are none of the dtype.
    """
    raise NotImplementedError
