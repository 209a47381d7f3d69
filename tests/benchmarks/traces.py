"""Traces: what `ulpfuzz trace` costs, in the time of a plain step: the models of docs/programs, and a block of GPT-2 small's sizes in bfloat16."""

from __future__ import annotations

import io
import math
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path
from unittest import mock

import torch
from torch import nn

from tests.benchmarks.measure import Measure
from ulpfuzz.fuzzer.trace.trace import trace

PROGRAMS = Path(__file__).parents[2] / "docs/programs"
#: A traced step in plain steps: full, and sampled; seconds of one of GPT-2's block.
FULL, SAMPLED, SECONDS = 20.0, 2.0, 120.0
#: GPT-2 small (Radford et al. 2019): width, heads, context.
WIDTH, HEADS, CONTEXT = 768, 12, 1024
#: Steps of a sampled trace: one that is traced in full, and the rest.
STEPS = 32


def measures() -> Iterator[Measure]:
    for model in ("mlp", "transformer", "flow"):
        program = str(PROGRAMS / f"{model}_torch.py")
        run = partial(_run, program)
        _seconds(run, "full")  # the first one warms up
        plain, full = (min(_seconds(run, mode) for _ in range(3)) for mode in (None, "full"))
        yield Measure(f"a full trace of {model}_torch.py", full / plain, "plain runs", FULL, "<", {"seconds": full})
    step = _block_step()
    step()  # the first one warms up
    plain = min(_seconds(step, None) for _ in range(2))
    full = _seconds(step, "full")
    yield Measure("seconds of a traced step of GPT-2's block", full, "s", SECONDS, "<", {"plain": plain})
    yield Measure("a full trace of GPT-2's block", full / plain, "plain steps", FULL, "<")

    def steps() -> None:
        for _ in range(STEPS):
            step()

    sampled = _seconds(steps, "sampled")
    yield Measure(
        "a sampled trace of GPT-2's block", sampled / (STEPS * plain), "plain steps", SAMPLED, "<", {"seconds": sampled}
    )


def _seconds(run: Callable[[], None], mode: str | None) -> float:
    start = time.perf_counter()
    with nullcontext() if mode is None else trace(mode, frameworks="torch") as traced:  # type: ignore[arg-type]
        run()
    taken = time.perf_counter() - start
    assert traced is None or traced.findings == (), str(traced)
    return taken


def _run(program: str) -> None:
    with mock.patch.object(sys, "argv", [program, "stable"]), redirect_stdout(io.StringIO()):
        runpy.run_path(program, run_name="__main__")


class Block(nn.Module):
    """GPT-2's block: layer norm, masked attention, layer norm, an MLP of four times the width with GELU by tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(approximate="tanh"), nn.Linear(4 * WIDTH, WIDTH))
        self.register_buffer("future", torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, _ = x.shape
        parts = self.qkv(self.norm(x)).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = parts[0] @ parts[1].transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        weights = torch.softmax(scores.masked_fill(self.future[:length, :length], -math.inf), dim=-1)
        x = x + self.out((weights @ parts[2]).transpose(1, 2).reshape(batch, length, WIDTH))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


def _block_step() -> Callable[[], None]:
    torch.manual_seed(0)
    block = Block().to(torch.bfloat16)
    for parameter in block.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.02)
    optimizer = torch.optim.AdamW(block.parameters(), lr=1e-4)
    x, target = (torch.randn(1, CONTEXT, WIDTH, dtype=torch.bfloat16) for _ in range(2))

    def step() -> None:
        loss = ((block(x) - target).float() ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
