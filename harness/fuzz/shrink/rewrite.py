"""Changing jobs of a scenario so that it stays one: references, arrays and what is placed follow."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from harness.fuzz.generate.placing import Placer
from harness.fuzz.shrink.fewer_placed_jobs import place_again
from harness.model.expect_words import JOB_WORDS, SCHEDULE_WORDS, ValueType
from harness.oarsub.submission_parts import Ask, read_ask
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob

_RELATIONS = [word.name for word in JOB_WORDS.values() if word.value is ValueType.JOBS]


def asks_of(scenario: Scenario) -> dict[str, Ask]:
    """What each job asks for, by name; lines that cannot be taken apart are left out."""
    found = {}
    for job in scenario.jobs:
        try:
            found[job.name] = read_ask(job.submission)
        except ValueError:
            continue
    return found


def base(name: str) -> str:
    """The array's name of an element's name."""
    return name.partition("[")[0]


def with_asks(scenario: Scenario, changed: Mapping[str, Ask], placer: Placer | None = None) -> Scenario:
    """The scenario with other requests of some jobs; raises ConfigurationFault if no file can have one."""
    placer = placer or Placer(scenario.cluster)
    jobs: list[ScenarioJob] = []
    names: dict[str, tuple[str, ...]] = {}
    for job in scenario.jobs:
        ask = changed.get(job.name)
        # Elements that an array has no longer are stood for by its last one.
        moved = {name: names[base(name)][-1] for name in job.submission.after if name not in names[base(name)]}
        if ask is None and moved:
            ask = asks_of(replace(scenario, jobs=(job,))).get(job.name)
        if ask is not None:
            after = dict.fromkeys(moved.get(name, name) for name in ask.after)
            ask = replace(ask, after=tuple(after))
            job = replace(job, submission=ask.submission(scenario.files))
            if job.on:
                job = place_again(job, ask, placer, set(job.on))
            if ask.reservation is None and job.started is None:
                job = replace(job, on=())
        jobs.append(job)
        names[job.name] = job.names
    return replace(scenario, jobs=tuple(jobs), expect=_expected(scenario, names))


def without_jobs(scenario: Scenario, gone: Set[str]) -> Scenario | None:
    """The scenario without those jobs and all that depend on them or run in them; None if nothing is left."""
    lost = set(gone)
    for job in scenario.jobs:
        needs = {base(name) for name in (*job.submission.after, job.submission.container)}
        if needs & lost:
            lost.add(job.name)
    jobs = tuple(job for job in scenario.jobs if job.name not in lost)
    if not jobs:
        return None
    kept = replace(scenario, jobs=jobs)
    return replace(kept, expect=_expected(kept, {job.name: job.names for job in jobs}))


def without_job(scenario: Scenario, gone: str) -> Scenario | None:
    """The scenario without one job; those that depended on it, or ran in it, do no longer."""
    freed = {
        name: replace(
            ask,
            after=tuple(each for each in ask.after if base(each) != gone),
            types=tuple(each for each in ask.types if each != f"inner={gone}"),
        )
        for name, ask in asks_of(scenario).items()
    }
    return without_jobs(with_asks(scenario, freed), {gone})


def _expected(scenario: Scenario, names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """What is still expected: words on jobs that are left, about jobs that are left."""
    known = {*SCHEDULE_WORDS, *names, *(each for all_of in names.values() for each in all_of)}
    found: dict[str, Any] = {}
    for key, words in scenario.expect.items():
        if key not in known:
            continue
        if isinstance(words, Mapping):
            words = {word: value for word, value in words.items() if word not in _RELATIONS or known >= _named(value)}
        if words != {}:
            found[key] = words
    return found


def _named(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)
