"""Where differences were found: what the conditions of known differences ask of a case, its plan and its jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.compare.predecessors import predecessors
from harness.model.combination import AGAIN
from harness.model.job import ALL, BEST, BESTHALF, Job
from harness.model.record import CaseRecord, Crash, Kind, Observation
from harness.model.removed_cause import Without
from harness.model.schedule import Fate, Placement, Schedule, Situation

_COUNTS = {ALL: "ALL", BEST: "BEST", BESTHALF: "BESTHALF"}
_REACH = 130
"""Seconds that may lie between two jobs of a row: twice the usual security time, and some."""


@dataclass(frozen=True)
class Circumstances:
    """Where differences were found.

    :ivar jobs: the situation's jobs by name.
    :ivar origins: seconds by which the candidate's ``now`` is later than the reference's.
    :ivar environment: the report's ``environment``; its versions are asked for.
    :ivar conf: oar.conf, the keys that concern scheduling.
    :ivar down: whether a resource is in another state than Alive.
    :ivar places: the candidate's schedule, by job. :ivar planned: the reference's.
    :ivar states: the resources' states, by id. :ivar after: the jobs' states under the candidate, by name.
    :ivar gone: for each change of the case with which a further round was made, the jobs that agree there.
    :ivar schedulers: aliases of the candidate's schedulers by queue, if queues keep their own; else empty.
    :ivar reference_schedulers: the same of the reference.
    :ivar crashes: what the candidate's programs said when they crashed, by the explanation each crash is given.
    """

    reference: str
    candidate: str
    kind: Kind
    title: str
    jobs: Mapping[str, Job] = field(default_factory=dict)
    origins: int = 0
    environment: Mapping[str, Any] = field(default_factory=dict)
    conf: Mapping[str, str] = field(default_factory=dict)
    down: bool = False
    crashes: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Placement] = field(default_factory=dict)
    planned: Mapping[str, Placement] = field(default_factory=dict)
    states: Mapping[int, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[tuple[Without, frozenset[str]], ...] = ()
    schedulers: Mapping[str, str] = field(default_factory=dict)
    reference_schedulers: Mapping[str, str] = field(default_factory=dict)

    def confirms(self, without: Without | None, job: str) -> bool:
        """Whether a difference of a job is gone in a further round without a cause; true if no cause is named."""
        return without is None or any(without == change and job in names for change, names in self.gone)

    def behind(self, job: Job) -> list[int]:
        """Seconds from the latest end of what the job depends on to its start; none if that is not known."""
        place = self.places.get(job.name)
        ends = [self.places[name].stop for name in job.after if name in self.places]
        return [place.start - max(ends)] if place and ends else []

    def waits_for(self, job: Job) -> list[str]:
        """The states of the jobs that it depends on, and ``other-queue`` if one is in another queue."""
        found = [self.after[name] for name in job.after if name in self.after]
        others = {self.jobs[name].queue for name in job.after if name in self.jobs} - {job.queue}
        return [*found, *(["other-queue"] if others else [])]

    def user_place(self, job: Job) -> list[int]:
        """The job's place among the waiting jobs of its user in its queue, from 1 on; none for reservations."""
        if job.reservation is not None:
            return []
        now = [
            other
            for other in self.jobs.values()
            if (other.user, other.queue) == (job.user, job.queue) and other.reservation is None
        ]
        return [1 + sum((other.submitted, other.id) < (job.submitted, job.id) for other in now)]

    def overlapped(self, job: Job) -> bool:
        """Whether the reference plans the job and another one on a resource at the same time."""
        place = self.planned.get(job.name)
        return place is not None and any(
            name != job.name
            and other.start < place.stop
            and place.start < other.stop
            and bool(other.resources & place.resources)
            for name, other in self.planned.items()
        )

    def resources_of(self, job: Job) -> list[str]:
        """The states of the resources that the candidate gives the job."""
        place = self.places.get(job.name)
        return sorted({self.states[r] for r in place.resources if r in self.states}) if place else []

    def sharers(self) -> int:
        """How many jobs are of the type ``timesharing``."""
        return sum(other.type("timesharing") is not None for other in self.jobs.values())

    def row(self, job: Job) -> int:
        """How many jobs stand in a row before the job in the candidate's plan, on its resources or as what it needs.

        Each starts within two security times and some seconds of the end of the one before it.
        """
        schedule = Schedule({name: Fate("Waiting", place) for name, place in self.places.items()})
        before = predecessors(schedule, self.jobs, _REACH)
        depths: dict[str, int] = {}
        for name in sorted(self.places, key=lambda each: self.places[each].start):
            depths[name] = max((1 + depths.get(each.name, 0) for each in before.get(name, ())), default=0)
        return depths.get(job.name, 0)

    def gap_after(self, name: str) -> list[int]:
        """Seconds from the job's end to the next start on any of its resources; none if nothing follows."""
        place = self.places.get(name)
        if place is None:
            return []
        gaps = [
            other.start - place.stop
            for each, other in self.places.items()
            if each != name and other.start >= place.stop and other.resources & place.resources
        ]
        return [min(gaps)] if gaps else []

    def versions(self, name: str) -> list[str]:
        """The version of ``oar2``, ``oar3`` or ``debian``; none if it is not known.

        With several copies of OAR3 a column is called ``<combination>@<copy>``: that copy's version counts, and what
        it is called, such as ``master``. Records of before ``oar3-copies`` have the name alone.
        """
        copy = self.candidate.partition("@")[2]
        if name == "oar3" and copy and copy != AGAIN:
            known = self.environment.get("oar3-copies", {}).get(copy, {}).get("version")
            return [str(known), copy] if known and known != copy else [copy]
        value = self.environment.get(name)
        if isinstance(value, Mapping):
            value = value.get("version")
        return [str(value)] if value is not None else []

    @cached_property
    def features(self) -> frozenset[str]:
        """The types of all jobs, the levels they ask for, and of the words below those that hold for any job."""
        found = {kind for job in self.jobs.values() for kind in (*job.types, *levels_of(job))}
        found.update(word for job in self.jobs.values() for word, holds in _words(job).items() if holds)
        return frozenset(found)

    @cached_property
    def _standing(self) -> Counter[tuple[str, str]]:
        return Counter((job.user, job.queue) for job in self.jobs.values() if job.reservation is None)

    def user_jobs(self, job: Job) -> int:
        """How many jobs the job's user has in the job's queue, advance reservations not counted."""
        return self._standing[job.user, job.queue]


def levels_of(job: Job) -> list[str]:
    """The levels it asks for, with their count and without: ``host=2``, ``core=ALL``, ``host``, ``core``."""
    levels = [level for moldable in job.moldables for group in moldable.groups for level in group.levels]
    counted = [f"{level.property}={_COUNTS.get(level.count, level.count)}" for level in levels]
    return [*counted, *(level.property for level in levels)]


def _words(job: Job) -> dict[str, bool]:
    return {
        "reservation": job.reservation is not None,
        "dependency": bool(job.after),
        "moldable": len(job.moldables) > 1,
        "groups": any(len(moldable.groups) > 1 for moldable in job.moldables),
    }


def why_crashed(crash: Crash) -> str:
    """A crash in one line: the program, how it ended, the log's last line."""
    lines = [line.strip() for line in crash.log.splitlines() if line.strip()]
    last = f": {lines[-1]}" if lines and lines[-1] not in crash.how else ""
    return f"{crash.program}: {crash.how}{last}"


def situation_of(record: CaseRecord, combination: str) -> Situation:
    """What a combination is judged against: its lane's own situation, or the case's."""
    observation = record.observations.get(combination)
    return (observation.situation if observation else None) or record.situation


def schedulers_of(record: CaseRecord, combination: str) -> Mapping[str, str]:
    """Aliases of its schedulers by queue, if queues kept their own; else empty."""
    observation = record.observations.get(combination)
    return observation.schedulers if observation else {}


def circumstances(
    record: CaseRecord,
    candidate: str,
    environment: Mapping[str, Any],
    gone: tuple[tuple[Without, frozenset[str]], ...] = (),
) -> Circumstances:
    """Those of one case under one candidate, from what was recorded.

    :param gone: what further rounds show: see :func:`harness.compare.cause_removed.gone`.
    """
    situation, reference = situation_of(record, candidate), situation_of(record, record.reference)
    observation = record.observations.get(candidate)
    crashes = observation.crashes if observation else ()
    other = record.observations.get(record.reference)
    return Circumstances(
        reference=record.reference,
        candidate=candidate,
        kind=record.kind,
        title=record.title,
        jobs={job.name: job for job in (*reference.jobs, *situation.jobs)},
        origins=situation.now - reference.now,
        environment=environment,
        conf=situation.conf,
        down=any(resource.state != "Alive" for resource in situation.resources),
        crashes={why_crashed(crash): f"{crash.program}: {crash.how}\n{crash.log}" for crash in crashes},
        places=_places(observation),
        planned=_places(other),
        states={resource.id: resource.state for resource in situation.resources},
        after={
            name: fate.state
            for name, fate in (observation.schedule.fates if observation and observation.schedule else {}).items()
        },
        gone=gone,
        schedulers=schedulers_of(record, candidate),
        reference_schedulers=schedulers_of(record, record.reference),
    )


def _places(seen: Observation | None) -> dict[str, Placement]:
    fates = seen.schedule.fates if seen and seen.schedule else {}
    return {name: fate.placement for name, fate in fates.items() if fate.placement}
