"""The live cases of a campaign: several servers at a time, each kept for the cases of one column."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import SQLAlchemyError

from harness.live.live_case import LiveCase, lane_options
from harness.live.live_limits import LiveLimits
from harness.live.live_server import LiveServer
from harness.model.fault import Fault, LostServer
from harness.model.record import CaseRecord, Observation
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.in_parallel import Keep, at_once, record, short
from harness.run.lane_provider import LaneProvider
from harness.run.live_queue import LiveQueue, LiveTask
from harness.run.recorder import Recorder

Doubted = Callable[[CaseRecord], list[str]]


@dataclass(frozen=True, slots=True)
class LiveObserver:
    """Observes live cases.

    If a column differs the case is observed on a second server of the reference, before the column is announced: what
    two servers of the reference differ by is the machine's noise.

    :ivar lanes: servers at a time.
    :ivar doubted: the columns of a case that differ, as recorded so far.
    :ivar limits: how long a case is given.
    """

    provider: LaneProvider
    recorder: Recorder
    lanes: int
    doubted: Doubted = lambda _: []
    limits: LiveLimits = field(default_factory=LiveLimits)

    def observe(self, cases: Sequence[Case]) -> None:
        """Observe the cases under their columns; raises MachineFault if the engine is gone."""
        announcer = _Announcer(self.recorder, self.doubted)
        tasks = [LiveTask(case, column) for case in cases for column in self.recorder.columns(case)]
        self._observe(tasks, announcer.keep)
        try:
            again = [
                task for task in tasks if task.column.id == self.recorder.reference and announcer.waiting(task.case)
            ]
            self._observe(again, announcer.repeat, again=True)
        finally:
            announcer.announce_all()

    def _observe(self, tasks: Iterable[LiveTask], keep: Keep, *, again: bool = False) -> None:
        # Neighbours in the catalogue are alike: side by side they would all wait, or all compute, at the same time.
        queue = LiveQueue(sorted(tasks, key=lambda task: short(task.case.id, task.column.id)))
        workers = [
            _Worker(self.provider, self.recorder, queue, keep, self.limits, again)
            for _ in range(min(self.lanes, len(queue)))
        ]
        at_once(self.provider, self.lanes, [worker.work for worker in workers])


class _Announcer:
    """Keeps observations at once, and announces each when it may be judged: what differs after the second server."""

    def __init__(self, recorder: Recorder, doubted: Doubted) -> None:
        self._recorder = recorder
        self._doubted = doubted
        self._held: dict[str, tuple[Case, dict[str, Column]]] = {}
        self._lock = threading.Lock()

    def keep(self, case: Case, column: Column, seen: Observation) -> None:
        """Keep an observation, and announce what of its case can be judged now."""
        self._recorder.hold(case, column, seen)
        with self._lock:
            held = self._held.setdefault(case.id, (case, {}))[1]
            held[column.id] = column
            due = any(each.id == self._recorder.reference for each in self._recorder.columns(case))
            if due and self._recorder.reference not in self._recorder.seen(case):
                return
            doubted = self._doubted(self._recorder.record(case))
            ready = [held.pop(column) for column in list(held) if column not in doubted]
        for each in ready:
            self._recorder.ended(case, each)

    def repeat(self, case: Case, _: Column, seen: Observation) -> None:
        """Keep an observation of the second server."""
        self._recorder.repeat(case, seen)

    def waiting(self, case: Case) -> bool:
        """Whether a column of the case is not announced yet, as it differs."""
        return bool(self._held.get(case.id, (case, {}))[1])

    def announce_all(self) -> None:
        """Announce what was not announced yet."""
        for case, held in self._held.values():
            for column in held.values():
                self._recorder.ended(case, column)
            held.clear()


class _Worker:
    """Has one lane at a time, for as long as tasks are left that can be done on it."""

    def __init__(
        self,
        provider: LaneProvider,
        recorder: Recorder,
        queue: LiveQueue,
        keep: Keep,
        limits: LiveLimits,
        again: bool = False,
    ) -> None:
        self._provider = provider
        self._recorder = recorder
        self._queue = queue
        self._keep = keep
        self._limits = limits
        self._again = again
        self._live_server: LiveServer | None = None
        self._following: LiveTask | None = None
        self._lanes = 0

    def work(self) -> None:
        """Until no task is left; a server on which something failed is given up."""
        while task := self._queue.first():
            kind = task.kind
            with ExitStack() as lane, self._queue.serving(kind):
                self._live_server = None
                while task:
                    self._following = None
                    self._record(task, lane)
                    task = self._following

    def _record(self, task: LiveTask, lane: ExitStack) -> None:
        if not self._again:
            record(
                self._provider,
                self._recorder,
                task.case,
                task.column,
                lambda *it: self._observe(lane, *it),
                self._keep,
            )
            return
        try:
            self._keep(task.case, task.column, self._observe(lane, task.case, task.column))
        except (Fault, SQLAlchemyError) as fault:
            self._provider.check(fault)  # without a second server the case is judged as it stands

    def _observe(self, lane: ExitStack, case: Case, column: Column) -> Observation:
        try:
            return self._seen(lane, case, column)
        except LostServer:
            # Whoever tries again is to have another.
            lane.close()
            self._live_server, self._following = None, None
            raise

    def _seen(self, lane: ExitStack, case: Case, column: Column) -> Observation:
        if self._live_server is None:
            self._lanes += 1
            name = f"live-{short(case.id, column.id, 'again' if self._again else '', str(self._lanes))}"
            started = lane.enter_context(self._provider.lane(name, column, **lane_options(case.scenario)))
            statements = self._provider.prepared(column.source).statements
            self._live_server = LiveServer(started, column.combination, statements, limits=self._limits)
        target = self._recorder.target(case, column)
        seen = LiveCase(self._live_server, case.scenario).observe(target.again() if self._again else target)
        self._following = self._queue.next(LiveTask(case, column).kind)
        if self._following is None:
            with self._live_server.machinery.watched():
                crashes = self._live_server.restore()
            if crashes:
                self._live_server.machinery.check()
            seen = replace(seen, crashes=(*seen.crashes, *crashes))
        return seen
