"""A live case: one combination on a whole server of its own, real users and real time.

The Almighty stands still (SIGSTOP) while the jobs of moment 0 are submitted, so that its first round sees them all
whatever the machine's speed; then time begins. The others come at their moments, and jobs that are to end before
their walltime are ended by ``oardel``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from sqlalchemy import select, text

from harness.engine.lane import Lane
from harness.model.combination import Combination
from harness.model.record import Crash, Observation
from harness.model.schedule import Fate, Schedule, Situation
from harness.oar2 import conf
from harness.oar2 import database as db
from harness.oar2.crash import find_crashes
from harness.oar2.jobs import read_jobs
from harness.oar2.proof import find_proof
from harness.oar2.resources import read_resources
from harness.oar2.scene import job_ids, refusal_of, scene_conf, set_scene
from harness.oar2.schedule import read_timeline
from harness.oar2.server import PID_FILE, Oar2Server
from harness.oar2.submit import Submitted, job_names, submit
from harness.oar3.flips import Flip
from harness.oar3.quotas import QuotaFiles, quota_conf
from harness.workload.oarsub_line import with_dependencies, with_reservation
from harness.workload.scenario import Scenario, ScenarioJob

_OVER = frozenset(("Terminated", "Error"))
_POLL = 0.25
_ROUNDS_APART = 6.0
"""Seconds between two rounds at least (almighty.pl: 5), and some."""
_ENOUGH = 2
"""Rounds that died before those to come are given up."""
_SUBMISSION = 0.6
"""Seconds allowed for each ``oarsub`` before moment 0; it takes about 0.35 on an idle machine."""


@dataclass
class _Course:
    """What has happened so far in one live case."""

    start: float = 0.0
    epoch: int = 0
    submissions: dict[str, Submitted] = field(default_factory=dict)
    arrays: dict[str, int] = field(default_factory=dict)
    refused: dict[str, Fate] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    @property
    def names(self) -> dict[int, str]:
        return job_names(self.submissions, self.arrays)


class LiveCase:
    """One scenario under one combination on a lane that was started for it, with its Almighty.

    :param limit: seconds after which the jobs that are still there are given up.
    :param stall: seconds without any change after which they are given up earlier.
    """

    def __init__(
        self, lane: Lane, scenario: Scenario, combination: Combination, *, limit: float = 180.0, stall: float = 20.0
    ) -> None:
        self.server = Oar2Server(lane)
        self.scenario = scenario
        self.combination = combination
        self.limit = limit
        self.stall = stall
        self._course = _Course()
        self._mark = 0

    def observe(
        self,
        statements: tuple[str, ...],
        artefacts: Path,
        progress: Callable[[str], None] = lambda _: None,
        *,
        column: str = "",
    ) -> Observation:
        """Flip, run the jobs to their end, read what happened, restore.

        :param artefacts: where logs are kept, in a folder of the column's name.
        :param column: what reports call the combination; default: its id.
        """
        began = time.monotonic()
        QuotaFiles(self.server).put(self.scenario.quotas)
        self.server.set_conf({**quota_conf(self.scenario.quotas), **scene_conf(self.scenario)})
        set_scene(self.server, self.scenario)
        flip = Flip(self.server, self.combination, statements)
        flip.apply(self.scenario.cluster.hierarchy_labels)
        self._mark = self.server.log_size()
        progress("jobs")
        self._run()
        log = self.server.log(self._mark)
        observation = self._read(log)
        progress("restoring")
        crashes = [*observation.crashes, *self._restore(flip)]
        column = column or self.combination.id
        place = artefacts / "logs" / column
        place.mkdir(parents=True, exist_ok=True)
        (place / "oar.log").write_text(self.server.log())
        return Observation(
            self.combination.id,
            observation.schedule,
            observation.situation,
            tuple(crashes),
            observation.proof,
            round(time.monotonic() - began, 3),
            f"{artefacts.parent.name}/{artefacts.name}/logs/{column}",
        )

    def _run(self) -> None:
        course = self._course
        first = [job for job in self.scenario.jobs if job.at == 0]
        waiting = [job for job in self.scenario.jobs if job.at > 0]
        self.server.container.run("sh", "-c", f"kill -STOP $(cat {PID_FILE})")
        # Reservations are counted from moment 0, so it is fixed before the jobs are submitted, with time to do so.
        course.epoch = self._now() + 1 + round(_SUBMISSION * len(first))
        for job in first:
            self._submit(job)
        time.sleep(max(0, course.epoch - self._now()))
        course.start = time.monotonic()
        self.server.container.run("sh", "-c", f"kill -CONT $(cat {PID_FILE})")
        before: dict[int, tuple[str, int]] = {}
        changed = course.start
        while time.monotonic() - course.start < self.limit:
            while waiting and time.monotonic() - course.start >= waiting[0].at:
                self._submit(waiting.pop(0))
                changed = time.monotonic()
            states = self._states()
            self._end_jobs(states)
            if states != before:
                before, changed = states, time.monotonic()
            quiet = time.monotonic() - changed
            if not waiting and (self._over(states) or self._stalled(states, quiet) or self._hopeless(quiet)):
                return
            time.sleep(_POLL)

    def _over(self, states: dict[int, tuple[str, int]]) -> bool:
        return all(state in _OVER for state, _ in states.values())

    def _hopeless(self, quiet: float) -> bool:
        """Whether round after round dies of a traceback and nothing moves: the Almighty would go on for ever."""
        if quiet < _ROUNDS_APART:
            return False
        return self.server.log(self._mark).count("Traceback (most recent call last)") >= _ENOUGH

    def _stalled(self, states: dict[int, tuple[str, int]], quiet: float) -> bool:
        """Whether nothing runs, no reservation is to come, and nothing has changed for longer than rounds take.

        The Almighty makes rounds on its own every 60 s only, but each end of a job makes one within some 10 s.
        """
        to_come = any(start > self._now() for state, start in states.values() if state == "Waiting")
        running = any(state not in (*_OVER, "Waiting", "Hold", "toAckReservation") for state, _ in states.values())
        return quiet > self.stall and not running and not to_come

    def _submit(self, job: ScenarioJob) -> None:
        course = self._course
        if lost := refusal_of(job, course.refused):
            course.refused |= {name: Fate("Rejected", None, lost) for name in job.names}
            return
        course.arrays[job.name] = job.submission.array if job.submission.array > 1 else 0
        argv = with_dependencies(job.submission.argv, job_ids(course.names))
        argv = with_reservation(argv, course.epoch + job.at, UTC)
        done = submit(self.server, job.user, argv, reservation=job.submission.reservation is not None)
        course.submissions[job.name] = done
        if not done.ids:
            course.refused |= {name: Fate("Rejected", None, done.refusal) for name in job.names}

    def _states(self) -> dict[int, tuple[str, int]]:
        with self.server.database.connect() as connection:
            rows = connection.execute(select(db.jobs.c.job_id, db.jobs.c.state, db.jobs.c.start_time))
            return {job: (state, start) for job, state, start in rows}

    def _now(self) -> int:
        with self.server.database.connect() as connection:
            return int(connection.scalar(text("SELECT floor(extract(epoch FROM current_timestamp))")) or 0)

    def _end_jobs(self, states: dict[int, tuple[str, int]]) -> None:
        runtimes = {name: job.runtime for job in self.scenario.jobs for name in job.names}
        due = []
        now = self._now()
        for job, name in self._course.names.items():
            state, start = states.get(job, ("", 0))
            runtime = runtimes[name]
            if (
                runtime is not None
                and state == "Running"
                and job not in self._course.ended
                and now >= start + runtime
            ):
                due.append(job)
        if due:
            self._course.ended |= set(due)
            self.server.container.run("oardel", *map(str, due), check=False)

    def _read(self, log: str) -> Observation:
        names = self._course.names
        with self.server.database.connect() as connection:
            timeline = read_timeline(connection, names)
            situation = Situation(
                self._course.epoch,
                read_resources(connection),
                self.scenario.cluster.hierarchy,
                read_jobs(connection, names),
                {k: v for k, v in self.server.conf().items() if k in conf.SCHEDULING_KEYS},
                self.scenario.quotas,
            )
        crashes = list(find_crashes(self.combination.metascheduler.command, 0, "", log))
        if not self.server.alive():
            crashes.append(Crash("Almighty", "it stopped", log[-2000:]))
        proof = find_proof(log, self.combination)
        if not proof.complete and not crashes:
            crashes.append(Crash(self.combination.id, f"no round of it in the log: {proof.missing}", log[-2000:]))
        schedule = Schedule({**timeline.fates, **self._course.refused})
        return Observation(self.combination.id, schedule, situation, tuple(crashes), proof.lines)

    def _restore(self, flip: Flip) -> list[Crash]:
        mark = self.server.log_size()
        left = flip.undo()
        crashes = [Crash("restoring", f"not undone: {thing}") for thing in left]
        self.server.oarnotify()  # left alone, the Almighty makes its first round after 10 s
        deadline = time.monotonic() + 30
        while "Starting Meta Scheduler" not in (log := self.server.log(mark)):
            if time.monotonic() > deadline:
                crashes.append(Crash("restoring", "oar_meta_sched made no round afterwards", log[-2000:]))
                break
            time.sleep(_POLL)
        return crashes
