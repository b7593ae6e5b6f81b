"""How many ids of a set lie in each part of a division, whether the set is scattered or in one piece."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from harness.compare.sets import digits

K = TypeVar("K", bound=Hashable)


class Parts(Generic[K]):
    """A division of ids, kept as runs of neighbours in one part."""

    def __init__(self, parts: Iterable[tuple[int, K]]) -> None:
        """Take ids in ascending order, each with its part."""
        self._first: list[int] = []
        self._last: list[int] = []
        self._part: list[K] = []
        for identity, part in parts:
            if self._last and self._last[-1] == identity - 1 and self._part[-1] == part:
                self._last[-1] = identity
            else:
                self._first.append(identity)
                self._last.append(identity)
                self._part.append(part)

    def sizes(self, mask: int) -> dict[K, int]:
        """How many ids of a set lie in each part it touches; each run that is touched costs one step."""
        found: dict[K, int] = {}
        ones = digits(mask)
        at = ones.find("1")
        while at >= 0:
            run = bisect_right(self._first, at) - 1
            if run >= 0 and at <= self._last[run]:
                end = self._last[run] + 1
                part = self._part[run]
                found[part] = found.get(part, 0) + ones.count("1", at, end)
            elif run + 1 < len(self._first):
                end = self._first[run + 1]
            else:
                break
            at = ones.find("1", end)
        return found
