"""Jobs as the database has them: requests, types, dependencies, and who is eligible to serve each group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from procset import ProcSet
from sqlalchemy import Connection, select, text

from harness.model.job import Group, Job, Level, Moldable
from harness.model.procsets import of_ids
from harness.oar2 import database as db
from harness.oar2.users_sql import UsersSql


def read_jobs(connection: Connection, names: Mapping[int, str]) -> tuple[Job, ...]:
    """The jobs with those ids, called by those names, in the order of their ids; other jobs are left out.

    Raises SlowCondition where a user's condition takes too long.
    """
    rows = connection.execute(select(db.jobs).where(db.jobs.c.job_id.in_(list(names))).order_by(db.jobs.c.job_id))
    jobs = rows.mappings().all()
    moldables = _moldables(connection, {row["job_id"]: row["properties"] or "" for row in jobs})
    types = _collect(connection, db.types.c.job_id, db.types.c.type)
    after = _collect(connection, db.dependencies.c.job_id, db.dependencies.c.job_id_required)
    return tuple(
        Job(
            name=names[row["job_id"]],
            id=row["job_id"],
            user=row["job_user"],
            project=row["project"],
            queue=row["queue_name"],
            submitted=row["submission_time"],
            reservation=row["start_time"] if row["reservation"] != "None" else None,
            types=tuple(sorted(types[row["job_id"]])),
            after=tuple(names.get(job, f"job {job}") for job in sorted(after[row["job_id"]])),
            moldables=tuple(moldables[row["job_id"]]),
            label=row["job_name"] or "",
        )
        for row in jobs
    )


def _collect(connection: Connection, key: Any, value: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for job, entry in connection.execute(select(key, value)):
        found[job].append(entry)
    return found


def _moldables(connection: Connection, properties: Mapping[int, str]) -> dict[int, list[Moldable]]:
    eligible = _Eligibility(connection)
    levels: dict[int, list[Level]] = defaultdict(list)
    for row in connection.execute(
        select(db.levels).order_by(db.levels.c.res_job_group_id, db.levels.c.res_job_order)
    ).mappings():
        levels[row["res_job_group_id"]].append(Level(row["res_job_resource_type"], row["res_job_value"]))
    group_rows: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in connection.execute(select(db.groups).order_by(db.groups.c.res_group_id)).mappings():
        group_rows[row["res_group_moldable_id"]].append((row["res_group_id"], row["res_group_property"] or ""))
    found: dict[int, list[Moldable]] = defaultdict(list)
    for row in connection.execute(select(db.moldables).order_by(db.moldables.c.moldable_id)).mappings():
        job = row["moldable_job_id"]
        if job in properties:
            groups = tuple(
                Group(tuple(levels[group]), *eligible.of(properties[job], condition))
                for group, condition in group_rows[row["moldable_id"]]
            )
            found[job].append(Moldable(row["moldable_walltime"], groups))
    return found


class _Eligibility:
    """Asks PostgreSQL, once for each condition, which resources fulfil it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, ProcSet] = {}
        self._time = UsersSql(connection.exec_driver_sql)

    def of(self, *conditions: str) -> tuple[str, ProcSet]:
        condition = " AND ".join(f"({c})" for c in conditions if c.strip())
        if condition not in self._known:
            where = condition.replace("\\:", ":").replace(":", "\\:") or "TRUE"
            with self._time.asking(condition):
                ids = self._connection.scalars(text(f"SELECT resource_id FROM resources WHERE {where}")).all()
            self._known[condition] = of_ids(ids)
        return condition, self._known[condition]


def moldable_index(connection: Connection) -> dict[int, tuple[int, int]]:
    """For each moldable id its job id and its place among the job's alternatives, from 0."""
    index: dict[int, tuple[int, int]] = {}
    counts: dict[int, int] = defaultdict(int)
    for row in connection.execute(select(db.moldables).order_by(db.moldables.c.moldable_id)).mappings():
        job = row["moldable_job_id"]
        index[row["moldable_id"]] = (job, counts[job])
        counts[job] += 1
    return index
