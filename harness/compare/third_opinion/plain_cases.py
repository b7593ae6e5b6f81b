"""Which cases are plain enough for a third opinion, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.compare.align import PROMISED, decided
from harness.compare.validate.eligible_resources import wakes_nodes
from harness.model.job import BESTHALF, PAST_STATES, Job
from harness.model.schedule import Placement, Schedule, Situation

PLAIN_TYPES = frozenset({"noop"})
"""Types of jobs that do not change how they are scheduled."""

MOST_JOBS = 1000
"""How many waiting jobs a case may have: planning them takes time, and judging is to stay quick."""


@dataclass(frozen=True, slots=True)
class Side:
    """One schedule, as the planner sees it.

    :ivar combination: its id.
    :ivar standing: the places that the round did not decide: what runs since before, and advance reservations.
    :ivar placed: the places that it did decide.
    :ivar over: jobs that ended, or were refused.
    :ivar schedulers: aliases of the schedulers by queue, if queues keep their own.
    """

    combination: str
    schedule: Schedule
    standing: Mapping[str, Placement]
    placed: Mapping[str, Placement]
    over: frozenset[str]
    schedulers: Mapping[str, str] = field(default_factory=dict)

    def fair(self, queues: Iterable[str]) -> bool:
        """Whether jobs of those queues are planned under fair sharing."""
        names = [self.schedulers[queue] for queue in queues if queue in self.schedulers] or [self.combination]
        return any("fairsharing" in name for name in names)


def side(
    combination: str, situation: Situation, schedule: Schedule, schedulers: Mapping[str, str] | None = None
) -> Side:
    """Tell apart what a plan was given and what it decided."""
    jobs = {job.name: job for job in situation.jobs}
    standing: dict[str, Placement] = {}
    placed: dict[str, Placement] = {}
    for name, fate in schedule.fates.items():
        if fate.placement is None or name not in jobs:
            continue
        booked = jobs[name].reservation is not None
        new = decided(fate, fate.placement, situation.now, timeline=False) and not booked
        (placed if new else standing)[name] = fate.placement
    over = frozenset(name for name, fate in schedule.fates.items() if fate.state in PAST_STATES)
    return Side(combination, schedule, standing, placed, over, schedulers or {})


def waiting(situation: Situation, *sides: Side) -> tuple[Job, ...]:
    """The jobs that a round had to place: those that do not stand already, nor are over on every side."""
    return tuple(
        job
        for job in situation.jobs
        if not any(job.name in s.standing for s in sides) and not all(job.name in s.over for s in sides)
    )


def unplain(situation: Situation, reference: Side, candidate: Side) -> str:
    """Why FIFO with conservative backfilling says nothing of a case; empty if it does.

    It does if all waiting jobs are in one queue (a situation does not know the queues' priorities), are of no
    type but :data:`PLAIN_TYPES`, and wait for nothing but resources and other jobs; if the sides order them by
    their ids: under fair sharing only those of one user in one project; if what stands is the same on both sides,
    advance reservations too; and if neither quotas, nor sleeping nodes, nor other rules of the site count.
    """
    return next(_reasons(situation, reference, candidate), "")


def _reasons(situation: Situation, reference: Side, candidate: Side) -> Iterator[str]:
    conf = situation.conf
    new = waiting(situation, reference, candidate)
    if len(new) > MOST_JOBS:
        yield f"{len(new)} waiting jobs are more than {MOST_JOBS}"
    if reference.standing != candidate.standing:
        yield "what runs, or is reserved, is not the same on both sides"
    if any(job.reservation is not None and job.name not in reference.standing for job in new):
        yield "an advance reservation was refused"
    queues = sorted({job.queue for job in new})
    if len(queues) > 1:
        yield f"jobs of several queues wait: {', '.join(queues)}"
    names = {job.name for job in new}
    here = [job for job in situation.jobs if job.name in names or job.name in reference.standing]
    types = sorted({entry for job in here for entry in job.types} - PLAIN_TYPES)
    if types:
        yield f"there are jobs of type {types[0]}"
    if any(level.count == BESTHALF for j in new for m in j.moldables for g in m.groups for level in g.levels):
        yield "a job asks for BESTHALF"
    fates = [s.schedule.fates.get(name) for s in (reference, candidate) for name in names]
    states = sorted({fate.state for fate in fates if fate} - {*(PROMISED - {"Hold"}), *PAST_STATES, "toLaunch"})
    if states:
        yield f"a job is in the state {states[0]}"
    shared = any(s.fair(queues) for s in (reference, candidate))
    ordered = conf.get("JOB_PRIORITY", "FIFO").upper() != "FIFO"
    if (shared or ordered) and len({(job.user, job.project) for job in new}) > 1:
        yield "jobs of several users or projects wait, under fair sharing"
    yield from _rules(situation)


def _rules(situation: Situation) -> Iterator[str]:
    conf = situation.conf
    if situation.quotas or conf.get("QUOTAS", "no").lower() == "yes":
        yield "there are quotas"
    if wakes_nodes(situation):
        yield "nodes are woken for jobs"
    for key in ("SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE", "SCHEDULER_TOKEN_SCRIPTS"):
        if conf.get(key):
            yield f"{key} is set"
