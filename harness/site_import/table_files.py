"""Files of rows, compressed when they grow large; the same rows always make the same bytes."""

from __future__ import annotations

import gzip
import queue
import threading
from pathlib import Path
from typing import IO, Any

from harness.model.fault import MachineFault

LARGE = 4 << 20
"""Bytes from which a table is compressed: git and people read smaller ones as they are."""

_WAITING = 8
_LEVEL = 1


class TableFile:
    """Rows of one table, written to ``<table>.tsv`` or ``<table>.tsv.gz``, after a line with its columns.

    Compressing goes on in a thread of its own, beside the reading of further rows.
    """

    def __init__(self, folder: Path, table: str, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._path = folder / f"{table}.tsv"
        self._begun: list[bytes] = ["\t".join(columns).encode() + b"\n"]
        self._size = len(self._begun[0])
        self._queue: queue.Queue[bytes | None] | None = None
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None

    def write(self, data: bytes) -> None:
        """More rows, each with its line end; raises MachineFault where the disk does not take them."""
        if self._queue is not None:
            self._queue.put(data)
            if self._error:
                raise _fault(self._path, self._error)
            return
        self._begun.append(data)
        self._size += len(data)
        if self._size > LARGE:
            self._path = self._path.with_suffix(".tsv.gz")
            self._queue = queue.Queue(_WAITING)
            self._thread = threading.Thread(target=self._compress, daemon=True)
            self._thread.start()
            self._queue.put(b"".join(self._begun))
            self._begun.clear()

    def close(self) -> str:
        """The name of the file, when all of it is written."""
        if self._queue is None:
            try:
                self._path.write_bytes(b"".join(self._begun))
            except OSError as error:
                raise _fault(self._path, error) from None
        else:
            self._queue.put(None)
            assert self._thread
            self._thread.join()
            if self._error:
                raise _fault(self._path, self._error)
        return self._path.name

    def _compress(self) -> None:
        assert self._queue
        try:
            with self._path.open("wb") as file, _gzip(file) as packed:
                while (data := self._queue.get()) is not None:
                    packed.write(data)
        except OSError as error:
            self._error = error
            while self._queue.get() is not None:
                pass


def _gzip(file: IO[bytes]) -> Any:
    return gzip.GzipFile("", "wb", _LEVEL, file, mtime=0)


def _fault(path: Path, error: OSError) -> MachineFault:
    return MachineFault(
        f"cannot write it: {error.strerror or error}", where=str(path), remedy="check the folder's rights and space"
    )
