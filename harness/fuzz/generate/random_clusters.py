"""Clusters, with what makes them less plain."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from harness.fuzz.generate.feature import Feature
from harness.fuzz.generate.random_choices import Choices
from harness.fuzz.generate.size import Size
from harness.model.cluster import Cluster, Resource, Value
from harness.workload.node_groups import FOREVER, HIERARCHY, Node, build_cluster

_CPUS = (1, 2, 1, 2, 4)
_CORES = (2, 4, 1, 2, 8)
_PROPERTIES: dict[str, tuple[Value, ...]] = {
    "mem": (32, 64, 128, None),
    "gpu": (0, 4, None, 1),
    "disk": ("ssd", "hdd", None),
}
LICENCE = "licence"
"""The type of the resources that are on no node."""

SWITCH = "switch"
"""The level above the nodes."""


def make_cluster(choices: Choices, active: Set[Feature], size: Size) -> Cluster:
    """A cluster of some of those features; at least its first node is Alive, and takes every type of job."""
    count = choices.between(1, size.nodes)
    kinds = [_kind(choices, size.resources // count)]
    if Feature.UNEVEN in active:
        kinds.append(_kind(choices, size.resources // count))
    if Feature.PROPERTIES in active:
        kinds = [replace(kind, properties=_properties(choices)) for kind in (*kinds, *kinds)]
    nodes = [choices.pick(kinds) for _ in range(count)]
    hierarchy: tuple[str, ...] = HIERARCHY
    if Feature.HIERARCHY in active and count > 1 and choices.one_in(3):
        hierarchy = (SWITCH, *HIERARCHY)
        half = choices.between(1, count - 1)
        nodes = [_with(node, SWITCH, f"sw{1 + (at >= half)}") for at, node in enumerate(nodes)]
        if choices.one_in(6):
            nodes[-1] = _without(nodes[-1], SWITCH)
    for feature, column, value, share in (
        (Feature.DEPLOY, "deploy", "YES", 2),
        (Feature.BESTEFFORT, "besteffort", "NO", 4),
    ):
        if feature in active:
            first = column == "deploy"
            nodes = [
                _with(node, column, value) if (at == 0 and first) or (at and choices.one_in(share)) else node
                for at, node in enumerate(nodes)
            ]
    if Feature.DOWN in active:
        nodes = [node if at == 0 or not choices.one_in(3) else _down(choices, node) for at, node in enumerate(nodes)]
    licences = choices.between(1, 4) if Feature.LICENCES in active else 0
    others = [Resource(1, "", type=LICENCE, properties={LICENCE: f"l{number + 1}"}) for number in range(licences)]
    return build_cluster(nodes, others, hierarchy)


def _kind(choices: Choices, most: int) -> Node:
    cpus, cores = choices.pick(_CPUS), choices.pick(_CORES)
    cpus = min(cpus, most)
    return Node(cpus, max(1, min(cores, most // cpus)))


def _properties(choices: Choices) -> dict[str, Value]:
    found = {name: choices.pick(values) for name, values in _PROPERTIES.items()}
    return {name: value for name, value in found.items() if value is not None}


def _with(node: Node, name: str, value: Value) -> Node:
    return replace(node, properties={**node.properties, name: value})


def _without(node: Node, name: str) -> Node:
    return replace(node, properties={key: value for key, value in node.properties.items() if key != name})


def _down(choices: Choices, node: Node) -> Node:
    state = choices.pick(("Absent", "Suspected", "Dead"))
    if node.size > 1 and choices.one_in(4):
        at = choices.below(node.size)
        return replace(node, states=tuple(state if slot == at else "Alive" for slot in range(node.size)))
    upto = choices.pick((FOREVER, 0)) if state == "Absent" else FOREVER
    return replace(node, states=(state,), available_upto=upto)
