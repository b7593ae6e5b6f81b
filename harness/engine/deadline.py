"""Waiting with an end: every wait of the harness has a limit, and says what it waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from harness.engine import ending
from harness.model.fault import MachineFault

T = TypeVar("T")
_GLANCE = 0.5
"""Seconds after which a wait looks whether the run is being ended."""


class Late(MachineFault):
    """What was waited for did not come in time."""


class Deadline:
    """A limit that begins to run when it is made.

    :param what: what is waited for, as the message begins: ``PostgreSQL``, ``the agent's answer to `ls```.
    :param seconds: how long, by a clock that nobody sets.
    :param where: see :class:`~harness.model.fault.Fault`.

    Whatever waits by it raises Late when it is over, and :class:`~harness.engine.ending.Ended` where the run is being
    ended.
    """

    def __init__(self, what: str, seconds: float, *, where: str = "") -> None:
        self.what = what
        self.seconds = seconds
        self.where = where
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, none of them negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._end

    def late(self, detail: str = "") -> Late:
        """What to raise where it has passed."""
        return Late(f"{self.what} did not come in {self.seconds:g} s", where=self.where, detail=detail)

    def check(self) -> None:
        """Raise where it has passed, or the run is being ended."""
        ending.check()
        if self.over:
            raise self.late()

    def pause(self, seconds: float) -> None:
        """Sleep, but not beyond it."""
        ending.pause(min(seconds, self.left))

    def result(self, future: Future[T]) -> T:
        """A future's result."""
        while True:
            self.check()
            try:
                return future.result(min(_GLANCE, self.left))
            except FutureTimeout:
                if future.done():
                    raise

    def until(self, probe: Callable[[], T], every: float = 0.1) -> T:
        """The first true answer of a probe."""
        while not (answer := probe()):
            self.check()
            self.pause(every)
        return answer
