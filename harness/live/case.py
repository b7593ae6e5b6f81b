"""A live case: a scenario on a whole server, under one combination, with real users and in real time."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.live.course import Course
from harness.live.results import read_changes, with_results
from harness.live.stand import Stand
from harness.model.record import Crash, Observation
from harness.model.schedule import Schedule, Situation
from harness.oar2 import conf
from harness.oar2.blame import own_keys, with_keys
from harness.oar2.crash import find_crashes
from harness.oar2.jobs import read_jobs
from harness.oar2.proof import expected_of, find_proof
from harness.oar2.resources import read_resources
from harness.oar2.scene import lane_conf
from harness.oar2.schedule import read_timeline
from harness.report.atomic import write_log
from harness.workload.scenario import Scenario


def lane_options(scenario: Scenario) -> dict[str, Any]:
    """What its lane needs beside PostgreSQL and the server, as :class:`~harness.engine.lane.LaneSpec` has it."""
    return {
        "nodes": scenario.cluster.nodes if scenario.real_nodes else (),
        "rest": any(action.rest for action in scenario.actions),
    }


class LiveCase:
    """One scenario on a stand whose lane has what the scenario needs.

    :param limit: seconds after which the jobs that are still there are given up.
    :param stall: seconds without any change after which they are given up earlier, if rounds change nothing either.
    """

    def __init__(self, stand: Stand, scenario: Scenario, *, limit: float = 400.0, stall: float = 12.0) -> None:
        self.server = stand.server
        self.scenario = scenario
        self.combination = stand.combination
        self._stand = stand
        self._late = f"not over after {limit:g} s, and still moving: this machine is too slow for so many lanes"
        self._course = Course(self.server, scenario, limit=limit, stall=stall)

    def observe(self, artefacts: Path, *, column: str = "") -> Observation:
        """Prepare the stand, run the jobs to their end, read what happened.

        :param artefacts: where logs are kept, in a folder of the column's name.
        :param column: what reports call the combination; default: its id.

        Raises LostServer where the machine below it had trouble, whatever was seen.
        """
        began = time.monotonic()
        with self._stand.machinery.watched():
            mark = self._stand.prepare(self.scenario)
            self._course.run()
            log = self.server.log(mark)
            observation = self._read(log)
        # Asked also where nothing crashed: a node that is gone makes other fates, and no crash.
        self._stand.machinery.check(*([log] if observation.crashes else []))
        column = column or self.combination.id
        place = artefacts / "logs" / column
        write_log(place / "oar.log", self.server.log())
        return replace(
            observation,
            seconds=round(time.monotonic() - began, 3),
            artefacts=f"{artefacts.parent.name}/{artefacts.name}/logs/{column}",
            not_run=self._late if self._course.late and not observation.crashes else "",
        )

    def _read(self, log: str) -> Observation:
        names = self._course.names
        with self.server.database.connect() as connection:
            timeline = read_timeline(connection, names)
            if self.scenario.real_nodes:
                timeline = with_results(timeline, connection, names, self.server.lane.nodes)
            situation = Situation(
                self._course.epoch,
                read_resources(connection),
                self.scenario.cluster.hierarchy,
                read_jobs(connection, names),
                {k: v for k, v in self.server.conf().items() if k in conf.SCHEDULING_KEYS},
                self.scenario.quotas,
                changes=read_changes(connection),
            )
        crashes = list(find_crashes(self.combination.metascheduler.command, 0, "", log))
        if not self.server.alive():
            crashes.append(Crash("Almighty", "it stopped", log[-2000:]))
        crashes = list(with_keys(crashes, own_keys(lane_conf(self.scenario), self._stand.conf)))
        plan = self.combination.plan(self.scenario.schedulers)
        proof = find_proof(log, self.combination, expected_of(plan, situation.jobs, timeline))
        if not proof.complete and not crashes:
            crashes.append(Crash(self.combination.id, f"no round of it in the log: {proof.missing}", log[-2000:]))
        ended = {names[job] for job in self._course.ended if job in names}
        fates = {name: replace(fate, ended=name in ended) for name, fate in timeline.fates.items()}
        schedule = Schedule({**fates, **self._course.submissions.refused})
        answers = self._course.acts.told(names)
        return Observation(
            self.combination.id,
            schedule,
            situation,
            tuple(crashes),
            proof.lines,
            answers=answers,
            schedulers=self.combination.aliases(self.scenario.schedulers),
        )
