"""Cuts that take features away: from the whole scenario, then from single jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from harness.fuzz.generate.detect import OF_TYPE, features_of
from harness.fuzz.generate.feature import Feature
from harness.fuzz.shrink.fewer_jobs import Attempt
from harness.fuzz.shrink.rewrite import asks_of, with_asks
from harness.model.job import Level
from harness.model.quota import EVERY
from harness.oarsub.resource_request import Alternative, ResourceGroup
from harness.oarsub.submission_parts import Ask
from harness.workload.scenario import Scenario

Change = Callable[[Ask], Ask]


def _without_types(*names: str) -> Change:
    def change(ask: Ask) -> Ask:
        return replace(ask, types=tuple(entry for entry in ask.types if entry.partition("=")[0] not in names))

    return change


def _each_group(change: Callable[[ResourceGroup], ResourceGroup]) -> Change:
    def changed(ask: Ask) -> Ask:
        return replace(
            ask,
            alternatives=tuple(replace(each, groups=tuple(map(change, each.groups))) for each in ask.alternatives),
        )

    return changed


def _first_group(wanted: Callable[[ResourceGroup], bool]) -> Change:
    """Only the first group of those wanted."""

    def first(alternative: Alternative) -> Alternative:
        kept = [group for group in alternative.groups if wanted(group)] or list(alternative.groups)
        return replace(alternative, groups=tuple(kept[:1]))

    return lambda ask: replace(ask, alternatives=tuple(map(first, ask.alternatives)))


def _of_type(group: ResourceGroup) -> bool:
    return OF_TYPE.fullmatch(group.condition) is not None


def _flat(group: ResourceGroup) -> ResourceGroup:
    return replace(group, levels=group.levels[:1])


def _counted(group: ResourceGroup) -> ResourceGroup:
    return replace(group, levels=tuple(Level(e.property, 1 if e.count < 0 else e.count) for e in group.levels))


def _unconditioned(group: ResourceGroup) -> ResourceGroup:
    return group if _of_type(group) else replace(group, condition="")


def _unbooked(ask: Ask) -> Ask:
    """An advance reservation as an ordinary job; its walltime, if only its end said it."""
    booked = ask.reservation
    if booked and booked.stop is not None:
        seconds = booked.stop - booked.start
        alternatives = tuple(
            replace(each, walltime=seconds if each.walltime is None else each.walltime) for each in ask.alternatives
        )
        ask = replace(ask, alternatives=alternatives)
    return replace(ask, reservation=None, commands=ask.commands or ("sleep 600",))


_CHANGES: dict[Feature, Change] = {
    Feature.MOLDABLE: lambda ask: replace(ask, alternatives=ask.alternatives[:1]),
    Feature.LICENCES: _first_group(lambda group: not _of_type(group)),
    Feature.GROUPS: _first_group(lambda group: not _of_type(group)),
    Feature.PROPERTIES: lambda ask: replace(_each_group(_unconditioned)(ask), condition=""),
    Feature.HIERARCHY: _each_group(_flat),
    Feature.BEST: _each_group(_counted),
    Feature.BESTEFFORT: _without_types("besteffort"),
    Feature.TIMESHARING: _without_types("timesharing"),
    Feature.CONTAINER: _without_types("container", "inner"),
    Feature.PLACEHOLDER: _without_types("placeholder", "allowed"),
    Feature.DEPLOY: _without_types("deploy"),
    Feature.COSYSTEM: _without_types("cosystem"),
    Feature.PERMISSIVE: _without_types("state"),
    Feature.POSTPONE: _without_types("postpone"),
    Feature.DEADLINE: _without_types("deadline"),
    Feature.EXPIRE: _without_types("expire"),
    Feature.DEPENDENCIES: lambda ask: replace(ask, after=()),
    Feature.RESERVATIONS: _unbooked,
    Feature.ACCEPTED: _unbooked,
    Feature.HOLD: lambda ask: replace(ask, hold=False),
    Feature.QUEUES: lambda ask: replace(ask, queue=""),
    Feature.PROJECTS: lambda ask: replace(ask, project=""),
    Feature.NAMES: lambda ask: replace(ask, label=""),
}
"""What a job becomes without a feature; those of clusters and of the whole file are not here."""


def fewer_features(scenario: Scenario) -> Iterator[Attempt]:
    """Each feature away from the whole scenario."""
    present = features_of(scenario)
    yield partial(_plain, scenario)
    for feature in (each for each in Feature if each in present):
        yield partial(_without, scenario, feature)
    for key in scenario.conf:
        yield partial(replace, scenario, conf={name: text for name, text in scenario.conf.items() if name != key})
    for queue in scenario.queues:
        yield partial(_without_queue, scenario, queue.name)
    yield from _fewer_quotas(scenario)
    if scenario.admission:
        yield partial(replace, scenario, admission=())
    if scenario.files:
        yield partial(replace, scenario, files={})


def plainer_jobs(scenario: Scenario) -> Iterator[Attempt]:
    """Each feature away from each job; then each of what it has several of; other options and run times."""
    asks = asks_of(scenario)
    for job in scenario.jobs:
        if job.started is not None:
            yield partial(_waiting, scenario, job.name)
        if job.runtime is not None:
            jobs = tuple(replace(each, runtime=None) if each is job else each for each in scenario.jobs)
            yield partial(replace, scenario, jobs=jobs)
    for user in scenario.users[1:]:
        yield partial(_as_user, scenario, user, scenario.users[0])
    for name, ask in asks.items():
        for smaller in _plainer(ask):
            yield partial(with_asks, scenario, {name: smaller})


def _plainer(ask: Ask) -> Iterator[Ask]:
    for change in _CHANGES.values():
        yield change(ask)
    if ask.others:
        yield replace(ask, others=())
    if len(ask.types) > 1:
        for entry in ask.types:
            yield replace(ask, types=tuple(each for each in ask.types if each != entry))
    if ask.reservation:
        alternatives = _unbooked(ask).alternatives
        yield replace(ask, alternatives=alternatives, reservation=replace(ask.reservation, stop=None))
        yield replace(ask, reservation=replace(ask.reservation, stop=None))
    for name in ask.after if len(ask.after) > 1 else ():
        yield replace(ask, after=tuple(each for each in ask.after if each != name))
    for at, alternative in enumerate(ask.alternatives):
        rest = ask.alternatives[:at], ask.alternatives[at + 1 :]
        if len(ask.alternatives) > 1:
            yield replace(ask, alternatives=(*rest[0], *rest[1]))
        for smaller in _fewer_groups(alternative):
            yield replace(ask, alternatives=(*rest[0], smaller, *rest[1]))


def _fewer_groups(alternative: Alternative) -> Iterator[Alternative]:
    for at, group in enumerate(alternative.groups):
        before, behind = alternative.groups[:at], alternative.groups[at + 1 :]
        if len(alternative.groups) > 1:
            yield replace(alternative, groups=(*before, *behind))
        if group.condition:
            yield replace(alternative, groups=(*before, replace(group, condition=""), *behind))
        for level in group.levels if len(group.levels) > 1 else ():
            fewer = replace(group, levels=tuple(each for each in group.levels if each is not level))
            yield replace(alternative, groups=(*before, fewer, *behind))


def _fewer_quotas(scenario: Scenario) -> Iterator[Attempt]:
    """Each quota away; then each of its words and limits, if it keeps a limit."""
    quotas = scenario.quotas
    for at, quota in enumerate(quotas):
        before, behind = quotas[:at], quotas[at + 1 :]
        yield partial(replace, scenario, quotas=(*before, *behind))
        for smaller in (
            replace(quota, queue=EVERY),
            replace(quota, project=EVERY),
            replace(quota, type=EVERY),
            replace(quota, user=EVERY),
            replace(quota, resources=-1),
            replace(quota, jobs=-1),
            replace(quota, hours=-1.0),
        ):
            if smaller.key == quota.key or smaller.key not in {each.key for each in quotas}:
                yield partial(replace, scenario, quotas=(*before, smaller, *behind))


def _plain(scenario: Scenario) -> Scenario:
    """Every feature away at once that jobs have, and the whole file."""
    asks = asks_of(scenario)
    for change in _CHANGES.values():
        asks = {name: change(ask) for name, ask in asks.items()}
    return with_asks(replace(scenario, conf={}, queues=(), quotas=()), asks)


def _without(scenario: Scenario, feature: Feature) -> Scenario:
    if feature is Feature.CONF:
        return replace(scenario, conf={})
    if feature is Feature.QUOTAS:
        return replace(scenario, quotas=())
    if feature is Feature.USERS:
        jobs = tuple(replace(job, user=scenario.users[0]) for job in scenario.jobs)
        return replace(scenario, jobs=jobs)
    if feature is Feature.RUNNING:
        for job in scenario.jobs:
            scenario = _waiting(scenario, job.name)
        return scenario
    if feature is Feature.QUEUES:
        scenario = replace(scenario, queues=())
    change = _CHANGES.get(feature)
    if change is None:
        return scenario
    return with_asks(scenario, {name: change(ask) for name, ask in asks_of(scenario).items()})


def _without_queue(scenario: Scenario, name: str) -> Scenario:
    freed = {job: replace(ask, queue="") for job, ask in asks_of(scenario).items() if ask.queue == name}
    return with_asks(replace(scenario, queues=tuple(q for q in scenario.queues if q.name != name)), freed)


def _as_user(scenario: Scenario, user: str, other: str) -> Scenario:
    jobs = tuple(replace(job, user=other) if job.user == user else job for job in scenario.jobs)
    return replace(scenario, jobs=jobs)


def _waiting(scenario: Scenario, name: str) -> Scenario:
    """One running job as one that waits."""
    jobs = tuple(
        replace(job, started=None, on=()) if job.name == name and job.started is not None else job
        for job in scenario.jobs
    )
    return replace(scenario, jobs=jobs)
