"""The virtual clock: PostgreSQL's own, standing still until it is set. Both metaschedulers ask it what time it is."""

from __future__ import annotations

from harness.engine.lane import Lane
from harness.oar2.database_clock import written

_FILE = "/pgdata/clock/now"


class VirtualClock:
    """The clock of a lane that was started with one (``LaneSpec.clock``)."""

    def __init__(self, lane: Lane, epoch: int) -> None:
        self._lane = lane
        self._epoch = epoch

    @property
    def now(self) -> int:
        """What it shows, epoch seconds."""
        return self._epoch

    def set(self, epoch: int) -> None:
        """Let it show another moment, from now on and to every database of the lane."""
        if epoch != self._epoch:
            # Renamed into place: libfaketime ends the process that finds the file empty, and PostgreSQL with it.
            script = f"printf '%s\\n' '{written(epoch)}' > {_FILE}.new && mv {_FILE}.new {_FILE}"
            self._lane.postgres.run("sh", "-c", script)
            self._epoch = epoch
