"""Clusters put together from nodes, and taken apart again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.model.cluster import Cluster, Resource, Value

FOREVER = 2147483647
HIERARCHY = ("host", "cpu", "core")
_OWN = (*HIERARCHY, "cpuset")


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of ``cpus`` cpus with ``cores`` cores each.

    :ivar states: the state of each of its resources, cpu after cpu; one: that of all.
    :ivar properties: the site's own ones; what is left out is NULL.
    """

    cpus: int
    cores: int
    states: tuple[str, ...] = ("Alive",)
    available_upto: int = FOREVER
    properties: Mapping[str, Value] = field(default_factory=dict)
    stem: str = "node"

    @property
    def size(self) -> int:
        """Number of its resources."""
        return self.cpus * self.cores


def build_cluster(
    nodes: Iterable[Node], others: Sequence[Resource] = (), hierarchy: tuple[str, ...] = HIERARCHY
) -> Cluster:
    """The cluster of those nodes, numbered as cluster files are (``harness.workload.cluster_files``).

    :param others: resources on no node; they get the ids that follow.
    """
    rows: list[Resource] = []
    numbers: dict[str, int] = {}
    cpus = 0
    for node in nodes:
        numbers[node.stem] = numbers.get(node.stem, 0) + 1
        host = f"{node.stem}{numbers[node.stem]}"
        first = len(rows)
        for slot in range(node.size):
            place: dict[str, Value] = {
                "host": host,
                "cpu": cpus + slot // node.cores + 1,
                "core": first + slot + 1,
                "cpuset": str(slot),
            }
            state = node.states[slot % len(node.states)]
            rows.append(
                Resource(len(rows) + 1, host, state, "default", node.available_upto, {**place, **node.properties})
            )
        cpus += node.cpus
    rows += [replace(other, id=len(rows) + number) for number, other in enumerate(others, 1)]
    return Cluster(tuple(rows), hierarchy)


def take_apart(cluster: Cluster) -> tuple[list[Node], list[Resource]] | None:
    """The nodes of a cluster and what is on none, so that :func:`build_cluster` makes the same; None: it cannot."""
    on_nodes: dict[str, list[Resource]] = {}
    others: list[Resource] = []
    for row in cluster.resources:
        if row.node and row.type == "default":
            on_nodes.setdefault(row.node, []).append(row)
        else:
            others.append(row)
    nodes = [_node(name, rows) for name, rows in on_nodes.items()]
    same = bool(nodes) and build_cluster(nodes, others, cluster.hierarchy) == cluster
    return (nodes, others) if same else None


def _node(name: str, rows: Sequence[Resource]) -> Node:
    cpus = len({row.properties.get("cpu") for row in rows})
    states = tuple(row.state for row in rows)
    return Node(
        cpus,
        len(rows) // cpus,
        states[:1] if len(set(states)) == 1 else states,
        rows[0].available_upto,
        {key: value for key, value in rows[0].properties.items() if key not in _OWN},
        re.sub(r"\d+$", "", name) or name,
    )
