"""SQL that users wrote (``-p``, the braces of ``-l``), asked of PostgreSQL by the harness: it ends at a limit.

``-p "pg_sleep(100) IS NOT NULL"`` sleeps for each resource. The limit is PostgreSQL's own ``statement_timeout``, set
for the one statement: OAR's own connections are as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import psycopg2.errors
from sqlalchemy.exc import DBAPIError

from harness.model.fault import MachineFault

SECONDS = 30.0
"""What all conditions of a scenario may take together; ordinary ones take milliseconds. A round may take 120 s, in
which the scheduler asks for each of them again."""


class SlowCondition(MachineFault):
    """PostgreSQL did not answer a user's condition within the limit: nothing can be said of the case."""


class UsersSql:
    """Time for users' SQL on one connection, within one transaction.

    :param execute: executes a statement there.
    :param seconds: for all that is asked; what is over is :class:`SlowCondition`.
    """

    def __init__(self, execute: Callable[[str], Any], seconds: float = SECONDS) -> None:
        self._execute = execute
        self._seconds = seconds
        self._left = seconds

    @contextmanager
    def asking(self, *conditions: str) -> Iterator[None]:
        """Ask within; afterwards other statements of the transaction have no limit but their own."""
        if self._left < 0.001:
            raise self._slow(conditions)
        self._execute(f"SET LOCAL statement_timeout = {max(1, int(self._left * 1000))}")
        began = time.monotonic()
        try:
            yield
        except (psycopg2.errors.QueryCanceled, DBAPIError) as error:
            if isinstance(getattr(error, "orig", error), psycopg2.errors.QueryCanceled):
                raise self._slow(conditions) from None
            raise
        finally:
            self._left -= time.monotonic() - began
        self._execute("SET LOCAL statement_timeout TO DEFAULT")

    def _slow(self, conditions: tuple[str, ...]) -> SlowCondition:
        asked = "; ".join(conditions)
        return SlowCondition(
            f"PostgreSQL did not say within {self._seconds:g} s which resources fulfil {asked!r}",
            remedy="write a condition that takes less: the schedulers ask for it in every round",
        )
