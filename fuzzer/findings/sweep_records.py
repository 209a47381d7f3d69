"""Sweep records: sweeps, what their chunks found, and the facts that they proved."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.fact import Fact, Sweep
from ulpfuzz.fuzzer.findings.identity import UnresolvedName, digest, resolve
from ulpfuzz.fuzzer.findings.patterns import matches
from ulpfuzz.fuzzer.findings.payload import encode
from ulpfuzz.fuzzer.findings.records import Records, inserted


class SweepRecords(Records):
    """Sweeps, their chunks, and facts. Every method raises StoreError."""

    def start_sweep(self, sweep: Sweep) -> None:
        """Records a sweep; one that is there already is resumed and keeps its start."""
        with self._database.transaction(write=True) as connection:
            row = {"id": sweep.id, "started": sweep.started, "state": sweep.state, "payload": encode(sweep)}
            if not inserted(connection, tables.sweeps, **row):
                self._write_sweep(connection, sweep)

    def finish_sweep(self, sweep: Sweep) -> None:
        """Records the state that a sweep ended with."""
        with self._database.transaction(write=True) as connection:
            self._write_sweep(connection, sweep)

    @staticmethod
    def _write_sweep(connection: Connection, sweep: Sweep) -> None:
        values = {"state": sweep.state, "payload": encode(sweep)}
        connection.execute(update(tables.sweeps).where(tables.sweeps.c.id == sweep.id).values(**values))

    def save_chunk(self, sweep_id: str, stretch_id: str, payload_json: str) -> None:
        """Commits what a chunk found; one that is there already stays."""
        with self._database.transaction(write=True) as connection:
            inserted(connection, tables.stretches, sweep_id=sweep_id, stretch_id=stretch_id, payload=payload_json)

    def chunks(self, sweep_id: str) -> dict[str, str]:
        """Chunk id -> payload of every committed chunk of a sweep."""
        with self._database.transaction() as connection:
            query = select(tables.stretches.c.stretch_id, tables.stretches.c.payload).where(
                tables.stretches.c.sweep_id == sweep_id
            )
            return {row.stretch_id: row.payload for row in connection.execute(query)}

    def sweeps(self) -> list[Sweep]:
        """All sweeps, the latest first."""
        with self._database.transaction() as connection:
            query = select(tables.sweeps.c.payload).order_by(tables.sweeps.c.started.desc(), tables.sweeps.c.id.desc())
            return self._decoded(Sweep, connection.execute(query.add_columns(tables.sweeps.c.id)))

    def sweep(self, name: str = "latest") -> Sweep:
        """The sweep of that id, or whose id begins so; `latest`: the last that did not finish. Raises UnknownName."""
        sweeps = self.sweeps()
        if name == "latest":
            unfinished = [sweep for sweep in sweeps if sweep.state != "finished"]
            if not unfinished:
                raise UnresolvedName("every sweep has finished: there is none to resume")
            return unfinished[0]
        by_id = {sweep.id.lower(): sweep for sweep in sweeps}
        return by_id[resolve(name, by_id, kind="sweep")]

    def save_facts(self, facts: Iterable[Fact]) -> None:
        """Keeps the facts, each in place of what an earlier sweep found of the same call, target and version."""
        with self._database.transaction(write=True) as connection:
            for fact in facts:
                key = digest(
                    "fact",
                    fact.op,
                    fact.params,
                    fact.order,
                    fact.dtype,
                    fact.target,
                    fact.implementation,
                    fact.space,
                    fact.version,
                )
                values = {"op": fact.op, "dtype": fact.dtype, "payload": encode(fact)}
                if not inserted(connection, tables.facts, key=key, **values):
                    connection.execute(update(tables.facts).where(tables.facts.c.key == key).values(**values))

    def facts(self, ops: str | None = None) -> list[Fact]:
        """What sweeps found, by op, params, order, dtype, target and call; ops: a name, patterns with * and ?, separated by commas."""
        query = select(tables.facts.c.payload, tables.facts.c.op)
        if ops:
            query = query.where(matches(tables.facts.c.op, ops))
        with self._database.transaction() as connection:
            facts = self._decoded(Fact, connection.execute(query))
        return sorted(
            facts,
            key=lambda f: (f.op, sorted(map(str, f.params.items())), f.order, f.dtype, f.target, f.implementation, f.version),
        )
