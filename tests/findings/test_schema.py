"""Older databases are brought to today's schema, step by step, and keep what they hold."""

import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from example_nouns import a_cell, a_finding, a_run
from old_schema import make_old

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.store import Store, StoreError

AUDITED = Path(__file__).resolve().parents[3] / "shared" / "run_2026-11-28.db.xz"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")


def undated(finding):
    return replace(finding, first_seen="", last_seen="", status="new")


def difference(store):
    """What Alembic would change to make the database what tables.py says."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.database.engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"  # the types of SQLite's columns bind nothing
        context = MigrationContext.configure(connection, opts={"compare_type": postgresql})
        return compare_metadata(context, tables.metadata)


def revision(store):
    with store.database.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_schema_becomes_todays(url, version):
    finding = a_finding()
    make_old(url, version, finding)
    with Store(url, create=False) as store:
        assert [r.id for r in store.runs()] == ["old"]
        assert [undated(f) for f in store.findings("old")] == [finding]
        assert (store.facts(), store.sweeps(), store.defects(), store.case_files()) == ([], [], {}, {})
        assert store.database.opened_version == version
        assert difference(store) == []
        assert revision(store) == str(tables.SCHEMA_VERSION)
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "s", "{}", [a_cell(finding)], [finding])
        assert store.findings(a_run(1).id)[0].status == "new"  # the old run started in the same second, and "2" comes before "o"
    with Store(url) as store:
        assert store.database.opened_version == tables.SCHEMA_VERSION
        assert len(store.runs()) == 2


def test_a_new_database_has_the_schema_of_the_steps(url):
    with Store(url) as store:
        assert difference(store) == []
        assert revision(store) == str(tables.SCHEMA_VERSION)


@pytest.mark.parametrize("field", ["target", "op", "class_"])
def test_long_names_are_kept(url, field):
    long = a_finding(**{"id": "x" * 400, field: "x" * 1000}, implementation="f" * 5000)
    with Store(url) as store:
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "s" * 500, "{}", [a_cell(long)], [long])
        assert [undated(f) for f in store.findings(a_run(1).id)] == [long]


def test_payloads_are_compressed(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "s", '{"a": "' + "b" * 10_000 + '"}', [], [])
        assert len(store.shard_payloads(a_run(1).id)["s"]) > 10_000
    raw = sqlite3.connect(tmp_path / "a.db")
    assert raw.execute("SELECT length(payload) FROM shards").fetchone()[0] < 100


def test_the_audited_run_opens_with_its_inputs_in_order(tmp_path):
    if not AUDITED.exists():
        pytest.skip(f"no {AUDITED.name} here")
    path = tmp_path / "old.db"
    path.write_bytes(lzma.decompress(AUDITED.read_bytes()))
    with Store(f"sqlite:///{path}", create=False) as store:
        assert store.database.opened_version == 2
        (run,) = store.runs()
        findings = store.findings(run.id)
        assert len(findings) == 3828
        assert len(store.cells(run.id)) == 5212
        known = ops()
        several = 0
        for finding in findings:
            if finding.op in known:
                order = [i.name for i in known[finding.op].inputs]
                names = list(finding.case["inputs"])
                assert names == [n for n in order if n in names]
                several += len(names) > 1
        assert several > 100


# What cannot be written, or is damaged


@pytest.fixture
def share():
    """A folder that another user may enter."""
    with tempfile.TemporaryDirectory(prefix="ulpfuzz-share-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        os.chmod(folder, 0o755)


@pytest.fixture
def file(share):
    """A database of one run with three findings."""
    path = share / "a.db"
    with Store(f"sqlite:///{path}") as store:
        store.start_run(a_run(1))
        found = [a_finding(op=op) for op in ("silu", "tanh", "exp")]
        store.save_shard(a_run(1).id, "s", "{}", [a_cell(f) for f in found], found)
    return path


@pytest.mark.parametrize(
    "damage", [b"{", b"x\x9cnot zlib", b"\xff\xfe", b'{"id": 3}', b"null", "é{", b"[" * 100_000], ids=lambda d: repr(d[:8])
)
def test_a_damaged_record_is_named_and_the_others_are_read(file, damage, capsys):
    raw = sqlite3.connect(file)
    name = raw.execute("SELECT id FROM findings WHERE op = 'tanh'").fetchone()[0]
    raw.execute("UPDATE findings SET payload = ? WHERE op = 'tanh'", (damage,))
    raw.execute("UPDATE cells SET payload = ? WHERE key = (SELECT min(key) FROM cells)", (damage,))
    raw.commit()
    with Store(f"sqlite:///{file}", create=False) as store:
        assert {f.op for f in store.findings(a_run(1).id)} == {"silu", "exp"}
        told = capsys.readouterr().err
        assert told.startswith(f"ulpfuzz: 1 of 3 left out: the store holds a damaged Finding {name}: ")
        assert told.count("\n") == 1
        assert len(store.findings(a_run(1).id)) == 2
        assert capsys.readouterr().err == ""  # once
        assert len(store.cells(a_run(1).id)) == 2
        with pytest.raises(StoreError, match=f"damaged Finding {name}"):
            store.finding(name)


READER = """
    import os, sys
    sys.path.insert(0, {tests!r})
    from example_nouns import a_finding, a_run
    from ulpfuzz.fuzzer.findings.store import Store, StoreError
    with Store("sqlite://") as store:  # all that is imported later: another user may not read it
        store.start_run(a_run(1))
        store.save_shard(a_run(1).id, "s", "{{}}", [], [a_finding()])
        store.findings(a_run(1).id)
    if os.geteuid() == 0:
        os.setgid(65534); os.setuid(65534)
    try:
        with Store("sqlite:///{path}", create=False) as store:
            print(len(store.findings(store.run().id)), store.database.read_only)
            store.start_run(store.run())
    except StoreError as error:
        print(error)
"""


def read_by_nobody(path):
    """What a user reads of the file who may not write it, nor its folder."""
    path.chmod(0o444)
    path.parent.chmod(0o555)
    script = textwrap.dedent(READER.format(path=path, tests=os.path.dirname(__file__)))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_file_in_a_folder_that_cannot_be_written_is_read(file):
    assert read_by_nobody(file) == ["3 True", f"{file} is read-only"]


def test_changes_that_cannot_be_read_are_said_in_one_line(file):
    with Store(f"sqlite:///{file}") as store:  # its log of changes lies beside it until it is closed
        store.start_run(a_run(2))
        copy = file.parent / "copy.db"
        copy.write_bytes(file.read_bytes())
        (file.parent / "copy.db-wal").write_bytes((file.parent / "a.db-wal").read_bytes())
    (line,) = read_by_nobody(copy)
    assert "copy both files" in line


@pytest.mark.parametrize(
    ("version", "said"),
    [(2, "{path} has schema 2 of an older ulpfuzz and is read-only: copy it, and open the copy"), (3, "1 True")],
)
def test_an_older_file_that_cannot_be_written(share, version, said):
    make_old(f"sqlite:///{share / 'a.db'}", version, a_finding())
    assert read_by_nobody(share / "a.db")[0] == said.format(path=share / "a.db")


def test_a_list_of_damaged_records_alone_is_an_error(file):
    raw = sqlite3.connect(file)
    raw.execute("UPDATE findings SET payload = '{'")
    raw.commit()
    with Store(f"sqlite:///{file}", create=False) as store, pytest.raises(StoreError, match="the store holds a damaged Finding "):
        store.findings(a_run(1).id)
