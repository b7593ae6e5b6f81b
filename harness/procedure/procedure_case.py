"""A procedure case: its steps on a fresh server as they are written, and on another with what they call for."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from harness.engine.deadline import Deadline
from harness.engine.lane import Lane
from harness.live.node_containers import prepare_nodes
from harness.model.job import FINAL_STATES
from harness.model.procedure import Accepted, Pass, Procedure, StepRecord, Way
from harness.model.record import Crash, Observation
from harness.model.registry import Registry
from harness.model.schedule import Schedule, Situation
from harness.model.target import Target
from harness.oar2 import conf
from harness.oar2.read_jobs import read_jobs
from harness.oar2.read_schedule import read_timeline
from harness.oar2.resource_rows import read_resources
from harness.oar2.scenario_setup import lane_conf, set_up_scenario
from harness.oar2.server import Oar2Server
from harness.oar2.server_health import Machinery
from harness.oar3.quota_files import QuotaFiles
from harness.oar3.source import Oar3Source
from harness.procedure.step_runner import StepRunner
from harness.procedure.take_footprint import take_footprint
from harness.store.atomic import write_log
from harness.workload.scenario import Scenario

OpenLane = Callable[[Way], AbstractContextManager[Lane]]
"""Gives a lane, with its Almighty: of the plain image, or of the prepared one if the scenario is ``installed``."""

_END_SECONDS = 60.0
_ROUND_END = "End of Meta Scheduler"


class ProcedureCase:
    """One scenario with one copy of OAR3.

    :param statements: SQL that the prepared image's adaptations need; run first if the scenario is ``installed``.
    """

    def __init__(
        self,
        scenario: Scenario,
        source: Oar3Source | None,
        registry: Registry,
        statements: tuple[str, ...] = (),
    ) -> None:
        self.scenario = scenario
        self._source = source
        self._registry = registry
        self._statements = statements
        self._schedule: Schedule | None = None
        self._situation: Situation | None = None

    def observe(self, target: Target, open_lane: OpenLane) -> Observation:
        """Both passes, each on a server of its own; outputs and logs are kept with the target's artefacts.

        Raises LostServer if the machine below a server had trouble, whatever was seen.
        """
        began = time.monotonic()
        ways = (Way.ADAPTED,) if self.scenario.installed else (Way.AS_WRITTEN, Way.ADAPTED)
        passes = []
        for way in ways:
            with open_lane(way) as lane:
                server = Oar2Server(lane)
                machinery = Machinery(server, almighty=True)
                with machinery.watched():
                    passes.append(self._pass(server, way, target))
                failed = passes[-1].failed
                machinery.check(*([failed.log, server.log()] if failed else []))
        failed = passes[-1].failed
        crashes = (Crash(f"step {failed.name!r}", failed.problem, failed.log),) if failed else ()
        return Observation(
            target.id,
            self._schedule,
            self._situation,
            crashes,
            seconds=round(time.monotonic() - began, 3),
            artefacts=target.artefacts.name,
            procedure=Procedure(tuple(passes), self._accepted(passes[-1]), self.scenario.installed),
            schedulers=target.combination.aliases(self.scenario.schedulers),
        )

    def _accepted(self, adapted: Pass) -> tuple[Accepted, ...]:
        """What the scenario lets be left by this form of OAR3, after what was done beyond the documented steps."""
        form = "deb" if self._source and self._source.debs else "tree"
        done = [each.id for each in adapted.adaptations]
        return tuple(each for each in self.scenario.accepted if each.applies(form, done))

    def _pass(self, server: Oar2Server, way: Way, target: Target) -> Pass:
        began = time.monotonic()
        folder = target.artefacts.path / way.replace(" ", "-")
        self._set_up(server)
        step_runner = StepRunner(
            server, self.scenario, target.combination, self._source, self._registry, way is Way.ADAPTED, folder
        )
        before = take_footprint(server)
        steps: list[StepRecord] = []
        for step in self.scenario.steps:
            steps.append(step_runner.carry_out(step))
            if steps[-1].problem:
                break
        after = None
        if way is Way.ADAPTED and not steps[-1].problem:
            self._settle(step_runner)
            after = take_footprint(server)
        if way is Way.ADAPTED:
            self._read(step_runner)
        write_log(folder / "oar.log", server.log())
        return Pass(
            way,
            tuple(steps),
            round(time.monotonic() - began, 3),
            tuple(step_runner.repairer.done),
            step_runner.remedy,
            tuple(step.name for step in self.scenario.steps[len(steps) :]),
            before,
            after,
            tuple(step_runner.histories),
        )

    def _set_up(self, server: Oar2Server) -> None:
        """The site's cluster, queues and keys: the server is a working OAR2 with them when the procedure begins."""
        QuotaFiles(server).put(self.scenario.quotas)
        server.set_conf(lane_conf(self.scenario))
        set_up_scenario(server, self.scenario)
        if self.scenario.real_nodes:
            prepare_nodes(server, self.scenario)
        if self.scenario.installed:
            with server.database.begin() as connection:
                for statement in self._statements:
                    connection.exec_driver_sql(statement)
        server.restart()
        _idle_round(server)

    def _settle(self, step_runner: StepRunner) -> None:
        """End what still runs, let a last round go by that has nothing to plan, and do the accounting."""
        server = step_runner.server
        left = [job for job, state in step_runner.states().items() if state not in FINAL_STATES]
        if left:
            step_runner.note("after the last step")
            server.container.run("oardel", *map(str, left), check=False)
            _wait(lambda: all(state in FINAL_STATES for state in step_runner.states().values()))
        _idle_round(server)
        server.container.run("oaraccounting", check=False, limit=300)
        step_runner.note("after oaraccounting", settled=True)

    def _read(self, step_runner: StepRunner) -> None:
        names = step_runner.names
        with step_runner.server.database.connect() as connection:
            self._schedule = read_timeline(connection, names)
            self._situation = Situation(
                min((entry.submitted for entry in step_runner.histories[-1].jobs), default=0)
                if step_runner.histories
                else 0,
                read_resources(connection),
                self.scenario.cluster.hierarchy,
                read_jobs(connection, names),
                {k: v for k, v in step_runner.server.conf().items() if k in conf.SCHEDULING_KEYS},
                self.scenario.quotas,
            )


def _idle_round(server: Oar2Server) -> None:
    """Let OAR2's metascheduler make a round, so that its Gantt tables are as it leaves them."""
    mark = server.log_size()
    server.oarnotify()
    _wait(lambda: _ROUND_END in server.log(mark))


def _wait(over: Callable[[], bool]) -> None:
    Deadline("the end of a round", _END_SECONDS).came(over, 0.5)
