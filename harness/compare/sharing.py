"""When two jobs may hold one resource at once.

Defined after OAR2 2.6.1, as the union of what its own programs allow: a pair is refused here only if all of them
refuse it. The native schedulers keep one Gantt chart for each way of sharing, and a job is drawn into every chart but
those whose jobs it may share with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.job import Job

_WORD = re.compile(r"\s*([\w*]+)\s*")


def timesharing_key(job: Job) -> tuple[str, str] | None:
    """Whom a job of type ``timesharing`` shares with: those of the same (user, name); ``*`` is a value too.

    The type's value holds ``user`` or ``*``, and ``name`` or ``*``, in any order. ``user`` stands for the job's
    user and ``name`` for its ``oarsub -n``; without one it counts as ``*``. A plain ``timesharing`` is ``*,*``. So
    ``user,*`` never shares with ``*,*``, even of one user. None if the job is not of that type.

    Source: ``parse_timesharing`` of ``oar_sched_gantt_with_timesharing``, which
    ``GanttHoleStorage::manage_gantt_for_timesharing_and_placeholder`` repeats.
    """
    value = job.type("timesharing")
    if value is None:
        return None
    words = {match[1] for part in value.split(",") if (match := _WORD.fullmatch(part))}
    return (job.user if "user" in words else "*", job.label if "name" in words and job.label else "*")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """How a job may share; equal for jobs that share alike.

    :ivar containers: names of the containers it runs in, the innermost first.
    :ivar within: how the innermost of them may share; None if it runs in none.
    :ivar container: its own name if it is a container.
    :ivar timesharing: see :func:`timesharing_key`.
    :ivar placeholder: the name it keeps resources for, else None.
    :ivar allowed: the placeholder's name on whose resources it may run, else None.
    """

    containers: tuple[str, ...] = ()
    container: str = ""
    timesharing: tuple[str, str] | None = None
    placeholder: str | None = None
    allowed: str | None = None
    within: Tenancy | None = None


def container_of(job: Job, jobs: Mapping[str, Job], ids: Mapping[int, str]) -> Job | None:
    """The container in which a job of type ``inner=<container>`` runs; None if it is of no such type, or unknown.

    A container goes by its job id, and in OAR3 also by the value of its type ``container=<name>``
    (``set_slots_with_prev_scheduled_jobs`` of ``oar.kao.scheduling``); the workload's own name is taken as well.
    """
    wanted = job.type("inner")
    if wanted is None:
        return None
    if wanted.isdigit() and int(wanted) in ids:
        found = jobs.get(ids[int(wanted)])
    else:
        named = [j for j in jobs.values() if wanted and j.type("container") == wanted]
        found = named[0] if named else jobs.get(wanted)
    return None if found is None or found.name == job.name else found


def tenancy(job: Job, jobs: Mapping[str, Job], ids: Mapping[int, str]) -> Tenancy:
    """How a job may share, from its types."""
    chain: list[Job] = [job]
    outer = container_of(job, jobs, ids)
    while outer is not None and outer not in chain[1:]:
        chain.append(outer)
        outer = container_of(outer, jobs, ids)
    found: Tenancy | None = None
    for each in reversed(chain):
        found = _tenancy(each, found)
    assert found
    return found


def _tenancy(job: Job, within: Tenancy | None) -> Tenancy:
    outer = (within.container, *within.containers) if within else ()
    return Tenancy(
        containers=outer,
        within=within,
        container=job.name if job.type("container") is not None else "",
        timesharing=timesharing_key(job),
        placeholder=job.type("placeholder"),
        allowed=job.type("allowed"),
    )


def may_share(one: Tenancy, other: Tenancy) -> bool:
    """Whether two jobs may hold one resource at once.

    - A container holds its resources for the jobs inside it, at any depth (the schedulers give each container a
      chart of its own, ``GanttHoleStorage::new_with_1_hole``).
    - Else both must be inside the same container, or both in none; if they are not, the container counts in place
      of the job inside it, which holds nothing beside it (the rule ``container`` sees to that).
    - Two jobs of type ``timesharing`` share if their keys are equal (the ``timesharing_gantts`` of the native
      schedulers; ``IO::is_timesharing_for_2_jobs`` says the same of a best-effort job's right to stay).
    - ``placeholder=x`` shares with ``allowed=x``; neither two placeholders nor two allowed jobs share for that
      (``GanttHoleStorage::fill_gantts``).

    The placeholder schedulers and the metascheduler ignore ``timesharing`` on a container or placeholder; the other
    native ones do not ignore it on a container, so it counts here. Symmetric.
    """
    if (one.container and one.container in other.containers) or (
        other.container and other.container in one.containers
    ):
        return True
    if one.containers != other.containers:
        if one.within and len(one.containers) >= len(other.containers):
            return may_share(one.within, other)
        return other.within is not None and may_share(one, other.within)
    if one.timesharing is not None and one.timesharing == other.timesharing:
        return True
    return (one.placeholder is not None and one.placeholder == other.allowed) or (
        other.placeholder is not None and other.placeholder == one.allowed
    )
