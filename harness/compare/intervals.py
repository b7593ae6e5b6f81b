"""A map from integers to values that are constant over long stretches, such as resource ids to who holds them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

V = TypeVar("V")


class IntervalMap(Generic[V]):
    """Values over all integers, kept as stretches; painting costs what it destroys, so a sweep is near linear."""

    def __init__(self, default: V) -> None:
        self._starts: list[float] = [float("-inf")]
        self._values: list[V] = [default]

    def _cut(self, at: int) -> int:
        """Make a stretch begin at ``at``; its index."""
        index = bisect_right(self._starts, at) - 1
        if self._starts[index] == at:
            return index
        self._starts.insert(index + 1, at)
        self._values.insert(index + 1, self._values[index])
        return index + 1

    def stretches(self, first: int, last: int) -> list[tuple[int, int, V]]:
        """What is between two integers, both included: stretches with their values."""
        low, high = self._cut(first), self._cut(last + 1)
        begins = [int(self._starts[i]) for i in range(low, high)]
        ends = [begin - 1 for begin in begins[1:]] + [last]
        return list(zip(begins, ends, self._values[low:high], strict=True))

    def put(self, first: int, last: int, stretches: Iterable[tuple[int, int, V]]) -> None:
        """Replace what is between two integers by stretches that cover it without a gap; equal neighbours join."""
        low, high = self._cut(first), self._cut(last + 1)
        starts: list[float] = []
        values: list[V] = []
        for begin, _, value in stretches:
            if not values or values[-1] != value:
                starts.append(begin)
                values.append(value)
        self._starts[low:high] = starts
        self._values[low:high] = values
