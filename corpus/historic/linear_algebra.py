"""Determinants, norms and factors of matrices; products of given pivots."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ulpfuzz.corpus.historic.replay import Array, Old, in_binary64, replay
from ulpfuzz.fuzzer.catalog.op import matrix, vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.linear_algebra import cholesky, inv_spd

#: Of a pivot beside its column, or of a sum of logarithms beside the largest: below it too few digits are left.
DOUBTFUL = 1e-6
Vector = list[Any]
Matrix = list[Vector]


@define("historic_precision_of_factor")
def _precision_of_factor(m: Any, a: Matrix) -> Matrix:
    """The inverse of L L^T."""
    n = len(a)
    square = [[m.sum([a[i][k] * a[j][k] for k in range(min(i, j) + 1)]) for j in range(n)] for i in range(n)]
    return inv_spd(m, square)


@define("historic_factor_of_inverse")
def _factor_of_inverse(m: Any, a: Matrix) -> Matrix:
    """The lower Cholesky factor of the inverse."""
    return cholesky(m, inv_spd(m, a))


@define("historic_lu_cotangent")
def _lu_cotangent(m: Any, low: Matrix, up: Matrix, x: Matrix) -> Matrix:
    """L^T X U^T for unit triangular L and U = up^T."""
    n = len(low)
    left = [[m.sum([low[k][i] * x[k][j] for k in range(n)]) for j in range(n)] for i in range(n)]
    return [[m.sum([left[i][k] * up[k][j] for k in range(n)]) for j in range(n)] for i in range(n)]


def _log_abs_pivots(a: Array) -> tuple[Array, Array, Array, Array]:
    """(log |det|, sign, the least pivot beside its column, the sum of the logarithms' sizes) by elimination with partial pivoting, in the
    dtype of a."""
    columns = np.abs(a).max(axis=1)
    a = a.copy()
    n, rows = a.shape[-1], np.arange(len(a))
    logs, sign = np.zeros(len(a), a.dtype), np.ones(len(a), a.dtype)
    least, size = np.full(len(a), np.inf), np.zeros(len(a))
    for k in range(n):
        top = k + np.argmax(np.abs(a[:, k:, k]), axis=1)
        swapped = a[rows, top].copy()
        a[rows, top] = a[:, k]
        a[:, k] = swapped
        pivot = a[:, k, k]
        sign *= np.where(top == k, 1, -1).astype(a.dtype) * np.sign(pivot)
        part = np.log(np.abs(pivot))
        logs += part
        least = np.minimum(least, np.abs(pivot) / np.where(columns[:, k] == 0, 1, columns[:, k]))
        size = np.maximum(size, np.abs(part))
        a[:, k + 1 :] -= (a[:, k + 1 :, k] / np.where(pivot == 0, 1, pivot)[:, np.newaxis])[..., np.newaxis] * a[:, k : k + 1]
    return logs, sign, least, size


def _pivots(a: Array) -> Array:
    """The pivots of symmetric elimination, in the dtype of a."""
    a = ((a + np.swapaxes(a, -1, -2)) / a.dtype.type(2)).copy()
    n, found = a.shape[-1], []
    for k in range(n):
        pivot = a[:, k, k].copy()
        found.append(pivot)
        a[:, k + 1 :] -= (a[:, k + 1 :, k] / pivot[:, np.newaxis])[..., np.newaxis] * a[:, k : k + 1]
    return np.stack(found, axis=-1)


def log_of_determinant(a: Array) -> Array:
    logs, sign, _, _ = _log_abs_pivots(a)
    return np.log(sign * np.exp(logs))


def _exact_log(a: Array) -> float:
    """log det of a matrix whose numbers are finite, by rationals; NaN where det < 0."""
    rows = [[Fraction(v) for v in row] for row in a.tolist()]
    det, n = Fraction(1), len(rows)
    for k in range(n):
        top = next((i for i in range(k, n) if rows[i][k]), None)
        if top is None:
            return -math.inf
        if top != k:
            rows[k], rows[top], det = rows[top], rows[k], -det
        det *= rows[k][k]
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [v - factor * w for v, w in zip(rows[i], rows[k], strict=True)]
    if det < 0:
        return math.nan
    if abs(det - 1) < Fraction(1, 2):
        return math.log1p(float(det - 1))
    return math.log(det.numerator) - math.log(det.denominator)


@in_binary64
def log_of_pivots(a: Array) -> Array:
    """By elimination; by rationals where a pivot is small beside its column or the logarithms cancel."""
    logs, sign, least, size = _log_abs_pivots(a)
    found = np.where(sign > 0, logs, np.nan)
    doubtful = (least < DOUBTFUL) | (np.abs(logs) < DOUBTFUL * size)
    for row in np.flatnonzero(doubtful & np.isfinite(a).all(axis=(1, 2))):
        found[row] = _exact_log(a[row])
    return found


def log_of_product_of_pivots(a: Array) -> Array:
    return np.log(np.prod(_pivots(a), axis=-1, dtype=a.dtype))


def log_of_square_of_diagonal(a: Array) -> Array:
    product = np.prod(np.sqrt(_pivots(a)), axis=-1, dtype=a.dtype)
    return np.log(product * product)


@in_binary64
def sum_of_logs_of_pivots(a: Array) -> Array:
    return np.log(_pivots(a)).sum(axis=-1)


def running_product(p: Array) -> Array:
    return np.prod(p, axis=-1, dtype=p.dtype)


def exponential_of_logs(p: Array) -> Array:
    return np.prod(np.sign(p), axis=-1) * np.exp(np.log(np.abs(p)).sum(axis=-1))


@in_binary64
def scaled_product(p: Array) -> Array:
    """Of significands and of exponents."""
    significands, exponents = np.frexp(p)
    return np.ldexp(np.prod(significands, axis=-1), exponents.sum(axis=-1))


def root_of_head_and_tail(x: Array) -> Array:
    tail = (x[..., 1:] * x[..., 1:]).sum(axis=-1)
    return np.sqrt(x[..., 0] * x[..., 0] + tail)


def head_scaled_tail_not(x: Array) -> Array:
    tail = np.sqrt((x[..., 1:] * x[..., 1:]).sum(axis=-1))
    top = np.maximum(np.abs(x[..., 0]), tail)
    size = np.where(top == 0, x.dtype.type(1), top)
    return top * np.sqrt((x[..., 0] / size) ** 2 + (tail / size) ** 2)


@in_binary64
def wide_norm(x: Array) -> Array:
    return np.where(np.isinf(x).any(axis=-1) & ~np.isnan(x).any(axis=-1), np.inf, np.sqrt((x * x).sum(axis=-1)))


def _inverse_of_lower(a: Array) -> Array:
    """By forward substitution, a column after the other."""
    n = a.shape[-1]
    found = np.zeros_like(a)
    for j in range(n):
        for i in range(j, n):
            inner = (a[:, i, j:i] * found[:, j:i, j]).sum(axis=-1)
            found[:, i, j] = ((a.dtype.type(i == j)) - inner) / a[:, i, i]
    return found


def _general_inverse(a: Array) -> Array:
    """Of each matrix, NaN where it is singular."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:  # it does not say which
        return np.full_like(a, np.nan) if len(a) == 1 else np.concatenate([_general_inverse(a[k : k + 1]) for k in range(len(a))])


def inverse_of_square(a: Array) -> Array:
    a = np.tril(a)
    return _general_inverse(a @ np.swapaxes(a, -1, -2))


def square_of_general_inverse(a: Array) -> Array:
    inverse = _general_inverse(np.tril(a))
    return np.swapaxes(inverse, -1, -2) @ inverse


@in_binary64
def square_of_triangular_inverse(a: Array) -> Array:
    inverse = _inverse_of_lower(np.tril(a))
    return np.swapaxes(inverse, -1, -2) @ inverse


def _factor(a: Array) -> Array:
    """The lower Cholesky factor of the symmetric part, NaN where there is none."""
    a = (a + np.swapaxes(a, -1, -2)) / a.dtype.type(2)
    n = a.shape[-1]
    low = np.zeros_like(a)
    for j in range(n):
        low[:, j, j] = np.sqrt(a[:, j, j] - (low[:, j, :j] * low[:, j, :j]).sum(axis=-1))
        for i in range(j + 1, n):
            low[:, i, j] = (a[:, i, j] - (low[:, i, :j] * low[:, j, :j]).sum(axis=-1)) / low[:, j, j]
    return low


def factor_of_inverse(a: Array) -> Array:
    return _factor(_general_inverse((a + np.swapaxes(a, -1, -2)) / a.dtype.type(2)))


@in_binary64
def flipped_factor_solved(a: Array) -> Array:
    """With P = U U^T for an upper U, the Cholesky factor of P from its last row, inverse(P) = U^-T U^-1, and U^-T is lower."""
    flipped = _factor(a[:, ::-1, ::-1])
    upper = flipped[:, ::-1, ::-1]
    return _inverse_of_lower(np.swapaxes(upper, -1, -2))


def _rebuilt(low: Array, up: Array, x: Array) -> Array:
    """L^T X U^T in binary64, rounded once."""
    wide = np.swapaxes(low.astype(np.float64), -1, -2) @ x.astype(np.float64) @ up.astype(np.float64)
    return wide.astype(low.dtype)


def rebuilt_by_inverses(low: Array, up: Array, x: Array) -> Array:
    """The cotangent L^T X U^T solved for X by explicit inverses, and X put back."""
    phi = _rebuilt(low, up, x)
    solved = np.swapaxes(_general_inverse(low), -1, -2) @ phi @ _general_inverse(up)
    return _rebuilt(low, up, solved)


def rebuilt_by_substitution(low: Array, up: Array, x: Array) -> Array:
    """The same by two triangular solves in binary64: L^T Y = phi, then X U^T = Y."""
    wide, right = low.astype(np.float64), up.astype(np.float64)
    phi = _rebuilt(low, up, x).astype(np.float64)
    n = phi.shape[-1]
    for i in range(n - 1, -1, -1):
        phi[:, i] -= (wide[:, i + 1 :, i, np.newaxis] * phi[:, i + 1 :]).sum(axis=1)
    for j in range(n - 1, -1, -1):
        phi[:, :, j] -= (phi[:, :, j + 1 :] * right[:, np.newaxis, j + 1 :, j]).sum(axis=-1)
    return np.asarray((np.swapaxes(wide, -1, -2) @ phi @ right).astype(low.dtype))


REPLAYS = [
    # The error is measured backwards: what is solved is put back, and judged beside L^T X U^T.
    replay("lu_gradient", [matrix("low", -64, 64, structure="unit_lower", finite=True), matrix("up", -64, 64, structure="unit_lower", finite=True),
                           matrix("x", -64, 64, finite=True)],
           "linear_algebra.rebuilt_by_substitution(low, up, x)", Old((2,), "linear_algebra.rebuilt_by_inverses(low, up, x)"),
           definition="historic_lu_cotangent", accuracy="backward", error_norm="all", lengths=(3, 4, 5)),
    replay("logdet", "logdet", "linear_algebra.log_of_pivots(a)", Old((116, 242), "linear_algebra.log_of_determinant(a)")),
    replay("logdet_hpd", "logdet_spd", "linear_algebra.sum_of_logs_of_pivots(a)", Old((118,), "linear_algebra.log_of_product_of_pivots(a)"),
           Old((140,), "linear_algebra.log_of_square_of_diagonal(a)")),
    replay("det", [vector("p")], "linear_algebra.scaled_product(p)",
           Old((136,), "linear_algebra.running_product(p)", "linear_algebra.exponential_of_logs(p)"), definition="prod",
           accuracy="accumulating", lengths=(2, 3, 4, 7)),
    replay("householder_norm", "norm", "linear_algebra.wide_norm(x)",
           Old((156,), "linear_algebra.root_of_head_and_tail(x)", "linear_algebra.head_scaled_tail_not(x)"), min_length=2,
           params={"ord": (2,)}),
    # What squaring, or pivoting, does to a triangle shows element by element.
    replay("mvn_precision_matrix", [matrix("a", structure="lower", finite=True)], "linear_algebra.square_of_triangular_inverse(a)",
           Old((43,), "linear_algebra.inverse_of_square(a)"), Old((20,), "linear_algebra.square_of_general_inverse(a)"),
           definition="historic_precision_of_factor", accuracy="accumulating", lengths=(2, 3, 5)),
    replay("mvn_precision_to_scale_tril", [matrix("a", structure="spd", finite=True)], "linear_algebra.flipped_factor_solved(a)",
           Old((25,), "linear_algebra.factor_of_inverse(a)"), definition="historic_factor_of_inverse", accuracy="backward", error_norm="all",
           lengths=(2, 3)),
]  # fmt: skip
