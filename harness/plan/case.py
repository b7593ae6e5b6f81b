"""A plan case: a workload submitted once, its database cloned for each combination, one round on each clone.

scenario ─ oarsub, on a clock that stands still ─▶ database "oar" ─┬─ clone ─ round ─▶ plan of combination 1
                                                                  └─ clone ─ round ─▶ plan of combination 2 …
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, text

from harness.engine.lane import Lane
from harness.model.combination import Combination
from harness.model.record import Observation
from harness.model.schedule import Fate, Schedule, Situation
from harness.oar2 import conf
from harness.oar2.held import mark_held
from harness.oar2.jobs import read_jobs
from harness.oar2.resources import read_resources
from harness.oar2.rows import Laid, lay_rows
from harness.oar2.scene import job_ids, refusal_of, scene_conf, set_scene, set_tables
from harness.oar2.schedule import read_plan
from harness.oar2.server import Oar2Server
from harness.oar2.snapshot import clone, drop
from harness.oar2.submit import Submitted, job_names, submit
from harness.plan.clock import VirtualClock
from harness.plan.round import RoundResult, run_round, write_conf
from harness.workload.oarsub_line import with_dependencies, with_reservation
from harness.workload.scenario import Scenario

EPOCH = 1767600000
"""When plan cases take place: Monday 2026-01-05 08:00:00 UTC, always the same, so that a round can be repeated."""

_PRISTINE = "oar_pristine"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workload as it stands in the database ``oar``: what rounds are run on.

    :ivar names: the jobs' names in the workload by their ids.
    :ivar refused: fates of the submissions that ``oarsub`` refused, by name.
    """

    situation: Situation
    names: Mapping[int, str]
    refused: Mapping[str, Fate]


class PlanBench:
    """A lane without Almighty on which plan cases are run, one case after another, its rounds side by side.

    :param statements: SQL that a database needs before OAR3 can use it.
    :ivar limit: seconds after which a round is ended.
    """

    def __init__(self, lane: Lane, statements: Iterable[str] = (), *, workers: int = 2, limit: int = 120) -> None:
        self.server = Oar2Server(lane)
        self.clock = VirtualClock(lane, EPOCH)
        self._statements = tuple(statements)
        self.limit = limit
        self._workers = workers
        self._conf = self.server.container.read(conf.PATH)
        self._cloning = threading.Lock()
        self._links: set[str] = set()
        clone(self.server, "oar", _PRISTINE)

    def snapshot(self, scenario: Scenario, by: Literal["oarsub", "rows"] = "oarsub") -> Snapshot:
        """The scenario's jobs in the database ``oar``, each submitted at its own moment of the virtual clock.

        :param by: ``oarsub`` runs the installed program as each job's user; ``rows`` writes what it would have
            written, far faster, and raises :class:`~harness.workload.resource_request.NotInRows` where it cannot.
        """
        server = self.server
        drop(server, "oar")
        clone(server, _PRISTINE, "oar")
        server.container.put("/run/oar-compat/scene.conf", conf.set_keys(self._conf, scene_conf(scenario)))
        server.container.run("sh", "-c", f"cat /run/oar-compat/scene.conf > {conf.PATH}")
        self.clock.set(EPOCH)
        laid = self._by_rows(scenario) if by == "rows" else self._by_oarsub(scenario)
        self.clock.set(EPOCH + max(max(job.at, job.started or 0) for job in scenario.jobs))
        now = self.clock.now + 1
        keys = self._scene_keys(scenario)
        with server.database.begin() as connection:
            # The client of a reservation can be told only once; the listener takes the answers of all rounds.
            connection.execute(text("UPDATE jobs SET info_type = 'server:6666' WHERE reservation <> 'None'"))
            jobs = {name: job for job in scenario.jobs for name in job.names}
            held = {id: jobs[name] for id, name in laid.names.items()}
            mark_held(connection, held, EPOCH, keys.get("SCHEDULER_PRIORITY_HIERARCHY_ORDER"))
            situation = Situation(
                now,
                read_resources(connection),
                scenario.cluster.hierarchy,
                read_jobs(connection, laid.names),
                {key: value for key, value in keys.items() if key in conf.SCHEDULING_KEYS},
            )
        return Snapshot(situation, laid.names, laid.refused)

    def _by_rows(self, scenario: Scenario) -> Laid:
        with self.server.database.begin() as connection:
            set_tables(connection, scenario)
            return lay_rows(connection, scenario, EPOCH, self._scene_keys(scenario))

    def _by_oarsub(self, scenario: Scenario) -> Laid:
        set_scene(self.server, scenario)
        names: dict[int, str] = {}
        refused: dict[str, Fate] = {}
        for job in scenario.jobs:
            self.clock.set(EPOCH + job.at)
            if lost := refusal_of(job, refused):
                refused |= {name: Fate("Rejected", None, lost) for name in job.names}
                continue
            argv = with_dependencies(job.submission.argv, job_ids(names))
            argv = with_reservation(argv, EPOCH + job.at, UTC)
            done = submit(self.server, job.user, argv, reservation=job.submission.reservation is not None)
            if done.ids:
                names |= _named(job.name, done, job.submission.array)
            else:
                refused |= {name: Fate("Rejected", None, done.refusal) for name in job.names}
        return Laid(names, refused)

    def _scene_keys(self, scenario: Scenario) -> dict[str, str]:
        return conf.read_keys(self._conf) | scene_conf(scenario)

    def observe(
        self,
        snapshot: Snapshot,
        combinations: Iterable[Combination],
        artefacts: Path,
        seen: Callable[[Combination, Observation], None] = lambda *_: None,
    ) -> dict[str, Observation]:
        """One round of each combination on a clone of the snapshot; logs are kept in ``artefacts``.

        ``oar_meta_sched`` plans from one second after the database's clock (OAR2, ``oar_meta_sched``: ``get_date`` +
        1), kao from the clock itself; the clock is set so that all decide at the same moment.
        """
        found: dict[str, Observation] = {}
        wanted = list(combinations)
        for early in (True, False):
            group = [c for c in wanted if (c.metascheduler.command == "oar_meta_sched") is early]
            self.clock.set(snapshot.situation.now - (1 if early else 0))
            with ThreadPoolExecutor(self._workers) as pool:
                for combination, observation in zip(
                    group, pool.map(lambda c: self._observe(snapshot, c, artefacts), group), strict=True
                ):
                    found[combination.id] = observation
                    seen(combination, observation)
        return {c.id: found[c.id] for c in wanted}

    def _observe(self, snapshot: Snapshot, combination: Combination, artefacts: Path) -> Observation:
        name = "round_" + "".join(ch if ch.isalnum() else "_" for ch in combination.id)[-50:]
        with self._cloning:
            clone(self.server, "oar", name)
            self._link(combination)
        database = self.server.database_named(name)
        try:
            self._flip(database, combination)
            keys = {"META_SCHED_CMD": combination.metascheduler.command, **dict(combination.metascheduler.conf)}
            write_conf(self.server, name, keys)
            result = run_round(self.server, combination, name, limit=self.limit)
            with database.connect() as connection:
                plan = read_plan(connection, snapshot.names)
        finally:
            database.dispose()
            drop(self.server, name)
        return Observation(
            combination.id,
            Schedule({**plan.fates, **snapshot.refused}),
            crashes=result.crashes,
            proof=result.proof,
            seconds=round(result.seconds, 3),
            artefacts=_keep(artefacts, combination.id, result),
        )

    def _link(self, combination: Combination) -> None:
        scheduler = combination.scheduler
        if scheduler and scheduler.link and scheduler.name not in self._links:
            self.server.container.run("ln", "-sf", scheduler.link, f"/usr/lib/oar/schedulers/{scheduler.name}")
            self._links.add(scheduler.name)

    def _flip(self, database: Engine, combination: Combination) -> None:
        with database.begin() as connection:
            if combination.scheduler:
                connection.execute(
                    text("UPDATE queues SET scheduler_policy = :name"), {"name": combination.scheduler.name}
                )
            if combination.needs_oar3:
                for statement in self._statements:
                    connection.exec_driver_sql(statement)


def _named(name: str, done: Submitted, array: int) -> dict[int, str]:
    return job_names({name: done}, {name: array if array > 1 else 0})


def _keep(folder: Path, combination: str, result: RoundResult) -> str:
    """Keep the round's logs; returns their folder, relative to the run's."""
    place = folder / "logs" / combination
    place.mkdir(parents=True, exist_ok=True)
    (place / "oar.log").write_text(result.log)
    (place / "stderr.log").write_text(result.stderr)
    return f"{folder.parent.name}/{folder.name}/logs/{combination}"
