"""Whose processor time: that of OAR and PostgreSQL, and the harness's own; and how busy the machine is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.engine.container import LaneContainer
from harness.engine.lane import Lane

# Our programs that outlive a round; those that they fork are OAR's.
_OURS = (
    "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' < $p/cmdline) in"
    " *python3*/inside/rounds.py*|*python3*/agent.py*) cat $p/stat;; esac; done 2>/dev/null; true"
)


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of processor time so far.

    :ivar oar: of everything in the servers' containers but our own programs there.
    :ivar postgresql: of everything in the databases' containers, cloning included.
    :ivar own: of this process, and of our programs in the containers.
    """

    oar: float
    postgresql: float
    own: float

    def since(self, before: Usage) -> Usage:
        """What was added."""
        return Usage(self.oar - before.oar, self.postgresql - before.postgresql, self.own - before.own)

    @property
    def total(self) -> float:
        """All of it."""
        return self.oar + self.postgresql + self.own

    @property
    def share(self) -> float:
        """Our own over OAR's and PostgreSQL's."""
        return self.own / (self.oar + self.postgresql)


def usage(lanes: Iterable[Lane]) -> Usage:
    """The processor time used so far by those lanes and by this process."""
    oar = postgresql = 0.0
    own = time.process_time()
    for lane in lanes:
        inside = _ticks(lane.server.run("sh", "-c", _OURS).stdout) / os.sysconf("SC_CLK_TCK")
        own += inside
        oar += _seconds(lane.server) - inside
        postgresql += _seconds(lane.postgres)
    return Usage(oar, postgresql, own)


def _seconds(container: LaneContainer) -> float:
    stats: Any = container.get_wrapped_container().stats(stream=False, one_shot=True)
    return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


def _ticks(stats: str) -> int:
    """The sum of ``utime`` and ``stime`` of lines of ``/proc/<pid>/stat``."""
    fields = (line.rpartition(")")[2].split() for line in stats.splitlines() if line)
    return sum(int(each[11]) + int(each[12]) for each in fields)


def load() -> str:
    """How busy the machine is, in words: other work on it makes every figure worse."""
    return f"{os.cpu_count()} processors, load of the last minute {os.getloadavg()[0]:.1f}"
