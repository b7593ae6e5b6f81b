"""A resource group's request as a tree, and whether resources fulfil it."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.compare.catalogue import RESOURCE_ID, Catalogue
from harness.compare.set_divisions import Parts
from harness.compare.sets import members
from harness.model.cluster import Value
from harness.model.job import ALL, BEST, BESTHALF, COUNT_WORDS, Level


def fits(wanted: int, taken: int, total: int) -> bool:
    """Whether ``taken`` blocks (or resources), of ``total`` there are, are what a level's count asks for.

    A plain number asks for just as many, ALL for all there are, BEST and BESTHALF for one at least: how many were
    free is the scheduler's to say (ALL and BEST: ``ResourceTree::delete_tree_nodes_with_not_enough_resources``;
    OAR2's schedulers give BESTHALF no meaning of its own, ``oarsub`` alone knows the word).
    """
    if wanted == ALL:
        return taken == total
    if wanted in (BEST, BESTHALF):
        return taken > 0
    return taken == wanted


def suffices(wanted: int, taken: int, total: int) -> bool:
    """The same if more than asked for is there to choose from."""
    return taken >= wanted if wanted >= 0 else fits(wanted, taken, total)


@dataclass(slots=True)
class _TreeBlock:
    """A node of the tree: a block of resources, within its parent."""

    depth: int
    path: str
    parent: int
    children: list[int] = field(default_factory=list)
    size: int = 0


class RequestTree:
    """The blocks that could serve a request: those of the usable resources, level within level.

    After the tree that ``OAR::IO::get_possible_wanted_resources`` builds from a request: one depth for each level in
    the request's order; resources without a value on any level are left out, and so are Dead ones (``usable`` is
    without them); below the last level each block is taken whole (ALL), unless that level is ``resource_id``.
    A block is whole with everything in it that is not Dead: one Suspected core, and a host is not to be had.
    """

    def __init__(self, levels: tuple[Level, ...], usable: int, catalogue: Catalogue) -> None:
        counted = bool(levels) and levels[-1].property == RESOURCE_ID
        self._levels = levels[:-1] if counted else levels
        self._leaves = levels[-1].count if counted else ALL
        self._blocks = [_TreeBlock(0, "", -1)]
        columns = [catalogue.column(level.property) for level in self._levels]
        index: dict[tuple[int, Value], int] = {}
        rows = ((identity, [column.get(identity) for column in columns]) for identity in members(usable))
        self._leaf = Parts((identity, self._add(values, index)) for identity, values in rows if None not in values)

    def _add(self, values: list[Value], index: dict[tuple[int, Value], int]) -> int:
        """Count one resource in; the number of its deepest block."""
        at = 0
        for depth, value in enumerate(values):
            if (at, value) not in index:
                block = self._blocks[at]
                path = f"{block.path}/{self._levels[depth].property}={value}"
                index[at, value] = len(self._blocks)
                block.children.append(len(self._blocks))
                self._blocks.append(_TreeBlock(depth + 1, path, at))
            at = index[at, value]
        self._blocks[at].size += 1
        return at

    def unmet(self, resources: int) -> str:
        """Why the resources are not just what the request asks for; empty if they are.

        They must lie in the tree, and on each level, in each block they touch, be spread over as many blocks as the
        request counts: neither fewer nor more, nor a block of which a part is left out.
        """
        touched: dict[int, set[int]] = {}
        leaves = self._leaf.sizes(resources)
        outside = resources.bit_count() - sum(leaves.values())
        if outside:
            return f"{outside} of its resources lie outside what {self} can be served from"
        for leaf in leaves:
            at = leaf
            while at:
                touched.setdefault(self._blocks[at].parent, set()).add(at)
                at = self._blocks[at].parent
        for number in sorted({0, *touched, *leaves}):
            block = self._blocks[number]
            if block.depth < len(self._levels):
                level = self._levels[block.depth]
                wanted, unit = level.count, level.property
                taken, total = len(touched.get(number, ())), len(block.children)
            else:
                wanted, unit, taken, total = self._leaves, "resources", leaves.get(number, 0), block.size
            if not fits(wanted, taken, total):
                asked = COUNT_WORDS.get(wanted, str(wanted))
                return f"holds {taken} {unit} of {block.path or 'the whole'}, which has {total}; {asked} asked for"
        return ""

    def bounds(self, resources: int) -> tuple[int, int] | None:
        """The fewest and the most of the resources that the request, chosen from them, could hold; None: none can."""
        leaves = self._leaf.sizes(resources)
        sizes: dict[int, tuple[int, int]] = {}
        for number in range(len(self._blocks) - 1, -1, -1):
            block = self._blocks[number]
            if block.depth == len(self._levels):
                have = leaves.get(number, 0)
                if have and suffices(self._leaves, have, block.size):
                    low = self._leaves if self._leaves >= 0 else (have if self._leaves == ALL else 1)
                    sizes[number] = (low, self._leaves if self._leaves >= 0 else have)
                continue
            wanted = self._levels[block.depth].count
            inner = [sizes[child] for child in block.children if child in sizes]
            if not inner or not suffices(wanted, len(inner), len(block.children)):
                continue
            fewest = wanted if wanted >= 0 else (len(inner) if wanted == ALL else 1)
            most = wanted if wanted >= 0 else len(inner)
            sizes[number] = (
                sum(sorted(low for low, _ in inner)[:fewest]),
                sum(sorted((high for _, high in inner), reverse=True)[:most]),
            )
        return sizes.get(0)

    def __str__(self) -> str:
        levels = [str(level) for level in self._levels]
        if self._leaves != ALL or not levels:
            levels.append(str(Level(RESOURCE_ID, self._leaves)))
        return "/" + "/".join(levels)
