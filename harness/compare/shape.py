"""The shape of a placement: how its resources are spread over the hierarchy, whatever their names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from procset import ProcSet

from harness.compare.catalogue import RESOURCE_ID, Catalogue
from harness.compare.sets import mask_of


@dataclass(frozen=True, slots=True)
class Spread:
    """One level of a shape: ascending pairs of a size (resources in a block) and how many blocks have it."""

    level: str
    sizes: tuple[tuple[int, int], ...]

    @property
    def blocks(self) -> int:
        """Distinct blocks touched on this level."""
        return sum(number for _, number in self.sizes)

    def __str__(self) -> str:
        sizes = ", ".join(f"{number}x{size}" for size, number in self.sizes)
        return f"{self.blocks} {self.level} ({sizes})"


class Shapes:
    """Tells the shapes of placements in one situation; remembers those it has seen."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._levels = (*dict.fromkeys(catalogue.situation.hierarchy),)
        self._seen: dict[int, tuple[Spread, ...]] = {}

    def of(self, resources: ProcSet) -> tuple[Spread, ...]:
        """The shape: for each level of the hierarchy, from the widest, how many resources lie in each block.

        Two placements are of the same shape exactly if this is equal: the same number of blocks on each
        level, holding the same numbers of resources, as a multiset. The last level is the resources' number.
        """
        mask = mask_of(resources)
        if mask not in self._seen:
            number = mask.bit_count()
            spreads = [self._spread(level, mask, number) for level in self._levels]
            spreads.append(Spread(RESOURCE_ID, ((1, number),) if number else ()))
            self._seen[mask] = tuple(spreads)
        return self._seen[mask]

    def _spread(self, level: str, mask: int, number: int) -> Spread:
        blocks = self._catalogue.blocks(level)
        if blocks.single:
            return Spread(level, ((1, number),) if number else ())
        return Spread(level, tuple(sorted(Counter(blocks.sizes(mask).values()).items())))


def differ(reference: tuple[Spread, ...], candidate: tuple[Spread, ...]) -> str:
    """The first level on which two shapes differ, as ``2 host (2x8) → 4 host (4x4)``; empty if none does."""
    for one, other in zip(reference, candidate, strict=False):
        if one != other:
            return f"{one} → {other}"
    return ""
