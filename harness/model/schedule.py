"""A schedule: which job holds which resources when — planned by a round, or really run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from procset import ProcSet

from harness.model.cluster import Resource
from harness.model.job import Job
from harness.model.quota import Quota


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one job stands in a schedule.

    :ivar start: epoch seconds.
    :ivar stop: epoch seconds, ``start`` + the walltime in a plan, the real end in a timeline.
    :ivar moldable: index into the job's ``moldables``.
    :ivar resources: the ids of its resources.
    """

    start: int
    stop: int
    moldable: int
    resources: ProcSet


@dataclass(frozen=True, slots=True)
class Fate:
    """What one schedule made of one job.

    :ivar state: ``jobs.state`` of OAR when the schedule was read (``Waiting``, ``Terminated``, ``Error``, …), or
        ``Rejected`` if ``oarsub`` refused it.
    :ivar placement: None if it was given no place.
    :ivar message: what OAR says of it (``jobs.message``, or oarsub's last line).
    :ivar killed: whether the scheduler had it killed, as it does with a best-effort job in the way of another; in a
        plan, whether the round asked for its end for any reason (``frag_jobs``).
    :ivar exit_code: what its program ended with on a real node, 128 and the signal if one ended it; None if
        none is recorded.
    :ivar output: what it wrote to its standard output's file on a real node.
    :ivar command: of one that was refused: the line that was typed; empty if it is not recorded.
    :ivar ended: whether it was ended by ``oardel`` since its file says how long it runs.
    :ivar launched: whether a round had it started: its state is ``toLaunch``, and the Almighty was sent
        ``OARRUNJOB_<id>`` for it, without which nothing starts. Then ``placement`` has the resources it is started
        on. None if that was not recorded: in a timeline, whose starts say it, and in older records.
    """

    state: str
    placement: Placement | None = None
    message: str = ""
    killed: bool = False
    exit_code: int | None = None
    output: str = ""
    command: str = ""
    ended: bool = False
    launched: bool | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A resource's state from a moment on (epoch seconds), as ``resource_logs`` has it."""

    resource: int
    at: int
    state: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What a schedule is judged against: the resources and the jobs as the database had them.

    :ivar now: epoch seconds at which the round was decided, or the live case began.
    :ivar hierarchy: levels from the widest to the narrowest.
    :ivar conf: oar.conf, the keys that concern scheduling.
    :ivar quotas: the site's quotas, in their own order; none if there are none or they were not recorded.
    :ivar changes: how the resources' states came about, oldest first; none: ``resources`` has them for all times.
    :ivar beginning: epoch seconds from which the scenario's times count (``at``, ``started``, ``starts-at-…``);
        None: from ``now``, as of a live case, and in runs recorded before it was written down.
    """

    now: int
    resources: tuple[Resource, ...]
    hierarchy: tuple[str, ...]
    jobs: tuple[Job, ...]
    conf: Mapping[str, str] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    changes: tuple[StateChange, ...] = ()
    beginning: int | None = None

    @property
    def began(self) -> int:
        """The moment from which the scenario's times count, epoch seconds."""
        return self.now if self.beginning is None else self.beginning


@dataclass(frozen=True, slots=True)
class Schedule:
    """The fates of the jobs, by name."""

    fates: Mapping[str, Fate]
