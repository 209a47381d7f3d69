"""What workers send is small: a profile goes once for each subject, however many findings have it."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np

from ulpfuzz.fuzzer.cell import Cell, subjects_of
from ulpfuzz.fuzzer.engine.node import packed, unpacked
from ulpfuzz.fuzzer.search.ledger import OFFSET, Ledger


def test_a_profile_is_sent_once() -> None:
    cell = Cell("exp", (), "float32", "value")
    subject = subjects_of(cell, ("torch:cpu:eager",))[0]
    ledger = Ledger(cell, subject)
    ledger._profile[:, OFFSET - 100 : OFFSET + 100] = np.arange(600.0).reshape(3, 200) + 1
    one, ten = ([dataclasses.replace(ledger.summary(), verdicts=k) for k in range(n)] for n in (1, 10))
    assert len(ledger.profile()) == 200
    assert len(pickle.dumps(ten)) < 1.3 * len(pickle.dumps(one))
    assert pickle.loads(pickle.dumps(ten)) == ten


def test_results_to_another_machine_are_packed() -> None:
    results = [{"cell": "exp float32 value", "verdicts": k} for k in range(100)]
    assert unpacked(packed(results)) == results
    assert len(packed(results)) < len(pickle.dumps(results)) / 2
