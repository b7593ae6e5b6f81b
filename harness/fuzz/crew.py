"""Workers, each with a server of its own: as many comparisons at a time as there are processors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.fuzz.evaluate import Question
from harness.fuzz.hunt import Hunt
from harness.plan.case import EPOCH, PlanBench
from harness.plan.clock import stamp
from harness.run.arms import Arm
from harness.run.workshop import Workshop


class Crew:
    """The workers of one hunt.

    :param limit: seconds a round may take.
    """

    def __init__(self, workshop: Workshop, arm: Arm | None, count: int, limit: float) -> None:
        self._workshop = workshop
        self._arm = arm
        self._count = count
        self._limit = limit
        self._lanes = [
            workshop.lane(f"fuzz-{number}", arm, almighty=False, clock=stamp(EPOCH)) for number in range(count)
        ]
        self.benches: list[PlanBench] = []

    def __enter__(self) -> Crew:
        statements = self._workshop.prepared(self._arm.source if self._arm else None).statements
        try:
            for lane in self._lanes:
                # Two runners in turn: reference and candidate do not share a process, and a hash's seed.
                self.benches.append(PlanBench(lane.__enter__(), statements, workers=2, limit=self._limit))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes[: len(self.benches) + 1]:
            lane.__exit__()

    def work(
        self, hunt: Hunt, question: Question, folder: Path, until: float, tick: Callable[[], None] = lambda: None
    ) -> None:
        """Compare what the hunt asks for until ``time.monotonic()`` says so, or nothing is left.

        The first fault of any worker ends them all and is raised.
        """
        stop = threading.Event()
        faults: list[BaseException] = []

        def worker(bench: PlanBench, place: Path) -> None:
            try:
                while not stop.is_set() and time.monotonic() < until:
                    if not compare(hunt, question, bench, place):
                        return
            except BaseException as fault:
                faults.append(fault)
                stop.set()

        threads = [
            threading.Thread(target=worker, args=(bench, folder / f"worker-{number}"), daemon=True)
            for number, bench in enumerate(self.benches)
        ]
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
    if task is not None:
        hunt.done(task, question.ask(bench, task.scenario, folder, alone=task.alone))
    return task is not None


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        thread.join(60)
