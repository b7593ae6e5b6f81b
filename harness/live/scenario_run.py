"""How a live case goes on: submissions at their moment, jobs ended before their walltime, actions, and its end."""

from __future__ import annotations

import time
from collections.abc import Mapping

from harness.engine import ending
from harness.live.action_runner import ActionRunner
from harness.live.job_states import ServerState, names_again, read_state
from harness.live.live_limits import LiveLimits
from harness.live.stall_policy import StallPolicy
from harness.live.submissions import Submissions
from harness.model.job import FINAL_STATES
from harness.model.resubmission import submitted_first
from harness.oar2.database_clock import now
from harness.oar2.server import PID_FILE, Oar2Server
from harness.workload.scenario import Scenario, ScenarioJob

_IDLE = frozenset((*FINAL_STATES, "Waiting", "Hold", "toAckReservation"))


class ScenarioRun:
    """One run of a scenario's jobs and actions on a server whose Almighty is up.

    The Almighty stands still (SIGSTOP) while the jobs of moment 0 are submitted, so that its first round sees them
    all whatever the machine's speed; then time begins.

    :ivar epoch: when time began, epoch seconds of the database's clock.
    :ivar late: whether it was ended at the limit while things still moved, so that its end is not known.
    """

    def __init__(self, server: Oar2Server, scenario: Scenario, limits: LiveLimits) -> None:
        self.server = server
        self.scenario = scenario
        self.epoch = 0
        self.late = False
        self.submissions = Submissions(server)
        self.action_runner = ActionRunner(server, scenario, limits)
        self._limits = limits
        self._stall_policy = StallPolicy(server, limits)
        self._start = 0.0
        self._ended: set[int] = set()
        self._again: Mapping[int, int] = {}
        self._runtimes = {name: job.runtime for job in scenario.jobs for name in job.names}
        self._looks_close = bool(scenario.actions or any(job.when for job in scenario.jobs))

    @property
    def ended(self) -> frozenset[int]:
        """The ids of the jobs that were ended since their file says how long they run."""
        return frozenset(self._ended)

    @property
    def names(self) -> dict[int, str]:
        """The names of all jobs by id, with those that OAR submitted in another's stead."""
        return names_again(self.submissions.names, self._again)

    def run(self) -> None:
        """Run it until all is over, or nothing more can be hoped for."""
        waiting = self._begin()
        before: object = None
        self._stall_policy.moved()
        while self._elapsed() < self._limits.whole:
            seen = read_state(self.server.database, nodes=self._looks_close)
            self._again = seen.again
            moved = self._submit(waiting, seen)
            moved = self.action_runner.proceed(self._elapsed(), seen, self.submissions.ids(self.names)) or moved
            self._end_jobs(seen)
            if moved or seen.changes != before:
                before = seen.changes
                self._stall_policy.moved()
            # If something was done, what was seen is out of date.
            if not moved and self._over(waiting, seen):
                break
            ending.pause(self._limits.poll)
        else:
            self.late = self._stall_policy.quiet < self._limits.quiet
        self.action_runner.leave()
        for job in waiting:
            self.submissions.leave(job)

    def _begin(self) -> list[ScenarioJob]:
        """Submit the jobs of moment 0, and let time begin; returns the others."""
        first = [job for job in self.scenario.jobs if job.at == 0 and not job.when]
        self._almighty("STOP")
        try:
            # Reservations are counted from moment 0, so it is fixed before jobs are submitted, with time to do so.
            self.epoch = self._now() + 1 + round(self._limits.submission * len(first))
            for job in first:
                self.submissions.submit(job, self.epoch)
            ending.pause(max(0, self.epoch - self._now()))
            self._start = time.monotonic()
        finally:
            self._almighty("CONT")
        return [job for job in self.scenario.jobs if job not in first]

    def _almighty(self, signal: str) -> None:
        self.server.container.run("sh", "-c", f"kill -{signal} $(cat {PID_FILE})")

    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _now(self) -> int:
        return now(self.server.database)

    def _submit(self, waiting: list[ScenarioJob], seen: ServerState) -> bool:
        """Submit whatever has its time come; whether anything was."""
        ids = self.submissions.ids(self.names)
        due = [
            job
            for job in waiting
            if self._elapsed() >= job.at
            and all(seen.holds(each, ids, self.action_runner.done, 0) for each in job.when)
        ]
        for job in due:
            waiting.remove(job)
            self.submissions.submit(job, self.epoch)
        return bool(due)

    def _end_jobs(self, seen: ServerState) -> None:
        """End by ``oardel`` what has run as long as its file says."""
        due = []
        for job, name in self.names.items():
            state, start = seen.jobs.get(job, ("", 0))
            runtime = self._runtimes.get(submitted_first(name))
            if runtime is not None and state == "Running" and job not in self._ended and seen.now >= start + runtime:
                due.append(job)
        if due:
            self._ended |= set(due)
            self.server.container.run("oardel", *map(str, due), check=False)

    def _over(self, waiting: list[ScenarioJob], seen: ServerState) -> bool:
        """Whether all is over, or nothing more can be hoped for."""
        states = [state for state, _ in seen.jobs.values()]
        alone = self.action_runner.over and not waiting
        if alone and all(state in FINAL_STATES for state in states):
            return True
        if self._elapsed() < max([*(job.at for job in waiting), self.action_runner.waits_for_time]):
            self._stall_policy.moved()
            return False
        running = any(state not in _IDLE for state in states)
        reserved = any(start > seen.now for state, start in seen.jobs.values() if state == "Waiting")
        still = not (running or reserved)
        awaited = {
            each.subject for each in (*self.action_runner.awaited, *(each for job in waiting for each in job.when))
        }
        limits = self._limits
        vain = still and not awaited & set(self.scenario.cluster.nodes)
        if vain and self._stall_policy.dies(limits.quiet_in_vain, limits.many_dead_rounds):
            return True
        if alone:
            ending = any(seen.jobs[job][0] not in FINAL_STATES for job in self._ended & set(seen.jobs))
            rounds = limits.dead_rounds_at_an_end if ending else limits.quiet_rounds
            dies = self._stall_policy.dies(limits.quiet, rounds)
            return dies or (still and self._stall_policy.ended(limits.quiet))
        dies = self._stall_policy.dies(limits.quiet_with_actions, limits.many_dead_rounds)
        return dies or self._stall_policy.ended(limits.quiet_with_actions if still else limits.quiet_with_jobs)
