"""A job as it stands in OAR's database: what was asked for, by whom, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from procset import ProcSet

ALL, BEST, BESTHALF = -1, -2, -3
"""Counts with a meaning of their own in ``job_resource_descriptions.res_job_value`` (OAR2, ``oarsub``)."""

COUNT_WORDS = {ALL: "ALL", BEST: "BEST", BESTHALF: "BESTHALF"}
"""How ``-l`` writes them."""

JOB_STATES = (
    "Waiting",
    "Hold",
    "toLaunch",
    "toError",
    "toAckReservation",
    "Launching",
    "Running",
    "Suspended",
    "Resuming",
    "Finishing",
    "Terminated",
    "Error",
)
"""Values of ``jobs.state`` (OAR2, ``pg_structure.sql``)."""

REJECTED = "Rejected"
"""Our own word beside them: ``oarsub`` refused the job, so that it is in no table."""

FINAL_STATES = frozenset(("Terminated", "Error"))
"""States that a job never leaves."""

ERROR_STATES = frozenset(("toError", "Error"))
"""States of a job that failed, or is about to."""

PAST_STATES = FINAL_STATES | ERROR_STATES | {REJECTED}
"""States in which a job's times are history: no round will give it another place."""


def value_of_type(types: Iterable[str], name: str) -> str | None:
    """The value of the type ``name``; "" if it has none, None if it is not among them.

    >>> value_of_type(["besteffort", "timesharing=user,*"], "timesharing")
    'user,*'
    """
    for entry in types:
        key, _, value = entry.partition("=")
        if key == name:
            return value
    return None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a request: ``cpu=2`` is ``Level("cpu", 2)``; the count may be ALL, BEST or BESTHALF."""

    property: str
    count: int

    def __str__(self) -> str:
        return f"{self.property}={COUNT_WORDS.get(self.count, self.count)}"


@dataclass(frozen=True, slots=True)
class Group:
    """One resource group of a request: levels from the widest to the narrowest, and who may serve it.

    :ivar properties: the group's own SQL condition together with the job's, as text; empty if there is none.
    :ivar eligible: the resources that fulfil it, asked of PostgreSQL when the situation was recorded, whatever
        their state.
    """

    levels: tuple[Level, ...]
    properties: str = ""
    eligible: ProcSet = field(default_factory=ProcSet)


@dataclass(frozen=True, slots=True)
class Moldable:
    """One alternative of a request: groups that are all given together, for ``walltime`` seconds."""

    walltime: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What OAR's tables ``jobs``, ``moldable_job_descriptions`` and those below them say of one job.

    Two lanes number their jobs differently, so a job is called by its ``name`` in the workload everywhere
    outside the database (``sweep[3]`` is the third of the array ``sweep``).

    :ivar submitted: ``submission_time``, epoch seconds.
    :ivar reservation: the start asked for by an advance reservation, else None.
    :ivar types: ``job_types.type``, for example ``besteffort`` or ``timesharing=user,*``.
    :ivar after: names of the jobs it depends on (``oarsub -a``).
    :ivar label: ``jobs.job_name`` (``oarsub -n``); what ``timesharing=*,name`` goes by.
    """

    name: str
    id: int
    user: str = ""
    project: str = "default"
    queue: str = "default"
    submitted: int = 0
    reservation: int | None = None
    types: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    moldables: tuple[Moldable, ...] = ()
    label: str = ""

    def type(self, name: str) -> str | None:
        """The value of the type ``name``; "" if it has none, None if the job is not of it."""
        return value_of_type(self.types, name)
