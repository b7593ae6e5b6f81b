"""Rule ``hierarchy``: what is given is what was asked for, level by level."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from harness.compare.catalogue import Catalogue
from harness.compare.validate.eligible_resources import eligible
from harness.compare.validate.request_tree import RequestTree
from harness.compare.validate.violation import IndexedSchedule, Violation, some
from harness.model.job import Group, Level, Moldable


class RequestTrees:
    """Checks placements against requests; builds the tree of each request and set of resources once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._trees: dict[tuple[tuple[Level, ...], int], RequestTree] = {}

    def usable(self, moldable: Moldable) -> int:
        """Mask of what any group of an alternative may hold."""
        mask = 0
        for group in moldable.groups:
            mask |= self._usable(group)
        return mask

    def _usable(self, group: Group) -> int:
        return eligible(group, self._catalogue) & self._catalogue.every & ~self._catalogue.dead

    def _tree(self, group: Group) -> RequestTree:
        usable = self._usable(group)
        key = (group.levels, usable)
        if key not in self._trees:
            self._trees[key] = RequestTree(group.levels, usable, self._catalogue)
        return self._trees[key]

    def unmet(self, moldable: Moldable, resources: int) -> str:
        """Why the resources are not what an alternative asks for; empty if they are, or if it cannot be said.

        Groups are served together and never share a resource (``GanttHoleStorage::find_first_hole`` takes what one
        group got out of the next one's tree). If no resource can serve two of them, each is checked exactly. Else
        it is checked what any way of dealing the resources out must meet: each group can be served from what it may
        hold, and the number of resources is one that the groups can have together. That never blames a good
        placement, but lets some bad ones pass.
        """
        parts = [resources & self._usable(group) for group in moldable.groups]
        trees = [self._tree(group) for group in moldable.groups]
        if len(parts) == 1:
            return trees[0].unmet(parts[0])
        total = resources.bit_count()
        if not any(one & other for one, other in combinations(parts, 2)):
            return next((why for t, p in zip(trees, parts, strict=True) if (why := t.unmet(p))), "")
        fewest = most = 0
        for tree, part in zip(trees, parts, strict=True):
            bounds = tree.bounds(part)
            if bounds is None:
                return f"{tree} cannot be served from the {part.bit_count()} resources given that it may have"
            fewest, most = fewest + bounds[0], most + bounds[1]
        if not fewest <= total <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            return f"holds {total} resources, where {' + '.join(map(str, trees))} takes {wanted}"
        return ""


def hierarchy(indexed: IndexedSchedule) -> Iterator[Violation]:
    """The hierarchy asked for is met, exactly: see :class:`RequestTree`.

    What stands since before the round is not judged: an advance reservation may have lost resources on the way
    (``treate_waiting_reservation_jobs`` of ``oar_meta_sched`` drops those that are not Alive). Nor is a job that
    holds nothing, or what it may not: the rules ``eligible`` and ``state`` report that, each fault once.
    """
    requests = RequestTrees(indexed.catalogue)
    for placed in indexed.new():
        if placed.moldable is None or not placed.resources or placed.resources & ~requests.usable(placed.moldable):
            continue
        why = requests.unmet(placed.moldable, placed.resources)
        if why:
            yield Violation("hierarchy", (placed.job.name,), some(why, most=300))
