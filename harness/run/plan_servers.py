"""Servers on which plans are made, several side by side; one that is lost is replaced."""

from __future__ import annotations

import itertools
import logging
import os
from contextlib import AbstractContextManager
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from harness.engine import ending
from harness.engine.lane import Lane
from harness.model.fault import MachineFault
from harness.oar2.database_clock import written
from harness.plan.plan_server import EPOCH, PlanServer
from harness.run.columns import Column
from harness.run.events import Listener, Stage
from harness.run.lane_provider import LaneProvider, describe_fault

_log = logging.getLogger(__name__)

LIMIT = 120.0
"""Seconds a round may take."""
_SPARE = 3
"""Servers that may be lost and replaced."""
_FEW = 8
"""Cases for which one server suffices: another takes longer to start than it saves."""


def enough(cases: int | None = None) -> int:
    """How many servers keep this machine's processors busy; for that many cases, or without end.

    One more than there are processors, since each waits at times: for PostgreSQL, and for its clock to be set.
    """
    return 1 if cases is not None and cases <= _FEW else (os.cpu_count() or 1) + 1


class PlanServers:
    """A context manager: plan servers with a lane each.

    :param column: what the servers are made for; None: OAR2 alone.
    :param limit: seconds a round may take.
    :ivar plan_servers: what to work on, by number.
    """

    def __init__(
        self,
        provider: LaneProvider,
        column: Column | None,
        count: int,
        *,
        limit: float | None = None,
        notify: Listener = lambda _: None,
        name: str = "plan",
        warm: bool = True,
    ) -> None:
        self._provider = provider
        self._column = column
        self._count = count
        self._limit = LIMIT if limit is None else limit
        self._notify = notify
        self._name = name
        self._warm = warm
        self._names = itertools.count()
        self._spare = _SPARE
        self._lanes: dict[int, AbstractContextManager[Lane]] = {}
        self.plan_servers: list[PlanServer] = []

    def __enter__(self) -> Self:
        try:
            for number in range(self._count):
                self.plan_servers.append(self._open(number))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes.values():
            lane.__exit__(None, None, None)

    def replace(self, number: int, fault: Exception) -> None:
        """Another server in place of one that is gone; raises MachineFault if that does not help."""
        ending.check()
        what = str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]
        self._spare -= 1
        if self._spare < 0 or not self._provider.alive():
            raise MachineFault(
                "a server was lost", where=f"worker {number}", remedy="run it again", detail=what
            ) from fault
        _log.warning("worker %d lost its server: %s", number, what, extra={"shown": True})
        self._notify(Stage(f"a server was lost ({what}); another takes its place"))
        self._lanes.pop(number).__exit__(None, None, None)
        self.plan_servers[number] = self._open(number)

    def _open(self, number: int) -> PlanServer:
        """A server on a lane of its own; if that fails as it starts, a second is tried."""
        try:
            return self._start(number)
        except (MachineFault, SQLAlchemyError) as fault:
            ending.check()
            self._provider.check(fault)
            what = describe_fault(fault)
            _log.warning("worker %d: a server did not start: %s", number, what, extra={"shown": True})
            self._notify(Stage(f"a server did not start ({what}); another is tried"))
            if lane := self._lanes.pop(number, None):
                lane.__exit__(None, None, None)
            return self._start(number)

    def _start(self, number: int) -> PlanServer:
        statements = self._provider.prepared(self._column.source if self._column else None).statements
        name = f"{self._name}-{next(self._names)}"
        lane = self._provider.lane(name, self._column, almighty=False, clock=written(EPOCH))
        self._lanes[number] = lane
        started = lane.__enter__()
        # Two runners in turn: reference and candidate do not share a process, and a hash's seed.
        return PlanServer(started, statements, workers=2, limit=self._limit, warm=self._warm)
