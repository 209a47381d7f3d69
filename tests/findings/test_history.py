"""What became of each finding between two runs."""

import math
from dataclasses import replace

import pytest
from example_nouns import a_cell, a_finding, a_run

from ulpfuzz.fuzzer.findings.finding import Answer
from ulpfuzz.fuzzer.findings.history import STATUSES, compare, with_status
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.fuzzer.formats import UnknownName


@pytest.fixture
def store():
    """Two runs: ops are named for what becomes of their finding."""
    before = {
        "same": a_finding(op="same", ulps=100.0),
        "grew": a_finding(op="grew", ulps=100.0),
        "grew_little": a_finding(op="grew_little", ulps=100.0),
        "shrank": a_finding(op="shrank", ulps=4e5),
        "mended": a_finding(op="mended"),
        "skipped": a_finding(op="skipped"),
        "crashed_before_any_verdict": a_finding(op="crashed_before_any_verdict"),
        "to_inf": a_finding(op="to_inf", ulps=100.0),
        "stays_inf": a_finding(op="stays_inf", ulps=math.inf),
        "by_excess": a_finding(op="by_excess", limit=None, ulps=1.0, excess=100.0),
    }
    now = {
        "same": a_finding(op="same", ulps=100.0),
        "grew": a_finding(op="grew", ulps=400.0),
        "grew_little": a_finding(op="grew_little", ulps=399.0),
        "shrank": a_finding(op="shrank", ulps=1e5),
        "to_inf": a_finding(op="to_inf", ulps=math.inf),
        "stays_inf": a_finding(op="stays_inf", ulps=math.inf),
        "by_excess": a_finding(op="by_excess", limit=None, ulps=1.0, excess=1e6),
        "fresh": a_finding(op="fresh"),
    }
    with Store("sqlite://") as opened:
        for number, found in ((1, before), (2, now)):
            opened.start_run(a_run(number))
            opened.save_shard(a_run(number).id, "s", "{}", [a_cell(f) for f in found.values()], list(found.values()))
        silent = [a_cell(before["mended"]), a_cell(before["crashed_before_any_verdict"], verdicts=0)]
        elsewhere = a_cell(before["skipped"], target="jax:cpu:jit")
        opened.save_shard(a_run(2).id, "t", "{}", [*silent, elsewhere], [])
        yield opened


def test_every_finding_gets_its_status(store):
    told = compare(store, "latest", a_run(1).id)
    became = {status: {f.op for f in told.of(status)} for status in STATUSES}
    assert became == {
        "new": {"fresh"},
        "known": {"same", "grew_little", "stays_inf"},
        "worse": {"grew", "to_inf", "by_excess"},
        "better": {"shrank"},
        "fixed": set(),
        "not-run": {"mended", "skipped", "crashed_before_any_verdict"},  # that a search did not find it again says nothing
    }
    assert all(f.status == status for status in STATUSES for f in told.of(status))
    assert told.counts() == {"new": 1, "worse": 3, "known": 3, "better": 1, "fixed": 0, "not-run": 3}


def test_a_night_tells_by_the_cases_that_it_ran_again():
    """Whatever its search found: the same bits decide."""
    before = {
        op: a_finding(op=op, ulps=100.0) for op in ("same", "mended", "grew", "shrank", "worse_elsewhere", "skipped", "turned")
    }
    turned = a_finding(op="turned", symptom="inf", ulps=math.inf)
    now = {
        **before,
        "worse_elsewhere": a_finding(op="worse_elsewhere", ulps=1e9, case={"dtype": "float32", "inputs": {"x": "0x1p+5"}}),
    }
    lost = {"same": 5.0, "grew": 30.0, "shrank": 1.0, "worse_elsewhere": before["same"].bits_lost, "mended": 0.0}
    lost["same"] = lost["worse_elsewhere"]
    became = {before[op].id: {"id": before[op].id if bits else "", "bits_lost": bits, "class": "?"} for op, bits in lost.items()}
    became[before["turned"].id] = {"id": turned.id, "bits_lost": "inf", "class": "unstable"}
    found = [now[op] for op in ("same", "grew", "shrank", "worse_elsewhere")] + [turned]
    with Store("sqlite://") as opened:
        night = replace(a_run(3), environment={"replayed": {"baseline": a_run(2).id, "findings": became}})
        regained, again = a_finding(op="regained"), a_finding(op="not_reached_last_night")
        last = replace(a_run(2), environment={"replayed": {"baseline": a_run(1).id, "findings": {regained.id: {"id": ""}}}})
        for run, kept in ((a_run(1), [regained, again]), (last, list(before.values())), (night, [*found, regained, again])):
            opened.start_run(run)
            opened.save_shard(run.id, "s", "{}", [a_cell(f) for f in [*before.values(), regained, again]], kept)
        told = compare(opened, a_run(3).id, a_run(2).id)
    assert {status: {f.op for f in told.of(status)} for status in STATUSES} == {
        "new": {"regained"}, "known": {"same", "worse_elsewhere", "not_reached_last_night"}, "worse": {"grew", "turned"}, "better": {"shrank"},
        "fixed": {"mended"}, "not-run": {"skipped"},
    }  # fmt: skip


def test_a_run_against_itself_is_known(store):
    told = compare(store, "latest", "latest")
    assert {status for status, count in told.counts().items() if count} == {"known"}


def test_without_a_baseline_everything_is_new(store):
    told = compare(store, a_run(2).id)
    assert told.baseline is None
    assert len(told.new) == 8 == sum(told.counts().values())


def test_unknown_runs_are_named(store):
    with pytest.raises(UnknownName, match="unknown run"):
        compare(store, "latest", "20261231-0001")


def test_statuses_are_put_on_findings(store):
    told = compare(store, "latest", a_run(1).id)
    stranger = a_finding(op="stranger", status="known")
    statuses = {f.op: f.status for f in with_status([*store.findings(a_run(2).id), stranger], told)}
    assert (statuses["fresh"], statuses["grew"], statuses["stranger"]) == ("new", "worse", "known")


@pytest.mark.parametrize(
    ("fields", "bits"),
    [
        ({"ulps": 64.0, "limit": 4.0}, 4.0),
        ({"ulps": math.inf, "limit": 4.0}, math.inf),
        ({"ulps": math.inf, "limit": None, "excess": math.nan}, math.inf),
        ({"ulps": 3.0, "limit": None, "excess": 64.0}, 2.0),
        ({"ulps": 0.0, "limit": 4.0}, -math.inf),
    ],
)
def test_bits_lost(fields, bits):
    assert a_finding(**fields).bits_lost == bits


def test_bits_lost_may_be_unknown():
    assert math.isnan(a_finding(ulps=math.nan).bits_lost)
    assert math.isnan(a_finding(ulps=3.0, limit=None, excess=math.nan).bits_lost)


OLD, NEW = "jax@old:cpu:jit", "jax:cpu:jit"


@pytest.fixture
def two_versions():
    """One run on two versions of a framework, and a later one on the newer alone."""
    right = Answer(NEW, a_finding().implementation, 1.0, (1.0).hex(), 0.5, "ok", "none")
    on = {
        OLD: {
            **{op: a_finding(op=op, target=OLD) for op in ("same", "skipped", "grew")},
            "mended": a_finding(op="mended", target=OLD, answers=[right]),
        },
        NEW: {
            "same": a_finding(op="same", target=NEW),
            "grew": a_finding(op="grew", target=NEW, ulps=1e7),
            "fresh": a_finding(op="fresh", target=NEW),
            "renamed": a_finding(op="same", target=NEW, implementation="jax.nn.swish(x)"),
        },
    }
    with Store("sqlite://") as opened:
        found = [finding for findings in on.values() for finding in findings.values()]
        opened.start_run(a_run(1))
        opened.save_shard(a_run(1).id, "s", "{}", [*map(a_cell, found), a_cell(on[OLD]["mended"], target=NEW)], found)
        opened.start_run(a_run(2))
        opened.save_shard(a_run(2).id, "s", "{}", [a_cell(on[NEW]["same"])], [on[NEW]["same"]])
        yield opened


def test_two_targets_of_one_run(two_versions):
    told = compare(two_versions, a_run(1).id, a_run(1).id, (OLD, NEW))
    became = {status: {(f.op, f.target) for f in told.of(status)} for status in STATUSES}
    assert became == {
        "new": {("fresh", NEW), ("same", NEW)},  # by another call it is another finding
        "known": {("same", NEW)},
        "worse": {("grew", NEW)},
        "better": set(),
        "fixed": {("mended", OLD)},
        "not-run": {("skipped", OLD)},
    }
    assert told.targets == (OLD, NEW)
    back = compare(two_versions, a_run(1).id, a_run(1).id, (NEW, OLD))
    assert (back.counts()["better"], {f.op for f in back.new}) == (1, {"mended", "skipped"})


def test_two_targets_of_two_runs(two_versions):
    told = compare(two_versions, a_run(2).id, a_run(1).id, ("jax@old", "jax"))
    assert told.counts() == {"new": 0, "worse": 0, "known": 1, "better": 0, "fixed": 0, "not-run": 3}


def test_a_target_must_be_one_of_the_runs(two_versions):
    run = a_run(1).id
    with pytest.raises(UnknownName, match=r"unknown target of run .* 'jax@odl'; did you mean 'jax@old:cpu:jit'"):
        compare(two_versions, run, run, ("jax@odl", "jax"))
    two_versions.save_shard(run, "t", "{}", [a_cell(a_finding(), target=t) for t in ("jax:cpu:eager", "torch:cpu:eager")], [])
    with pytest.raises(UnknownName, match=r"target 'jax' is ambiguous in run .*: jax:cpu:eager, jax:cpu:jit"):
        compare(two_versions, run, run, ("jax@old", "jax"))
    with pytest.raises(ValueError, match="of two frameworks"):
        compare(two_versions, run, run, ("jax@old", "torch"))
