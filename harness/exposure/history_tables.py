"""The tables of a site's history as import-site writes them, row by row: ``database/<table>.tsv``, or ``.tsv.gz``."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from operator import itemgetter
from pathlib import Path

from harness.model.fault import ConfigurationFault

_CHUNK = 1 << 20
NULL = b"\\N"


class HistoryTable:
    """One table.

    :ivar columns: in their order; none if there is no such table.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._path = next(
            (path for suffix in (".tsv", ".tsv.gz") if (path := folder / f"{name}{suffix}").is_file()), None
        )
        self.columns: tuple[str, ...] = ()
        if self._path:
            with self._open() as file:
                self.columns = tuple(self._guarded(file.readline, 1 << 16).decode("ascii", "replace").split())

    def __bool__(self) -> bool:
        return self._path is not None

    @property
    def where(self) -> str:
        """Its file."""
        return str(self._path or self._name)

    def pieces(self) -> Iterator[bytes]:
        """Its rows, some thousand whole lines at a time."""
        if self._path is None:
            return
        with self._open() as file:
            self._guarded(file.readline, 1 << 16)
            rest = b""
            while piece := self._guarded(file.read, _CHUNK):
                head, end, tail = (rest + piece).rpartition(b"\n")
                if end:
                    yield head
                rest = tail
                if len(rest) > 16 * _CHUNK:
                    raise ConfigurationFault(
                        "a line without an end", where=self.where, remedy="import the site again"
                    )
            if rest:
                yield rest

    def rows(self, names: Sequence[str], absent: bytes = NULL) -> Iterator[tuple[bytes, ...]]:
        """Those columns of each row, two at least; ``absent`` in place of a column that the table has not.

        Raises ConfigurationFault for a row of another number of columns.
        """
        width = len(self.columns)
        places = [self.columns.index(name) if name in self.columns else width for name in names]
        pick, padded = itemgetter(*places), width in places
        number = 1
        for piece in self.pieces():
            for line in piece.split(b"\n"):
                number += 1
                fields = line.split(b"\t")
                if len(fields) != width:
                    what = f"{len(fields)} fields, and {width} columns"
                    raise ConfigurationFault(what, where=f"{self.where}:{number}", remedy="import it again")
                if padded:
                    fields.append(absent)
                yield pick(fields)

    @contextlib.contextmanager
    def numbers(self) -> Iterator[None]:
        """A field that should be a number and is none is a ConfigurationFault."""
        try:
            yield
        except ValueError as error:
            raise ConfigurationFault(
                f"a field is no number: {str(error)[-60:]}", where=self.where, remedy="import it again"
            ) from None

    def number(self, text: bytes) -> int:
        """A field as a number; no value is 0. Raises ConfigurationFault if it is none."""
        if text == NULL:
            return 0
        try:
            return int(text)
        except ValueError:
            raise ConfigurationFault(
                f"{text[:40].decode('utf-8', 'replace')!r} is no number", where=self.where, remedy="import it again"
            ) from None

    def _open(self) -> gzip.GzipFile | BufferedReader:
        assert self._path
        try:
            return gzip.open(self._path, "rb") if self._path.suffix == ".gz" else self._path.open("rb")
        except OSError as error:
            raise ConfigurationFault(f"cannot read it: {error.strerror or error}", where=self.where) from None

    def _guarded(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise ConfigurationFault(f"cannot read it: {error}", where=self.where, remedy="import it again") from None
