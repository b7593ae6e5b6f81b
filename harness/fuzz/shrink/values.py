"""Cuts that make numbers smaller and names plainer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from harness.fuzz.shrink.fewer_jobs import Attempt
from harness.fuzz.shrink.rewrite import asks_of, base, with_asks
from harness.fuzz.shrink.weight import offset, plain_names, plain_users
from harness.model.duration import format_duration
from harness.model.job import Level
from harness.oarsub.job_types import DATED
from harness.oarsub.reservation import Reservation
from harness.oarsub.resource_request import Alternative, ResourceGroup
from harness.oarsub.submission_parts import Ask
from harness.workload.scenario import Scenario

_ROUND = (60, 600, 3600)
"""Seconds; what walltimes and dates become."""


def shorter_walltimes(scenario: Scenario) -> Iterator[Attempt]:
    """All walltimes at most a minute, ten, an hour; then each one, and each to half of it, in whole minutes."""
    asks = asks_of(scenario)
    for most in _ROUND:
        yield partial(with_asks, scenario, _all(asks, partial(_shorter, most=most)))
    for name, ask in asks.items():
        for at, alternative in enumerate(ask.alternatives):
            for most in (*_ROUND, alternative.seconds // 120 * 60, alternative.seconds // 60 * 60):
                if 0 < most < alternative.seconds:
                    yield partial(with_asks, scenario, {name: _put(ask, at, replace(alternative, walltime=most))})


def _shorter(ask: Ask, most: int) -> Ask:
    ends = ask.reservation is not None and ask.reservation.stop is not None
    return replace(
        ask,
        alternatives=tuple(
            replace(each, walltime=most) if each.seconds > most and not (ends and each.walltime is None) else each
            for each in ask.alternatives
        ),
    )


def smaller_counts(scenario: Scenario) -> Iterator[Attempt]:
    """All counts 1; then each one 1, half, one less."""
    asks = asks_of(scenario)
    yield partial(with_asks, scenario, _all(asks, _ones))
    for name, ask in asks.items():
        for at, alternative in enumerate(ask.alternatives):
            for nth, group in enumerate(alternative.groups):
                for fewer in _fewer(group):
                    groups = (*alternative.groups[:nth], fewer, *alternative.groups[nth + 1 :])
                    yield partial(with_asks, scenario, {name: _put(ask, at, replace(alternative, groups=groups))})


def _ones(ask: Ask) -> Ask:
    def one(group: ResourceGroup) -> ResourceGroup:
        return replace(group, levels=tuple(Level(level.property, 1) for level in group.levels))

    return replace(
        ask, alternatives=tuple(replace(each, groups=tuple(map(one, each.groups))) for each in ask.alternatives)
    )


def _fewer(group: ResourceGroup) -> Iterator[ResourceGroup]:
    for at, level in enumerate(group.levels):
        for count in dict.fromkeys((1, level.count // 2, level.count - 1)):
            if 0 < count < level.count or (level.count < 0 and count == 1):
                yield replace(
                    group, levels=(*group.levels[:at], Level(level.property, count), *group.levels[at + 1 :])
                )


def earlier_moments(scenario: Scenario) -> Iterator[Attempt]:
    """Submissions a second apart, what runs started at once; reservations and dates at rounder, nearer moments."""
    yield partial(_dense, scenario)
    jobs = scenario.jobs
    for at, job in enumerate(jobs):
        if job.started is not None and job.started > job.at:
            yield partial(replace, scenario, jobs=(*jobs[:at], replace(job, started=job.at), *jobs[at + 1 :]))
    for name, ask in asks_of(scenario).items():
        if ask.reservation:
            for start in (60, 600, 3600, ask.reservation.start // 60 * 60):
                if start < ask.reservation.start:
                    length = None if ask.reservation.stop is None else ask.reservation.stop - ask.reservation.start
                    moved = Reservation(start, None if length is None else start + length)
                    yield partial(with_asks, scenario, {name: replace(ask, reservation=moved)})
        for entry in ask.types:
            for seconds in (*_ROUND, offset(entry) // 60 * 60):
                if entry.partition("=")[0] in DATED and 0 < seconds < offset(entry):
                    moved_entry = f"{entry.partition('=')[0]}=+{format_duration(seconds)}"
                    types = tuple(moved_entry if each == entry else each for each in ask.types)
                    yield partial(with_asks, scenario, {name: replace(ask, types=types)})


def _dense(scenario: Scenario) -> Scenario:
    jobs = tuple(
        replace(job, at=number, started=None if job.started is None else number)
        for number, job in enumerate(scenario.jobs)
    )
    return replace(scenario, jobs=jobs)


def plainer_names(scenario: Scenario) -> Iterator[Attempt]:
    """Jobs called job1 and so on, users alice, bob, …; not if something is expected of them by name."""
    if not scenario.expect:
        yield partial(_renamed, scenario)


def _renamed(scenario: Scenario) -> Scenario:
    names = dict(zip((job.name for job in scenario.jobs), plain_names(scenario), strict=True))
    users = dict(zip(scenario.users, plain_users(scenario), strict=True))

    def called(name: str) -> str:
        return re.sub(r"^[^\[]+", names[base(name)], name)

    jobs = []
    asks = asks_of(scenario)
    for job in scenario.jobs:
        ask = asks[job.name]
        types = [
            f"inner={called(entry.removeprefix('inner='))}" if entry.startswith("inner=") else entry
            for entry in ask.types
        ]
        ask = replace(ask, after=tuple(map(called, ask.after)), types=tuple(types))
        submission = ask.submission(scenario.files)
        jobs.append(replace(job, name=names[job.name], user=users[job.user], submission=submission))
    quotas = tuple(replace(quota, user=users.get(quota.user, quota.user)) for quota in scenario.quotas)
    return replace(scenario, jobs=tuple(jobs), quotas=quotas)


def _all(asks: Mapping[str, Ask], change: Callable[[Ask], Ask]) -> dict[str, Ask]:
    return {name: change(ask) for name, ask in asks.items()}


def _put(ask: Ask, at: int, alternative: Alternative) -> Ask:
    return replace(ask, alternatives=(*ask.alternatives[:at], alternative, *ask.alternatives[at + 1 :]))
