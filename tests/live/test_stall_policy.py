"""When a live case is given up: counted in rounds, on a server that is not there."""

from __future__ import annotations

import pytest

from harness.live import stall_policy
from harness.live.live_limits import LiveLimits
from harness.live.round_counter import RoundCounter
from harness.live.stall_policy import StallPolicy

ENDS = "I|{0}|MetaSched/7||End of Meta Scheduler (elapsed)\n"
KAO = "[ DEBUG] [{0}] [oar.kao.meta_sched::meta_schedule:1320]: End of Meta Scheduler\n" * 2
DIES = """Traceback (most recent call last):
  File "a", line 1, in f
KeyError: 1

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a", line 2, in g
TypeError: no
"""


class Server:
    """A server's log; what is asked of it is counted."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.asked = 0

    def log_size(self) -> int:
        return len(self.text)

    def log(self, since: int = 0) -> str:
        return self.text[since:]

    def ask_for_round(self) -> None:
        self.asked += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that the module looks at: one number, to be set."""
    now = [100.0]
    monkeypatch.setattr(stall_policy.time, "monotonic", lambda: now[0])
    return now


def waiting(server: Server) -> StallPolicy:
    return StallPolicy(server, LiveLimits())


def test_rounds_are_counted_from_the_beginning_and_once() -> None:
    server = Server(ENDS.format(1) + DIES)
    rounds = RoundCounter(server)
    assert (rounds.ended(), rounds.died()) == (0, 0)
    server.text += ENDS.format(2) + KAO.format(3) + KAO.format(4) + DIES
    assert (rounds.ended(), rounds.died()) == (3, 1)


def test_time_alone_ends_nothing(clock: list[float]) -> None:
    server = Server(ENDS.format(0))
    policy = waiting(server)
    clock[0] += 19
    assert not policy.ended(20)
    assert server.asked == 0
    clock[0] += 2
    assert not policy.ended(20)
    assert not policy.ended(20)
    assert server.asked == 1, "the next is asked for when the last is over"


def test_rounds_that_change_nothing_end_it(clock: list[float]) -> None:
    server = Server()
    policy = waiting(server)
    clock[0] += 21
    asked = []
    for number in range(3):
        assert not policy.ended(20)
        asked.append(server.asked)
        server.text += ENDS.format(number)
    assert asked == [1, 2, 3]
    assert policy.ended(20)


def test_rounds_that_die_end_it_too(clock: list[float]) -> None:
    server = Server()
    policy = waiting(server)
    clock[0] += 21
    assert not policy.ended(20)
    server.text += DIES * 3
    assert policy.ended(20)


def test_what_moves_begins_it_again(clock: list[float]) -> None:
    server = Server()
    policy = waiting(server)
    clock[0] += 21
    assert not policy.ended(20)
    server.text += ENDS.format(1) + ENDS.format(2) + ENDS.format(3)
    policy.moved()
    assert not policy.ended(20)
    clock[0] += 21
    assert not policy.ended(20), "rounds from before do not count"


def test_a_server_that_makes_no_round_is_given_up_in_the_end(clock: list[float]) -> None:
    policy = waiting(Server())
    clock[0] += 181
    assert policy.ended(20)


def test_one_death_is_no_reason(clock: list[float]) -> None:
    server = Server()
    policy = waiting(server)
    assert not policy.dies(20, 2)
    server.text += DIES
    clock[0] += 25
    assert not policy.dies(20, 2)
    server.text += DIES
    assert policy.dies(20, 2)
    policy.moved()
    clock[0] += 25
    assert not policy.dies(20, 2)
