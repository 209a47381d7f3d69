"""One step of recurrent networks, two units on two inputs."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import FORMULA, Input, Op, call, matrix, op, vector

UNITS = 2


def _inputs(gates: int, *, cell: bool = False) -> list[Input]:
    states = [vector("h", size=UNITS), *([vector("c", size=UNITS)] if cell else [])]
    weights = [matrix(name, rows=gates * UNITS, columns=UNITS) for name in ("w_ih", "w_hh")]
    return [vector("x", size=UNITS), *states, *weights, *(vector(name, size=gates * UNITS) for name in ("b_ih", "b_hh"))]


RECURRENT = ("recurrent networks",)

OPS: list[Op] = [
    op("rnn_cell", _inputs(1),
       torch=[
           call("torch.vmap(lambda a, h, *w: torch.rnn_tanh_cell(a[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
                when={"nonlinearity": ("tanh",)}),
           call("torch.vmap(lambda a, h, *w: torch.rnn_relu_cell(a[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
                when={"nonlinearity": ("relu",)})],
       params={"nonlinearity": ("tanh", "relu")}, accuracy="accumulating", source="torch.nn.RNNCell", verified=FORMULA, topics=RECURRENT),
    op("lstm_cell", _inputs(4, cell=True),
       torch="torch.stack([torch.cat(torch.lstm_cell(r[0][None], (r[1][None], r[2][None]), *r[3:]), dim=1)[0]"
             " for r in zip(x, h, c, w_ih, w_hh, b_ih, b_hh)])",
       accuracy="accumulating", source="torch.nn.LSTMCell", verified=FORMULA, topics=RECURRENT),
    op("gru_cell", _inputs(3), torch="torch.vmap(lambda x, h, *w: torch.gru_cell(x[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
       accuracy="accumulating", source="torch.nn.GRUCell", verified=FORMULA, topics=RECURRENT),
]  # fmt: skip
