"""A rule that a schedule breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.compare.align import decided, foretold
from harness.compare.catalogue import Catalogue
from harness.compare.moments import Clock
from harness.compare.sets import mask_of, procset
from harness.compare.sharing import container_of
from harness.model.job import Job, Moldable
from harness.model.schedule import Fate, Placement, Schedule, Situation

RULES = (
    "moldable",
    "eligible",
    "state",
    "hierarchy",
    "overlap",
    "walltime",
    "submission",
    "postpone",
    "deadline",
    "expire",
    "reservation",
    "dependency",
    "container",
    "quota",
    "launch",
)
"""The names of all rules."""
EXPECTED = "expected"
"""What stands for a rule's name if an assertion of the scenario does not hold."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a schedule breaks.

    :ivar rule: its name, one of RULES.
    :ivar jobs: the job that breaks it first, then those it breaks it against.
    :ivar why: one line, with figures.
    """

    rule: str
    jobs: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class PlacedJob:
    """A job with its place.

    :ivar resources: mask of its resources, but for what OAR2 adds to every job.
    :ivar whole: mask of all its resources.
    :ivar foretold: whether its end is a prediction.
    :ivar decided: whether it was placed by what is judged: it does not stand since before ``now``.
    """

    job: Job
    fate: Fate
    placement: Placement
    resources: int
    whole: int
    foretold: bool
    decided: bool

    @property
    def moldable(self) -> Moldable | None:
        """The alternative that was chosen, None if the job has no such one."""
        index = self.placement.moldable
        return self.job.moldables[index] if 0 <= index < len(self.job.moldables) else None


@dataclass(frozen=True)
class IndexedSchedule:
    """A schedule with its situation, indexed: what every rule looks at."""

    situation: Situation
    schedule: Schedule
    clock: Clock
    catalogue: Catalogue
    jobs: Mapping[str, Job]
    ids: Mapping[int, str]
    placed: tuple[PlacedJob, ...] = field(default=())

    def placement(self, name: str) -> Placement | None:
        """A job's place, None if it has none."""
        fate = self.schedule.fates.get(name)
        return fate.placement if fate else None

    def container(self, job: Job) -> Job | None:
        """The container in which a job runs."""
        return container_of(job, self.jobs, self.ids)

    def seconds(self, key: str, default: int) -> int:
        """A number of seconds from oar.conf."""
        try:
            return int(self.situation.conf.get(key, default))
        except ValueError:
            return default

    def new(self) -> Iterator[PlacedJob]:
        """The jobs whose place was decided by what is judged."""
        return (placed for placed in self.placed if placed.decided)


def index_schedule(situation: Situation, schedule: Schedule, *, timeline: bool, clock: Clock) -> IndexedSchedule:
    """Index a schedule, a plan or, with ``timeline``, what really ran.

    Jobs that the situation does not know are left out: there is nothing to judge them by.
    """
    catalogue = Catalogue(situation)
    jobs = {job.name: job for job in situation.jobs}
    extra = catalogue.added_to_every_job
    placed = []
    for name, fate in schedule.fates.items():
        if fate.placement is None or name not in jobs:
            continue
        place = fate.placement
        whole = mask_of(place.resources)
        placed.append(
            PlacedJob(
                job=jobs[name],
                fate=fate,
                placement=place,
                resources=whole & ~extra,
                whole=whole,
                foretold=foretold(fate, timeline=timeline),
                decided=decided(fate, place, situation.now, timeline=timeline),
            )
        )
    placed.sort(key=lambda h: (h.placement.start, h.placement.stop, h.job.name))
    ids = {job.id: job.name for job in situation.jobs}
    return IndexedSchedule(situation, schedule, clock, catalogue, jobs, ids, tuple(placed))


def some(names: object, *, most: int = 120) -> str:
    """A text, or the resources of a mask, cut if it is too long for one line."""
    text = str(procset(names) if isinstance(names, int) else names)
    return text if len(text) <= most else text[: most - 1] + "…"
