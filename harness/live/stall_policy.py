"""When a live case is given up: nothing moves, though rounds were made."""

from __future__ import annotations

import time

from harness.live.live_limits import LiveLimits
from harness.live.round_counter import RoundCounter, RoundLog


class StallPolicy:
    """Counts what has not happened.

    Seconds alone would give up a slow machine, and left alone the Almighty makes a round a minute. So once nothing
    has moved for long enough rounds are asked for, and only those that change nothing end it.
    """

    def __init__(self, server: RoundLog, limits: LiveLimits) -> None:
        self._server = server
        self._limits = limits
        self._since = time.monotonic()
        self._rounds: RoundCounter | None = None
        self._died: RoundCounter | None = None
        self._asked = -1

    def moved(self) -> None:
        """Begin again: something has."""
        self._since = time.monotonic()
        self._rounds = self._died = None

    @property
    def quiet(self) -> float:
        """Seconds since something moved."""
        return time.monotonic() - self._since

    def dies(self, seconds: float, rounds: int) -> bool:
        """Whether nothing has moved for so long, and so many rounds have died since."""
        if self._died is None:
            self._died = RoundCounter(self._server)
        return self.quiet > seconds and self._died.died() >= rounds

    def ended(self, seconds: float) -> bool:
        """Whether nothing has moved for so long, nor in the rounds that were then asked for."""
        if self.quiet < seconds:
            return False
        if self._rounds is None:
            self._rounds, self._asked = RoundCounter(self._server), -1
        made = max(self._rounds.ended(), self._rounds.died())
        # One more, for the round that may have been under way.
        if made > self._limits.quiet_rounds or self.quiet > self._limits.longest_quiet:
            return True
        if made > self._asked:
            self._asked = made
            self._rounds.ask()
        return False
