"""Workers, each with a server of its own: as many comparisons at a time as there are processors."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from harness.fuzz.evaluate import Question
from harness.fuzz.hunt import Hunt
from harness.model.fault import MachineFault
from harness.plan.case import EPOCH, PlanBench
from harness.plan.clock import stamp
from harness.run.arms import Arm
from harness.run.events import Listener, Stage
from harness.run.workshop import LaneContext, Workshop

_SPARE = 3
"""Servers that may be lost and replaced in one hunt."""


class Crew:
    """The workers of one hunt.

    :param limit: seconds a round may take.
    :ivar benches: what they work on; one that is lost is replaced.
    """

    def __init__(
        self, workshop: Workshop, arm: Arm | None, count: int, limit: float, tell: Listener = lambda _: None
    ) -> None:
        self._workshop = workshop
        self._arm = arm
        self._count = count
        self._limit = limit
        self._tell = tell
        self._names = itertools.count()
        self._spare = _SPARE
        self._lanes: dict[int, LaneContext] = {}
        self.benches: list[PlanBench] = []

    def __enter__(self) -> Crew:
        try:
            for number in range(self._count):
                self.benches.append(self._open(number))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes.values():
            lane.__exit__()

    def _open(self, number: int) -> PlanBench:
        statements = self._workshop.prepared(self._arm.source if self._arm else None).statements
        name = f"fuzz-{next(self._names)}"
        lane = self._workshop.lane(name, self._arm, almighty=False, clock=stamp(EPOCH))
        self._lanes[number] = lane
        # Two runners in turn: reference and candidate do not share a process, and a hash's seed.
        return PlanBench(lane.__enter__(), statements, workers=2, limit=self._limit)

    def _replace(self, number: int, fault: Exception) -> None:
        """Another server in place of one that is gone; raises MachineFault where that does not help."""
        what = str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]
        self._spare -= 1
        if self._spare < 0 or not self._workshop.alive():
            raise MachineFault(
                "a server was lost", where=f"worker {number}", remedy="run it again", detail=what
            ) from fault
        self._tell(Stage(f"a server was lost ({what}); another takes its place"))
        self._lanes[number].__exit__()
        self.benches[number] = self._open(number)

    def work(
        self, hunt: Hunt, question: Question, folder: Path, until: float, tick: Callable[[], None] = lambda: None
    ) -> None:
        """Compare what the hunt asks for until ``time.monotonic()`` says so, or nothing is left.

        A lost server is replaced, and its task done again; any other fault ends all workers and is raised.
        """
        stop = threading.Event()
        faults: list[BaseException] = []

        def worker(number: int) -> None:
            place = folder / f"worker-{number}"
            try:
                while not stop.is_set() and time.monotonic() < until:
                    try:
                        if not compare(hunt, question, self.benches[number], place):
                            return
                    except (SQLAlchemyError, MachineFault) as fault:
                        self._replace(number, fault)
            except BaseException as fault:
                faults.append(fault)
                stop.set()

        threads = [threading.Thread(target=worker, args=(number,), daemon=True) for number in range(self._count)]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                tick()
                time.sleep(0.5)
        finally:
            stop.set()
            _join(threads)
        if faults:
            raise faults[0]


def compare(hunt: Hunt, question: Question, bench: PlanBench, folder: Path) -> bool:
    """One task of the hunt on one bench; False where there is none."""
    task = hunt.next()
    if task is None:
        return False
    try:
        seen = question.ask(bench, task.scenario, folder, alone=task.alone)
    except BaseException:
        hunt.lost(task)
        raise
    hunt.done(task, seen)
    return True


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        thread.join(60)
