"""Databases are measured, pruned and united, and nothing that is known of a defect is lost."""

import datetime
import json
from dataclasses import replace

import pytest
from example_nouns import a_cell, a_finding, a_run
from old_schema import make_old
from typer.testing import CliRunner

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.store import Store, StoreError
from ulpfuzz.fuzzer.findings.union import another, take
from ulpfuzz.fuzzer.findings.upkeep import pack, prune, sizes


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def store(url):
    with Store(url) as opened:
        yield opened


@pytest.fixture
def other(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'other.db'}") as opened:
        yield opened


def add(store, number, found, *, shard="s", state="finished"):
    run = a_run(number, state=state)
    if run.id not in [r.id for r in store.runs()]:
        store.start_run(run)
    store.save_shard(run.id, shard, json.dumps({"shard": shard}), [a_cell(f) for f in found], found)
    return run.id


def content(store):
    """All that a store tells."""
    runs = store.runs()
    return (
        runs, [store.findings(r.id) for r in runs], [store.cells(r.id) for r in runs], [store.shard_payloads(r.id) for r in runs],
        store.defects(), store.case_files(),
    )  # fmt: skip


SILU, TANH, EXP = (a_finding(op=op) for op in ("silu", "tanh", "exp"))


# Size


def test_sizes_by_table_and_by_run(store):
    add(store, 1, [SILU, TANH])
    add(store, 2, [SILU])
    found = sizes(store.database)
    assert found.total > 0
    assert set(found.tables) == {t.name for t in tables.metadata.sorted_tables}
    assert all(found.tables[name] > 0 for name in ("runs", "shards", "findings", "cells"))
    assert [(r.id, r.rows) for r in found.runs] == [
        (a_run(2).id, {"shards": 1, "cells": 1, "findings": 1}),
        (a_run(1).id, {"shards": 1, "cells": 2, "findings": 2}),
    ]
    assert found.runs[1].bytes > found.runs[0].bytes > 500


def test_a_store_in_memory_has_a_size():
    with Store("sqlite://") as store:
        add(store, 1, [SILU])
        assert sizes(store.database).total > 0


def test_old_payloads_are_compressed(url):
    long = replace(SILU, note="n" * 10_000)
    make_old(url, 3, long)
    with Store(url) as store:
        before = content(store)
        was = sizes(store.database).runs[0].bytes
        assert pack(store.database) == 2  # the run and its finding
        assert pack(store.database) == 0
        assert content(store) == before
        assert sizes(store.database).runs[0].bytes < was / 4


# Prune


def test_pruning_keeps_the_last_record_of_each_finding(store):
    first, second, third = add(store, 1, [SILU, TANH]), add(store, 2, [SILU, EXP]), add(store, 3, [SILU])
    store.save_defects({SILU.id: '{"id": "d"}'})
    store.save_case_file(SILU.id, SILU.id, "key", "{}")
    would = prune(store.database, 1, None, dry_run=True)
    before = content(store)
    assert (would.runs, would.kept) == ([first, second], 2)
    assert content(store) == before
    done = prune(store.database, 1, None)
    assert (done.runs, done.kept) == (would.runs, would.kept)
    assert done.rows == would.rows == {"shards": 2, "cells": 4, "findings": 2}
    assert [(r.id, r.state) for r in store.runs()] == [(third, "finished"), (second, "pruned"), (first, "pruned")]
    assert [[f.op for f in store.findings(r)] for r in (first, second, third)] == [["tanh"], ["exp"], ["silu"]]
    assert store.finding(TANH.id).case == TANH.case  # its bits can still be run
    (silu,) = store.findings(third)
    assert (silu.status, silu.first_seen, silu.last_seen) == ("known", a_run(1).started, a_run(3).started)
    assert store.defects()
    assert store.case_files()
    assert prune(store.database, 1, None).runs == []


def test_what_was_found_by_a_run_that_is_gone_is_not_new(store):
    first = add(store, 1, [SILU])
    add(store, 2, [SILU])
    assert prune(store.database, 1, None).rows["runs"] == 1
    assert first not in [r.id for r in store.runs()]
    assert store.finding(SILU.id).status == "known"
    third = add(store, 3, [SILU, TANH])
    assert {f.op: (f.status, f.first_seen) for f in store.findings(third)} == {
        "silu": ("known", a_run(1).started),
        "tanh": ("new", a_run(3).started),
    }
    prune(store.database, 1, None)
    assert store.finding(SILU.id).first_seen == a_run(1).started


def test_what_is_too_young_or_runs_stays(store):
    now = datetime.datetime.now(datetime.UTC)
    for days in (100, 50, 0):
        store.start_run(a_run(1, id=f"r{days:03}", started=(now - datetime.timedelta(days=days)).isoformat(timespec="seconds")))
    day = 86400.0
    assert prune(store.database, None, 200 * day).runs == []
    assert prune(store.database, None, 90 * day, dry_run=True).runs == ["r100"]
    assert prune(store.database, 2, 10 * day, dry_run=True).runs == ["r100"]
    assert prune(store.database, None, -1.0, dry_run=True).runs == ["r100", "r050"]  # the latest stays
    with store.lease("r100"):
        assert prune(store.database, None, 90 * day).runs == []
    assert prune(store.database, None, 90 * day).runs == ["r100"]
    with pytest.raises(StoreError, match="--keep N, --older-than 90d"):
        prune(store.database, None, None)


def test_pruning_frees_room(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        for number in (1, 2):
            run = add(store, number, [SILU])
            for shard in range(50):
                store.save_shard(run, f"{shard}", json.dumps([shard * 1.0001**n for n in range(500)]), [], [])
        before = sizes(store.database).total
        prune(store.database, 1, None)
        assert sizes(store.database).total < 0.7 * before


# Union


def test_a_database_is_taken_whole_and_twice_changes_nothing(store, other):
    mine, theirs = add(store, 2, [SILU]), add(other, 1, [SILU, TANH])
    other.save_defects({TANH.id: '{"id": "d", "members": ["a"]}'})
    other.save_case_file(TANH.id, TANH.id, "key", '{"a": 1}')
    taken = take(store, other)
    assert (taken.runs, taken.completed, taken.same, taken.defects) == ([theirs], [], [], 1)
    assert [r.id for r in store.runs()] == [mine, theirs]
    assert [f.op for f in store.findings(theirs)] == [f.op for f in other.findings(theirs)]
    assert store.cells(theirs) == other.cells(theirs)
    assert store.findings(mine)[0].status == "known"
    assert (store.defects(), store.case_files()) == (other.defects(), other.case_files())
    before = content(store)
    again = take(store, other)
    assert (again.runs, again.completed, again.same, again.defects) == ([], [], [theirs], 0)
    assert content(store) == before


@pytest.mark.parametrize("apart", [True, False], ids=["only the rest", "the whole"])
def test_a_run_is_completed(store, other, apart):
    run = add(store, 1, [SILU], shard="a")
    if not apart:
        add(other, 1, [SILU], shard="a")
    add(other, 1, [SILU, replace(TANH, severity=99.0)], shard="b")
    assert take(store, other).completed == [run]
    assert list(store.shard_payloads(run)) == ["a", "b"]
    assert {c.op: c.verdicts for c in store.cells(run)} == {"silu": 2000, "tanh": 1000}
    assert [f.op for f in store.findings(run)] == ["tanh", "silu"]
    before = content(store)
    assert take(store, other).same == [run]
    assert content(store) == before


def clash_of_runs(store, other):
    add(store, 1, [])
    other.start_run(a_run(1, seed=8))
    return "is another run than the one of that id"


def clash_of_shards(store, other):
    run = add(store, 1, [])
    add(other, 1, [], shard="t")
    other.save_shard(run, "s", '{"other": 1}', [], [])
    return "has two results of its shard s"


def clash_of_branches(store, other):
    for opened, shards in ((store, "ab"), (other, "ac")):
        for shard in shards:
            add(opened, 1, [SILU], shard=shard)
    return "was continued in both databases"


@pytest.mark.parametrize("clash", [clash_of_runs, clash_of_shards, clash_of_branches])
def test_what_clashes_is_refused_whole(store, other, clash):
    message = clash(store, other)
    add(other, 3, [TANH])
    before = content(store)
    with pytest.raises(StoreError, match=message) as told:
        take(store, other)
    assert "\n" not in str(told.value)
    assert content(store) == before


def test_of_a_defect_that_both_know_the_members_are_united(store, other):
    store.save_defects({"d": json.dumps({"id": "d", "members": ["a", "b"], "merged": [], "state": "open", "first_seen": "2"})})
    other.save_defects(
        {"d": json.dumps({"id": "d", "members": ["b", "c"], "merged": ["e"], "state": "known", "first_seen": "1"})}
    )
    assert take(store, other).defects == 1
    kept = json.loads(store.defects()["d"])
    assert kept == {"id": "d", "members": ["a", "b", "c"], "merged": ["e"], "state": "known", "first_seen": "1"}
    assert take(store, other).defects == 0


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_other_database_stays_as_it_is(store, tmp_path, version):
    path = tmp_path / "theirs.db"
    if version < tables.SCHEMA_VERSION:
        make_old(f"sqlite:///{path}", version, SILU)
    else:
        with Store(f"sqlite:///{path}") as other:
            add(other, 1, [SILU])
    before = path.read_bytes()
    with another(f"sqlite:///{path}") as other:
        (run,) = take(store, other).runs
    assert [f.id for f in store.findings(run)] == [SILU.id]
    assert path.read_bytes() == before
    # SQLite's own files of a database in WAL mode, which hold nothing.
    assert {p.name for p in tmp_path.glob("theirs*")} <= {"theirs.db", "theirs.db-shm", "theirs.db-wal"}
    assert not [p for p in tmp_path.glob("theirs.db-wal") if p.stat().st_size]
    if version >= tables.READABLE_FROM:
        with pytest.raises(StoreError, match="is read-only"), another(f"sqlite:///{path}") as other:
            add(other, 2, [SILU])


# The commands


def ulpfuzz(*arguments):
    from ulpfuzz.fuzzer.cli.app import app

    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_commands_of_a_database(tmp_path):
    path, rescue = tmp_path / "a.db", tmp_path / "a.db.rescue.db"
    make_old(f"sqlite:///{path}", 2, replace(SILU, note="n" * 10_000))
    with Store(f"sqlite:///{rescue}") as other:
        add(other, 5, [SILU])
    db = ("--db", f"sqlite:///{path}")
    told = ulpfuzz("db", "upgrade", *db)
    assert told.stdout.startswith("schema 2 -> 4\n2 records compressed: ")
    assert ulpfuzz("db", "upgrade", *db).stdout == "schema 4 already\n"
    assert ulpfuzz("db", "merge", rescue, *db).stdout == f"1 run taken: {a_run(5).id}\n"
    assert ulpfuzz("db", "merge", rescue, *db).stdout == f"1 run there already: {a_run(5).id}\n"
    found = json.loads(ulpfuzz("db", "size", "--json", *db).stdout)
    assert set(found) == {"total", "tables", "runs"}
    assert [run["id"] for run in found["runs"]] == [a_run(5).id, "old"]
    assert "findings" in ulpfuzz("db", "size", *db).stdout
    would = ulpfuzz("db", "prune", "--keep", 1, "--dry-run", *db).stdout
    assert would == "would prune 1 of 2 runs (old): 1 findings\n"
    assert ulpfuzz("db", "prune", "--older-than", "90d", "--keep", 1, *db).stdout == "nothing to prune\n"
    pruned = ulpfuzz("db", "prune", "--keep", 1, *db).stdout.splitlines()
    assert pruned[0] == "pruned 1 of 2 runs (old): 1 findings, 1 runs"
    assert pruned[1].endswith(" freed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prune",), "say what may go: --keep N"),
        (("prune", "--older-than", "soon"), "not an age: 'soon'; examples: 90d, 12w, 36h"),
        (("merge", "missing.db"), "no database"),
        (("merge", "a.db"), "is the database itself"),
        (("upgrade", "--db", "sqlite:///missing.db"), "no database"),
        (("upgrade", "--db-timeout", "soon"), "not a time to wait for the database: 'soon'"),
    ],
)
def test_a_bad_request_is_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    from ulpfuzz.fuzzer.cli import main

    monkeypatch.chdir(tmp_path)
    with Store("sqlite:///a.db") as store:
        add(store, 1, [SILU])
    monkeypatch.setenv("ULPFUZZ_DB", "sqlite:///a.db")
    monkeypatch.setattr("sys.argv", ["ulpfuzz", "db", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in told
    assert told.count("\n") == 1
