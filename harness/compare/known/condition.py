"""When a known difference applies: a small declarative condition on the difference, its job and its case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from harness.compare.known.circumstances import Circumstances, levels_of
from harness.model.combination import fits
from harness.model.difference import Difference, DifferenceClass
from harness.model.job import Job
from harness.model.record import Kind

_ON_REQUEST = (DifferenceClass.INVALID, DifferenceClass.CRASH)


@dataclass(frozen=True, slots=True)
class Condition:
    """When an entry applies: if everything that is said here holds. What is left out always holds.

    Patterns are globs, ``*`` and ``?``, upper and lower case are distinct; of several, one must fit. Bounds are the
    least and the most, both included. In files, words are joined by ``-``.

    Of the difference:

    :ivar classes: classes of difference; ``invalid`` and ``crash`` are explained only if they are named here.
    :ivar rule: patterns of rules; **every** rule that the job breaks must fit one. An assertion of the scenario is
        the rule ``expected``.
    :ivar crash: regular expression found in what a program said when it crashed (``program: how``, then the log);
        of a job's difference: in what any of the candidate's programs said in that case.
    :ivar shift: bounds of the seconds by which the candidate starts later (negative: earlier).
    :ivar message: regular expression found in the explanation (``why``).
    :ivar gap: bounds of the seconds from the job's end to the next start on any of its resources, in the candidate's
        schedule.

    Of its job; a crash has none, so these never hold for one:

    :ivar job: patterns of the job's name. :ivar queue: of its queue. :ivar type: of one of its types, such as
        ``besteffort`` or ``timesharing=*``.
    :ivar level: of one level it asks for, as ``host`` and as ``host=2``, ``core=ALL``.
    :ivar properties: of the SQL condition of one of its groups; ``?*``: any.
    :ivar reservation: whether the job is an advance reservation.
    :ivar dependent: whether it depends on another (``oarsub -a``).
    :ivar moldables: bounds of the number of its alternatives. :ivar groups: of its groups, in any alternative.
    :ivar user_jobs: of the number of jobs its user has in its queue, advance reservations not counted.
    :ivar user_place: of its place among those, by submission, from 1 on.
    :ivar behind: of the seconds from the latest end of what it depends on to its start, in the candidate's schedule.
    :ivar row: whether it starts earlier by no more seconds than jobs stand in a row before it in the candidate's
        schedule.
    :ivar waits_for: patterns of the state, under the candidate, of a job that it depends on; ``other-queue``: it
        depends on one in another queue.
    :ivar overlapped: whether the reference plans it and another job on one resource at the same time.
    :ivar holds: patterns of the state of one of the resources that the candidate gives it.
    :ivar sharers: bounds of the number of the case's jobs that are of the type ``timesharing``.

    Of the case:

    :ivar reference: pattern of the reference's id. :ivar candidate: of the candidate's; if that has ``@`` and a
        copy of OAR3, with it or without. If queues keep their own schedulers, it is what the combination comes to in
        the job's queue (:func:`~harness.model.combination.fits`).
    :ivar kinds: kinds of case. :ivar case: patterns of the case's title.
    :ivar jobs: bounds of the number of its jobs. :ivar users: of its users. :ivar queues: of its jobs' queues.
    :ivar uses: patterns of what any of its jobs is or has: types, levels (``core=BESTHALF``), ``reservation``,
        ``dependency``, ``moldable`` (several alternatives), ``groups`` (several in one).
    :ivar down: whether a resource is in another state than Alive. :ivar states: patterns of a resource's state.
    :ivar conf: patterns of values of oar.conf, by key; each key must fit, and one that is not there is empty.
    :ivar crashed: whether a program crashed under the candidate.
    :ivar oar3: patterns of OAR3's version. :ivar oar2: of OAR2's. :ivar debian: of Debian's name.
    """

    classes: tuple[DifferenceClass, ...] = ()
    rule: tuple[str, ...] = ()
    crash: str = ""
    shift: tuple[int, int] | None = None
    message: str = ""
    gap: tuple[int, int] | None = None
    job: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    reservation: bool | None = None
    dependent: bool | None = None
    moldables: tuple[int, int] | None = None
    groups: tuple[int, int] | None = None
    user_jobs: tuple[int, int] | None = None
    user_place: tuple[int, int] | None = None
    behind: tuple[int, int] | None = None
    row: bool | None = None
    waits_for: tuple[str, ...] = ()
    overlapped: bool | None = None
    holds: tuple[str, ...] = ()
    sharers: tuple[int, int] | None = None
    reference: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    case: tuple[str, ...] = ()
    jobs: tuple[int, int] | None = None
    users: tuple[int, int] | None = None
    queues: tuple[int, int] | None = None
    uses: tuple[str, ...] = ()
    down: bool | None = None
    states: tuple[str, ...] = ()
    conf: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    crashed: bool | None = None
    oar3: tuple[str, ...] = ()
    oar2: tuple[str, ...] = ()
    debian: tuple[str, ...] = ()


OF_A_JOB = (
    "job",
    "queue",
    "type",
    "level",
    "properties",
    "reservation",
    "dependent",
    "moldables",
    "groups",
    "user_jobs",
    "user_place",
    "behind",
    "row",
    "waits_for",
    "overlapped",
    "holds",
    "sharers",
)
"""The fields that ask something of the difference's job."""


def applies(when: Condition, difference: Difference, here: Circumstances) -> bool:
    """Whether a condition holds for a difference; what is asked of a job never does for a crash, which has none.

    >>> later = Difference("long", DifferenceClass.LATER, "starts 0:10:00 later")
    >>> here = Circumstances("native", "kao", Kind.PLAN, "a long job", {"long": Job("long", 1, queue="night")})
    >>> applies(Condition(classes=(DifferenceClass.LATER,), queue=("n*",)), later, here)
    True
    >>> applies(Condition(queue=("default",)), later, here)
    False
    """
    if not (difference.kind in when.classes or (not when.classes and difference.kind not in _ON_REQUEST)):
        return False
    return (
        concerns(when, here)
        and _within(when.shift, _shift(difference, here.origins))
        and (not when.rule or _only(when.rule, difference.rules))
        and (not when.crash or _crashed_so(when.crash, difference, here))
        and (not when.message or re.search(when.message, difference.why) is not None)
        and _fits_job(when, difference, here)
        and (when.gap is None or _within(when.gap, here.gap_after(difference.job)))
    )


def concerns(when: Condition, here: Circumstances) -> bool:
    """Whether what a condition asks of the case holds, so that it may explain a difference there."""
    return (
        _fits(when.reference, here.reference, here.reference_schedulers)
        and _fits(when.candidate, here.candidate, here.schedulers)
        and (not when.kinds or here.kind in when.kinds)
        and _any(when.case, [here.title])
        and _any(when.oar3, here.versions("oar3"))
        and _any(when.oar2, here.versions("oar2"))
        and _any(when.debian, here.versions("debian"))
        and _within(when.jobs, [len(here.jobs)])
        and _within(when.users, [len({job.user for job in here.jobs.values()})])
        and _within(when.queues, [len({job.queue for job in here.jobs.values()})])
        and when.down in (None, here.down)
        and (not when.states or _any(when.states, here.states.values()))
        and when.crashed in (None, bool(here.crashes))
        and all(_any(patterns, [here.conf.get(key, "")]) for key, patterns in when.conf.items())
        and (not when.uses or _any(when.uses, here.features))
    )


def _fits(patterns: tuple[str, ...], column: str, schedulers: Mapping[str, str], queues: Iterable[str] = ()) -> bool:
    return not patterns or any(fits(pattern, column, schedulers, queues) for pattern in patterns)


def _any(patterns: tuple[str, ...], values: Iterable[str]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _only(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return bool(values) and all(_any(patterns, [value]) for value in values)


def _within(bounds: tuple[int, int] | None, values: Iterable[int]) -> bool:
    return bounds is None or any(bounds[0] <= value <= bounds[1] for value in values)


def _shift(difference: Difference, origins: int) -> list[int]:
    if difference.reference is None or difference.candidate is None:
        return []
    return [difference.candidate.start - difference.reference.start - origins]


def _crashed_so(pattern: str, difference: Difference, here: Circumstances) -> bool:
    if difference.kind is DifferenceClass.CRASH:
        return re.search(pattern, here.crashes.get(difference.why, difference.why)) is not None
    return any(re.search(pattern, text) for text in here.crashes.values())


def _fits_job(when: Condition, difference: Difference, here: Circumstances) -> bool:
    job = here.jobs.get(difference.job)
    if not _any(when.job, [difference.job]):
        return False
    if job is None:
        return not any(getattr(when, name) not in ((), None) for name in OF_A_JOB if name != "job")
    return (
        _fits(when.reference, here.reference, here.reference_schedulers, [job.queue])
        and _fits(when.candidate, here.candidate, here.schedulers, [job.queue])
        and asks(when, job)
        and (when.user_jobs is None or _within(when.user_jobs, [here.user_jobs(job)]))
        and (when.user_place is None or _within(when.user_place, here.user_place(job)))
        and (when.behind is None or _within(when.behind, here.behind(job)))
        and (when.row is None or when.row == _in_row(difference, job, here))
        and (not when.waits_for or _any(when.waits_for, here.waits_for(job)))
        and (when.overlapped is None or when.overlapped == here.overlapped(job))
        and (not when.holds or _any(when.holds, here.resources_of(job)))
        and _within(when.sharers, [here.sharers()])
    )


def asks(when: Condition, job: Job) -> bool:
    """Whether the request alone is what a condition asks of it, however the job fared."""
    return (
        _any(when.queue, [job.queue])
        and _any(when.type, job.types)
        and (not when.level or _any(when.level, levels_of(job)))
        and (not when.properties or _any(when.properties, _properties(job)))
        and when.reservation in (None, job.reservation is not None)
        and when.dependent in (None, bool(job.after))
        and _within(when.moldables, [len(job.moldables)])
        and _within(when.groups, [len(moldable.groups) for moldable in job.moldables])
    )


def _in_row(difference: Difference, job: Job, here: Circumstances) -> bool:
    return any(-shift <= here.row(job) for shift in _shift(difference, here.origins))


def _properties(job: Job) -> list[str]:
    return [group.properties for moldable in job.moldables for group in moldable.groups]
