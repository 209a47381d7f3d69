"""The defects of DeepStability (Kloberdanz, Kloberdanz and Le, ICSE 2022) as executable knowledge: for each, the method as it was, one that is
right on the whole domain of the op, and, where it differs, what the commit made of it. A plugin as users write them (ulpfuzz.fuzzer.plugins); facts
are the database's, formulas are written anew.
"""

from __future__ import annotations

from ulpfuzz.corpus.historic.replays import REPLAYS

OPS = [replay.record for replay in REPLAYS]
FRAMEWORKS = {"historic": "ulpfuzz.corpus.historic.framework:Historic"}
