"""Reading all jobs of OAR's database with their history, their events and the accounting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, text

from harness.model.job_history import Account, Entry, JobHistory, StateSpan
from harness.model.procsets import of_ids
from harness.oar2.database_clock import now_in
from harness.oar2.server import Oar2Server

_JOBS = """
    SELECT j.job_id, j.state, j.job_user, j.project, j.queue_name, j.reservation, j.submission_time, j.start_time,
           j.stop_time, coalesce(j.assigned_moldable_job, 0) AS moldable, j.accounted,
           coalesce((SELECT m.moldable_walltime FROM moldable_job_descriptions m
                      WHERE m.moldable_id = j.assigned_moldable_job),
                    (SELECT CASE WHEN count(*) = 1 THEN min(m.moldable_walltime) END FROM moldable_job_descriptions m
                      WHERE m.moldable_job_id = j.job_id), 0) AS walltime
      FROM jobs j ORDER BY j.job_id
"""
_STATES = "SELECT job_id, job_state, date_start, date_stop FROM job_state_logs ORDER BY job_state_log_id"
_EVENTS = "SELECT job_id, type FROM event_logs WHERE job_id > 0 ORDER BY event_id"
_ASSIGNED = """
    SELECT a.moldable_job_id, a.resource_id, r.type FROM assigned_resources a JOIN resources r USING (resource_id)
"""
_ACCOUNTS = """
    SELECT window_start, accounting_user, accounting_project, queue_name, consumption_type, consumption
      FROM accounting ORDER BY 1, 2, 3, 4, 5
"""
_LAST = "SELECT coalesce(last_value, 0) FROM pg_sequences WHERE sequencename = 'jobs_job_id_seq'"


def read_history(server: Oar2Server, moment: str, names: Mapping[int, str], *, settled: bool = False) -> JobHistory:
    """The history of all jobs up to now.

    :param moment: what had just been done. :param names: of the scenario's jobs by their ids.
    :param settled: whether ``oaraccounting`` was just run.
    """
    window = int(server.conf().get("ACCOUNTING_WINDOW", "86400"))
    with server.database.connect() as connection:
        return JobHistory(
            moment,
            now_in(connection),
            _entries(connection, names),
            int(connection.scalar(text(_LAST)) or 0),
            tuple(Account(*row) for row in connection.execute(text(_ACCOUNTS))),
            window,
            settled,
        )


def _entries(connection: Connection, names: Mapping[int, str]) -> tuple[Entry, ...]:
    states: dict[int, list[StateSpan]] = defaultdict(list)
    for job, state, since, until in connection.execute(text(_STATES)):
        states[job].append(StateSpan(state, since, until))
    events: dict[int, list[str]] = defaultdict(list)
    for job, kind in connection.execute(text(_EVENTS)):
        events[job].append(kind)
    assigned: dict[int, list[int]] = defaultdict(list)
    counted: dict[int, int] = defaultdict(int)
    for moldable, resource, kind in connection.execute(text(_ASSIGNED)):
        assigned[moldable].append(resource)
        counted[moldable] += kind == "default"
    return tuple(
        Entry(
            id=row["job_id"],
            name=names.get(row["job_id"], ""),
            state=row["state"],
            user=row["job_user"],
            project=row["project"],
            queue=row["queue_name"],
            reservation=row["reservation"],
            submitted=row["submission_time"],
            start=row["start_time"],
            stop=row["stop_time"],
            moldable=row["moldable"],
            walltime=row["walltime"],
            resources=of_ids(assigned[row["moldable"]]),
            counted=counted[row["moldable"]],
            accounted=row["accounted"],
            states=tuple(states[row["job_id"]]),
            events=tuple(events[row["job_id"]]),
        )
        for row in connection.execute(text(_JOBS)).mappings()
    )
