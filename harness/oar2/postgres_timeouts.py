"""How long PostgreSQL may take to answer: libpq by itself waits for ever for a server that is frozen.

Neither ``connect_timeout`` nor ``statement_timeout`` nor the kernel's keepalives help there: the connection stands,
the kernel of the frozen server acknowledges every byte, and the server that would look at its clock does not run. So
psycopg2 is told to wait by a function of ours, for each connection and each statement.
"""

from __future__ import annotations

import contextlib
import select
import threading
from collections.abc import Iterator
from typing import Any

import psycopg2
from psycopg2 import extensions

from harness.engine import ending
from harness.engine.deadline import Deadline

SECONDS = 60.0
"""How long a connection or a statement may take. The longest copies a database, in a second or so."""
_GLANCE = 500
"""Milliseconds after which a wait looks whether the run is being ended."""
_EVENTS = {extensions.POLL_READ: select.POLLIN | select.POLLPRI, extensions.POLL_WRITE: select.POLLOUT}
_local = threading.local()


def install() -> None:
    """Let psycopg2 wait by :func:`wait` in this process."""
    extensions.set_wait_callback(wait)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Another limit for what this thread asks meanwhile."""
    before = getattr(_local, "seconds", SECONDS)
    _local.seconds = seconds
    try:
        yield
    finally:
        _local.seconds = before


def wait(connection: Any) -> None:
    """Wait for an answer; raises psycopg2's OperationalError where none comes, and Ended where the run is ended.

    psycopg2 closes a connection on which this raises.
    """
    deadline = Deadline("an answer of PostgreSQL", getattr(_local, "seconds", SECONDS))
    while (state := connection.poll()) != extensions.POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), _EVENTS[state])
        while not poll.poll(min(_GLANCE, 1000 * deadline.left)):
            ending.check()
            if deadline.over:
                raise psycopg2.OperationalError(f"no answer of PostgreSQL in {deadline.seconds:g} s")
