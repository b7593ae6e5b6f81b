"""Reading schedules: what a round planned, and what really ran."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from procset import ProcSet
from sqlalchemy import Connection, select

from harness.model.procsets import of_ids
from harness.model.schedule import Fate, Placement, Schedule
from harness.oar2 import database as db
from harness.oar2.read_jobs import moldable_index

_LAUNCH = re.compile(r"OARRUNJOB_(\d+)", re.A)
"""What asks the Almighty to start a job (OAR2, ``oar_meta_sched``, ``notify_to_run_job``; OAR3 the same)."""


def read_plan(connection: Connection, names: Mapping[int, str], sent: Iterable[str]) -> Schedule:
    """What the last round planned: the ``_visu`` copies of the Gantt tables, which both metaschedulers write last.

    Their column ``moldable_job_id`` holds a moldable id (OAR2, ``OAR::IO::update_gantt_visualization``). A job that
    the round launched stands on the resources it was given for good, ``assigned_resources``: a scheduler may launch
    one early by what it prints, before anything is planned.

    :param sent: the lines that the round sent to the Almighty.
    """
    walltimes = _walltimes(connection)
    index = moldable_index(connection)
    given = _resources(connection, db.predicted_resources)
    placements = {
        index[moldable][0]: Placement(start, start + walltimes[moldable], index[moldable][1], given[moldable])
        for moldable, start in connection.execute(
            select(db.predictions.c.moldable_job_id, db.predictions.c.start_time)
        )
        if moldable in index
    }
    asked = {int(match[1]) for line in sent if (match := _LAUNCH.fullmatch(line.strip()))}
    given = _resources(connection, db.assigned_resources)
    launched = dict.fromkeys(names, False)
    rows = select(db.jobs.c.job_id, db.jobs.c.state, db.jobs.c.start_time, db.jobs.c.assigned_moldable_job)
    for job, state, start, moldable in connection.execute(rows):
        if state == "toLaunch" and moldable in index:
            launched[job] = job in asked
            begins = placements[job].start if job in placements else start
            ends = begins + walltimes[moldable]
            placements[job] = Placement(begins, ends, index[moldable][1], given[moldable])
    fragged = set(connection.scalars(select(db.fragged.c.frag_id_job)))
    return _fates(connection, names, placements, launched, fragged)


def half_written(connection: Connection) -> str:
    """What the last round left in the Gantt tables that belongs to no start; empty where nothing is.

    A scheduler writes a start and the resources given from then on, each to a table of its own.
    """
    given, planned = db.predicted_resources.c.moldable_job_id, db.predictions.c.moldable_job_id
    lost = connection.scalars(
        select(given).where(given.not_in(select(planned))).distinct().order_by(given).limit(5)
    ).all()
    return f"resources, and no start, of moldable jobs {', '.join(map(str, lost))}" if lost else ""


def read_timeline(connection: Connection, names: Mapping[int, str]) -> Schedule:
    """What really ran: ``jobs`` and ``assigned_resources``; a job that still runs stops at its walltime's end."""
    walltimes = _walltimes(connection)
    index = moldable_index(connection)
    given = _resources(connection, db.assigned_resources)
    placements = {}
    for row in connection.execute(select(db.jobs)).mappings():
        moldable, start = row["assigned_moldable_job"], row["start_time"]
        if moldable in index and given.get(moldable) and start and row["state"] != "Waiting":
            stop = row["stop_time"] or start + walltimes[moldable]
            placements[row["job_id"]] = Placement(start, stop, index[moldable][1], given[moldable])
    return _fates(connection, names, placements)


def _walltimes(connection: Connection) -> dict[int, int]:
    rows = connection.execute(select(db.moldables.c.moldable_id, db.moldables.c.moldable_walltime))
    return {moldable: walltime for moldable, walltime in rows.all()}  # noqa: C416


def _resources(connection: Connection, source: Any) -> dict[int, ProcSet]:
    ids: dict[int, list[int]] = defaultdict(list)
    for moldable, resource in connection.execute(select(source.c.moldable_job_id, source.c.resource_id)):
        ids[moldable].append(resource)
    return defaultdict(ProcSet, {moldable: of_ids(found) for moldable, found in ids.items()})


def _fates(
    connection: Connection,
    names: Mapping[int, str],
    placements: Mapping[int, Placement],
    launched: Mapping[int, bool] | None = None,
    fragged: Iterable[int] = (),
) -> Schedule:
    rows = connection.execute(select(db.jobs.c.job_id, db.jobs.c.state, db.jobs.c.message, db.jobs.c.scheduler_info))
    # Both metaschedulers write this event beside the order to kill (OAR2, oar_meta_sched, check_jobs_to_kill; OAR3,
    # meta_sched.py, check_besteffort_jobs_to_kill).
    killed = set(connection.scalars(select(db.events.c.job_id).where(db.events.c.type == "BESTEFFORT_KILL")))
    killed |= set(fragged)
    return Schedule(
        {
            names[job]: Fate(
                state,
                placements.get(job),
                scheduler_info or message,
                job in killed,
                launched=launched.get(job) if launched else None,
            )
            for job, state, message, scheduler_info in sorted(tuple(row) for row in rows)
            if job in names
        }
    )
