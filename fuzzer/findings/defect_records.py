"""Defect records: what a store keeps of defects beyond one run, as text that `fuzzer.defects` writes and reads."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update

from ulpfuzz.fuzzer.findings import tables
from ulpfuzz.fuzzer.findings.records import Records, inserted


class DefectRecords(Records):
    """Defects and their case files. Every method raises StoreError."""

    def save_defects(self, payloads: Mapping[str, str]) -> None:
        """Keeps a text for each id of a defect, in place of the one before."""
        with self._database.transaction(write=True) as connection:
            for name, payload in payloads.items():
                if not inserted(connection, tables.defects, id=name, payload=payload):
                    connection.execute(update(tables.defects).where(tables.defects.c.id == name).values(payload=payload))

    def defects(self) -> dict[str, str]:
        """Id -> text of every defect that was kept, in the order of the ids."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(tables.defects.c.id, tables.defects.c.payload))
            return dict(sorted((name, payload) for name, payload in rows))

    def save_case_file(self, defect: str, face: str, key: str, payload: str) -> None:
        """Keeps the case file of a defect, in place of the one before."""
        values = {"face": face, "key": key, "payload": payload}
        with self._database.transaction(write=True) as connection:
            if not inserted(connection, tables.case_files, defect=defect, **values):
                connection.execute(update(tables.case_files).where(tables.case_files.c.defect == defect).values(**values))

    def case_files(self) -> dict[str, str]:
        """Id of a defect -> its case file, in the order of the ids."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(tables.case_files.c.defect, tables.case_files.c.payload))
            return dict(sorted((name, payload) for name, payload in rows))
