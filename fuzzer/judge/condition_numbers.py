"""ConditionNumbers: sum_j |x_j d_j f| of one batch's elements, each computed once, whichever target's answer needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.judge.evidence import Effort
from fuzzer.judge.rule import Rule
from oracles.conditioning import WIDE, amplification, choices_of_signs, least_amplification, projected_amplification
from oracles.function import Function

Rows = NDArray[np.int64]
Values = NDArray[Any]  # binary64's, and of binary64 extended precision's

#: Numbers of a measure's columns: as many as fit in memory, for every part of a batch costs a tape's fixed 30 ms.
NUMBERS = 1 << 20
#: Where so many times the rows that are asked for are all, all are computed at once: the next subject will ask for others of them.
MANY = 8
#: Stands for what nobody knows, where nan is what nobody asked for.
UNKNOWN = -1.0


class ConditionNumbers:
    """Implements judge.evidence.Amplifications, of the rows of one batch; inputs are exact.

    outputs: of the function. effort: what is computed takes its seconds, and nothing that costs a row at a time is begun after its caps' `until`.
    """

    def __init__(self, function: Function, rule: Rule, inputs: dict[str, Values], outputs: int, effort: Effort) -> None:
        self.function, self.inputs, self.outputs, self.effort = function, inputs, outputs, effort
        self.precision, self.normwise = rule.format.precision, rule.op.whole == "all"
        self.until = effort.caps().until
        self.beside: Values | None = None  # by element, what amplifications are added to
        self.count = len(next(iter(inputs.values())))
        self._known: dict[object, Values] = {}

    def added_to(self, sizes: Values) -> None:
        """Says what the amplifications are added to, by element, before anything is done with them."""
        self.beside = sizes

    def of_rows(self, rows: Rows) -> ConditionNumbers:
        """A view of these rows, in this order, each as often as it is named."""
        return OfRows(self, rows)

    @property
    def numbers(self) -> int:
        """Of a row's inputs."""
        return sum(v[0].size for v in self.inputs.values())

    def amplification(self, rows: Rows, outs: Rows) -> Values:
        """sum_j |x_j d_j f| of these elements; nan where nobody knows it."""
        found = self._once(amplification, rows, outs, self.beside, until=self.until)
        return np.where(found == UNKNOWN, np.nan, found)

    def lower_bound(self, rows: Rows, outs: Rows) -> Values:
        """A lower bound of the amplification, of many outputs one that costs no more than of one."""
        return self.tight_lower_bound(rows, outs) if self.outputs == 1 else self._projected(rows, outs)[0]

    def probable_upper_bound(self, rows: Rows, outs: Rows) -> Values:
        """What the amplification is seldom more than, at the cost of `lower_bound`; inf where nobody knows."""
        if self.outputs > 1:
            return self._projected(rows, outs)[1]
        # Terms whose enclosure holds zero are missing from the lower bound: n times it has room for them, each as large as the rest.
        least = self.tight_lower_bound(rows, outs)
        return np.where(least > 0, self.numbers * least, np.inf)

    def _projected(self, rows: Rows, outs: Rows) -> tuple[Values, Values]:
        least, likely = self._of(projected_amplification), self._of("likely")
        fresh = np.unique(rows[np.isnan(least[rows, 0])])
        if MANY * len(fresh) > self.count:
            fresh = np.arange(self.count)
        for some in _parts(fresh, len(choices_of_signs(self.numbers)) * self.numbers):
            with self.effort.timed():
                least[some], likely[some] = projected_amplification(
                    self.function, self._taken(some), self.precision, normwise=self.normwise
                )
        return least[rows, outs], likely[rows, outs]

    def tight_lower_bound(self, rows: Rows, outs: Rows) -> Values:
        """A lower bound of the amplification, for each element by itself."""
        return self._once(least_amplification, rows, outs)

    def _once(
        self, measure: Callable[..., Values], rows: Rows, outs: Rows, beside: Values | None = None, **options: Any
    ) -> Values:
        """A measure of these elements, of those alone that nobody asked for yet."""
        known = self._of(measure)
        for some in _parts(np.flatnonzero(np.isnan(known[rows, outs])), self.numbers):
            at = rows[some], outs[some]
            more = options if beside is None else {"beside": beside[at], **options}
            with self.effort.timed():
                found = measure(self.function, self._taken(at[0]), at[1], self.precision, normwise=self.normwise, **more)
            # What nobody knew is not asked again: Arb, which was tried last, costs a row at a time.
            known[at] = np.where(np.isnan(found), UNKNOWN, found)
        return known[rows, outs]

    def _of(self, measure: object) -> Values:
        """What is known of a measure, rows by outputs."""
        if measure not in self._known:
            # Of exp the sum |x f'| passes binary64's largest number at x = 703.3, before f itself does at 709.8.
            self._known[measure] = np.full((self.count, self.outputs), np.nan, WIDE if self.precision > 24 else np.float64)
        return self._known[measure]

    def _taken(self, rows: Rows) -> dict[str, Values]:
        return {name: values[rows] for name, values in self.inputs.items()}


class OfRows(ConditionNumbers):
    """Of a batch whose rows are those of another, numbered by `rows`: a view of what is known of these."""

    def __init__(self, others: ConditionNumbers, rows: Rows) -> None:
        self.others, self.rows = others, rows

    @property
    def numbers(self) -> int:
        return self.others.numbers

    def added_to(self, sizes: Values) -> None:
        known = self.others.beside
        known = np.zeros((self.others.count, sizes.shape[1])) if known is None else known.copy()
        known[self.rows] = sizes
        self.others.added_to(known)

    def amplification(self, rows: Rows, outs: Rows) -> Values:
        return self.others.amplification(self.rows[rows], outs)

    def lower_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.others.lower_bound(self.rows[rows], outs)

    def probable_upper_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.others.probable_upper_bound(self.rows[rows], outs)

    def tight_lower_bound(self, rows: Rows, outs: Rows) -> Values:
        return self.others.tight_lower_bound(self.rows[rows], outs)


def _parts(places: Rows, width: int) -> Iterator[Rows]:
    """The places in parts whose columns of `width` numbers fit in memory."""
    step = max(1, NUMBERS // max(1, width))
    for i in range(0, len(places), step):
        yield places[i : i + step]
