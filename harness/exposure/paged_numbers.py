"""Numbers by id, and sequences that grow, in a few bytes each: a million jobs fit into memory."""

from __future__ import annotations

from array import array
from typing import Generic, TypeVar

_T = TypeVar("_T")

_BITS = 12
_PAGE = 1 << _BITS


class PagedNumbers:
    """A number for each id, 0 unless it was set. Ids that are far apart take a page of 4096 each."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}

    def __getitem__(self, key: int) -> int:
        page = self._pages.get(key >> _BITS)
        return 0 if page is None else page[key & (_PAGE - 1)]

    def __setitem__(self, key: int, value: int) -> None:
        page = self._pages.get(key >> _BITS)
        if page is None:
            page = self._pages[key >> _BITS] = array("q", bytes(8 * _PAGE))
        page[key & (_PAGE - 1)] = value


class Chains:
    """Sequences of numbers that grow by one at their end; each distinct one is held once. Number 0 is empty.

    :ivar numbers: the number of each chain but the empty one, by that of the chain before and the last item.
    """

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, int], int] = {}
        self._parts: list[tuple[int, int]] = [(0, 0)]

    def grown(self, chain: int, item: int) -> int:
        """The number of a chain with one more item."""
        key = (chain, item)
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self._parts)
            self._parts.append(key)
        return found

    def items(self, chain: int) -> list[int]:
        """The items of a chain, in the order in which they came."""
        found = []
        while chain:
            chain, item = self._parts[chain]
            found.append(item)
        return found[::-1]


class ChainsById(PagedNumbers):
    """A chain for each id; the empty one until something is added."""

    def __init__(self, chains: Chains) -> None:
        super().__init__()
        self._chains = chains

    def add(self, key: int, item: int) -> None:
        """The chain of an id grows by one item."""
        page = self._pages.get(key >> _BITS)
        if page is None:
            page = self._pages[key >> _BITS] = array("q", bytes(8 * _PAGE))
        place = key & (_PAGE - 1)
        grown = self._chains.numbers.get((page[place], item))
        page[place] = self._chains.grown(page[place], item) if grown is None else grown


class Distinct(Generic[_T]):
    """Values, each with a number of its own, from 0 on."""

    def __init__(self) -> None:
        self.values: list[_T] = []
        self._numbers: dict[_T, int] = {}

    def number(self, value: _T) -> int:
        """The number of a value."""
        found = self._numbers.get(value)
        if found is None:
            found = self._numbers[value] = len(self.values)
            self.values.append(value)
        return found
