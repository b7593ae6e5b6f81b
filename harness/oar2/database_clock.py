"""What time it is to OAR: PostgreSQL's clock, asked here alone.

Everything that the harness compares with OAR's moments is asked of the database, never of this machine's clock: plan
cases freeze PostgreSQL's (``plan/virtual_clock.py`` sets what libfaketime reads, ``LaneSpec.clock`` starts it), and
live cases let it run. OAR's columns hold whole seconds since 1970 of UTC, and so do all epochs of the harness; the
servers' own time zone is UTC, in which ``oarsub`` reads the dates of ``-r``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

ZONE = UTC
"""The servers' time zone."""
NOW = "floor(extract(epoch FROM current_timestamp))::int"
"""SQL: the moment at which the transaction began, epoch seconds."""


def now_in(connection: Connection) -> int:
    """When the connection's transaction began, epoch seconds."""
    return int(connection.scalar(text(f"SELECT {NOW}")) or 0)


def now(database: Engine) -> int:
    """The database's clock, epoch seconds."""
    with database.connect() as connection:
        return now_in(connection)


def written(epoch: int) -> str:
    """A moment as a server's clock shows it, and libfaketime and ``oarsub -r`` read it."""
    return datetime.fromtimestamp(epoch, ZONE).strftime("%Y-%m-%d %H:%M:%S")
