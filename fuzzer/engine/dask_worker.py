"""What the Dask workers of a cluster are set to first, those too that join later."""

from __future__ import annotations

from typing import Any

from distributed import WorkerPlugin

from ulpfuzz.fuzzer.frameworks.targets.config import Config, declare
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment


class Prepared(WorkerPlugin):
    """Every worker of the cluster, present and future, has the frameworks' environment and knows the targets of ulpfuzz.toml."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def setup(self, worker: Any) -> None:
        prepare_environment()
        declare(self.config)
