"""Padding: batches brought to few numbers of rows, for frameworks that compile for every shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.formats import Floats
from ulpfuzz.fuzzer.frameworks.backends.modes import COMPILED

#: Rows that a batch is padded to where ops are compiled one by one, 30 to 200 ms each (jax, eager): of short vectors no 1,024, for they
#: cost less at 4,096 than one more shape does.
EAGER_ROWS, EAGER_WIDE_ROWS = (64, 4096, 16384, 65536), (64, 1024, 4096, 16384, 65536)
#: Rows where a program is compiled as a whole, up to a second each: of short vectors 4,096 rows cost a millisecond, so that they
#: have one shape for each length, and after round 0 another; of vectors of WIDE numbers and more, two and another.
COMPILED_ROWS, WIDE_ROWS, WIDE = (4096, 16384, 65536), (64, 1024, 4096, 65536), 64
#: Rows of every call in a visit of one shape. A call costs 1 to 20 ms to dispatch, whatever its rows. No recipe and no grid has as many, so that
#: only such a visit compiles for them.
ONE_SHAPE, ONE_SHAPE_WIDE = 1000, 64


def compiled_rows(batch: Batch) -> tuple[int, ...]:
    """The numbers of rows that a batch is padded to in a compiled mode."""
    return COMPILED_ROWS if batch.width < WIDE else WIDE_ROWS


def eager_rows(batch: Batch) -> tuple[int, ...]:
    """The numbers of rows that a batch is padded to where ops are compiled one by one."""
    return EAGER_ROWS if batch.width < WIDE else EAGER_WIDE_ROWS


def rows_in(mode: str, batch: Batch) -> tuple[int, ...]:
    """The numbers of rows that a batch is padded to in a mode of a framework that compiles for every shape."""
    return compiled_rows(batch) if mode in COMPILED else eager_rows(batch)


def one_shape(batch: Batch) -> int:
    """The number of rows of every call in a visit of one shape."""
    return ONE_SHAPE if batch.width < WIDE else ONE_SHAPE_WIDE


def padded_rows(rows: int, sizes: tuple[int, ...]) -> int:
    """The least of the sizes that holds `rows` rows; the largest where none does (several calls then)."""
    return next((size for size in sizes if size >= rows), sizes[-1])


def in_few_shapes(evaluate: Callable[[Batch], Floats], batch: Batch, sizes: tuple[int, ...]) -> Floats:
    """evaluate of a batch, in calls of `sizes` rows, the last one filled up with its last row."""
    step = sizes[-1]
    return np.concatenate([_padded(evaluate, batch.take(slice(i, i + step)), sizes) for i in range(0, max(batch.rows, 1), step)])


def _padded(evaluate: Callable[[Batch], Floats], batch: Batch, sizes: tuple[int, ...]) -> Floats:
    size = padded_rows(batch.rows, sizes)
    if batch.rows in (0, size, ONE_SHAPE):
        return evaluate(batch)
    return evaluate(batch.take(np.minimum(np.arange(size), batch.rows - 1)))[: batch.rows]
