"""A live case: one combination on a whole server of its own, real users and real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.engine.lane import Lane
from harness.live.course import Course
from harness.live.nodes import prepare_nodes
from harness.live.results import read_changes, with_results
from harness.model.combination import Combination
from harness.model.record import Crash, Observation
from harness.model.schedule import Schedule, Situation
from harness.oar2 import conf
from harness.oar2.crash import find_crashes
from harness.oar2.jobs import read_jobs
from harness.oar2.proof import find_proof
from harness.oar2.resources import read_resources
from harness.oar2.scene import scene_conf, set_scene
from harness.oar2.schedule import read_timeline
from harness.oar2.server import Oar2Server
from harness.oar3.flips import Flip
from harness.oar3.quotas import QuotaFiles, quota_conf
from harness.workload.scenario import Scenario

_POLL = 0.25


def lane_options(scenario: Scenario) -> dict[str, Any]:
    """What its lane needs beside PostgreSQL and the server, as :class:`~harness.engine.lane.LaneSpec` has it."""
    return {
        "nodes": scenario.cluster.nodes if scenario.real_nodes else (),
        "rest": any(action.rest for action in scenario.actions),
    }


class LiveCase:
    """One scenario under one combination on a lane that was started for it, with its Almighty.

    The lane has the scenario's nodes where those are real.

    :param limit: seconds after which the jobs that are still there are given up.
    :param stall: seconds without any change after which they are given up earlier, if rounds change nothing either.
    """

    def __init__(
        self, lane: Lane, scenario: Scenario, combination: Combination, *, limit: float = 400.0, stall: float = 12.0
    ) -> None:
        self.server = Oar2Server(lane)
        self.scenario = scenario
        self.combination = combination
        self._mark = 0
        self._late = f"not over after {limit:g} s, and still moving: this machine is too slow for so many lanes"
        self._course = Course(self.server, scenario, limit=limit, stall=stall)

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
        if self.scenario.real_nodes:
            prepare_nodes(self.server, self.scenario)
        flip = Flip(self.server, self.combination, statements)
        flip.apply(self.scenario.cluster.hierarchy_labels)
        self._mark = self.server.log_size()
        progress("jobs")
        self._course.run()
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
            not_run=self._late if self._course.late and not crashes else "",
            answers=observation.answers,
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
        proof = find_proof(log, self.combination)
        if not proof.complete and not crashes:
            crashes.append(Crash(self.combination.id, f"no round of it in the log: {proof.missing}", log[-2000:]))
        schedule = Schedule({**timeline.fates, **self._course.submissions.refused})
        answers = self._course.acts.told(names)
        return Observation(self.combination.id, schedule, situation, tuple(crashes), proof.lines, answers=answers)

    def _restore(self, flip: Flip) -> list[Crash]:
        mark = self.server.log_size()
        # A round from which its scheduler is taken away disables the queue (kao, call_external_scheduler).
        self.server.rest()
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
