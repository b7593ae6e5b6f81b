"""What a source is: looked at before it is read, so that what is none of OAR's is one clear line."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import is_file, is_folder, matching, named, open_plain, read_text
from harness.site_import.custom_dump import MAGIC, CustomDump
from harness.site_import.plain_dump import PlainDump

_HEAD = 64 << 10
_GZIP = b"\x1f\x8b"
_OTHER_PACKERS = {b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_MYSQL = re.compile(rb"-- (MySQL|MariaDB) dump|/\*!\d{5} SET|/\*M!|ENGINE=(InnoDB|MyISAM)", re.I)
_SQL = re.compile(rb"^(-- PostgreSQL database dump|COPY [\w.\"]+ \(|INSERT INTO |CREATE TABLE |SET \w+ = )", re.M)
_SQLITE = b"SQLite format 3\0"
_CONF = re.compile(rb"^\s*[A-Z][A-Z0-9_]+\s*=", re.M)
_QUOTAS = b"$Gantt_quotas"
_NODES = re.compile(rb"^network_address ?: ", re.M)
_JOBS = re.compile(rb"^(Job_Id: \d+|Job id\s+S User)", re.M)


class Kind(StrEnum):
    """Kinds of sources."""

    PLAIN = "a plain dump"
    CUSTOM = "a dump in the custom format"
    CONF = "oar.conf"
    QUOTAS = "scheduler_quotas.conf"
    OAR3_QUOTAS = "OAR3's quotas"
    JSON = "JSON"
    YAML = "YAML"
    NODES = "what oarnodes prints"
    JOBS = "what oarstat prints"
    RULES = "a folder of admission rules"
    DATABASE = "a database"


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is named on the command line.

    :ivar name: what it is called in reports: a file's name without its folders, which may tell who ran it.
    """

    kind: Kind
    name: str
    path: Path
    packed: bool = False
    url: str = ""

    def dump(self, position: Position) -> PlainDump | CustomDump:
        """Its rows, if it is a dump."""
        if self.kind is Kind.CUSTOM:
            return CustomDump(self.name, lambda: opened(self, position))
        return PlainDump(self.name, lambda: opened(self, position))


@dataclass(slots=True)
class Position:
    """How far a file is read, for the progress."""

    read: int = 0
    size: int = 0


class _Counted(io.RawIOBase):
    """A file that counts what is read of it."""

    def __init__(self, file: BinaryIO, position: Position) -> None:
        self._file, self._position = file, position

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._position.read = self._file.tell()
        return data

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextlib.contextmanager
def opened(source: Source, position: Position) -> Iterator[BinaryIO]:
    """A file's content, unpacked; raises ConfigurationFault where it is torn."""
    with open_plain(source.path, most=bounds.DUMP) as file:
        position.size = source.path.stat().st_size
        counted = cast(BinaryIO, _Counted(file, position))
        if not source.packed:
            yield counted
            return
        try:
            with gzip.GzipFile(fileobj=counted) as unpacked:
                yield cast(BinaryIO, _Torn(unpacked))
        except zlib.error:
            raise ConfigurationFault("it is no whole gzip", where=source.name, remedy="copy it again") from None


class _Torn:
    """A packed file that ends where it is torn, as a plain one does."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except EOFError:
            return b""
        except (zlib.error, gzip.BadGzipFile):
            return b""


def find_sources(names: list[str]) -> list[Source]:
    """The sources of a command line; a folder stands for what is in it."""
    found: list[Source] = []
    for name in names:
        if name.startswith(("postgresql://", "postgres://")):
            found.append(Source(Kind.DATABASE, "the database", Path(), url=name))
            continue
        path = Path(name)
        if is_folder(path):
            found += _in_folder(path)
        else:
            found.append(look(path))
    if not found:
        raise ConfigurationFault("there is no source", where=" ".join(names), remedy="name a dump, or an oar.conf")
    return found


def _in_folder(folder: Path) -> list[Source]:
    entries = matching(folder, "*")
    if is_file(folder / "toc.dat"):
        raise ConfigurationFault(
            "a dump in the directory format", where=named(folder), remedy="give a plain one, or pg_dump -Fc"
        )
    if any(re.fullmatch(r"-?\d+.*\.pl(\.disabled)?", entry.name) for entry in entries):
        return [Source(Kind.RULES, folder.name, folder)]
    return [look(entry) for entry in entries if is_file(entry) and not entry.name.startswith(".")]


def look(path: Path) -> Source:
    """What a file is; raises ConfigurationFault for what is none of these."""
    with open_plain(path, most=bounds.DUMP) as file:
        head = file.read(_HEAD)
    name = named(Path(path.name))
    packed = head.startswith(_GZIP)
    if packed:
        with (
            contextlib.suppress(EOFError, OSError, zlib.error),
            open_plain(path, most=bounds.DUMP) as file,
            gzip.GzipFile(fileobj=file) as unpacked,
        ):
            head = unpacked.read(_HEAD)
    return Source(_kind(head, path, packed), name, path, packed)


def _is_quotas(path: Path) -> bool:
    """Whether a file of JSON is OAR3's of quotas."""
    try:
        content = json.loads(read_text(path, most=bounds.RECORD))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("quotas"), dict)


def _kind(head: bytes, path: Path, packed: bool) -> Kind:
    where = named(path)
    for magic, program in _OTHER_PACKERS.items():
        if head.startswith(magic):
            raise ConfigurationFault(f"it is packed by {program}", where=where, remedy="unpack it, or use gzip")
    if head.startswith(MAGIC):
        if packed:
            raise ConfigurationFault("a dump in the custom format, packed again", where=where, remedy="gunzip it")
        return Kind.CUSTOM
    if _MYSQL.search(head):
        raise ConfigurationFault(
            "this is a dump of MySQL or MariaDB, and only those of PostgreSQL are read",
            where=where,
            remedy="give oarnodes -J, oarstat -f -J and oar.conf of that server instead",
        )
    if head.startswith(_SQLITE) or head[257:262] == b"ustar":
        raise ConfigurationFault(
            "this is a database of SQLite, or a tar archive",
            where=where,
            remedy="give what pg_dump -Fc makes",
        )
    stripped = head.lstrip()
    if stripped.startswith((b"{", b"[")):
        return Kind.JSON if packed or not _is_quotas(path) else Kind.OAR3_QUOTAS
    if stripped.startswith(b"<"):
        raise ConfigurationFault("XML is not read", where=where, remedy="give what -J prints instead of -X")
    if stripped.startswith(b"---"):
        return Kind.YAML
    if _SQL.search(head):
        return Kind.PLAIN
    if _QUOTAS in head:
        return Kind.QUOTAS
    if _NODES.search(head):
        return Kind.NODES
    if _JOBS.search(head):
        return Kind.JOBS
    if _CONF.search(head):
        return Kind.CONF
    raise ConfigurationFault(
        "this is nothing that is known: a dump, oar.conf, quotas, or what oarnodes and oarstat print",
        where=where,
        remedy="check the file",
    )
