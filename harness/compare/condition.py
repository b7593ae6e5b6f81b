"""When a known difference applies: a small declarative condition on the difference, its job and its case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from harness.model.difference import Difference, DifferenceClass
from harness.model.job import Job
from harness.model.record import Kind

_ON_REQUEST = (DifferenceClass.INVALID, DifferenceClass.CRASH)


@dataclass(frozen=True, slots=True)
class Condition:
    """When an entry applies: where everything that is said here holds. What is left out holds always.

    Patterns are globs, ``*`` and ``?``, upper and lower case told apart; of several, one must fit.

    :ivar classes: classes of difference; ``invalid`` and ``crash`` are explained only where they are named here.
    :ivar reference: pattern of the reference's id. :ivar candidate: of the candidate's.
    :ivar kinds: kinds of case. :ivar case: pattern of the case's title.
    :ivar job: patterns of the job's name. :ivar queue: of its queue. :ivar type: of one of its types, such as
        ``besteffort`` or ``timesharing=*``.
    :ivar reservation: whether the job is an advance reservation.
    :ivar moldables: fewest and most alternatives the job has. :ivar groups: the same of groups, in any alternative.
    :ivar shift: least and greatest seconds by which the candidate starts later (negative: earlier), both included.
    :ivar message: regular expression found in the explanation (``why``).
    :ivar oar3: patterns of OAR3's version. :ivar oar2: of OAR2's. :ivar debian: of Debian's name.
    """

    classes: tuple[DifferenceClass, ...] = ()
    reference: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    case: tuple[str, ...] = ()
    job: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    reservation: bool | None = None
    moldables: tuple[int, int] | None = None
    groups: tuple[int, int] | None = None
    shift: tuple[int, int] | None = None
    message: str = ""
    oar3: tuple[str, ...] = ()
    oar2: tuple[str, ...] = ()
    debian: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where differences were found.

    :ivar jobs: the situation's jobs by name.
    :ivar origins: seconds by which the candidate's ``now`` is later than the reference's.
    :ivar environment: the report's ``environment``; its versions are asked for.
    """

    reference: str
    candidate: str
    kind: Kind
    title: str
    jobs: Mapping[str, Job] = field(default_factory=dict)
    origins: int = 0
    environment: Mapping[str, Any] = field(default_factory=dict)


def _any(patterns: tuple[str, ...], values: Iterable[str]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _versions(environment: Mapping[str, Any], name: str) -> list[str]:
    value = environment.get(name)
    if isinstance(value, Mapping):
        value = value.get("version")
    return [str(value)] if value is not None else []


def _within(bounds: tuple[int, int] | None, values: Iterable[int]) -> bool:
    return bounds is None or any(bounds[0] <= value <= bounds[1] for value in values)


def _shift(difference: Difference, origins: int) -> list[int]:
    if difference.reference is None or difference.candidate is None:
        return []
    return [difference.candidate.start - difference.reference.start - origins]


def applies(when: Condition, difference: Difference, here: Circumstances) -> bool:
    """Whether a condition holds for a difference; what is asked of a job never does for a crash, which has none."""
    if not (difference.kind in when.classes or (not when.classes and difference.kind not in _ON_REQUEST)):
        return False
    case = (
        _any(when.reference, [here.reference])
        and _any(when.candidate, [here.candidate])
        and (not when.kinds or here.kind in when.kinds)
        and _any(when.case, [here.title])
        and all(
            _any(patterns, _versions(here.environment, name))
            for name, patterns in (("oar3", when.oar3), ("oar2", when.oar2), ("debian", when.debian))
        )
    )
    return (
        case
        and _within(when.shift, _shift(difference, here.origins))
        and (not when.message or re.search(when.message, difference.why) is not None)
        and _any(when.job, [difference.job])
        and _fits_job(when, here.jobs.get(difference.job))
    )


def _fits_job(when: Condition, job: Job | None) -> bool:
    if job is None:
        asked = (when.queue, when.type, when.moldables, when.groups)
        return not any(asked) and when.reservation is None
    return (
        _any(when.queue, [job.queue])
        and _any(when.type, job.types)
        and when.reservation in (None, job.reservation is not None)
        and _within(when.moldables, [len(job.moldables)])
        and _within(when.groups, [len(moldable.groups) for moldable in job.moldables])
    )
