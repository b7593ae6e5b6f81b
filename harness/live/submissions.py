"""The submissions of a live case: ``oarsub`` by its users, what became of it, and how the jobs are called."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model.schedule import Fate
from harness.oar2.database_clock import ZONE
from harness.oar2.scenario_setup import job_ids, refusal, refusal_of
from harness.oar2.server import Oar2Server
from harness.oar2.submit import Submitted, job_names, submit
from harness.oarsub.submission import with_dependencies, with_reservation
from harness.workload.scenario import ScenarioJob

_CLIENTS = ("pgrep", "-f", "oarsub")


class Submissions:
    """What was submitted so far, and what was refused.

    :ivar refused: the fates of the jobs that were never there.
    """

    def __init__(self, server: Oar2Server) -> None:
        self._server = server
        self._done: dict[str, Submitted] = {}
        self._arrays: dict[str, int] = {}
        self.refused: dict[str, Fate] = {}

    @property
    def names(self) -> dict[int, str]:
        """The jobs' names by id."""
        return job_names(self._done, self._arrays)

    def ids(self, names: Mapping[int, str]) -> dict[str, int]:
        """Ids by name, those of arrays among them."""
        return job_ids(names)

    def submit(self, job: ScenarioJob, epoch: int) -> None:
        """Submit a job; dates in its line count from its moment.

        :param epoch: when the case began, epoch seconds.
        """
        if lost := refusal_of(job, self.refused):
            self.refused |= refusal(job, lost)
            return
        self._arrays[job.name] = job.submission.array if job.submission.array > 1 else 0
        argv = with_dependencies(job.submission.argv, self.ids(self.names))
        argv = with_reservation(argv, epoch + job.at, ZONE)
        before = self._clients() if job.leaves else set()
        done = submit(self._server, job.user, argv, reservation=job.submission.reservation is not None)
        self._done[job.name] = done
        if not done.ids:
            self.refused |= refusal(job, done.refusal)
        elif job.leaves:
            # oarsub runs as the user oar: its clients are distinguished by when they came.
            left = self._clients() - before
            self._server.container.run("kill", "-KILL", *sorted(left), check=False)

    def leave(self, job: ScenarioJob) -> None:
        """Note of a job that it was not submitted, as what it waits for did not come."""
        waits = " and ".join(str(each) for each in job.when) or "its time"
        self.refused |= refusal(job, f"not submitted: it waited for {waits} in vain")

    def _clients(self) -> set[str]:
        return set(self._server.container.run(*_CLIENTS, check=False).stdout.split())
