"""A running OAR2's database, read through a connection that cannot write, within one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from typing import Any

import psycopg2

from harness.model.bounds import one_line
from harness.model.fault import MachineFault
from harness.site_import.copy_text import encode_row
from harness.site_import.passing_columns import NOT_TAKEN, SMALL, TABLES
from harness.site_import.source_rows import Block, Lines, Seen, is_wanted

_SETTINGS = (
    "-c default_transaction_read_only=on -c statement_timeout=300000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=600000 -c search_path=public"
)
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_COLUMNS = """
    SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
     WHERE table_schema = 'public' ORDER BY table_name, ordinal_position
"""
_TOGETHER = 5000
_REMEDY = "check the address; a role that may read, such as oar_ro, is enough"


class ProductionDatabase:
    """The database that a ``postgresql://`` address names.

    Only columns that pass are asked for: what is left out does not even come over the network. Each reading is one
    transaction of its own, which sees the database as it was when it began.

    :param url: as libpq takes it; a password is better kept in ``~/.pgpass`` than in it.
    """

    def __init__(self, url: str) -> None:
        self.name = "the database"
        self.seen = Seen()
        self._url = url
        self._columns: dict[str, dict[str, str]] | None = None

    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """As PostgreSQL's catalogue says."""
        if self._columns is None:
            with self._connected() as connection:
                self._columns = self._read_columns(connection)
        return self._columns

    def blocks(self, wanted: Collection[str] | Callable[[str], bool]) -> Iterator[Block]:
        """The blocks of those tables; columns and tables that do not pass are named, and empty."""
        with self._connected() as connection:
            try:
                for table, columns in self._read_columns(connection).items():
                    if is_wanted(wanted, table):
                        yield Block(table, tuple(columns), _told(self._lines(connection, table, tuple(columns))))
            except psycopg2.Error as error:
                raise _fault(error) from None

    def _connected(self) -> closing[Any]:
        try:
            connection = psycopg2.connect(
                self._url, options=_SETTINGS, connect_timeout=10, application_name="oar-compat import-site"
            )
            connection.set_client_encoding("UTF8")
            with connection.cursor() as cursor:
                cursor.execute(_SNAPSHOT)
        except psycopg2.Error as error:
            raise _fault(error) from None
        return closing(connection)

    @staticmethod
    def _read_columns(connection: Any) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_COLUMNS)
            for table, column, kind in cursor.fetchall():
                found.setdefault(table, {})[column] = kind
        return found

    @staticmethod
    def _lines(connection: Any, table: str, columns: tuple[str, ...]) -> Iterator[Lines]:
        """The rows, fetched some thousand at a time."""
        if table not in TABLES and table not in SMALL:
            if table in NOT_TAKEN:
                with connection.cursor() as cursor:
                    cursor.execute(f'SELECT count(*) FROM "{table}"')
                    yield Lines(1, b"\n" * cursor.fetchone()[0])
            return
        passing = TABLES[table].columns if table in TABLES else columns
        quoted = ('"' + name.replace('"', '""') + '"' for name in columns)
        asked = (f"{each}::text" if name in passing else "NULL" for name, each in zip(columns, quoted, strict=True))
        first = 1
        with connection.cursor(f"import_{table}") as cursor:
            cursor.itersize = _TOGETHER
            cursor.execute(f'SELECT {", ".join(asked)} FROM "{table}"')
            while rows := cursor.fetchmany(_TOGETHER):
                yield Lines(first, b"".join(map(encode_row, rows)))
                first += len(rows)


def _told(lines: Iterator[Lines]) -> Iterator[Lines]:
    """The same; that the server went away meanwhile is one line."""
    try:
        yield from lines
    except psycopg2.Error as error:
        raise _fault(error) from None


def _fault(error: psycopg2.Error) -> MachineFault:
    words = one_line(str(error).strip().partition("\n")[0], 300)
    return MachineFault(f"PostgreSQL says: {words}", where="the database", remedy=_REMEDY)
