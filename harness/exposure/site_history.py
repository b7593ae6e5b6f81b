"""A site's history and queue, one pass over its jobs: how many of them each departure would have hit."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.exposure.asked_condition import AskedCondition, said
from harness.exposure.departure_conditions import Conditioned
from harness.exposure.exposed_site import ExposedSite
from harness.exposure.history_tables import HistoryTable
from harness.exposure.hit_counts import Heap, Hits, together
from harness.exposure.job_circumstances import (
    JobStates,
    Other,
    ResourceStates,
    WaitingPlaces,
    container_words,
    read_dependencies,
    waits_for,
)
from harness.exposure.job_rows import FOREVER, JobRow, read_job_rows, read_waiting
from harness.exposure.job_shapes import JobShape, Shapes
from harness.exposure.paged_numbers import PagedNumbers
from harness.exposure.request_history import RequestHistory
from harness.site_import.copy_text import decode

ANSWERED_BY = {
    "job_resource_descriptions": (
        "level",
        "top_level",
        "lower_level",
        "alike_groups",
        "unlisted_level",
        "part_of_cluster",
        "split_block",
        "null_level",
        "properties",
        "groups",
        "moldables",
    ),
    "moldable_job_descriptions": ("walltime", "overran", "margin"),
    "job_types": ("type", "all_types", "container", "margin"),
    "job_dependencies": ("dependent", "waits_for"),
    "job_state_logs": ("state",),
    "event_logs": ("event",),
    "resource_logs": ("around_waiting", "around_running"),
}
"""Which table answers which words: without it they cannot be told."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HistoryFound:
    """What the history and the queue say.

    :ivar jobs: how many jobs of the period. :ivar core_seconds: what they had.
    :ivar begin, end: the first and last submission, epoch seconds. :ivar since: from when on jobs count; 0: all.
    :ivar hits: by departure.
    :ivar hit_jobs: of how many jobs a condition holds to which nothing need be added.
    :ivar untold: fields of conditions that nothing answers, each with the reason.
    :ivar shapes: how many kinds of jobs were told apart.
    """

    jobs: int = 0
    core_seconds: int = 0
    begin: int = 0
    end: int = 0
    since: int = 0
    hits: dict[str, Hits] = field(default_factory=dict)
    hit_jobs: int = 0
    untold: dict[str, str] = field(default_factory=dict)
    shapes: int = 0


class SiteHistory:
    """One pass over the jobs of a site's folder.

    :param span: seconds before the last submission from which on jobs count; 0: all.
    :param tell: is given the name of each table that is read.
    """

    def __init__(
        self, site: ExposedSite, entries: Sequence[Conditioned], span: int = 0, tell: Tell = lambda _: None
    ) -> None:
        conditions = [when for each in entries for when in each.when]
        cuts = [cut for when in conditions if when.walltime for cut in (when.walltime[0], when.walltime[1] + 1)]
        folder = site.database
        self._site = site
        self._span = span
        self._tell = tell
        self._jobs = HistoryTable(folder, "jobs")
        tell("requests")
        self._requests = RequestHistory(folder, cuts)
        tell("states and events")
        self._states = JobStates(folder, {event for when in conditions for event in when.event})
        self._resources = ResourceStates(folder)
        self._after, dependencies = read_dependencies(folder)
        self._shapes = Shapes(site, entries, self._requests)
        self._down_now = frozenset(each.state for each in site.cluster.resources)
        lacking = {*self._requests.lacking, *self._states.lacking}
        lacking |= set() if dependencies else {"job_dependencies"}
        lacking |= set() if self._resources.known else {"resource_logs"}
        self._untold = {
            name: f"the folder has no {table}" for table in sorted(lacking) for name in ANSWERED_BY.get(table, ())
        }
        self._texts: dict[bytes, str] = {}

    def scan(self) -> HistoryFound:
        """Hold all jobs to all conditions."""
        enabled = gc.isenabled()
        # Looking for cycles among millions of rows finds none, and takes a fifth of the time.
        gc.disable()
        try:
            return self._scanned()
        finally:
            if enabled:
                gc.enable()

    def _scanned(self) -> HistoryFound:
        if not self._jobs:
            return HistoryFound(untold=self._untold)
        self._tell("assigned resources")
        cores = _cores(HistoryTable(self._site.database, "assigned_resources"), self._site)
        self._tell("jobs")
        newest, others, beyond = self._look_ahead()
        since = newest - self._span if self._span else 0
        heaps: dict[tuple[int, bytes, bytes], Heap] = {}
        jobs = core_seconds = 0
        begin, end = FOREVER, 0
        for row in read_job_rows(self._jobs):
            if row.submitted < since and row.stop < since:
                continue
            used = 0
            if row.start < FOREVER and row.moldable:
                used = max(0, min(row.stop, max(newest, row.start)) - row.start) * cores[row.moldable]
            jobs += 1
            core_seconds += used
            begin, end = min(begin, row.submitted), max(end, row.submitted)
            shape = self._shapes.number(self._shape(row, others, beyond))
            answer = self._shapes.answer(shape)
            if answer:
                key = (answer, row.user, row.project)
                heap = heaps.get(key)
                if heap is None:
                    heap = heaps[key] = Heap()
                heap.add(row.number, shape, row.submitted, used, row.active)
        found, hit_jobs = self._gathered(heaps)
        begin = begin if jobs else 0
        return HistoryFound(jobs, core_seconds, begin, end, since, found, hit_jobs, self._untold, len(self._shapes))

    def _gathered(self, heaps: dict[tuple[int, bytes, bytes], Heap]) -> tuple[dict[str, Hits], int]:
        by_place: dict[int, list[tuple[str, str, Heap]]] = {}
        untold: Counter[int] = Counter()
        hit_jobs = 0
        asked = self._shapes.asked
        for (answer, user, project), heap in sorted(heaps.items(), key=lambda item: item[1].first):
            hit, unsure = self._shapes.holding(answer)
            for place in hit:
                by_place.setdefault(place, []).append((self._text(user), self._text(project), heap))
            for place in unsure:
                untold[place] += heap.jobs
            if any(not asked[place].entry.at_most for place in hit):
                hit_jobs += heap.jobs
        found = {
            asked[place].entry.id: together(by_place.get(place, ()), self._shapes.words, untold[place])
            for place in {*by_place, *untold}
        }
        return found, hit_jobs

    def _look_ahead(self) -> tuple[int, dict[int, Other], set[int]]:
        """The last submission, the jobs that others need, and those beyond the cap of waiting jobs."""
        needed = {number for numbers in self._after.values() for number in numbers}
        needed.update(self._requests.containers.values())
        places = WaitingPlaces()
        keys: dict[tuple[bytes, bytes], int] = {}
        others: dict[int, Other] = {}
        newest = 0
        for number, owner, submitted, until in read_waiting(self._jobs):
            if submitted > newest:
                newest = submitted
            if owner is not None:
                places.add(number, keys.setdefault(owner, len(keys)), submitted, until)
        if needed:
            others = {row.number: self._other(row) for row in read_job_rows(self._jobs, needed)}
        return newest, others, places.beyond(self._site.cap)

    def _other(self, row: JobRow) -> Other:
        return Other(
            row.queue,
            row.submitted,
            row.start,
            row.stop,
            row.state,
            row.failed,
            row.reserved,
            self._requests.walltime(row.number, row.moldable),
            "container" in self._requests.types(self._requests.kinds(row.number)),
        )

    def _shape(self, row: JobRow, others: dict[int, Other], beyond: set[int]) -> JobShape:
        requests, number = self._requests, row.number
        kinds = requests.kinds(number)
        waits = container = _NOTHING
        margin = None
        dependent = number in self._after
        if dependent:
            waits = waits_for(number, row.queue, row.submitted, min(row.start, row.stop), self._after, others)
        if kinds and number in requests.containers:
            container, margin = self._container(row, others.get(requests.containers[number]))
        started = row.start < FOREVER
        ran = row.stop - row.start - self._site.security if started and row.stop < FOREVER else 0
        waiting, running = self._around(row)
        states = self._states.states(number)
        if started:
            states = (*states, "Running") if states else _RAN
        user = project = ""
        if quotas := self._shapes.quotas:
            user, project = self._text(row.user), self._text(row.project)
            user = user if user in quotas.users else ""
            project = project if project in quotas.projects else ""
        return JobShape(
            requests.request(number),
            kinds,
            row.queue,
            row.properties,
            row.reserved,
            dependent,
            waits,
            container,
            margin,
            ran > 0 and ran > requests.walltime(number, row.moldable) > 0,
            row.checkpoint,
            waiting,
            running,
            (*states, "Suspended") if row.suspended else states,
            self._states.events(number),
            number in beyond,
            user,
            project,
        )

    def _around(self, row: JobRow) -> tuple[frozenset[str], frozenset[str]]:
        """States of resources while it waited, and while it ran."""
        waiting = running = _NOTHING
        started = row.start < FOREVER
        if self._resources.known:
            waiting = self._resources.between(row.submitted, min(row.start, row.stop))
            if started:
                running = self._resources.between(row.start, row.stop)
        if row.active and started:
            running |= self._down_now
        elif row.active:
            waiting |= self._down_now
        return waiting, running

    def _container(self, row: JobRow, other: Other | None) -> tuple[frozenset[str], int | None]:
        """What its container was while it waited, and by how much that is longer."""
        found = container_words(row.queue, row.submitted, row.start, row.stop, other)
        if other is None:
            return found, None
        if other.start > row.submitted and "Hold" in self._states.states(self._requests.containers[row.number]):
            found |= {"Hold"}
        longer = other.walltime - self._requests.walltime(row.number, row.moldable)
        return found, min(max(longer, -1), _LONG)

    def _text(self, data: bytes) -> str:
        found = self._texts.get(data)
        if found is None:
            found = decode(data) or ""
            if len(self._texts) < _TEXTS:
                self._texts[data] = found
        return found


_NOTHING: frozenset[str] = frozenset()
_RAN = ("Running",)
_LONG = 3600
"""Seconds: by how much more a container is longer makes no difference."""
_TEXTS = 200_000


def _cores(table: HistoryTable, site: ExposedSite) -> PagedNumbers:
    """How many resources of type ``default`` each alternative was given."""
    cores = PagedNumbers()
    if not {"moldable_job_id", "resource_id"} <= set(table.columns):
        return cores
    others = {str(each.id).encode() for each in site.cluster.resources if each.type != "default"}
    moldable, resource = table.columns.index("moldable_job_id"), table.columns.index("resource_id")
    for piece in table.pieces():
        rows = (line.split(b"\t") for line in piece.split(b"\n"))
        if others:
            counts = Counter(row[moldable] for row in rows if row[resource] not in others)
        else:
            counts = Counter(row[moldable] for row in rows)
        for number, count in counts.items():
            key = table.number(number)
            cores[key] = cores[key] + count
    return cores


def fields_untold(when: AskedCondition, found: HistoryFound) -> list[str]:
    """Why words of a condition cannot be told of any job."""
    return list(dict.fromkeys(found.untold[name] for name in said(when) if name in found.untold))
