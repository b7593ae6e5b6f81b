"""Cuts that make the cluster smaller or plainer; requests and what is placed follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from harness.fuzz.generate.placing import Placer
from harness.fuzz.shrink.fewer_jobs import Attempt
from harness.fuzz.shrink.fewer_placed_jobs import place_again
from harness.fuzz.shrink.rewrite import asks_of
from harness.model.cluster import Cluster, Resource
from harness.model.job import Level
from harness.oarsub.resource_request import ResourceGroup
from harness.workload.node_groups import HIERARCHY, Node, build_cluster, take_apart
from harness.workload.scenario import Scenario

Place = tuple[int, int, int]
"""Where a resource is: node, cpu in it, core in that, counted from 0; of those on no node: -1, 0, place."""


def smaller_clusters(scenario: Scenario) -> Iterator[Attempt]:
    """Fewer nodes, fewer cpus, fewer cores, fewer licences; all nodes alike, without properties, all Alive."""
    apart = take_apart(scenario.cluster)
    if apart is None:
        yield from _fewer_rows(scenario)
        return
    nodes, others = apart
    old = _slots(scenario.cluster, nodes)
    for kept, changed, rest, hierarchy in _shapes(nodes, others, scenario.cluster.hierarchy):
        yield partial(_rebuilt, scenario, old, kept, changed, rest, hierarchy)


Shape = tuple[Sequence[int], Sequence[Node], Sequence[Resource], tuple[str, ...]]
"""The old places of the nodes that are left, these nodes, the resources on none, the hierarchy."""


def _shapes(nodes: list[Node], others: list[Resource], hierarchy: tuple[str, ...]) -> Iterator[Shape]:
    every = range(len(nodes))
    largest = max(nodes, key=lambda node: node.size)
    plain = Node(largest.cpus, largest.cores)
    yield every, [plain] * len(nodes), (), HIERARCHY
    yield every, [plain] * len(nodes), others, HIERARCHY
    yield every, nodes, (), hierarchy
    length = len(nodes) // 2
    while length:
        for first in range(0, len(nodes), length):
            kept = [at for at in every if not first <= at < first + length]
            if kept:
                yield kept, [nodes[at] for at in kept], others, hierarchy
        length //= 2
    for cpus, cores in ((1, 1), (1, None), (None, 1), (None, 2)):
        yield every, [_narrow(node, cpus, cores) for node in nodes], others, hierarchy
    yield every, [replace(node, states=("Alive",)) for node in nodes], others, hierarchy
    for name in dict.fromkeys(key for node in nodes for key in node.properties):
        left = tuple(level for level in hierarchy if level != name)
        yield every, [_without(node, name) for node in nodes], others, left
    for at, node in enumerate(nodes):
        for other in (
            replace(node, states=("Alive",)),
            _narrow(node, None, 1),
            _narrow(node, 1, None),
            _narrow(node, None, node.cores - 1),
            _narrow(node, node.cpus - 1, None),
        ):
            yield every, [*nodes[:at], other, *nodes[at + 1 :]], others, hierarchy
    for at in range(len(others)):
        yield every, nodes, [*others[:at], *others[at + 1 :]], hierarchy


def _narrow(node: Node, cpus: int | None, cores: int | None) -> Node:
    """The node with so many cpus and cores at most; of resources in several states those that are down stay first."""
    narrow = replace(
        node, cpus=min(node.cpus, max(1, cpus or node.cpus)), cores=min(node.cores, max(1, cores or node.cores))
    )
    if len(node.states) == 1:
        return narrow
    states = tuple(sorted(node.states, key=lambda state: state == "Alive")[: narrow.size])
    return replace(narrow, states=states[:1] if len(set(states)) == 1 else states)


def _without(node: Node, name: str) -> Node:
    return replace(node, properties={key: value for key, value in node.properties.items() if key != name})


def _slots(cluster: Cluster, nodes: Sequence[Node]) -> dict[int, Place]:
    """Where each resource is, by its id."""
    found: dict[int, Place] = {}
    first = 1
    for at, node in enumerate(nodes):
        for slot in range(node.size):
            found[first + slot] = (at, slot // node.cores, slot % node.cores)
        first += node.size
    for number, row in enumerate(cluster.resources[first - 1 :]):
        found[row.id] = (-1, 0, number)
    return found


def _rebuilt(
    scenario: Scenario,
    old: dict[int, Place],
    kept: Sequence[int],
    nodes: Sequence[Node],
    others: Sequence[Resource],
    hierarchy: tuple[str, ...],
) -> Scenario:
    cluster = build_cluster(nodes, others, hierarchy)
    places = {
        (kept[at] if at >= 0 else -1, cpu, core): identity
        for identity, (at, cpu, core) in _slots(cluster, nodes).items()
    }
    moved = {identity: places[place] for identity, place in old.items() if place in places}
    return refitted(scenario, cluster, moved)


def _fewer_rows(scenario: Scenario) -> Iterator[Attempt]:
    """Of a cluster that cannot be taken apart: one node away, one resource away."""
    rows = scenario.cluster.resources
    for name in scenario.cluster.nodes:
        yield partial(_only, scenario, [row for row in rows if row.node != name])
    for gone in rows:
        yield partial(_only, scenario, [row for row in rows if row is not gone])


def _only(scenario: Scenario, rows: list[Resource]) -> Scenario | None:
    cluster = replace(scenario.cluster, resources=tuple(rows))
    return refitted(scenario, cluster, {row.id: row.id for row in rows}) if rows else None


def refitted(scenario: Scenario, cluster: Cluster, moved: dict[int, int]) -> Scenario:
    """The scenario on another cluster: counts clipped to it if the old one had enough.

    :param moved: new ids of the resources by their old ones.
    """
    before, placer = Placer(scenario.cluster), Placer(cluster)
    jobs = []
    asks = asks_of(scenario)
    for job in scenario.jobs:
        ask = asks.get(job.name)
        if ask is not None:
            fitted = tuple(
                replace(
                    each,
                    groups=tuple(group if before.never(group) else _clipped(group, placer) for group in each.groups),
                )
                for each in ask.alternatives
            )
            ask = replace(ask, alternatives=fitted)
            job = replace(job, submission=ask.submission(scenario.files))
            if job.on:
                job = place_again(job, ask, placer, {moved[i] for i in job.on if i in moved})
        jobs.append(job)
    return replace(scenario, cluster=cluster, jobs=tuple(jobs))


def _clipped(group: ResourceGroup, placer: Placer) -> ResourceGroup:
    """The group with levels and counts that the cluster has; as it is if it cannot have any."""
    levels = tuple(level for level in group.levels if placer.column(level.property))
    group = replace(group, levels=levels or (Level("nodes", 1),))
    while placer.never(group):
        at = max(range(len(group.levels)), key=lambda index: group.levels[index].count)
        level = group.levels[at]
        if level.count <= 1:
            return group
        most = placer.blocks(level.property, placer.living)
        fewer = Level(level.property, max(1, min(level.count - 1, most)))
        group = replace(group, levels=(*group.levels[:at], fewer, *group.levels[at + 1 :]))
    return group
