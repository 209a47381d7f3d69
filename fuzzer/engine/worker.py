"""What Dask workers load and are set to first, those too that start after another has died."""

from __future__ import annotations

import signal
from typing import Any

from distributed import WorkerPlugin

from ulpfuzz.fuzzer.frameworks.targets.config import Config, declare
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment


def dask_setup(worker: Any) -> None:
    """A terminal sends Ctrl-C to the whole process group; only the campaign answers it, and then it ends its workers itself.
    SIGALRM is the watchdog's, whatever was inherited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


class Prepared(WorkerPlugin):
    """Every worker of the cluster, present and future, has the frameworks' environment and knows the targets of ulpfuzz.toml."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def setup(self, worker: Any) -> None:
        prepare_environment()
        declare(self.config)
