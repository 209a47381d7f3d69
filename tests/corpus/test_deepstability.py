"""The study DeepStability replayed: its rows, the old methods found, the right ones silent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts import check
from ulpfuzz.corpus.historic.replays import FAMILIES, REPLAYS
from ulpfuzz.corpus.historic.rows import PATCH_CLASSES, ROOT_CAUSES, rows
from ulpfuzz.fuzzer import plugins
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.replay import contract, historic, replay
from ulpfuzz.fuzzer.catalog import registry
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.frameworks.targets import registry as frameworks

AT = {index: one for one in REPLAYS for old in one.old for index in old.rows}
#: Rows whose stories the study tells: softmax of [10, 100, 1000]; cosine similarity; bucketize; normalisation; log-probabilities; division.
TOLD = (5, 4, 28, 110, 137, 3)


def test_all_rows_are_there() -> None:
    known = rows()
    assert list(known) == list(range(1, 253))
    assert Counter(row.replayable for row in known.values()) == {"yes": 125, "partly": 34, "no": 93}
    for row in known.values():
        assert re.fullmatch(r"[0-9a-f]{40}", row.commit)
        assert row.library in ("PyTorch", "TensorFlow/Keras")
        assert row.root_cause in ROOT_CAUSES
        assert row.patch_class in PATCH_CLASSES
        assert bool(row.reason) is (row.replayable != "yes"), f"row {row.index} has no reason, or needs none"
        assert bool(row.op) or row.replayable == "no"


def test_replays_are_of_rows_that_can_be_replayed() -> None:
    known = rows()
    assert {known[index].replayable for index in AT} == {"yes", "partly"}
    told = [index for one in REPLAYS for old in one.old for index in old.rows]
    assert len(told) == len(set(told))
    assert len({one.record.name for one in REPLAYS}) == len(REPLAYS)


@pytest.mark.parametrize("one", REPLAYS, ids=lambda one: one.record.name)
def test_a_method_names_a_function_of_a_family(one: Any) -> None:
    for old in one.old:
        for call in filter(None, (old.call, old.fix, one.stable)):
            family, _, name = call.partition("(")[0].partition(".")
            module = np if family == "np" else sys.modules[f"ulpfuzz.corpus.historic.{family}"]
            assert family in (*FAMILIES, "np")
            assert callable(getattr(module, name))


def test_the_plugin_brings_its_ops_and_its_framework_and_takes_them_away() -> None:
    with historic():
        assert "historic_softmax" in registry.ops()
        assert "historic" in frameworks.framework_names()
    assert "historic_softmax" not in registry.ops()
    assert "historic" not in frameworks.framework_names()


def test_a_module_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "no.such.module")
    with pytest.raises(ValueError, match=r"no\.such\.module"), historic():
        plugins.modules()


def replayed(wanted: tuple[int, ...], tmp_path: Path, budget: str = "40k") -> dict[str, Any]:
    with Store(f"sqlite:///{tmp_path / 'study.db'}") as store:
        return contract(replay(wanted, Budget.parse(budget), 1, store, workers=0))


@pytest.mark.parametrize("index", TOLD)
def test_the_old_method_is_found_and_the_right_one_is_silent(index: int, tmp_path: Path) -> None:
    (row,) = replayed((index,), tmp_path)["rows"]
    assert row["unstable"]["flagged"], row
    assert row["stable"]["silent"], row


#: Of these the old method is replaced by the right one: nothing may be found then.
MENDED = (17, 22, 29, 57, 72, 108, 120, 137, 168, 225)


@pytest.mark.parametrize("index", MENDED)
def test_a_row_without_its_defect_is_not_flagged(index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = AT[index]
    (old,) = (o for o in one.old if index in o.rows)
    names = [call.partition("(")[0].partition(".") for call in (old.call, one.stable)]
    (family, _, bad), (other, _, good) = names
    right: Callable[..., Any] = getattr(np if other == "np" else sys.modules[f"ulpfuzz.corpus.historic.{other}"], good)
    monkeypatch.setattr(sys.modules[f"ulpfuzz.corpus.historic.{family}"], bad, right)
    (row,) = replayed((index,), tmp_path)["rows"]
    assert not row["unstable"]["flagged"], row
    assert row["stable"]["silent"], row


@pytest.mark.slow
def test_every_row_is_found_and_every_right_method_silent(tmp_path: Path) -> None:
    told = replayed(tuple(AT), tmp_path, "10000k")
    missed = [row["index"] for row in told["rows"] if not row["unstable"]["flagged"]]
    loud = [row["index"] for row in told["rows"] if not row["stable"]["silent"]]
    assert (missed, loud) == ([], [])
    assert told["totals"]["flagged"] == told["totals"]["replayed"] == len(AT)


@pytest.mark.parametrize(
    ("given", "says"), [("five", "not rows of the study"), ("999", "no row 999"), ("7", "none of these rows")]
)
def test_wrong_rows_are_one_line(given: str, says: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ulpfuzz.fuzzer.cli", "deepstability", "--rows", given, "--db", f"sqlite:///{tmp_path / 'x.db'}"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_command_tells_its_contract(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ulpfuzz.fuzzer.cli", "deepstability", "--rows", "5,7", "--budget", "40k", "--seed", "3", "--workers", "0", "--json",
         "--db", f"sqlite:///{tmp_path / 'x.db'}"],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    check("deepstability", done.stdout)
    told = json.loads(done.stdout)
    first, second = told["rows"]
    assert (first["index"], first["op"], first["replayable"], first["reason"]) == (5, "softmax", "yes", "")
    assert first["unstable"]["flagged"]
    assert first["unstable"]["finding"]
    assert first["stable"]["silent"]
    assert (second["replayable"], second["unstable"], second["stable"], second["fix"]) == ("no", None, None, None)
    assert told["totals"]["by_op"] == {"softmax": {"rows": 1, "flagged": 1, "silent": 1}}


#: Rows that are told in part and not replayed, and why not.
NOT_SHOWN = {
    10: "old_formula_unknown", 19: "compiler_ub", 76: "external_algorithm", 161: "compiler_ub", 175: "compiler_ub", 193: "compiler_ub",
    199: "hardware", 206: "compiler_ub", 216: "compiler_ub", 239: "api_check",
}  # fmt: skip


def test_rows_told_in_part_are_replayed_or_say_why_not() -> None:
    known = rows()
    assert {i: row.reason for i, row in known.items() if row.replayable != "no" and i not in AT} == NOT_SHOWN


def test_where_the_reason_is_undefined_behaviour_the_wrapped_value_is_right() -> None:
    """Rows 19, 161, 175, 193, 206 and 216, over all numbers of 8 bits, in arithmetic of 16 bits that wraps as C++ promises nothing of."""
    a, b = (x.ravel() for x in np.meshgrid(np.arange(256), np.arange(256)))
    product = a.astype(np.int16) * b.astype(np.int16)
    assert (product.astype(np.uint8) == (a * b) % 256).all()  # 161
    assert ((product + product[::-1]).astype(np.uint8) == (a * b + (a * b)[::-1]) % 256).all()  # 175
    low, high = np.minimum(a, b) - 128, np.maximum(a, b) - 128
    span = high.astype(np.int8) - low.astype(np.int8)
    assert (span.view(np.uint8) == high - low).all()  # 19
    offset = a % (high - low + 1)
    assert (low.astype(np.int8) + offset.astype(np.int8) == low + offset).all()  # 206
    bits = np.arange(65536).astype(np.uint16)
    assert ((np.int16(32767) - bits.view(np.int16)).view(np.uint16) == np.uint16(32767) - bits).all()  # 193
    i, j = a[(a < 128) & (b < 128)], b[(a < 128) & (b < 128)]
    assert ((i.astype(np.int8) + j.astype(np.int8) < 0) == (i + j > 127)).all()  # 216
