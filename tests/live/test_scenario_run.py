"""The end of a live case, on a server that is not there."""

from __future__ import annotations

import time
from itertools import count

import pytest

from harness.engine import ending
from harness.live import scenario_run
from harness.live.job_states import ServerState
from harness.live.live_limits import LiveLimits
from harness.live.scenario_run import ScenarioRun
from harness.oar2.server import Oar2Server
from harness.workload.scenario import ScenarioJob, parse_scenario

JOB = """
title = "one job"
cluster = "1 nodes x 1 cpus x 2 cores"
kinds = ["live"]
[[job]]
name = "one"
user = "alice"
submit = "oarsub -t noop -l core=1"
"""
ACTION = """
[[action]]
name = "look"
when = "one.Hold"
run = "oarnodes"
"""
SCENARIO = parse_scenario(JOB + ACTION)


class Server(Oar2Server):
    """A server without a log, asked for rounds in vain."""

    database = container = None  # type: ignore[assignment]

    def __init__(self) -> None:
        pass

    def log_size(self) -> int:
        return 0

    def log(self, _: int = 0) -> str:
        return ""

    def ask_for_round(self) -> None:
        pass


class Begun(ScenarioRun):
    """One whose jobs are submitted."""

    def _begin(self) -> list[ScenarioJob]:
        self._start = time.monotonic()
        return []


def run(monkeypatch: pytest.MonkeyPatch, states: list[str], *, moves: bool = False, quiet: float = 20) -> ScenarioRun:
    """Let it run for as long as the limit says, the last state staying."""
    ticks = count()

    def read_state(*_: object, **__: object) -> ServerState:
        tick = next(ticks)
        state = states[min(tick, len(states) - 1)]
        return ServerState(100, {1: (state, tick if moves else 0)})

    monkeypatch.setattr(scenario_run, "read_state", read_state)
    found = Begun(Server(), SCENARIO, LiveLimits(whole=0.3, quiet=quiet, poll=0.01))
    found.run()
    return found


def test_what_still_moves_at_the_limit_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, ["Running"], moves=True).late


def test_what_stands_still_at_the_limit_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(monkeypatch, ["Running"], quiet=0.01)
    assert not found.late
    assert [answer.undone for answer in found.action_runner.answers] == ["it waited for one.Hold in vain"]


ACTION = """
[[action]]
name = "in-vain"
when = "one.Hold"
run = "true"
"""


class Dying(Server):
    """A server whose rounds die."""

    class container:  # noqa: N801
        @staticmethod
        def run(*_: str, check: bool) -> None:
            pass

    def __init__(self, clock: list[float], every: float) -> None:
        self.clock = clock
        self.every = every

    def log_size(self) -> int:
        return 0

    def log(self, _: int = 0) -> str:
        """A round dies every so many seconds."""
        return "Traceback (most recent call last)\n" * int((self.clock[0] - 100) / self.every)


@pytest.mark.parametrize(
    ("more", "state", "every", "seconds"),
    [
        ('runtime = "1:00:00"', "Running", 5, 12),
        ('runtime = "0:00:01"', "Running", 5, 20),
        (ACTION, "Running", 5, 30),
        (ACTION, "Running", 1, 24),
        ("", "Waiting", 5, 12),
        ("", "Waiting", 1, 6),
        ("", "Waiting", 0.1, 4),
        (ACTION, "Waiting", 1, 6),
        (ACTION.replace("one.Hold", "node1.Suspected"), "Waiting", 1, 24),
    ],
)
def test_rounds_that_die_end_it_the_sooner_the_less_is_under_way(
    monkeypatch: pytest.MonkeyPatch, more: str, state: str, every: float, seconds: int
) -> None:
    scenario = parse_scenario(JOB + more)
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(ending, "pause", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    monkeypatch.setattr(scenario_run, "read_state", lambda *_, **__: ServerState(100, {1: (state, 10)}))
    monkeypatch.setattr(Begun, "names", {1: "one"})
    found = Begun(Dying(clock, every), scenario, LiveLimits())
    found.run()
    assert clock[0] - 100 == pytest.approx(seconds, abs=1)
