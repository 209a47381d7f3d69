"""Linear algebra: textbook algorithms over the arithmetic."""

from __future__ import annotations

import itertools
from typing import Any

from oracles.definitions import define

Number = Any
Matrix = list[list[Any]]


@define("det")
def det(m: Any, a: Matrix) -> Number:
    """Expansion along subsets of columns (Laplace, row by row): sums of products, without division; Higham, ASNA (2002), section 14.6."""
    n = len(a)
    minors: dict[tuple[int, ...], Number] = {(j,): a[0][j] for j in range(n)}
    for i in range(1, n):
        larger: dict[tuple[int, ...], Number] = {}
        for columns in itertools.combinations(range(n), i + 1):
            terms = []
            for place, j in enumerate(columns):
                term = a[i][j] * minors[columns[:place] + columns[place + 1 :]]
                terms.append(term if (i - place) % 2 == 0 else -term)
            larger[columns] = m.sum(terms)
        minors = larger
    return minors[tuple(range(n))]
