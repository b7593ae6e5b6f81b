"""Snapshots of a server: a workload as the database ``oar`` has it, at one moment of the virtual clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import text

from harness.model.owned_keys import LOGGING
from harness.model.schedule import Fate, Situation
from harness.oar2 import conf
from harness.oar2.database_clock import ZONE
from harness.oar2.database_clones import clone, drop
from harness.oar2.placed_jobs import mark_placed
from harness.oar2.read_jobs import read_jobs
from harness.oar2.resource_rows import read_resources
from harness.oar2.rows import Laid, lay_rows
from harness.oar2.scenario_setup import job_ids, refusal, refusal_of, scenario_conf, set_tables, set_up_scenario
from harness.oar2.server import Oar2Server
from harness.oar2.submit import Submitted, job_names, submit
from harness.oar2.suspect_keys import own_keys
from harness.oar3.quota_files import QuotaFiles, quota_conf
from harness.oarsub.submission import with_dependencies, with_reservation
from harness.plan.virtual_clock import VirtualClock
from harness.workload.plan_times import made_after
from harness.workload.scenario import Scenario

EPOCH = 1767600000
"""When plan cases take place: Monday 2026-01-05 08:00:00 UTC, always the same, so that a round can be repeated."""

_PRISTINE = "oar_pristine"
_WAITING = """
    SELECT DISTINCT queue_name FROM jobs JOIN queues USING (queue_name)
     WHERE jobs.state = 'Waiting' AND reservation = 'None' AND queues.state = 'Active'
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workload as it stands in the database ``oar``: what rounds are run on.

    :ivar names: the jobs' names in the workload by their ids.
    :ivar conf: the text of oar.conf.
    :ivar refused: fates of the submissions that ``oarsub`` refused, by name.
    :ivar schedulers: the policy that each queue is given.
    :ivar waiting: the queues that are open, and in which a job waits that is no advance reservation.
    :ivar keys: what the scenario's ``[conf]`` has that the fresh server's oar.conf has not.
    :ivar logging: what of it says how to log, which ``conf`` is without.
    """

    situation: Situation
    names: Mapping[int, str]
    conf: str
    refused: Mapping[str, Fate]
    schedulers: Mapping[str, str]
    waiting: frozenset[str]
    keys: Mapping[str, str] = field(default_factory=dict)
    logging: Mapping[str, str] = field(default_factory=dict)


class SnapshotBuilder:
    """Takes snapshots on one server, whose database must be as fresh as a new lane's when it begins."""

    def __init__(self, server: Oar2Server, clock: VirtualClock) -> None:
        self._server = server
        self._clock = clock
        self._conf = server.container.read(conf.PATH)
        self._quotas = QuotaFiles(server)
        clone(server, "oar", _PRISTINE)

    def take(self, scenario: Scenario, by: Literal["oarsub", "rows"]) -> Snapshot:
        """The scenario's jobs in the database ``oar``, each submitted at its own moment of the virtual clock.

        :param by: ``oarsub`` runs the installed program as each job's user; ``rows`` writes what it would have
            written, far faster, and raises :class:`~harness.oarsub.resource_request.NotInRows` if it cannot.
        """
        server = self._server
        drop(server, "oar")
        clone(server, _PRISTINE, "oar")
        self._quotas.put(scenario.quotas)
        oar_conf = conf.set_keys(self._conf, {**quota_conf(scenario.quotas), **scenario_conf(scenario)})
        keys = conf.read_keys(oar_conf)
        laid = self._by_rows(scenario, keys) if by == "rows" else self._by_oarsub(scenario, oar_conf)
        now = EPOCH + made_after(scenario.jobs)
        with server.database.begin() as connection:
            # The client of a reservation can be notified only once; the listener takes the answers of all rounds.
            connection.execute(text("UPDATE jobs SET info_type = 'server:6666' WHERE reservation <> 'None'"))
            jobs = {name: job for job in scenario.jobs for name in job.names}
            by_id = {id: jobs[name] for id, name in laid.names.items()}
            mark_placed(connection, by_id, EPOCH, keys.get("SCHEDULER_PRIORITY_HIERARCHY_ORDER"))
            waiting = frozenset(connection.scalars(text(_WAITING)))
            situation = Situation(
                now,
                read_resources(connection),
                scenario.cluster.hierarchy,
                read_jobs(connection, laid.names),
                {key: value for key, value in keys.items() if key in conf.SCHEDULING_KEYS},
                scenario.quotas,
                beginning=EPOCH,
            )
        own = own_keys(scenario.conf, conf.read_keys(self._conf))
        logging = {key: value for key, value in own.items() if key in LOGGING}
        return Snapshot(situation, laid.names, oar_conf, laid.refused, scenario.schedulers, waiting, own, logging)

    def _by_rows(self, scenario: Scenario, keys: Mapping[str, str]) -> Laid:
        # What no row says, mark_placed takes from the clock.
        self._clock.set(EPOCH)
        with self._server.database.begin() as connection:
            set_tables(connection, scenario)
            return lay_rows(connection, scenario, EPOCH, keys)

    def _by_oarsub(self, scenario: Scenario, oar_conf: str) -> Laid:
        container = self._server.container
        container.write(conf.PATH, oar_conf)
        self._clock.set(EPOCH)
        set_up_scenario(self._server, scenario)
        names: dict[int, str] = {}
        refused: dict[str, Fate] = {}
        for job in scenario.jobs:
            self._clock.set(EPOCH + job.at)
            if lost := refusal_of(job, refused):
                refused |= refusal(job, lost)
                continue
            argv = with_dependencies(job.submission.argv, job_ids(names))
            argv = with_reservation(argv, EPOCH + job.at, ZONE)
            done = submit(self._server, job.user, argv, reservation=job.submission.reservation is not None)
            if done.ids:
                names |= _named(job.name, done, job.submission.array)
            else:
                refused |= refusal(job, done.refusal)
        if any(job.submission.reservation for job in scenario.jobs):
            # Their clients would wait for ever: other signals than this one make them delete their jobs.
            container.run("pkill", "-KILL", "-x", "oarsub", check=False)
        return Laid(names, refused)


def _named(name: str, done: Submitted, array: int) -> dict[int, str]:
    return job_names({name: done}, {name: array if array > 1 else 0})
