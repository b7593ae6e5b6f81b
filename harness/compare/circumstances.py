"""Where differences were found: what the conditions of known differences ask of a case, its plan and its jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.model.job import ALL, BEST, BESTHALF, Job
from harness.model.record import CaseRecord, Crash, Kind
from harness.model.schedule import Placement, Situation

_COUNTS = {ALL: "ALL", BEST: "BEST", BESTHALF: "BESTHALF"}
AGAIN = "again"
"""What follows ``@`` in a column's id where a combination is compared with itself."""


@dataclass(frozen=True)
class Circumstances:
    """Where differences were found.

    :ivar jobs: the situation's jobs by name.
    :ivar origins: seconds by which the candidate's ``now`` is later than the reference's.
    :ivar environment: the report's ``environment``; its versions are asked for.
    :ivar conf: oar.conf, the keys that concern scheduling.
    :ivar down: whether a resource is in another state than Alive.
    :ivar places: the candidate's schedule, by job.
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

    def gap_after(self, name: str) -> list[int]:
        """Seconds from the job's end to the next start on any of its resources; none where nothing follows."""
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
        """The version of ``oar2``, ``oar3`` or ``debian``; none where it is not known.

        With several copies of OAR3 a column is called ``<combination>@<copy>``: the copy's name counts.
        """
        copy = self.candidate.partition("@")[2]
        if name == "oar3" and copy and copy != AGAIN:
            return [copy]
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


def circumstances(record: CaseRecord, candidate: str, environment: Mapping[str, Any]) -> Circumstances:
    """Those of one case under one candidate, from what was recorded."""
    situation, reference = situation_of(record, candidate), situation_of(record, record.reference)
    observation = record.observations.get(candidate)
    crashes = observation.crashes if observation else ()
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
        places={
            name: fate.placement
            for name, fate in (observation.schedule.fates if observation and observation.schedule else {}).items()
            if fate.placement
        },
    )
