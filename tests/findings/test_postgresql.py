"""On a PostgreSQL server the store keeps what it keeps in a SQLite file."""

import threading

from example_nouns import a_cell, a_finding, a_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ulpfuzz.fuzzer.findings import database
from ulpfuzz.fuzzer.findings.store import Store

OPS, SEVERITIES = ("silu", "tanh", "log_softmax"), (1.0, 9.0, 30.0)
#: A shard: its id, and the op, severity and verdicts of each of its findings.
SHARDS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.lists(st.tuples(st.sampled_from(OPS), st.sampled_from(SEVERITIES), st.integers(1, 10**6)), max_size=3),
    ),
    max_size=6,
)


def kept(store, run_id, shards):
    """What the store tells of a run after these shards were saved in it."""
    store.start_run(a_run(1, id=run_id))
    added = []
    for name, found in shards:
        findings = [a_finding(op=op, severity=severity, ulps=severity * 1e3) for op, severity, _ in found]
        cells = [a_cell(f, verdicts=verdicts) for f, (*_, verdicts) in zip(findings, found, strict=True)]
        added.append(store.save_shard(run_id, name, f'{{"found": {len(found)}}}', cells, findings))
    return added, store.findings(run_id), store.cells(run_id), store.shard_payloads(run_id)


def test_equal_shards_are_kept_equally(postgresql, tmp_path):
    number = 0
    with Store(postgresql) as server, Store(f"sqlite:///{tmp_path / 'a.db'}") as file:

        @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
        @given(shards=SHARDS)
        def check(shards):
            nonlocal number
            number += 1
            there, here = kept(server, f"run-{number:04}", shards), kept(file, f"run-{number:04}", shards)
            assert there == here

        check()
        assert [r.id for r in server.runs()] == [r.id for r in file.runs()]


def test_a_worse_finding_takes_the_place_of_the_first(postgresql):
    with Store(postgresql) as store:
        added, findings, cells, _ = kept(
            store, "r", [("a", [("silu", 1.0, 7)]), ("b", [("silu", 9.0, 5)]), ("b", [("silu", 30.0, 5)])]
        )
        assert added == [True, True, False]
        assert [f.severity for f in findings] == [9.0]
        assert [c.verdicts for c in cells] == [12]


def test_a_server_that_is_started_again_is_waited_for(postgresql, monkeypatch, capsys):
    monkeypatch.setattr(database, "AGAIN", 0.01)
    with Store(postgresql, timeout="30s") as store, Store(postgresql) as other:
        store.start_run(a_run(1))
        with other.database.transaction(write=True) as connection:
            ended = text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'tests'"
            )
            assert connection.execute(ended).all()
        assert store.save_shard(a_run(1).id, "a", "{}", [], [a_finding()])  # on a connection of its own
        connect, refusals = store.database.engine.connect, iter(range(2))

        def refuse():
            if next(refusals, None) is not None:
                raise OperationalError("connect", {}, Exception("connection refused"))
            return connect()

        monkeypatch.setattr(store.database.engine, "connect", refuse)
        assert store.save_shard(a_run(1).id, "b", "{}", [], [])
        assert capsys.readouterr().err.count("does not answer; waiting up to 30 s (--db-timeout)") == 1


def test_two_writers_of_one_run_count_everything_once(postgresql):
    with Store(postgresql) as first, Store(postgresql) as second:
        first.start_run(a_run(1))

        def write(store):
            for number in range(20):
                store.save_shard(a_run(1).id, f"s{number}", "{}", [a_cell(a_finding(), verdicts=1)], [a_finding()])

        threads = [threading.Thread(target=write, args=(store,)) for store in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [c.verdicts for c in first.cells(a_run(1).id)] == [20]
