"""How large a scenario is: what every cut of shrinking makes less."""

from __future__ import annotations

from harness.model.duration import parse_duration
from harness.model.job import Level
from harness.model.quota import EVERY, Quota
from harness.oarsub.job_types import dated
from harness.oarsub.submission_parts import Ask, read_ask
from harness.workload.node_groups import HIERARCHY
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob

_USERS = ("alice", "bob", "carol", "dave")
_WORD = 10_000
"""What a count in words, ALL or BEST, weighs: more than any number."""


def weight(scenario: Scenario) -> tuple[int, ...]:
    """Natural numbers, the first that differs counts; they go down with every cut, so shrinking ends.

    In turn: the jobs, elements of arrays counted · all that could be left out (types, conditions, levels, keys,
    users, properties, resources that are down, …) · the resources · what is counted in requests · the walltimes,
    seconds · all moments, seconds · ids of resources of placed jobs · names other than the plainest.
    """
    asks = [_ask(job) for job in scenario.jobs]
    return (
        sum(job.submission.array for job in scenario.jobs),
        _extras(scenario) + sum(_words(job, ask) for job, ask in zip(scenario.jobs, asks, strict=True)),
        len(scenario.cluster.resources),
        sum(_count(level) for ask in asks for level in _levels(ask)),
        sum(each.seconds for ask in asks for each in ask.alternatives),
        sum(_moments(job) for job in scenario.jobs),
        sum(sum(job.on) for job in scenario.jobs),
        sum(job.name != plain for job, plain in zip(scenario.jobs, plain_names(scenario), strict=True))
        + sum(user != plain for user, plain in zip(scenario.users, plain_users(scenario), strict=True)),
    )


def plain_names(scenario: Scenario) -> list[str]:
    """The plainest names of its jobs."""
    return [f"job{number}" for number in range(1, len(scenario.jobs) + 1)]


def plain_users(scenario: Scenario) -> list[str]:
    """The plainest names of its users."""
    return [*_USERS, *(f"user{number}" for number in range(5, len(scenario.users) + 1))][: len(scenario.users)]


def offset(entry: str) -> int:
    """Seconds of a dated type such as ``postpone=+1:00:00``; 0 of any other."""
    found = dated(entry)
    return parse_duration(found[1].strip().removeprefix("+")) if found else 0


def _ask(job: ScenarioJob) -> Ask:
    try:
        return read_ask(job.submission)
    except ValueError:
        # A line that cannot be taken apart counts by its words.
        return Ask(types=job.submission.types, others=job.submission.argv)


def _levels(ask: Ask) -> list[Level]:
    return [level for each in ask.alternatives for group in each.groups for level in group.levels]


def _count(level: Level) -> int:
    return _WORD if level.count < 0 else level.count


def _extras(scenario: Scenario) -> int:
    cluster = scenario.cluster
    nodes: dict[str, int] = {}
    for row in cluster.resources:
        nodes[row.node] = nodes.get(row.node, 0) + 1
    return (
        len(scenario.conf)
        + len(scenario.queues)
        + sum(map(_parts, scenario.quotas))
        + len(scenario.users)
        + len(scenario.admission)
        + len(scenario.files)
        + len(cluster.hierarchy)
        + len(set(cluster.properties) - set(HIERARCHY) - {"cpuset"})
        + sum(row.state != "Alive" for row in cluster.resources)
        + sum(row.type != "default" for row in cluster.resources)
        + len(set(nodes.values()))
    )


def _parts(quota: Quota) -> int:
    """A quota, its words and its limits."""
    limits = (quota.resources, quota.jobs, quota.hours)
    return 1 + sum(word != EVERY for word in quota.key) + sum(limit >= 0 for limit in limits)


def _words(job: ScenarioJob, ask: Ask) -> int:
    groups = [group for each in ask.alternatives for group in each.groups]
    return (
        len(ask.types)
        + len(ask.after)
        + sum(map(bool, (ask.condition, ask.queue, ask.label, ask.project, ask.hold)))
        + (0 if ask.reservation is None else 1 if ask.reservation.stop is None else 2)
        + len(ask.others)
        + len(ask.alternatives)
        + len(groups)
        + sum(len(group.levels) + bool(group.condition) for group in groups)
        + (job.started is not None)
        + bool(job.on)
        + (job.runtime is not None)
    )


def _moments(job: ScenarioJob) -> int:
    booked = job.submission.reservation
    return (
        job.at
        + (job.started or 0)
        + (booked.start + (booked.stop or 0) if booked else 0)
        + sum(map(offset, job.submission.types))
    )
