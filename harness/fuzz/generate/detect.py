"""Which features a scenario uses, told from the scenario alone: findings are grouped by them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from harness.fuzz.generate.feature import Feature
from harness.fuzz.generate.placing import Placer
from harness.model.cluster import Cluster
from harness.oarsub.resource_request import ResourceGroup
from harness.oarsub.submission_parts import Ask, read_ask
from harness.workload.node_groups import HIERARCHY
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob

_TYPES = {
    "besteffort": Feature.BESTEFFORT,
    "timesharing": Feature.TIMESHARING,
    "container": Feature.CONTAINER,
    "inner": Feature.CONTAINER,
    "placeholder": Feature.PLACEHOLDER,
    "allowed": Feature.PLACEHOLDER,
    "deploy": Feature.DEPLOY,
    "cosystem": Feature.COSYSTEM,
    "state": Feature.PERMISSIVE,
    "postpone": Feature.POSTPONE,
    "deadline": Feature.DEADLINE,
    "expire": Feature.EXPIRE,
}
"""Features by the name of the job type (``-t``)."""

_COLUMNS = {"besteffort": Feature.BESTEFFORT, "deploy": Feature.DEPLOY}
"""Features by a column of every OAR database that a cluster may set (OAR2, ``pg_structure.sql``)."""

OF_TYPE = re.compile(r"\s*type\s*=\s*'\w+'\s*")
"""A condition that only says which type of resources is meant."""


def features_of(scenario: Scenario) -> frozenset[Feature]:
    """The features of any scenario, generated or written by hand."""
    found = set(_of_cluster(scenario.cluster))
    if scenario.conf:
        found.add(Feature.CONF)
    if scenario.queues:
        found.add(Feature.QUEUES)
    if scenario.quotas:
        found.add(Feature.QUOTAS)
    if len(scenario.users) > 1:
        found.add(Feature.USERS)
    placer = Placer(scenario.cluster)
    for job in scenario.jobs:
        found |= set(_of_job(job))
        try:
            ask = read_ask(job.submission)
        except ValueError:
            continue
        found |= set(_of_ask(ask, placer))
    return frozenset(found)


def _of_cluster(cluster: Cluster) -> Iterator[Feature]:
    if cluster.hierarchy != HIERARCHY:
        yield Feature.HIERARCHY
    sizes = Counter(row.node for row in cluster.resources if row.node)
    shapes = {(row.node, row.properties.get("cpu")) for row in cluster.resources if row.node}
    if len({(size, sum(node == name for node, _ in shapes)) for name, size in sizes.items()}) > 1:
        yield Feature.UNEVEN
    for row in cluster.resources:
        if row.state != "Alive":
            yield Feature.DOWN
        if row.type != "default":
            yield Feature.LICENCES
            continue
        for name in row.properties:
            if name not in (*HIERARCHY, "cpuset", *cluster.hierarchy):
                yield _COLUMNS.get(name, Feature.PROPERTIES)


def _of_job(job: ScenarioJob) -> Iterator[Feature]:
    for entry in job.submission.types:
        if feature := _TYPES.get(entry.partition("=")[0]):
            yield feature
    if job.submission.after:
        yield Feature.DEPENDENCIES
    if job.submission.array > 1:
        yield Feature.ARRAYS
    if job.started is not None:
        yield Feature.RUNNING
    elif job.submission.reservation:
        yield Feature.ACCEPTED if job.on else Feature.RESERVATIONS


def _of_ask(ask: Ask, placer: Placer) -> Iterator[Feature]:
    for there, feature in (
        (ask.hold, Feature.HOLD),
        (ask.queue, Feature.QUEUES),
        (ask.project, Feature.PROJECTS),
        (ask.label, Feature.NAMES),
        (ask.condition, Feature.PROPERTIES),
        (len(ask.alternatives) > 1, Feature.MOLDABLE),
    ):
        if there:
            yield feature
    for alternative in ask.alternatives:
        yield from _of_groups(alternative.groups, placer)


def _of_groups(groups: Iterable[ResourceGroup], placer: Placer) -> Iterator[Feature]:
    ordinary = 0
    for group in groups:
        if OF_TYPE.fullmatch(group.condition):
            yield Feature.LICENCES
        else:
            ordinary += 1
            if group.condition:
                yield Feature.PROPERTIES
        if len(group.levels) > 1:
            yield Feature.HIERARCHY
        if any(level.count < 0 for level in group.levels):
            yield Feature.BEST
        if placer.never(group):
            yield Feature.IMPOSSIBLE
    if ordinary > 1:
        yield Feature.GROUPS
