"""Recurrent cells by mpmath's matrices, gates with the logistic function as tanh."""

from __future__ import annotations

from typing import Any

from mpmath import mp

from tests.oracles.truth import Truth


def _affine(weights: Any, x: Any, bias: Any) -> Any:
    return mp.matrix(weights) * mp.matrix(x) + mp.matrix(bias)


def _gate(x: Any) -> Any:
    return (1 + mp.tanh(x / 2)) / 2


def _rnn(x: Any, h: Any, w: Any, u: Any, b: Any, c: Any, nonlinearity: str) -> Any:
    sums = _affine(w, x, b) + _affine(u, h, c)
    return [mp.tanh(s) if nonlinearity == "tanh" else s if s > 0 else mp.mpf(0) for s in sums]


def _lstm(x: Any, h: Any, c: Any, w: Any, u: Any, b: Any, d: Any) -> Any:
    sums = list(_affine(w, x, b) + _affine(u, h, d))
    n = len(h)
    cell = [_gate(sums[n + k]) * c[k] + _gate(sums[k]) * mp.tanh(sums[2 * n + k]) for k in range(n)]
    return [[_gate(sums[3 * n + k]) * mp.tanh(cell[k]) for k in range(n)], cell]


def _gru(x: Any, h: Any, w: Any, u: Any, b: Any, c: Any) -> Any:
    a, r = list(_affine(w, x, b)), list(_affine(u, h, c))
    n = len(h)
    new = [mp.tanh(a[2 * n + k] + _gate(a[k] + r[k]) * r[2 * n + k]) for k in range(n)]
    return [new[k] + _gate(a[n + k] + r[n + k]) * (h[k] - new[k]) for k in range(n)]


TRUTH: dict[str, Truth] = {"rnn_cell": _rnn, "lstm_cell": _lstm, "gru_cell": _gru}
