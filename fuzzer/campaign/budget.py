"""Budget: how long a campaign may go on, in seconds or in verdicts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ulpfuzz.fuzzer.errors import UserError

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_COUNTS = {"k": 10**3, "M": 10**6, "G": 10**9}
_TIME = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_COUNT = re.compile(r"(\d+(?:\.\d+)?)([kMG])")
_DURATIONS = "examples: 30s, 2m, 1m30s"
_EXAMPLES = "examples: 90s, 10m, 1h30m, 8h (time); 5k, 200M (verdicts)"


def seconds_of(text: str, what: str) -> float:
    """A positive time written as 30s, 2m or 1m30s, in seconds. Raises UserError in one line, which says what it is not."""
    given = text.strip()
    seconds = _seconds(given) if _TIME.fullmatch(given) else 0.0
    if not seconds:
        raise UserError(f"not {what}: {text!r}; {_DURATIONS}")
    return seconds


def _seconds(given: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(given))


@dataclass(frozen=True)
class Budget:
    """One of seconds and verdicts is a positive number, the other None.

    Time cuts the plan where it ends, so two runs may reach different cells; verdicts do not: the same seed and the same number
    of verdicts give the same run.
    """

    seconds: float | None = None
    verdicts: int | None = None

    @classmethod
    def parse(cls, text: str) -> Budget:
        """The budget written as 90s, 10m, 1h30m, 8h or 2d (time), 5k, 200M or 1G (verdicts). Raises UserError in one line."""
        given = text.strip()
        count = _COUNT.fullmatch(given)
        budget = None
        if count:
            budget = cls(verdicts=round(float(count[1]) * _COUNTS[count[2]]))
        elif _TIME.fullmatch(given):
            budget = cls(seconds=_seconds(given))
        if budget is None or not (budget.seconds or budget.verdicts):
            raise UserError(f"not a budget: {text!r}; {_EXAMPLES}")
        return budget

    @property
    def text(self) -> str:
        """As one writes it, the largest units first; `parse` reads it back."""
        if self.verdicts is not None:
            for unit, size in reversed(_COUNTS.items()):
                if self.verdicts >= size and self.verdicts % (size // 1000 or 1) == 0:
                    return f"{self.verdicts / size:.12g}{unit}"
            return f"{self.verdicts / 1000:.12g}k"
        if self.seconds is None:
            return "unlimited"
        left, parts = self.seconds, ""
        for unit in "hm":
            whole, left = divmod(left, _SECONDS[unit])
            parts += f"{int(whole)}{unit}" if whole else ""
        return parts + (f"{left:.12g}s" if left or not parts else "")
