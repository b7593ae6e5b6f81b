"""Waiting for a round of a combination: its proof in the log, or the error that prevents it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engine import ending
from harness.engine.deadline import Deadline
from harness.model.combination import Combination
from harness.model.record import Crash
from harness.oar2.crash import find_crashes
from harness.oar2.round_proof import find_proof
from harness.oar2.server import Oar2Server

_POLL = 0.5


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """What the log shows so far.

    :ivar proof: lines that show the programs asked for. :ivar lacks: what is not shown yet.
    :ivar problem: a program that did not end as it should. :ivar log: the lines that show that, or the last ones.
    """

    proof: tuple[str, ...] = ()
    lacks: str = ""
    problem: str = ""
    log: str = ""

    @property
    def complete(self) -> bool:
        """Whether the round was seen."""
        return not self.lacks


class RoundWaiter:
    """Looks into the log from now on.

    :param combination: whose round is waited for; None: nobody's, and crashes are looked for all the same.
    :param within: seconds after which it is late.
    """

    def __init__(self, server: Oar2Server, combination: Combination | None, within: float) -> None:
        self._server = server
        self._combination = combination
        self._within = within
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was seen: from now on."""
        self._mark = self._server.log_size()
        self._deadline = Deadline("a round", self._within)

    def look(self) -> RoundProgress:
        """What there is by now."""
        log = self._server.log(self._mark)
        crashes = self._crashes(log)
        while crashes:
            # A traceback may be half written, and its last line says what would help.
            ending.pause(_POLL)
            log = self._server.log(self._mark)
            before, crashes = crashes, self._crashes(log)
            if crashes == before:
                break
        last = "\n".join(log.splitlines()[-15:])
        if crashes:
            return RoundProgress(problem=f"{crashes[0].program}: {crashes[0].how}", log=crashes[0].log or last)
        if not self._server.alive():
            return RoundProgress(problem="the Almighty stopped", log=last)
        if self._combination is None:
            return RoundProgress(log=last)
        proof = find_proof(log, self._combination)
        lacks = "" if proof.complete else f"no round of {self._combination.id}: {proof.missing}"
        return RoundProgress(proof.lines, lacks, log=last)

    def _crashes(self, log: str) -> tuple[Crash, ...]:
        command = self._combination.metascheduler.command if self._combination else "oar_meta_sched"
        return find_crashes(command, 0, "", log)

    def late(self) -> bool:
        """Whether it was waited long enough."""
        return self._deadline.over

    def wait(self) -> None:
        """Until it is worth looking again."""
        self._deadline.pause(_POLL)
