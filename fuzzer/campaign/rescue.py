"""Rescue: what a run found is not lost with its database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ulpfuzz.fuzzer.findings.database import Gone
from ulpfuzz.fuzzer.findings.file_name import file_name
from ulpfuzz.fuzzer.findings.finding import CellSummary, Finding, Run
from ulpfuzz.fuzzer.findings.schema import StoreError
from ulpfuzz.fuzzer.findings.store import Store


class Unsaved:
    """The shards of a run that its store did not take yet; what becomes of them where it takes none any more: `guarded`."""

    def __init__(self, store: Store, run: Run) -> None:
        self._store, self._run = store, run
        self._waiting: list[tuple[str, str, Sequence[CellSummary], Sequence[Finding]]] = []

    def save(self, shard: str, payload: str, cells: Sequence[CellSummary], findings: Sequence[Finding]) -> None:
        """Saves a shard in the store. Raises StoreError; the shard is kept here then."""
        self._waiting.append((shard, payload, cells, findings))
        self._store.save_shard(self._run.id, shard, payload, cells, findings)
        self._waiting.clear()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Writes a rescue file, a database that `ulpfuzz db merge` takes, where what stands inside ends with a StoreError: beside the database,
        or in the folder for temporary files. It holds the run as far as it came where the database's file is gone, and what could not be
        saved. The error that is raised names it."""
        try:
            yield
        except StoreError as error:
            gone = isinstance(error, Gone)
            if not gone and not self._waiting:
                raise
            said = str(error)
            for folder in dict.fromkeys((self._folder(), Path(tempfile.gettempdir()))):
                try:
                    kept = self._write(folder, whole=gone)
                except (StoreError, OSError) as failure:
                    said += f"; nothing could be rescued to {folder}: {failure}"
                    continue
                raise StoreError(f"{said}; what the run found is in {kept}: `ulpfuzz db merge {kept}` takes it") from None
            raise StoreError(said) from None

    def _folder(self) -> Path:
        file = self._store.database.file
        return Path.cwd() if file is None else file.parent

    def _write(self, folder: Path, *, whole: bool) -> Path:
        if not folder.is_dir():
            raise StoreError("no such folder")
        file = self._store.database.file
        path = folder / f"{file.name if file is not None else 'ulpfuzz.db'}.rescue-{file_name(self._run.id)}.db"
        if whole:
            self._store.database.copy_to(path)
        with Store(f"sqlite:///{path}") as rescued:
            rescued.start_run(self._run, resumed=True)
            for shard, payload, cells, findings in self._waiting:
                rescued.save_shard(self._run.id, shard, payload, cells, findings)
        return path
