"""What a Dask worker of an embedded cluster loads first."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """A terminal sends Ctrl-C to the whole process group; only the campaign answers it, and then it ends its workers itself.
    SIGALRM is the watchdog's, whatever was inherited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
