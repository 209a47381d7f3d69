"""Historic: the framework of the historical methods: numpy, with the modules of the variants by their names."""

from __future__ import annotations

import importlib

from ulpfuzz import __version__
from ulpfuzz.corpus.historic.replays import FAMILIES
from ulpfuzz.fuzzer.frameworks.backends.numpy import Numpy


class Historic(Numpy):
    """Implements Framework: values only, eagerly on the CPU."""

    name = "historic"

    def __init__(self) -> None:
        super().__init__()
        self.version = __version__
        self._modules |= {family: importlib.import_module(f"ulpfuzz.corpus.historic.{family}") for family in FAMILIES}
