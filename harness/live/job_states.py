"""What a live case sees of its server while it runs: the jobs' states, and those of the nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from harness.model.resubmission import resubmitted
from harness.oar2.database_clock import now_in
from harness.workload.awaited import DONE, Awaited

# Of what waits, only an accepted reservation has a start. kamelot writes the one that it predicts into the row of any
# other job, where OAR2 leaves 0; that of a reservation nobody has answered is a wish.
_JOBS = text(
    "SELECT job_id, state, CASE WHEN state = 'Waiting' AND reservation <> 'Scheduled' THEN 0 ELSE start_time END,"
    " resubmit_job_id FROM jobs"
)
_LOGS = text("SELECT job_id, job_state, date_start FROM job_state_logs")
_NODES = text("SELECT network_address, array_agg(DISTINCT state) FROM resources GROUP BY 1")


@dataclass(frozen=True, slots=True)
class ServerState:
    """The server at one moment.

    :ivar now: the database's clock, epoch seconds.
    :ivar jobs: state and start of each job, by id; 0 of one that waits, unless it is an accepted reservation.
    :ivar again: the job that was submitted in another's stead by OAR, and that other one.
    :ivar reached: the states that jobs have had, and since when, as ``job_state_logs`` has them.
    :ivar nodes: the state of the nodes whose resources share one.
    """

    now: int
    jobs: Mapping[int, tuple[str, int]]
    again: Mapping[int, int] = field(default_factory=dict)
    reached: frozenset[tuple[int, str, int]] = frozenset()
    nodes: Mapping[str, str] = field(default_factory=dict)

    def holds(self, awaited: Awaited, ids: Mapping[str, int], done: Iterable[str], since: int) -> bool:
        """Whether it is so, or was so of a job at any time since then: a state may be too short to be seen."""
        if awaited.state == DONE:
            return awaited.subject in done
        if awaited.subject in self.nodes:
            return self.nodes[awaited.subject] == awaited.state
        job = ids.get(awaited.subject, 0)
        if job in self.jobs and self.jobs[job][0] == awaited.state:
            return True
        return any(each == job and state == awaited.state and at >= since for each, state, at in self.reached)

    @property
    def changes(self) -> tuple[object, ...]:
        """What differs from that of another moment if anything has moved since."""
        return tuple(sorted(self.jobs.items())), tuple(sorted(self.nodes.items()))


def read_state(database: Engine, *, nodes: bool) -> ServerState:
    """The state of a server.

    :param nodes: whether the nodes and the past states of jobs are read too: only if something waits for them.
    """
    with database.connect() as connection:
        rows = connection.execute(_JOBS).all()
        return ServerState(
            now_in(connection),
            {job: (state, start) for job, state, start, _ in rows},
            {job: before for job, _, _, before in rows if before},
            frozenset((job, state, at) for job, state, at in connection.execute(_LOGS)) if nodes else frozenset(),
            {node: found[0] for node, found in connection.execute(_NODES) if len(found) == 1} if nodes else {},
        )


def names_again(names: Mapping[int, str], again: Mapping[int, int]) -> dict[int, str]:
    """The jobs' names by id, with those that OAR submitted in another's stead (:mod:`harness.model.resubmission`)."""
    found = dict(names)
    for job, before in sorted(again.items()):
        if before in found and job not in found:
            found[job] = resubmitted(found[before])
    return found
