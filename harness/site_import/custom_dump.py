"""A dump in pg_dump's custom format (``-Fc``), read without ``pg_restore``.

``pg_restore`` reads no dump of a newer release (that of Debian 12 none of Debian 13's), nor does the package
pgdumplib 4.0.0, which also holds whole tables in memory. The format is that of ``pg_backup_archiver.c`` and
``pg_backup_custom.c``, versions 1.12 to 1.16 (PostgreSQL 9.0 to 18).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import.line_reader import LineReader
from harness.site_import.passing_columns import shown
from harness.site_import.plain_dump import ENCODING, python_encoding, statements
from harness.site_import.source_rows import Block, Seen, is_wanted
from harness.site_import.sql_statements import COPY, names_of, table_columns, table_of

MAGIC = b"PGDMP"
_LEAST, _MOST = (1, 12), (1, 16)
_TEXT = 16 << 20
_DATA, _LARGE_OBJECTS = 1, 3
_POSITION = 2
_ALGORITHMS = ("none", "gzip", "lz4", "zstd")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the table of contents; ``position`` is 0 where it has no data, or no place is written down."""

    id: int
    tag: str
    kind: str
    definition: bytes
    copy: bytes
    position: int


class CustomDump:
    """The file of ``pg_dump -Fc``.

    :param open_: opens the file anew; it must be one that can be sought in.
    """

    def __init__(self, name: str, open_: Callable[[], AbstractContextManager[BinaryIO]]) -> None:
        self.name = name
        self.seen = Seen()
        self._open = open_
        self._contents: _Contents | None = None

    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """As ``CREATE TABLE`` says."""
        found = {}
        for entry in self._read().entries:
            if entry.kind == "TABLE" and (made := table_columns(entry.definition)):
                found[made[0]] = made[1]
        return found

    def blocks(self, wanted: Collection[str] | Callable[[str], bool]) -> Iterator[Block]:
        """The blocks of those tables, in the order of the file."""
        contents = self._read()
        columns = {table: dict(found) for table, found in self.columns().items()}
        with self._open() as file:
            for entry in contents.entries:
                if entry.kind != "TABLE DATA" or not is_wanted(wanted, entry.tag):
                    continue
                place = entry.position or contents.places(file).get(entry.id, 0)
                if not place:
                    self.seen.ended = f"it breaks off before {shown(entry.tag)}"
                    return
                data = _Data(file, contents, entry, place, self.name)
                reader = LineReader(data, f"{self.name}, {shown(entry.tag)}")
                match = COPY.fullmatch(entry.copy) if entry.copy else None
                if match is None:
                    yield from statements(reader, f"{self.name}, {shown(entry.tag)}", self.seen, columns, wanted)
                    continue
                rows = reader.rows()
                yield Block(table_of(match), names_of(match[4]), rows, self._encoding(contents))
                for _ in rows:
                    pass
                if reader.ended:
                    self.seen.ended = f"it breaks off within {shown(entry.tag)}, at row {reader.number + 1}"
                    return

    def _encoding(self, contents: _Contents) -> str:
        found = next((entry for entry in contents.entries if entry.kind == "ENCODING"), None)
        match = ENCODING.match(found.definition) if found else None
        return python_encoding(match[1], self.name, self.seen) if match else "utf-8"

    def _read(self) -> _Contents:
        if self._contents is None:
            with self._open() as file:
                self._contents = _Contents(file, self.name)
            if self._contents.torn:
                self.seen.ended = "it breaks off within its table of contents"
        return self._contents


class _Torn(Exception):
    """The file ends too early."""


class _Contents:
    """The head of the file and its table of contents."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.entries: list[_Entry] = []
        self.torn = False
        self._places: dict[int, int] | None = None
        try:
            self._head()
            self._entries()
            self._end = file.tell()
        except _Torn:
            self.torn = True

    def _head(self) -> None:
        if self._bytes(5) != MAGIC:
            raise self._fault("it is no dump in the custom format", "make one by pg_dump -Fc")
        self.version = (self._byte(), self._byte())
        self._byte()
        self.integer, self.offset, form = self._byte(), self._byte(), self._byte()
        if not _LEAST <= self.version <= _MOST or not 1 <= self.integer <= 8 or not 1 <= self.offset <= 8:
            raise self._fault(
                f"a dump of version {self.version[0]}.{self.version[1]}",
                f"{_LEAST[0]}.{_LEAST[1]} to {_MOST[0]}.{_MOST[1]} are read: give a plain dump (pg_dump -Fp)",
            )
        if form != 1:
            raise self._fault("a dump in the tar or the directory format", "give a plain one, or pg_dump -Fc")
        if self.version >= (1, 15):
            algorithm = self._byte()
            self.compressed = algorithm == 1
            if algorithm > 1:
                which = _ALGORITHMS[algorithm] if algorithm < len(_ALGORITHMS) else str(algorithm)
                raise self._fault(f"a dump compressed by {which}", "give one by pg_dump -Fc --compress=gzip")
        else:
            self.compressed = self.read_int() != 0
        for _ in range(7):  # when it was made
            self.read_int()
        for _ in range(3):  # the database, PostgreSQL's version, pg_dump's
            self._text()

    def _entries(self) -> None:
        count = self.read_int()
        if not 0 <= count <= bounds.ENTRIES:
            raise self._fault(f"a table of contents of {count} entries", "is it whole?")
        for _ in range(count):
            self.entries.append(self._entry())

    def _entry(self) -> _Entry:
        id, _ = self.read_int(), self.read_int()
        self._text(), self._text()
        tag, kind = self._text(), self._text()
        self.read_int()  # section
        definition, _, copy = self._text(), self._text(), self._text()
        schema = (self._text() or b"public").decode("utf-8", "backslashreplace")
        for _ in range(1 if self.version < (1, 14) else 2):  # tablespace, access method
            self._text()
        if self.version >= (1, 16):
            self.read_int()
        for _ in range(2):  # owner, whether it has OIDs
            self._text()
        while self._text() is not None:  # what it depends on
            pass
        flag, position = self._byte(), int.from_bytes(self._bytes(self.offset), "little")
        return _Entry(
            id,
            ("" if schema in ("", "public") else f"{schema}.") + (tag or b"").decode("utf-8", "backslashreplace"),
            (kind or b"").decode("utf-8", "backslashreplace"),
            definition or b"",
            copy or b"",
            position if flag == _POSITION else 0,
        )

    def places(self, file: BinaryIO) -> dict[int, int]:
        """Where the data of each entry begins, of a file that does not say so itself.

        pg_dump writes it down at its end, which it cannot do in a pipe, nor, of PostgreSQL 17, behind a ``>``.
        """
        if self._places is None:
            self._places = {}
            if self.torn:
                return self._places
            self._file = file
            try:
                file.seek(self._end)
                while True:
                    place, kind = file.tell(), self._byte()
                    if kind not in (_DATA, _LARGE_OBJECTS):
                        break
                    self._places[self.read_int()] = place
                    if kind == _LARGE_OBJECTS:
                        while self.read_int():
                            self._skip()
                    else:
                        self._skip()
            except _Torn:
                pass
        return self._places

    def _skip(self) -> None:
        while length := self.read_int():
            if length < 0:
                raise _Torn
            self._file.seek(length, 1)

    def _bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise _Torn
        return data

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def read_int(self) -> int:
        """A number: its sign, then its bytes, the least first."""
        negative = self._byte()
        number = int.from_bytes(self._bytes(self.integer), "little")
        return -number if negative else number

    def _text(self) -> bytes | None:
        length = self.read_int()
        if length > _TEXT:
            raise self._fault(f"a text of {length:,} bytes in its table of contents", "is it whole?")
        return None if length < 0 else self._bytes(length)

    def _fault(self, what: str, remedy: str) -> ConfigurationFault:
        return ConfigurationFault(what, where=self._name, remedy=remedy)


class _Data(io.RawIOBase):
    """The data of an entry: pieces, each after its length, decompressed as they are read."""

    def __init__(self, file: BinaryIO, contents: _Contents, entry: _Entry, place: int, name: str) -> None:
        self._file, self._integer = file, contents.integer
        self._inflate = zlib.decompressobj() if contents.compressed else None
        self._over = False
        file.seek(place)
        head = file.read(2 + self._integer)
        if len(head) < 2 + self._integer:
            self._over = True
        elif head[0] != _DATA or int.from_bytes(head[2:], "little") != entry.id:
            raise ConfigurationFault(
                f"the data of {shown(entry.tag)} is not where its table of contents says",
                where=name,
                remedy="make the dump again",
            )

    def read(self, size: int = -1, /) -> bytes:
        """About as many bytes; none at the end."""
        while not self._over:
            if self._inflate and self._inflate.unconsumed_tail:
                piece = self._inflate.unconsumed_tail
            else:
                head = self._file.read(1 + self._integer)
                length = int.from_bytes(head[1:], "little") if len(head) > self._integer else 0
                if not length or head[0]:
                    self._over = True
                    return self._inflate.flush() if self._inflate else b""
                piece = self._file.read(min(length, bounds.DUMP_LINE))
                if len(piece) < length:
                    self._over = True
            try:
                data = self._inflate.decompress(piece, max(size, 1)) if self._inflate else piece
            except zlib.error:
                self._over = True
                return b""
            if data:
                return data
        return b""
