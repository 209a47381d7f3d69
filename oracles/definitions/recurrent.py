"""One step of recurrent networks; PyTorch, torch.nn.RNNCell, LSTMCell, GRUCell. Weights as PyTorch lays them out: gates one below the other."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define


def _affine(m: Arithmetic[N], weights: Matrix[N], x: Vector[N], bias: Vector[N]) -> Vector[N]:
    return [m.sum([b, *(w * v for w, v in zip(row, x, strict=True))]) for row, b in zip(weights, bias, strict=True)]


@define("rnn_cell")
def rnn_cell(
    m: Arithmetic[N], x: Vector[N], h: Vector[N], w_ih: Matrix[N], w_hh: Matrix[N], b_ih: Vector[N], b_hh: Vector[N], nonlinearity: str = "tanh"
) -> Vector[N]:  # fmt: skip
    """tanh or relu of W_ih x + b_ih + W_hh h + b_hh."""
    sums = [a + b for a, b in zip(_affine(m, w_ih, x, b_ih), _affine(m, w_hh, h, b_hh), strict=True)]
    if nonlinearity == "tanh":
        return [m.tanh(s) for s in sums]
    return [m.max([s, m.num(0)]) for s in sums]


@define("lstm_cell")
def lstm_cell(
    m: Arithmetic[N], x: Vector[N], h: Vector[N], c: Vector[N], w_ih: Matrix[N], w_hh: Matrix[N], b_ih: Vector[N], b_hh: Vector[N]
) -> list[Vector[N]]:
    """(h', c'): gates input, forget, cell, output."""
    sums = [a + b for a, b in zip(_affine(m, w_ih, x, b_ih), _affine(m, w_hh, h, b_hh), strict=True)]
    n = len(c)
    i, f, g, o = (sums[k * n : (k + 1) * n] for k in range(4))
    cell = [m.sigmoid(f[k]) * c[k] + m.sigmoid(i[k]) * m.tanh(g[k]) for k in range(n)]
    return [[m.sigmoid(o[k]) * m.tanh(cell[k]) for k in range(n)], cell]


@define("gru_cell")
def gru_cell(
    m: Arithmetic[N], x: Vector[N], h: Vector[N], w_ih: Matrix[N], w_hh: Matrix[N], b_ih: Vector[N], b_hh: Vector[N]
) -> Vector[N]:
    """Gates reset, update, new: n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h."""
    from_input, from_state, n = _affine(m, w_ih, x, b_ih), _affine(m, w_hh, h, b_hh), len(h)
    new = []
    for k in range(n):
        r, z = m.sigmoid(from_input[k] + from_state[k]), from_input[n + k] + from_state[n + k]
        candidate = m.tanh(from_input[2 * n + k] + r * from_state[2 * n + k])
        new.append(m.sigmoid(-z) * candidate + m.sigmoid(z) * h[k])
    return new
