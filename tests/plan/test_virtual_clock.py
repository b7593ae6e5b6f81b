"""The virtual clock is set while PostgreSQL reads it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import OperationalError

from harness.plan.plan_server import PlanServer

pytestmark = pytest.mark.engine


def test_no_connection_is_lost_while_the_clock_is_set(plan_server: PlanServer) -> None:
    """libfaketime ends the process that reads an empty clock; each connection's first look is the tender one."""
    before, done, lost = plan_server.clock.now, threading.Event(), []

    def ask() -> None:
        engine = plan_server.server.database_named("postgres", admin=True)
        while not done.is_set():
            try:
                with engine.connect() as connection:
                    connection.exec_driver_sql("SELECT clock_timestamp()")
            except OperationalError as error:
                lost.append(str(error))
            engine.dispose()

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for second in range(1, 301):
            plan_server.clock.set(before + second)
    finally:
        done.set()
        for asker in askers:
            asker.join()
        plan_server.clock.set(before)
    assert lost == []
    with plan_server.server.administration.connect() as connection:
        assert connection.exec_driver_sql("SELECT extract(epoch FROM now())::int").scalar() == before
