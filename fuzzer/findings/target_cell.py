"""TargetCell: which call was run, of which op, on which target: the key of what a run or a sweep learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TargetCell:
    """The six fields that every record of one call begins with; a Finding has them after its id, so they stand there again."""

    op: str
    #: Of the op, in its order.
    params: dict[str, Any]
    #: value, grad, jvp or grad2.
    order: str
    dtype: str
    #: framework[@host]:device:mode.
    target: str
    #: The call as it is written.
    implementation: str
