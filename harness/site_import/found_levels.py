"""The levels of a site's resources, worked out from the resources and from what its jobs ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from harness.model import bounds
from harness.model.cluster import SYSTEM_COLUMNS, Resource

_USUAL = ("host", "cpu", "core", "thread", "gpu", "gpudevice", "switch", "cluster")


@dataclass(frozen=True, slots=True)
class LevelFound:
    """A level, and why it is one.

    :ivar places: how many of it there are; cores that are numbered anew in each host count in each.
    """

    name: str
    places: int
    why: str


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Levels from the widest to the narrowest; ``others``: properties that might be some and are none, and why."""

    levels: tuple[LevelFound, ...]
    others: Mapping[str, str]


def work_out(resources: Collection[Resource], asked: Mapping[str, int], labels: Collection[str] = ()) -> Hierarchy:
    """The levels of those resources.

    A property is a level if jobs ask for it (``-l host=2``), if ``HIERARCHY_LABELS`` names it, or if it is one of the
    usual ones and parts what lies above it. The fewer places a level has, the wider it is.

    :param asked: how often jobs ask for each. :param labels: those of ``HIERARCHY_LABELS``.
    """
    plain = [each for each in resources if each.type == "default"] or list(resources)
    names = dict.fromkeys(name for each in plain for name in each.properties if name not in SYSTEM_COLUMNS)
    levels: list[LevelFound] = []
    others: dict[str, str] = {}
    for name in names:
        lacking = sum(each.properties.get(name) is None for each in plain)
        wanted = asked.get(name, 0)
        if lacking and not wanted and name not in labels:
            if name in _USUAL:
                others[name] = f"{lacking} resources have none, and no job asks for it"
            continue
        places, anew = _places(plain, name)
        reasons = []
        if wanted:
            reasons.append(f"asked for {wanted:,}×")
        if name in labels:
            reasons.append("HIERARCHY_LABELS names it")
        if name in _USUAL and not lacking:
            reasons.append("its name is that of a level")
        if not reasons:
            continue
        if not wanted and name not in labels and places < 1:
            continue
        spread = "numbered anew in each host" if anew else "numbered through the cluster"
        levels.append(LevelFound(name, places, f"{places:,} of them, {spread}; " + ", ".join(reasons)))
    if not any(level.name in ("host", "network_address") for level in levels) and any(each.node for each in plain):
        nodes = len({each.node for each in plain})
        levels.append(LevelFound("network_address", nodes, f"{nodes:,} nodes; there is no property host"))
    order = {name: place for place, name in enumerate(_USUAL_ORDER)}
    levels.sort(key=lambda level: (level.places, order.get(level.name, len(order)), level.name))
    return Hierarchy(tuple(levels[: bounds.LEVELS]), others)


_USUAL_ORDER = ("cluster", "switch", "network_address", "host", "gpu", "gpudevice", "cpu", "core", "thread")
"""Which is the wider of two levels of as many places, as hosts and cpus where each host has one."""


def _places(resources: Collection[Resource], name: str) -> tuple[int, bool]:
    """How many places a level has, and whether they are numbered anew in each host."""
    nodes: dict[object, set[str]] = defaultdict(set)
    within: dict[str, set[object]] = defaultdict(set)
    for each in resources:
        value = each.properties.get(name)
        if value is not None:
            nodes[value].add(each.node)
            within[each.node].add(value)
    anew = any(len(found) > 1 for found in nodes.values()) and any(len(found) > 1 for found in within.values())
    return (sum(map(len, within.values())), True) if anew else (len(nodes), False)
