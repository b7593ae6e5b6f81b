"""The jobs of a scenario, one after the other, each seeing those before it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from harness.fuzz.generate.feature import Feature
from harness.fuzz.generate.random_choices import Choices
from harness.fuzz.generate.random_placed_jobs import PlacedJob, PlacedJobs
from harness.fuzz.generate.random_requests import RandomRequest, RequestMaker
from harness.model.duration import format_duration
from harness.oarsub.reservation import Reservation
from harness.oarsub.submission_parts import Ask
from harness.workload.scenario import Queue
from harness.workload.scenario_job import ScenarioJob

_KINDS = (
    Feature.BESTEFFORT,
    Feature.TIMESHARING,
    Feature.CONTAINER,
    Feature.PLACEHOLDER,
    Feature.DEPLOY,
    Feature.COSYSTEM,
    Feature.PERMISSIVE,
)
_USERS = ("alice", "bob", "carol")
_PROJECTS = ("physics", "biology")
_LABELS = ("a", "b")
_MOST_BOOKED = 2
"""Advance reservations a user may have waiting (admission rule "Limit the number of advance reservations")."""
_SOON = 30
"""Seconds that a reservation's start lies after the round at least: the round begins after the last submission."""


@dataclass(frozen=True, slots=True)
class _Container:
    """A container so far: resources it has or could have, its walltime, and when it runs, if that is settled."""

    name: str
    ids: frozenset[int]
    seconds: int
    placed: PlacedJob | None


class Jobs:
    """Makes the jobs of a scenario.

    :param now: when the round is, seconds after the beginning; after each job's ``at``.
    :param gap: the security time, seconds.
    """

    def __init__(
        self,
        choices: Choices,
        requests: RequestMaker,
        active: Set[Feature],
        queues: tuple[Queue, ...],
        now: int,
        gap: int,
    ) -> None:
        self._choices, self._requests, self._active = choices, requests, active
        self._queues, self._now = queues, now
        self._placed = PlacedJobs(gap)
        self._kinds = [kind for kind in _KINDS if kind in active]
        self._containers: list[_Container] = []
        self._booked: dict[str, int] = {}
        self._names: list[str] = []
        placer = requests.placer
        self._alive = frozenset(i for i in placer.living if placer.by_id[i].state == "Alive")

    def make(self, at: int, running: bool, most: int) -> ScenarioJob:
        """The next job.

        :param running: whether it is to run already, if it can.
        :param most: the most elements that its array may have.
        """
        choices, name = self._choices, f"job{len(self._names) + 1}"
        user = choices.pick(_USERS) if Feature.USERS in self._active else _USERS[0]
        outer = choices.pick(self._containers) if self._containers and not choices.one_in(3) else None
        types = self._types(outer is not None)
        request = self._requests.make(types, outer.ids if outer else None, outer.seconds if outer else None)
        ask = Ask(request.alternatives, request.condition, types, label=self._label(), project=self._project())
        if outer:
            ask = replace(ask, types=(*types, f"inner={outer.name}"))
        job = self._runs(name, user, ask, request, outer, at) if running else None
        if job is None and not outer and self._may_book(user, types):
            job = self._books(name, user, ask, request, at)
        if job is None:
            job = ScenarioJob(name, user, self._waits(ask, at, most).submission(), at)
        self._names.extend(job.names)
        if "container" in types:
            self._contain(job, request)
        return job

    def _wanted(self, feature: Feature, share: int = 3) -> bool:
        return feature in self._active and self._choices.one_in(share)

    def _label(self) -> str:
        return self._choices.pick(_LABELS) if self._wanted(Feature.NAMES, 2) else ""

    def _project(self) -> str:
        return self._choices.pick(_PROJECTS) if self._wanted(Feature.PROJECTS, 2) else ""

    def _types(self, inner: bool) -> tuple[str, ...]:
        """Mostly one type or none, sometimes two."""
        kinds = [kind for kind in self._kinds if not inner or kind is not Feature.DEPLOY]
        if not kinds or self._choices.one_in(3):
            return ()
        chosen = self._choices.some(kinds, 2 if self._choices.one_in(6) else 1)
        return tuple(self._type(kind) for kind in chosen)

    def _type(self, kind: Feature) -> str:
        if kind is Feature.TIMESHARING:
            named: tuple[str, ...] = ("user,name", "*,name") if Feature.NAMES in self._active else ()
            return "timesharing=" + self._choices.pick(("user,*", "*,*", *named))
        if kind is Feature.PLACEHOLDER:
            return self._choices.pick(("placeholder=pool", "allowed=pool", "allowed=pool", "allowed=other"))
        return "state=permissive" if kind is Feature.PERMISSIVE else str(kind)

    def _runs(
        self, name: str, user: str, ask: Ask, request: RandomRequest, outer: _Container | None, at: int
    ) -> ScenarioJob | None:
        """The job as one that runs; None if there is no room, or it would be over by now."""
        started = min(at + self._choices.pick((0, 1, 5, 60)), self._now)
        stop = started + ask.alternatives[0].seconds
        among, inside = self._alive, ""
        if outer:
            frame = outer.placed
            if frame is None or not (frame.start <= started and stop <= frame.stop):
                return None
            among, inside = frame.ids & self._alive, outer.name
        placed = PlacedJob(name, user, ask, frozenset(), started, stop, inside)
        ids = request.served(self._requests.placer, self._placed.free(among, placed)) if stop > self._now else None
        if not ids:
            return None
        self._placed.add(replace(placed, ids=ids))
        return ScenarioJob(name, user, ask.submission(), at, started=started, on=tuple(sorted(ids)))

    def _may_book(self, user: str, types: tuple[str, ...]) -> bool:
        wanted = bool(self._active & {Feature.ACCEPTED, Feature.RESERVATIONS}) and self._choices.one_in(3)
        return wanted and "besteffort" not in types and self._booked.get(user, 0) < _MOST_BOOKED

    def _books(self, name: str, user: str, ask: Ask, request: RandomRequest, at: int) -> ScenarioJob | None:
        """The job as an advance reservation, accepted or not; None if it can be neither."""
        offset = self._choices.pick((1800, 3600, 3600, 7200, 600, 3661))
        if at + offset < self._now + _SOON:
            offset += self._now + _SOON - at
        seconds = ask.alternatives[0].seconds
        ends = len(ask.alternatives) == 1 and self._choices.one_in(4)
        if ends:
            ask = replace(ask, alternatives=(replace(ask.alternatives[0], walltime=None),))
        ask = replace(ask, reservation=Reservation(offset, offset + seconds if ends else None))
        wanted = PlacedJob(name, user, ask, frozenset(), at + offset, at + offset + seconds)
        ids = frozenset[int]()
        if Feature.RESERVATIONS not in self._active or self._wanted(Feature.ACCEPTED, 2):
            living = self._requests.placer.living
            ids = request.served(self._requests.placer, self._placed.free(living, wanted))
        if ids:
            self._placed.add(replace(wanted, ids=ids))
        elif Feature.RESERVATIONS not in self._active:
            return None
        self._booked[user] = self._booked.get(user, 0) + 1
        return ScenarioJob(name, user, ask.submission(), at, on=tuple(sorted(ids)))

    def _waits(self, ask: Ask, at: int, most: int) -> Ask:
        """The job as one that waits, with all that only such a one may have."""
        choices = self._choices
        longest, past = max(each.seconds for each in ask.alternatives), self._now - at
        dates = []
        if self._wanted(Feature.POSTPONE):
            dates.append(f"postpone=+{format_duration(past + choices.pick((600, 1800, 3600, 7200)))}")
        if self._wanted(Feature.DEADLINE):
            dates.append(f"deadline=+{format_duration(past + longest + choices.pick((600, 1800, 3600, 7200)))}")
        if self._wanted(Feature.EXPIRE):
            dates.append(f"expire=+{format_duration(past + choices.pick((600, 3600)))}")
        container = "container" in ask.types
        after = (
            choices.some(self._names[-8:], 2 if choices.one_in(5) else 1)
            if self._wanted(Feature.DEPENDENCIES)
            else ()
        )
        own = not container and "besteffort" not in ask.types
        return replace(
            ask,
            types=(*ask.types, *dates),
            after=tuple(after),
            queue=choices.pick(self._queues).name if own and self._queues and choices.one_in(2) else "",
            array=choices.between(2, min(most, 5))
            if not container and most > 1 and self._wanted(Feature.ARRAYS)
            else 1,
            hold=not container and self._wanted(Feature.HOLD),
        )

    def _contain(self, job: ScenarioJob, request: RandomRequest) -> None:
        """Remember a container that others can be put into: what it has, or could have on an empty cluster."""
        placed = self._placed.of(job.name)
        placer = self._requests.placer
        ids = placed.ids if placed else request.served(placer, placer.ordinary)
        seconds = min(each.seconds for each in request.alternatives)
        if ids:
            self._containers.append(_Container(job.name, ids, seconds, placed if job.started is not None else None))
