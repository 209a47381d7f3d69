"""All replays, a module per family."""

from __future__ import annotations

import importlib

from ulpfuzz.corpus.historic.replay import Replay

FAMILIES = (
    "activations",
    "losses",
    "elementwise",
    "reductions",
    "gradients",
    "distributions",
    "integers",
    "offsets",
    "linear_algebra",
    "quantization",
    "ranges",
)

REPLAYS: list[Replay] = [
    replay for family in FAMILIES for replay in importlib.import_module(f"ulpfuzz.corpus.historic.{family}").REPLAYS
]
