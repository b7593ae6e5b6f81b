"""A live case: a scenario on a whole server, under one combination, with real users and in real time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from harness.live.live_server import LiveServer
from harness.live.results import read_changes, with_results
from harness.live.scenario_run import ScenarioRun
from harness.model.record import Crash, Observation
from harness.model.schedule import Schedule, Situation
from harness.model.target import Target
from harness.oar2 import conf
from harness.oar2.crash import find_crashes
from harness.oar2.read_jobs import read_jobs
from harness.oar2.read_schedule import read_timeline
from harness.oar2.resource_rows import read_resources
from harness.oar2.round_proof import expected_of, find_proof
from harness.oar2.scenario_setup import lane_conf
from harness.oar2.suspect_keys import own_keys, with_keys
from harness.store.atomic import write_log
from harness.workload.scenario import Scenario


def lane_options(scenario: Scenario) -> dict[str, Any]:
    """What its lane needs beside PostgreSQL and the server, as :class:`~harness.engine.lane.LaneSpec` has it."""
    return {
        "nodes": scenario.cluster.nodes if scenario.real_nodes else (),
        "rest": any(action.rest for action in scenario.actions),
    }


class LiveCase:
    """One scenario on a live server whose lane has what the scenario needs."""

    def __init__(self, live_server: LiveServer, scenario: Scenario) -> None:
        self.server = live_server.server
        self.scenario = scenario
        self._live_server = live_server
        self._limits = live_server.limits
        self._scenario_run = ScenarioRun(self.server, scenario, self._limits)

    def observe(self, target: Target) -> Observation:
        """Prepare the server, run the jobs to their end, read what happened.

        :param target: its combination is the server's.

        Raises LostServer if the machine below the server had trouble, whatever was seen.
        """
        began = time.monotonic()
        with self._live_server.machinery.watched():
            mark = self._live_server.prepare(self.scenario)
            self._scenario_run.run()
            log = self.server.log(mark)
            observation = self._read(log, target)
        # Checked also if nothing crashed: a node that is gone makes other fates, and no crash.
        self._live_server.machinery.check(*([log] if observation.crashes else []))
        write_log(target.artefacts.path / "oar.log", self.server.log())
        return replace(
            observation,
            seconds=round(time.monotonic() - began, 3),
            artefacts=target.artefacts.name,
            not_run=self._too_late() if self._scenario_run.late and not observation.crashes else "",
        )

    def _too_late(self) -> str:
        whole = self._limits.whole
        return f"not over after {whole:g} s, and still moving: this machine is too slow for so many lanes"

    def _read(self, log: str, target: Target) -> Observation:
        combination = target.combination
        names = self._scenario_run.names
        with self.server.database.connect() as connection:
            timeline = read_timeline(connection, names)
            if self.scenario.real_nodes:
                timeline = with_results(timeline, connection, names, self.server.lane.nodes)
            situation = Situation(
                self._scenario_run.epoch,
                read_resources(connection),
                self.scenario.cluster.hierarchy,
                read_jobs(connection, names),
                {k: v for k, v in self.server.conf().items() if k in conf.SCHEDULING_KEYS},
                self.scenario.quotas,
                changes=read_changes(connection),
            )
        crashes = list(find_crashes(combination.metascheduler.command, 0, "", log))
        if not self.server.alive():
            crashes.append(Crash("Almighty", "it stopped", log[-2000:]))
        crashes = list(with_keys(crashes, own_keys(lane_conf(self.scenario), self._live_server.conf)))
        plan = combination.plan(self.scenario.schedulers)
        proof = find_proof(log, combination, expected_of(plan, situation.jobs, timeline))
        if not proof.complete and not crashes:
            crashes.append(Crash(combination.id, f"no round of it in the log: {proof.missing}", log[-2000:]))
        ended = {names[job] for job in self._scenario_run.ended if job in names}
        fates = {name: replace(fate, ended=name in ended) for name, fate in timeline.fates.items()}
        schedule = Schedule({**fates, **self._scenario_run.submissions.refused})
        answers = self._scenario_run.action_runner.comparable_answers(names)
        return Observation(
            target.id,
            schedule,
            situation,
            tuple(crashes),
            proof.lines,
            answers=answers,
            schedulers=combination.aliases(self.scenario.schedulers),
        )
