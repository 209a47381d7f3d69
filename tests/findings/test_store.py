"""The store keeps what it is given, says what is wrong, and lets two processes work at once."""

import math
import os
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
from example_nouns import a_cell, a_finding, a_run

from ulpfuzz.fuzzer.findings.store import Store, StoreError
from ulpfuzz.fuzzer.formats import UnknownName


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url):
    with Store(url) as opened:
        yield opened


def test_runs_are_kept_and_found(store):
    for number in (1, 3, 2):
        store.start_run(a_run(number))
    ended = replace(a_run(3), state="done", verdicts=10**12, by_tier={"arb": 5}, started="overwritten?")
    store.finish_run(ended)
    assert [r.id for r in store.runs()] == ["20261103-0003", "20261102-0002", "20261101-0001"]
    assert store.run("latest") == replace(ended, started=a_run(3).started)
    assert store.run("20261102") == a_run(2)
    with pytest.raises(UnknownName, match="did you mean '20261101-0001'"):
        store.run("20261101-0009")
    with pytest.raises(UnknownName, match="ambiguous"):
        store.run("202611")


def test_a_run_is_resumed_only_with_its_own_seed(store):
    store.start_run(replace(a_run(1), state="interrupted"))
    with pytest.raises(StoreError, match=r"is there already; continue it with --resume 20261101-0001"):
        store.start_run(replace(a_run(1), started="later"))
    assert store.run().state == "interrupted"
    store.start_run(replace(a_run(1), started="later"), resumed=True)
    assert store.run().state == "running"
    assert store.run().started == a_run(1).started
    with pytest.raises(StoreError, match="with seed 7 instead of 8"):
        store.start_run(replace(a_run(1), seed=8), resumed=True)
    with pytest.raises(StoreError, match="never started"):
        store.finish_run(a_run(2))
    with pytest.raises(StoreError, match="never started"):
        store.save_shard("no-such-run", "s", "{}", [], [])


def test_an_empty_store_says_so(store):
    with pytest.raises(UnknownName, match="holds no runs"):
        store.run()
    with pytest.raises(UnknownName, match="holds no findings"):
        store.finding("abcd")


def test_a_shard_counts_once(store):
    run, found = a_run(1), a_finding()
    store.start_run(run)
    assert store.save_shard(run.id, "b", '{"n": 1}', [a_cell(found)], [found])
    assert not store.save_shard(run.id, "b", '{"n": 2}', [a_cell(found)], [a_finding(severity=99.0)])
    assert store.save_shard(run.id, "a", "{}", [], [])
    assert store.shard_payloads(run.id) == {"a": "{}", "b": '{"n": 1}'}
    assert list(store.shard_payloads(run.id)) == ["a", "b"]
    assert store.has_shard(run.id, "b")
    assert not store.has_shard(run.id, "c")
    assert not store.has_shard("another", "b")
    assert store.cells(run.id) == [a_cell(found)]
    assert store.findings(run.id)[0].severity == found.severity


def test_a_shard_is_committed_whole_or_not_at_all(store):
    run = a_run(1)
    store.start_run(run)
    with pytest.raises(TypeError):
        store.save_shard(run.id, "s", "{}", [a_cell(a_finding())], [a_finding(params={}, extent={"low": object()})])
    assert not store.has_shard(run.id, "s")
    assert store.cells(run.id) == []


def test_shards_of_one_cell_and_finding_are_merged(store):
    run, found = a_run(1), a_finding(extent={"count": 1, "share": 0.5})
    store.start_run(run)
    elsewhere = a_finding(target="jax:cpu:jit")
    store.save_shard(run.id, "1", "{}", [a_cell(found), a_cell(elsewhere)], [found])
    store.save_shard(run.id, "2", "{}", [a_cell(found, worst_ulps=math.inf)], [replace(found, severity=50.0, ulps=math.inf)])
    cells = {c.target: c for c in store.cells(run.id)}
    assert (cells["torch:cpu:eager"].verdicts, cells["torch:cpu:eager"].worst_ulps) == (2000, math.inf)
    assert cells["jax:cpu:jit"] == a_cell(elsewhere)
    (merged,) = store.findings(run.id)
    assert (merged.severity, merged.ulps, merged.extent["count"], merged.extent["share"]) == (50.0, math.inf, 2, 0.5)


def test_findings_are_sorted_and_filtered(store):
    run = a_run(1)
    store.start_run(run)
    found = [
        a_finding(severity=1.0, op="log_softmax"),
        a_finding(severity=9.0, order="grad", symptom="nan"),
        a_finding(severity=5.0, target="jax:cuda:jit", dtype="float16", class_="inaccurate"),
        a_finding(severity=5.0, op="logsoftmax"),
        a_finding(severity=math.nan, op="tanh"),
    ]
    store.save_shard(run.id, "s", "{}", [], found)
    every = store.findings(run.id)
    assert [f.severity for f in every][:4] == [9.0, 5.0, 5.0, 1.0]
    assert every[1].id < every[2].id
    assert every[4].op == "tanh"

    def ops(**filters):
        return {f.op for f in store.findings(run.id, **filters)}

    assert ops(op="log_softmax") == {"log_softmax"}  # _ is no wildcard
    assert ops(op="log*, tanh") == {"log_softmax", "logsoftmax", "tanh"}
    assert ops(target="jax:*") == {"silu"}
    assert len(store.findings(run.id, dtype="float16", class_="inaccurate")) == 1
    assert len(store.findings(run.id, **{"class": "inaccurate"})) == 1
    assert [f.symptom for f in store.findings(run.id, order="grad", symptom=None)] == ["nan"]
    assert store.findings("no-such-run") == []
    with pytest.raises(UnknownName, match="did you mean 'symptom'"):
        store.findings(run.id, symptoms="nan")


def test_the_history_of_a_finding_comes_from_all_runs(store):
    old, young = a_finding(), a_finding(op="tanh")
    for number, found in ((1, [old]), (2, []), (3, [old, young]), (4, [young])):
        store.start_run(a_run(number))
        store.save_shard(a_run(number).id, "s", "{}", [], found)
    third = {f.op: f for f in store.findings(a_run(3).id)}
    assert (third["silu"].status, third["silu"].first_seen, third["silu"].last_seen) == (
        "known",
        a_run(1).started,
        a_run(3).started,
    )
    assert (third["tanh"].status, third["tanh"].first_seen, third["tanh"].last_seen) == (
        "new",
        a_run(3).started,
        a_run(4).started,
    )
    assert [f.op for f in store.findings(a_run(3).id, new=True)] == ["tanh"]
    assert [f.op for f in store.findings(a_run(3).id, new=False)] == ["silu"]
    assert store.finding(young.id).status == "known"  # in the latest run that has it
    assert store.finding(young.id[-6:], a_run(3).id).status == "new"
    assert store.finding(old.id[:20]).last_seen == a_run(3).started
    with pytest.raises(UnknownName):
        store.finding(young.id, a_run(1).id)


def test_runs_of_the_same_second_are_told_apart(store):
    for name in ("r-a", "r-b"):
        store.start_run(a_run(1, id=name))
        store.save_shard(name, "s", "{}", [], [a_finding()])
    assert store.findings("r-a")[0].status == "new"
    assert store.findings("r-b")[0].status == "known"
    assert store.run().id == "r-b"


def test_what_was_committed_is_there_after_a_kill(url, tmp_path):
    script = f"""
        import os, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from example_nouns import a_run, a_finding
        from ulpfuzz.fuzzer.findings.store import Store
        store = Store({url!r})
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "s", "{{}}", [], [a_finding()])
        os.kill(os.getpid(), 9)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ended.returncode == -9
    with Store(url) as store:
        assert store.has_shard(a_run(1).id, "s")
        assert len(store.findings(a_run(1).id)) == 1


def test_readers_and_writers_share_the_file(url, store):
    store.start_run(a_run(1))
    with Store(url) as other, store._database.transaction(write=True):  # a writer that has not committed yet
        assert other.runs() == [a_run(1)]
    with Store(url) as other:
        assert other.save_shard(a_run(1).id, "s", "{}", [], [])
    assert store.has_shard(a_run(1).id, "s")
    assert sqlite3.connect(url.removeprefix("sqlite:///")).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_in_memory():
    with Store("sqlite://") as store:
        store.start_run(a_run(1))
        assert store.run() == a_run(1)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a database URL: ''; for example sqlite:///"),
        ("night.db", "not a database URL: 'night.db'; did you mean 'sqlite:///night.db'?"),
        ("mysql://host/name", "unknown database 'mysql'"),
        ("sqlite+nosuch:///a.db", "unknown database driver 'sqlite+nosuch'"),
        ("sqlite:////no/such/folder/a.db", "no folder /no/such/folder"),
        ("postgresql+nosuch://user:secret@host/name", "unknown database driver"),
    ],
)
def test_a_bad_url_is_one_clear_line(url, message):
    with pytest.raises(StoreError) as told:
        Store(url)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_postgresql_failures_do_not_show_the_password():
    with pytest.raises(StoreError) as told:  # no driver, or nobody listens: both are one line
        Store("postgresql://user:secret@127.0.0.1:1/name?connect_timeout=1")
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_are_not_a_store(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("Dear diary, today torch.nn.functional.silu lost all its digits. " * 50)
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE songs (title TEXT)").connection.close()
    cases = [
        (tmp_path, "is a folder"),
        (text, "not a database"),
        (other, "is not an ulpfuzz database: it holds other tables (songs)"),
    ]
    for path, message in cases:
        for create in (True, False):
            with pytest.raises(StoreError) as told:
                Store(f"sqlite:///{path}", create=create)
            assert message in str(told.value)
            assert "\n" not in str(told.value)
    assert text.read_text().startswith("Dear diary")


def test_reading_commands_make_no_file(tmp_path, url):
    with pytest.raises(StoreError, match=r"no database .*missing\.db; `ulpfuzz run` makes one"):
        Store(f"sqlite:///{tmp_path / 'missing.db'}", create=False)
    assert not (tmp_path / "missing.db").exists()
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="holds no runs"):
        Store(f"sqlite:///{tmp_path / 'empty.db'}", create=False)
    Store(url).close()
    with Store(url, create=False) as store:
        assert store.runs() == []


def test_a_folder_that_is_not_writable(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write anywhere
    with pytest.raises(StoreError, match="is not writable"):
        Store(f"sqlite:///{tmp_path / 'a.db'}")
    tmp_path.chmod(0o700)


def test_a_newer_schema_is_refused(url, store):
    sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None).execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match=r"has schema 99 of a newer ulpfuzz \(this one knows 4\)"):
        Store(url)


def test_a_damaged_schema_is_refused(url, store):
    sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None).execute("DELETE FROM schema_version")
    with pytest.raises(StoreError, match="no valid schema version"):
        Store(url)
