"""What a run leaves in its database, without what two equal runs may differ in: so that the runs can be compared."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

from ulpfuzz.fuzzer.defects.memory import defects_of, keep
from ulpfuzz.fuzzer.findings.finding import Run
from ulpfuzz.fuzzer.findings.store import Store

STARTED = re.compile(r"\d{4}-\d\d-\d\dT\S+")


def content(store: Store, run: Run) -> dict[str, Any]:
    """All that a run found and learned, but the times and its id. What is run again is named for when it was last seen."""
    shards = {
        STARTED.sub("", shard): {**json.loads(text), "by_phase": {}, "at": 0.0}
        for shard, text in store.shard_payloads(run.id).items()
    }
    record = store.run(run.id)
    return {
        "findings": [dataclasses.replace(f, first_seen="", last_seen="") for f in store.findings(run.id)],
        "cells": store.cells(run.id),
        "shards": shards,
        "counts": (record.state, record.seed, record.budget, record.verdicts, record.cells, record.cells_planned, record.by_tier),
    }


def defects(store: Store, run: Run) -> list[Any]:
    """The defects of a run as the store keeps them, but the times."""
    keep(store, defects_of(store, run.id), run)
    return [(d.id, d.members, d.status, d.state, d.score) for d in defects_of(store, run.id)]
