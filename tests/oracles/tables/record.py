"""Records in the tables' headers what each tier leaves open today: `python -m tests.oracles.tables.record [table ...]`.

The tests hold the tiers to it: a share may fall, and is then recorded anew; one that rises needs a reason in the commit that raises it.
"""

from __future__ import annotations

import sys

import numpy as np

from tests.oracles.tables import FOLDER, load, names
from tests.oracles.tables.tiers import SHARES, STEP, TIERS_MEASURED, measured, together


def recorded(name: str) -> list[str]:
    """The header's lines of shares."""
    found: dict[str, dict[str, float]] = {share: {} for share in SHARES}
    for tier in TIERS_MEASURED:
        parts = [(t, measured(t, tier)) for t in (table.every(STEP.get(tier, 1)) for table in load(name))]
        for share, now in together(parts).items():
            found[share][tier] = now
    return [f"# {share} " + " ".join(f"{tier}={now:.3f}" for tier, now in tiers.items()) for share, tiers in found.items()]


def main(*chosen: str) -> None:
    for name in chosen or names():
        path = FOLDER / f"{name}.tsv"
        lines = [line for line in path.read_text().splitlines() if not line.startswith(tuple(f"# {share} " for share in SHARES))]
        head = sum(line.startswith("#") for line in lines)
        path.write_text("\n".join([*lines[:head], *recorded(name), *lines[head:]]) + "\n")
        print(name, flush=True)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main(*sys.argv[1:])
