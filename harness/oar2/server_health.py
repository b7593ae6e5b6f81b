"""Whether the machinery below an OAR server is intact, asked whenever an observation would blame OAR for something.

The one place where trouble of the machine is told from a crash of OAR: containers, memory, disks, PostgreSQL, the
Almighty's process, and what the logs say of signals. A program of OAR that dies of itself is none of it: its exit
code, its traceback, a signal that it earns, the memory that it may not have.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from harness.engine import ending
from harness.engine.container_health import ended_among, look_into
from harness.model.fault import LostServer, MachineFault
from harness.oar2 import postgres_timeouts
from harness.oar2.log_symptoms import almighty_ended, killed_program, no_room, severed
from harness.oar2.server import Oar2Server

_SECONDS = 20.0
"""How long PostgreSQL may take to say who it is."""
_IDENTITY = text(
    "SELECT pg_postmaster_start_time()::text,"
    " (SELECT min(pid) FROM pg_stat_activity WHERE backend_type = 'checkpointer')"
)
"""The checkpointer is another after PostgreSQL has lost a process and begun again, the postmaster is not."""


class Machinery:
    """What one server stands on, as it was when this was made, and what has become of it.

    :param almighty: whether there is one that must be there.
    """

    def __init__(self, server: Oar2Server, *, almighty: bool) -> None:
        self._server = server
        self._almighty = almighty
        self._since = time.time() - 1
        self._postgres = self._identity()

    def trouble(self, *texts: str) -> str:
        """What of the machine is not as it should be, in one line; empty where all is.

        :param texts: logs and outputs of what was observed.
        """
        ending.check()
        lane = self._server.lane
        return (
            ended_among((lane.postgres, self._server.container, *lane.nodes), self._since)
            or self.postgres()
            or look_into(lane.postgres)
            or look_into(self._server.container)
            or next(filter(None, (look_into(node, never_stops="sshd") for node in lane.nodes)), "")
            or self._almighty_ended()
            or next(filter(None, (sign(each) for each in texts for sign in (killed_program, no_room, severed))), "")
        )

    def check(self, *texts: str) -> None:
        """Raise LostServer where anything is wrong."""
        if what := self.trouble(*texts):
            raise self.lost(what)

    def lost(self, what: str) -> LostServer:
        """What to raise for trouble that was found."""
        return LostServer(f"trouble of the machine: {what}", where=self._server.container.label)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """What is raised within is raised as LostServer where the machinery is the reason."""
        try:
            yield
        except LostServer:
            raise
        except Exception as error:
            if what := self.trouble():
                raise self.lost(what) from error
            raise

    def postgres(self) -> str:
        """Whether PostgreSQL answers, and is the same as it was; cheap, so that it can be asked after each round."""
        try:
            now = self._identity()
        except SQLAlchemyError as error:
            return (
                "PostgreSQL does not answer: " + str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            )
        return "" if now == self._postgres else "PostgreSQL was restarted, or has lost a process and begun again"

    def _identity(self) -> tuple[str, int]:
        with postgres_timeouts.within(_SECONDS), self._server.administration.connect() as connection:
            start, checkpointer = connection.execute(_IDENTITY).one()
            return str(start), int(checkpointer or 0)

    def _almighty_ended(self) -> str:
        if not self._almighty:
            return ""
        try:
            if self._server.alive():
                return ""
            return almighty_ended(self._server.almighty_status(), self._server.log())
        except (MachineFault, ValueError) as fault:
            return f"the server does not say how its Almighty is: {fault}"
