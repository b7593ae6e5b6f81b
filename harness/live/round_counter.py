"""The rounds of the metascheduler that a server has made since a moment, counted in its log."""

from __future__ import annotations

from typing import Protocol

_ENDS = "End of Meta Scheduler"
"""What both metaschedulers write at the end of a round that did not die."""
_DIES = "Traceback (most recent call last)"
_SAME = ("The above exception was the direct cause of", "During handling of the above exception, another")
"""What stands between two tracebacks of one death."""


class RoundLog(Protocol):
    """A server whose rounds can be counted and asked for, as :class:`~harness.oar2.server.Oar2Server` is."""

    def log_size(self) -> int:
        """Bytes that OAR has logged so far."""

    def log(self, since: int = 0) -> str:
        """What OAR has logged behind so many bytes."""

    def ask_for_round(self) -> None:
        """Have the Almighty make a round."""


class RoundCounter:
    """Counts from its making on."""

    def __init__(self, server: RoundLog) -> None:
        self._server = server
        self._mark = server.log_size()

    def ended(self) -> int:
        """Rounds that came to their end; kao of OAR3 writes each line twice, with the same time."""
        lines = self._server.log(self._mark).splitlines()
        return len({line for line in lines if _ENDS in line})

    def died(self) -> int:
        """Programs that ended in a traceback."""
        log = self._server.log(self._mark)
        return log.count(_DIES) - sum(map(log.count, _SAME))

    def ask(self) -> None:
        """Ask the Almighty for a round; it makes one within some 10 s, and 5 s after the last at the earliest."""
        self._server.ask_for_round()
