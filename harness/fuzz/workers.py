"""Workers, each with a server of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from sqlalchemy.exc import SQLAlchemyError

from harness.engine import ending
from harness.engine.deadline import Deadline
from harness.fuzz.evaluate import Question
from harness.fuzz.hunt import Hunt
from harness.model.fault import MachineFault
from harness.model.target import Artefacts
from harness.plan.plan_server import PlanServer
from harness.run.plan_servers import PlanServers

_JOIN_SECONDS = 180.0
"""How long workers may take to end the comparison they are at: a round has a limit of its own."""
_ENDING_SECONDS = 4.0


class Workers(PlanServers):
    """The workers of one hunt, each with a server of its own."""

    def work(
        self, hunt: Hunt, question: Question, folder: Artefacts, until: float, tick: Callable[[], None] = lambda: None
    ) -> None:
        """Compare what the hunt asks for until ``time.monotonic()`` says so, or nothing is left.

        A lost server is replaced, and its task done again; any other fault ends all workers and is raised.
        """
        stop = threading.Event()
        faults: list[BaseException] = []

        def worker(number: int) -> None:
            place = folder.below(f"worker-{number}")
            try:
                while not stop.is_set() and time.monotonic() < until:
                    try:
                        if not compare(hunt, question, self.plan_servers[number], place):
                            return
                    except (SQLAlchemyError, MachineFault) as fault:
                        ending.check()
                        self._provider.check(fault)
                        self.replace(number, fault)
            except BaseException as fault:
                faults.append(fault)
                stop.set()

        threads = [
            threading.Thread(target=worker, args=(number,), daemon=True) for number in range(len(self.plan_servers))
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                tick()
                ending.pause(0.5)
        except KeyboardInterrupt:
            stop.set()
            # Whoever waits for an answer of a server waits no longer.
            self._provider.abort()
            raise
        finally:
            stop.set()
            _join(threads)
        if faults:
            raise faults[0]


def compare(hunt: Hunt, question: Question, plan_server: PlanServer, folder: Artefacts) -> bool:
    """One task of the hunt on one server; False if there is none."""
    task = hunt.next()
    if task is None:
        return False
    try:
        seen = question.ask(
            plan_server, task.scenario, folder, alone=task.alone, new=lambda found: hunt.asks(task, found)
        )
    except BaseException:
        hunt.lost(task)
        raise
    hunt.done(task, seen)
    return True


def _join(threads: Iterable[threading.Thread]) -> None:
    deadline = Deadline("the end of the workers", _ENDING_SECONDS if ending.begun() else _JOIN_SECONDS)
    for thread in threads:
        deadline.join(thread)
