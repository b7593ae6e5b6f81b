"""What became of jobs beside their request: whom they waited for, their states, events, and the nodes meanwhile."""

from __future__ import annotations

import heapq
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.exposure.history_tables import HistoryTable
from harness.exposure.job_rows import FOREVER
from harness.exposure.paged_numbers import PagedNumbers

_SEEN = (b"Suspended", b"Resuming", b"Hold")
_DOWN = (b"Suspended", b"Dead", b"Absent")


@dataclass(frozen=True, slots=True)
class Other:
    """A job on which another depends, or a container.

    :ivar start: epoch seconds; FOREVER: it did not start. :ivar stop: when it was over; FOREVER: it is not.
    """

    queue: bytes
    submitted: int
    start: int
    stop: int
    state: bytes
    failed: bool
    reserved: bool
    walltime: int
    is_container: bool


class JobStates:
    """States in which jobs were once, of those that no other table tells, and types of events of jobs."""

    def __init__(self, folder: Path, events: Iterable[str]) -> None:
        self.lacking: set[str] = set()
        self._bits = PagedNumbers()
        self._events: dict[int, frozenset[str]] = {}
        table = HistoryTable(folder, "job_state_logs")
        if not table:
            self.lacking.add("job_state_logs")
        else:
            self._read_states(table)
        table = HistoryTable(folder, "event_logs")
        if not table:
            self.lacking.add("event_logs")
        wanted = {event.encode() for event in events}
        for kind, job in table.rows(("type", "job_id")):
            if kind in wanted:
                number = table.number(job)
                self._events[number] = self._events.get(number, frozenset()) | {kind.decode()}

    def states(self, job: int) -> tuple[str, ...]:
        """Of ``Suspended``, ``Resuming`` and ``Hold`` those it was in."""
        bits = self._bits[job]
        return tuple(name.decode() for place, name in enumerate(_SEEN) if bits >> place & 1) if bits else ()

    def events(self, job: int) -> frozenset[str]:
        """The types of its events, of those asked for."""
        return self._events.get(job, frozenset())

    def _read_states(self, table: HistoryTable) -> None:
        pattern = re.compile(rb"\t(" + b"|".join(_SEEN) + rb")(?=\t|\n|\Z)")
        width = len(table.columns)
        if not {"job_id", "job_state"} <= set(table.columns):
            self.lacking.add("job_state_logs")
            return
        job, state = table.columns.index("job_id"), table.columns.index("job_state")
        for piece in table.pieces():
            for match in pattern.finditer(piece):
                begin, end = piece.rfind(b"\n", 0, match.start()) + 1, piece.find(b"\n", match.end())
                fields = piece[begin : end if end >= 0 else None].split(b"\t")
                if len(fields) == width and fields[state] in _SEEN:
                    number = table.number(fields[job])
                    self._bits[number] = self._bits[number] | 1 << _SEEN.index(fields[state])


class ResourceStates:
    """When any resource of the cluster was Suspended, Dead or Absent; nothing is known if there is no such log."""

    def __init__(self, folder: Path) -> None:
        table = HistoryTable(folder, "resource_logs")
        self.known = bool(table)
        spans: dict[bytes, list[tuple[int, int]]] = {state: [] for state in _DOWN}
        for attribute, value, begin, end in table.rows(("attribute", "value", "date_start", "date_stop")):
            if attribute == b"state" and value in spans:
                spans[value].append((table.number(begin), table.number(end) or FOREVER))
        self._spans = [_united(found) for found in spans.values()]
        names = [state.decode() for state in spans]
        self._sets = [
            frozenset(name for place, name in enumerate(names) if bits >> place & 1)
            for bits in range(1 << len(names))
        ]

    def between(self, begin: int, end: int) -> frozenset[str]:
        """The states, beside Alive, of resources at some time between two moments."""
        bits = 0
        for number, (starts, stops) in enumerate(self._spans):
            place = bisect_right(starts, end) - 1
            if place >= 0 and stops[place] >= begin:
                bits |= 1 << number
        return self._sets[bits]


def _united(spans: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Spans that overlap as one: their begins and ends."""
    starts: list[int] = []
    stops: list[int] = []
    for begin, end in sorted(spans):
        if stops and begin <= stops[-1]:
            stops[-1] = max(stops[-1], end)
        else:
            starts.append(begin)
            stops.append(end)
    return starts, stops


def read_dependencies(folder: Path) -> tuple[dict[int, tuple[int, ...]], bool]:
    """Of each job the jobs it depends on; and whether there is such a table."""
    table = HistoryTable(folder, "job_dependencies")
    found: dict[int, tuple[int, ...]] = {}
    for job, required in table.rows(("job_id", "job_id_required")):
        number = table.number(job)
        found[number] = (*found.get(number, ()), table.number(required))
    return found, bool(table)


def waits_for(
    job: int,
    queue: bytes,
    submitted: int,
    start: int,
    after: dict[int, tuple[int, ...]],
    others: dict[int, Other],
) -> frozenset[str]:
    """What the jobs that it depends on were while it waited, in the words of the condition ``waits-for``."""
    found = set()
    for number in after.get(job, ()):
        other = others.get(number)
        if other is None:
            continue
        # What is over before this one starts is seen with its exit code.
        if other.stop <= max(submitted, start) and other.failed and other.state == b"Terminated":
            found.add("failed")
        if other.stop <= submitted:
            continue
        if other.start > submitted:
            found.add("reservation" if other.reserved else "Waiting")
            if _is_unplaced(number, submitted, after, others):
                found.add("unplaced")
        if other.start < FOREVER:
            found.add("Running")
        if other.queue != queue:
            found.add("other-queue")
    return frozenset(found)


def _is_unplaced(job: int, moment: int, after: dict[int, tuple[int, ...]], others: dict[int, Other]) -> bool:
    """Whether it depends on one that is not over then."""
    for number in after.get(job, ()):
        other = others.get(number)
        if other and other.stop > moment and (other.start < FOREVER or other.stop == FOREVER):
            return True
    return False


def container_words(queue: bytes, submitted: int, start: int, stop: int, other: Other | None) -> frozenset[str]:
    """What its container was while it waited, in the words of the condition ``container``."""
    if other is None or not other.is_container:
        return frozenset(("gone",))
    found = set()
    waited_until = min(start, stop)
    if other.stop <= submitted or other.stop < waited_until:
        found.add("gone")
    if other.start > submitted and other.stop > submitted:
        found.add("Waiting")
        if other.queue != queue:
            found.add("other-queue")
    if other.start < FOREVER and other.stop > submitted:
        found.add("Running")
    return frozenset(found)


class WaitingPlaces:
    """Which jobs were beyond the cap of their user's waiting jobs in a queue, when they were submitted."""

    def __init__(self) -> None:
        self._jobs = array("q")
        self._keys = array("q")
        self._submitted = array("q")
        self._until = array("q")

    def add(self, job: int, key: int, submitted: int, until: int) -> None:
        """A job of a user and queue, ``key``, that waited until then."""
        self._jobs.append(job)
        self._keys.append(key)
        self._submitted.append(submitted)
        self._until.append(until)

    def beyond(self, cap: int) -> set[int]:
        """The jobs whose place is beyond it."""
        counts: dict[int, int] = {}
        for key in self._keys:
            counts[key] = counts.get(key, 0) + 1
        large = {key for key, count in counts.items() if count > cap}
        order = [place for place, key in enumerate(self._keys) if key in large]
        order.sort(key=self._jobs.__getitem__)
        order.sort(key=self._submitted.__getitem__)
        waiting: dict[int, list[int]] = {}
        found = set()
        for place in order:
            heap = waiting.setdefault(self._keys[place], [])
            while heap and heap[0] <= self._submitted[place]:
                heapq.heappop(heap)
            heapq.heappush(heap, self._until[place])
            if len(heap) > cap:
                found.add(self._jobs[place])
        return found
