"""Many rows into many tables with one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg2

from harness.model.bounds import one_line
from harness.model.fault import MachineFault


class Bulk:
    """SQL statements gathered, then sent as one.

    :param cursor: psycopg2's own, below SQLAlchemy.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._statements: list[bytes] = []

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """One ``INSERT`` of all rows, in their order; nothing where there are none."""
        if rows:
            template = "(" + ",".join(["%s"] * len(rows[0])) + ")"
            mogrify = self._cursor.mogrify
            values = b",".join(mogrify(template, row) for row in rows)
            self._statements.append(f"INSERT INTO {table} ({columns}) VALUES ".encode() + values)

    def add(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Any other statement."""
        self._statements.append(self._cursor.mogrify(statement, tuple(values)))

    def send(self) -> None:
        """Execute what was gathered; raises MachineFault where PostgreSQL does not."""
        if self._statements:
            try:
                self._cursor.execute(b";\n".join(self._statements))
            except psycopg2.Error as error:
                # Below SQLAlchemy, whose errors others look for: a server that is gone, or a value it cannot hold.
                words = one_line(str(error).strip().partition("\n")[0], 300)
                raise MachineFault(f"PostgreSQL does not take the rows: {words}") from error
            self._statements.clear()
