"""Which jobs a job came after: the ones whose shift it inherits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.compare.sets import spans_of
from harness.compare.sharing import container_of
from harness.model.job import Job
from harness.model.schedule import Placement, Schedule


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A job that another came after.

    :ivar opens: whether it is the other's container, whose start counts; else its end does.
    """

    name: str
    opens: bool = False


def predecessors(schedule: Schedule, jobs: Mapping[str, Job], reach: int) -> dict[str, tuple[Predecessor, ...]]:
    """For each job with a place, the jobs on whose end (a container: start) it followed within ``reach`` seconds.

    Those are the last job before it on any of its resources, what it depends on, and its container. What ended
    earlier than that did not hold it up. One sweep over the starts, which keeps the last holder of each resource.
    """
    placed = {name: fate.placement for name, fate in schedule.fates.items() if fate.placement is not None}
    ids = {job.id: job.name for job in jobs.values()}
    stretches = {name: spans_of(place.resources) for name, place in placed.items()}
    last = [""] * (2 + max((known[-1][1] for known in stretches.values() if known), default=0))
    found: dict[str, tuple[Predecessor, ...]] = {}
    for name, place in sorted(placed.items(), key=lambda item: (item[1].start, item[1].stop, item[0])):
        names: dict[str, None] = {}
        for first, end in stretches[name]:
            names.update(dict.fromkeys(last[first : end + 1]))
            last[first : end + 1] = [name] * (end + 1 - first)
        job = jobs.get(name)
        names.update(dict.fromkeys(job.after if job else ()))
        before = [Predecessor(n) for n in names if n in placed and _follows(place.start - placed[n].stop, reach)]
        outer = container_of(job, jobs, ids) if job else None
        if outer and outer.name in placed and _follows(place.start - placed[outer.name].start, reach):
            before.append(Predecessor(outer.name, opens=True))
        found[name] = tuple(before)
    return found


def _follows(gap: int, reach: int) -> bool:
    return 0 <= gap <= reach


def moments(placement: Placement, before: Predecessor) -> int:
    """The moment of a predecessor that its follower waited for."""
    return placement.start if before.opens else placement.stop
