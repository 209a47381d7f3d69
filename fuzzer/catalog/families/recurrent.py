"""One step of recurrent networks, u units on d inputs."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import FORMULA, Input, Op, call, matrix, op, vector

#: Sizes at which kernels change; a gate of eight units is a whole vector.
SIZES: dict[str, Any] = {"axes": {"d": (2, 1, 3, 16, 17), "u": (2, 1, 3, 8, 9)}}


def _inputs(gates: int, *, cell: bool = False) -> list[Input]:
    rows = f"{gates}u" if gates > 1 else "u"
    states = [vector("h", size="u"), *([vector("c", size="u")] if cell else [])]
    weights = [matrix("w_ih", rows=rows, columns="d"), matrix("w_hh", rows=rows, columns="u")]
    return [vector("x", size="d"), *states, *weights, *(vector(name, size=rows) for name in ("b_ih", "b_hh"))]


RECURRENT = ("recurrent networks",)

OPS: list[Op] = [
    op("rnn_cell", _inputs(1),
       torch=[
           call("torch.vmap(lambda a, h, *w: torch.rnn_tanh_cell(a[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
                when={"nonlinearity": ("tanh",)}),
           call("torch.vmap(lambda a, h, *w: torch.rnn_relu_cell(a[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
                when={"nonlinearity": ("relu",)})],
       params={"nonlinearity": ("tanh", "relu")}, **SIZES, result=("u",),
       accuracy="accumulating", source="torch.nn.RNNCell", verified=FORMULA, topics=RECURRENT),
    op("lstm_cell", _inputs(4, cell=True),
       torch="torch.stack([torch.cat(torch.lstm_cell(r[0][None], (r[1][None], r[2][None]), *r[3:]), dim=1)[0]"
             " for r in zip(x, h, c, w_ih, w_hh, b_ih, b_hh)])",
       **SIZES, result=(2, "u"), accuracy="accumulating", source="torch.nn.LSTMCell", verified=FORMULA, topics=RECURRENT),
    op("gru_cell", _inputs(3), torch="torch.vmap(lambda x, h, *w: torch.gru_cell(x[None], h[None], *w)[0])(x, h, w_ih, w_hh, b_ih, b_hh)",
       **SIZES, result=("u",), accuracy="accumulating", source="torch.nn.GRUCell", verified=FORMULA, topics=RECURRENT),
]  # fmt: skip
