"""Chooses resources for a request from those that are free: the lowest ids that serve."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.compare.catalogue import Catalogue
from harness.compare.sets import members
from harness.compare.validate.eligible_resources import eligible
from harness.model.cluster import Value
from harness.model.job import ALL, Group, Moldable


@dataclass(slots=True)
class _FreeBlock:
    """A block of resources; its inner blocks by value, in the order of their lowest id."""

    mask: int = 0
    inner: dict[Value, _FreeBlock] = field(default_factory=dict)


class Picker:
    """Serves one resource group, in the hierarchy of :class:`~harness.compare.validate.request_tree.RequestTree`.

    :ivar usable: mask of what may serve it: eligible, with a value on each level, and Alive.
    :ivar least: the fewest resources it can be served with; a lower bound.
    """

    def __init__(self, group: Group, catalogue: Catalogue) -> None:
        self._counts = [level.count for level in group.levels]
        self._root = _FreeBlock()
        columns = [catalogue.column(level.property) for level in group.levels]
        for identity in members(eligible(group, catalogue) & catalogue.every & ~catalogue.dead):
            values = [column.get(identity) for column in columns]
            if None in values:
                continue
            block = self._root
            block.mask |= 1 << identity
            for value in values:
                block = block.inner.setdefault(value, _FreeBlock())
                block.mask |= 1 << identity
        self.usable = self._root.mask & catalogue.in_state("Alive")
        self.least = 1
        for count in self._counts:
            self.least *= max(count, 1)

    def choose(self, free: int) -> int:
        """The lowest resources that serve the group, all of them free; 0 if none do.

        Blocks are tried in the order of their lowest id; below the last level each is taken whole. ALL takes every
        block there is, and fails if one does not serve; BEST takes as many as do, one at least.
        """
        return self._choose(self._root, 0, free & self.usable)

    def _choose(self, block: _FreeBlock, depth: int, free: int) -> int:
        if depth == len(self._counts):
            return block.mask if block.mask & free == block.mask else 0
        wanted, taken, chosen = self._counts[depth], 0, 0
        for inner in block.inner.values():
            if taken == wanted:
                break
            found = self._choose(inner, depth + 1, free) if inner.mask & free else 0
            if found:
                taken += 1
                chosen |= found
            elif wanted == ALL:
                return 0
        return chosen if wanted < 0 or taken == wanted else 0


class Pickers:
    """Serves whole alternatives; what is known of a group is kept for the next job that asks for the same."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[tuple[object, ...], Picker] = {}

    def of(self, moldable: Moldable) -> tuple[Picker, ...]:
        """One for each group of an alternative."""
        return tuple(map(self._of, moldable.groups))

    def _of(self, group: Group) -> Picker:
        key = (group.levels, group.properties, str(group.eligible))
        if key not in self._known:
            self._known[key] = Picker(group, self._catalogue)
        return self._known[key]


def choose_all(pickers: tuple[Picker, ...], free: int) -> int:
    """Resources for all groups of an alternative, none given to two; 0 if one group, in its turn, finds none."""
    chosen = 0
    for picker in pickers:
        found = picker.choose(free & ~chosen)
        if not found:
            return 0
        chosen |= found
    return chosen
