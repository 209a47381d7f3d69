"""Products of vectors and matrices: FLINT's rational matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from mpmath import mpf

from tests.oracles.truth import Truth, fractions, ratio


def _matrix(rows: Any) -> Any:
    return flint.fmpq_mat([[flint.fmpq(*ratio(v)) for v in row] for row in rows])


def _number(value: Any) -> Any:
    return mpf(int(value.p)) / int(value.q)


def _flat(a: Any) -> list[Any]:
    return [_number(v) for v in a.entries()]


def _rational(value: Any) -> Any:
    exact = fractions(mpf(value))
    return flint.fmpq(exact.numerator, exact.denominator)


def of_matrices(function: Callable[..., Any]) -> Truth:
    """A function of rational matrices; vectors come as columns."""

    def truth(*arrays: Any, **params: Any) -> Any:
        matrices = [_matrix(x if isinstance(x[0], list) else [[v] for v in x]) for x in arrays]
        return _flat(function(*matrices, **{name: _rational(v) for name, v in params.items()}))

    return truth


def _kron(a: Any, b: Any) -> Any:
    high, wide = b.nrows(), b.ncols()
    places = [[(i, j) for j in range(a.ncols() * wide)] for i in range(a.nrows() * high)]
    return flint.fmpq_mat([[a[i // high, j // wide] * b[i % high, j % wide] for i, j in row] for row in places])


def _cross(x: Any, y: Any) -> Any:
    """The matrix of the vector product with x, times y."""
    a, b, c = x.entries()
    return flint.fmpq_mat([[flint.fmpq(0), -c, b], [c, flint.fmpq(0), -a], [-b, a, flint.fmpq(0)]]) * y


def _trace(a: Any, b: Any) -> Any:
    product = a * b.transpose()
    return flint.fmpq_mat([[sum((product[i, i] for i in range(a.nrows())), flint.fmpq(0))]])


TRUTH: dict[str, Truth] = {
    "matmul": of_matrices(lambda a, b: a * b),
    "matvec": of_matrices(lambda a, x: a * x),
    "addmm": of_matrices(lambda c, a, b, beta, alpha: c * beta + a * b * alpha),
    "addmv": of_matrices(lambda c, a, x, beta, alpha: c * beta + a * x * alpha),
    "addr": of_matrices(lambda c, x, y: c + x * y.transpose()),
    "linear": of_matrices(lambda x, a, b: a * x + b),
    "bilinear": of_matrices(lambda x, a, y: x.transpose() * a * y),
    "outer": of_matrices(lambda x, y: x * y.transpose()),
    "kron": of_matrices(_kron),
    "cross": of_matrices(_cross),
    "multi_dot": of_matrices(lambda a, b, c: a * (b * c)),
    "trace_of_product": of_matrices(_trace),
}
