"""Who gets what: tasks divided among kinds of workers, and the results of the parts put together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tasks import Told

from ulpfuzz.fuzzer.campaign.shard import Shard, ShardResult
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.engine import cluster
from ulpfuzz.fuzzer.engine.build import digest_of
from ulpfuzz.fuzzer.engine.cluster import Cluster, Worker
from ulpfuzz.fuzzer.engine.handout import cover
from ulpfuzz.fuzzer.engine.node import Campaign
from ulpfuzz.fuzzer.engine.task import OUT_OF_TIME, united

NAMES = st.frozensets(st.sampled_from("abcdef"))


@given(NAMES, st.lists(NAMES, max_size=4))
def test_a_cover_shares_out_what_some_worker_has(needs: frozenset[str], kinds: list[frozenset[str]]) -> None:
    covers, missing = cover(needs, kinds)
    assert sorted("".join(sorted(name for part in covers for name in part)) + "".join(sorted(missing))) == sorted(needs)
    assert missing == needs - frozenset().union(*kinds)
    assert all(any(part <= kind for kind in kinds) for part in covers if part)
    if needs and any(needs <= kind for kind in kinds):
        assert covers == [needs]


def test_results_of_parts_are_added_and_joined() -> None:
    one = ShardResult("t", "c", verdicts=3, by_tier={"arb": 1, "columns": 2}, excluded=[("x", "f")], wall=1.0)
    two = ShardResult("t", "c", verdicts=4, by_tier={"arb": 5}, cut=True, ran=2, wall=2.0)
    both = united([one, two])
    assert (both.task, both.cell, both.verdicts, both.ran, both.cut, both.wall) == ("t", "c", 7, 2, True, 3.0)
    assert (both.by_tier, both.excluded) == ({"arb": 6, "columns": 2}, [("x", "f")])
    assert united([Told("t", "c"), Told("t", "c", "broke", died=True)]).failure == "broke"


def test_a_shard_keeps_what_the_whole_parts_found() -> None:
    shard = Shard(Cell("exp", (), "float32", "value"), ("torch:cpu:eager", "numpy:cpu:eager"), 1, 0, 100)
    assert set(shard.needs) == {"torch:cpu:eager", "numpy:cpu:eager"}
    part = shard.only({"numpy:cpu:eager"})
    assert (part.id, part.needs) == (shard.id, ("numpy:cpu:eager",))
    found, broke, late = (
        ShardResult("t", "c", verdicts=3),
        shard.broken("crash: x", died=True),
        shard.broken(OUT_OF_TIME, died=True),
    )
    kept = shard.joined([broke, found, late])
    assert (kept.failure, kept.verdicts, kept.incidents) == ("", 3, ["crash: x"])
    assert shard.joined([broke, late]).failure == "crash: x"


@pytest.fixture
def own() -> Cluster:
    """Without a scheduler; the campaign has numpy."""
    return Cluster(None, "tcp://127.0.0.1:1", Campaign("token", ("numpy:cpu:eager",)))


def test_a_worker_with_another_version_of_a_framework_does_not_have_it(own: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    version = own._own["targets"]["numpy:cpu:eager"][0]
    answers: dict[str, Any] = {
        "same": (version, ""),
        "a build": (f"{version}+cu130", ""),
        "older": ("1.0", ""),
        "none": ("", "no numpy"),
    }
    own._unsaid = None  # the run goes on
    has = {name: bool(own._targets_of(name, {"numpy:cpu:eager": told})) for name, told in answers.items()}
    assert has == {"same": True, "a build": True, "older": False, "none": False}
    own._targets_of("also older", {"numpy:cpu:eager": ("1.0", "")})
    err = capfd.readouterr().err
    assert err.count(f"its version there is 1.0 instead of {version}") == 1
    assert own.why_not("numpy:cpu:eager") == f"its version there is 1.0 instead of {version}"


def test_a_worker_that_breaks_every_group_gets_no_more(own: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    own._used = {name: Worker(name, 1, frozenset()) for name in ("good", "bad")}
    for name in ("good", "bad", "good", "bad"):
        own.fault(name, OSError("no space left"))
    own.fault("good", None)
    for name in ("good", "bad"):
        own.fault(name, OSError("no space left"))
    assert [worker.address for worker in own.workers] == ["good"]
    assert capfd.readouterr().err.count("worker bad is not used any more: 3 groups in a row broke there") == 1
    assert cluster.FAULTS == 3


def test_another_build_has_another_digest(tmp_path: Any) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").write_text("1")
    first = digest_of(tmp_path)
    (tmp_path / "room/__pycache__").mkdir()
    (tmp_path / "room/__pycache__/a.pyc").write_text("made")
    assert digest_of(tmp_path) == first
    (tmp_path / "room/a.py").write_text("2")
    assert digest_of(tmp_path) != first
