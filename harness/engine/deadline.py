"""Waiting with an end: every wait of the harness has a limit, and says what it waited for.

Of PyPI's packages polling2 sleeps on while the run is being ended by a signal, and tenacity, which can be given
another sleep, raises an error that does not say what was waited for; either would need a wrapper as long as this.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from harness.engine import ending
from harness.model.fault import MachineFault

T = TypeVar("T")
_log = logging.getLogger(__name__)
_GLANCE = 0.5
"""Seconds after which a wait checks whether the run is being ended."""


class Late(MachineFault):
    """What was waited for did not come in time."""


class Deadline:
    """A limit that begins to run when it is made.

    :param what: what is waited for, as the message begins: ``PostgreSQL``, ``the agent's answer to `ls```.
    :param seconds: how long, by a clock that nobody sets.
    :param where: with ``detail``, see :class:`~harness.model.fault.Fault`.

    Whatever waits by it raises Late when it is over, unless it says otherwise, and
    :class:`~harness.engine.ending.Ended` if the run is being ended.
    """

    def __init__(self, what: str, seconds: float, *, where: str = "", detail: str = "") -> None:
        self.what = what
        self.seconds = seconds
        self.where = where
        self.detail = detail
        self._late: Late | None = None
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, none of them negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._end

    def late(self) -> Late:
        """What to raise if it has passed."""
        self._late = Late(f"{self.what} did not come in {self.seconds:g} s", where=self.where, detail=self.detail)
        return self._late

    def check(self) -> None:
        """Raise if it has passed, or the run is being ended."""
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

    def until(self, condition: Callable[[], T], every: float = 0.1) -> T:
        """The first true answer of a condition, which is asked again after so many seconds."""
        while not (answer := condition()):
            self.check()
            self.pause(every)
        return answer

    def came(self, condition: Callable[[], object], every: float = 0.1) -> bool:
        """Whether a condition became true in time; does not raise Late."""
        try:
            self.until(condition, every)
        except Late as late:
            if late is not self._late:
                raise
            _log.debug("%s", late)
            return False
        return True

    def glance(self, changed: threading.Condition | threading.Event) -> None:
        """Wait for a condition's or event's next change, or a moment; to be called until what is waited for is so."""
        ending.check()
        changed.wait(min(_GLANCE, self.left))

    def join(self, thread: threading.Thread) -> bool:
        """Whether a thread has ended in time; also while the run is being ended, and does not raise."""
        while thread.is_alive() and not self.over:
            thread.join(min(_GLANCE, self.left))
        return not thread.is_alive()


def until(
    condition: Callable[[], T], what: str, *, seconds: float, every: float = 0.1, where: str = "", detail: str = ""
) -> T:
    """Ask a condition until its answer is true, and return that.

    :param what: what is waited for, as Late's message begins.
    :param seconds: how long at most. :param every: seconds between two questions.

    Raises Late, with ``where`` and ``detail``, and :class:`~harness.engine.ending.Ended` if the run is being ended.

    >>> until(lambda: "ready" in log(), "PostgreSQL", seconds=30)  # doctest: +SKIP
    True
    """
    return Deadline(what, seconds, where=where, detail=detail).until(condition, every)
