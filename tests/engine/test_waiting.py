"""The one way of waiting: what is asked, for how long, and what is said if it does not come."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from harness.engine import ending
from harness.engine.deadline import Deadline, Late, until


@pytest.fixture
def being_ended() -> Iterator[None]:
    """As after a signal; not so afterwards."""
    ending.begin()
    yield
    ending.uninstall()


def test_until_returns_the_first_true_answer() -> None:
    answers = iter([0, "", None, "there", "later"])
    assert until(lambda: next(answers), "it", seconds=60, every=0) == "there"


def test_late_says_what_was_waited_for_where_and_for_how_long() -> None:
    with pytest.raises(Late) as caught:
        until(lambda: False, "PostgreSQL", seconds=0.01, every=0.001, where="lane-1", detail="its log")
    assert str(caught.value) == "lane-1: PostgreSQL did not come in 0.01 s"
    assert caught.value.detail == "its log"


def test_a_condition_is_asked_once_even_if_there_is_no_time() -> None:
    assert until(lambda: 1, "it", seconds=0) == 1
    assert Deadline("it", 0).came(lambda: True)
    assert not Deadline("it", 0).came(lambda: False)


def test_what_a_condition_itself_waited_for_in_vain_is_raised() -> None:
    inner = Late("an answer to `ls`")

    def frozen() -> bool:
        raise inner

    with pytest.raises(Late) as caught:
        Deadline("the container", 60).came(frozen)
    assert caught.value is inner


@pytest.mark.usefixtures("being_ended")
def test_nobody_waits_while_the_run_is_being_ended() -> None:
    with pytest.raises(ending.Ended):
        until(lambda: False, "it", seconds=60)
    with pytest.raises(ending.Ended):
        Deadline("it", 60).came(lambda: False)
    with pytest.raises(ending.Ended):
        Deadline("it", 60).glance(threading.Event())


@pytest.mark.usefixtures("being_ended")
def test_threads_are_joined_all_the_same() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, daemon=True)
    thread.start()
    assert not Deadline("its end", 0.01).join(thread)
    over.set()
    assert Deadline("its end", 60).join(thread)
