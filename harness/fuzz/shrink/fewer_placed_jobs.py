"""What is placed at the beginning of a scenario, after a cut: placed again, and still possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from harness.fuzz.generate.detect import OF_TYPE
from harness.fuzz.generate.placing import Placer
from harness.fuzz.generate.random_placed_jobs import PlacedJob, may_share
from harness.oarsub.submission_parts import Ask, read_ask
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob


def place_again(job: ScenarioJob, ask: Ask, placer: Placer, among: Set[int]) -> ScenarioJob:
    """The job placed on what its request takes of those resources now; waiting if it takes none of them."""
    found: set[int] | None = None
    if among and ask.alternatives:
        first = ask.alternatives[0]
        usable = [
            placer.living - placer.ordinary if OF_TYPE.fullmatch(group.condition) else placer.ordinary
            for group in first.groups
        ]
        found = placer.serve(first, usable, among)
    return replace(job, on=tuple(sorted(found))) if found else replace(job, on=(), started=None)


def lower_places(scenario: Scenario) -> Iterator[Callable[[], Scenario]]:
    """Each placed job on the first resources that are Alive and that no other one has.

    Only if no condition has a say, not those of the admission rules either.
    """
    placer = Placer(scenario.cluster)
    if {"besteffort", "deploy"} & set(scenario.cluster.properties):
        return
    alive = {row.id for row in scenario.cluster.resources if row.state == "Alive"}
    for at, job in enumerate(scenario.jobs):
        if not job.on or job.submission.container or "container" in job.submission.types:
            continue
        try:
            ask = read_ask(job.submission)
        except ValueError:
            continue
        groups = [group for each in ask.alternatives[:1] for group in each.groups]
        if ask.condition or any(group.condition and not OF_TYPE.fullmatch(group.condition) for group in groups):
            continue
        others = {i for other in scenario.jobs if other is not job for i in other.on}
        moved = place_again(job, ask, placer, alive - others)
        yield partial(replace, scenario, jobs=(*scenario.jobs[:at], moved, *scenario.jobs[at + 1 :]))


@dataclass(frozen=True, slots=True)
class _Placed:
    placed: PlacedJob
    container: str


def sound(scenario: Scenario) -> bool:
    """Whether what is placed can have come about.

    No resource is used twice but by sharing; nothing is over by now, and no reservation that waits has begun.
    """
    now = scenario.jobs[-1].at + 1
    found = {each.placed.job: each for each in _placed_jobs(scenario)}
    for job in scenario.jobs:
        reservation = job.submission.reservation
        if job.started is None and reservation and job.at + reservation.start <= now:
            return False
    for each in found.values():
        placed = each.placed
        if placed.ask.reservation is None and not placed.start <= now < placed.stop:
            return False
        outer = found.get(each.container)
        if each.container and (outer is None or not placed.ids <= outer.placed.ids):
            return False
    return not any(_clash(one, other) for one, other in combinations(found.values(), 2))


def _placed_jobs(scenario: Scenario) -> Iterator[_Placed]:
    for job in scenario.jobs:
        if not job.on:
            continue
        try:
            ask = read_ask(job.submission)
        except ValueError:
            continue
        start = job.started if job.started is not None else job.at + (ask.reservation.start if ask.reservation else 0)
        seconds = ask.alternatives[0].seconds if ask.alternatives else 0
        if ask.reservation and ask.reservation.stop is not None and job.started is None:
            seconds = ask.reservation.stop - ask.reservation.start
        placed = PlacedJob(job.name, job.user, ask, frozenset(job.on), start, start + seconds)
        yield _Placed(placed, job.submission.container)


def _clash(one: _Placed, other: _Placed) -> bool:
    first, second = one.placed, other.placed
    return (
        one.container == other.container
        and not first.ids.isdisjoint(second.ids)
        and first.start < second.stop
        and second.start < first.stop
        and not may_share(first, second)
    )
