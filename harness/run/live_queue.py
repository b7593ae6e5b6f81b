"""The order of live observations: those that can share a server follow one another on it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from harness.live.live_case import lane_options
from harness.run.case import Case
from harness.run.columns import Column


class LiveServerKind(NamedTuple):
    """A column and what its lane needs: see :func:`~harness.live.live_case.lane_options`."""

    column: str
    nodes: tuple[str, ...]
    rest: bool


@dataclass(frozen=True, slots=True)
class LiveTask:
    """One observation to be made."""

    case: Case
    column: Column

    @property
    def kind(self) -> LiveServerKind:
        """What is the same for those that can be made on one server."""
        return LiveServerKind(self.column.id, **lane_options(self.case.scenario))


class LiveQueue:
    """What is left to do; several workers take from it."""

    def __init__(self, work: Iterable[LiveTask]) -> None:
        self._left: dict[LiveServerKind, deque[LiveTask]] = {}
        for task in work:
            self._left.setdefault(task.kind, deque()).append(task)
        self._served: Counter[LiveServerKind] = Counter()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._left.values()))

    def first(self) -> LiveTask | None:
        """The task for which a new lane is to be made, or None if nothing is left.

        Those with real nodes first, since they take longest; else of the kind of which most is left for each of its
        servers, the new one among them.
        """
        with self._lock:
            kind = max(self._left, key=self._urgency, default=None)
            return self.next(kind) if kind else None

    def next(self, kind: LiveServerKind) -> LiveTask | None:
        """Another of that kind, for the server that is there; None if none is left."""
        with self._lock:
            left = self._left.get(kind)
            if not left:
                return None
            task = left.popleft()
            if not left:
                del self._left[kind]
            return task

    @contextmanager
    def serving(self, kind: LiveServerKind) -> Iterator[None]:
        """While a server for that kind is there."""
        with self._lock:
            self._served[kind] += 1
        try:
            yield
        finally:
            with self._lock:
                self._served[kind] -= 1

    def _urgency(self, kind: LiveServerKind) -> tuple[bool, float]:
        return bool(kind.nodes), len(self._left[kind]) / (1 + self._served[kind])
