"""What jobs on real nodes left behind: exit codes and output files; and how the resources' states came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, text

from harness.engine.container import LaneContainer
from harness.model.schedule import Schedule, StateChange

_JOBS = text("SELECT job_id, exit_code, stdout_file, launching_directory, job_name FROM jobs")
_STATES = text(
    "SELECT resource_id, date_start, value FROM resource_logs WHERE attribute = 'state'"
    " ORDER BY date_start, resource_log_id"
)
_LONGEST = 4000


def with_results(
    schedule: Schedule, connection: Connection, names: Mapping[int, str], nodes: Iterable[LaneContainer]
) -> Schedule:
    """The schedule with exit codes, and what the jobs wrote on the node that still has it."""
    fates = dict(schedule.fates)
    for job, status, file, folder, label in connection.execute(_JOBS).all():
        name = names.get(job)
        if name in fates:
            path = (file or "").replace("%jobid%", str(job)).replace("%jobname%", label or "")
            written = _written(path if path.startswith("/") else f"{folder}/{path}", nodes) if path else ""
            fates[name] = replace(fates[name], exit_code=_exit_code(status), output=written)
    return Schedule(fates)


def _exit_code(status: int | None) -> int | None:
    """``jobs.exit_code`` is a wait status: the exit code in the high byte, a signal in the low one."""
    return None if status is None else status >> 8 or (128 + (status & 127) if status & 127 else 0)


def _written(path: str, nodes: Iterable[LaneContainer]) -> str:
    for node in nodes:
        found = node.run("cat", path, check=False)
        if not found.exit_code:
            return found.stdout[-_LONGEST:]
    return ""


def read_changes(connection: Connection) -> tuple[StateChange, ...]:
    """Every state that a resource has had since when, oldest first."""
    return tuple(StateChange(resource, at, state) for resource, at, state in connection.execute(_STATES))
