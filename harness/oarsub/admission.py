"""What the admission rules of a fresh Debian server make of a request.

After the rows of ``admission_rules`` that ``oar-database --create`` makes (OAR2, ``pg_default_admission_rules.sql``;
the numbers below are theirs). A request that a rule turns away raises
:class:`~harness.oarsub.row_options.NotInRows`, since the words of the refusal are those of ``oarsub``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from harness.oarsub.job_types import DATED, NOOP
from harness.oarsub.request import JobRequest
from harness.oarsub.resource_request import DEFAULT_WALLTIME, Alternative, ResourceGroup
from harness.oarsub.row_options import NotInRows

RESERVATIONS = 2
"""How many advance reservations of a user may wait (rule 12)."""

ADDED_LAST = "drain='NO'"
"""Joined to the job's properties after oarsub has looked whether there are enough resources (rule 3)."""

_SYSTEM = re.compile(
    r"(next_|)(state|finaud_decision)|(last_|)available_upto|type|state_num|suspended_jobs|scheduler_priority|cpuset"
    r"|besteffort|deploy|expiry_date|desktop_computing|last_job_date"
)
_NOT_DEPLOYED = frozenset(("cpu", "core", "thread", "resource_id"))
_TYPES = re.compile(
    rf"container|desktop_computing|besteffort|idempotent|state=permissive|(deploy|cosystem)(=standby)?|{NOOP}"
    r"|timesharing=((\*|user),(\*|name)|(\*|name),(\*|user))"
    r"|(container|placeholder|allowed|inner)=\w+|token:\w+=\d+"
    rf"|({'|'.join(DATED)})=" + r"\d{4}-\d\d-\d\d(\s+\d\d:\d\d(:\d\d)?)?",
    re.A,
)
_TYPED = re.compile(r"(^|[\s(])type[\s=]")


def admit(request: JobRequest, user: str) -> JobRequest:
    """The request as the rules leave it: with a queue, with walltimes, and with conditions on the resources.

    Not looked at: whether the queue exists, rule 8 (the container) and rule 12 (``RESERVATIONS``), which depend on
    the jobs before it.
    """
    if user in ("root", "oar"):
        raise NotInRows(f"{user} may not submit jobs (rule 2)")
    queue = "default" if request.queue is None else request.queue
    if queue == "admin":
        raise NotInRows("the queue admin, which asks for the group of the same name (rule 4)")
    types = request.types
    if "besteffort" in types:
        queue = "besteffort"
    elif queue == "besteffort":
        types = (*types, "besteffort")
    if "besteffort" in types and request.reservation is not None:
        raise NotInRows("a reservation of the type besteffort, which is refused (rule 7)")
    for entry in types:
        if not _TYPES.fullmatch(entry):
            raise NotInRows(f"the type {entry} (rule 16)")
    _check_levels(request, deploy="deploy" in types)
    properties = request.properties
    for name in ("besteffort", "deploy"):
        if name in types:
            properties = _both(properties, f"{name} = 'YES'")
    properties = _both(properties, f"desktop_computing = '{'YES' if 'desktop_computing' in types else 'NO'}'")
    return replace(
        request,
        queue=queue,
        types=types,
        properties=properties,
        alternatives=tuple(_complete(alternative) for alternative in request.alternatives),
    )


def _check_levels(request: JobRequest, *, deploy: bool) -> None:
    for alternative in request.alternatives:
        for group in alternative.groups:
            for level in group.levels:
                if _SYSTEM.fullmatch(level.property) or (deploy and level.property in _NOT_DEPLOYED):
                    raise NotInRows(f"-l {level.property}, which is refused (rules 5 and 10)")


def _complete(alternative: Alternative) -> Alternative:
    walltime = DEFAULT_WALLTIME if alternative.walltime is None else alternative.walltime
    return Alternative(tuple(_typed(group) for group in alternative.groups), walltime)


def _typed(group: ResourceGroup) -> ResourceGroup:
    if _TYPED.search(group.condition):
        return group
    return ResourceGroup(group.levels, _both(group.condition, "type = 'default'"))


def _both(condition: str, other: str) -> str:
    return f"({condition}) AND {other}" if condition else other
