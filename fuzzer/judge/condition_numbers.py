"""ConditionNumbers: sum_j |x_j d_j f| of one batch's elements, each computed once, whichever target's answer needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.judge.evidence import Effort
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.oracles.conditioning import WIDE, amplification, choices_of_signs, least_amplification, projected_amplification
from ulpfuzz.oracles.function import Function

Rows = NDArray[np.int64]
Values = NDArray[Any]  # binary64's, and of binary64 extended precision's

#: Numbers in the columns of one evaluation. Each evaluation costs a tape's fixed 30 ms, so parts are as large as memory allows.
COLUMN_NUMBERS = 1 << 20
#: If more than one row in this many is needed, all rows are computed: the next subject needs others of them.
ALL_ROWS_FACTOR = 8
#: Marks an element whose condition number cannot be computed; nan marks one that has not been computed yet.
UNKNOWN = -1.0


class ConditionNumbers:
    """sum_j |x_j d_j f| for the elements of one batch; implements judge.evidence.Amplifications. Each value is computed once.

    inputs: exact. outputs: the number of the function's outputs. effort: its seconds are those of what is computed, not looked up; its caps'
    `until` is the time after which no further one is computed (conditioning.amplification).
    """

    def __init__(self, function: Function, rule: Rule, inputs: dict[str, Values], outputs: int, effort: Effort) -> None:
        self.function, self.inputs, self.outputs, self.effort = function, inputs, outputs, effort
        self.precision, self.normwise = rule.format.precision, rule.op.error_norm == "all"
        self.until = effort.caps().until
        self.addend: Values | None = None  # per element; an amplification that is small beside it need not be accurate
        self.count = len(next(iter(inputs.values())))
        self._known: dict[object, Values] = {}

    def added_to(self, sizes: Values) -> None:
        """Sets what each amplification is added to; where this is much larger, a rough amplification suffices."""
        self.addend = sizes

    def of_rows(self, rows: Rows) -> ConditionNumbers:
        """A view of these rows, in this order; rows may repeat."""
        return RowView(self, rows)

    @property
    def numbers(self) -> int:
        """How many numbers the inputs of a row have."""
        return sum(v[0].size for v in self.inputs.values())

    def amplification(self, rows: Rows, outs: Rows) -> Values:
        """sum_j |x_j d_j f| of these elements; nan where it is unknown."""
        values = self._once(amplification, rows, outs, self.addend, until=self.until)
        return np.where(values == UNKNOWN, np.nan, values)

    def lower_bound(self, rows: Rows, outs: Rows) -> Values:
        """A lower bound of the amplification. With several outputs, all bounds of a row cost as much as one."""
        return self.tight_lower_bound(rows, outs) if self.outputs == 1 else self._projected(rows, outs)[0]

    def probable_upper_bound(self, rows: Rows, outs: Rows) -> Values:
        """A value that the amplification seldom exceeds, at the cost of `lower_bound`; inf where unknown. No bound."""
        if self.outputs > 1:
            return self._projected(rows, outs)[1]
        # Terms whose enclosure holds zero are missing from the lower bound: n times it has room for them, each as large as the rest.
        lower = self.tight_lower_bound(rows, outs)
        return np.where(lower > 0, self.numbers * lower, np.inf)

    def _projected(self, rows: Rows, outs: Rows) -> tuple[Values, Values]:
        """(lower bounds, probable upper bounds), both from a few choices of signs of the terms (conditioning.projected_amplification)."""
        lower, upper = self._table(projected_amplification), self._table("probable_upper_bound")
        missing = np.unique(rows[np.isnan(lower[rows, 0])])
        if ALL_ROWS_FACTOR * len(missing) > self.count:
            missing = np.arange(self.count)
        for part in _parts(missing, len(choices_of_signs(self.numbers)) * self.numbers):
            with self.effort.timed():
                lower[part], upper[part] = projected_amplification(
                    self.function, self._inputs_of(part), self.precision, normwise=self.normwise
                )
        return lower[rows, outs], upper[rows, outs]

    def tight_lower_bound(self, rows: Rows, outs: Rows) -> Values:
        """A sharper lower bound of the amplification, computed element by element."""
        return self._once(least_amplification, rows, outs)

    def _once(
        self, measure: Callable[..., Values], rows: Rows, outs: Rows, addend: Values | None = None, **options: Any
    ) -> Values:
        """A measure of these elements; only those that are missing from its table are computed."""
        table = self._table(measure)
        for part in _parts(np.flatnonzero(np.isnan(table[rows, outs])), self.numbers):
            at = rows[part], outs[part]
            more = options if addend is None else {"beside": addend[at], **options}
            with self.effort.timed():
                values = measure(self.function, self._inputs_of(at[0]), at[1], self.precision, normwise=self.normwise, **more)
            # An unknown number is not computed again: Arb, which was tried last, costs a row at a time.
            table[at] = np.where(np.isnan(values), UNKNOWN, values)
        return table[rows, outs]

    def _table(self, measure: object) -> Values:
        """The values of a measure so far, rows by outputs; nan where not computed."""
        if measure not in self._known:
            # Of exp the sum |x f'| passes binary64's largest number at x = 703.3, before f itself does at 709.8.
            self._known[measure] = np.full((self.count, self.outputs), np.nan, WIDE if self.precision > 24 else np.float64)
        return self._known[measure]

    def _inputs_of(self, rows: Rows) -> dict[str, Values]:
        return {name: values[rows] for name, values in self.inputs.items()}


class RowView(ConditionNumbers):
    """The condition numbers of selected rows of a batch, by reference to those of the whole batch: row i is row rows[i] there."""

    def __init__(self, whole_batch: ConditionNumbers, rows: Rows) -> None:
        self.whole_batch, self.rows = whole_batch, rows

    def of_rows(self, rows: Rows) -> RowView:
        return RowView(self.whole_batch, self.rows[rows])

    @property
    def numbers(self) -> int:
        return self.whole_batch.numbers

    def added_to(self, sizes: Values) -> None:
        addend = self.whole_batch.addend
        addend = np.zeros((self.whole_batch.count, sizes.shape[1])) if addend is None else addend.copy()
        addend[self.rows] = sizes
        self.whole_batch.added_to(addend)

    def amplification(self, rows: Rows, outs: Rows) -> Values:
        return self.whole_batch.amplification(self.rows[rows], outs)

    def lower_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.whole_batch.lower_bound(self.rows[rows], outs)

    def probable_upper_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.whole_batch.probable_upper_bound(self.rows[rows], outs)

    def tight_lower_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.whole_batch.tight_lower_bound(self.rows[rows], outs)


def _parts(places: Rows, width: int) -> Iterator[Rows]:
    """The places in parts that need at most COLUMN_NUMBERS numbers, `width` for each place."""
    step = max(1, COLUMN_NUMBERS // max(1, width))
    for i in range(0, len(places), step):
        yield places[i : i + step]
