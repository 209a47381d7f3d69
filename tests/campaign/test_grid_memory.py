"""The same shard has the same verdicts, findings and corpus with a full, an empty and no memory of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult, run_shard
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.evaluation import grid_memory
from ulpfuzz.fuzzer.search.search import _landmarks_of
from ulpfuzz.oracles import conditioning, extended, limits_at_infinity, memory
from ulpfuzz.oracles.tiers import lattices


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    memory.keep_in(None)


def fresh() -> None:
    """Forgets what this process knows beside its memory on disk."""
    memory.keep_in(None)
    grid_memory._ready.cache_clear()
    lattices.SETTLED.clear()
    for cached in (
        _landmarks_of,
        conditioning._remembered,
        limits_at_infinity._accepted,
        limits_at_infinity.nowhere_smooth,
        extended._enclosed,
    ):
        cached.cache_clear()


def told(shard: Shard) -> dict[str, Any]:
    """All that a shard says but the time that it took."""
    fresh()
    result: ShardResult = run_shard(shard)
    assert result.failure == ""
    timeless = replace(result, seconds=0.0, by_phase={}, tier_seconds={})
    return {name: repr(value) for name, value in vars(timeless).items()}


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "looked"}


@pytest.mark.parametrize(
    ("op", "dtype", "order", "target"),
    [
        ("lgamma", "float32", "value", "numpy:cpu:eager"),
        ("pow", "float64", "value", "numpy:cpu:eager"),
        ("tan", "float64", "grad", "torch:cpu:eager"),
        ("logsumexp", "float16", "grad", "torch:cpu:eager"),
    ],
)
def test_a_shard_says_the_same_with_a_full_an_empty_and_no_memory(
    op: str, dtype: str, order: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(target.partition(":")[0])
    shard = Shard(Cell(op, (), dtype, order), (target,), seed=3, round=0, verdicts=9000)
    absent = told(shard)
    monkeypatch.setenv("ULPFUZZ_CACHE", str(tmp_path))
    assert told(shard) == absent
    written = files(tmp_path)
    assert written
    assert told(shard) == absent
    assert files(tmp_path) == written  # nothing was found out that was not known


def test_without_a_cache_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ULPFUZZ_CACHE", "off")
    monkeypatch.setenv("HOME", str(tmp_path))
    told(Shard(Cell("lgamma", (), "float32", "value"), ("numpy:cpu:eager",), seed=3, round=0, verdicts=2000))
    assert not list(tmp_path.rglob("*"))
