"""Jobs that are placed before a plan is made: running since a while, or accepted advance reservations.

After what is done to a waiting job by ``oar_meta_sched`` (``check_jobs_to_launch``, ``prepare_job_to_be_launched``,
``check_reservation_jobs``), by ``bipbip`` for a job without a node, and by ``OAR::IO::set_job_state`` and
``update_current_scheduler_priority`` (OAR 2.6.1). What a scheduler adds to ``jobs.message`` (``Karma=…``) is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from harness.model.duration import format_as_oar
from harness.oar2.bulk_insert import Bulk
from harness.oar2.database_clock import written
from harness.workload.scenario import ScenarioJob

PRIORITY = "network_address/resource_id"
"""``SCHEDULER_PRIORITY_HIERARCHY_ORDER`` of Debian's ``oar.conf``."""

_GANTT = ("gantt_jobs_predictions", "gantt_jobs_predictions_visu")
_GANTT_RESOURCES = ("gantt_jobs_resources", "gantt_jobs_resources_visu")
_WORD = re.compile(r"[A-Za-z_]\w*", re.A)
_RESERVED = """
    SELECT j.job_id, m.moldable_id, m.moldable_walltime, j.start_time, j.message,
           array(SELECT type::text FROM job_types t WHERE t.job_id = j.job_id)
      FROM jobs j JOIN moldable_job_descriptions m ON m.moldable_job_id = j.job_id
     WHERE j.job_id = ANY(%s) ORDER BY m.moldable_id DESC
"""


@dataclass(frozen=True, slots=True)
class _PlacedJob:
    """A job that has resources, as the database has it.

    :ivar submitted: when, epoch seconds; a reservation was accepted at once.
    :ivar decided: when a round let it be launched, by its clock; of a reservation that waits, when it was accepted.
    :ivar started: when it was started; None: it is a reservation that waits.
    :ivar reserved: the start of an advance reservation; 0: it is none.
    """

    job: int
    moldable: int
    walltime: int
    reserved: int
    message: str
    types: frozenset[str]
    resources: tuple[int, ...]
    submitted: int
    decided: int
    started: int | None

    @property
    def late(self) -> int:
        """Seconds that a reservation lost because it started late."""
        return self.started - self.reserved if self.started is not None and 0 < self.reserved < self.started else 0


def mark_placed(
    connection: Connection, jobs: Mapping[int, ScenarioJob], epoch: int, priority: str | None = PRIORITY
) -> None:
    """Let the jobs that are ``started`` run, and those that are only ``on`` be accepted reservations.

    They must stand in the database as ``oarsub`` leaves them, waiting; the others are not touched. Each takes the
    first alternative of its request. A job that runs was started by a round decided at its ``started``; a
    reservation was accepted at the moment of its submission.

    :param jobs: jobs of the scenario by their ids.
    :param epoch: when the scenario begins, epoch seconds.
    :param priority: ``SCHEDULER_PRIORITY_HIERARCHY_ORDER`` of oar.conf; None or empty: it is not set.
    """
    wanted = {id: job for id, job in jobs.items() if job.on}
    if not wanted:
        return
    cursor: Any = connection.connection.cursor()
    cursor.execute(_RESERVED, (list(wanted),))
    first = {row[0]: row for row in cursor.fetchall()}
    placed = [_placed_job(first[id], job, epoch) for id, job in sorted(wanted.items())]
    bulk = Bulk(cursor)
    _gantt(bulk, placed)
    _states(bulk, placed)
    for each in placed:
        if each.started is not None:
            _run(bulk, each, priority or "")
    accepted = [each.job for each in placed if each.reserved]
    if accepted:
        bulk.add("UPDATE jobs SET reservation = 'Scheduled' WHERE job_id = ANY(%s)", (accepted,))
    bulk.send()


def _placed_job(row: Sequence[Any], job: ScenarioJob, epoch: int) -> _PlacedJob:
    id, moldable, walltime, reserved, message, types = row
    submitted = epoch + job.at
    started = None if job.started is None else epoch + job.started
    # oar_meta_sched plans from a second after the clock, which it writes into the logs.
    decided = submitted if started is None else max(submitted, started - 1)
    names = frozenset(entry.partition("=")[0] for entry in types)
    return _PlacedJob(id, moldable, walltime, reserved, message, names, job.on, submitted, decided, started)


def _gantt(bulk: Bulk, placed: Sequence[_PlacedJob]) -> None:
    """The Gantt tables and their copies: each job, and the moment of the last round.

    That moment is kept before the next round's: a round waits for one that lies ahead of its clock.
    """
    last = max(each.decided if each.started is None else each.started for each in placed)
    starts = [(each.moldable, each.reserved if each.started is None else each.started) for each in placed]
    places = [(each.moldable, resource) for each in placed for resource in each.resources]
    for table in _GANTT:
        bulk.add(f"DELETE FROM {table} WHERE moldable_job_id = 0")
        bulk.insert(table, "moldable_job_id,start_time", [(0, last), *starts])
    for table in _GANTT_RESOURCES:
        bulk.insert(table, "moldable_job_id,resource_id", places)


def _states(bulk: Bulk, placed: Sequence[_PlacedJob]) -> None:
    """``job_state_logs``: what each went through, each state but the last with its end."""
    bulk.add(
        "UPDATE job_state_logs l SET date_stop = h.until FROM unnest(%s, %s) AS h (job, until)"
        " WHERE l.job_id = h.job AND l.date_stop = 0",
        ([each.job for each in placed], [each.submitted if each.reserved else each.decided for each in placed]),
    )
    logs: list[tuple[int, str, int, int]] = []
    for each in placed:
        if each.reserved:
            logs.append((each.job, "toAckReservation", each.submitted, each.submitted))
            logs.append((each.job, "Waiting", each.submitted, 0 if each.started is None else each.decided))
        if each.started is not None:
            logs.append((each.job, "toLaunch", each.decided, each.started))
            logs.append((each.job, "Launching", each.started, each.started))
            logs.append((each.job, "Running", each.started, 0))
    bulk.insert("job_state_logs", "job_id,job_state,date_start,date_stop", logs)


def _run(bulk: Bulk, placed: _PlacedJob, priority: str) -> None:
    bulk.insert("assigned_resources", "moldable_job_id,resource_id", [(placed.moldable, r) for r in placed.resources])
    bulk.add(
        "UPDATE jobs SET state = 'Running', start_time = %s, assigned_moldable_job = %s WHERE job_id = %s",
        (placed.started, placed.moldable, placed.job),
    )
    if placed.late:
        _shorten(bulk, placed)
    _prefer_others(bulk, placed, [name for name in priority.split("/") if _WORD.fullmatch(name)])


def _shorten(bulk: Bulk, placed: _PlacedJob) -> None:
    """A reservation that starts late ends when it would have ended."""
    left = placed.walltime - placed.late
    bulk.add(
        "UPDATE moldable_job_descriptions SET moldable_walltime = %s WHERE moldable_id = %s", (left, placed.moldable)
    )
    message = re.sub(r"W=\d+:\d+:\d+", f"W={format_as_oar(left)}", placed.message)
    bulk.add("UPDATE jobs SET message = %s WHERE job_id = %s", (message, placed.job))
    before = f"{written(placed.reserved)}) and walltime (was: {format_as_oar(placed.walltime)}"
    _event(
        bulk,
        placed,
        "REDUCE_RESERVATION_WALLTIME",
        f"Set actual start time (was: {before})",
    )


def _prefer_others(bulk: Bulk, placed: _PlacedJob, levels: Sequence[str]) -> None:
    """Resources beside a best-effort or time-shared job come later in the order: ``resources.scheduler_priority``."""
    if not levels or not placed.types & {"besteffort", "timesharing"}:
        return
    weight = 2 if "besteffort" in placed.types else 20
    for index, level in enumerate(levels, 1):
        bulk.add(
            f"UPDATE resources SET scheduler_priority = scheduler_priority + %s"
            f" WHERE {level} IN (SELECT {level} FROM resources WHERE resource_id = ANY(%s))",
            (weight * index, list(placed.resources)),
        )
    _event(
        bulk,
        placed,
        "SCHEDULER_PRIORITY_UPDATED_START",
        f"Scheduler priority for job {placed.job} updated ({'/'.join(levels)})",
    )


def _event(bulk: Bulk, placed: _PlacedJob, kind: str, description: str) -> None:
    row = (kind, placed.job, placed.decided, description)
    bulk.insert("event_logs", "type,job_id,date,description", [row])
