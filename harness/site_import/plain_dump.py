"""A plain dump: read as text, statement by statement. Nothing of it is run, and psql never sees it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import.line_reader import Bytes, LineReader
from harness.site_import.passing_columns import shown
from harness.site_import.source_rows import Block, Lines, Seen, is_wanted
from harness.site_import.sql_statements import COPY, Statement, inserted, names_of, table_columns, table_of

ENCODING = re.compile(rb"SET client_encoding = '(\w+)'", re.I)
_SCHEMA = re.compile(rb"SET search_path = (\w+)\s*,", re.I)
"""As pg_dump wrote it before 2018; since then each table has its schema."""
_META = re.compile(rb"\\(?:un)?restrict\b")
_USUAL = re.compile(
    rb"(SET|SELECT pg_catalog\.(set_config|setval|lo_)|ALTER|CREATE (UNIQUE )?(INDEX|SEQUENCE)|CREATE SCHEMA"
    rb"|COMMENT ON|GRANT|REVOKE|BEGIN|COMMIT|CREATE EXTENSION|DROP|CREATE DATABASE|START TRANSACTION)\b",
    re.I,
)
_COMPLETE = b"-- PostgreSQL database dump complete"


class PlainDump:
    """The file of ``pg_dump`` without ``-F``, with COPY or with INSERTs.

    :param open_: opens the file anew, from its beginning.
    """

    def __init__(self, name: str, open_: Callable[[], AbstractContextManager[Bytes]]) -> None:
        self.name = name
        self.seen = Seen()
        self._open = open_
        self._columns: dict[str, dict[str, str]] | None = None

    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """As ``CREATE TABLE`` says; what comes after the first row is not looked for."""
        if self._columns is None:
            self._columns = {}
            with self._open() as stream:
                for _ in statements(LineReader(stream, self.name), self.name, Seen(), self._columns, lambda _: True):
                    break
        return self._columns

    def blocks(self, wanted: Collection[str] | Callable[[str], bool]) -> Iterator[Block]:
        """The blocks of those tables, in the order of the file."""
        columns: dict[str, dict[str, str]] = {}
        with self._open() as stream:
            yield from statements(LineReader(stream, self.name), self.name, self.seen, columns, wanted, whole=True)


def statements(
    reader: LineReader,
    name: str,
    seen: Seen,
    columns: dict[str, dict[str, str]],
    wanted: Collection[str] | Callable[[str], bool],
    *,
    whole: bool = False,
) -> Iterator[Block]:
    """The blocks of SQL text; ``columns`` is filled as tables are made.

    :param whole: whether the text is a whole file, of which it is told where it breaks off.
    """
    encoding, schema = "utf-8", "public"
    complete = False
    while (line := reader.line()) is not None:
        if not line or line.startswith(b"--"):
            complete = complete or line.startswith(_COMPLETE)
            continue
        place = f"{name}, line {reader.number}"
        if line[:1] == b"\\":
            if not _META.match(line) and line != b"\\.":
                seen.tell("a command of psql is not run", place)
            continue
        if line[:5].upper() == b"COPY " and (copy := COPY.fullmatch(line)):
            table, names = table_of(copy, schema), names_of(copy[4])
            rows = reader.rows()
            if is_wanted(wanted, table):
                yield Block(table, names, rows, encoding)
            for _ in rows:
                pass
            if reader.ended:
                seen.ended = f"it breaks off within {shown(table)}, at line {reader.number + 1}"
                return
            continue
        first = reader.number
        statement = Statement()
        more: bytes | None = line
        while more is not None and not statement.add(more):
            if statement.size > bounds.DUMP_LINE:
                raise ConfigurationFault(
                    f"a statement of more than {bounds.DUMP_LINE >> 20} MiB",
                    where=f"{name}, line {first}",
                    remedy="is it a dump of OAR's database?",
                )
            more = reader.line()
        text = statement.text
        if not statement.whole:
            seen.ended = f"it breaks off within the statement of line {first}"
            break
        if text[:7].upper() == b"INSERT " and (found := inserted(text, schema)):
            table, names, data, strange = found
            if strange:
                seen.tell("an INSERT with something else than plain values is left out", place)
            names = names or tuple(columns.get(table, ()))
            if not names:
                seen.tell("an INSERT into a table whose columns are not known is left out", place)
            if not data or not names or not is_wanted(wanted, table):
                continue
            yield Block(table, names, iter((Lines(first, data),)), encoding)
            continue
        if made := table_columns(text, schema):
            columns[made[0]] = made[1]
        elif match := ENCODING.match(text):
            encoding = python_encoding(match[1], place, seen)
        elif match := _SCHEMA.match(text):
            schema = match[1].decode("ascii", "replace")
        elif not _USUAL.match(text):
            seen.tell("a statement that is none of OAR's data is not run", place)
    if whole and not complete and not seen.ended:
        seen.ended = f"it has no end mark of pg_dump after line {reader.number}"


def python_encoding(name: bytes, place: str, seen: Seen) -> str:
    """Python's name of an encoding of PostgreSQL's; UTF-8, which is told, for one that is not known."""
    words = name.decode("ascii", "replace").lower()
    try:
        return codecs.lookup({"sql_ascii": "utf-8", "latin9": "iso8859-15"}.get(words, words)).name
    except LookupError:
        seen.tell("an encoding that is not known is read as UTF-8", place)
        return "utf-8"
