"""A database that another program has locked is waited for; a file that is gone is noticed."""

import shutil
import sqlite3
import threading
import time
from dataclasses import replace

import pytest
from example_nouns import a_cell, a_finding, a_run

from ulpfuzz.fuzzer.findings import database
from ulpfuzz.fuzzer.findings.database import Gone, timeout_of
from ulpfuzz.fuzzer.findings.store import Store, StoreError


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path / 'a.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def hold(url):
    """Locks run 1 from another connection until it is told to let go."""
    with Store(url) as other:
        other.start_run(a_run(1))
        free, locked = threading.Event(), threading.Event()

        def keep():
            with other.database.transaction(write=True) as connection:
                connection.exec_driver_sql("UPDATE runs SET state = 'held'")
                locked.set()
                free.wait(60)

        thread = threading.Thread(target=keep)
        thread.start()
        assert locked.wait(30)
        yield free
        free.set()
        thread.join()


def test_a_locked_database_is_waited_for(url, hold, monkeypatch, capsys):
    monkeypatch.setattr(database, "NOTICE", 0.1)
    with Store(url, timeout="60s") as store:
        threading.Timer(1.0, hold.set).start()
        assert store.save_shard(a_run(1).id, "s", "{}", [], [a_finding()])
        assert store.save_shard(a_run(1).id, "t", "{}", [], [])
    told = capsys.readouterr().err
    assert told.count("is locked by another program; waiting up to 60 s (--db-timeout)") == 1
    assert told.count("\n") == 1


def test_a_database_that_stays_locked_ends_with_a_line(url, hold):
    with Store(url, timeout="1s") as store:
        began = time.monotonic()
        with pytest.raises(
            StoreError, match="locked by another program for 1 s; try again later, or wait longer with --db-timeout"
        ):
            store.save_shard(a_run(1).id, "s", "{}", [], [])
        assert 0.9 < time.monotonic() - began < 30
        hold.set()


def test_times_to_wait(monkeypatch):
    assert [timeout_of(t) for t in ("30s", "5m", "1h30m", "0.5", "90", "0")] == [30, 300, 5400, 0.5, 90, 0]
    monkeypatch.delenv("ULPFUZZ_DB_TIMEOUT", raising=False)
    assert timeout_of(None) == 300
    monkeypatch.setenv("ULPFUZZ_DB_TIMEOUT", "7s")
    assert timeout_of(None) == 7
    for wrong in ("", "soon", "-1", "5 minutes"):
        with pytest.raises(StoreError, match="not a time to wait for the database"):
            timeout_of(wrong)


@pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
def test_a_file_that_is_gone_is_noticed_and_its_content_rescued(tmp_path, what):
    from ulpfuzz.fuzzer.campaign.rescue import Unsaved

    path, run, finding = tmp_path / "a.db", a_run(1), a_finding()
    with Store(f"sqlite:///{path}") as store:
        store.start_run(run)
        unsaved = Unsaved(store, run)
        unsaved.save("first", "{}", [a_cell(finding)], [finding])
        if what == "moved":
            shutil.move(path, tmp_path / "elsewhere.db")
        else:
            path.unlink()
        if what == "replaced":
            sqlite3.connect(path).execute("CREATE TABLE songs (title TEXT)").connection.close()
        with pytest.raises(StoreError) as told, unsaved.guarded():
            unsaved.save("second", "{}", [a_cell(finding)], [a_finding(op="tanh")])
    line = str(told.value)
    rescued = tmp_path / f"a.db.rescue-{run.id}.db"
    assert line == (
        f"{path} was deleted, moved or replaced while it was open; what the run found is in {rescued}: `ulpfuzz db merge {rescued}` takes it"
    )
    with Store(f"sqlite:///{rescued}", create=False) as store:
        assert list(store.shard_payloads(run.id)) == ["first", "second"]
        assert {f.op for f in store.findings(run.id)} == {"silu", "tanh"}
        assert [c.verdicts for c in store.cells(run.id)] == [2000]


def test_a_finish_that_finds_no_file_rescues_too(tmp_path):
    from ulpfuzz.fuzzer.campaign.rescue import Unsaved

    path, run = tmp_path / "a.db", a_run(1)
    with Store(f"sqlite:///{path}") as store:
        store.start_run(run)
        unsaved = Unsaved(store, run)
        unsaved.save("first", "{}", [], [a_finding()])
        path.unlink()
        with pytest.raises(Gone):
            store.finish_run(run)
        with pytest.raises(StoreError, match=r"db\.rescue-"), unsaved.guarded():
            store.finish_run(run)
    with Store(f"sqlite:///{path}.rescue-{run.id}.db", create=False) as store:
        assert len(store.findings(run.id)) == 1


def test_the_rescue_file_of_a_crafted_run_lies_beside_the_database(tmp_path):
    from ulpfuzz.fuzzer.campaign.rescue import Unsaved

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.db.rescue-x").mkdir()  # so that the path that the id spells is one
    run = replace(a_run(1), id="x/../../out")
    with Store(f"sqlite:///{tmp_path / 'in' / 'a.db'}") as store:
        store.start_run(run)
        unsaved = Unsaved(store, run)
        (tmp_path / "in" / "a.db").unlink()
        with pytest.raises(StoreError, match=r"db\.rescue-"), unsaved.guarded():
            store.finish_run(run)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    assert len(list((tmp_path / "in").glob("a.db.rescue-x_.._.._out-*.db"))) == 1


def test_a_folder_that_is_gone_too_rescues_to_the_temporary_folder(tmp_path, monkeypatch):
    from ulpfuzz.fuzzer.campaign.rescue import Unsaved

    folder, elsewhere = tmp_path / "gone", tmp_path / "tmp"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    with Store(f"sqlite:///{folder / 'a.db'}") as store:
        store.start_run(a_run(1))
        unsaved = Unsaved(store, a_run(1))
        shutil.rmtree(folder)
        with (
            pytest.raises(StoreError, match=r"no such folder; what the run found is in .*/tmp/a\.db\.rescue-"),
            unsaved.guarded(),
        ):
            unsaved.save("first", "{}", [], [a_finding()])
    (rescued,) = elsewhere.glob("*.db")
    with Store(f"sqlite:///{rescued}", create=False) as store:
        assert len(store.findings(a_run(1).id)) == 1


def test_what_a_locked_database_does_not_take_is_rescued(url, hold, tmp_path, monkeypatch):
    from ulpfuzz.fuzzer.campaign.rescue import Unsaved

    monkeypatch.chdir(tmp_path)
    with Store(url, timeout="1s") as store:
        unsaved = Unsaved(store, a_run(1))
        with pytest.raises(StoreError, match="locked by another program for 1 s"), unsaved.guarded():
            unsaved.save("first", "{}", [], [a_finding()])
        hold.set()
    (rescued,) = tmp_path.glob("*.rescue-*.db")
    with Store(f"sqlite:///{rescued}", create=False) as store:
        assert len(store.findings(a_run(1).id)) == 1
