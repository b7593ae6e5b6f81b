"""Carrying out the steps of a procedure on one server, and what has happened so far."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from harness.engine.container_commands import CommandFault
from harness.model.combination import NATIVE_SCHEDULERS, OAR_META_SCHED, Combination, Scheduler
from harness.model.fault import MachineFault
from harness.model.job import FINAL_STATES
from harness.model.job_history import JobHistory
from harness.model.procedure import StepRecord
from harness.model.registry import Registry
from harness.oar2.conf import read_keys
from harness.oar2.database_clock import ZONE, now
from harness.oar2.scenario_setup import job_ids
from harness.oar2.server import Oar2Server
from harness.oar2.submit import Submitted, job_names, submit
from harness.oar3 import install
from harness.oar3.source import Oar3Source
from harness.oar3.tool_faults import Whose, installs, telling, whose_fault
from harness.oarsub.submission import with_dependencies, with_reservation
from harness.procedure.await_round import RoundWaiter
from harness.procedure.read_history import read_history
from harness.procedure.repair import Repairer
from harness.store.atomic import write_log
from harness.workload.scenario import Scenario
from harness.workload.steps import ALL, CANDIDATE, NATIVE, RESTART, SCHEDULER, Step, with_ids

_LIMIT = 900.0
"""Seconds for a documented command: apt fetches packages."""
_LAST = 40
"""Lines of an output that a record shows; the file has all of them."""


@dataclass
class StepRunner:
    """One pass over a procedure's steps.

    :ivar adapting: whether what a step calls for is done, or only named.
    :ivar folder: where outputs are kept.
    """

    server: Oar2Server
    scenario: Scenario
    candidate: Combination
    source: Oar3Source | None
    registry: Registry
    adapting: bool
    folder: Path
    submissions: dict[str, Submitted] = field(default_factory=dict)
    histories: list[JobHistory] = field(default_factory=list)
    remedy: str = ""

    def __post_init__(self) -> None:
        self._native = self._scheduler_of_default()
        self.repairer = Repairer(self.server, self.source, self.scenario.cluster.hierarchy_labels)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._number = 0

    @property
    def names(self) -> dict[int, str]:
        """The jobs submitted so far, by id."""
        arrays = {job.name: job.submission.array for job in self.scenario.jobs if job.submission.array > 1}
        return job_names(self.submissions, arrays)

    def carry_out(self, step: Step) -> StepRecord:
        """One step; a record with a ``problem`` if it failed."""
        self._number += 1
        record = StepRecord(step.name, step.says, step.words)
        began = time.monotonic()
        done = len(self.repairer.done)
        try:
            if step.run:
                record = self._run(step, record)
            elif step.conf:
                self.server.set_conf(read_keys(step.conf))
            elif step.install:
                record = self._install(record)
            else:
                record = self._jobs(step, record)
        except CommandFault as fault:
            record = self._kept(
                record, fault.completed.output, problem=fault.what, exit_code=fault.completed.exit_code
            )
        if record.problem and not self.remedy:
            self.remedy = self.repairer.advise(record.log)
        self.note(f"after {step.name}")
        return replace(
            record,
            seconds=round(time.monotonic() - began, 3),
            adaptations=tuple(each.id for each in self.repairer.done[done:]),
        )

    def note(self, moment: str, *, settled: bool = False) -> None:
        """Record the jobs' history up to now, from the first submission on."""
        if self.submissions:
            self.histories.append(read_history(self.server, moment, self.names, settled=settled))

    def states(self) -> dict[int, str]:
        """The state of each job there is."""
        with self.server.database.connect() as connection:
            return {job: state for job, state in connection.execute(text("SELECT job_id, state FROM jobs"))}  # noqa: C416

    def _run(self, step: Step, record: StepRecord) -> StepRecord:
        if step.run.strip() == RESTART:
            self.server.restart()
            how = "a container has no systemd: the Almighty ended by SIGTERM, started again by /usr/sbin/oar-server"
            return replace(record, how=how, exit_code=0)
        command = with_ids(step.run.replace(SCHEDULER, self._native.name), job_ids(self.names))
        # Documented steps install packages; the mirrors are within reach for as long as one is carried out.
        with self.server.lane.egress() as way_out:
            done = self.server.container.run(
                "sh",
                "-c",
                command,
                environment={"DEBIAN_FRONTEND": "noninteractive", **way_out},
                check=False,
                limit=_LIMIT,
            )
        late = done.exit_code == install.TIMED_OUT
        if done.exit_code and installs(command) and (late or whose_fault(done.output) is Whose.MACHINE):
            why = f"was not done within {_LIMIT:g} s" if late else telling(done.output)
            raise MachineFault(why, where=f"step {step.name!r}", remedy="do containers reach Debian's mirror?")
        problem = f"ended with exit code {done.exit_code}" if done.exit_code else ""
        how = command.strip() if command != step.run else ""
        return self._kept(replace(record, how=how), done.output, problem=problem, exit_code=done.exit_code)

    def _install(self, record: StepRecord) -> StepRecord:
        if self.source is None:
            return replace(record, problem="there is no copy of OAR3")
        lane = self.server.lane
        try:
            return replace(record, how=install.install_oar3(lane, self.source), exit_code=0)
        except install.Unmet as unmet:
            if not self.adapting:
                self.remedy = self.remedy or "what it depends on, from elsewhere: this Debian does not have it"
                return self._kept(record, unmet.detail, problem=unmet.what)
            done = install.install_in_spite(lane, self.source, unmet)
            self.repairer.done += done
            how = "; ".join(each.what for each in done)
            return self._kept(replace(record, how=how), unmet.detail, exit_code=0)

    def _jobs(self, step: Step, record: StepRecord) -> StepRecord:
        rounds = RoundWaiter(self.server, self._combination(step.under) if step.under else None, step.within)
        for name in step.submit:
            if refusal := self._submit(name):
                return self._kept(record, refusal, problem=f"{name} was refused: {refusal}")
        wanted = {job: state for name, state in step.states.items() for job in self._ids(name)}
        leaving = [each for name in step.finish for each in self._ids(name)]
        if leaving:
            self.server.container.run("oardel", *map(str, leaving), check=False)
        if not step.submit and not leaving:
            self.server.oarnotify()
        while True:
            states = self.states()
            here = all(states.get(job) == state for job, state in wanted.items()) and all(
                states.get(job) in FINAL_STATES for job in leaving
            )
            seen = rounds.look()
            if seen.problem and self.adapting and self.repairer.repair(seen.log):
                rounds.begin_again()
                self.server.oarnotify()
                continue
            if seen.problem:
                return self._kept(record, seen.log, problem=seen.problem)
            if here and seen.complete:
                return self._kept(record, "\n".join(seen.proof))
            if rounds.late():
                problem = self._what_lacks(wanted, leaving, states) or seen.lacks
                return self._kept(record, seen.log, problem=problem)
            rounds.wait()

    def _what_lacks(self, wanted: Mapping[int, str], leaving: list[int], states: Mapping[int, str]) -> str:
        names = self.names
        parts = [
            f"{names[job]} is {states.get(job, 'not there')}, not {state}"
            for job, state in wanted.items()
            if states.get(job) != state
        ]
        parts += [
            f"{names[job]} is still {states.get(job)}" for job in leaving if states.get(job) not in FINAL_STATES
        ]
        return ", ".join(parts)

    def _ids(self, name: str) -> list[int]:
        """The ids of a job, of all elements of an array, or of all that are not over."""
        if name == ALL:
            states = self.states()
            return [job for job in self.names if states.get(job) not in FINAL_STATES]
        return [job for job, called in self.names.items() if called == name or called.partition("[")[0] == name]

    def _submit(self, name: str) -> str:
        """Submit a job; why it was refused, or nothing."""
        job = next(each for each in self.scenario.jobs if each.name == name)
        argv = with_dependencies(job.submission.argv, job_ids(self.names))
        argv = with_reservation(argv, now(self.server.database), ZONE)
        done = submit(self.server, job.user, argv, reservation=job.submission.reservation is not None)
        self.submissions[name] = done
        return done.refusal

    def _combination(self, under: str) -> Combination:
        if under == CANDIDATE:
            return self.candidate
        if under == NATIVE:
            return Combination(OAR_META_SCHED, self._native)
        return self.registry.find(under, where=self.scenario.source)

    def _scheduler_of_default(self) -> Scheduler:
        policy = next((queue.scheduler for queue in self.server.queues() if queue.name == "default"), "")
        known = {entry.name: entry for entry in self.registry.schedulers.values()}
        if policy not in known:
            raise MachineFault(f"the queue default has the scheduler {policy!r}", where=self.scenario.source)
        return known.get(policy, NATIVE_SCHEDULERS[0])

    def _kept(
        self, record: StepRecord, output: str, *, problem: str = "", exit_code: int | None = None
    ) -> StepRecord:
        """The record with its output kept in a file."""
        name = f"{self._number:02}-{re.sub(r'[^a-z0-9]+', '-', record.name.lower()).strip('-')}.log"
        write_log(self.folder / name, output + "\n" if output else "")
        tail = "\n".join(output.rstrip().splitlines()[-_LAST:])
        return replace(record, output=name, problem=problem, exit_code=exit_code, log=tail)
