"""A PostgreSQL that takes a connection and says nothing is given up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from harness.engine import ending
from harness.oar2 import postgres_timeouts
from harness.oar2.database import connect


@pytest.fixture
def silent() -> Iterator[int]:
    """A port at which somebody listens, as the kernel does for a frozen process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_server_that_does_not_answer_is_given_up_and_named(silent: int) -> None:
    with pytest.raises(OperationalError, match=r"no answer of PostgreSQL in 0\.2 s"), postgres_timeouts.within(0.2):
        connect(silent, "x").connect()
    with (
        pytest.raises(OperationalError, match=r"in 0\.1 s"),
        postgres_timeouts.within(5),
        postgres_timeouts.within(0.1),
    ):
        connect(silent, "x").connect()


def test_who_waits_for_it_hears_that_the_run_is_ended(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_timeouts, "_GLANCE", 10)
    heard: list[BaseException] = []

    def ask() -> None:
        try:
            connect(silent, "x").connect()
        except BaseException as error:
            heard.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        ending.begin()
        asking.join(30)
    finally:
        ending.uninstall()
    assert [type(error) for error in heard] == [ending.Ended]
