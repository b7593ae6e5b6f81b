"""Which resources are in use when: the chart that our own planner draws into."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable


class Occupancy:
    """Masks of the resources in use, constant from one of the ``moments`` to the next; at first none is."""

    def __init__(self) -> None:
        self.moments: list[float] = [float("-inf")]
        self._used: list[int] = [0]

    def _cut(self, at: int) -> int:
        index = bisect_left(self.moments, at)
        if index == len(self.moments) or self.moments[index] != at:
            self.moments.insert(index, at)
            self._used.insert(index, self._used[index - 1])
        return index

    def hold(self, start: int, stop: int, mask: int) -> None:
        """Draw resources as used from ``start`` until just before ``stop``."""
        first, last = self._cut(start), self._cut(stop)
        for index in range(first, last):
            self._used[index] |= mask

    def free(self, start: int, stop: int, among: int, least: int) -> int:
        """Those of some resources that nobody holds at any moment of a stretch; 0 if fewer than ``least`` are."""
        index = bisect_right(self.moments, start) - 1
        while index < len(self.moments) and self.moments[index] < stop:
            among &= ~self._used[index]
            if among.bit_count() < least:
                return 0
            index += 1
        return among

    def earliest(
        self, after: int, seconds: int, hole: int, among: int, least: int, choose: Callable[[int], int]
    ) -> tuple[int, int] | None:
        """The earliest start, from ``after`` on, and the resources that ``choose`` takes of those free for so long.

        A job can only start at ``after``, or when resources are released: what begins there is a hole, and it has
        to last for ``hole`` seconds too.

        :param least: how many resources at least ``choose`` needs; it returns 0 if they do not serve.
        """
        free = self.free(after, after + seconds, among, least)
        chosen = choose(free) if free else 0
        if chosen:
            return after, chosen
        for index in range(bisect_right(self.moments, after), len(self.moments)):
            if not self._used[index - 1] & ~self._used[index]:
                continue
            start = int(self.moments[index])
            free = self.free(start, start + max(seconds, hole), among, least)
            chosen = choose(free) if free else 0
            if chosen:
                return start, chosen
        return None
