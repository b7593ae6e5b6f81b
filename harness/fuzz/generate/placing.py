"""Requests on a cluster: which resources one could be given."""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import cached_property

from harness.model.cluster import Cluster, Resource, Value
from harness.model.job import ALL, Level
from harness.oarsub.resource_request import Alternative, ResourceGroup

_NODE = ("nodes", "network_address")


class Placer:
    """A cluster's resources, indexed by the properties that levels name.

    :ivar by_id: all resources.
    :ivar living: ids of those that are not Dead (``oarsub`` counts on no others).
    """

    def __init__(self, cluster: Cluster) -> None:
        self.by_id: dict[int, Resource] = {row.id: row for row in cluster.resources}
        self.living = frozenset(row.id for row in cluster.resources if row.state != "Dead")
        self._columns: dict[str, dict[int, Value]] = {}

    @cached_property
    def ordinary(self) -> frozenset[int]:
        """Those of the living that take ordinary jobs: of the type ``default``."""
        return frozenset(i for i in self.living if self.by_id[i].type == "default")

    def column(self, name: str) -> dict[int, Value]:
        """The value of a level by resource id; resources where it is NULL are left out."""
        if name not in self._columns:
            if name == "resource_id":
                found: dict[int, Value] = {i: i for i in self.by_id}
            elif name in _NODE:
                found = {i: row.node for i, row in self.by_id.items() if row.node}
            else:
                found = {i: row.properties.get(name) for i, row in self.by_id.items()}
            self._columns[name] = {i: value for i, value in found.items() if value is not None}
        return self._columns[name]

    def blocks(self, level: str, among: Set[int]) -> int:
        """How many values a level has among those resources."""
        column = self.column(level)
        return len({column[i] for i in among if i in column})

    def choose(self, levels: tuple[Level, ...], usable: Iterable[int], free: Set[int]) -> set[int] | None:
        """The first resources that serve one group; None if there are none.

        Below the last level blocks are taken whole, with all of ``usable`` that is in them, as in the tree of
        ``OAR::IO::get_possible_wanted_resources``: one resource that is not free, and the block is not to be had.
        """
        columns = [self.column(level.property) for level in levels]
        valued = [i for i in sorted(usable) if all(i in column for column in columns)]
        return self._choose(levels, valued, free)

    def _choose(self, levels: tuple[Level, ...], usable: list[int], free: Set[int]) -> set[int] | None:
        if not levels:
            return set(usable) if all(i in free for i in usable) else None
        wanted, column = levels[0].count, self.column(levels[0].property)
        blocks: dict[Value, list[int]] = {}
        for i in usable:
            blocks.setdefault(column[i], []).append(i)
        found: set[int] = set()
        served = 0
        for block in blocks.values():
            if served == wanted:
                break
            if inner := self._choose(levels[1:], block, free):
                found |= inner
                served += 1
        enough = served == len(blocks) if wanted == ALL else served >= 1 if wanted < 0 else served == wanted
        return found if enough and found else None

    def serve(self, alternative: Alternative, usable: Iterable[Iterable[int]], free: Set[int]) -> set[int] | None:
        """The first resources that serve all groups together, one group after the other; None if there are none.

        :param usable: for each group the resources that fulfil its conditions.
        """
        found: set[int] = set()
        for group, allowed in zip(alternative.groups, usable, strict=True):
            chosen = self.choose(group.levels, allowed, free - found)
            if chosen is None:
                return None
            found |= chosen
        return found

    def never(self, group: ResourceGroup) -> bool:
        """Whether the living resources are too few for a group, whatever its condition and all of them free."""
        levels = tuple(Level(level.property, 1 if level.count < 0 else level.count) for level in group.levels)
        return self.choose(levels, self.living, self.living) is None
