"""Requests for resources that a cluster can serve."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from harness.fuzz.generate.feature import Feature
from harness.fuzz.generate.placing import Placer
from harness.fuzz.generate.random_choices import Choices
from harness.fuzz.generate.random_clusters import SWITCH
from harness.fuzz.generate.random_conditions import ResourceCondition, licences, make_condition
from harness.model.cluster import Cluster, Resource
from harness.model.job import ALL, BEST, BESTHALF, Level
from harness.oarsub.resource_request import Alternative, ResourceGroup

_WALLTIMES = (3600, 3600, 1800, 7200, 600, 3600, 1800, 5400, 3599, 3661, 2833, 60, 14400, 59)
"""Seconds: few, so that ends meet; some just beside, so that holes are a little too small."""

_PATHS = (
    ("nodes",),
    ("core",),
    ("cpu",),
    ("host",),
    ("nodes", "cpu"),
    ("nodes", "core"),
    ("cpu", "core"),
    ("resource_id",),
    ("host", "cpu", "core"),
    ("nodes", "resource_id"),
    (SWITCH, "nodes"),
    (SWITCH, "core"),
    (SWITCH,),
)
_WHOLE = (("nodes",), ("host",), (SWITCH, "nodes"))
"""What a deploy job may ask for (admission rule "Restrict allowed properties for deploy jobs" of a fresh OAR)."""


@dataclass(frozen=True, slots=True)
class RandomRequest:
    """What a job asks for, and for each group of each alternative the resources that could serve it."""

    alternatives: tuple[Alternative, ...]
    condition: str
    usable: tuple[tuple[frozenset[int], ...], ...]

    def served(self, placer: Placer, free: Set[int]) -> frozenset[int]:
        """Resources that serve the first alternative; none if there are none."""
        return frozenset(placer.serve(self.alternatives[0], self.usable[0], free) or ())


class RequestMaker:
    """Makes requests for one cluster; all but those of the feature IMPOSSIBLE can be served by it when empty."""

    def __init__(self, choices: Choices, cluster: Cluster, active: Set[Feature]) -> None:
        self._choices = choices
        self._cluster = cluster
        self._active = active
        self.placer = Placer(cluster)
        self._free: Set[int] = self.placer.ordinary
        self._rows = [self.placer.by_id[i] for i in sorted(self.placer.ordinary)]
        self._licences = [self.placer.by_id[i] for i in sorted(self.placer.living - self.placer.ordinary)]
        levels = ["nodes", "host", "cpu", "core", "resource_id", *([SWITCH] if SWITCH in cluster.hierarchy else [])]
        several = Feature.HIERARCHY in active
        self._paths = [p for p in _PATHS if set(p) <= set(levels) and (several or len(p) == 1)]
        self._whole = [p for p in _WHOLE if p in self._paths]

    def make(self, types: Sequence[str], within: Set[int] | None = None, longest: int | None = None) -> RandomRequest:
        """A request of a job of those types.

        :param within: the resources that it may use, those of its container; None: all.
        :param longest: the longest walltime it may have, its container's; None: any.
        """
        rows = [row for row in self._rows if _takes(row, types)]
        self._free = self.placer.ordinary if within is None else within
        choices, condition = self._choices, ResourceCondition()
        if self._wanted(Feature.PROPERTIES):
            condition, rows = self._conditioned(rows)
        number = choices.between(2, 3) if self._wanted(Feature.MOLDABLE) else 1
        made = [self._alternative(rows, self._whole if "deploy" in types else self._paths) for _ in range(number)]
        # The licences have to fulfil the job's own condition too, and a deploy job may count no resources.
        if self._licences and not condition.text and within is None and not {"besteffort", "deploy"} & set(types):
            made = [self._licensed(*each) if self._wanted(Feature.LICENCES) else each for each in made]
        alternatives = [replace(each, walltime=self._walltime(longest)) for each, _ in made]
        return RandomRequest(tuple(alternatives), condition.text, tuple(usable for _, usable in made))

    def _wanted(self, feature: Feature, share: int = 2) -> bool:
        return feature in self._active and self._choices.one_in(share)

    def _walltime(self, longest: int | None) -> int | None:
        if longest is None and self._choices.one_in(24):
            return None
        walltime = self._choices.pick(_WALLTIMES)
        return walltime if longest is None else min(walltime, longest)

    def _alternative(
        self, rows: list[Resource], paths: Sequence[tuple[str, ...]]
    ) -> tuple[Alternative, tuple[frozenset[int], ...]]:
        number = 2 if self._wanted(Feature.GROUPS) else 1
        groups, usable = [], []
        for _ in range(number):
            group, allowed = self._group(rows, paths)
            groups.append(group)
            usable.append(allowed)
        made = Alternative(tuple(groups)), tuple(usable)
        if number == 1 or self._fits(*made) or any(map(self.placer.never, groups)):
            return made
        return Alternative(made[0].groups[:1]), made[1][:1]

    def _group(self, rows: list[Resource], paths: Sequence[tuple[str, ...]]) -> tuple[ResourceGroup, frozenset[int]]:
        choices, condition, chosen = self._choices, ResourceCondition(), rows
        if self._wanted(Feature.PROPERTIES, 4):
            condition, chosen = self._conditioned(rows)
        usable = frozenset(row.id for row in chosen)
        path = choices.pick(paths)
        if self._wanted(Feature.IMPOSSIBLE, 6):
            most = self.placer.blocks(path[0], self.placer.living)
            return ResourceGroup((Level(path[0], most + choices.between(1, 3)),), condition.text), usable
        levels = self._levels(path, usable & self._free)
        ones = tuple(replace(level, count=1) for level in levels)
        for attempt in (levels, ones, (Level(paths[0][0], 1),)):
            if self.placer.choose(attempt, usable, self._free):
                return ResourceGroup(attempt, condition.text), usable
        return ResourceGroup((Level("resource_id", 1),), condition.text), usable

    def _conditioned(self, rows: list[Resource]) -> tuple[ResourceCondition, list[Resource]]:
        """A condition and the rows that fulfil it; none if nothing free does."""
        condition = make_condition(self._choices, self._cluster)
        kept = [row for row in rows if condition.test(row)]
        return (condition, kept) if any(row.id in self._free for row in kept) else (ResourceCondition(), rows)

    def _levels(self, path: tuple[str, ...], usable: frozenset[int]) -> tuple[Level, ...]:
        choices, levels = self._choices, []
        share = 1
        for name in path:
            most = max(1, self.placer.blocks(name, usable) // share)
            # Small counts are as likely as large ones, so that several jobs fit side by side.
            count = choices.between(1, max(1, most // 2) if choices.one_in(2) else most)
            levels.append(Level(name, count))
            share *= most
        if self._wanted(Feature.BEST, 3):
            levels[-1] = Level(path[-1], choices.pick((BEST, ALL, BESTHALF)))
        return tuple(levels)

    def _licensed(
        self, alternative: Alternative, usable: tuple[frozenset[int], ...]
    ) -> tuple[Alternative, tuple[frozenset[int], ...]]:
        count = self._choices.between(1, len(self._licences))
        group = ResourceGroup((Level("resource_id", count),), licences().text)
        return Alternative((*alternative.groups, group)), (*usable, frozenset(row.id for row in self._licences))

    def _fits(self, alternative: Alternative, usable: tuple[frozenset[int], ...]) -> bool:
        return self.placer.serve(alternative, usable, self._free) is not None


def _takes(row: Resource, types: Sequence[str]) -> bool:
    """Whether a resource takes jobs of those types, by the admission rules of a fresh OAR."""
    if "besteffort" in types and row.properties.get("besteffort") == "NO":
        return False
    return "deploy" not in types or row.properties.get("deploy") == "YES"
