"""Proof from the server's own log that the intended programs made a round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model.combination import Combination, Scheduler
from harness.model.job import Job
from harness.model.schedule import Schedule

_LAUNCHING = "Launching scheduler "


@dataclass(frozen=True, slots=True)
class Proof:
    """The lines that show it, and what could not be shown (empty where nothing is missing)."""

    lines: tuple[str, ...]
    missing: str = ""

    @property
    def complete(self) -> bool:
        """Whether every program of the combination was seen."""
        return not self.missing


def find_proof(log: str, combination: Combination, expected: Mapping[str, Scheduler] | None = None) -> Proof:
    """Look in the log of rounds for the combination's metascheduler, and the scheduler of each queue that had jobs.

    A metascheduler is known by its ``log_mark``. ``oar_meta_sched`` names the queue and the scheduler that it starts
    (``Queue <name>: Launching scheduler <policy> at time``); kao in external mode starts ``SCHEDULERS_PATH/<policy>``
    for every active queue without saying so, so there the scheduler's own lines count (its ``log_mark``).

    :param expected: the scheduler of each queue in which a job waited, so that it had to be called
        (:meth:`~harness.model.combination.Combination.plan`); None: what the combination names, for any queue.
    """
    lines = log.splitlines()
    meta = combination.metascheduler
    first = _first(lines, (meta.log_mark,))
    if not first:
        return Proof((), f"no line with {meta.log_mark!r}")
    found = [first]
    named = {"": combination.scheduler} if combination.scheduler else {}
    told = _LAUNCHING in log
    for queue, scheduler in (named if expected is None else expected).items():
        launch = f"{f'Queue {queue}: ' if queue else ''}{_LAUNCHING}{scheduler.name} at"
        marks = (launch,) if told and queue else (launch, *scheduler.log_marks)
        line = _first(lines, marks)
        if not line:
            return Proof(tuple(found), f"no line with {' or '.join(map(repr, marks))}")
        found.append(line)
    return Proof(tuple(dict.fromkeys(found)))


def expected_of(plan: Mapping[str, Scheduler], jobs: Iterable[Job], schedule: Schedule) -> dict[str, Scheduler]:
    """The schedulers that must have been at work on a whole server: those of queues of which a job was started.

    An advance reservation is the metascheduler's own. Where none was started, it is what all jobs' queues have in
    common, if so.
    """
    own = [job for job in jobs if job.reservation is None and job.queue in plan]
    started = {job.queue for job in own if (fate := schedule.fates.get(job.name)) and fate.placement}
    if started:
        return {queue: plan[queue] for queue in sorted(started)}
    common = {plan[job.queue] for job in own}
    return {"": common.pop()} if len(common) == 1 else {}


def _first(lines: Iterable[str], marks: tuple[str, ...]) -> str:
    return next((line.strip()[:300] for line in lines if any(mark in line for mark in marks)), "")
