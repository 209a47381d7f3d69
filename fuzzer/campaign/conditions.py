"""Conditions: the conditioning of one batch's elements, each computed once, whichever subject needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.conditioning import amplification, choices_of_signs, least_amplification, projected_amplification
from oracles.function import Function

Rows = NDArray[np.int64]
Values = NDArray[np.float64]

#: Numbers of a measure's columns: as many as fit in memory.
NUMBERS = 262144
#: Where so many times the rows that are asked for are all, all are computed at once: the next subject will ask for others of them.
MANY = 8


class Conditions:
    """Of the rows of one batch; inputs are exact. normwise: as the op's errors are measured. beside: by element, what amplifications are added to
    (conditioning.amplification), once that is known."""

    def __init__(self, function: Function, inputs: dict[str, Values], precision: int, *, normwise: bool) -> None:
        self.function, self.inputs, self.precision, self.normwise = function, inputs, precision, normwise
        self.beside: Values | None = None
        self._rows = len(next(iter(inputs.values())))
        self._known: dict[Callable[..., Any], Values] = {}
        self._projected: Values | None = None

    @property
    def numbers(self) -> int:
        """Of a row's inputs."""
        return sum(v[0].size for v in self.inputs.values())

    def amplification(self, rows: Rows, outs: Rows) -> Values:
        """sum_j |x_j d_j f| of these elements; nan where nobody knows it."""
        known = self._of(amplification, outs)
        fresh = np.isnan(known[rows, outs])
        if fresh.any():
            at = rows[fresh], outs[fresh]
            added: dict[str, Values] = {} if self.beside is None else {"beside": self.beside[at]}
            known[at] = self._measured(amplification, *at, **added)
        found = known[rows, outs]
        return np.where(found == UNKNOWN, np.nan, found)

    def least(self, rows: Rows, outs: Rows) -> Values:
        """A lower bound of the amplification, of many outputs one that costs no more than of one."""
        if self._projected is None:
            self._projected = np.zeros((self._rows, 0))
        if self._projected.shape[1] == 1:
            return self.sharper(rows, outs)
        some = np.unique(rows)
        fresh = some if not self._projected.size else some[np.isnan(self._projected[some, 0])]
        if len(fresh):
            if MANY * len(fresh) > self._rows:
                fresh = np.arange(self._rows)
            found = self._project(fresh)
            if self._projected.shape[1] != found.shape[1]:
                self._projected = np.full((self._rows, found.shape[1]), np.nan)
            self._projected[fresh] = found
        return self._projected[rows, outs]

    def _project(self, rows: Rows) -> Values:
        step = max(1, NUMBERS // max(1, len(choices_of_signs(self.numbers)) * self.numbers))
        parts = [{n: v[rows[i : i + step]] for n, v in self.inputs.items()} for i in range(0, len(rows), step)]
        return np.concatenate(
            [projected_amplification(self.function, part, self.precision, normwise=self.normwise) for part in parts]
        )

    def sharper(self, rows: Rows, outs: Rows) -> Values:
        """A lower bound of the amplification, for each element by itself."""
        known = self._of(least_amplification, outs)
        fresh = np.isnan(known[rows, outs])
        if fresh.any():
            known[rows[fresh], outs[fresh]] = self._measured(least_amplification, rows[fresh], outs[fresh])
        return known[rows, outs]

    def _of(self, measure: Callable[..., Any], outs: Rows) -> Values:
        """What is known of a measure, by row and output: nan where it was not asked for."""
        columns = int(outs.max(initial=-1)) + 1
        held = self._known.get(measure, np.zeros((self._rows, 0)))
        if held.shape[1] < columns:
            held = np.pad(held, ((0, 0), (0, columns - held.shape[1])), constant_values=np.nan)
            self._known[measure] = held
        return held

    def _measured(self, measure: Callable[..., Values], rows: Any, outs: Any, **each: Values) -> Values:
        step = max(1, NUMBERS // max(1, self.numbers))
        parts = []
        for i in range(0, len(rows), step):
            some = slice(i, i + step)
            parts.append(
                measure(
                    self.function, {n: v[rows[some]] for n, v in self.inputs.items()}, outs[some], self.precision, normwise=self.normwise,
                    **{name: values[some] for name, values in each.items()},
                )
            )  # fmt: skip
        found = np.concatenate(parts)
        return np.where(np.isnan(found), UNKNOWN, found)


#: Stands for what nobody knows.
UNKNOWN = -1.0
