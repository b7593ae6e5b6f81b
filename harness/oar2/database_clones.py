"""Snapshots: a database as a template, cloned as often as needed."""

from __future__ import annotations

from sqlalchemy import text

from harness.oar2.server import Oar2Server


def clone(server: Oar2Server, source: str, target: str) -> None:
    """``CREATE DATABASE target TEMPLATE source``, owned by oar; nobody may be connected to the source.

    The read-only login keeps what it may read, since privileges on tables are copied with them.
    """
    server.database.dispose()
    _as_admin(server, f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER oar STRATEGY FILE_COPY')


def drop(server: Oar2Server, name: str) -> None:
    """Drop a clone, whoever is connected to it."""
    _as_admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _as_admin(server: Oar2Server, statement: str) -> None:
    with server.administration.connect() as connection:
        connection.execute(text(statement))
