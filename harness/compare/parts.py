"""How many ids of a set lie in each part of a division, whether the set is scattered or in one piece."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from harness.compare.sets import Span, mask_of_spans, spans

K = TypeVar("K", bound=Hashable)


class Parts(Generic[K]):
    """A division of ids: kept as runs of neighbours in one part, and as one mask for each part.

    A set of few stretches is counted run by run, a scattered one mask by mask, whichever is less to do.
    """

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
        spans: dict[K, list[Span]] = {}
        for first, last, part in zip(self._first, self._last, self._part, strict=True):
            spans.setdefault(part, []).append((first, last))
        self._masks = [(part, mask_of_spans(of)) for part, of in spans.items()]

    def sizes(self, mask: int) -> dict[K, int]:
        """How many ids of a set lie in each part it touches."""
        if (mask & ~(mask << 1)).bit_count() <= len(self._masks):
            return self._by_run(spans(mask))
        return {part: held for part, of in self._masks if (held := (of & mask).bit_count())}

    def _by_run(self, stretches: Sequence[Span]) -> dict[K, int]:
        found: dict[K, int] = {}
        for first, last in stretches:
            at = max(bisect_right(self._first, first) - 1, 0)
            while at < len(self._first) and self._first[at] <= last:
                held = min(last, self._last[at]) - max(first, self._first[at]) + 1
                if held > 0:
                    part = self._part[at]
                    found[part] = found.get(part, 0) + held
                at += 1
        return found
